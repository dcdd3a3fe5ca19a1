"""A newer schema file, and the rooms that were made from the one before."""

from __future__ import annotations

from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from engine.api import Engine
from engine.hub import Hub, HubOptions
from engine.replica import Replica
from engine.storage.backup import Backups
from engine.wire import PROTOCOL, AnnouncePresence, Hello, StartStreaming, encode
from engine.wire.schema_hash import cryb64
from tests.engine.hub.guests import guest, hear, turned_away
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write

STAYS = "The column “note” of “item” stays on the other side until this side has it too."
STRANGER = bytes(range(16))
OLD = """
CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY NOT NULL, name TEXT, n INTEGER);
CREATE TABLE IF NOT EXISTS extra (id INTEGER PRIMARY KEY NOT NULL, x);
SELECT crsql_as_crr('item'); SELECT crsql_as_crr('extra');
"""
WIDER = OLD.replace("n INTEGER", "n INTEGER, note TEXT DEFAULT 'none'")
NARROWER = OLD.replace(", n INTEGER", "")


class World:
    """A hub with a schema file, and a room made from its first version, with one row in each table."""

    def __init__(self, path: Path) -> None:
        self.folder, self.schemas = path / "hub", path / "schemas"
        self.room, self.schema = self.folder / "room", self.schemas / "main.sql"
        self.folder.mkdir()
        self.schemas.mkdir()
        self.schema.write_text(OLD)

    async def begin(self, server: Engine, *, allow_drop: bool = False) -> Hub:
        hub = await server.serving.start(self.folder, options=HubOptions(schemas=self.schemas, allow_drop=allow_drop))
        assert isinstance(await self.announce(hub, OLD), StartStreaming)
        write(self.room, "INSERT INTO item VALUES (1, 'x', 5)")
        return hub

    async def announce(self, hub: Hub, text: str) -> object:
        """Greet as a published client with this schema; return the hub's answer, or why it hung up."""
        async with guest(hub, own=None) as socket:
            await socket.send(encode(AnnouncePresence(STRANGER, (), "main.sql", cryb64(text))))
            try:
                return await hear(socket)
            except ConnectionClosed:
                return await turned_away(socket)

    @property
    def identity(self) -> tuple[str | None, int]:
        with Replica.open(self.room, readonly=True) as replica:
            return replica.schema_identity()

    @property
    def copies(self) -> list[Path]:
        return Backups(self.folder / ".backups").find(self.room)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@on_loop
async def test_the_first_client_with_the_newer_schema_upgrades_the_room(world: World) -> None:
    async with plain_engine() as server:
        hub = await world.begin(server)
        world.schema.write_text(WIDER)
        assert isinstance(await world.announce(hub, OLD), StartStreaming)  # until then those before are served
        assert world.copies == []
        assert isinstance(await world.announce(hub, WIDER), StartStreaming)
        assert world.identity == ("main.sql", cryb64(WIDER))
        assert [values for _, values in rows(world.room)] == [[(str, "x"), (int, 5), (str, "none")]]
        code, reason = await world.announce(hub, OLD)  # type: ignore[misc]
        assert code == 4003
        assert "This room has the schema" in reason
        [copy] = world.copies
        with Replica.open(copy, readonly=True) as before:
            assert before.schema_identity() == ("main.sql", cryb64(OLD))
            assert list(before.live_rows("item")) == [((1,), ("x", 5))]


@on_loop
async def test_rows_are_dropped_only_where_that_is_allowed(world: World) -> None:
    async with plain_engine() as server:
        hub = await world.begin(server)
        world.schema.write_text(NARROWER)
        code, reason = await world.announce(hub, NARROWER)  # type: ignore[misc]
        assert code == 4004
        assert "would drop 1 values or rows of “item”" in reason
        assert world.identity == ("main.sql", cryb64(OLD))
        assert isinstance(await world.announce(hub, OLD), StartStreaming)  # nothing is poisoned
        write(world.room, "UPDATE item SET n = NULL")
        assert isinstance(await world.announce(hub, NARROWER), StartStreaming)  # and nothing is lost by this
        assert world.identity == ("main.sql", cryb64(NARROWER))


@on_loop
async def test_with_allow_drop_they_are_kept_in_the_backup(world: World) -> None:
    async with plain_engine() as server:
        hub = await world.begin(server, allow_drop=True)
        world.schema.write_text(NARROWER)
        assert isinstance(await world.announce(hub, NARROWER), StartStreaming)
        with Replica.open(world.copies[0], readonly=True) as before:
            assert list(before.live_rows("item")) == [((1,), ("x", 5))]
        assert [values for _, values in rows(world.room)] == [[(str, "x")]]


