"""Rows that cannot be sent, through real processes: all others go on, the rows are named once, and go as soon as they
can."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from engine.change import MAX_VERSION
from engine.replica import Replica
from engine.settings import DatabaseConfig, Settings, SettingsFile
from tests.engine.crr import test_unreadable_schema as unreadable_schema
from tests.engine.live import PATIENCE, make_file, rows, write, writing
from tests.engine.programs import Command

SCHEMA = """
CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL, name TEXT, n INTEGER);
CREATE TABLE word (id TEXT PRIMARY KEY NOT NULL, v TEXT);
SELECT crsql_as_crr('item');
SELECT crsql_as_crr('word');
"""
HIGHEST = MAX_VERSION - 1
BAD = b"Ja\xff"

BAD_TEXT = "“item”, row 3 cannot be sent: “name” is not valid text."
BAD_KEY = "“word”, row “Ja\\xdcff” cannot be sent: “id” is not valid text."
VERSION = "“item”, row 4 cannot be sent: its version is exhausted."
LENGTH = "“item”, row 5 cannot be sent: its version is exhausted."
CORRECT = "Once the text is corrected, or stored as a BLOB, the row is sent."


@pytest.fixture
def syncline(tmp_path: Path) -> Command:
    return Command(tmp_path / "home")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of which four rows cannot be sent: ``spoil`` and ``spoil_key``."""
    return spoil_key(spoil(make_file(tmp_path / "a.db", SCHEMA)))


@pytest.fixture
def room(tmp_path: Path) -> Path:
    return make_file(tmp_path / "hub" / "room", SCHEMA)


@pytest.fixture
def hub(syncline: Command, room: Path) -> Iterator[str]:
    with syncline.running("serve", room.parent, "--port", "0") as running:
        yield address(running.line)


def address(line: str) -> str:
    return line.split(" at ")[1].split(";")[0]


def spoil(path: Path) -> Path:
    """Fill a file: text that is none, a cell and a causal length whose versions are used up, and rows that are good."""
    with writing(path) as db:
        for number in range(1, 11):
            db.execute("INSERT INTO item VALUES (?, 'name', 1)", (number,))
            db.execute("INSERT INTO word VALUES (?, 'v')", (f"w{number}",))
        db.execute("UPDATE item SET name = CAST(? AS TEXT) WHERE id = 3", (BAD,))
        key = "(SELECT __crsql_key FROM item__crsql_pks WHERE id = ?)"
        db.execute(
            f"UPDATE item__crsql_clock SET col_version = {HIGHEST} WHERE col_name = 'name' AND key = {key}", (4,)
        )
        db.execute(f"INSERT INTO item__crsql_clock SELECT key, '-1', {HIGHEST}, 1, 0, 0 FROM item__crsql_clock"
                   f" WHERE key = {key} AND col_name = 'n'", (5,))  # fmt: skip
        db.execute("UPDATE item SET name = 'mine' WHERE id = 4")
        db.execute("DELETE FROM item WHERE id = 5")
    return path


def spoil_key(path: Path) -> Path:
    """Give a row a key that is no text, as only a program can that has neither our triggers nor the extension's."""
    db = apsw.Connection(str(path))
    for table in ("word", "word__crsql_pks"):
        triggers = db.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,)
        ).fetchall()
        for name, _ in triggers:
            db.execute(f'DROP TRIGGER "{name}"')
        db.execute(f"UPDATE {table} SET id = CAST(? AS TEXT) WHERE id = 'w3'", (BAD,))
        for _, sql in triggers:
            db.execute(sql)
    db.close()
    return path


def numbers(path: Path) -> list[object]:
    return [key for (key,), _ in rows(path)]


def words(path: Path) -> list[object]:
    return [key for (key,), _ in rows(path, "word")]


WORDS = sorted(f"w{number}" for number in range(1, 11))


