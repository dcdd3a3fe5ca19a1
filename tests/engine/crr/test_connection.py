"""Opening files of every kind: what is created, what is refused, and in which words."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from engine.crr import connect
from engine.errors import (
    FileBusy,
    NoSuchFile,
    NotADatabase,
    ReadOnlyFile,
    StorageFailed,
    SynclineError,
    UnsupportedFile,
)
from engine.replica import Replica


def plain(path: Path, sql: str) -> Path:
    """A file made without the engine."""
    db = apsw.Connection(str(path))
    db.execute(sql).fetchall()
    db.close()
    return path


def test_a_new_file_gets_the_global_tables(tmp_path: Path) -> None:
    db = connect(tmp_path / "new.db", create=True)
    assert db.execute("SELECT * FROM crsql_master").fetchall() == [("crsqlite_version", 160300)]
    ((site_id, ordinal),) = db.execute("SELECT site_id, ordinal FROM crsql_site_id").fetchall()
    assert (ordinal, len(site_id), site_id[6] >> 4, site_id[8] >> 6) == (0, 16, 4, 2)
    assert db.execute("SELECT crsql_site_id()").get == site_id
    assert db.execute("SELECT name FROM sqlite_master WHERE name LIKE 'crsql_%' ORDER BY name").fetchall() == [
        ("crsql_master",), ("crsql_site_id",), ("crsql_site_id_site_id",), ("crsql_tracked_peers",),
    ]  # fmt: skip
    assert [r[1:] for r in db.execute("PRAGMA table_info(crsql_tracked_peers)")] == [
        ("site_id", "BLOB", 1, None, 1), ("version", "INTEGER", 1, None, 0), ("seq", "INTEGER", 0, "0", 0),
        ("tag", "INTEGER", 1, None, 2), ("event", "INTEGER", 1, None, 3),
    ]  # fmt: skip
    db.close()
    again = connect(tmp_path / "new.db")
    assert again.execute("SELECT crsql_site_id()").get == site_id
    again.close()


def test_what_the_connection_is_set_to(tmp_path: Path) -> None:
    for mode in ("delete", "wal"):
        path = plain(tmp_path / f"{mode}.db", f"PRAGMA journal_mode = {mode}")
        if mode == "wal":
            plain(path, "CREATE TABLE t (a)")
        db = connect(path)
        assert db.execute("PRAGMA synchronous").get == 2
        assert db.execute("PRAGMA recursive_triggers").get == 0
        assert db.execute("PRAGMA journal_mode").get == mode
        db.close()


def test_readonly_creates_nothing(tmp_path: Path) -> None:
    path = plain(
        tmp_path / "plain.db", "CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b); INSERT INTO foo VALUES (1, 2)"
    )
    before = path.read_bytes()
    with Replica.open(path, readonly=True) as replica:
        assert replica.site_id == b""
        assert replica.connection.execute("SELECT crsql_site_id()").get is None
        assert (replica.db_version(), replica.synced_tables(), replica.changes().changes) == (0, (), [])
        assert [(t.name, t.syncable, t.eligible, t.rows) for t in replica.tables(extension=True)] == [
            ("foo", False, True, 1)
        ]
        assert (replica.tracked_peers(), replica.announcements(), replica.schema_identity()) == ([], [], (None, -1))
        assert replica.connection.execute("SELECT count(*) FROM crsql_changes").get == 0
        for write in (lambda: replica.make_crr("foo"), lambda: replica.merge([])):
            with pytest.raises(ReadOnlyFile):
                write()
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["plain.db"]


def test_opening_a_complete_file_again_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connect(path, create=True).close()
    before = path.read_bytes()
    connect(path).close()
    assert path.read_bytes() == before


CLOCK_15 = "CREATE TABLE foo__crsql_clock (a, __crsql_col_name, __crsql_col_version, __crsql_db_version)"
CLOCK_17 = "CREATE TABLE foo__crsql_clock (key, col_name, col_version, db_version, site_id, seq, ts)"
MASTER = "CREATE TABLE crsql_master (key TEXT PRIMARY KEY, value ANY);"


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        (MASTER + "INSERT INTO crsql_master VALUES ('crsqlite_version', 140000)", "older"),
        (MASTER, "older"),
        (MASTER + "INSERT INTO crsql_master VALUES ('crsqlite_version', 150000);" + CLOCK_15, "0.15"),
        (CLOCK_15, "0.15"),
        (MASTER + "INSERT INTO crsql_master VALUES ('crsqlite_version', 170000)", "0.17"),
        ("CREATE TABLE crsql_db_versions (site_id, db_version)", "0.17"),
        (CLOCK_17, "0.17"),
        ("CREATE TABLE crsql_site_id (site_id BLOB NOT NULL, ordinal INTEGER PRIMARY KEY);"
         "INSERT INTO crsql_site_id VALUES (x'0102', 0)", "16 bytes"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("readonly", [True, False])
def test_other_generations_are_refused_in_words(tmp_path: Path, sql: str, words: str, readonly: bool) -> None:
    path = plain(tmp_path / "old.db", sql)
    before = path.read_bytes()
    with pytest.raises(UnsupportedFile, match=words) as error:
        Replica.open(path, readonly=readonly)
    assert error.value.hint
    assert path.read_bytes() == before, "nothing was written"


FILE_15 = f"""{MASTER} INSERT INTO crsql_master VALUES ('crsqlite_version', 150000);
CREATE TABLE crsql_site_id (site_id BLOB NOT NULL, ordinal INTEGER PRIMARY KEY);
INSERT INTO crsql_site_id VALUES (x'00112233445566778899aabbccddeeff', 0);
CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b); INSERT INTO foo VALUES (1, 'kept');
CREATE TABLE foo__crsql_clock (a NOT NULL, __crsql_col_name TEXT NOT NULL, __crsql_col_version INT NOT NULL,
    __crsql_db_version INT NOT NULL, __crsql_site_id, __crsql_seq INT NOT NULL, PRIMARY KEY (a, __crsql_col_name));
