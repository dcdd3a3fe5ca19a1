"""Handles a table as a whole: makes it an ordinary one, follows the app's schema changes, compares all of it.

A comparison that is due is noted in the register, as the log says nothing about what was written while triggers were
missing, a table was rebuilt, or the log was full. It goes page by page, first over the table's rows, then over the
recorded rows. If it finds most of them gone, the table may be in the middle of being rebuilt: a person is asked, and
until then nothing is sent (``Entry.suspended``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

import apsw

from engine.change import SQLiteValue
from engine.clocks import coverage
from engine.ordinary import carried, kept_names, layout, raw_keys, register, relations, renamed_columns, triggers
from engine.ordinary.capture import Capture, Stamped
from engine.ordinary.defaults import default_of
from engine.ordinary.foreign_keys import references, waiting
from engine.ordinary.hidden import Hidden, is_not_hidden
from engine.ordinary.own_collections import OwnCollections
from engine.ordinary.register import Entry, base, base_is, held_rows, key_columns
from engine.sqlite.sql import cursor, ident, numbers
from engine.tables.introspect import Column, Table, describe

NOTHING: Mapping[str, Mapping[str, str]] = MappingProxyType({})

MOST_GONE = 10
"""Rows that may be gone without asking, however few are left."""


class _Known(NamedTuple):
    """The place of a comparison that has seen all rows of the table, and goes over the recorded ones: first to count
    how many are gone, then, unless a person has to be asked, to record them as deleted.

    Attributes:
        after: the number of the last row that was checked.
        gone: how many were gone up to that one; -1 once they have been counted.
    """

    after: int = 0
    gone: int = 0

    @classmethod
    def of(cls, due: str) -> _Known | None:
        """Return the place from the register; None for one among the table's rows."""
        return cls(*map(int, due.split()[1:])) if due.startswith("known ") else None

    @property
    def spelled(self) -> str:
        """The text that the register stores for it."""
        return f"known {self.after} {self.gone}"