@pytest.mark.slow
def test_the_others_go_on_and_these_go_once_they_can(syncline: Command, file: Path, room: Path, hub: str) -> None:
    out = syncline("sync", file, hub, "--room", "room")
    [line] = [line for line in out.splitlines() if line.startswith("Needs you: ")]
    assert line == (
        f"Needs you: Everything else is on both disks. {BAD_TEXT} {VERSION} {LENGTH} 1 more row cannot be sent."
        f" {CORRECT} To repair it: syncline check --repair {file}"
    )
    assert numbers(room) == [1, 2, *range(6, 11)]
    assert words(room) == [word for word in WORDS if word != "w3"]

    write(file, "UPDATE item SET name = 'Ja' WHERE id = 3")
    write(file, "UPDATE word SET id = 'w3' WHERE id >= 'J' AND id < 'K'")
    out = syncline("sync", file, hub, "--room", "room")
    assert BAD_TEXT not in out
    assert BAD_KEY not in out
    assert VERSION in out
    assert numbers(room) == [1, 2, 3, *range(6, 11)]
    assert words(room) == WORDS

    out = syncline("check", "--repair", file)
    assert "item: 2 rows have exhausted or nearly exhausted versions" in out
    out = syncline("sync", file, hub, "--room", "room")
    assert "cannot be sent" not in out
    assert "In sync: Everything is on both disks." in out
    assert rows(room) == rows(file)
    assert numbers(room) == [1, 2, 3, 4, *range(6, 11)]
    assert syncline("check", file) == f"{file} is intact.\n"


@pytest.mark.parametrize("what", ["column", "default", "table"])
def test_a_schema_that_cannot_be_read(syncline: Command, tmp_path: Path, what: str) -> None:
    """The table alone is left out, in words, wherever it is looked at; ``check`` leaves it as it is."""
    schema = "CREATE TABLE good (id INTEGER PRIMARY KEY NOT NULL, v); SELECT crsql_as_crr('good');"
    if what != "table":
        schema += (
            "CREATE TABLE bad (id INTEGER PRIMARY KEY NOT NULL, v TEXT, w DEFAULT 'none'); SELECT crsql_as_crr('bad')"
        )
    room = make_file(tmp_path / "hub" / "room", schema)
    file = unreadable_schema.make(tmp_path / "a.db", what, synced=what != "table")
    parked = "The table “bad” cannot be synced: a name or a default in its schema is not valid text."
    with syncline.running("serve", room.parent, "--port", "0") as hub:
        if what == "table":
            assert "In sync" in syncline("sync", file, address(hub.line), "--room", "room")
        else:
            assert parked in syncline("sync", file, address(hub.line), "--room", "room", status=1)
    assert rows(room, "good") == rows(file, "good")
    assert len(rows(room, "good")) == 1
    name, left = ("b\ufffdd", "") if what == "table" else ("bad", "bad: cannot be synced")
    out = syncline("tables", file)
    assert f"{name}: cannot be synced" in out
    assert "not valid text" in out
    process = syncline.start("check", "--repair", file)
    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == bool(left)
    assert left in out
    assert ("Up to you: " in out) == bool(left)
    assert f"{name}: cannot be synced" in syncline("tables", file)


def test_a_counter_that_is_used_up(syncline: Command, tmp_path: Path, room: Path, hub: str) -> None:
    """What was written before goes; what is written then waits, until it is mended."""
    file = make_file(tmp_path / "a.db", SCHEMA)
    write(file, "INSERT INTO item VALUES (1, 'before', 1)")
    write(file, "INSERT INTO item VALUES (2, 'last', 1)")
    write(file, "UPDATE item__crsql_clock SET db_version = ? WHERE db_version = 2", HIGHEST)
    assert "In sync" in syncline("sync", file, hub, "--room", "room")
    write(file, "INSERT INTO item VALUES (3, 'beyond', 1)")
    out = syncline("sync", file, hub, "--room", "room")
    assert "The file's version counter is exhausted: what is written now cannot be sent." in out
    assert numbers(room) == [1, 2]
    assert "the file has a new site id" in syncline("check", "--repair", file)
    assert "In sync" in syncline("sync", file, hub, "--room", "room")
    assert rows(room) == rows(file)
    assert numbers(room) == [1, 2, 3]


def test_what_watches_says_it_once_and_sends_them_at_once(
    syncline: Command, tmp_path: Path, room: Path, hub: str
) -> None:
    file = make_file(tmp_path / "a.db", SCHEMA)
    with syncline.running("sync", file, hub, "--room", "room", "--watch", "--verbose") as watching:
        assert watching.process.stdout is not None
        lines = [watching.line]

        def read_until(*texts: str) -> None:
            """Read until each of these was in a line since the last time."""
            left, seen = set(texts), lines[-1:]
            while left := {text for text in left if not any(text in line for line in seen)}:
                line = watching.process.stdout.readline()  # type: ignore[union-attr]
                assert line, (left, lines)
                lines.append(line)
                seen = [line]

        read_until("In sync")
        write(file, "INSERT INTO item VALUES (3, CAST(? AS TEXT), 1)", BAD)
        read_until(BAD_TEXT)
        write(file, "INSERT INTO item VALUES (1, 'good', 1)")
        read_until("item[1]  name = good")
        write(file, "UPDATE item SET name = 'Ja' WHERE id = 3")
        read_until("item[3]  name = Ja", "In sync")
    assert sum(BAD_TEXT in line for line in [*lines, *watching.out.splitlines()]) == 1
    assert rows(room) == rows(file)


