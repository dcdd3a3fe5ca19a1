"""Hidden rows: the rows of the merged state that a table does not show for now, complete and each with the reason.

The merged state is complete, whatever the rules of the table here; the table shows the rows that its rules admit. The
others are kept in a table beside it: they are sent, compared and counted like all others, and appear by themselves once
the reason is gone (``shown`` decides).

``way`` is the number of the shown row in its way, or which row it waits for (``behind``), or one of these: ``TRY``,
``NONE``, ``UNKNOWN``. The other columns are those of the records: the key that the row has here, and its values as the
table would show them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import apsw

from engine.change import SQLiteValue
from engine.errors import UsageError
from engine.ordinary import register
from engine.ordinary.leading import merged
from engine.ordinary.register import Entry, base, wire_columns
from engine.ordinary.shadow import mark
from engine.sqlite.invalid_text import each, shown
from engine.sqlite.sql import cursor, ident, numbers
from engine.tables.pack import unpack
from engine.tables.waiting import AwaitedRow, HiddenRow
from engine.tables.withheld.describe import shown as shown_key
from engine.text import counted, printable, t

TRY = 0
"""To be tried before the transaction ends."""

NONE = -1
"""No row is in its way."""

UNKNOWN = -2
"""A row without a record is in its way, as its key is NULL or unreadable: nothing tells when it goes."""


_BEHIND = -16
_NUMBERS = 2**16


def behind(table: int, r: int) -> int:
    """Return the ``way`` of a row that waits for another one to be shown: the numbers of that row's table and
    record."""
    return _BEHIND - (r * _NUMBERS + table)


def waits_for(way: int) -> tuple[int, int]:
    """Return the numbers of the table and record from which ``behind`` has made this."""
    r, table = divmod(_BEHIND - way, _NUMBERS)
    return table, r


class Reason(StrEnum):
    """What keeps a row hidden."""

    UNIQUE = "unique"
    CHECK = "check"
    NOT_NULL = "not null"
    TYPE = "type"
    TRIGGER = "trigger"
    PARENT = "parent"


class Hidden:
    """The hidden rows of one table, in the caller's transaction."""

    def __init__(self, db: apsw.Connection, entry: Entry) -> None:
        self._db = db
        self._entry = entry
        self._table = f"main.{entry.hidden}"

    def any(self) -> bool:
        """Return whether there are any; a quick lookup."""
        return cursor(self._db).execute(f"SELECT 1 FROM {self._table} LIMIT 1").get is not None

    def count(self) -> int:
        """Return how many hidden rows there are."""
        found: int = cursor(self._db).execute(f"SELECT count(*) FROM {self._table}").get
        return found

    def any_to_try(self) -> bool:
        """Return whether any is to be tried."""
        return cursor(self._db).execute(f"SELECT 1 FROM {self._table} WHERE way = {TRY} LIMIT 1").get is not None

    def those_of(self, rows: Sequence[int | None]) -> set[int]:
        """Return those of the rows with these numbers that are hidden."""
        known = [r for r in rows if r is not None]
        if not known or not self.any():
            return set()
        found: list[Any] = self._db.execute(
            f"SELECT r FROM {self._table} WHERE r IN carray(?)", (numbers(known),)
        ).fetchall()
        return {r for (r,) in found}

    def values(self, r: int) -> dict[str, SQLiteValue]:
        """Return what a hidden row holds, by column."""
        columns = ", ".join(f"v{slot}" for slot in self._entry.live) or "1"
        row = next(each(self._db, f"SELECT {columns} FROM {self._table} WHERE r = ?", (r,)))
        return dict(zip(self._entry.columns, row, strict=bool(self._entry.columns)))

    # Which are to be tried

    def to_try(self, among: Sequence[int] | None = None) -> list[tuple[bytes, int]]:
        """Return the wire keys and the numbers of those that are to be tried; ``among``: only these."""
        sql = (
            f"SELECT r.pk, h.r FROM {self._table} AS h CROSS JOIN main.{self._entry.rows} AS r ON r.r = h.r"
            f" WHERE h.way = {TRY}"
        )
        if among is not None:
            sql = sql.replace("WHERE h.way", "WHERE h.r IN carray(?) AND +h.way")
        found: list[Any] = self._db.execute(sql, () if among is None else (numbers(among),)).fetchall()
        return found

    def try_all(self) -> None:
        """Have all of them tried."""
        self._db.execute(f"UPDATE {self._table} SET way = {TRY}")

    def try_behind(self, rows: Sequence[int]) -> list[int]:
        """Have the rows tried that shown rows with these numbers were in the way of; return their numbers."""
        if not rows or not self.any():
            return []
        sql = f"UPDATE {self._table} SET way = {TRY} WHERE way IN carray(?) RETURNING r"
        found: list[Any] = self._db.execute(sql, (numbers(rows),)).fetchall()
        return [r for (r,) in found]

    def try_again(self, rows: Sequence[int]) -> None:
        """Have those of these rows that are hidden tried."""
        if rows:
            self._db.execute(f"UPDATE {self._table} SET way = {TRY} WHERE r IN carray(?)", (numbers(rows),))

    def awaited(self) -> list[tuple[int, int]]:
        """Return the rows that hidden ones wait for, each as in ``way``, with one row that waits; takes few lookups,
        however many wait."""
        sql = (
            f"WITH RECURSIVE w (way) AS (SELECT max(way) FROM {self._table} WHERE way <= {_BEHIND} UNION ALL"
            f" SELECT (SELECT max(h.way) FROM {self._table} AS h WHERE h.way < w.way) FROM w WHERE w.way IS NOT NULL)"
            f" SELECT w.way, (SELECT h.r FROM {self._table} AS h WHERE h.way = w.way LIMIT 1) FROM w"
            " WHERE w.way IS NOT NULL"
        )
        found: list[Any] = self._db.execute(sql).fetchall()
        return found

    def try_waiting(self, ways: Sequence[int]) -> bool:
        """Have the rows tried that wait for these rows (``awaited``); return whether there are any."""
        if not ways:
            return False
        self._db.execute(f"UPDATE {self._table} SET way = {TRY} WHERE way IN carray(?)", (numbers(ways),))
        return self._db.changes() > 0

    def try_orphans(self) -> None:
        """Have all tried that wait for another row."""
        self._db.execute(f"UPDATE {self._table} SET way = {TRY} WHERE way <= {_BEHIND}")

    def try_those_in_the_way(self, condition: str) -> None:
        """Have the rows tried that another row stands in the way of, and that meet a condition on the hidden row
        ``c``."""
        self._db.execute(
            f"UPDATE {self._table} AS c SET way = {TRY}"
            f" WHERE reason = '{Reason.UNIQUE}' AND way <> {TRY} AND {condition}"
        )

    def try_unknown(self) -> None:
        """Have the rows tried for which nothing tells when their reason is gone."""
        self._db.execute(f"UPDATE {self._table} SET way = {TRY} WHERE way = {UNKNOWN}")

    def log_those_to_try(self) -> None:
        """Make the next capture look at the table, as it tries them once nothing is left to capture."""
        keys = ", ".join(self._entry.log_key)
        self._db.execute(
            f"INSERT INTO main.{self._entry.log} ({keys}) SELECT {keys} FROM {self._table} WHERE way = {TRY}"
        )

    def same_as(self, rows: Sequence[int]) -> list[int]:
        """Return the hidden rows that are the same as shown ones with these numbers."""
        return [r for r, _ in self.stood_for(rows)]

    def stood_for(self, rows: Sequence[int]) -> list[tuple[int, int]]:
        """Return the hidden rows that are the same as shown ones with these numbers, as (hidden, shown) pairs."""
        if not rows or not self.any():
            return []
        sql = f"SELECT r, way FROM {self._table} WHERE same AND way IN carray(?1)"
        if self._entry.collection:  # what is to be tried is stood for until then, as references are led
            sql += (
                f" UNION ALL SELECT h.r, w.r FROM {self._table} AS h CROSS JOIN main.{self._entry.led} AS l"
                f" ON l.k0 = h.k0 CROSS JOIN main.{self._entry.rows} AS w ON w.k0 = +l.other"
                f" WHERE h.way = {TRY} AND h.same AND +w.r IN carray(?1)"
            )
        found: list[Any] = self._db.execute(sql, (numbers(rows),)).fetchall()
        return found

    def settle(self, r: int, reason: Reason, way: int, *, same: bool = False) -> None:
        """Record that a row stays hidden; ``same``: it is the same as the one in its way."""
        self._db.execute(f"UPDATE {self._table} SET reason = ?, way = ?, same = ? WHERE r = ?", (reason, way, same, r))

    # Hiding and showing

    def add(self, r: int, key: Sequence[SQLiteValue], values: Mapping[str, SQLiteValue], since: int) -> None:
        """Keep a row that is not in the table, to be tried."""
        slots = self._entry.slots
        names = ("r", "way", "since", *self._entry.log_key, *(f"v{slots[column]}" for column in values))
        sql = f"INSERT INTO {self._table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        self._db.execute(sql, (r, TRY, since, *key, *values.values()))

    def add_shown(self, r: int, key: Sequence[SQLiteValue], is_row: str, since: int) -> None:
        """Keep a row that is in the table, to be tried once it is not; ``is_row``: a condition by its key."""
        entry = self._entry
        kept = ", ".join((*entry.log_key, *(f"v{slot}" for slot in entry.live)))
        seen = (f"(SELECT r.v{slot} FROM main.{entry.rows} AS r WHERE r.r = {int(r)})" for slot in entry.live)
        held = (merged(entry, one, ident(one), at) for one, at in zip(entry.columns, seen, strict=True))
        self._db.execute(
            f"INSERT INTO {self._table} (r, way, since, {kept})"
            f" SELECT {int(r)}, {TRY}, {int(since)}, {', '.join((*map(ident, entry.key), *held))}"
            f" FROM {base(entry)} WHERE {is_row}",
            tuple(key),
        )

    def write(self, r: int, values: Mapping[str, SQLiteValue]) -> None:
        """Write to a hidden row, which is to be tried then."""
        if values:
            sets = "".join(f", v{self._entry.slots[column]} = ?{n}" for n, column in enumerate(values, 2))
            self._db.execute(f"UPDATE {self._table} SET way = {TRY}{sets} WHERE r = ?1", (r, *values.values()))

    def remove(self, r: int) -> None:
        """Record that a row is no longer hidden, as it is shown or deleted."""
        self._db.execute(f"DELETE FROM {self._table} WHERE r = ?", (r,))

    def forget_shown(self, joined: str, bindings: Sequence[SQLiteValue]) -> None:
        """Record that rows are shown again, as a program has written them under their keys.

        Args:
            joined: what follows FROM in a query of those that are in the table, their records as ``r``.
        """
        self._db.execute(f"DELETE FROM {self._table} WHERE r IN (SELECT r.r FROM {joined})", bindings)

    def forget(self, rows: Sequence[int]) -> None:
        """Forget these rows, which are deleted."""
        if rows and self.any():
            self._db.execute(f"DELETE FROM {self._table} WHERE r IN carray(?)", (numbers(rows),))

    def forget_dead(self) -> None:
        """Forget all hidden rows that are deleted."""
        alive = f"SELECT r FROM main.{self._entry.rows} WHERE length % 2 = 1"
        self._db.execute(f"DELETE FROM {self._table} WHERE r NOT IN ({alive})")

    def see(self, rows: Sequence[int]) -> None:
        """Update the shadow of hidden rows."""
        entry = self._entry
        if entry.live:
            values = ", ".join(f"v{slot}" for slot in entry.live)
            marks = ", ".join(mark(f"h.v{slot}") for slot in entry.live)
            self._db.executemany(
                f"UPDATE main.{entry.rows} SET ({values}) = (SELECT {marks} FROM {self._table} AS h WHERE h.r = ?1)"
                " WHERE r = ?1",
                [(r,) for r in rows],
            )

    def listed(self) -> Iterator[HiddenRow]:
        """Return all of them, in the order of their wire keys."""
        entry = self._entry
        count = len(entry.key)
        keys = [f"h.{name}" for name in entry.log_key]
        others = [f"o.{name}" for name in entry.log_key] if entry.has_global_key else ["o.pk"]
        fields = ", ".join((*keys, *(f"h.v{slot}" for slot in entry.live), *others))
        sql = (
            f"SELECT r.pk, h.reason, h.way, h.same, o.pk, {fields} FROM {self._table} AS h"
            f" CROSS JOIN main.{entry.rows} AS r ON r.r = h.r LEFT JOIN main.{entry.rows} AS o ON o.r = h.way"
            " ORDER BY r.pk"
        )
        entries = {one.number: one for one in register.load(self._db)}
        for pk, reason, way, same, other, *values in each(self._db, sql):
            held = dict(zip(entry.columns, map(shown, values[count:]), strict=False))
            in_the_way = ""
            if other is not None:
                in_the_way = shown_key(values[-count:] if entry.has_global_key else unpack(other))
            key = tuple(zip(entry.key, map(shown, values[:count]), strict=True))
            awaits = self._awaited(entries, way) if way <= _BEHIND else None
            yield HiddenRow(
                entry.name,
                pk,
                shown_key(values[:count]),
                reason or "",
                other,
                in_the_way,
                held,
                key,
                awaits,
                bool(same and entry.collection),
            )

    def _awaited(self, entries: Mapping[int, Entry], way: int) -> AwaitedRow | None:
        number, r = waits_for(way)
        parent = entries.get(number)
        if parent is None:
            return None
        local = parent.log_key if parent.has_global_key else ()
        fields = ", ".join(("pk", "length", *local))
        found: list[Any] = self._db.execute(f"SELECT {fields} FROM main.{parent.rows} WHERE r = ?", (r,)).fetchall()
        for pk, length, *key in found:
            return AwaitedRow(parent.name, pk, shown_key(key if local else unpack(pk)), length % 2 == 0)
        return None