CREATE INDEX foo__crsql_clock_dbv_idx ON foo__crsql_clock (__crsql_db_version);
INSERT INTO foo__crsql_clock VALUES (1, 'b', 1, 1, NULL, 0);
CREATE TRIGGER foo__crsql_itrig AFTER INSERT ON foo BEGIN SELECT crsql_internal_sync_bit(); END"""
FILE_17 = f"""{MASTER} INSERT INTO crsql_master VALUES ('crsqlite_version', 170000);
CREATE TABLE crsql_db_versions (site_id BLOB NOT NULL PRIMARY KEY, db_version INTEGER NOT NULL) STRICT;
CREATE TABLE crsql_site_id (site_id BLOB NOT NULL, ordinal INTEGER PRIMARY KEY);
INSERT INTO crsql_site_id VALUES (x'00112233445566778899aabbccddeeff', 0);
CREATE TRIGGER crsql_site_id_insert_trig AFTER INSERT ON crsql_site_id WHEN NEW.ordinal != 0
    BEGIN SELECT crsql_update_site_id(NEW.site_id, NEW.ordinal); END;
CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b); INSERT INTO foo VALUES (1, 'kept');
CREATE TABLE foo__crsql_clock (key INTEGER NOT NULL, col_name TEXT NOT NULL, col_version INTEGER NOT NULL,
    db_version INTEGER NOT NULL, site_id INTEGER NOT NULL DEFAULT 0, seq INTEGER NOT NULL,
    ts TEXT NOT NULL DEFAULT '0', PRIMARY KEY (key, col_name)) WITHOUT ROWID, STRICT;
