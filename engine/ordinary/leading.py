"""Redirects references to a row that is the same as another one: two machines that each created a folder “Inbox” have
one folder, with the notes of both.

The merged state does not change: a note's record holds the folder that it was given, which is hidden; its table shows
the shown folder. ``crsql_syncline_led_N`` of the table of folders says which number stands for which. What a table
shows for a reference always follows from its record and that table, and it changes only together with what is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import apsw

from engine.change import SQLiteValue
from engine.ordinary.global_keys import Root, is_any, log_key_is, number_of
from engine.ordinary.register import Entry, wire_columns
from engine.ordinary.shadow import differs, packed
from engine.sqlite.sql import cursor, ident, numbers

Leads = dict[str, dict[int, int]]
"""By column, the numbers that other ones stand for."""


def any_led(db: apsw.Connection, entry: Entry) -> bool:
    """Return whether any reference of a table may be redirected."""
    return any(cursor(db).execute(f"SELECT 1 FROM main.{root.led} LIMIT 1").get for root in _roots(entry))


def is_led(db: apsw.Connection, root: Entry) -> bool:
    """Return whether references to rows of a table are redirected, perhaps to none that is still hidden."""
    return bool(root.collection) and cursor(db).execute(f"SELECT 1 FROM main.{root.led} LIMIT 1").get is not None


def _roots(entry: Entry) -> set[Root]:
    return set(entry.led_columns.values())


def leads(db: apsw.Connection, entry: Entry) -> Leads:
    """Return which numbers other ones stand for in which columns of a table; empty if there are none."""
    found: Leads = {}
    for column, root in entry.led_columns.items():
        rows: list[Any] = cursor(db).execute(f"SELECT k0, other FROM main.{root.led}").fetchall()
        if rows:
            found[column] = dict(rows)
    return found


def shown_value(numbers: dict[int, int], value: SQLiteValue) -> SQLiteValue:
    """Return what a table shows for a reference."""
    if isinstance(value, str) and value.isdecimal():  # in a column that stores numbers as text
        return str(numbers[int(value)]) if int(value) in numbers else value
    return numbers.get(int(value), value) if isinstance(value, int | float) and value == int(value) else value


# Expressions, for statements over the tables of one file


def shown(entry: Entry, column: str, value: str) -> str:
    """Return an SQL expression for what the table shows for a merged value of a column."""
    root = entry.led_columns.get(column)
    return (
        value if root is None else f"ifnull((SELECT l.other FROM main.{root.led} AS l WHERE l.k0 = {value}), {value})"
    )


def merged(entry: Entry, column: str, held: str, seen: str, written: str = "0") -> str:
    """Return an SQL expression for the merged value of a column: what the table holds, or the shadow if it is
    redirected and was not written since (a condition)."""
    root = entry.led_columns.get(column)
    if root is None:
        return held
    is_led = f"EXISTS (SELECT 1 FROM main.{root.led} AS l WHERE l.k0 = {seen})"
    return f"CASE WHEN {is_led} AND NOT ({written}) THEN {seen} ELSE {held} END"


def differs_from(entry: Entry, column: str, seen: str) -> str:
    """Return an SQL condition that the column of the row ``t`` holds something else than follows from its shadow."""
    condition = differs(column, seen)
    root = entry.led_columns.get(column)
    if root is None:
        return condition
    held = f"t.{ident(column)}"
    is_led = f"SELECT 1 FROM main.{root.led} AS l WHERE l.k0 = {seen} AND l.other = {held}"
    return f"({condition} AND NOT EXISTS ({is_led}))"


def spelled(db: apsw.Connection, entry: Entry) -> Callable[[str], str]:
    """Return a function that gives an SQL expression for what is sent of a column of the row ``t``, without its
    record."""
    if not any_led(db, entry):
        return lambda column: wire_columns(entry, (column,))[0]
    columns = [f"t.{ident(column)}" for column in entry.key]
    is_record = log_key_is(entry.log_key, "r", columns) if entry.has_global_key else f"r.pk = {packed(db, columns)}"

    def expression(column: str) -> str:
        held = f"t.{ident(column)}"
        if column in entry.led_columns:
            seen = f"(SELECT r.v{entry.slots[column]} FROM main.{entry.rows} AS r WHERE {is_record})"
            held = merged(entry, column, held, seen)
        return wire_columns(entry, (column,), {column: held})[0]

    return expression


class Leading:
    """Where references to the rows of one auto-numbered table are redirected, in the caller's write transaction."""

    def __init__(self, db: apsw.Connection, root: Entry) -> None:
        self._db = db
        self._root = root

    def changed(self) -> dict[int, int | None]:
        """Return the numbers whose redirection has to change, each with its new target; None: no longer redirected."""
        root = self._root
        wanted = (
            f"SELECT h.k0 AS k0, w.k0 AS other FROM main.{root.hidden} AS h CROSS JOIN main.{root.rows} AS w"
            " ON w.r = h.way WHERE h.same AND h.k0 IS NOT NULL AND w.k0 IS NOT NULL"
        )
        sql = f"SELECT k0, other FROM ({wanted}) EXCEPT SELECT k0, other FROM main.{root.led}"
        rows: list[Any] = self._db.execute(sql).fetchall()
        found: dict[int, int | None] = dict(rows)
        gone = f"SELECT k0 FROM main.{root.led} WHERE k0 NOT IN (SELECT k0 FROM ({wanted}))"
        back: list[Any] = self._db.execute(gone).fetchall()
        return {number: None for (number,) in back} | found

    def other_of(self, number: int) -> int | None:
        """Return where a number is redirected to; None if it is not."""
        other: int | None = self._db.execute(f"SELECT other FROM main.{self._root.led} WHERE k0 = ?", (number,)).get
        return other

    def set(self, number: int, other: int | None) -> None:
        """Apply these redirections."""
        if other is None:
            self._db.execute(f"DELETE FROM main.{self._root.led} WHERE k0 = ?", (number,))
        else:
            self._db.execute(f"INSERT OR REPLACE INTO main.{self._root.led} VALUES (?, ?)", (number, other))

    def references(self, entry: Entry, to: Iterable[int]) -> dict[int, list[tuple[int, str]]]:
        """Return the records of another table, or of this one, that refer to any of these numbers in redirected
        columns, each with the column, by number."""
        found: dict[int, list[tuple[int, str]]] = {}
        for column, root in entry.led_columns.items():
            if root.number == self._root.number:
                at = f"r.v{entry.slots[column]}"
                sql = f"SELECT {number_of(at)}, r.r FROM main.{entry.rows} AS r WHERE {is_any(at)} AND r.length % 2 = 1"
                rows: list[Any] = self._db.execute(sql, (numbers(list(to)),)).fetchall()
                for number, r in rows:
                    found.setdefault(number, []).append((r, column))
        return found
