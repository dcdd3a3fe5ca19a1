"""How a file is opened: what it must be, what is created in it, and what its connection can do.

See cr-sqlite.md 2.1, 2.7, 3 and 13.
"""

from __future__ import annotations

import os
import stat
import uuid
from pathlib import Path

import apsw

from engine.clocks import tracked
from engine.crr import config
from engine.crr.sql_api import clset, functions, vtab
from engine.crr.state import State
from engine.crr.tracking import Tracker, TrackingConnection
from engine.crr.trigger_functions import Capture
from engine.errors import NoSuchFile, NotADatabase, ReadOnlyFile, ReplicaError, UnfinishedTransaction, UnsupportedFile
from engine.ids import SiteId
from engine.sqlite.readonly import ReadonlyConnection, roll_back
from engine.sqlite.sqlite_errors import cannot_be_opened, explained
from engine.tables.introspect import column_names, table_names
from engine.tables.names import CLOCK
from engine.text import t

VERSION = 160300
"""The crsqlite_version we write: 0.16.3."""

BUSY_MS = 5000
"""Milliseconds to wait for another program's lock."""

_OLDEST, _FORK = 150000, 170000
_GLOBALS = ("crsql_tracked_peers", "crsql_master", "crsql_site_id")


def connect(
    path: str | Path, *, readonly: bool = False, create: bool = False, recover: bool = False
) -> apsw.Connection:
    """Open a file with the whole SQL surface of cr-sqlite on the connection.

    Args:
        path: the SQLite file.
        readonly: write nothing at all; a file without CRRs then has no site id.
        create: create the file if it does not exist.
        recover: with ``readonly``, for a caller that is about to write: roll back what a crash left half written.

    Raises:
        NoSuchFile, NotADatabase, ReadOnlyFile, UnfinishedTransaction, FileBusy, StorageFailed: as their names say.
        UnsupportedFile: its CRRs are of another generation; nothing was written.
    """
    return open_state(path, readonly=readonly, create=create, recover=recover)[0]


def open_state(
    path: str | Path, *, readonly: bool = False, create: bool = False, recover: bool = False
) -> tuple[apsw.Connection, State]:
    """Open a file like ``connect``, and also return the connection's state, for callers that work below SQL."""
    try:
        return _open(path, readonly=readonly, create=create)
    except UnfinishedTransaction:
        if not recover:
            raise
    with explained(path):
        roll_back(path)
    return _open(path, readonly=readonly, create=create)


def _open(path: str | Path, *, readonly: bool, create: bool) -> tuple[apsw.Connection, State]:
    _check_path(Path(path), create=create and not readonly)
    flags = apsw.SQLITE_OPEN_READONLY if readonly else apsw.SQLITE_OPEN_READWRITE
    if create and not readonly:
        flags |= apsw.SQLITE_OPEN_CREATE
    with explained(path):
        db = (ReadonlyConnection if readonly else TrackingConnection)(str(path), flags=flags)
        try:
            db.set_busy_timeout(BUSY_MS)
            db.execute("PRAGMA synchronous = FULL")
            if not readonly and db.readonly("main"):
                raise ReadOnlyFile(
                    t("“{path}” cannot be written.", path=path),
                    hint=t("Check the permissions of the file and of its folder."),
                )
            _check_layout(db, path)
            if not readonly:
                _bootstrap(db, path)
            state = State(db, open_scratch=_scratch)
            state.site_id = _own_site(db)
            capture = Capture(state)
            if isinstance(db, TrackingConnection):
                db.tracker = Tracker(state, capture)
            functions.register(db, state, capture)
            vtab.register(db, state)
            clset.register(db, state)
        except BaseException:
            db.close()
            raise
    return db, state


def _scratch() -> apsw.Connection:
    """Open an empty database in memory, with all of cr-sqlite's functions."""
    return open_state(":memory:", create=True)[0]


def _check_path(path: Path, *, create: bool) -> None:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise ReplicaError(
            t("SQLite cannot open “{path}”: the path is not valid UTF-8.", path=path),
            hint=t("Rename the file or folder; use a name in UTF-8."),
        ) from None
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        if not (create and os.path.isdir(path.parent)):
            missing = path.parent if create else path
            raise NoSuchFile(t("“{path}” does not exist.", path=missing), hint=t("Check the path.")) from None
    except OSError as error:
        raise cannot_be_opened(path) from error
    else:
        if stat.S_ISDIR(mode):
            raise NotADatabase(t("“{path}” is a folder, not a database.", path=path), hint=t("Choose a file."))
        if not stat.S_ISREG(mode):  # reading a pipe could wait for ever
            raise NotADatabase(
                t("“{path}” is a pipe or a device, not a database.", path=path), hint=t("Choose a file.")
            )


