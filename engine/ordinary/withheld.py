"""Rows of ordinary tables that cannot be sent (``engine.tables.withheld.recheck.Source``).

A row is identified by the number of its record. One with an unreadable key has no record, as no other machine could
take it, and is identified by its key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

import apsw

from engine.change import MAX_VERSION
from engine.clocks import secondhand
from engine.ordinary import raw_keys
from engine.ordinary.hidden import Whole
from engine.ordinary.read import At, UnsendableRows, rows_of_range
from engine.ordinary.register import Entry, base, base_is, held_rows, key_columns
from engine.ordinary.tables import OrdinaryTables
from engine.sqlite.sql import ident, numbers
from engine.tables.kind import Versions
from engine.tables.pack import unpack
from engine.tables.reading import Unsendable
from engine.tables.withheld.describe import shown
from engine.tables.withheld.recheck import Changed
from engine.tables.withheld.records import Held, Key, Why
from engine.tables.withheld.rows import WithheldRows
from engine.tables.withheld.unreadable import unreadable

BLOCK = 256
"""Rows that are checked together."""

AHEAD = 2_000
"""Rows that are checked even after one was found, as others may follow."""


class OrdinarySource:
    """The ordinary tables of one connection."""

    def __init__(self, db: apsw.Connection, tables: OrdinaryTables, versions: Versions) -> None:
        self._db = db
        self._tables = tables
        self._versions = versions
        self.held = held_rows(db)

    def _entry(self, name: str) -> Entry | None:
        return next((entry for entry in self._tables.entries() if entry.name == name), None)

    def tables(self) -> Iterable[str]:
        """Return those that exist."""
        return [entry.name for entry in self._tables.entries() if self._tables.is_there(entry)]

    def recorded(self, table: str) -> bool:
        """Return whether it is in the register."""
        return self._entry(table) is not None

    def reasons(self, table: str, keys: Sequence[Key]) -> list[Held]:
        """Return those that still cannot be sent, with the reasons."""
        entry = self._entry(table)
        if entry is None:
            return []
        found = reasons(self._db, entry, [key for key in keys if isinstance(key, int)])
        return found + [held for key in keys if isinstance(key, str) for held in self._by_key(entry, key)]

    def _by_key(self, entry: Entry, key: str) -> Iterator[Held]:
        names, bindings = raw_keys.bound(key)
        sql = f"SELECT 1 FROM {base(entry)} AS t WHERE {base_is(entry, names)}"
        if self._db.execute(sql, bindings).fetchone() is not None:
            place = raw_keys.unreadable(raw_keys.fields_of(key), self._db.pragma("encoding"))
            yield Held(entry.name, key, Why.TEXT, entry.key[place or 0])

    def written_since(self, table: str) -> str:
        """Return the rows with a cell above a version."""
        entry = self._entry(table)
        assert entry is not None
        return (
            f"SELECT r AS key FROM main.{entry.rows} WHERE db_version > ?1"
            f" UNION SELECT r FROM main.{entry.cells} WHERE db_version > ?1"
        )

    def record_as_new(self, table: str, keys: Sequence[Key]) -> None:
        """Give all their cells the next version, which is kept as the file's floor."""
        entry, rows = self._entry(table), [key for key in keys if isinstance(key, int)]
        if entry is not None and rows:
            version = self._versions.next_version()
            for records in (entry.rows, entry.cells):
                sql = f"UPDATE main.{records} SET db_version = ? WHERE r IN carray(?)"
                self._db.execute(sql, (version, numbers(rows)))
            secondhand.note_all(self._db, version)
            self._versions.keep_floor(version)

    def find(self, error: Unsendable) -> Sequence[Held]:
        """Return the rows that reading failed on, and those among the next ones; or all of them."""
        entry = self._entry(error.table)
        if entry is None or not isinstance(error, UnsendableRows):
            return ()
        found: list[Held] = []
        seen = 0
        for rows in _blocks(self._db, entry, error):
            found += reasons(self._db, entry, rows)
            seen += len(rows)
            if found and seen >= AHEAD and error.bounded:
                break
        return found

    def shown_key(self, held: Held) -> str:
        """Return the key of a row, as it can be shown."""
        if isinstance(held.key, str):
            return shown(raw_keys.texts(raw_keys.fields_of(held.key), self._db.pragma("encoding")))
        entry = self._entry(held.table)
        if entry is not None:
            packed = self._db.execute(f"SELECT pk FROM main.{entry.rows} WHERE r = ?", (held.key,)).get
            if packed is not None:
                return shown(self._local_key(entry, held.key) or unpack(packed))
        return str(held.key)

    def _local_key(self, entry: Entry, r: int) -> tuple[Any, ...] | None:
        if not entry.has_global_key:
            return None
        key = self._db.execute(f"SELECT {', '.join(entry.log_key)} FROM main.{entry.rows} WHERE r = ?", (r,)).fetchone()
        return key if key is not None and None not in key else None


