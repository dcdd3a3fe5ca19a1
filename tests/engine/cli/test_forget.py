"""``syncline forget``: nothing of Syncline is left in a file, and all of the app is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from engine.settings import DatabaseConfig, PeerConfig, Settings, SettingsFile
from tests.engine.live import PATIENCE
from tests.engine.programs import Command

APP = """
CREATE TABLE folder (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE note (id INTEGER PRIMARY KEY AUTOINCREMENT, folder_id INTEGER REFERENCES folder ON DELETE CASCADE, t TEXT);
CREATE TABLE word (id TEXT PRIMARY KEY NOT NULL, v TEXT);
CREATE TABLE plain (x);
CREATE INDEX by_t ON note (t);
CREATE TRIGGER clean AFTER DELETE ON folder BEGIN DELETE FROM plain WHERE x = OLD.id; END;
INSERT INTO folder VALUES (1, 'a'), (2, 'b');
INSERT INTO note VALUES (1, 1, 'x'), (2, 2, 'y');
INSERT INTO word VALUES ('k', 'v');
INSERT INTO plain VALUES (1), (2)
"""
TABLES = ("folder", "note", "word", "plain")


@contextlib.contextmanager
def opened(path: Path) -> Iterator[apsw.Connection]:
    """A connection that knows nothing of Syncline."""
    with contextlib.closing(apsw.Connection(str(path))) as db:
        db.set_busy_timeout(int(PATIENCE * 1000))
        yield db


@pytest.fixture
def syncline(tmp_path: Path) -> Command:
    return Command(tmp_path / "home")


@pytest.fixture
def app(tmp_path: Path) -> Path:
    path = tmp_path / "app.db"
    with opened(path) as db:
        db.execute(APP)
    return path


def content(path: Path) -> tuple[object, ...]:
    with opened(path) as db:
        assert db.execute("PRAGMA integrity_check").get == "ok"
        schema = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name").fetchall()
        return schema, *(db.execute(f"SELECT * FROM {name}").fetchall() for name in (*TABLES, "sqlite_sequence"))


def is_synced(path: Path) -> bool:
    with opened(path) as db:
        return db.table_exists("main", "crsql_syncline_register")


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_the_file_is_the_apps_again(syncline: Command, app: Path, tmp_path: Path, mode: str) -> None:
    """With tables of both kinds; what they held is overwritten on the disk, too."""
    with opened(app) as db:
        db.execute(f"PRAGMA journal_mode = {mode}").fetchall()
    before = content(app)
    syncline("make-syncable", app, "note")
    syncline("make-syncable", app, "word", "--extension")
    synced = content(app)
    assert synced != before
    with opened(app) as db:
        site_id = db.execute("SELECT site_id FROM crsql_site_id WHERE ordinal = 0").get
    assert "Its rows stay here" in syncline("forget", app, status=2)
    assert content(app) == synced
    out = syncline("forget", app, "--yes")
    assert "Nothing of Syncline is left in" in out
    assert content(app) == before
    assert site_id not in app.read_bytes()
    assert content(Path(out.split(": ")[-1].strip())) == synced
    assert "Backup" not in syncline("forget", app, "--yes")
    with opened(app) as db:
        db.execute("PRAGMA foreign_keys = ON; DELETE FROM folder WHERE id = 1")
        assert db.execute("SELECT count(*) FROM note").get == 1
        assert db.execute("SELECT count(*) FROM plain").get == 1


def test_not_while_it_is_synced(syncline: Command, app: Path, tmp_path: Path) -> None:
    """A file that another Syncline has open is left alone; one that was killed leaves nothing behind."""
    syncline("make-syncable", app, "word")
    hub, link = tmp_path / "hub", tmp_path / "link.db"
    hub.mkdir()
    link.symlink_to(app)
    with syncline.running("serve", hub, "--port", "0", "--allow-create") as running:
        url = running.line.split(" at ")[1].split(";")[0]
        syncline("sync", app, url, "--room", "app.db")
        with syncline.running("sync", app, url, "--room", "app.db", "--watch"):
            for path in (app, link):
                assert "is open in a running Syncline" in syncline("forget", path, "--yes", status=1)
            assert is_synced(app)
        watching = syncline.start("sync", app, url, "--room", "app.db", "--watch")
        assert watching.stdout.readline()
        watching.kill()
        watching.communicate(timeout=PATIENCE)
        assert "Nothing of Syncline is left" in syncline("forget", app, "--yes")
        assert not is_synced(app)
    with opened(hub / "app.db") as room:
        assert room.execute("SELECT * FROM word").fetchall() == [("k", "v")]


def test_a_window_opened_later_does_not_sync_it_again(syncline: Command, app: Path, tmp_path: Path) -> None:
    syncline("make-syncable", app, "word")
    file = SettingsFile(tmp_path / "home" / "config" / "settings.toml")
    gone, stays = DatabaseConfig.new(app, "app"), DatabaseConfig.new(tmp_path / "other.db", "other")
    url = "ws://127.0.0.1:1/sync"
    peers = tuple(PeerConfig.new(one.id, url, room="r", name=one.name) for one in (gone, stays))
    file.save(Settings(databases=(gone, stays), peers=peers))
    lock = file.path.parent / "running.lock"
    lock.write_text("1\n")  # a process that is there
    assert "window is open" in syncline("forget", app, "--yes", status=2)
    assert is_synced(app)
    lock.unlink()
    assert "and its peers are no longer in the settings" in syncline("forget", app, "--yes")
    assert not is_synced(app)
    assert file.load() == Settings(databases=(stays,), peers=peers[1:])


def test_what_goes_wrong_leaves_peers_and_backups_as_they_are(syncline: Command, app: Path, tmp_path: Path) -> None:
    syncline("make-syncable", app, "word")
    file = SettingsFile(tmp_path / "home" / "config" / "settings.toml")
    database = DatabaseConfig.new(app, "app")
    peer = PeerConfig.new(database.id, "ws://127.0.0.1:1/sync", room="r", name="peer")
    file.save(Settings(databases=(database,), peers=(peer,)))
    backups = sorted((tmp_path / "home" / "data" / "backups").rglob("*.db"))
    nowhere = tmp_path / "nowhere" / "hidden.json"
    assert "cannot be used" in syncline("forget", app, "--yes", "--hidden-to", nowhere, status=1)
    assert sorted((tmp_path / "home" / "data" / "backups").rglob("*.db")) == backups
    with opened(app) as db:
        db.execute("BEGIN IMMEDIATE")
        assert "is locked by another program" in syncline("forget", app, "--yes", status=1)
    assert is_synced(app)
    assert file.load().peers == (peer,)


def test_files_that_it_has_nothing_to_do_with(syncline: Command, app: Path, tmp_path: Path) -> None:
    before = app.read_bytes()
    assert "has nothing of Syncline in it." in syncline("forget", app)
    assert app.read_bytes() == before
    text = tmp_path / "text.db"
    text.write_text("This is no database, but it is long enough to be looked at as if it were one. " * 20)
    assert "is not a SQLite database" in syncline("forget", text, "--yes", status=1)
    assert "does not exist" in syncline("forget", tmp_path / "nothing.db", "--yes", status=1)
    assert not (tmp_path / "home" / "data" / "backups").exists()
