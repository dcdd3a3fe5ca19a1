"""The journal's file: opened, created when needed, and set aside if it is damaged."""

from __future__ import annotations

from pathlib import Path

import apsw

from engine.text import t

_VERSION = 2
_SCHEMA = f"""
CREATE TABLE sync (
    id INTEGER PRIMARY KEY, time REAL NOT NULL, peer TEXT NOT NULL, peer_name TEXT NOT NULL,
    database_name TEXT NOT NULL, sent INTEGER NOT NULL, received INTEGER NOT NULL,
    bytes_out INTEGER NOT NULL, bytes_in INTEGER NOT NULL, seconds REAL NOT NULL, error TEXT NOT NULL
);
CREATE INDEX sync_time ON sync (time);
CREATE TABLE overwritten (
    id INTEGER PRIMARY KEY, time REAL NOT NULL, database TEXT NOT NULL, peer TEXT NOT NULL, peer_name TEXT NOT NULL,
    tbl TEXT NOT NULL, pk BLOB NOT NULL, col TEXT NOT NULL, old, new, author BLOB, whole INTEGER NOT NULL,
    size INTEGER NOT NULL
);
CREATE TABLE heard (peer TEXT PRIMARY KEY, time REAL NOT NULL, named REAL) WITHOUT ROWID;
PRAGMA user_version = {_VERSION};
"""

_LATER = """
CREATE TABLE IF NOT EXISTS parked (
    peer TEXT NOT NULL, tbl TEXT NOT NULL, sentence TEXT NOT NULL, place TEXT NOT NULL, PRIMARY KEY (peer, tbl)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parked_known (peer TEXT PRIMARY KEY NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS one_sided (
    peer TEXT NOT NULL, sentence TEXT NOT NULL, PRIMARY KEY (peer, sentence)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS moved (
    id INTEGER PRIMARY KEY AUTOINCREMENT, burst INTEGER NOT NULL, time REAL NOT NULL, database TEXT NOT NULL,
    peer TEXT NOT NULL, peer_name TEXT NOT NULL, way TEXT NOT NULL, tbl TEXT NOT NULL, pk BLOB NOT NULL,
    col TEXT NOT NULL, value, value_whole INTEGER, value_digest BLOB, version INTEGER NOT NULL, author BLOB,
    cl INTEGER NOT NULL, old, old_whole INTEGER, old_digest BLOB, had_old INTEGER NOT NULL, global_key TEXT NOT NULL
);
"""
"""Tables that a file of this version may lack. A peer that is only in ``parked_known`` had everything synced."""


def open_file(file: Path | None) -> apsw.Connection:
    """Open a journal's file, creating it when needed; None: in memory.

    Raises:
        apsw.Error, OSError: it cannot be opened, or is of another version.
    """
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    db = apsw.Connection(":memory:" if file is None else str(file))
    try:
        db.set_busy_timeout(2_000)
        db.execute("PRAGMA journal_mode = WAL").fetchall()
        db.execute("PRAGMA synchronous = NORMAL").fetchall()
        version = db.execute("PRAGMA user_version").get
        if version != _VERSION:
            if version or db.execute("SELECT count(*) FROM sqlite_schema").get:
                raise apsw.SQLError(t("its version is {version}", version=version))
            with db:
                db.execute(_SCHEMA).fetchall()
        db.execute(_LATER).fetchall()
        db.execute("SELECT count(*) FROM sync").fetchall()
        if file is not None:
            file.chmod(0o600)  # it contains a person's data
    except BaseException:
        db.close()
        raise
    return db


def set_aside(file: Path | None) -> None:
    """Make way for a new journal. The damaged one stays beside it until the next one is damaged."""
    if file is not None and file.exists():
        file.replace(file.with_name(f"{file.name}.damaged"))
        for name in (f"{file.name}-wal", f"{file.name}-shm"):
            file.with_name(name).unlink(missing_ok=True)