class OrdinaryWithheld(WithheldRows):
    """Finds, records and releases withheld rows.

    A row that is gone without a trace shows that triggers did not run; then its whole table is compared.
    """

    def __init__(self, db: apsw.Connection, tables: OrdinaryTables, rows: OrdinarySource, versions: Versions) -> None:
        super().__init__(db, rows, versions.db_version)
        self._tables = tables

    def changed(self) -> Sequence[Changed]:
        """Return those that changed, including those that captures found."""
        return [*((held, held) for held in self._tables.take_withheld()), *super().changed()]

    def record(self, found: Sequence[Held], *, readonly: bool) -> None:
        """Record them."""
        super().record(found, readonly=readonly)
        if not readonly:
            for table in {held.table for held in found if held.why is Why.GONE}:
                self._tables.compare_all(table)


def reasons(db: apsw.Connection, entry: Entry, rows: Sequence[int]) -> list[Held]:
    """Return those of the rows with these numbers that cannot be sent."""
    if not rows:
        return []
    odd, some = f"NOT BETWEEN 0 AND {MAX_VERSION - 1}", "r IN carray(?1)"
    versions = db.execute(
        f"SELECT r FROM main.{entry.rows} WHERE {some} AND (length {odd} OR col_version {odd})"
        f" UNION SELECT r FROM main.{entry.cells} WHERE {some} AND col_version {odd}",
        (numbers(rows),),
    )
    found = {r: Held(entry.name, r, Why.VERSION, "") for (r,) in versions}
    columns, whole = entry.columns, Whole(db, entry)
    there, no_text = unreadable(
        db,
        "r.r",
        list(map(whole.plain, columns)),
        f"main.{entry.rows} AS r LEFT JOIN {base(entry)} AS t ON {base_is(entry, key_columns(entry))}{whole.joined}"
        f" WHERE r.r IN carray(?1) AND r.length % 2 = 1 AND {whole.there}",
        rows,
    )
    found |= {r: Held(entry.name, r, Why.TEXT, columns[n]) for r, n in no_text.items()}
    alive = db.execute(f"SELECT r FROM main.{entry.rows} WHERE {some} AND length % 2 = 1", (numbers(rows),))
    found |= {r: Held(entry.name, r, Why.GONE, "") for (r,) in alive if r not in there}
    return list(found.values())


def find_all(db: apsw.Connection, entry: Entry) -> list[Held]:
    """Return all rows that cannot be sent and have a record, withheld already or not."""
    found: list[Held] = []
    after = -1
    while True:
        sql = f"SELECT r FROM main.{entry.rows} WHERE r > ? ORDER BY r LIMIT {BLOCK}"
        rows = [r for (r,) in db.execute(sql, (after,))]
        if not rows:
            return found
        found += reasons(db, entry, rows)
        after = rows[-1]


def unreadable_keys(db: apsw.Connection, entry: Entry) -> list[Held]:
    """Return the rows with an unreadable key."""
    encoding, fields = db.pragma("encoding"), raw_keys.fields([ident(name) for name in entry.key])
    found: list[Held] = []
    for row in db.execute(f"SELECT {fields} FROM {base(entry)}"):
        column = raw_keys.unreadable(row, encoding)
        if column is not None and None not in row[1::2]:
            found.append(Held(entry.name, raw_keys.spelled(row), Why.TEXT, entry.key[column]))
    return found


def _blocks(db: apsw.Connection, entry: Entry, error: UnsendableRows) -> Iterator[list[int]]:
    """Return the rows of a range from a place on, as reading goes through them."""
    at: At | None = error.at
    while at is not None:
        bindings = {"version": at.db_version, "r": at.r, "until": error.until, "most": BLOCK, "since": error.since}
        rows = cast("list[tuple[int, int]]", db.execute(rows_of_range(db, entry, at.phase), bindings).fetchall())
        if rows:
            yield sorted({r for _, r in rows})
            at = At(at.phase, *rows[-1])
        else:
            at = at.next_phase(error.since)
