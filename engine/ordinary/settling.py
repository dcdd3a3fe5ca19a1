"""Shows hidden rows after a capture, if what was in their way is gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import apsw

from engine.clocks import coverage
from engine.errors import TableBroken
from engine.ordinary.catalogue import OrdinaryTable
from engine.ordinary.register import Entry
from engine.ordinary.showing import Showing, try_freed
from engine.tables import parking
from engine.tables.kind import Versions
from engine.tables.trigger_rule import TriggerRule
from engine.tables.types import DescribedTable


@dataclass(frozen=True, eq=False)
class _AllTables:
    """The tables of all kinds, for the trigger rule."""

    tables: Mapping[str, DescribedTable]


def settle(
    db: apsw.Connection,
    tables: Mapping[str, OrdinaryTable],
    rule: TriggerRule,
    all_tables: Mapping[str, DescribedTable],
    versions: Versions,
    changed: Iterable[str],
) -> None:
    """Try the hidden rows of these tables that are to be tried, in the caller's write transaction.

    Nothing is left to capture in them.

    Args:
        rule: for the app's triggers.
        all_tables: all that are synced, of all kinds, by name.
        changed: the tables whose rows may have been written since this was last done.
    """
    with _unenforced(db), rule.in_force(_AllTables(all_tables)):
        db.execute("SAVEPOINT crsql_syncline_settling")
        try:
            written = Showing(db, tables, rule, since=versions.next_version()).settle(tables, changed)
            for name in written:  # all that their logs hold is what was written now
                db.execute(f"DELETE FROM main.{tables[name].entry.log}")
        except TableBroken as broken:  # a trigger of the app's lets no row go
            db.execute("ROLLBACK TO crsql_syncline_settling")
            parking.record(db, broken.table, broken.reason)
            coverage.forget_table(db, broken.table)
        db.execute("RELEASE crsql_syncline_settling")


def try_captured(db: apsw.Connection, tables: Mapping[str, OrdinaryTable], first: int) -> None:
    """Do as ``try_freed`` for what was captured with this version or a later one."""
    captured = {name for name, table in tables.items() if _any_captured(db, table.entry, first)}
    if captured:
        try_freed(db, tables, captured)


def _any_captured(db: apsw.Connection, entry: Entry, first: int) -> bool:
    kept = (f"SELECT 1 FROM main.{name} WHERE db_version >= ? LIMIT 1" for name in (entry.rows, entry.cells))
    return any(db.execute(sql, (first,)).get is not None for sql in kept)


@contextmanager
def _unenforced(db: apsw.Connection) -> Iterator[None]:
    """Do not enforce foreign keys inside, as in a merge."""
    switch = apsw.SQLITE_DBCONFIG_ENABLE_FKEY
    before = db.config(switch, -1)
    db.config(switch, 0)
    try:
        yield
    finally:
        db.config(switch, before)
