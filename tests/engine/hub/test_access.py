"""Who gets into a hub, what a read-only peer may do, and what happens when a token is taken back."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from engine.api import Engine
from engine.change import Change
from engine.errors import UsageError
from engine.hub import Hub, HubOptions
from engine.hub.limits import Limits
from engine.hub.tokens import load, make, revoke
from engine.language import catalogue
from engine.peer_state import State
from engine.replica import Replica
from engine.settings import PeerConfig
from engine.text import translated
from engine.wire import PROTOCOL, AnnouncePresence, Batch, Changes, Cursor, Failure, FailureCode, Hello, Lineage, encode
from tests.engine.hub.guests import guest, hear, turned_away
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write
from tests.engine.session.world import ITEM

STRANGER = bytes(range(16))


@pytest.fixture
def room(tmp_path: Path) -> Path:
    return make_file(tmp_path / "hub" / "room")


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    return tmp_path / "tokens.json"


async def link(client: Engine, path: Path, url: str, token: str) -> None:
    database = await client.databases.add(path)
    await client.peers.add(PeerConfig.new(database.id, url, room="room"), token=token)


async def refused(hub: object, room: str, token: str | None) -> tuple[int, str]:
    with pytest.raises(InvalidStatus) as error:
        async with guest(hub, room, token):  # type: ignore[arg-type]
            pass
    return error.value.response.status_code, (error.value.response.body or b"").decode().strip()


@on_loop
async def test_each_token_opens_its_rooms_until_it_expires(room: Path, tokens: Path) -> None:
    make_file(room.parent / "other")
    whole = make(tokens, "everything")
    one = make(tokens, "one room", rooms=["room"], expires=datetime.now(UTC) + timedelta(days=1))
    late = make(tokens, "too late", expires=datetime.now(UTC) - timedelta(seconds=1))
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent, options=HubOptions(tokens=tokens))
        for name, secret in (("room", whole), ("other", whole), ("room", one)):
            async with guest(hub, name, secret) as socket:
                assert isinstance(await hear(socket), Hello)
        assert await refused(hub, "other", one) == (403, "The token is not valid for this room.")
        assert await refused(hub, "room", late) == (401, "The token has expired.")
        for wrong in (None, "x", load(tokens)[0].sha256):
            assert await refused(hub, "room", wrong) == (401, "This hub does not know the token.")


@on_loop
async def test_a_revoked_token_cuts_the_live_connection_and_says_so(room: Path, tokens: Path, tmp_path: Path) -> None:
    kept, taken = make(tokens, "kept"), make(tokens, "taken")
    a, b = make_file(tmp_path / "a.db"), make_file(tmp_path / "b.db")
    async with plain_engine() as server, plain_engine() as stays, plain_engine() as goes:
        hub = await server.serving.start(room.parent, options=HubOptions(tokens=tokens))
        await link(stays, a, hub.url, kept)
        await link(goes, b, hub.url, taken)
        await stays.peers.wait_in_sync(timeout=PATIENCE)
        await goes.peers.wait_in_sync(timeout=PATIENCE)
        async with guest(hub, "room", taken, own=None) as stock:
            await asyncio.to_thread(revoke, tokens, "taken")
            assert await turned_away(stock) == (4001, "The token was revoked.")
        await until(lambda: goes.peers.statuses()[0].state is State.NEEDS_YOU, "a person is told")
        assert "revoked" in goes.peers.statuses()[0].reason
        write(a, "INSERT INTO item (id, name) VALUES (1, 'still here')")
        await until(lambda: any(key == (1,) for key, _ in rows(room)), "the other one goes on")
        await until(lambda: stays.peers.statuses()[0].state is State.IN_SYNC, "and its row is confirmed")
        assert (await refused(hub, "room", taken))[0] == 401


@on_loop
async def test_the_limit_of_a_room_is_told_in_the_persons_language(room: Path, tmp_path: Path) -> None:
    """Before the first frame, in a header; to a browser and to older Synclines in English."""
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent, options=HubOptions(limits=Limits(per_room=1)))
        async with guest(hub) as socket:
            assert isinstance(await hear(socket), Hello)
            assert await refused(hub, "room", None) == (503, "This hub's limit of peers in one room is reached: 1.")
            await add_peer(client, make_file(tmp_path / "a.db"), hub.url)
            await until(lambda: client.peers.statuses()[0].state is State.WAITING, "it is turned away")
            reason = translated(client.peers.statuses()[0].reason, catalogue("de"))
            assert reason.endswith("in einem Raum ist erreicht: 1.")


@on_loop
async def test_a_token_that_expires_ends_the_connection(room: Path, tokens: Path) -> None:
    async def ends(hub: Hub, secret: str) -> bool:
        """Come in, and see the end; False if it has expired before."""
        try:
            async with guest(hub, "room", secret) as socket:
                assert isinstance(await hear(socket), Hello)
                failure = await hear(socket)
                assert failure == Failure(int(FailureCode.TOKEN), "The token has expired.", False)
                assert await turned_away(socket) == (4001, "The token has expired.")
        except InvalidStatus:
            return False
        return True

    async with plain_engine() as server:
        for seconds in (1, 4, 16, 50):  # a busy machine may be late for the first
            secret = make(tokens, f"for {seconds}", expires=datetime.now(UTC) + timedelta(seconds=seconds))
            hub = await server.serving.start(room.parent, options=HubOptions(tokens=tokens))
            if await ends(hub, secret):
                break
        else:
            raise AssertionError("it has never come in")


@on_loop
async def test_while_the_tokens_cannot_be_read_nobody_new_gets_in(room: Path, tokens: Path) -> None:
    secret = make(tokens, "someone")
    whole = tokens.read_text()
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent, options=HubOptions(tokens=tokens))
        async with guest(hub, "room", secret) as inside:
            assert isinstance(await hear(inside), Hello)
            tokens.write_text(whole[:-5])
            async with asyncio.timeout(PATIENCE):
                while (answer := await _status(hub, secret)) == 101:
                    await asyncio.sleep(0.05)
            assert answer == 503
            assert inside.close_code is None
        tokens.write_text(whole)
        async with asyncio.timeout(PATIENCE):
            while await _status(hub, secret) != 101:
                await asyncio.sleep(0.05)


async def _status(hub: object, token: str) -> int:
    try:
        async with guest(hub, "room", token):  # type: ignore[arg-type]
            return 101
    except InvalidStatus as error:
        return error.response.status_code


@on_loop
async def test_a_read_only_peer_receives_and_its_own_changes_stay(room: Path, tokens: Path, tmp_path: Path) -> None:
    a = make_file(tmp_path / "a.db")
    write(a, "INSERT INTO item (id, name) VALUES (1, 'private')")
    write(room, "INSERT INTO item (id, name) VALUES (2, 'news')")
    secret = make(tokens, "reader", write=False)
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent, options=HubOptions(tokens=tokens))
        await link(client, a, hub.url, secret)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        assert "only allows reading" in client.peers.statuses()[0].reason
        write(room, "INSERT INTO item (id, name) VALUES (3, 'more news')")
        await until(lambda: len(rows(a)) == 3, "live news")
        write(a, "INSERT INTO item (id, name) VALUES (4, 'private too')")
        write(room, "INSERT INTO item (id, name) VALUES (5, 'the last')")
        await until(lambda: len(rows(a)) == 5, "still reading")
        assert [key for key, _ in rows(room)] == [(2,), (3,), (5,)]


@on_loop
async def test_what_a_read_only_peer_sends_is_refused_in_words(room: Path, tokens: Path) -> None:
    secret = make(tokens, "reader", write=False)
    change = Change("item", b"\x01\x09\x01", "name", "sneaked in", 1, 1, STRANGER, 1, 0)
    own = [Hello(PROTOCOL, STRANGER, 1, "", -1, (ITEM,)), Lineage((), ()), Batch(1, 0, 0, 1, b"", False, (change,))]
    stock = [AnnouncePresence(STRANGER, (), "", -1), Changes(STRANGER, Cursor(0, 0), (change,))]
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent, options=HubOptions(tokens=tokens))
        for dialect, messages in ((PROTOCOL, own), (None, stock)):
            async with guest(hub, "room", secret, own=dialect) as socket:
                for message in messages:
                    await socket.send(encode(message))
                _, reason = await turned_away(socket)
                assert "read-only" in reason or "you can only read" in reason
    assert rows(room) == []
    with Replica.open(room, readonly=True) as replica:
        assert replica.announcements() == []


def test_the_file_holds_no_secret(tokens: Path) -> None:
    secret = make(tokens, "one")
    assert secret not in tokens.read_text()
    assert tokens.stat().st_mode & 0o077 == 0
    with pytest.raises(UsageError):
        make(tokens, "one")
    revoke(tokens, "one")
    assert load(tokens) == ()


@on_loop
async def test_no_secret_in_the_log(room: Path, tokens: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = make(tokens, "one")
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent, options=HubOptions(tokens=tokens))
        async with guest(hub, "room", secret) as socket:
            await hear(socket)
            await asyncio.to_thread(revoke, tokens, "one")
            await turned_away(socket)
        await refused(hub, "room", secret)
    ours = [record for record in caplog.records if record.name.startswith("engine")]
    assert ours
    assert not [record for record in ours if secret in record.getMessage()]


@on_loop
async def test_beyond_this_machine_a_hub_wants_tokens_and_tls(room: Path, tokens: Path) -> None:
    make(tokens, "one")
    async with plain_engine() as server:
        with pytest.raises(UsageError, match="asks for no token"):
            await server.serving.start(room.parent, host="0.0.0.0")
        with pytest.raises(UsageError, match="without TLS"):
            await server.serving.start(room.parent, host="0.0.0.0", options=HubOptions(tokens=tokens))
