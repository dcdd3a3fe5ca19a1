"""The rows of a kind of table that are held back, in a table of the file's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import apsw

from engine.sqlite.sql import literal

_LAYOUT = "tbl TEXT NOT NULL, key INTEGER NOT NULL, why TEXT NOT NULL, cid TEXT NOT NULL, PRIMARY KEY (tbl, key)"

Key = int | str
"""The number of a row in its table; or what else it is known by, if its kind has no number for it."""

FIRST: tuple[str, Key] = ("", -(2**63))
"""No table and number is below these."""


class Why(StrEnum):
    """What keeps a row back."""

    TEXT = "text"
    VERSION = "version"
    GONE = "gone"
    """It is not there, without a record or with a key that nobody can read. Nobody need be told of it."""


@dataclass(frozen=True, slots=True)
class Held:
    """A row that is held back: its table's wire name, what it is known by in there, why, and in which column."""

    table: str
    key: Key
    why: Why
    cid: str


class HeldRows:
    """Those of one kind of table, on one connection.

    Args:
        table: where they are recorded.
    """

    def __init__(self, db: apsw.Connection, table: str) -> None:
        self._db = db
        self._table = table

    def exist(self) -> bool:
        """Whether there may be any."""
        return self._db.table_exists("main", self._table) or self._db.table_exists("temp", self._table)

    def exist_in(self, name: str) -> bool:
        """Whether there are any of this table's."""
        sql = f"SELECT 1 FROM {self._table} WHERE tbl = ? LIMIT 1"
        return self.exist() and self._db.execute(sql, (name,)).fetchone() is not None

    def is_none(self, name: str, key: str) -> str:
        """A condition that ``key`` is the number of none of this table's; empty where there are none."""
        if not self.exist_in(name):
            return ""
        return f"NOT EXISTS (SELECT 1 FROM {self._table} AS h WHERE h.tbl = {literal(name)} AND h.key = {key})"

    def record(self, found: Iterable[Held], *, readonly: bool) -> None:
        """Record rows, in the caller's write transaction. Who may write nothing, and so moves no clock, remembers them
        for as long as the file is open."""
        db, table = self._db, self._table
        if not readonly:
            db.execute(f"CREATE TABLE IF NOT EXISTS main.{table} ({_LAYOUT}) WITHOUT ROWID")
        elif not db.table_exists("temp", table):
            db.execute(f"CREATE TEMP TABLE {table} ({_LAYOUT}) WITHOUT ROWID")
            if db.table_exists("main", table):
                db.execute(f"INSERT INTO temp.{table} SELECT * FROM main.{table}")
        rows = [(held.table, held.key, held.why, held.cid) for held in found]
        db.executemany(f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?, ?)", rows)

    def forget(self, found: Iterable[Held]) -> None:
        """Take rows out, in the caller's write transaction."""
        rows = [(held.table, held.key) for held in found]
        self._db.executemany(f"DELETE FROM {self._table} WHERE tbl = ? AND key = ?", rows)

    def forget_table(self, name: str) -> None:
        """A table starts anew, and all of it is told anew."""
        if self.exist():
            self._db.execute(f"DELETE FROM {self._table} WHERE tbl = ? COLLATE NOCASE", (name,))

    def after(self, table: str, key: Key, limit: int) -> list[Held]:
        """The next ones after a row, of all tables."""
        sql = f"SELECT * FROM {self._table} WHERE (tbl, key) > (?, ?) ORDER BY tbl, key LIMIT ?"
        return [_held(row) for row in self._db.execute(sql, (table, key, limit))]

    def among(self, name: str, keys: str, version: int) -> list[Held]:
        """Those of a table whose number is among ``keys``: a SELECT of them, as ``key``, with a ``version`` as ?1."""
        sql = f"SELECT h.* FROM ({keys}) AS c CROSS JOIN {self._table} AS h ON h.tbl = ?2 AND h.key = c.key"
        return [_held(row) for row in self._db.execute(sql, (version, name))]

    def count_without_number(self, name: str) -> int:
        """How many of a table's are not known by a number."""
        sql = f"SELECT count(*) FROM {self._table} WHERE tbl = ? AND typeof(key) = 'text'"
        count: int = self._db.execute(sql, (name,)).get if self.exist() else 0
        return count

    def told(self, limit: int) -> tuple[dict[str, int], list[Held]]:
        """What a person is to know of: how many for each reason, and the first of them."""
        told = f"FROM {self._table} WHERE why != '{Why.GONE}'"
        count = dict(self._db.execute(f"SELECT why, count(*) {told} GROUP BY why"))
        found = self._db.execute(f"SELECT * {told} ORDER BY tbl, key LIMIT ?", (limit,))
        return count, [_held(row) for row in found]


def _held(row: tuple[Any, ...]) -> Held:
    table, key, why, cid = row
    return Held(table, key, Why(why), cid)