def test_changes_names_them_beside_what_it_prints(syncline: Command, file: Path) -> None:
    for more in ((), ("--json",)):
        process = syncline.start("changes", file, *more)
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
        assert err == (
            f"{BAD_TEXT} {VERSION} {LENGTH} 1 more row cannot be sent."
            f" {CORRECT} To repair it: syncline check --repair {file}\n"
        )
        assert "item[3]" not in out
        assert len(out.splitlines()) == 2 * 7 + 9
    write(file, "UPDATE item SET name = 'Ja' WHERE id = 3")
    process = syncline.start("changes", file)
    out, err = process.communicate(timeout=PATIENCE)
    assert BAD_TEXT not in err
    assert "item[3]  name = Ja" in out


def test_changes_that_are_followed_name_each_once(syncline: Command, tmp_path: Path) -> None:
    file = make_file(tmp_path / "a.db", SCHEMA)
    write(file, "INSERT INTO item VALUES (3, CAST(? AS TEXT), 1)", BAD)
    write(file, "INSERT INTO item VALUES (1, 'good', 1)")
    with syncline.running("changes", file, "--follow") as following:
        assert following.process.stdout is not None
        for number in (6, 7, 8):
            write(file, "INSERT INTO item VALUES (?, 'good', 1)", number)
            while f"item[{number}]" not in following.process.stdout.readline():
                pass
    assert following.err == f"{BAD_TEXT} {CORRECT}\n"


def test_status_names_those_that_were_met(syncline: Command, file: Path) -> None:
    database = DatabaseConfig.new(file, "mine")
    SettingsFile(syncline.home / "config" / "settings.toml").save(Settings(databases=(database,)))
    assert "cannot be sent" not in syncline("status"), "nobody has read the file yet"
    with Replica.open(file) as replica:
        replica.changes()
    assert f"    {BAD_TEXT} {VERSION} {LENGTH} 1 more row cannot be sent." in syncline("status")
    [told] = json.loads(syncline("status", "--json"))["databases"]
    assert told["waiting"]["rows"][0] == {"table": "item", "key": "3", "reason": BAD_TEXT}
    assert (told["waiting"]["more"], told["waiting"]["counter_used_up"]) == (1, False)
    write(file, "UPDATE item SET name = 'Ja' WHERE id = 3")
    status = syncline("status")
    assert BAD_TEXT not in status, "though nobody has sent it yet"
    assert VERSION in status


@pytest.mark.slow
def test_a_hub_logs_them_once(syncline: Command, tmp_path: Path, room: Path) -> None:
    """Whoever comes, and however often the room is opened."""
    spoil(room)
    file = make_file(tmp_path / "a.db", SCHEMA)
    with syncline.running(
        "serve", room.parent, "--port", "0", "--log-json", "--limit", "idle=0", env={"SYNCLINE_LOG": "INFO"}
    ) as serving:
        url = address(serving.line)
        for _ in range(3):
            syncline("sync", file, url, "--room", "room")
        assert numbers(file) == [1, 2, *range(6, 11)]
        write(room, "UPDATE item SET name = 'Ja' WHERE id = 3")
        syncline("check", "--repair", room)
        syncline("sync", file, url, "--room", "room")
        assert numbers(file) == [1, 2, 3, 4, *range(6, 11)]
    log = [json.loads(line) for line in serving.err.splitlines()]
    [named, free] = [line for line in log if line["logger"] == "engine.hub.withheld_log"]
    assert named["level"] == "warning"
    assert named["room"] == "room"
    assert named["message"].startswith(f"{BAD_TEXT} {VERSION} {LENGTH} {CORRECT}")
    assert named["rows"] == [{"table": "item", "key": str(key)} for key in (3, 4, 5)]
    assert free["message"] == "All rows can be sent again"
