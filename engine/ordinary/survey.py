"""What happens to a table as a whole: it is made an ordinary one, the app changes its schema, all of it is compared.

A comparison that is due stands in the register: the log says nothing of what was written while triggers were missing,
a table was made anew, or the log was full. It goes page by page, first over the table's rows, then over the rows that
are known. If it finds most of them gone, the table may be in the middle of being made anew: that is asked about, and
until then nothing is told (``Entry.suspended``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import apsw

from engine.change import SQLiteValue
from engine.clocks import coverage
from engine.ordinary import raw_keys, register, triggers
from engine.ordinary.capture import SLICE, Capture, Stamped
from engine.ordinary.register import Entry, base, base_is, held_rows
from engine.ordinary.shadow import mark
from engine.sqlite.sql import ident
from engine.tables.introspect import Column, Table, describe

MOST_GONE = 10
"""Rows that may be gone without a question, however few are left."""


class _Known(NamedTuple):
    """The place of a comparison that has seen all rows of the table, and goes over those that are known: first to count
    how many are gone, then, if that is no question, to record them as deleted.

    Attributes:
        after: the number of the last row that was looked at.
        gone: how many were gone, up to that one; -1 when they have been counted.
    """

    after: int = 0
    gone: int = 0

    @classmethod
    def of(cls, due: str) -> _Known | None:
        """The place in the register; None for one among the table's rows."""
        return cls(*map(int, due.split()[1:])) if due.startswith("known ") else None

    @property
    def spelled(self) -> str:
        """As the register keeps it."""
        return f"known {self.after} {self.gone}"


