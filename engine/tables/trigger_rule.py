"""The rule for an app's triggers while changes are merged: they write to no synced table.

The app's FTS tables and caches have to follow a merge. But what a trigger did to synced tables where a change was made
arrives as changes of its own. So its writes to synced tables are left out, statement by statement:

- An authorizer knows which trigger SQLite is compiling, and answers IGNORE: an INSERT is then not compiled at all, and
  an UPDATE leaves its columns as they are.
- That does not stop a DELETE, nor an UPDATE that moves a row to another key. If a trigger does such a thing, the table
  gets TEMP triggers on this connection, the guards, which skip the row.

Triggers that cannot run here are left out if a person has agreed to that (``engine.tables.omitted_triggers``).

The answer is compiled into a statement. SQLite recompiles all statements when an authorizer is set or removed, so the
rule ends with the merge, and a file without such triggers is spared it.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

import apsw

from engine.change import SQLiteValue
from engine.sqlite.sql import ident, main
from engine.tables import omitted_triggers
from engine.tables.app_triggers import Effects, TriggerWrite, app_triggers, effects
from engine.tables.types import DescribedTable

_MERGING = "crsql_syncline_merging_"
_NUMBERS = itertools.count(1)
"""Numbers for rules, as a connection may have several: for sessions, and for programs that merge by SQL."""

_GUARD = "crsql_syncline_guard_"
_ROWID = "ROWID"


class Catalogue(Protocol):
    """The synced tables of a file, of all kinds."""

    @property
    def tables(self) -> Mapping[str, DescribedTable]:
        """All of them, including those that take no part in sync for now."""


@dataclass(frozen=True, eq=False)
class _Found:
    """What a look at the schema found.

    Attributes:
        catalogue: the tables that it was for.
        effects: what a table's triggers do, by table, for those that have any.
        stray: those of their writes that are to synced tables.
        instead: the triggers that run in place of all of the app's if some are left out: by name, the SQL that creates
            each. None if the app's own run.
        refused: the tables that accept no row, as one of their triggers cannot run here and nobody has agreed.
    """

    catalogue: Catalogue | None
    effects: dict[str, Effects]
    stray: frozenset[TriggerWrite]
    instead: dict[str, str] | None = None
    refused: frozenset[str] = frozenset()


@dataclass
class _Merging:
    """Whether a merge is in progress, which the guards ask.

    Attributes:
        deleted: for each table with a guard against deletion, the TEMP table of keys that the merge deletes.
    """

    now: bool = False
    deleted: dict[str, str] = field(default_factory=dict)


class TriggerRule:
    """The rule on one connection.

    Args:
        db: the connection; held weakly, as long as it is open.
    """

    def __init__(self, db: apsw.Connection) -> None:
        self._db: apsw.Connection = weakref.proxy(db)
        self._merging = merging = _Merging()
        self._found = _Found(None, {}, frozenset())
        self._guards: tuple[_Found | None, set[str]] = None, set()
        self._number = 0

        def is_merging(*_: SQLiteValue) -> bool:
            return merging.now

        self._is_merging = f"{_MERGING}{next(_NUMBERS)}"
        db.create_scalar_function(self._is_merging, is_merging, 0)

    def in_force(self, catalogue: Catalogue) -> AbstractContextManager[None]:
        """Return the context for a merge, in a write transaction.

        Args:
            catalogue: all synced tables of the file; another object if the file has another schema.
        """
        if self._found.catalogue is not catalogue:
            self._found = self._look(catalogue)
        return self._kept() if self._found.stray or self._found.instead is not None else nullcontext()

    def runs(self, table: str) -> tuple[str, ...]:
        """Return the app's triggers that run when rows of a table are merged, given its name in the file."""
        found = self._found.effects.get(table)
        return found.runs if found is not None else ()

    def refuses(self, table: str) -> bool:
        """Return whether a table accepts no row at all."""
        return table in self._found.refused

    @property
    def acts(self) -> bool:
        """Whether any triggers of the app's run when rows are merged, in any table."""
        return bool(self._found.effects)

    @property
    def guards(self) -> bool:
        """Whether any table has guards, which must be told what a merge deletes (``deleting``)."""
        return bool(self._merging.deleted)

    @contextmanager
    def deleting(self, table: str, keys: Sequence[Sequence[SQLiteValue]]) -> Iterator[None]:
        """Tell the guards that a merge deletes these rows of a table inside."""
        name = self._merging.deleted.get(table)
        if name is None or not keys:
            yield
            return
        deleted = f"temp.{name}"
        self._db.executemany(f"INSERT INTO {deleted} VALUES ({', '.join('?' * len(keys[0]))})", map(tuple, keys))
        yield
        self._db.execute(f"DELETE FROM {deleted}")  # not needed after a failure, which rolls back

    def _look(self, catalogue: Catalogue) -> _Found:
        on = app_triggers(self._db)
        tables = [one.table for one in catalogue.tables.values()]
        found = {table.name: effects(self._db, table, on) for table in tables if table.name in on.values()}
        names = {table.name for table in tables}
        without, instead = omitted_triggers.agreed(self._db) & names, None
        refused = frozenset[str]()
        if without and any(one.error for one in found.values()):
            here = omitted_triggers.sort_out(self._db)
            refused = frozenset(one.on for one in here.omitted if one.on in names - without)
            instead = {**here.copies, **here.refusals(sorted(names - without))}
            with omitted_triggers.only(self._db, instead):
                found = {table.name: here.effects(self._db, table) for table in tables if table.name in found}
        stray = frozenset(write for one in found.values() for write in one.writes if write.target in names)
        return _Found(catalogue, found, stray, instead, refused)

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """Enforce the rule inside.

        Recursive triggers are switched off too, as one whose update is left out might never end.
        """
        assert self._found.catalogue is not None
        db, merging, tables = self._db, self._merging, list(self._found.catalogue.tables.values())
        recursive, before = db.pragma("recursive_triggers"), db.authorizer
        merging.deleted = self._make_guards(tables)
        merging.now = True
        if recursive:
            db.execute("PRAGMA recursive_triggers = OFF")
        instead = self._found.instead
        try:
            with nullcontext() if instead is None else omitted_triggers.only(db, instead):
                db.authorizer = _authorizer(before, {one.table.name: _moves(one) for one in tables})
                yield
        finally:
            db.authorizer = before
            if recursive:
                db.execute("PRAGMA recursive_triggers = ON")
            merging.now = False
            merging.deleted = {}

    def _make_guards(self, tables: Sequence[DescribedTable]) -> dict[str, str]:
        """Create the guards that are needed, unless they exist: a rollback removes new ones, and brings back old ones.

        Returns:
            as ``_Merging.deleted``.
        """
        db = self._db
        there = "SELECT type, name FROM temp.sqlite_master WHERE name GLOB ? AND type != 'index'"
        old: list[Any] = db.execute(there, (f"{_GUARD}*",)).fetchall()
        if self._guards != (self._found, {name for _, name in old}):
            for kind, name in old:
                db.execute(f"DROP {kind} IF EXISTS temp.{ident(name)}")
            self._number += 1
            for n, one in enumerate(tables):
                self._make_guards_of(one, f"{_GUARD}{self._number}_{n}")
            self._guards = self._found, {name for _, name in db.execute(there, (f"{_GUARD}*",))}
        prefix = f"{_GUARD}{self._number}"
        names = {one.table.name: f"{prefix}_{n}_deleted" for n, one in enumerate(tables)}
        return {table: name for table, name in names.items() if name in self._guards[1]}

    def _make_guards_of(self, one: DescribedTable, prefix: str) -> None:
        does = {(write.action, write.column) for write in self._found.stray if write.target == one.table.name}
        if (apsw.SQLITE_DELETE, "") in does:
            self._db.execute(_delete_guard(one, f"{prefix}_delete", f"{prefix}_deleted", self._is_merging))
        if any(action == apsw.SQLITE_UPDATE and column in _moves(one) for action, column in does):
            self._db.execute(_move_guard(one, f"{prefix}_move", self._is_merging))


