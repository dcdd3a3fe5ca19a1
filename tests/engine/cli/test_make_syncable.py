"""``syncline make-syncable``."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli import main
from engine.crr import connect

FRAMEWORKS = """
CREATE TABLE android_metadata (locale TEXT);
CREATE TABLE room_master_table (id INTEGER PRIMARY KEY, identity_hash TEXT);
CREATE TABLE "__EFMigrationsHistory" ("MigrationId" TEXT NOT NULL PRIMARY KEY, "ProductVersion" TEXT NOT NULL);
CREATE TABLE schema_migrations (version TEXT NOT NULL PRIMARY KEY);
CREATE TABLE Z_METADATA (Z_VERSION INTEGER PRIMARY KEY, Z_UUID VARCHAR(255), Z_PLIST BLOB);
"""
OWN = """
CREATE TABLE migrations (id TEXT PRIMARY KEY, bird TEXT, seen_at TEXT);
CREATE TABLE alembic_version (id TEXT PRIMARY KEY, spirit TEXT);
CREATE TABLE bird_data (id TEXT PRIMARY KEY);
"""


def test_what_a_framework_keeps_for_itself_is_not_proposed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    path = tmp_path / "app.db"
    app = connect(path, create=True)
    app.execute(FRAMEWORKS + OWN).fetchall()
    app.close()
    assert main(["make-syncable", str(path), "--all"]) == 0
    said = capsys.readouterr().out
    for name, framework in (
        ("android_metadata", "Android"),
        ("room_master_table", "Room"),
        ("__EFMigrationsHistory", "Entity Framework"),
        ("schema_migrations", "a migration tool"),
        ("Z_METADATA", "Core Data"),
    ):
        assert f"{name}: not proposed\n    {framework} keeps its own records in it" in said
    for name in ("migrations", "alembic_version", "bird_data"):
        assert f"{name} is now syncable" in said, "an app's own, by its columns"
    assert main(["make-syncable", str(path), "schema_migrations"]) == 0, "by name it can be had"
    assert main(["make-syncable", str(path), "room_master_table"]) == 0


def test_the_tables_of_a_module_that_is_not_here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "app.db"
    app = connect(path, create=True)
    app.execute(
        "CREATE TABLE found_content (docid INT PRIMARY KEY NOT NULL, c0);"
        "PRAGMA writable_schema = 1; INSERT INTO sqlite_schema VALUES"
        " ('table', 'found', 'found', 0, 'CREATE VIRTUAL TABLE found USING search_of_its_own (a)')"
    ).fetchall()
    app.close()
    assert main(["make-syncable", str(path), "--all"]) == 1
    assert "The virtual table “found” consists of it" in capsys.readouterr().out


def test_make_syncable_refused_leaves_the_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    path = tmp_path / "plain.db"
    app = connect(tmp_path / "other.db", create=True)
    app.execute(f"ATTACH '{path}' AS plain; CREATE TABLE plain.t (id INTEGER, u)").fetchall()
    app.close()
    before = path.read_bytes()
    assert main(["make-syncable", str(path), "t"]) == 1
    assert path.read_bytes() == before


def test_a_file_that_another_program_syncs_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    path = tmp_path / "Dropbox" / "app.db"
    path.parent.mkdir()
    app = connect(path, create=True)
    app.execute("CREATE TABLE note (id TEXT PRIMARY KEY, text TEXT)").fetchall()
    app.close()
    for command in (["make-syncable", str(path), "note"], ["sync", str(path), "ws://127.0.0.1:9/sync"]):
        main(command)
        told = capsys.readouterr()
        assert "“app.db” is in a folder that another program syncs (Dropbox)" in told.err
        assert "Dropbox)" not in told.out