class Survey:
    """Looks at one file's ordinary tables as a whole, each method in a write transaction of the caller's."""

    def __init__(self, db: apsw.Connection, versions: Stamped) -> None:
        self._db = db
        self._versions = versions

    def make(self, table: Table, key: tuple[str, ...]) -> Entry:
        """Make a table an ordinary one; its rows so far are recorded as written in this transaction.

        Args:
            key: the columns by which its rows are told apart.
        """
        columns = tuple(column.name for column in table.columns if not column.hidden and column.name not in key)
        before = self._schema_version()
        entry = register.create(self._db, table.name, key, columns)
        triggers.make(self._db, entry)
        Capture(self._db, entry, self._versions).compare(_all_keys(entry))
        for other in register.load(self._db):  # of the others nothing has changed
            if other.schema == before:
                register.save(self._db, replace(other, schema=self._schema_version()))
        return self._save(replace(entry, schema=self._schema_version()))

    def undo(self, entry: Entry) -> None:
        """Take everything away that is kept of a table. Its rows stay as they are."""
        self._versions.keep_floor()
        coverage.forget_table(self._db, entry.name)
        triggers.drop(self._db, entry)
        register.drop(self._db, entry)

    def follow(self, entry: Entry, key_of: Callable[[Table], tuple[str, ...]]) -> Entry | None:
        """Follow what other programs did to the table's schema; all of its rows are to be compared then.

        Args:
            key_of: the columns by which a table's rows are told apart; empty where there are none.

        Returns:
            the entry as it is now; None where the table is not there: the app may be about to make it.
        """
        if entry.schema == self._schema_version():
            return entry
        table = describe(self._db, entry.name)
        if table is None or table.kind != "table" or table.name != entry.name:
            return None
        if key_of(table) != entry.key:
            self.undo(entry)
            return self.make(table, key_of(table)) if key_of(table) else None
        columns = tuple(c.name for c in table.columns if not c.hidden and c.name not in entry.key)
        if columns != entry.columns:
            if not set(entry.columns) <= set(columns):  # what was recorded of a column is gone, and no clock covers it
                coverage.forget_table(self._db, entry.name)
            entry = register.with_columns(self._db, entry, columns, self._defaults(entry, table))
        if register.amiss(self._db, entry).log:
            register.make_log(self._db, entry)
        if not triggers.fit(self._db, entry):
            triggers.make(self._db, entry)
        return self.compare_all(replace(entry, schema=self._schema_version()))

    def _defaults(self, entry: Entry, table: Table) -> dict[str, str]:
        """What rows show in each new column that nobody has written to, as it is seen."""
        new = [column for column in table.columns if column.name not in entry.slots and column.name not in entry.key]
        return {column.name: self._default(column) for column in new}

    def _default(self, column: Column) -> str:
        """What a table of this column alone has in a new row. Where that cannot be told, rows that have another value
        than NULL are told as written."""
        text = column.default or "NULL"
        for default in (text, f"({text})"):  # the schema tells of an expression without its parentheses
            try:
                self._db.execute(
                    f"CREATE TEMP TABLE crsql_syncline_default (c {column.declared} DEFAULT {default});"
                    " INSERT INTO temp.crsql_syncline_default DEFAULT VALUES"
                )
                value = self._db.execute(f"SELECT {mark('c')} FROM temp.crsql_syncline_default").get
                return apsw.format_sql_value(value)
            except apsw.SQLError:
                continue
            finally:
                self._db.execute("DROP TABLE IF EXISTS temp.crsql_syncline_default")
        return "NULL"

    def _schema_version(self) -> int:
        version: int = self._db.execute("PRAGMA main.schema_version").get
        return version

    # Comparing everything

    def compare_all(self, entry: Entry) -> Entry:
        """Have all rows compared; what is logged says nothing more than that will."""
        self._db.execute(f"DELETE FROM main.{entry.log}")
        return self._save(replace(entry, due="", suspended=None, lost=None))

    def compare_page(self, entry: Entry, rows: int = SLICE) -> Entry:
        """Compare so many rows, and record how far; a table that is not due, or suspended, stays as it is."""
        if entry.due is None or entry.suspended is not None:
            return entry
        known = _Known.of(entry.due)
        if known is not None:
            return self._compare_known(entry, known, rows)
        capture = Capture(self._db, entry, self._versions)
        page, bindings = _page(entry, entry.due, rows)
        last = self._db.execute(
            f"SELECT {raw_keys.fields(entry.log_key)} FROM ({page}) LIMIT 1 OFFSET {rows - 1}", bindings
        ).fetchone()
        capture.compare_if_any(page, bindings)
        return self._save(replace(entry, due=_Known().spelled if last is None else raw_keys.spelled(last)))

    def _compare_known(self, entry: Entry, at: _Known, rows: int) -> Entry:
        page = f"SELECT r FROM main.{entry.rows} WHERE r > ? ORDER BY r LIMIT {rows}"
        last: int | None = self._db.execute(f"SELECT max(r) FROM ({page})", (at.after,)).get
        if last is not None:
            gone, between = _gone_keys(entry, between=True), (at.after, last)
            if at.gone >= 0:
                count: int = self._db.execute(f"SELECT count(*) FROM ({gone})", between).get
                return self._save(replace(entry, due=_Known(last, at.gone + count).spelled))
            Capture(self._db, entry, self._versions).compare(gone, between)
            return self._save(replace(entry, due=_Known(last, -1).spelled))
        if at.gone > 0:
            known = self._count_alive(entry)
            if self._most_gone(known, at.gone):
                return self._save(replace(entry, suspended=at.gone, lost=known))
            return self._save(replace(entry, due=_Known(0, -1).spelled))
        return self._save(replace(entry, due=None, suspended=None, lost=None))

    def count_differing(self, entry: Entry) -> tuple[int, int, int]:
        """How many rows differ from what is recorded, and nothing says so: new ones, changed ones, and such that are
        gone; only reads."""
        capture = Capture(self._db, entry, self._versions)
        new, changed, _ = capture.count_differing(_all_keys(entry))
        keys = f"SELECT {', '.join(entry.log_key)} FROM ({_gone_keys(entry)})"
        _, _, gone = capture.count_differing(keys)
        return new, changed, gone

    def is_lost(self, entry: Entry) -> bool:
        """Whether most of the rows that are known are gone. First it counts, which takes little."""
        known = self._count_alive(entry)
        there: int = self._db.execute(f"SELECT count(*) FROM {base(entry)}").get
        return 2 * there < known or self._most_gone(*self._count_known(entry))

    def _most_gone(self, known: int, gone: int) -> bool:
        return gone > MOST_GONE and 2 * gone > known

    def _bury(self, entry: Entry) -> Entry:
        Capture(self._db, entry, self._versions).compare(_gone_keys(entry))
        return self._save(replace(entry, due=None, suspended=None, lost=None))

    def _count_known(self, entry: Entry) -> tuple[int, int]:
        gone: int = self._db.execute(f"SELECT count(*) FROM ({_gone_keys(entry)})").get
        return self._count_alive(entry), gone

    def _count_alive(self, entry: Entry) -> int:
        alive: int = self._db.execute(f"SELECT count(*) FROM main.{entry.rows} WHERE length % 2 = 1").get
        return alive

    def delete_suspended(self, entry: Entry) -> Entry:
        """A person says that the rows are meant to be gone: they are deleted everywhere."""
        return self._bury(entry)

    def bring_back(self, entry: Entry) -> Entry:
        """A person says that they are not: what is known of them is forgotten, and peers are asked for all rows."""
        number = f"SELECT r FROM ({_gone_keys(entry)})"
        self._db.execute(f"DELETE FROM main.{entry.cells} WHERE r IN ({number})")
        self._db.execute(f"DELETE FROM main.{entry.rows} WHERE r IN ({number})")
        self._versions.keep_floor()
        coverage.forget_table(self._db, entry.name)
        return self._save(replace(entry, due=None, suspended=None, lost=None))

    def rows_displaced(self, entry: Entry) -> bool:
        """Whether fewer rows are there than are known: REPLACE deletes what stands in the way of a unique index, and
        fires no trigger (``eligibility.replace_displaces``)."""
        not_null = " AND ".join(f"{ident(name)} IS NOT NULL" for name in entry.key)
        shown: int = self._db.execute(f"SELECT count(*) FROM {base(entry)} WHERE {not_null}").get
        return shown - self._count_alive(entry) != held_rows(self._db).count_without_number(entry.name)

    def _save(self, entry: Entry) -> Entry:
        register.save(self._db, entry)
        return entry


