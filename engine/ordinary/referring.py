"""Finds and changes what refers to rows of an auto-numbered table by the numbers that they have here
(``global_keys``)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from typing import Any

import apsw

from engine.clocks import coverage
from engine.ordinary import register
from engine.ordinary.changed import Changed
from engine.ordinary.global_keys import is_any, is_number, log_key_is, number_of
from engine.ordinary.hidden import Hidden
from engine.ordinary.leading import differs_from
from engine.ordinary.records import stamp_of
from engine.ordinary.register import Entry, base
from engine.ordinary.shadow import packed
from engine.ordinary.stamps import OWN
from engine.sqlite.sql import ident, numbers
from engine.sqlite.values import Affinity
from engine.tables import parking
from engine.text import printable, t


class Written(Enum):
    """Which references, by who wrote them last and when."""

    EVER = 0
    HERE = 1
    SINCE = 2
    """Here, after the row that they refer to was deleted or hidden, so that its number belonged to no row."""


class Referring:
    """The columns of all tables that hold numbers of one table, except its own key, in the caller's write transaction.

    A 0 in them refers to no row.

    Args:
        without: names of tables that are left out.
    """

    def __init__(self, db: apsw.Connection, root: Entry, without: Collection[str] = ()) -> None:
        self._db = db
        self._root = root
        self._without = without
        self._held: dict[tuple[int, str], dict[int, Sequence[int]]] = {}

    def columns(self) -> Iterator[tuple[Entry, str]]:
        """Return each column, with its table."""
        root = self._root.number
        for entry in register.load(self._db):
            for column, of in entry.refers.items():
                if of == root and (entry.number != root or column not in entry.key) and entry.name not in self._without:
                    yield entry, column

    def referred_to(self, found: Sequence[int]) -> dict[int, bool]:
        """Return those of these numbers of deleted rows that other rows referred to when last seen, and still do; and
        whether any did before the row was deleted."""
        kept: dict[int, bool] = {}
        found = [number for number in found if number]
        for entry, column in self.columns() if found else ():
            row = f"t.{ident(column)}"
            seen = f" AND r.v{entry.slots[column]} = {row}" if column in entry.slots else ""
            sql = (
                f"SELECT p.k0, max({_version(entry, column)} < p.db_version) FROM {base(entry)} AS t"
                f" CROSS JOIN main.{entry.rows} AS r ON {_record_is(self._db, entry)}"
                f" CROSS JOIN main.{self._root.rows} AS p ON p.k0 = {number_of(row)}"
                f" WHERE {is_any(row)} AND r.length % 2 = 1{seen} AND NOT {_is_another(entry, column)} GROUP BY p.k0"
            )
            rows: list[Any] = self._db.execute(sql, (numbers(found),)).fetchall()
            if Hidden(self._db, entry).any():
                at = f"h.{_kept_as(entry, column)}"
                sql = (
                    f"SELECT p.k0, max({_version(entry, column)} < p.db_version) FROM main.{entry.hidden} AS h"
                    f" CROSS JOIN main.{entry.rows} AS r ON r.r = h.r"
                    f" CROSS JOIN main.{self._root.rows} AS p ON p.k0 = {number_of(at)}"
                    f" WHERE {is_any(at)} GROUP BY p.k0"
                )
                rows += self._db.execute(sql, (numbers(found),)).fetchall()
            for number, left in rows:
                kept[number] = kept.get(number, False) or bool(left)
        return kept

    def still_held(self, found: Sequence[int]) -> set[int]:
        """Return those of these numbers that rows with records hold, whatever they held before."""
        held: set[int] = set()
        for entry, column in self.columns() if found else ():
            row = f"t.{ident(column)}"
            sql = (
                f"SELECT DISTINCT {number_of(row)} FROM {base(entry)} AS t"
                f" CROSS JOIN main.{entry.rows} AS r ON {_record_is(self._db, entry)}"
                f" WHERE {is_any(row)} AND r.length % 2 = 1"
            )
            rows: list[Any] = self._db.execute(sql, (numbers(found),)).fetchall()
            held.update(number for (number,) in rows)
        return held

    def release(self, found: Sequence[int]) -> None:
        """Release the local keys of deleted rows whose key consists of these numbers."""
        for entry, column in self.columns():
            if column in entry.key:
                at = entry.log_key[entry.key.index(column)]
                sql = f"UPDATE main.{entry.rows} SET {_nowhere(entry)} WHERE {at} IN carray(?) AND length % 2 = 0"
                self._db.execute(sql, (numbers(found),))

    def swap(self, one: int, other: int, free: int) -> None:
        """Swap two numbers in everything that refers to them; what tables show stays, except in keys.

        Args:
            free: a number that no row has.
        """
        for entry, column in self.columns():
            if column in entry.key:
                for number, to in ((one, free), (other, one), (free, other)):
                    self._move(entry, column, number, to)
                continue
            held, at = self._held_in(entry, column), _kept_as(entry, column)
            for found, to in ((held.pop(one, ()), other), (held.pop(other, ()), one)):
                if found:
                    held[to] = found
                    value = str(to) if self._is_text(entry, column) else to
                    for kept in (entry.rows, entry.hidden):
                        sql = f"UPDATE main.{kept} SET {at} = ? WHERE r IN carray(?)"
                        self._db.execute(sql, (value, numbers(found)))

    def _held_in(self, entry: Entry, column: str) -> dict[int, Sequence[int]]:
        """Return the records that refer to each number in a column.

        They are read once, before the first swap: until the last one, nothing else may change them.
        """
        where = entry.number, column
        if where not in self._held:
            number = number_of(_kept_as(entry, column))
            sql = f"SELECT {number}, r FROM main.{entry.rows} WHERE ifnull({number}, 0) <> 0"
            found: dict[int, list[int]] = {}
            for one, r in self._db.execute(sql):
                found.setdefault(one, []).append(r)
            self._held[where] = dict(found)
        return self._held[where]

    def move(self, number: int, other: int, but: Written | None = None) -> None:
        """Make everything that refers to a number refer to another one, except these references."""
        for entry, column in self.columns() if number else ():
            self._move(entry, column, number, other, but)

    def _move(self, entry: Entry, column: str, number: int, other: int, but: Written | None = None) -> None:
        if number:
            at = _kept_as(entry, column)
            held = is_number(f"r.{at}", "?2") if column in entry.slots else f"r.{at} = ?2"
            some = "" if but is None else f" AND NOT ({self._was(but, entry, column)})"
            sql = (
                f"UPDATE OR ABORT {base(entry)} AS t SET {ident(column)} = ?1"
                f" WHERE {is_number(f't.{ident(column)}', '?2')}"
                f" AND EXISTS (SELECT 1 FROM main.{entry.rows} AS r WHERE {_record_is(self._db, entry)}"
                f" AND {held} AND r.length % 2 = 1{some})"
            )
            self._write_unnoticed(entry, column, sql, (other, number))
            seen = "CAST(?1 AS TEXT)" if self._is_text(entry, column) else "?1"
            sql = (
                f"UPDATE main.{entry.hidden} AS h SET {at} = {seen} WHERE EXISTS"
                f" (SELECT 1 FROM main.{entry.rows} AS r WHERE r.r = h.r AND {held}{some})"
            )
            self._db.execute(sql, (other, number))
            sql = f"UPDATE main.{entry.rows} AS r SET {at} = {seen} WHERE {held}{some}"
            self._db.execute(sql, (other, number))

    def _is_text(self, entry: Entry, column: str) -> bool:
        """Return whether a column stores numbers as text."""
        declared: str | None = self._db.column_metadata("main", entry.name, column)[0]
        return Affinity.of(declared or "") is Affinity.TEXT

    def _write_unnoticed(self, entry: Entry, column: str, sql: str, bindings: tuple[int, int]) -> None:
        """Write even if a rule of the table forbids it, as records and table have to agree; the table is then parked,
        and a person told."""
        with _unnoticed(self._db):
            try:
                self._db.execute(sql, bindings)
            except apsw.ConstraintError as error:
                with _unchecked(self._db):
                    self._db.execute(sql, bindings)
                reason = t(
                    "“{column}” had to be changed from {number} to {other}, which a rule of the table forbids:"
                    " {reason}",
                    column=printable(column, 40),
                    number=bindings[1],
                    other=bindings[0],
                    reason=printable(str(error), 200),
                )
                parking.record(self._db, entry.name, reason)
                coverage.forget_table(self._db, entry.name)

    def adopt(self, found: Sequence[int], version: int, which: Written = Written.EVER) -> None:
        """Let these references to these numbers mean the rows that have them from now on, as if they were written with
        a version."""
        written: dict[int, dict[int, list[int]]] = {}
        found = [number for number in found if number]
        entries = {entry.number: entry for entry, _ in self.columns()} if found else {}
        for entry in entries.values():
            Hidden(self._db, entry).try_orphans()
        for entry, column in self.columns() if found else ():
            some = f" AND {self._was(which, entry, column)}"
            if column in entry.slots:
                slot = entry.slots[column]
                sql = f"SELECT r.r FROM main.{entry.rows} AS r WHERE {is_any(f'r.v{slot}')} AND r.length % 2 = 1{some}"
                rows: list[Any] = self._db.execute(sql, (numbers(found),)).fetchall()
                for (r,) in rows:
                    written.setdefault(entry.number, {}).setdefault(r, []).append(slot)
            else:
                self._bear_again(entry, column, found, version, some)
        for number, slots in written.items():
            alive = f"SELECT r FROM main.{entries[number].rows} WHERE length % 2 = 1 AND r IN carray(?)"
            left: list[Any] = self._db.execute(alive, (numbers(list(slots)),)).fetchall()
            Changed(self._db, entries[number], version).write_each({r: slots[r] for (r,) in left})

    def _was(self, which: Written, entry: Entry, column: str) -> str:
        """Return an SQL condition that the reference in this column of the record ``r`` is one of these."""
        if which is Written.EVER:
            return "1"
        if which is Written.HERE:
            return _is_own(entry, column)
        since = f"SELECT h.since FROM main.{self._root.hidden} AS h WHERE h.r = p.r"
        gone = (
            f"SELECT ifnull(({since}), p.db_version) FROM main.{self._root.rows} AS p"
            f" WHERE p.k0 = {number_of(f'r.{_kept_as(entry, column)}')}"
        )
        return f"{_is_own(entry, column)} AND {_version(entry, column)} > ({gone})"

    def _bear_again(self, entry: Entry, column: str, found: Sequence[int], version: int, some: str) -> None:
        """Treat rows whose key consists of these numbers as other rows: the new ones are logged, and the old ones are
        gone."""
        at = entry.log_key[entry.key.index(column)]
        sql = f"SELECT r.r FROM main.{entry.rows} AS r WHERE r.{at} IN carray(?) AND r.length % 2 = 1{some}"
        reborn: list[Any] = self._db.execute(sql, (numbers(found),)).fetchall()
        gone = [r for (r,) in reborn]
        keys, rows = ", ".join(entry.log_key), (numbers(gone or [-1]),)
        self._db.execute(
            f"INSERT INTO main.{entry.log} ({keys}) SELECT {keys} FROM main.{entry.rows} WHERE r IN carray(?)", rows
        )
        Changed(self._db, entry, version).delete(gone)
        self._db.execute(f"UPDATE main.{entry.rows} SET {_nowhere(entry)} WHERE r IN carray(?)", rows)


def _nowhere(entry: Entry) -> str:
    return ", ".join(f"{one} = NULL" for one in entry.log_key)


def _kept_as(entry: Entry, column: str) -> str:
    """Return a column's name in the records, and for hidden rows."""
    return f"v{entry.slots[column]}" if column in entry.slots else entry.log_key[entry.key.index(column)]


