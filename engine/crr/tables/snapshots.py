"""Snapshots of a CRR, and recording of what has changed since one was taken as written now."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import apsw

from engine.change import SENTINEL
from engine.crr.catalogue import Crr
from engine.crr.state import State
from engine.crr.tables.backfill import are_deletions, forget_rows, rows_and_keys, write_cells
from engine.sqlite.sql import ident, literal, main
from engine.tables.introspect import Table
from engine.tables.names import CLOCK, KEY, PKS

LONG = 32
"""Bytes of the longest text or blob that a snapshot in the file keeps as it is; longer ones become a digest."""


class Snapshot(NamedTuple):
    """A table that holds the rows of a CRR: the ``key`` number, then a value for each column.

    Attributes:
        table: its name in SQL.
        columns: the tracked columns, in its order.
        short: whether long values are kept as digests.
    """

    table: str
    columns: tuple[str, ...]
    short: bool = False

    def take(self, db: apsw.Connection, crr: Crr | None) -> None:
        """Create it from what the table holds now. Its columns have no types, so that every value stays as it is."""
        listed = "".join(f", {ident(_PREFIX + column)}" for column in self.columns)
        db.execute(f"CREATE TABLE {self.table} (key INTEGER PRIMARY KEY{listed})")
        if crr:
            values = "".join(f", {self._value(column)}" for column in self.columns)
            db.execute(f"INSERT INTO {self.table} SELECT p.{KEY}{values} {rows_and_keys(crr.table)}")

    def _value(self, column: str) -> str:
        value = f"t.{ident(column)}"
        if not self.short:
            return value
        # Numbers are short as text; invalid UTF-8 reaches the function as a blob.
        digest = f"crsql_syncline_digest(typeof({value}), CAST({value} AS BLOB))"
        return f"CASE WHEN length(CAST({value} AS BLOB)) > {LONG} THEN {digest} ELSE {value} END"

    @property
    def keys(self) -> str:
        """A SELECT of the key numbers in it."""
        return f"SELECT key FROM {self.table}"

    def retyped(self, db: apsw.Connection, table: Table) -> bool:
        """Return whether keys have another storage class now, as after a change of the key column's type.

        1 and '1' are two keys but one row, so the tombstone of one would delete the other wherever it arrives.
        """
        names = [ident(name) for name in table.key]
        row = " AND ".join(f"t.{name} = +p.{name} AND t.{name} = +p.{name} COLLATE BINARY" for name in names)
        key = " OR ".join(f"p.{name} IS NOT +t.{name}" for name in names)
        found = db.execute(
            f"SELECT 1 FROM {self.table} AS s CROSS JOIN {main(table.name + PKS)} AS p ON p.{KEY} = s.key"
            f" CROSS JOIN {main(table.name)} AS t ON {row} WHERE {key} LIMIT 1"
        )
        return found.fetchone() is not None

    def compact(self, state: State, table: Table, *, same: bool = True) -> None:
        """Drop the clocks of columns and rows that no longer exist; rows that disappeared since leave a tombstone.

        Args:
            same: whether the table is certainly the one that it was (``are_deletions``).
        """
        db, clock = state.db, main(table.name + CLOCK)
        dead = f"SELECT key FROM {clock} WHERE col_name = '{SENTINEL}' AND col_version % 2 = 0"
        present = f"SELECT p.{KEY} {rows_and_keys(table)}"
        gone = f"{self.keys} WHERE key NOT IN ({present}) AND key NOT IN ({dead})"
        kept = ", ".join(literal(name) for name in (SENTINEL, *table.tracked))
        db.execute(f"DELETE FROM {clock} WHERE col_name NOT IN ({kept})")
        counts = (db.execute(f"SELECT count(*) FROM ({rows})").get for rows in (gone, self.keys))
        if are_deletions(*counts, same=same):
            write_cells(state, table, SENTINEL, gone, first=2)
        forget_rows(state, table)

    def record_changed_values(self, state: State, table: Table) -> None:
        """Record the values that have changed."""
        rows = f"{rows_and_keys(table)} CROSS JOIN {self.table} AS s ON s.key = p.{KEY}"
        differs = {
            column: f"(typeof({now}) != typeof({was}) OR +{now} IS NOT {was} COLLATE BINARY)"
            for column in self.columns
            if column in table.tracked and (now := self._value(column)) and (was := f"s.{ident(_PREFIX + column)}")
        }
        if not differs:
            return
        changed = state.db.execute(f"SELECT {', '.join(f'max({each})' for each in differs.values())} {rows}").fetchone()
        for (column, condition), some in zip(differs.items(), changed or (), strict=True):
            if some:
                write_cells(state, table, column, f"SELECT p.{KEY} AS key {rows} WHERE {condition}")


_PREFIX = "v "
"""The prefix of each column's name, so that none is called ``key``."""


def digest(kind: str, value: bytes) -> bytes:
    """Return what stands for a long text or blob in a snapshot: longer than any value that is kept as it is."""
    return kind[:1].encode() + hashlib.blake2b(value, digest_size=LONG).digest()


def columns_of(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the CRR's columns, given those of its snapshot."""
    return tuple(name.removeprefix(_PREFIX) for name in names[1:])