def _named(entry: Entry) -> str:
    """The key columns of the table ``t``, called as those of the log."""
    return ", ".join(f"t.{ident(key)} AS {name}" for key, name in zip(entry.key, entry.log_key, strict=True))


def _all_keys(entry: Entry) -> str:
    return f"SELECT {_named(entry)} FROM {base(entry)} AS t"


def _page(entry: Entry, after: str, rows: int) -> tuple[str, Sequence[SQLiteValue]]:
    """The keys of so many rows behind a key, if any, as ``raw_keys`` spells it, in the table's own order."""
    bindings: Sequence[SQLiteValue] = ()
    keys = ", ".join(f"t.{ident(name)}" for name in entry.key)
    where = " AND ".join(f"t.{ident(name)} IS NOT NULL" for name in entry.key)
    if after:
        names, bindings = raw_keys.bound(after)
        where += f" AND ({keys}) > ({', '.join(names)})"
    return f"SELECT {_named(entry)} FROM {base(entry)} AS t WHERE {where} ORDER BY {keys} LIMIT {rows}", bindings


def _gone_keys(entry: Entry, *, between: bool = False) -> str:
    """The keys, with ``r``, of the rows that are known to be alive and are gone from the table; or of those after one,
    up to another. (To take a key out of what is packed is slow: each is taken out once.)"""
    keys = (f"crsql_syncline_key(k.pk, {n}) AS {name}" for n, name in enumerate(entry.log_key))
    some = " AND k.r > ?1 AND k.r <= ?2" if between else ""
    t_is = base_is(entry, tuple(f"g.{name}" for name in entry.log_key))
    return (
        f"WITH known AS MATERIALIZED (SELECT k.r AS r, {', '.join(keys)} FROM main.{entry.rows} AS k"
        f" WHERE k.length % 2 = 1{some})"
        f" SELECT g.* FROM known AS g WHERE NOT EXISTS (SELECT 1 FROM {base(entry)} AS t WHERE {t_is})"
    )
