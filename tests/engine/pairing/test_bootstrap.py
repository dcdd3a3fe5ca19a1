"""Pairing where there is no database yet: the file is made with tables like the other side's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from engine.api import Engine
from engine.errors import PeerRefused, SynclineError, UsageError
from engine.hub import HubOptions
from engine.ids import DatabaseId
from engine.pairing.bootstrap import is_new, make_file
from engine.replica import Replica
from engine.settings import PeerConfig
from engine.table_plan import ColumnPlan, Kind, TablePlan
from engine.wire import Tables
from tests.engine.live import PATIENCE, on_loop, plain_engine, rows, until, write
from tests.engine.live import make_file as make_database
from tests.engine.pairing.test_lan_server import machine

SCHEMA = """
CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL, name TEXT COLLATE NOCASE, n INTEGER NOT NULL DEFAULT 7);
CREATE TABLE tag (a TEXT NOT NULL, b NOT NULL, color TEXT DEFAULT 'it''s', PRIMARY KEY (b, a)) WITHOUT ROWID;
CREATE TABLE plain (x);
SELECT crsql_as_crr('item'); SELECT crsql_as_crr('tag'); SELECT crsql_config_set('merge-equal-values', 1);
"""
PLAN = TablePlan("item", (ColumnPlan("id", Kind.INTEGER, key=1), ColumnPlan("name", Kind.TEXT)))


async def share(there: Engine, path: Path) -> str:
    database = await there.databases.add(path)
    await there.sharing.start([database.id])
    return database.id


@on_loop
async def test_a_machine_with_nothing_gets_tables_and_rows(tmp_path: Path) -> None:
    theirs, ours = make_database(tmp_path / "theirs.db", SCHEMA), tmp_path / "ours.db"
    write(theirs, "INSERT INTO item VALUES (1, 'theirs', 8)")
    write(theirs, "INSERT INTO tag VALUES ('a', 1, 'red')")
    async with machine(tmp_path / "there") as there, machine(tmp_path / "here") as here:
        link = there.sharing.invite(await share(there, theirs))
        peer = await here.pairing.pair_new(link, ours, name="the laptop")
        assert (peer.name, here.settings.databases[0].path) == ("the laptop", ours)
        await here.peers.wait_in_sync(timeout=PATIENCE)
        assert (rows(ours), rows(ours, "tag")) == (rows(theirs), rows(theirs, "tag"))
        write(ours, "INSERT INTO item (id, name) VALUES (2, 'ours')")
        await until(lambda: rows(theirs) == rows(ours) and len(rows(ours)) == 2, "both ways")
    with Replica.open(ours, readonly=True) as here_now, Replica.open(theirs, readonly=True) as there_now:
        assert here_now.shapes() == there_now.shapes()
        assert here_now.merges_equal_values()
        assert here_now.site_id != there_now.site_id
        assert "plain" not in [table.name for table in here_now.tables()]


@on_loop
async def test_a_hubs_room_makes_a_file_for_any_program(tmp_path: Path) -> None:
    room, ours = tmp_path / "rooms" / "room", tmp_path / "ours.db"
    make_database(room, "CREATE TABLE note (id TEXT PRIMARY KEY NOT NULL, body TEXT); SELECT crsql_as_crr('note')")
    write(room, "INSERT INTO note VALUES ('a', 'theirs')")
    async with plain_engine() as server, plain_engine() as here:
        hub = await server.serving.start(tmp_path / "rooms", options=HubOptions(allow_create=True))
        peer = PeerConfig.new(DatabaseId(""), hub.url, room="nowhere")
        with pytest.raises(UsageError, match="does not have this room yet") as refused:
            await here.databases.add_from_room(ours, peer)
        assert "Choose a database that has tables already" in refused.value.hint
        assert (ours.exists(), (tmp_path / "rooms/nowhere").exists(), here.settings.databases) == (False, False, ())
        make_database(tmp_path / "rooms" / "bare", "CREATE TABLE x (y)")
        with pytest.raises(PeerRefused, match="The room “bare” has no syncable table yet"):
            await here.databases.add_from_room(ours, replace(peer, room="bare"))
        assert not ours.exists()
        added = await here.databases.add_from_room(ours, replace(peer, room="room"))
        assert [added.database] == [database.id for database in here.settings.databases]
        await here.peers.wait_in_sync(timeout=PATIENCE)
        [note] = await here.databases.tables(added.database)
        assert note.kind == "ordinary"
        assert rows(ours, "note") == rows(room, "note") != []


@on_loop
async def test_only_a_file_without_tables_is_filled_and_the_link_stays_good(tmp_path: Path) -> None:
    theirs, full = make_database(tmp_path / "theirs.db"), make_database(tmp_path / "full.db", "CREATE TABLE x (y)")
    empty = tmp_path / "empty.db"
    empty.touch()
    (tmp_path / "text.db").write_text("no database at all, but long enough to be taken for a page of one" * 20)
    async with machine(tmp_path / "there") as there, machine(tmp_path / "here") as here:
        link = there.sharing.invite(await share(there, theirs))
        with pytest.raises(UsageError, match="already has tables"):
            await here.pairing.pair_new(link, full)
        with pytest.raises(UsageError, match="no folder"):
            await here.pairing.pair_new(link, tmp_path / "nowhere" / "new.db")
        with pytest.raises(SynclineError, match="not a SQLite database"):
            await here.pairing.pair_new(link, tmp_path / "text.db")
        assert here.settings.databases == ()
        await here.pairing.pair_new(link, empty)
        await here.peers.wait_in_sync(timeout=PATIENCE)
        assert len(here.settings.databases) == 1


def test_all_of_it_is_made_or_nothing(tmp_path: Path) -> None:
    two = PLAN._replace(name="item2", columns=(*PLAN.columns, ColumnPlan("x" * 100, Kind.TEXT, key=2)))
    hostile = PLAN._replace(name='a" (x); DROP TABLE item; --')
    wide = (PLAN.columns[0], *(ColumnPlan(f"c{n}", Kind.ANY) for n in range(2000)))
    kindless = PLAN._replace(name="weird", columns=(ColumnPlan("id", Kind.ANY, key=1),), rowid=True)
    make_file(tmp_path / "good.db", Tables("", -1, (PLAN, two, hostile, kindless), False))
    with Replica.open(tmp_path / "good.db", readonly=True) as replica:
        assert {shape.name for shape in replica.shapes()} == {PLAN.name, two.name, hostile.name, kindless.name}
    refused = [
        (PLAN, PLAN),
        (PLAN, PLAN._replace(name="crsql_site_id")),
        (PLAN, PLAN._replace(name="nokey", columns=PLAN.columns[1:])),
        (PLAN, PLAN._replace(name="wide", columns=wide)),
    ]
    for plans in refused:
        with pytest.raises(UsageError):
            make_file(tmp_path / "bad.db", Tables("", -1, plans, False))
        assert not list(tmp_path.glob("bad.db*"))
    (tmp_path / "empty.db").touch()
    with pytest.raises(UsageError):
        make_file(tmp_path / "empty.db", Tables("", -1, refused[2], False))
    assert (tmp_path / "empty.db").exists()
    assert is_new(tmp_path / "empty.db")


@pytest.mark.parametrize("late", [False, True])
def test_what_another_program_makes_meanwhile_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    path = tmp_path / "app.db"
    app = apsw.Connection(str(path))
    app.execute("CREATE TABLE theirs (x)")
    if late:  # it came after the look whether there is a file
        monkeypatch.setattr(Path, "exists", lambda _: False)
    with pytest.raises(UsageError, match="Another program"):
        make_file(path, Tables("", -1, (PLAN,), False))
    monkeypatch.undo()
    assert path.exists()
    assert app.execute("SELECT count(*) FROM theirs").get == 0
    app.close()


@on_loop
async def test_pairing_again_goes_on_as_the_same_peer(tmp_path: Path) -> None:
    """After it was thrown out, say: no second row, and the new token counts."""
    theirs, ours = make_database(tmp_path / "theirs.db"), make_database(tmp_path / "ours.db")
    async with machine(tmp_path / "there") as there, machine(tmp_path / "here") as here:
        shared, database = await share(there, theirs), await here.databases.add(ours)
        first = await here.pairing.pair(there.sharing.invite(shared), database.id, name="the laptop")
        await here.peers.wait_in_sync(timeout=PATIENCE)
        await there.sharing.revoke(there.sharing.guests()[0].name)
        await until(lambda: "token" in here.peers.statuses()[0].reason, "it is told")
        again = await here.pairing.pair(there.sharing.invite(shared), database.id)
        assert (again.id, again.name, len(here.settings.peers)) == (first.id, "the laptop", 1)
        await here.peers.wait_in_sync(timeout=PATIENCE)