# Expressions, for statements over the tables of one file


def is_not_hidden(entry: Entry, record: str = "r") -> str:
    """Return an SQL condition that the row of a record is not hidden."""
    return f"NOT EXISTS (SELECT 1 FROM main.{entry.hidden} AS h WHERE h.r = {record}.r)"


class Whole:
    """The parts of a statement that reads rows of the table ``t`` by their records ``r``, including hidden ones
    (``h``).

    Attributes:
        joined: what else is joined.
        there: a condition that the row exists, shown or not.
    """

    def __init__(self, db: apsw.Connection, entry: Entry) -> None:
        self._entry = entry
        self._any = Hidden(db, entry).any()
        self.joined = f" LEFT JOIN main.{entry.hidden} AS h ON h.r = r.r" if self._any else ""
        self.there = f"t.{ident(entry.key[0])} IS NOT NULL" + (" OR h.r IS NOT NULL" if self._any else "")
        self.there = f"({self.there})"

    def travels(self, columns: Sequence[str]) -> tuple[str, ...]:
        """Return expressions for what is sent of these columns."""
        slots = self._entry.slots
        held = {column: merged(self._entry, column, f"t.{ident(column)}", f"r.v{slots[column]}") for column in columns}
        shown_ = wire_columns(self._entry, columns, held)
        if not self._any:
            return shown_
        return tuple(map(self._either, shown_, hidden_columns(self._entry, columns)))

    def differs(self, condition: str) -> str:
        """Return the condition for rows that are shown; what is hidden is as it is known."""
        return self._either(condition, "0") if self._any else condition

    def plain(self, column: str) -> str:
        """Return an expression for the value that the row has here in a column."""
        held = f"t.{ident(column)}"
        return self._either(held, f"h.v{self._entry.slots[column]}") if self._any else held

    def _either(self, shown_: str, hidden: str) -> str:
        return f"CASE WHEN h.r IS NULL THEN {shown_} ELSE {hidden} END"


def hidden_columns(entry: Entry, columns: Sequence[str]) -> tuple[str, ...]:
    """Return expressions for what is sent of columns of the hidden row ``h``."""
    return wire_columns(entry, columns, {column: f"h.v{slot}" for column, slot in entry.slots.items()})


def check_none(db: apsw.Connection, entry: Entry, saved: Collection[HiddenRow] = ()) -> None:
    """Check that no row of a table is hidden before their records are removed, as no other machine may have them.

    Args:
        saved: hidden rows that have been saved elsewhere.

    Raises:
        UsageError: there are other hidden rows.
    """
    kept = {(row.table, row.key): row.values for row in saved}
    count = sum(kept.get((row.table, row.key)) != row.values for row in Hidden(db, entry).listed())
    if count:
        name = printable(entry.name, 40)
        raise UsageError(
            counted(
                count,
                t("1 row of {path} is hidden, and would be gone.", path=name),
                t("{count:,} rows of {path} are hidden, and would be gone.", count=count, path=name),
            ),
            hint=t("Decide about them first: syncline conflicts"),
        )