class Survey:
    """Handles one file's ordinary tables as a whole, each method in a write transaction of the caller's."""

    def __init__(self, db: apsw.Connection, versions: Stamped) -> None:
        self._db = db
        self._versions = versions
        self.collections = OwnCollections(db, versions)

    def make(
        self, tables: Mapping[str, tuple[Table, tuple[str, ...]]], refers: Mapping[str, Mapping[str, str]] = NOTHING
    ) -> None:
        """Make tables ordinary ones; their rows so far are recorded as written in this transaction.

        Args:
            tables: by name, each with the columns of its key. Tables that they refer to by number are among them, or
                synced already.
            refers: for each, the columns that hold numbers which SQLite hands out, with the table that hands them out;
                for a table that is left out, its key and its foreign keys tell.
        """
        before = self._schema_version()
        whole = [one for one in register.load(self._db) if one.key and not layout.amiss(self._db, one).rows]
        self.collections.renew(whole)
        known = {*tables, *(entry.name for entry in register.load(self._db))}
        of: dict[str, dict[str, str]] = {}
        for name, (table, _) in tables.items():
            columns = refers[name] if name in refers else references(self._db, table)
            of[name] = {column: root for column, root in columns.items() if root in known}
        for name in _hands_out_first(of):
            table, key = tables[name]
            others = tuple(column.name for column in table.columns if not column.hidden and column.name not in key)
            layout.create(self._db, name, key, others, of[name])
        for entry in [entry for entry in register.load(self._db) if entry.name in tables]:
            register.refer(self._db, entry, of[entry.name])
        made = [entry for entry in register.load(self._db) if entry.name in tables]
        self.collections.drew(made)
        for entry in made:
            triggers.make(self._db, entry)
            kept_names.put_back(self._db, entry)
        for entry in register.roots_first(made):
            Capture(self._db, entry, self._versions).compare(_all_keys(entry))
        for entry in register.load(self._db):  # of the others nothing has changed
            if entry.schema == before or entry.name in tables:
                self._save(replace(entry, schema=-1 if self._waits(entry) else self._schema_version()))

    def _waits(self, entry: Entry) -> bool:
        """Return whether it has columns that may have waited for a table that has just been made syncable."""
        table = describe(self._db, entry.name)
        known = {*entry.key, *entry.slots}
        return table is not None and any(not one.hidden and one.name not in known for one in table.columns)

    def undo(self, entry: Entry) -> None:
        """Remove all records of a table. Its rows do not change."""
        self._versions.keep_floor()
        coverage.forget_table(self._db, entry.name)
        triggers.drop(self._db, entry)
        kept_names.keep(self._db, entry)
        relations.remember_numbers(self._db, entry)
        layout.drop(self._db, entry)

    def follow(self, entry: Entry, key_of: Callable[[Table], tuple[str, ...]]) -> Entry | None:
        """Follow what other programs did to the table's schema, after which all of its rows have to be compared.

        Args:
            key_of: the columns of the table's key; empty if it has none.

        Returns:
            the entry as it is now; None if the table does not exist, as the app may be about to create it.
        """
        if entry.schema == self._schema_version():
            return entry
        table = describe(self._db, entry.name)
        if table is None or table.kind != "table" or table.name != entry.name:
            return None
        if key_of(table) != entry.key:
            return self._start_anew(entry, table, key_of(table))
        others = waiting(self._db, table, {*entry.key, *entry.slots}, {one.name for one in register.load(self._db)})
        columns = tuple(c.name for c in table.columns if not c.hidden and c.name not in {*entry.key, *others})
        if columns != entry.columns:
            gone = set(entry.columns).difference(columns)
            if gone:  # and what was recorded of them
                coverage.forget_columns(self._db, entry.name, entry.slots, gone)
            before = set(entry.slots)
            names = renamed_columns.renamed(self._db, entry, columns)
            entry = layout.with_columns(self._db, entry, columns, self._defaults(entry, table), names)
            entry = self._with_references(entry, table, before)
            version = self._versions.next_version()
            if renamed_columns.write_to_hidden(self._db, entry, names, version):
                self._versions.keep_floor(version)
        if layout.amiss(self._db, entry).log:
            layout.make_log(self._db, entry)
        if not triggers.fit(self._db, entry):
            triggers.make(self._db, entry)
        Hidden(self._db, entry).try_all()  # its rules may be others
        return self.compare_all(replace(entry, schema=self._schema_version()))

    def _start_anew(self, entry: Entry, table: Table, key: tuple[str, ...]) -> Entry | None:
        """Start over with a table that has a new key, by which its rows, including hidden ones, are different rows."""
        with carried.kept(self._db, entry) as any_hidden:
            self.undo(entry)
            if key:
                self.make({table.name: (table, key)})
            new = next((one for one in register.load(self._db) if one.name == table.name), None)
            if any_hidden and new is not None:
                version = self._versions.next_version()
                carried.hide_again(self._db, entry, new, table, version)
                self._versions.keep_floor(version)
        return new

    def _with_references(self, entry: Entry, table: Table, before: Collection[str]) -> Entry:
        """Add the references in new columns, which may hold numbers of other tables; what older columns hold keeps the
        meaning with which it was sent.

        Args:
            before: the earlier columns.
        """
        of = {one.name: one.number for one in register.load(self._db)}
        here = {*entry.key, *entry.slots}
        kept = {column: root for column, root in entry.refers.items() if column in here}
        came = here - {*before, *entry.key}
        found = references(self._db, table).items()
        kept |= {column: of[root] for column, root in found if column in came and root in of}
        self._save(replace(entry, refers=kept))
        return next(one for one in register.load(self._db) if one.number == entry.number)

    def _defaults(self, entry: Entry, table: Table) -> dict[str, str]:
        """Return as SQL what rows show in each new column that nobody has written to."""
        new = [column for column in table.columns if column.name not in entry.slots and column.name not in entry.key]
        return {column.name: self._default(column) for column in new}

    def _default(self, column: Column) -> str:
        """Return the default of a new column; if it cannot be told, rows with another value than NULL count as
        written."""
        return apsw.format_sql_value(default_of(self._db, column))

    def _schema_version(self) -> int:
        version: int = cursor(self._db).execute("PRAGMA main.schema_version").get
        return version

    # Comparing everything

    def compare_all(self, entry: Entry) -> Entry:
        """Have all rows compared.

        The log adds nothing to that, except which rows were deleted whose number another row has got since.
        """
        Capture(self._db, entry, self._versions).bury(f"SELECT k0 FROM main.{entry.log} WHERE gone")
        self._db.execute(f"DELETE FROM main.{entry.log}")
        return self._save(replace(entry, due="", suspended=None, lost=None))

    def compare_page(self, entry: Entry, rows: int) -> Entry:
        """Compare so many rows, and record how far; does nothing for a table that is not due, or suspended."""
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
            known = self._count_shown(entry)
            if self._most_gone(known, at.gone):
                return self._save(replace(entry, suspended=at.gone, lost=known))
            return self._record_gone(entry)
        return self._save(replace(entry, due=None, suspended=None, lost=None))

    def count_differing(self, entry: Entry) -> tuple[int, int, int]:
        """Count the rows that differ from their records without anything saying so: new ones, changed ones, and deleted
        ones; only reads."""
        capture = Capture(self._db, entry, self._versions)
        new, changed, _ = capture.count_differing(_all_keys(entry))
        keys = f"SELECT {', '.join(entry.log_key)} FROM ({_gone_keys(entry)})"
        _, _, gone = capture.count_differing(keys)
        return new, changed, gone

    def is_lost(self, entry: Entry) -> bool:
        """Return whether most of the recorded rows are gone. It counts first, which takes little time."""
        known = self._count_shown(entry)
        there: int = self._db.execute(f"SELECT count(*) FROM {base(entry)}").get
        return 2 * there < known or self._most_gone(*self._count_known(entry))

    def _most_gone(self, known: int, gone: int) -> bool:
        return gone > MOST_GONE and 2 * gone > known

    def _count_known(self, entry: Entry) -> tuple[int, int]:
        gone: int = self._db.execute(f"SELECT count(*) FROM ({_gone_keys(entry)})").get
        return self._count_shown(entry), gone

    def _count_shown(self, entry: Entry) -> int:
        """Return how many rows the table should show."""
        alive: int = self._db.execute(f"SELECT count(*) FROM main.{entry.rows} WHERE length % 2 = 1").get
        hidden: int = self._db.execute(f"SELECT count(*) FROM main.{entry.hidden}").get
        return alive - hidden

    def _record_gone(self, entry: Entry) -> Entry:
        return self._save(replace(entry, due=_Known(0, -1).spelled, suspended=None, lost=None))

    def delete_suspended(self, entry: Entry) -> Entry:
        """Record the missing rows as deleted, page by page, as a person says that they were deleted on purpose."""
        return self._record_gone(entry)

    def bring_back(self, entry: Entry) -> Entry:
        """Forget the missing rows and have peers asked for all rows, as a person says that they were not deleted on
        purpose."""
        gone = numbers([r for (r,) in self._db.execute(f"SELECT r FROM ({_gone_keys(entry)})")] or [-1])
        self._db.execute(f"DELETE FROM main.{entry.cells} WHERE r IN carray(?)", (gone,))
        if entry.has_global_key:  # their names are theirs for good, and so are their numbers
            nothing = "".join(f", v{slot} = NULL" for slot in entry.live)
            forgotten = f"length = 0, covers = x'', col_version = 0, db_version = 0, born = ifnull(born, 0){nothing}"
            self._db.execute(f"UPDATE main.{entry.rows} SET {forgotten} WHERE r IN carray(?)", (gone,))
        else:
            self._db.execute(f"DELETE FROM main.{entry.rows} WHERE r IN carray(?)", (gone,))
        Hidden(self._db, entry).try_all()  # what was in their way may be gone
        self._versions.keep_floor()
        coverage.forget_table(self._db, entry.name)
        return self._save(replace(entry, due=None, suspended=None, lost=None))

    def rows_displaced(self, entry: Entry) -> bool:
        """Return whether there are fewer rows than records: REPLACE deletes what is in the way of a unique index, and
        fires no trigger (``eligibility.replace_displaces``)."""
        not_null = " AND ".join(f"{ident(name)} IS NOT NULL" for name in entry.key)
        shown: int = self._db.execute(f"SELECT count(*) FROM {base(entry)} WHERE {not_null}").get
        return shown - self._count_shown(entry) != held_rows(self._db).count_without_number(entry.name)

    def _save(self, entry: Entry) -> Entry:
        register.save(self._db, entry)
        return entry