CREATE TABLE foo__crsql_pks (__crsql_key INTEGER PRIMARY KEY, a)"""
OLD_SITE = "CREATE TABLE crsql_site_id (site_id BLOB PRIMARY KEY); INSERT INTO crsql_site_id VALUES (zeroblob(16))"


@pytest.mark.parametrize("journal", ["delete", "wal"])
@pytest.mark.parametrize(("sql", "words"), [(FILE_15, "0.15"), (FILE_17, "0.17"), (OLD_SITE, "0.15")])
def test_whole_files_of_other_generations_are_never_written(tmp_path: Path, sql: str, words: str, journal: str) -> None:
    path = plain(tmp_path / "other.db", f"PRAGMA journal_mode = {journal}; {sql}")
    before = path.read_bytes()
    for opened in (
        lambda: connect(path), lambda: connect(path, create=True), lambda: connect(path, readonly=True),
        lambda: Replica.open(path), lambda: Replica.open(path, readonly=True),
    ):  # fmt: skip
        with pytest.raises(UnsupportedFile, match=words):
            opened()
    assert path.read_bytes() == before
    log = path.with_name("other.db-wal")  # a reader may leave an empty one
    assert not log.exists() or log.read_bytes() == b""


def test_a_table_of_ones_own_with_such_a_name_is_no_other_generation(tmp_path: Path) -> None:
    sql = "CREATE TABLE mine__crsql_clock (tick); CREATE TABLE foo__crsql_clocks (__crsql_col_name)"
    with Replica.open(plain(tmp_path / "a.db", sql)) as replica:
        assert replica.synced_tables() == ()


def test_an_earlier_0_16_is_taken_over(tmp_path: Path) -> None:
    path = plain(
        tmp_path / "a.db", MASTER + "INSERT INTO crsql_master VALUES ('crsqlite_version', 150000), ('mine', 1)"
    )
    db = connect(path)
    assert db.execute("SELECT value FROM crsql_master ORDER BY key").fetchall() == [(160300,), (1,)]
    db.close()


def write_text(path: Path) -> None:
    path.write_text("this is no database, whatever its name says" * 40)


def write_damage(path: Path) -> None:
    plain(path, "CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    path.write_bytes(path.read_bytes()[:100] + b"\xff" * 4000)


@pytest.mark.parametrize(
    ("prepare", "kind"),
    [(lambda p: None, NoSuchFile), (Path.mkdir, NotADatabase), (write_text, NotADatabase),
     (write_damage, (StorageFailed, NotADatabase))],
)  # fmt: skip
@pytest.mark.parametrize("readonly", [True, False])
def test_files_that_cannot_be_opened(
    tmp_path: Path, prepare: Callable[[Path], None], kind: type[SynclineError], readonly: bool
) -> None:
    path = tmp_path / "x.db"
    prepare(path)
    with pytest.raises(kind) as error:
        connect(path, readonly=readonly)
    assert str(path) in str(error.value)
    assert error.value.hint


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoSuchFile, match="nowhere"):
        connect(tmp_path / "nowhere" / "x.db", create=True)
    with pytest.raises(NoSuchFile):
        connect(tmp_path / "x.db", readonly=True, create=True)
    assert not (tmp_path / "x.db").exists()


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """In a process of its own that gave up its rights: root may write anything."""
    path = plain(tmp_path / "a.db", "CREATE TABLE t (a)")
    path.chmod(0o444)
    tmp_path.chmod(0o755)
    script = (
        "import os, sys\n"
        "from engine.crr import connect\nfrom engine.errors import ReadOnlyFile\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "try: connect(sys.argv[1])\nexcept ReadOnlyFile as error: print('refused', bool(error.hint))"
    )
    for folder in list(path.parents)[:-1]:
        if folder.is_relative_to(tempfile.gettempdir()):
            folder.chmod(folder.stat().st_mode | 0o011)
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=False)
    assert done.stdout == "refused True\n", done.stderr


def test_a_locked_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.crr.connection.BUSY_MS", 50)
    path = tmp_path / "a.db"
    with Replica.open(path, create=True) as replica:
        other = apsw.Connection(str(path))
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(FileBusy):
            replica.merge([])
        with pytest.raises(FileBusy):
            Replica.open(path)
        other.execute("ROLLBACK")
        other.close()
        replica.merge([])


def test_closing_twice(tmp_path: Path) -> None:
    replica = Replica.open(tmp_path / "a.db", create=True)
    replica.close()
    replica.close()


def test_hooks_of_the_app_stay(tmp_path: Path) -> None:
    db = connect(tmp_path / "a.db", create=True)
    commits: list[int] = []
    db.set_commit_hook(lambda: bool(commits.append(1)))
    db.execute("CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b); SELECT crsql_as_crr('foo')").fetchall()
    db.execute("INSERT INTO foo VALUES (1, 1)")
    db.execute("INSERT INTO foo VALUES (2, 1)")
    assert db.execute("SELECT crsql_db_version()").get == 2
    assert len(commits) == 4
    db.close()