@on_loop
async def test_a_schema_file_that_cannot_be_applied_changes_nothing(world: World) -> None:
    async with plain_engine() as server:
        hub = await world.begin(server)
        broken = OLD + "CREATE TABLE;"
        world.schema.write_text(broken)
        code, reason = await world.announce(hub, broken)  # type: ignore[misc]
        assert (code, reason) == (4004, "The hub cannot open this room's file.")
        assert world.identity == ("main.sql", cryb64(OLD))
        assert isinstance(await world.announce(hub, OLD), StartStreaming)


@on_loop
async def test_synclines_that_record_no_schema_upgrade_it_by_their_tables(world: World, tmp_path: Path) -> None:
    old, new = make_file(tmp_path / "old.db", OLD), make_file(tmp_path / "new.db", WIDER)
    async with plain_engine() as server, plain_engine() as before, plain_engine() as after:
        hub = await world.begin(server)
        await add_peer(before, old, hub.url)
        await before.peers.wait_in_sync(timeout=PATIENCE)
        world.schema.write_text(WIDER)
        write(old, "INSERT INTO item VALUES (2, 'y', 6)")
        await until(lambda: len(rows(world.room)) == 2, "the version before goes on")
        write(new, "INSERT INTO item VALUES (3, 'z', 7, 'noted')")
        await add_peer(after, new, hub.url)
        await after.peers.wait_in_sync(timeout=PATIENCE)
        assert rows(new) == rows(world.room)
        assert len(rows(new)) == 3
        await until(lambda: before.peers.statuses()[0].one_sided == (STAYS,), "the other one is told")
        await until(lambda: len(rows(old)) == 3, "it gets what it has columns for")
        write(old, "UPDATE item SET name = 'changed' WHERE id = 3")
        await until(lambda: rows(new) == rows(world.room) and "'changed'" in str(rows(new)), "and goes on")
        assert rows(new)[2] == ((3,), [(str, "changed"), (int, 7), (str, "noted")])
        async with guest(hub) as socket:  # a greeting without tables, of no use, upgrades nothing
            await socket.send(encode(Hello(PROTOCOL, STRANGER, 1, "", -1, ())))
            await turned_away(socket)
    assert world.identity == ("main.sql", cryb64(WIDER))


@on_loop
async def test_a_syncline_that_has_less_upgrades_only_to_what_it_has(world: World, tmp_path: Path) -> None:
    """It is synced in what both have, with the room as it is: those with the version before are still served."""
    less = make_file(tmp_path / "less.db", NARROWER)
    async with plain_engine() as server, plain_engine() as first, plain_engine() as second:
        hub = await world.begin(server)
        world.schema.write_text(WIDER)
        await add_peer(first, less, hub.url)
        await first.peers.wait_in_sync(timeout=PATIENCE)
        assert world.identity == ("main.sql", cryb64(OLD))
        assert isinstance(await world.announce(hub, OLD), StartStreaming)
        write(world.room, "UPDATE item SET n = NULL")
        world.schema.write_text(NARROWER)
        await add_peer(second, make_file(tmp_path / "other.db", NARROWER), hub.url)
        await second.peers.wait_in_sync(timeout=PATIENCE)
        assert world.identity == ("main.sql", cryb64(NARROWER))


@on_loop
async def test_a_schema_file_that_cannot_be_applied_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The hub's owner is told what to change; the peer only that it is the hub's."""
    folder, rooms = tmp_path / "schemas", tmp_path / "rooms"
    for one in (folder, rooms):
        one.mkdir()
    plain = "CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL{});\nSELECT crsql_as_crr('item');\n"
    (folder / "main.sql").write_text(plain.format(""))
    async with plain_engine() as server:
        hub = await server.serving.start(rooms, options=HubOptions(schemas=folder))
        for column in ("", ", name TEXT"):
            text = plain.format(column)
            (folder / "main.sql").write_text(text)
            async with guest(hub, own=None) as socket:
                await socket.send(encode(AnnouncePresence(bytes(16), (), "main.sql", cryb64(text))))
                if column:
                    assert (await turned_away(socket))[1] == "The hub cannot open this room's file."
                else:
                    assert isinstance(await hear(socket), StartStreaming)
    [told] = [line.getMessage() for line in caplog.records if line.levelname == "WARNING"]
    assert "main.sql" in told
    assert "CREATE TABLE IF NOT EXISTS" in told
