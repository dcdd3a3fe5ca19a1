"""No short trouble ends a link: it says what is wrong, once, goes on trying, and comes back by itself."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.api import Engine
from engine.errors import SynclineError, UsageError
from engine.events import AttentionNeeded, Event, PeerChanged
from engine.hub import HubOptions
from engine.hub.limits import Limits
from engine.hub.options import Tls
from engine.hub.tokens import make, revoke
from engine.peer_state import State
from engine.settings import DatabaseConfig, Mode, Pause, PeerConfig, Settings
from tests.engine.fake_proxy import FakeProxy
from tests.engine.live import HASTY, PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write
from tests.ports import free_port

PLAIN = "CREATE TABLE item (id INT PRIMARY KEY NOT NULL, name TEXT, n INTEGER, extra);"
PORTAL = "302 Found\r\nLocation: http://portal.example/login"
ANSWERS = [
    "200 OK",
    PORTAL,
    "301 Moved\r\nLocation: /elsewhere",
    "400 Bad Request",
    "401 Unauthorized",
    "403 Forbidden",
    "404 Not Found",
    "429 Too Many Requests",
    "429 Too Many Requests\r\nRetry-After: soon\r\nRetry-After: 1",
    "500 Internal Server Error",
    "502 Bad Gateway",
    "503 Service Unavailable\r\nRetry-After: 1",
    "511 Network Authentication Required",
    "521 Web Server Is Down",
    "530 Origin DNS Error",
]
PASSING = ("429", "502", "503", "521", "530")
"""Answers that pass by themselves: nobody is called."""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")


def state(engine: Engine) -> State:
    return engine.peers.statuses()[0].state


async def needed(engine: Engine, words: str) -> None:
    """Wait until the only peer needs a person, for a reason with these words."""
    await until(lambda: state(engine) is State.NEEDS_YOU, "a person is needed")
    assert words in engine.peers.statuses()[0].reason


async def tries(engine: Engine, count: int) -> None:
    """Wait until the only peer was tried so often again."""
    seen = {engine.peers.statuses()[0].last_attempt}

    def tried() -> bool:
        seen.add(engine.peers.statuses()[0].last_attempt)
        return len(seen) > count

    await until(tried, "it is tried again")


def check(events: list[Event], *, called: int = 1) -> None:
    """A person was called so often, and from the first call to "In sync" the state stayed as it was."""
    calls = [event for event in events if isinstance(event, AttentionNeeded)]
    assert len(calls) == called, calls
    states = [event.status.state for event in events if isinstance(event, PeerChanged)]
    if State.NEEDS_YOU in states:
        after = states[states.index(State.NEEDS_YOU) :]
        back = after.index(State.IN_SYNC) if State.IN_SYNC in after else len(after)
        assert set(after[:back]) == {State.NEEDS_YOU}


# What answers in the hub's place


@on_loop
async def test_what_a_proxy_answers_for_a_while(tmp_path: Path) -> None:
    """Each comes back by itself, with what was written meanwhile; all were in sync before."""
    async with plain_engine() as server, AsyncExitStack() as stack:
        hub = await server.serving.start(make_file(tmp_path / "hub" / "room0").parent)
        proxies, clients, paths = [], [], []
        for number in range(len(ANSWERS)):
            make_file(tmp_path / "hub" / f"room{number}") if number else None
            proxies.append(await stack.enter_async_context(FakeProxy(hub.port)))
            clients.append(await stack.enter_async_context(plain_engine(HASTY)))
            paths.append(make_file(tmp_path / f"{number}.db"))
            await add_peer(clients[-1], paths[-1], proxies[-1].url, room=f"room{number}")
        for client in clients:
            await client.peers.wait_in_sync(timeout=PATIENCE)
        events = [stack.enter_context(client.subscribe()) for client in clients]
        for proxy, says in zip(proxies, ANSWERS, strict=True):
            proxy.answer(says)
        for path, proxy, says in zip(paths, proxies, ANSWERS, strict=True):
            await until(lambda proxy=proxy: len(proxy.asked) > 3, f"asked again and again after {says}")  # type: ignore[misc]
            write(path, "INSERT INTO item (id, name) VALUES (1, 'meanwhile')")
            proxy.answer("")
        for number, (client, path) in enumerate(zip(clients, paths, strict=True)):
            await client.peers.wait_in_sync(timeout=PATIENCE)
            assert rows(tmp_path / "hub" / f"room{number}") == rows(path) != []
        for says, stream in zip(ANSWERS, events, strict=True):
            check(stream.drain(), called=0 if says.startswith(PASSING) else 1)


@on_loop
async def test_what_the_server_wishes_is_heeded(files: tuple[Path, Path]) -> None:
    room, a = files
    async with plain_engine() as server, plain_engine(HASTY) as client:
        hub = await server.serving.start(room.parent)
        async with FakeProxy(hub.port) as proxy:
            proxy.answer("429 Too Many Requests\r\nRetry-After: 3")
            await add_peer(client, a, proxy.url)
            await until(lambda: len(proxy.asked) >= 2, "asked again")
            assert proxy.asked[1] - proxy.asked[0] >= 3, "not before"
            proxy.answer("")
            await client.peers.wait_in_sync(timeout=PATIENCE)


@on_loop
async def test_answers_that_take_turns_are_told_once_each(files: tuple[Path, Path]) -> None:
    room, a = files
    async with plain_engine() as server, plain_engine(HASTY) as client:
        hub = await server.serving.start(room.parent)
        async with FakeProxy(hub.port) as proxy:
            with client.subscribe() as events:
                proxy.answer("404 Not Found")
                await add_peer(client, a, proxy.url)
                for says in ("401 Unauthorized", "500 Oops", "401 Unauthorized"):
                    await until(lambda: bool(proxy.asked), "asked")
                    proxy.answer(says)
                await until(lambda: len(proxy.asked) > 1, "asked")
                assert len([event for event in events.drain() if isinstance(event, AttentionNeeded)]) == 3


# Certificates


def certificate(folder: Path, *, begins: int = -60, expires: int = 30) -> Tls:
    """A certificate of one's own for this machine; from when on and how long it holds, in days from now."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    folder.mkdir(exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, folder.name)]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=begins))
        .not_valid_after(now + timedelta(days=expires))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    tls = Tls(folder / "hub.crt", folder / "hub.key")
    tls.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    tls.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, *secret))
    return tls


