"""Tables that differ from a peer's: shown line by line; what only adds is added on request, and taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.api import Engine
from engine.checks.schema_diff import Cure, ask_plans, compare
from engine.errors import PeerRefused, UsageError
from engine.peer_state import Remedy, State
from engine.replica import Replica
from engine.settings import PeerConfig, Settings
from engine.storage.backup import Backups
from engine.tables import Addition
from tests.engine.apps import running
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write
from tests.engine.programs import Command

OLD = """
CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL, name TEXT, mine);
CREATE TABLE own (id PRIMARY KEY NOT NULL);
SELECT crsql_as_crr('item'); SELECT crsql_as_crr('own');
"""
OWN = "CREATE TABLE own (id PRIMARY KEY NOT NULL); SELECT crsql_as_crr('own')"
NEW = """
CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL, name TEXT COLLATE NOCASE, n INTEGER DEFAULT 7, note TEXT);
CREATE TABLE tag (a TEXT NOT NULL, b NOT NULL, color TEXT DEFAULT 'it''s', PRIMARY KEY (b, a)) WITHOUT ROWID;
SELECT crsql_as_crr('item'); SELECT crsql_as_crr('tag');
"""


def test_a_file_catches_up_with_its_peer(tmp_path: Path) -> None:
    """Shown, added after a backup, and then synced."""
    syncline = Command(tmp_path / "home")
    one, room = make_file(tmp_path / "one.db", OLD.replace(", mine", "")), make_file(tmp_path / "hub" / "room", NEW)
    write(one, "INSERT INTO item VALUES (1, 'here')")
    write(room, "INSERT INTO item VALUES (2, 'there', 8, 'x')")
    write(room, "INSERT INTO tag VALUES ('a', 1, 'red')")
    with syncline.running("serve", room.parent, "--port", "0") as program:
        url = program.line.split(" at ")[1].split(";")[0]
        there = (one, url, "--room", "room")
        process = syncline.start("schema", *there)
        out, err = process.communicate()
        assert (process.returncode, err) == (1, "")
        assert out.splitlines()[:5] == [
            "  item.name: TEXT here, TEXT NOCASE there; nothing to do: both sides store the same values",
            "+ item.n: – here, INTEGER default 7 there; can be added here",
            "+ item.note: – here, TEXT there; can be added here",
            "  own: 1 column here, – there; can be added there, on that side",
            "+ tag: – here, 3 columns there; can be added here",
        ]
        process = syncline.start("schema", *there, "--json")
        told = [json.loads(line) for line in process.communicate()[0].splitlines()]
        assert [line["table"] for line in told if line["addable"]] == ["item", "item", "tag"]
        process = syncline.start("schema", *there, "--add")
        out, err = process.communicate()
        assert "Added: item.n, item.note, tag." in out, out + err
        assert "+" not in [line[0] for line in out.splitlines()]
        syncline("sync", *there)
        assert rows(one, "tag") == rows(room, "tag") != []
        assert rows(one) == rows(room)
        assert rows(one)[0][1] == [(str, "here"), (int, 7), (type(None), None)]
        process = syncline.start("schema", one, "--undo")
        out, _ = process.communicate()
        assert process.returncode == 1
        assert "Still in use, so kept: item.n, item.note, tag." in out


def test_what_nobody_has_used_is_taken_back(tmp_path: Path) -> None:
    one = make_file(tmp_path / "one.db", OLD)
    write(one, "INSERT INTO item VALUES (1, 'here', 2)")
    with Replica.open(make_file(tmp_path / "two.db", NEW)) as other:
        plans = other.plans()
    with Replica.open(one) as replica:
        before, tables = replica.digests(), replica.shapes()
        version = replica.db_version()
        added = replica.add_missing(plans)
        assert added == [Addition("item", "n"), Addition("item", "note"), Addition("tag")]
        assert replica.add_missing(plans) == []
        assert replica.take_back_added() == ([Addition("item", "n"), Addition("item", "note"), Addition("tag")], [])
        assert replica.shapes() == tables
        assert replica.digests() == before
        assert replica.db_version() >= version
        assert replica.check() == []
        assert replica.take_back_added() == ([], [])
        replica.add_missing(plans)
        replica.connection.execute("UPDATE item SET note = 'used'; INSERT INTO tag VALUES ('a', 1, 'c')").fetchall()
        replica.connection.execute("DELETE FROM tag").fetchall()
        kept = [Addition("item", "note"), Addition("tag")]
        assert replica.take_back_added() == ([Addition("item", "n")], kept)


def test_what_is_added_beside_an_app_can_be_written_by_it(tmp_path: Path) -> None:
    """Where tables are ordinary ones, those that come are so, too."""
    with Replica.open(make_file(tmp_path / "two.db", NEW.replace("INTEGER PRIMARY", "INT PRIMARY"))) as other:
        plans = other.plans()
    path = tmp_path / "one.db"
    with running(path) as app:
        app.do("CREATE TABLE item (id INT PRIMARY KEY NOT NULL, name TEXT)", "INSERT INTO item VALUES (1, 'here')")
    with Replica.open(path) as replica, running(path) as app:
        replica.make_ordinary("item")
        every = [Addition("item", "n"), Addition("item", "note"), Addition("tag")]
        before, version = replica.digests(), replica.db_version()
        assert replica.add_missing(plans) == every
        assert {table.name: table.kind for table in replica.tables()} == {"item": "ordinary", "tag": "ordinary"}
        assert (replica.parked(), replica.refresh()) == ((), version), "a default is nobody's write"
        assert replica.take_back_added() == (every, [])
        assert (replica.digests(), replica.check()) == (before, [])
        replica.add_missing(plans)
        app.do("UPDATE item SET note = 'used'", "INSERT INTO tag VALUES ('a', 1, 'c')")
        replica.capture()
        app.do("DELETE FROM tag")
        assert {(one.table, one.cid) for one in replica.changes(version).changes} == {("item", "note"), ("tag", "-1")}
        assert replica.take_back_added() == ([Addition("item", "n")], [Addition("item", "note"), Addition("tag")])


def test_a_table_called_as_an_index_is_here_holds_up_no_other(tmp_path: Path) -> None:
    with Replica.open(make_file(tmp_path / "two.db", NEW)) as other:
        plans = other.plans()
    with Replica.open(make_file(tmp_path / "one.db", f"{OLD}; CREATE INDEX TAG ON item (name)")) as replica:
        assert replica.add_missing(plans) == [Addition("item", "n"), Addition("item", "note")]


def test_tables_of_other_names_and_keys_stay_as_they_are(tmp_path: Path) -> None:
    """One that is there without being synced, and one with another key."""
    plain = "CREATE TABLE Tag (x); CREATE TABLE item (name TEXT PRIMARY KEY NOT NULL); SELECT crsql_as_crr('item')"
    with Replica.open(make_file(tmp_path / "two.db", NEW)) as other:
        plans = other.plans()
    with Replica.open(make_file(tmp_path / "one.db", plain)) as replica:
        assert replica.possible_additions(plans) == []
        assert replica.add_missing(plans) == []
        cures = {(line.table, line.column): line.cure for line in compare(replica, plans).lines}
        assert cures == {
            ("item", ""): Cure.BY_HAND,
            ("item", "name"): Cure.NONE,
            ("item", "id"): Cure.BY_HAND,
            ("item", "n"): Cure.BY_HAND,
            ("item", "note"): Cure.BY_HAND,
            ("tag", ""): Cure.MAKE_SYNCABLE,
        }


@on_loop
async def test_a_link_that_is_held_up_goes_on_after_the_addition(tmp_path: Path) -> None:
    """Through the engine: the peer says what to begin with, and it is in sync without another word."""
    one, room = make_file(tmp_path / "one.db", OWN), make_file(tmp_path / "hub" / "room", NEW)
    write(room, "INSERT INTO item VALUES (2, 'there', 8, 'x')")
    async with plain_engine() as server, Engine(Settings(), backups=Backups(tmp_path / "backups")) as engine:
        hub = await server.serving.start(room.parent)
        peer = await add_peer(engine, one, hub.url)
        await until(lambda: engine.peers.statuses()[0].remedy is Remedy.COMPARE_TABLES, "it is held up")
        assert engine.peers.statuses()[0].state is State.NEEDS_YOU
        comparison = await engine.checks.compare_tables(peer)
        assert [line.table for line in comparison.lines if line.addable] == ["item", "tag"]
        assert comparison.added == ()
        added = await engine.checks.add_missing(peer, comparison.there)
        assert added == [Addition("item"), Addition("tag")]
        assert len(Backups(tmp_path / "backups").find(one)) == 1
        assert (await engine.checks.compare_tables(peer)).added == tuple(added)
        await engine.peers.wait_in_sync(timeout=PATIENCE)
        assert engine.peers.statuses()[0].remedy is None
        assert rows(one) == rows(room) != []
        assert await engine.checks.undo_additions(peer) == ([Addition("tag")], [Addition("item")])


@on_loop
async def test_what_stays_on_the_other_side_comes_after_the_addition(tmp_path: Path) -> None:
    """Columns hold nothing up; what they held before they were added here comes all the same."""
    one, room = make_file(tmp_path / "one.db", OLD.replace(", mine", "")), make_file(tmp_path / "hub" / "room", NEW)
    write(room, "INSERT INTO item VALUES (2, 'there', 8, 'x')")
    async with plain_engine() as server, Engine(Settings(), backups=Backups(tmp_path / "backups")) as engine:
        hub = await server.serving.start(room.parent)
        peer = await add_peer(engine, one, hub.url)
        await engine.peers.wait_in_sync(timeout=PATIENCE)
        assert rows(one) == [((2,), [(str, "there")])]
        [stays] = engine.peers.statuses()[0].one_sided
        assert stays.startswith("These columns stay on the other side until this side has them too: “n”, “note” of")
        comparison = await engine.checks.compare_tables(peer)
        assert [line.column for line in comparison.lines if line.addable] == ["n", "note", ""]
        added = await engine.checks.add_missing(peer, comparison.there)
        assert added == [Addition("item", "n"), Addition("item", "note"), Addition("tag")]
        await until(lambda: rows(one) == rows(room), "what the columns hold")
        await until(lambda: engine.peers.statuses()[0].one_sided == (), "nothing stays")
        dropped, kept = await engine.checks.undo_additions(peer)
        assert (dropped, kept) == ([Addition("tag")], [Addition("item", "n"), Addition("item", "note")])


@on_loop
async def test_who_cannot_be_asked(tmp_path: Path) -> None:
    room = make_file(tmp_path / "hub" / "room")
    make_file(tmp_path / "hub" / "bare", "CREATE TABLE plain (x)")
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent, token="secret")
        peer = PeerConfig.new("", hub.url, room="room")
        assert [plan.name for plan in await ask_plans(peer, "secret")] == ["item"]
        with pytest.raises(PeerRefused):
            await ask_plans(peer, "wrong")
        with pytest.raises((PeerRefused, UsageError)):
            await ask_plans(PeerConfig.new("", hub.url, room="bare"), "secret")
