"""The command line as a person meets it: real processes, their output and exit status; never a traceback."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from engine.replica import Replica
from tests.engine.live import PATIENCE, make_file, rows, write
from tests.engine.programs import Command

OF_EVERY_FILE = {"crsql_tracked_peers", "crsql_master", "crsql_site_id", "crsql_site_id_site_id"} | {
    f"sqlite_autoindex_{name}_1" for name in ("crsql_tracked_peers", "crsql_master")
}
PLAIN = "CREATE TABLE note (id INT PRIMARY KEY NOT NULL, text TEXT)"


def test_the_room_stands_in_the_address(syncline: Command, hub: str, tmp_path: Path) -> None:
    a = make_file(tmp_path / "a.db")
    write(a, "INSERT INTO item (id, name) VALUES (1, 'one')")
    assert hub.endswith("/sync/")
    assert "Sent 3 changes, received 0 changes" in syncline("sync", a, f"{hub}room")
    assert rows(tmp_path / "hub" / "room") == rows(a)
    assert "Sent 0 changes" in syncline("sync", a, f"{hub.removesuffix('/')}?room=room", "--room", "room")
    assert "no room “a.db”" in syncline("sync", a, hub, status=1), "the file's name, where none is named"


def test_tables_that_an_app_has_made_since_are_named(syncline: Command, hub: str, tmp_path: Path) -> None:
    a = make_file(tmp_path / "a.db")
    write(a, "INSERT INTO item (id, name) VALUES (1, 'one')")
    syncline("sync", a, hub, "--room", "room")
    assert "not synced" not in syncline("schema", a, hub, "--room", "room")
    with closing(sqlite3.connect(a)) as app:
        app.executescript("CREATE TABLE tag (id TEXT PRIMARY KEY); CREATE TABLE log (line TEXT)")
    said = syncline("schema", a, hub, "--room", "room")
    assert "The synced tables are the same on both sides." in said
    assert f"The table tag is not synced. To sync it, too: syncline make-syncable {a} tag" in said
    assert "log" not in said
    for number in range(5):
        with closing(sqlite3.connect(a)) as app:
            app.execute(f"CREATE TABLE tag{number} (id TEXT PRIMARY KEY)")
    assert f"6 tables are not synced. To see them: syncline tables {a}" in syncline("schema", a, hub, "--room", "room")


def test_sync_once(syncline: Command, hub: str, tmp_path: Path) -> None:
    a, b = make_file(tmp_path / "a.db"), make_file(tmp_path / "b.db")
    write(a, "INSERT INTO item (id, name) VALUES (1, 'from a')")
    write(b, "INSERT INTO item (id, name) VALUES (2, 'from b')")
    assert "Sent 3 changes, received 0 changes" in syncline("sync", a, hub, "--room", "room")
    assert "Sent 3 changes, received 3 changes" in syncline("sync", b, hub, "--room", "room", "--once")
    sums = syncline("sync", b, hub, "--room", "room").splitlines()
    assert [line for line in sums if line.startswith("Sent 0 changes, received 0 changes")]
    assert not [line for line in sums if "item" in line]
    write(b, "INSERT INTO item (id, name) VALUES (3, 'from b')")
    syncline("sync", b, hub, "--room", "room")
    out = syncline("sync", a, hub, "--room", "room")
    assert "\n  in    item: 2 rows\n" in out
    assert "from b" not in out
    assert "Caught up with" in out
    write(a, "UPDATE item SET name = 'once more' WHERE id < 3; INSERT INTO item (id, name) VALUES (4, 'from a')")
    verbose = syncline("sync", a, hub, "--room", "room", "--verbose")
    assert "item[2]  name = once more" in verbose
    assert "item: " not in verbose
    write(b, "DELETE FROM item WHERE id = 3")
    out = syncline("sync", b, hub, "--room", "room")
    assert "\n  in    item: 3 rows\n  out   item: 1 row\n" in out
    syncline("sync", a, hub, "--room", "room")
    assert "Sync now" not in out
    assert rows(a) == rows(b) == rows(tmp_path / "hub" / "room")
    lines = [json.loads(line) for line in syncline("sync", a, hub, "--room", "room", "--json").splitlines()]
    assert lines[-1]["event"] == "caught-up"
    assert not [line for line in lines if line["event"] == "change"]
    assert len(list((tmp_path / "home" / "data" / "backups").glob("*/*.db"))) == 3  # a, b and the room


def test_sync_watch_ends_well_when_told(syncline: Command, hub: str, tmp_path: Path) -> None:
    a = make_file(tmp_path / "a.db")
    process = syncline.start("sync", a, hub, "--room", "room", "--watch")
    assert process.stdout is not None
    while "In sync" not in process.stdout.readline():
        assert process.poll() is None
    write(a, "INSERT INTO item (id, name) VALUES (1, 'x')")
    while "out" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")


def test_new_id_only_when_it_is_meant(syncline: Command, tmp_path: Path) -> None:
    a = make_file(tmp_path / "a.db")
    write(a, "INSERT INTO item (id, name) VALUES (1, 'x')")
    before = a.read_bytes()
    with Replica.open(a, readonly=True) as replica:
        old = replica.site_id.hex()
    assert "new-id" in syncline("new-id", a, status=2)
    assert a.read_bytes() == before
    out = syncline("new-id", a, "--yes")
    assert old in out
    (backup,) = (tmp_path / "home" / "data" / "backups").glob("*/*.db")
    assert str(backup) in out
    for path, is_old in ((a, False), (backup, True)):
        with Replica.open(path, readonly=True) as replica:
            assert (replica.site_id.hex() == old) is is_old
    assert rows(a) == rows(backup)
    plain = tmp_path / "plain.db"
    apsw.Connection(str(plain)).execute(PLAIN)
    assert "no site id yet" in syncline("new-id", plain, "--yes", status=2)


def test_tables_make_syncable_changes(syncline: Command, tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    process = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2])"
    script = PLAIN + "; CREATE TABLE bad (id INTEGER, u); INSERT INTO note VALUES (1, 'kept');"
    subprocess.run([sys.executable, "-c", process, path, script], check=True)
    before = path.read_bytes()
    out = syncline("tables", path)
    assert "note: can be made syncable, 1 row" in out
    assert "bad: cannot be synced" in out
    assert syncline("changes", path) == ""
    assert path.read_bytes() == before, "a command that only reads wrote"
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith("notes")] == ["notes.db"]
    assert "note is now syncable (1 row)" in syncline("make-syncable", path, "note")
    assert "already" in syncline("make-syncable", path, "note")
    [backup] = (tmp_path / "home" / "data" / "backups").glob("*/*.db")
    with Replica.open(backup, readonly=True) as old:
        assert old.synced_tables() == ()
    assert "note[1]  text = kept" in syncline("changes", path)
    [change] = map(json.loads, syncline("changes", path, "--json").splitlines())
    assert (change["table"], change["key"], change["value"]) == ("note", [1], "kept")
    assert syncline("changes", path, "--since", "1") == ""
    tables = [json.loads(line) for line in syncline("tables", path, "--json").splitlines()]
    assert {table["table"]: table["syncable"] for table in tables} == {"note": True, "bad": False}


@pytest.mark.parametrize("kind", [(), ("--extension",)])
def test_deleted_rows_are_counted(syncline: Command, tmp_path: Path, kind: tuple[str, ...]) -> None:
    """They are remembered, and what is remembered grows."""
    path = tmp_path / "notes.db"
    make_file(path, PLAIN + "; INSERT INTO note VALUES (1, 'a'), (2, 'b'), (3, 'c');")
    assert json.loads(syncline("tables", path, "--json"))["deleted"] is None
    syncline("make-syncable", path, "note", *kind)
    for left, said in ((2, "    1 deleted row is remembered"), (0, "    3 deleted rows are remembered")):
        with Replica.open(path) as replica:
            replica.connection.execute("DELETE FROM note WHERE id > ?", (left,))
            replica.capture()
            assert replica.count_deleted() == {"note": 3 - left}
        assert said in syncline("tables", path)
        told = json.loads(syncline("tables", path, "--json"))
        assert (told["rows"], told["deleted"]) == (left, 3 - left)


def test_make_syncable_is_undone(syncline: Command, tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    apsw.Connection(str(path)).execute(PLAIN + "; INSERT INTO note VALUES (1, 'kept');")
    assert "is not syncable" in syncline("make-syncable", path, "note", "--undo")
    syncline("make-syncable", path, "note", "--extension")
    with pytest.raises(apsw.SQLError):
        apsw.Connection(str(path)).execute("INSERT INTO note VALUES (2, 'refused')")
    assert "no longer synced (1 row)" in syncline("make-syncable", path, "note", "--undo")
    plain = apsw.Connection(str(path))
    plain.execute("INSERT INTO note VALUES (2, 'any program')")
    assert len(plain.execute("SELECT * FROM note").fetchall()) == 2
    assert plain.execute("SELECT name FROM sqlite_master WHERE name LIKE '%note%crsql%'").fetchall() == []
    syncline("make-syncable", path, "note", "--extension")
    assert [line.split(" = ")[1] for line in syncline("changes", path).splitlines()] == ["kept", "any program"]


def test_a_table_of_cr_sqlite_is_freed_and_turned_back(syncline: Command, tmp_path: Path) -> None:
    path = make_file(tmp_path / "notes.db", f"{PLAIN}; SELECT crsql_as_crr('note')")
    write(path, "INSERT INTO note VALUES (1, 'before')")
    assert "note: other programs can write to it again (1 row)." in syncline("make-syncable", path, "note")
    apsw.Connection(str(path)).execute("UPDATE note SET text = 'by any program'")
    [change] = map(json.loads, syncline("changes", path, "--json").splitlines())
    assert (change["version"], change["value"]) == (2, "by any program")
    assert "must now load cr-sqlite" in syncline("make-syncable", path, "note", "--extension")
    with pytest.raises(apsw.SQLError):
        apsw.Connection(str(path)).execute("UPDATE note SET text = 'refused'")
    assert "already syncable" in syncline("make-syncable", path, "--all")


def test_a_table_that_cannot_be_one_of_cr_sqlite_stays_as_it_is(syncline: Command, tmp_path: Path) -> None:
    path = make_file(tmp_path / "notes.db", "CREATE TABLE memo (id TEXT PRIMARY KEY, text TEXT NOT NULL)")
    syncline("make-syncable", path, "memo")
    process = syncline.start("make-syncable", path, "memo", "--extension")
    out, _ = process.communicate(timeout=4 * PATIENCE)
    assert process.returncode == 1
    assert "memo stays as it is: any program can write to it" in out
    assert "NOT NULL but has no DEFAULT" in out
    assert "must now load" not in out
    assert kinds_of(syncline, path) == {"memo": "ordinary"}
    apsw.Connection(str(path)).execute("INSERT INTO memo VALUES ('a', 'by any program')")


def test_an_ordinary_table_is_undone(syncline: Command, tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as app:
        app.executescript(PLAIN + "; CREATE INDEX by_text ON note (text); INSERT INTO note VALUES (1, 'kept');")
        before = app.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
        syncline("make-syncable", path, "note")
        app.execute("INSERT INTO note VALUES (2, 'any program')")
        assert "no longer synced (2 rows)" in syncline("make-syncable", path, "note", "--undo")
        left = app.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
        assert [row for row in left if row[1] not in OF_EVERY_FILE] == before
        assert app.execute("SELECT * FROM note").fetchall() == [(1, "kept"), (2, "any program")]


def test_make_all_tables_syncable(syncline: Command, tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    with closing(sqlite3.connect(path)) as app:
        app.executescript(
            PLAIN
            + "; CREATE TABLE tag (name TEXT PRIMARY KEY); CREATE TABLE counted (id INTEGER PRIMARY KEY NOT NULL);"
            "CREATE TABLE of (id TEXT PRIMARY KEY, counted REFERENCES counted (id)); CREATE TABLE heap (a);"
        )
    out = syncline("make-syncable", path, "--all")
    assert "note is now syncable (0 rows)" in out
    assert "tag is now syncable" in out
    listed = {one["table"]: one for one in map(json.loads, syncline("tables", path, "--json").splitlines())}
    assert {name: one["kind"] for name, one in listed.items()} == {
        "note": "ordinary",
        "tag": "ordinary",
        "counted": "ordinary",
        "of": "ordinary",
        "heap": None,
    }
    assert "heap: cannot be synced" in out
    assert all(reason in out for reason in listed["heap"]["reasons"])
    assert "already syncable" in syncline("make-syncable", path, "tag", "note")
    assert "no table “nope”" in syncline("make-syncable", path, "note", "nope", status=2)
    for wrong in ((), ("note", "--all")):
        assert "--all" in syncline("make-syncable", path, *wrong, status=2)
    syncline("make-syncable", path, "--all", "--undo")
    assert {json.loads(line)["kind"] for line in syncline("tables", path, "--json").splitlines()} == {None}
    (empty := tmp_path / "empty.db").touch()
    syncline("make-syncable", empty, "--all", status=1)


def test_sync_makes_the_file_from_the_room(syncline: Command, tmp_path: Path) -> None:
    room = make_file(
        tmp_path / "hub" / "room",
        PLAIN + "; CREATE TABLE counted (id INTEGER PRIMARY KEY NOT NULL);"
        "SELECT crsql_as_crr('note'); SELECT crsql_as_crr('counted')",
    )
    write(room, "INSERT INTO note VALUES (1, 'from the room')")
    new, theirs, nowhere = tmp_path / "new.db", tmp_path / "theirs.db", tmp_path / "nowhere.db"
    with syncline.running("serve", room.parent, "--port", "0") as program:
        url = program.line.split(" at ")[1].split(";")[0]
        out = syncline("sync", new, url, "--room", "room")
        assert f"Created {new} with the tables of the room “room”: note, counted.\n" in out
        assert "must load cr-sqlite" not in out
        with closing(sqlite3.connect(new, isolation_level=None)) as app:
            assert app.execute("SELECT text FROM note").fetchall() == [("from the room",)]
            app.execute("INSERT INTO note VALUES (2, 'from an app')")
        syncline("sync", new, url, "--room", "room")
        assert len(rows(room, "note")) == 2
        assert kinds_of(syncline, new) == {"note": "ordinary", "counted": "ordinary"}
        syncline("sync", theirs, url, "--room", "room", "--extension", "--json")
        assert kinds_of(syncline, theirs) == {"note": "cr-sqlite", "counted": "cr-sqlite"}
        assert rows(theirs, "note") == rows(room, "note")
        assert "no room “nope”" in syncline("sync", nowhere, url, "--room", "nope", status=1)
        with closing(sqlite3.connect(room.parent / "bare")) as other:
            other.execute("CREATE TABLE plain (x)")
        assert "no syncable table" in syncline("sync", nowhere, url, "--room", "bare", status=1)
    with syncline.running("serve", room.parent, "--port", "0", "--allow-create") as program:
        url = program.line.split(" at ")[1].split(";")[0]
        assert "does not have this room yet" in syncline("sync", nowhere, url, "--room", "nope", status=1)
    assert not nowhere.exists()
    assert not (room.parent / "nope").exists()


def kinds_of(syncline: Command, path: Path) -> dict[str, str]:
    return {one["table"]: one["kind"] for one in map(json.loads, syncline("tables", path, "--json").splitlines())}


def test_changes_follow(syncline: Command, tmp_path: Path) -> None:
    a = make_file(tmp_path / "a.db")
    process = syncline.start("changes", a, "--follow", "--json")
    assert process.stdout is not None
    write(a, "INSERT INTO item (id, name) VALUES (1, 'x')")
    assert json.loads(process.stdout.readline())["key"] == [1]
    for _ in range(2):
        process.stdout.readline()
    write(a, "DELETE FROM item")
    assert json.loads(process.stdout.readline())["causal_length"] == 2
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")


def test_status(syncline: Command, tmp_path: Path) -> None:
    assert "No database is configured" in syncline("status")
    path = make_file(tmp_path / "a.db")
    config = tmp_path / "home" / "config"
    from engine.settings import DatabaseConfig, PeerConfig, Settings, SettingsFile

    database = DatabaseConfig.new(path, "mine")
    peer = PeerConfig.new(database.id, "ws://127.0.0.1:1/sync", room="room")
    gone = DatabaseConfig.new(tmp_path / "gone.db", "gone")
    SettingsFile(next(iter([config / "settings.toml"]))).save(Settings(databases=(database, gone), peers=(peer,)))
    out = syncline("status")
    assert "mine" in out
    assert "ws://127.0.0.1:1/sync" in out
    assert "gone.db" in out
    told = json.loads(syncline("status", "--json"))
    with Replica.open(path, readonly=True) as replica:
        assert told["databases"][0]["site_id"] == replica.site_id.hex()
    assert told["databases"][1]["problem"]


@pytest.mark.slow
def test_demo(syncline: Command, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    out = syncline("demo", "--once", "--keep", kept)
    assert out.splitlines()[-1] == "identical"
    assert rows(kept / "laptop.db", "todo") == rows(kept / "desktop.db", "todo") == rows(kept / "hub" / "todo", "todo")
    assert {key for key, _ in rows(kept / "laptop.db", "todo")} == {(2,), (4,), (5,)}
    assert "already exists" in syncline("demo", "--once", "--keep", kept, status=1)


@pytest.mark.parametrize(
    ("words", "needed", "spared"),
    [
        (("--version",), {"engine.cli.commandline"}, {"asyncio", "engine.errors", "engine.cli.inspect"}),
        (("tables", "--help"), {"engine.cli.inspect"}, {"engine.session", "engine.api", "websockets"}),
        (("sync", "--help"), {"engine.cli.sync", "engine.api"}, {"engine.cli.bench.command", "engine.cli.inspect"}),
    ],
)
def test_a_command_loads_only_what_it_needs(words: tuple[str, ...], needed: set[str], spared: set[str]) -> None:
    code = (
        "import sys; from engine.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit as end: print(end.code, *sys.modules)\n"
    )
    out = subprocess.check_output([sys.executable, "-c", code, *words], text=True, timeout=PATIENCE)
    status, *loaded = out.splitlines()[-1].split()
    assert status == "0"
    assert needed <= set(loaded)
    assert not spared & set(loaded)
