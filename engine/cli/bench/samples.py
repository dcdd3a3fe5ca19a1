"""The tables to measure, their rows, and the changes that another replica would send for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from engine.change import SENTINEL, Change, SQLiteValue
from engine.ids import SiteId
from engine.tables import pack_columns

THEM = SiteId(bytes(range(16)))
"""The site id of the changes' author."""

TABLE = "item"
ROWS_EACH = 100
"""How many rows the author wrote in one transaction."""

Row = tuple[SQLiteValue, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """A table and its rows.

    Attributes:
        suffix: what is appended to the names of its cases.
        key: the declarations of the key's columns.
        of: returns a row's key, given its number.
        columns: the names of the other columns.
        rows: how many rows there are.
        ordinary: whether it is an ordinary table.
        numbered: whether SQLite assigns the numbers of its rows, which travel under other names.
    """

    suffix: str
    key: tuple[str, ...]
    of: Callable[[int], Row]
    columns: tuple[str, ...]
    rows: int
    ordinary: bool = False
    numbered: bool = False

    @property
    def prefix(self) -> str:
        """What is put before the names of its cases."""
        return "ordinary-" if self.ordinary else ""

    @property
    def schema(self) -> str:
        """The CREATE TABLE statement."""
        names = ", ".join(declared.split()[0] for declared in self.key)
        kinds = ("INTEGER", "TEXT", "REAL")
        columns = (f"{name} {kinds[n % 3]}" for n, name in enumerate(self.columns))
        rowid = " WITHOUT ROWID" if self.ordinary and not self.numbered else ""
        return f"CREATE TABLE {TABLE} ({', '.join((*self.key, *columns))}, PRIMARY KEY ({names})){rowid}"

    @property
    def insert(self) -> str:
        """An INSERT of one whole row."""
        return f"INSERT INTO {TABLE} VALUES ({', '.join('?' * (len(self.key) + len(self.columns)))})"

    @property
    def upsert(self) -> str:
        """An INSERT of one whole row that overwrites the columns of an existing one."""
        names = ", ".join(declared.split()[0] for declared in self.key)
        columns = ", ".join(f"{name} = excluded.{name}" for name in self.columns)
        return f"{self.insert} ON CONFLICT ({names}) DO UPDATE SET {columns}"

    @property
    def update(self) -> str:
        """An UPDATE of all columns of one row; its parameters are the columns' values, then the key's."""
        names = (declared.split()[0] for declared in self.key)
        columns = ", ".join(f"{name} = ?" for name in self.columns)
        return f"UPDATE {TABLE} SET {columns} WHERE {' AND '.join(f'{name} = ?' for name in names)}"

    @property
    def delete(self) -> str:
        """A DELETE of one row."""
        names = (declared.split()[0] for declared in self.key)
        return f"DELETE FROM {TABLE} WHERE {' AND '.join(f'{name} = ?' for name in names)}"

    @property
    def changes(self) -> int:
        """The number of changes, one for each cell."""
        return self.rows * len(self.columns)

    def keys(self) -> list[Row]:
        """Return the key of each row."""
        return [self.of(n) for n in range(self.rows)]

    def wire_key(self, n: int) -> bytes:
        """Return the key of row ``n`` as it travels; for a numbered row, the name of one that was created elsewhere."""
        return pack_columns((b"\1" + THEM + (n + 1).to_bytes(8, "big"),) if self.numbered else self.of(n))

    def values(self, n: int, version: int = 1) -> Row:
        """Return the columns of row ``n`` after it was written ``version`` times."""
        kinds = (n + version, f"{n} words, {version}", n / 4 + version)
        return tuple(kinds[at % 3] for at in range(len(self.columns)))

    def plain_rows(self, version: int = 1) -> list[Row]:
        """Return the rows as a program would insert them."""
        return [(*self.of(n), *self.values(n, version)) for n in range(self.rows)]

    def cells(self, version: int = 1) -> list[Change]:
        """Return a change for each cell, written for the ``version``-th time."""
        return self.cells_of(range(self.rows), version)

    def cells_of(self, rows: range, version: int = 1) -> list[Change]:
        """Return the changes of some rows."""
        width = len(self.columns)
        base = (version - 1) * (self.rows // ROWS_EACH + 1)
        return [
            Change(TABLE, pk, cid, val, version, base + 1 + n // ROWS_EACH, THEM, 1, n % ROWS_EACH * width + at)
            for n, pk in zip(rows, map(self.wire_key, rows), strict=True)
            for at, (cid, val) in enumerate(zip(self.columns, self.values(n, version), strict=True))
        ]

    def deletes(self) -> list[Change]:
        """Return a change for each row that deletes it."""
        base = self.rows // ROWS_EACH + 1
        return [
            Change(TABLE, pk, SENTINEL, None, 2, base + n // ROWS_EACH, THEM, 2, n % ROWS_EACH)
            for n, pk in enumerate(map(self.wire_key, range(self.rows)))
        ]


THREE = ("number", "words", "amount")
TWELVE = tuple(f"{name}{n}" for n in range(4) for name in THREE)


def samples(rows: int) -> tuple[Sample, ...]:
    """Return tables with integer, text and two-column keys and three columns; and one with twelve columns and a quarter
    of the rows."""
    return (
        Sample("", ("id INTEGER NOT NULL",), lambda n: (n + 1,), THREE, rows),
        Sample("-text", ("id TEXT NOT NULL",), _scattered, THREE, rows),
        Sample("-composite", ("list INTEGER NOT NULL", "place TEXT NOT NULL"), _two, THREE, rows),
        Sample("-wide", ("id INTEGER NOT NULL",), lambda n: (n + 1,), TWELVE, max(1, rows // 4)),
    )


def ordinary_samples(rows: int) -> tuple[Sample, ...]:
    """Return the same as ordinary tables, WITHOUT ROWID; and one whose numbers SQLite assigns."""
    same = (replace(sample, ordinary=True) for sample in samples(rows))
    return (*same, Sample("-numbered", ("id INTEGER",), lambda n: (n + 1,), THREE, rows, ordinary=True, numbered=True))


def _scattered(n: int) -> Row:
    """Return a key as random as the ids that apps make."""
    return (f"{n * 0x9E3779B97F4A7C15 % 2**64:016x}-{n:08x}",)


def _two(n: int) -> Row:
    return (n // 50, f"{n % 50:04d}")