@pytest.mark.parametrize("fault", ["of somebody else", "expired", "not valid yet"])
@on_loop
async def test_a_certificate_that_is_put_right(
    files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    room, a = files
    right = certificate(tmp_path / "right")
    wrong = certificate(
        tmp_path / "wrong", begins=1 if fault == "not valid yet" else -60, expires=-1 if fault == "expired" else 30
    )
    trusted = [right] if fault == "of somebody else" else [right, wrong]
    (tmp_path / "trusted.pem").write_bytes(b"".join(tls.certificate.read_bytes() for tls in trusted))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
    async with plain_engine() as server, plain_engine(HASTY) as client:
        hub = await server.serving.start(room.parent, options=HubOptions(tls=wrong))
        with client.subscribe() as events:
            await add_peer(client, a, f"wss://localhost:{hub.port}/sync")
            says = {"of somebody else": "self-signed", "expired": "has expired", "not valid yet": "is not valid yet"}
            await needed(client, says[fault])
            await tries(client, 3)
            for mine, theirs in ((wrong.certificate, right.certificate), (wrong.key, right.key)):
                os.replace(theirs, mine)
            await client.peers.wait_in_sync(timeout=PATIENCE)
            check(events.drain())


# What the hub says no to


@on_loop
async def test_a_token_that_is_taken_away_and_comes_back(files: tuple[Path, Path], tmp_path: Path) -> None:
    room, a = files
    tokens = tmp_path / "tokens.json"
    secret = make(tokens, "me")
    kept = tokens.read_bytes()
    async with plain_engine() as server, plain_engine(HASTY) as client:
        hub = await server.serving.start(room.parent, options=HubOptions(tokens=tokens))
        database = await client.databases.add(a)
        await client.peers.add(PeerConfig.new(database.id, hub.url, room="room"), token=secret)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        with client.subscribe() as events:
            await asyncio.to_thread(revoke, tokens, "me")
            await needed(client, "revoked")
            await until(lambda: "does not accept the token" in client.peers.statuses()[0].reason, "tried again")
            await tries(client, 3)
            tokens.write_bytes(kept)
            await client.peers.wait_in_sync(timeout=PATIENCE)
            check(events.drain(), called=2)


@on_loop
async def test_a_wrong_token_is_tried_seldom(files: tuple[Path, Path]) -> None:
    """Whoever counts failures is not to lock it out: the usual waits would make it four tries in this time."""
    room, a = files
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent, token="right")
        database = await client.databases.add(a)
        peer = await client.peers.add(PeerConfig.new(database.id, hub.url, room="room"), token="wrong")
        await needed(client, "does not accept the token")
        status = client.peers.statuses()[0]
        assert status.last_attempt is not None
        assert status.next_attempt is not None
        assert status.next_attempt - status.last_attempt >= 2.5
        await client.peers.update(peer, token="right")
        await client.peers.wait_in_sync(timeout=PATIENCE)


@on_loop
async def test_a_room_that_comes_to_be(files: tuple[Path, Path]) -> None:
    room, a = files
    away = room.rename(room.with_name(".away"))
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        with client.subscribe() as events:
            await add_peer(client, a, hub.url)
            await needed(client, "This hub has no room “room”.")
            await tries(client, 2)
            away.rename(room)
            await client.peers.wait_in_sync(timeout=PATIENCE)
            check(events.drain())


