"""What differs is mended: sent once more where it has a clock, else the way that a person chooses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.api import Engine
from engine.checks.repair import Side, resolve_rows
from engine.checks.row_diff import RowDifference
from engine.errors import UsageError
from engine.replica import Replica
from engine.session import Verdict
from engine.settings import Direction, Settings
from engine.storage.backup import Backups
from tests.engine.checks.test_row_diff import connected, twins, untracked
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, write
from tests.engine.programs import Command

DAMAGE = (
    "UPDATE item SET name = 'mine' WHERE id = 1",
    "UPDATE item SET n = NULL, extra = x'00' WHERE id = 2",
    "DELETE FROM item WHERE id = 3",
    "INSERT INTO item VALUES (100, 'new', 1.5, 'x')",
)


@pytest.mark.parametrize("side", [Side.MINE, Side.THEIRS])
def test_what_has_a_clock_is_mended_by_sending_again(tmp_path: Path, side: Side) -> None:
    """Rows, values and a deletion that never came, though the clocks say so."""
    one, room = tmp_path / "a.db", tmp_path / "hub" / "room"

    @on_loop
    async def go() -> None:
        twins(one, room, 2_000)
        sender, receiver = (one, room) if side is Side.MINE else (room, one)
        write(sender, "UPDATE item SET name = 'newer' WHERE id % 100 = 1")
        write(sender, "DELETE FROM item WHERE id = 7")
        write(sender, "INSERT INTO item (id, name) VALUES (3000, 'never came')")
        with Replica.open(sender) as there, Replica.open(receiver) as here:
            version = there.db_version()
            sql = "UPDATE crsql_tracked_peers SET version = ? WHERE site_id = ? AND event = 0"
            here.connection.execute(sql, (version, there.site_id))
            there.record_sent(here.site_id, version)
        async with plain_engine() as server, plain_engine() as client:
            peer = await connected(client, server, one, room)
            found = await client.checks.verify(peer, timeout=PATIENCE)
            assert len(found.differing) == 22
            await client.checks.send_again(peer, side, timeout=PATIENCE)
            assert (await client.checks.verify(peer, timeout=PATIENCE)).summary.startswith(
                "identical: 1 table, 2,000 rows"
            )
        assert rows(one) == rows(room)

    go()


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("damaged", ["here", "there"])
def test_what_has_none_goes_the_way_that_is_chosen(tmp_path: Path, damaged: str, side: Side) -> None:
    """Sending again leaves it; each kind of difference, on either side, is then an ordinary local write."""
    one, room = tmp_path / "a.db", tmp_path / "hub" / "room"

    @on_loop
    async def go() -> None:
        twins(one, room, 50)
        untracked(one if damaged == "here" else room, *DAMAGE)
        wanted = rows(one if side is Side.MINE else room)
        backups = Backups(tmp_path / "backups")
        async with plain_engine() as server, Engine(Settings(), backups=backups) as client:
            peer = await connected(client, server, one, room)
            found = await client.checks.verify(peer, timeout=PATIENCE)
            assert len(found.differing) == 4
            resolved = await client.checks.resolve_rows(peer, found.differing, side)
            assert (resolved.written, resolved.left) == (4, 0), resolved
            await client.peers.wait_in_sync([peer], timeout=PATIENCE)
            assert (await client.checks.verify(peer, timeout=PATIENCE)).verdict is Verdict.IDENTICAL
        assert rows(one) == rows(room) == wanted
        assert backups.find(one)

    go()


@on_loop
async def test_a_row_that_changed_since_stays(tmp_path: Path) -> None:
    one, room = tmp_path / "a.db", tmp_path / "hub" / "room"
    twins(one, room, 5)
    untracked(one, "UPDATE item SET name = 'mine' WHERE id < 3")
    async with plain_engine() as server, plain_engine() as client:
        peer = await connected(client, server, one, room)
        found = await client.checks.verify(peer, timeout=PATIENCE)
        write(one, "UPDATE item SET name = 'newer' WHERE id = 1")
        with Replica.open(one) as replica:
            resolved = resolve_rows(replica, found.differing, Side.THEIRS)
        assert (resolved.written, resolved.left) == (1, 1)
        assert "changed in the meantime" in resolved.why
    assert rows(one)[0][1][0] == (str, "newer")


def test_rows_whose_numbers_each_machine_hands_out_are_left_as_they_are(tmp_path: Path) -> None:
    """The row with that number here may be another one, that only looks like it."""
    todo = RowDifference("todo", (1,), ("text",), ("a",), ("b",))
    notes = RowDifference("notes", ("k",), ("text",), ("a",), ("b",))
    with Replica.open(tmp_path / "a.db", create=True) as replica:
        db = replica.connection
        db.execute("CREATE TABLE todo (id INTEGER PRIMARY KEY, text); CREATE TABLE notes (id TEXT PRIMARY KEY, text)")
        for table in ("todo", "notes"):
            replica.make_ordinary(table)
        db.execute("INSERT INTO todo VALUES (1, 'a'); INSERT INTO notes VALUES ('k', 'a')")
        for side in Side:
            resolved = resolve_rows(replica, [todo], side)
            assert (resolved.written, resolved.left) == (0, 1)
            assert "Change the rows in the app" in resolved.why
        mine = resolve_rows(replica, [notes], Side.MINE)
        assert mine.why == "Rows of “notes” cannot be taken from this side. Take “theirs” on the other machine."
        assert resolve_rows(replica, [notes], Side.THEIRS).written == 1
        assert db.execute("SELECT text FROM todo UNION ALL SELECT text FROM notes").fetchall() == [("a",), ("b",)]


@on_loop
async def test_a_direction_that_does_not_allow_it_is_named(tmp_path: Path) -> None:
    one, room = make_file(tmp_path / "a.db"), make_file(tmp_path / "hub" / "room")
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        peer = await add_peer(client, one, hub.url, direction=Direction.SEND)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        with pytest.raises(UsageError, match="set to send only"):
            await client.checks.send_again(peer, Side.THEIRS, timeout=PATIENCE)
        await client.checks.send_again(peer, Side.MINE, timeout=PATIENCE)


def test_keys_in_two_spellings_on_the_command_line(tmp_path: Path) -> None:
    syncline = Command(tmp_path / "home")
    schema = "CREATE TABLE k (a NOT NULL, b TEXT NOT NULL, v, PRIMARY KEY (a, b)); SELECT crsql_as_crr('k')"
    one, room = make_file(tmp_path / "a.db", schema), make_file(tmp_path / "hub" / "room", schema)
    write(one, "INSERT INTO k VALUES (1, 'x', 2)")
    write(room, "INSERT INTO k VALUES (1.0, 'x', 2)")
    with syncline.running("serve", room.parent, "--port", "0") as program:
        url = program.line.split(" at ")[1].split(";")[0]
        here = ("verify", one, url, "--room", "room")
        assert syncline.start(*here).communicate(timeout=4 * PATIENCE)[0].splitlines()[:2] == [
            "different: 1 row in k",
            "    k[1, x]: the key is 1, x here, 1.0, x there",
        ]
        [told] = map(json.loads, syncline.start(*here, "--json").communicate(timeout=4 * PATIENCE)[0].splitlines())
        [row] = told["differing"]
        assert (row["key"], row["key_there"], row["columns"]) == ([1, "x"], [1.0, "x"], [])
        assert type(row["key_there"][0]) is float
        assert syncline(*here, "--take", "theirs").splitlines()[-1] == "identical: 1 table, 1 row"


def test_on_the_command_line(tmp_path: Path) -> None:
    syncline = Command(tmp_path / "home")
    one, room = tmp_path / "a.db", tmp_path / "hub" / "room"
    twins(one, room, 40)
    with syncline.running("serve", room.parent, "--port", "0") as program:
        url = program.line.split(" at ")[1].split(";")[0]
        here = ("verify", one, url, "--room", "room")
        assert syncline(*here) == "identical: 1 table, 40 rows\n"
        untracked(one, *DAMAGE)
        process = syncline.start(*here)
        out, err = process.communicate(timeout=4 * PATIENCE)
        assert (process.returncode, err) == (1, "")
        assert out.splitlines()[:5] == [
            "different: 4 rows in item",
            "    item[1]: name is mine here, name 1 there",
            "    item[2]: extra is <1 byte> here, NULL there; n is NULL here, 14 there",
            "    item[3]: only there",
            "    item[100]: only here",
        ]
        process = syncline.start(*here, "--json")
        [told] = map(json.loads, process.communicate(timeout=4 * PATIENCE)[0].splitlines())
        assert (told["verdict"], told["rows_here"], told["rows_there"], told["more"]) == ("different", 40, 40, False)
        assert told["differing"][0] == {
            "key": [1],
            "columns": ["name"],
            "here": {"extra": None, "n": 7, "name": "mine"},
            "there": {"extra": None, "n": 7, "name": "name 1"},
        }
        out = syncline(*here, "--send-again", "both", "--take", "theirs")
        assert out.splitlines()[-1] == "identical: 1 table, 40 rows"
        assert "Sending again" in out
    assert rows(one) == rows(room)