def _check_layout(db: apsw.Connection, path: str | Path) -> None:
    """Refuse, in words, a file that was made by a cr-sqlite older than 0.16 or a fork of it, or is damaged."""
    maker = _other_maker(db)
    if maker:
        raise UnsupportedFile(
            t(
                "“{path}” was created by {program}; only files of cr-sqlite 0.16 can be synced.",
                path=path,
                program=maker,
            ),
            hint=t("Copy the rows into a new file created with cr-sqlite 0.16 or Syncline."),
        )
    site_id = _own_site(db)
    if site_id is not None and (not isinstance(site_id, bytes) or len(site_id) != 16):
        raise UnsupportedFile(
            t("“{path}” has a site id that is not 16 bytes long.", path=path), hint=t("Restore the file from a backup.")
        )
    config.merges_equal_values(db)


def _other_maker(db: apsw.Connection) -> str:
    """Return which other generation made the file, in words; '' if none (cr-sqlite.md 2.1, 2.7, 13).

    0.15 and the first 0.16 record the same version, so the tables themselves have to tell.
    """
    fork, older = t("version 0.17, a fork of cr-sqlite with another layout"), t("cr-sqlite 0.15 or older")
    names = table_names(db)
    if "crsql_master" in names:
        recorded = db.execute("SELECT value FROM main.crsql_master WHERE key = 'crsqlite_version'").get
        recorded = recorded if isinstance(recorded, int) else 0
        if recorded < _OLDEST:
            return t("a cr-sqlite older than 0.15")
        if recorded >= _FORK:
            return fork
    if "crsql_db_versions" in names:
        return fork
    if "crsql_site_id" in names and "ordinal" not in column_names(db, "crsql_site_id"):
        return older
    for name in names:
        if name.endswith(CLOCK):
            columns = column_names(db, name)
            if any(column.startswith("__crsql_") for column in columns):
                return older
            if "ts" in columns:
                return fork
    return ""


def _bootstrap(db: apsw.Connection, path: str | Path) -> None:
    """Create whatever is missing, all of it or nothing. A file that is complete is not written to."""
    if _complete(db):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        _check_layout(db, path)  # again, as another program may have been faster
        new = "crsql_master" not in table_names(db)
        db.execute(
            f"CREATE TABLE IF NOT EXISTS main.{tracked.LAYOUT};"
            "CREATE TABLE IF NOT EXISTS main.crsql_master (key TEXT PRIMARY KEY, value ANY)"
        )
        if new:
            db.execute("INSERT INTO main.crsql_master (key, value) VALUES ('crsqlite_version', ?)", (VERSION,))
        else:
            db.execute(
                "UPDATE main.crsql_master SET value = ?1 WHERE key = 'crsqlite_version' AND value < ?1",
                (VERSION,),
            )
        if "crsql_site_id" not in table_names(db):
            db.execute(
                "CREATE TABLE main.crsql_site_id (site_id BLOB NOT NULL, ordinal INTEGER PRIMARY KEY);"
                "CREATE UNIQUE INDEX main.crsql_site_id_site_id ON crsql_site_id (site_id)"
            )
        if db.execute("SELECT 1 FROM main.crsql_site_id WHERE ordinal = 0").fetchone() is None:
            db.execute("INSERT INTO main.crsql_site_id (site_id, ordinal) VALUES (?, 0)", (uuid.uuid4().bytes,))
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _complete(db: apsw.Connection) -> bool:
    if not set(_GLOBALS) <= set(table_names(db)):
        return False
    recorded = db.execute("SELECT value FROM main.crsql_master WHERE key = 'crsqlite_version'").get
    own = db.execute("SELECT 1 FROM main.crsql_site_id WHERE ordinal = 0").fetchone()
    return own is not None and isinstance(recorded, int) and recorded >= VERSION


def _own_site(db: apsw.Connection) -> SiteId | None:
    if "crsql_site_id" not in table_names(db):
        return None
    site_id: SiteId | None = db.execute("SELECT site_id FROM main.crsql_site_id WHERE ordinal = 0").get
    return site_id