@pytest.mark.parametrize("limit", ["room-size", "batch"])
@on_loop
async def test_a_limit_that_is_raised(files: tuple[Path, Path], limit: str) -> None:
    room, a = files
    write(a, "INSERT INTO item (id, name) VALUES (1, 'x')")
    write(room, "INSERT INTO item (id, name) VALUES (2, 'y')")
    tight = Limits(room_size=1) if limit == "room-size" else Limits(batch=1)
    async with plain_engine() as server, plain_engine(HASTY) as client:
        hub = await server.serving.start(room.parent, port=free_port(), options=HubOptions(limits=tight))
        with client.subscribe() as events:
            await add_peer(client, a, hub.url)
            await needed(client, "full" if limit == "room-size" else "changes came in one message")
            await tries(client, 3)
            check(events.drain())
        await until(lambda: len(rows(a)) == 2, "what the hub has comes all the same")
        assert len(rows(room)) == 1
        await server.serving.start(room.parent, port=hub.port)
        await client.peers.wait_in_sync(timeout=PATIENCE)
    assert rows(room) == rows(a)


# Files


@on_loop
async def test_a_file_without_syncable_tables_gets_one(tmp_path: Path) -> None:
    room, a = (
        make_file(tmp_path / "hub" / "room", PLAIN + " SELECT crsql_as_crr('item');"),
        make_file(tmp_path / "a.db", PLAIN),
    )
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        await add_peer(client, a, hub.url)
        await needed(client, "no syncable table")
        await client.databases.make_syncable(client.settings.databases[0].id, "item")
        await client.peers.wait_in_sync(timeout=PATIENCE)


@on_loop
async def test_a_file_of_another_generation_is_replaced(files: tuple[Path, Path], tmp_path: Path) -> None:
    """It could not even be opened when the program began."""
    room, a = files
    good = a.rename(tmp_path / "good.db")
    with contextlib.closing(sqlite3.connect(a)) as db:
        db.execute("CREATE TABLE crsql_db_versions (x)")
        db.commit()
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent)
        database = DatabaseConfig.new(a, "a")
        peer = PeerConfig.new(database.id, hub.url, room="room")
        async with Engine(Settings(databases=(database,), peers=(peer,))) as client:
            await needed(client, "only files of cr-sqlite 0.16 can be synced")
            os.replace(good, a)
            write(a, "INSERT INTO item (id, name) VALUES (1, 'x')")
            await client.peers.wait_in_sync(timeout=PATIENCE)
            assert rows(room) == rows(a) != []


# Other ways to sync


@on_loop
async def test_a_pull_goes_on_too(files: tuple[Path, Path]) -> None:
    room, a = files
    async with plain_engine() as server, plain_engine(HASTY) as client:
        hub = await server.serving.start(room.parent)
        async with FakeProxy(hub.port) as proxy:
            proxy.answer("404 Not Found")
            write(a, "INSERT INTO item (id, name) VALUES (1, 'x')")
            await add_peer(client, a, proxy.url, mode=Mode.EVERY, minutes=60)
            await needed(client, "HTTP 404")
            await tries(client, 3)
            proxy.answer("")
            await until(lambda: state(client) is State.IDLE, "pulled")
            assert client.peers.statuses()[0].reason.startswith("Next sync at")
            assert rows(room) == rows(a) != []


@on_loop
async def test_by_hand_nothing_is_tried_again(files: tuple[Path, Path]) -> None:
    room, a = files
    async with plain_engine() as server, plain_engine(HASTY) as client:
        hub = await server.serving.start(room.parent)
        async with FakeProxy(hub.port) as proxy:
            proxy.answer("404 Not Found")
            peer = await add_peer(client, a, proxy.url, mode=Mode.MANUAL)
            assert isinstance((await client.peers.sync_now())[peer], SynclineError)
            await needed(client, "HTTP 404")
            assert client.peers.statuses()[0].next_attempt is None
            assert isinstance((await client.peers.sync_now())[peer], SynclineError)
            assert len(proxy.asked) == 2
            proxy.answer("")
            assert (await client.peers.sync_now())[peer] is None


@on_loop
async def test_a_person_who_presses_sync_now_sees_the_try(files: tuple[Path, Path]) -> None:
    room, a = files
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        async with FakeProxy(hub.port) as proxy:
            proxy.answer("404 Not Found")
            await add_peer(client, a, proxy.url)
            await needed(client, "HTTP 404")
            with client.subscribe() as events:
                await client.peers.sync_now()
                await needed(client, "HTTP 404")
                told = events.drain()
            assert State.CONNECTING in [event.status.state for event in told if isinstance(event, PeerChanged)]
            assert [event for event in told if isinstance(event, AttentionNeeded)] == []


@on_loop
async def test_a_pause_ends_the_tries(files: tuple[Path, Path]) -> None:
    room, a = files
    async with plain_engine() as server, plain_engine(HASTY) as client:
        hub = await server.serving.start(room.parent)
        async with FakeProxy(hub.port) as proxy:
            proxy.answer("404 Not Found")
            await add_peer(client, a, proxy.url)
            await tries(client, 2)
            await client.peers.pause(Pause.FOREVER)
            await until(lambda: state(client) is State.PAUSED, "paused")
            refusal = next(iter((await client.peers.sync_now()).values()))
            assert isinstance(refusal, UsageError)  # it was not even tried
            assert "is paused" in str(refusal)
            proxy.answer("")
            await client.peers.pause(None)
            await client.peers.wait_in_sync(timeout=PATIENCE)
