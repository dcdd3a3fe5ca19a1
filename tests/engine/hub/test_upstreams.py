"""Hubs that serve the same rooms, in one process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.api import Engine
from engine.hub import Hub, HubOptions, upstreams
from engine.hub.limits import Limits
from engine.hub.tokens import make
from tests.engine.fake_proxy import FakeProxy
from tests.engine.live import add_peer, make_file, on_loop, plain_engine, rows, until, write
from tests.ports import free_ports
from tests.streams import stream_server


@contextlib.asynccontextmanager
async def hub(
    folder: Path, port: int, *others: int, tokens: Path | None = None, token: str | None = None, create: bool = True
) -> AsyncIterator[Hub]:
    folder.mkdir(exist_ok=True)
    options = HubOptions(
        upstreams=tuple(map(url, others)),
        upstream_token=token,
        tokens=tokens,
        allow_create=create,
        limits=Limits(idle=0),
    )
    async with plain_engine() as engine:
        yield await engine.serving.start(folder, port=port, options=options)


def url(port: int) -> str:
    return f"ws://127.0.0.1:{port}/sync"


async def join(client: Engine, path: Path, port: int, room: str = "room") -> Path:
    await add_peer(client, make_file(path) if not path.exists() else path, url(port), room=room)
    return path


@on_loop
async def test_a_room_comes_to_be_everywhere_and_what_is_written_at_one_hub_arrives_at_the_other(
    tmp_path: Path,
) -> None:
    one, two = free_ports(2)
    async with hub(tmp_path / "one", one, two), hub(tmp_path / "two", two, one), plain_engine() as client:
        a = await join(client, tmp_path / "a.db", one)
        write(a, "INSERT INTO item (id, name) VALUES (1, 'through two hubs')")
        await until(lambda: (tmp_path / "two" / "room").exists(), "the other hub has the room")
        b = await join(client, tmp_path / "b.db", two)
        await until(lambda: rows(b) == rows(a) != [], "there and back")
        write(b, "UPDATE item SET name = 'and back' WHERE id = 1")
        await until(lambda: rows(a) == rows(b), "there and back")
        assert rows(a)[0][1][0] == (str, "and back")


@on_loop
async def test_each_room_is_named_in_the_path_if_the_address_lets_it(tmp_path: Path) -> None:
    """A proxy may spread the rooms of the other side; ``/sync`` alone is all that another one passes on."""
    asked: list[str] = []

    async def answer(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).decode().split()[1])

    make_file(tmp_path / "rooms" / "To do")
    async with stream_server(answer) as other:
        base = url(other.sockets[0].getsockname()[1])
        for address, path in ((f"{base}/", "/sync/To%20do"), (base, "/sync")):
            async with plain_engine() as engine:
                await engine.serving.start(tmp_path / "rooms", options=HubOptions(upstreams=(address,)))
                await until(lambda path=path: path in asked, address)  # type: ignore[misc]
    assert set(asked) == {"/sync", "/sync/To%20do"}


@on_loop
async def test_a_chain_hands_on_what_only_passes_through(tmp_path: Path) -> None:
    """The hub in the middle has no guests of its own."""
    one, two, three = free_ports(3)
    async with (
        hub(tmp_path / "one", one, two),
        hub(tmp_path / "two", two, three),
        hub(tmp_path / "three", three),
        plain_engine() as client,
    ):
        a = await join(client, tmp_path / "a.db", one)
        write(a, "INSERT INTO item (id, name) VALUES (1, 'along the chain')")
        await until((tmp_path / "three" / "room").exists, "the last has the room")
        b = await join(client, tmp_path / "b.db", three)
        await until(lambda: rows(b) == rows(a) != [], "along the chain")
        write(b, "INSERT INTO item (id, name) VALUES (2, 'and back')")
        await until(lambda: len(rows(a)) == 2, "the links of the hubs before the last carry both ways")


@on_loop
async def test_rooms_at_rest_have_no_links_and_do_not_wake_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstreams, "LINGER", 0.2)
    one, two = free_ports(2)
    async with hub(tmp_path / "one", one, two) as first, hub(tmp_path / "two", two, one) as second:
        async with plain_engine() as client:
            a, b = [await join(client, tmp_path / f"{n}.db", n) for n in (one, two)]
            write(a, "INSERT INTO item (id, name) VALUES (1, 'x')")
            await until(lambda: rows(b) == rows(a) != [], "in sync")
            # connected once, not twice: which of the two dials is settled between them
            await until(lambda: first.guests["room"] + second.guests["room"] == 3, "one link")
        await until(lambda: first.connections + second.connections == 0, "no link")
        await until(lambda: first.rooms_open + second.rooms_open == 0, "no room open")
        came = [one._counters.sessions for one in (first, second)]
        await asyncio.sleep(1.5)  # at least one look of each
        assert came == [one._counters.sessions for one in (first, second)]


@on_loop
async def test_what_came_while_the_other_was_away_is_brought_when_a_hub_starts(tmp_path: Path) -> None:
    """Nobody is in any of these rooms; there are more of them than are linked at a time."""
    one, two = free_ports(2)
    names = [f"room-{n}" for n in range(20)]
    for name in names:
        room = make_file(tmp_path / "one" / name)
        write(room, "INSERT INTO item (id, name) VALUES (1, ?)", name)
    (tmp_path / "one" / "notes.txt").write_text("no database")
    (tmp_path / "one" / ".hidden").write_text("no room")
    async with hub(tmp_path / "one", one, two), hub(tmp_path / "two", two):
        there = [tmp_path / "two" / name for name in names]
        await until(lambda: all(room.exists() for room in there), "every room")
        await until(lambda: all(rows(room) for room in there), "its rows")
    assert [rows(room)[0][1][0] for room in there] == [(str, name) for name in names]


@on_loop
async def test_a_hub_that_asks_for_a_token_and_one_that_has_no_such_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(upstreams, "LATER", 0.1)
    one, two = free_ports(2)
    secret = make(tmp_path / "tokens.json", "the other hub")
    room = make_file(tmp_path / "one" / "room")
    write(room, "INSERT INTO item (id, name) VALUES (1, 'x')")
    (tmp_path / "two").mkdir()
    async with hub(tmp_path / "two", two, tokens=tmp_path / "tokens.json", create=False):
        async with hub(tmp_path / "one", one, two):
            await until(lambda: "does not accept the token" in caplog.text, "it is told")
        async with hub(tmp_path / "one", one, two, token=secret):
            await until(lambda: "This hub has no room “room”." in caplog.text, "it is told")
            make_file(tmp_path / "two" / "room")
            await until(lambda: bool(rows(tmp_path / "two" / "room")), "it goes on by itself")
    assert secret not in caplog.text


@on_loop
async def test_a_short_trouble_between_hubs_passes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Something else answers for the other hub for a while: a room with people in it is linked again soon."""
    one, two = free_ports(2)
    async with hub(tmp_path / "two", two), FakeProxy(two) as proxy, plain_engine() as client:
        proxy.answer("404 Not Found")
        async with hub(tmp_path / "one", one, proxy.port):
            a = await join(client, tmp_path / "a.db", one)
            write(a, "INSERT INTO item (id, name) VALUES (1, 'x')")
            await until(lambda: len(proxy.asked) > 2, "asked again and again")
            proxy.answer("")
            there = tmp_path / "two" / "room"
            await until(lambda: there.exists() and rows(there) == rows(a) != [], "it goes on by itself")
    assert caplog.text.count("HTTP 404") == 1, "it is told once"