_Authorizer = Callable[[int, str | None, str | None, str | None, str | None], int]


def _authorizer(others: _Authorizer | None, fixed: Mapping[str, set[str]]) -> _Authorizer:
    """Return an authorizer that leaves out writes of triggers to synced tables.

    Args:
        others: the authorizer of whoever else uses the connection.
        fixed: by table, the columns whose update moves a row, which is left to the guards: with IGNORE, SQLite would
            move the row and still show them the old value.
    """

    def authorize(action: int, first: str | None, second: str | None, schema: str | None, inside: str | None) -> int:
        moves = fixed.get(first or "") if inside is not None and schema == "main" else None
        if moves is not None and (
            action == apsw.SQLITE_INSERT or (action == apsw.SQLITE_UPDATE and second not in moves)
        ):
            return int(apsw.SQLITE_IGNORE)
        return int(apsw.SQLITE_OK) if others is None else others(action, first, second, schema, inside)

    return authorize


def _moves(one: DescribedTable) -> set[str]:
    """Return the columns whose update moves a row: those of its keys, and the row's number."""
    return {*one.key, *one.table.key, _ROWID}


def _delete_guard(one: DescribedTable, name: str, deleted: str, merging: str) -> str:
    """Return SQL that keeps rows which the merge does not delete; ``deleted`` is the table of keys it does."""
    columns = [f"k{n}" for n in range(len(one.key))]
    same = " AND ".join(
        f"{column} IS OLD.{ident(key)} COLLATE BINARY" for column, key in zip(columns, one.key, strict=True)
    )
    listed = ", ".join(columns)
    return (
        f"CREATE TEMP TABLE {deleted} ({listed}); CREATE INDEX temp.{deleted}_key ON {deleted} ({listed});"
        f" CREATE TEMP TRIGGER {name} BEFORE DELETE ON {main(one.table.name)}"
        f" WHEN {merging}() AND NOT EXISTS (SELECT 1 FROM temp.{deleted} WHERE {same})"
        " BEGIN SELECT RAISE(IGNORE); END"
    )


def _move_guard(one: DescribedTable, name: str, merging: str) -> str:
    """Return SQL that keeps rows from being moved."""
    columns = [ident(column) for column in {*one.key, *one.table.key}]
    names = {column.name.lower() for column in one.table.columns}
    if one.table.rowid:  # without one of the columns' names, the number of the row
        columns += [rowid for rowid in ("rowid", "oid", "_rowid_") if rowid not in names][:1]
    moved = " OR ".join(f"OLD.{column} IS NOT NEW.{column} COLLATE BINARY" for column in columns)
    return (
        f"CREATE TEMP TRIGGER {name} BEFORE UPDATE ON {main(one.table.name)} WHEN {merging}() AND ({moved})"
        " BEGIN SELECT RAISE(IGNORE); END"
    )