def _hands_out_first(refers: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return these tables, beginning with those that hand out numbers, as the keys of others may consist of them."""
    return sorted(refers, key=lambda name: name not in refers[name].values())


def _named(entry: Entry) -> str:
    """Return the key columns of the table ``t``, named like the log's."""
    plus = "+" if entry.has_global_key else ""  # no type, as in the log: else the index of local keys is of no use
    return ", ".join(f"{plus}t.{ident(key)} AS {name}" for key, name in zip(entry.key, entry.log_key, strict=True))


def _all_keys(entry: Entry) -> str:
    return f"SELECT {_named(entry)} FROM {base(entry)} AS t"


def _page(entry: Entry, after: str, rows: int) -> tuple[str, Sequence[SQLiteValue]]:
    """Return the keys of so many rows after a key, if any, as spelled by ``raw_keys``, in the table's own order."""
    bindings: Sequence[SQLiteValue] = ()
    keys = ", ".join(f"t.{ident(name)}" for name in entry.key)
    where = " AND ".join(f"t.{ident(name)} IS NOT NULL" for name in entry.key)
    if after:
        names, bindings = raw_keys.bound(after)
        where += f" AND ({keys}) > ({', '.join(names)})"
    return f"SELECT {_named(entry)} FROM {base(entry)} AS t WHERE {where} ORDER BY {keys} LIMIT {rows}", bindings


def _gone_keys(entry: Entry, *, between: bool = False) -> str:
    """Return a SELECT of the keys, with ``r``, of rows that are alive by their records, not hidden, and gone from the
    table; or of those after one, up to another. (Unpacking a key is slow, so each is unpacked once.)"""
    keys = (f"{key} AS {name}" for key, name in zip(key_columns(entry, "k"), entry.log_key, strict=True))
    some = " AND k.r > ?1 AND k.r <= ?2" if between else ""
    t_is = base_is(entry, tuple(f"g.{name}" for name in entry.log_key))
    return (
        f"WITH known AS MATERIALIZED (SELECT k.r AS r, {', '.join(keys)} FROM main.{entry.rows} AS k"
        f" WHERE k.length % 2 = 1{some} AND {is_not_hidden(entry, 'k')})"
        f" SELECT g.* FROM known AS g WHERE NOT EXISTS (SELECT 1 FROM {base(entry)} AS t WHERE {t_is})"
    )
