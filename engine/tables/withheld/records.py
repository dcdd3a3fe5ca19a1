"""The record of one kind's withheld rows, in a table of the file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import apsw

from engine.sqlite.sql import literal

_LAYOUT = "tbl TEXT NOT NULL, key INTEGER NOT NULL, why TEXT NOT NULL, cid TEXT NOT NULL, PRIMARY KEY (tbl, key)"

Key = int | str
"""A row's number in its table; or its identity as text, if its kind has no number for it."""

FIRST: tuple[str, Key] = ("", -(2**63))
"""Below every table and number."""


class Why(StrEnum):
    """What keeps a row from being sent."""

    TEXT = "text"
    VERSION = "version"
    GONE = "gone"
    """It is missing, without a record or with a key of invalid text. Nobody need be told of it."""


@dataclass(frozen=True, slots=True)
class Held:
    """A row that is withheld: its table's wire name, its key there, why, and in which column."""

    table: str
    key: Key
    why: Why
    cid: str


class HeldRows:
    """The withheld rows of one kind of table, on one connection.

    Args:
        table: the table that records them.
    """

    def __init__(self, db: apsw.Connection, table: str) -> None:
        self._db = db
        self._table = table

    def exist(self) -> bool:
        """Return whether there may be any."""
        return self._db.table_exists("main", self._table) or self._db.table_exists("temp", self._table)

    def exist_in(self, name: str) -> bool:
        """Return whether there are any in this table."""
        sql = f"SELECT 1 FROM {self._table} WHERE tbl = ? LIMIT 1"
        return self.exist() and self._db.execute(sql, (name,)).fetchone() is not None

    def is_none(self, name: str, key: str) -> str:
        """Return a condition that ``key`` is not the number of a withheld row of this table; '' if there are none."""
        if not self.exist_in(name):
            return ""
        return f"NOT EXISTS (SELECT 1 FROM {self._table} AS h WHERE h.tbl = {literal(name)} AND h.key = {key})"

    def record(self, found: Iterable[Held], *, readonly: bool) -> None:
        """Record rows, in the caller's write transaction.

        With ``readonly``, when no clock is moved either, they are remembered for as long as the file is open.
        """
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
        """Remove rows, in the caller's write transaction."""
        rows = [(held.table, held.key) for held in found]
        self._db.executemany(f"DELETE FROM {self._table} WHERE tbl = ? AND key = ?", rows)

    def forget_table(self, name: str) -> None:
        """Remove all rows of a table that starts over, as all of it will be sent again."""
        if self.exist():
            self._db.execute(f"DELETE FROM {self._table} WHERE tbl = ? COLLATE NOCASE", (name,))

    def after(self, table: str, key: Key, limit: int) -> list[Held]:
        """Return the next rows after one, of all tables."""
        sql = f"SELECT * FROM {self._table} WHERE (tbl, key) > (?, ?) ORDER BY tbl, key LIMIT ?"
        return [_held(row) for row in self._db.execute(sql, (table, key, limit))]

    def among(self, name: str, keys: str, version: int) -> list[Held]:
        """Return those of a table whose number is among ``keys``: a SELECT of ``key``, with ``version`` as ?1."""
        sql = f"SELECT h.* FROM ({keys}) AS c CROSS JOIN {self._table} AS h ON h.tbl = ?2 AND h.key = c.key"
        return [_held(row) for row in self._db.execute(sql, (version, name))]

    def count_without_number(self, name: str) -> int:
        """Return how many of a table's rows are recorded without a number."""
        sql = f"SELECT count(*) FROM {self._table} WHERE tbl = ? AND typeof(key) = 'text'"
        count: int = self._db.execute(sql, (name,)).get if self.exist() else 0
        return count

    def told(self, limit: int) -> tuple[dict[str, int], list[Held]]:
        """Return what to tell a person: how many rows there are for each reason, and the first of them."""
        told = f"FROM {self._table} WHERE why != '{Why.GONE}'"
        count = dict(self._db.execute(f"SELECT why, count(*) {told} GROUP BY why"))
        found = self._db.execute(f"SELECT * {told} ORDER BY tbl, key LIMIT ?", (limit,))
        return count, [_held(row) for row in found]


def _held(row: tuple[Any, ...]) -> Held:
    table, key, why, cid = row
    return Held(table, key, Why(why), cid)