def _is_own(entry: Entry, column: str) -> str:
    """Return an SQL condition that this column of the record ``r`` was last written here."""
    return f"{stamp_of(entry, column, 'site')} = {OWN}"


def _is_another(entry: Entry, column: str) -> str:
    """Return an SQL condition that the row ``t`` was inserted under the number of a deleted one since it was last seen
    (its record ``r``), with other content: then it is a new row, and not one that the app has left.

    Args:
        column: which refers to the row in question.
    """
    changed = [differs_from(entry, one, f"r.v{slot}") for one, slot in entry.slots.items() if one != column]
    if not (entry.collection and changed):
        return "0"
    deleted = f"SELECT l.k0 FROM main.{entry.log} AS l WHERE l.gone AND l.k0 IS NOT NULL"
    return f"(t.{ident(entry.key[0])} IN ({deleted}) AND ({' OR '.join(changed)}))"


def _version(entry: Entry, column: str) -> str:
    """Return an SQL expression for the version with which this column of the record ``r`` was last written."""
    return stamp_of(entry, column, "db_version")


def _record_is(db: apsw.Connection, entry: Entry) -> str:
    """Return an SQL condition that ``r`` is the record of the table's row ``t``."""
    columns = [f"t.{ident(column)}" for column in entry.key]
    if entry.has_global_key:
        return log_key_is(entry.log_key, "r", columns)
    return f"r.pk = {packed(db, columns)}"


@contextmanager
def _unnoticed(db: apsw.Connection) -> Iterator[None]:
    """Write inside without counting as the app: no trigger runs, and no foreign key is enforced."""
    switches = (apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, apsw.SQLITE_DBCONFIG_ENABLE_FKEY)
    before = [(switch, db.config(switch, -1)) for switch in switches]
    try:
        for switch, _ in before:
            db.config(switch, 0)
        yield
    finally:
        for switch, on in before:
            db.config(switch, on)


@contextmanager
def _unchecked(db: apsw.Connection) -> Iterator[None]:
    """Ignore CHECK rules inside."""
    before: int = db.execute("PRAGMA ignore_check_constraints").get
    try:
        db.execute("PRAGMA ignore_check_constraints = 1")
        yield
    finally:
        db.execute(f"PRAGMA ignore_check_constraints = {before}")
