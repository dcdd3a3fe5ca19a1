"""``crsql_syncline_held``: the rows of a file that are held back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import apsw

from engine.sqlite.sql import literal
from engine.tables.reading import Unsendable

TABLE = "crsql_syncline_held"
_LAYOUT = "tbl TEXT NOT NULL, key INTEGER NOT NULL, why TEXT NOT NULL, cid TEXT NOT NULL, PRIMARY KEY (tbl, key)"


class Why(StrEnum):
    """What keeps a row back."""

    TEXT = "text"
    VERSION = "version"
    GONE = "gone"
    """It is not there, without a record or with a key that nobody can read. Nobody need be told of it."""


@dataclass(frozen=True, slots=True)
class Held:
    """A row that is held back: its table's wire name, its number in there, why, and in which column."""

    table: str
    key: int
    why: Why
    cid: str


class UnsendableRows(Unsendable):
    """Rows of a CRR cannot be sent.

    Attributes:
        after, until: one is at this (db_version, key) or behind it, up to a version.
        bounded: only some of the rows there were to be read.
    """

    def __init__(self, table: str, after: tuple[int, int], until: int, *, bounded: bool, cause: Exception) -> None:
        super().__init__(table, cause)
        self.after = after
        self.until = until
        self.bounded = bounded


def as_held(row: tuple[Any, ...]) -> Held:
    """A row of the table."""
    table, key, why, cid = row
    return Held(table, key, Why(why), cid)


def exist(db: apsw.Connection) -> bool:
    """Whether there may be any."""
    return db.table_exists("main", TABLE) or db.table_exists("temp", TABLE)


def exist_in(db: apsw.Connection, name: str) -> bool:
    """Whether there are any of this CRR's."""
    return exist(db) and db.execute(f"SELECT 1 FROM {TABLE} WHERE tbl = ? LIMIT 1", (name,)).fetchone() is not None


def is_none(db: apsw.Connection, name: str, key: str) -> str:
    """A condition that ``key`` is the number of none of this CRR's; empty where there are none."""
    if not exist_in(db, name):
        return ""
    return f"NOT EXISTS (SELECT 1 FROM {TABLE} AS h WHERE h.tbl = {literal(name)} AND h.key = {key})"


def record(db: apsw.Connection, found: Iterable[Held], *, readonly: bool) -> None:
    """Record rows, in the caller's write transaction. Who may write nothing, and so moves no clock, remembers them for
    as long as the file is open."""
    if not readonly:
        db.execute(f"CREATE TABLE IF NOT EXISTS main.{TABLE} ({_LAYOUT}) WITHOUT ROWID")
    elif not db.table_exists("temp", TABLE):
        db.execute(f"CREATE TEMP TABLE {TABLE} ({_LAYOUT}) WITHOUT ROWID")
        if db.table_exists("main", TABLE):
            db.execute(f"INSERT INTO temp.{TABLE} SELECT * FROM main.{TABLE}")
    rows = [(held.table, held.key, held.why, held.cid) for held in found]
    db.executemany(f"INSERT OR REPLACE INTO {TABLE} VALUES (?, ?, ?, ?)", rows)


def forget_table(db: apsw.Connection, name: str) -> None:
    """A CRR starts anew, and all of it is told anew."""
    if exist(db):
        db.execute(f"DELETE FROM {TABLE} WHERE tbl = ? COLLATE NOCASE", (name,))


def forget(db: apsw.Connection, found: Iterable[Held]) -> None:
    """Take rows out, in the caller's write transaction."""
    db.executemany(f"DELETE FROM {TABLE} WHERE tbl = ? AND key = ?", [(held.table, held.key) for held in found])
