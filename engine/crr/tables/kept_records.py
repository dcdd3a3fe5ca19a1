"""Sync records of tables that are not synced any more, kept in case they will be again.

Any program may write to such a table. When it is made a CRR again, what was written meanwhile is recorded as written
then, as in a schema change. Without the kept records, everything would count as never seen, and what peers have would
win over it.

``crsql_syncline_undone_T_clock``, ``_keys``  the sync records, under other names
``crsql_syncline_undone_T_seen``              what the table held at the time, long values as digests
``crsql_syncline_undone_T_same``              a trigger on the table that never fires, and is dropped along with it
"""

from __future__ import annotations

import apsw

from engine.crr.catalogue import Crr
from engine.crr.state import State
from engine.crr.tables.backfill import bury, forget_rows, record_as_new, rows_and_keys
from engine.crr.tables.snapshots import Snapshot, columns_of
from engine.crr.triggers import Watch
from engine.sqlite.sql import ident, main
from engine.tables.introspect import Table, column_names, exact_name
from engine.tables.names import BY_VERSION, CLOCK, KEY, PKS

PREFIX = "crsql_syncline_undone_"
_CLOCK, _KEYS, _SEEN, _SAME = "_clock", "_keys", "_seen", "_same"


def put_aside(state: State, crr: Crr) -> None:
    """Keep the sync records of a CRR for when it is one again. The caller drops its triggers."""
    db = state.db
    aside = PREFIX + crr.name
    drop(db, crr.name)
    if Watch.BROKEN not in crr.watches:  # if broken, nobody knows what was written since when
        Snapshot(main(aside + _SEEN), crr.columns, short=True).take(db, crr)
    for name in (crr.name + CLOCK + BY_VERSION, crr.name + PKS + "_pks"):  # names needed to make it a CRR again
        db.execute(f"DROP INDEX IF EXISTS {main(name)}")
    _rename(db, crr.name + CLOCK, aside + _CLOCK)
    _rename(db, crr.name + PKS, aside + _KEYS)
    db.execute(
        f"CREATE TRIGGER {main(aside + _SAME)} AFTER UPDATE OF {ident(crr.key[0])} ON {ident(crr.table.name)}"
        " WHEN 0 BEGIN SELECT 1; END"
    )


def take_back(state: State, table: Table) -> None:
    """Restore the kept sync records of a table, if there are any, and record what has changed since."""
    db = state.db
    clock = exact_name(db, PREFIX + table.name + _CLOCK)
    if clock is None:
        return
    name = clock.removeprefix(PREFIX).removesuffix(_CLOCK)
    aside = PREFIX + name
    known = column_names(db, aside + _KEYS)
    others = column_names(db, name + CLOCK) or column_names(db, name + PKS)  # another program made it a CRR meanwhile
    if known != (KEY, *table.key) or others:
        drop(db, name)
        return
    same = db.execute(
        "SELECT 1 FROM main.sqlite_master WHERE type = 'trigger' AND name = ? AND tbl_name = ?",
        (aside + _SAME, table.name),
    ).fetchone()
    _rename(db, clock, name + CLOCK)
    _rename(db, aside + _KEYS, name + PKS)
    seen = Snapshot(main(aside + _SEEN), columns_of(column_names(db, aside + _SEEN)), short=True)
    if not column_names(db, aside + _SEEN):
        bury(state, table, f"SELECT p.{KEY} {rows_and_keys(table)}", same=same is not None)
        forget_rows(state, table)
        record_as_new(state, table)
    elif seen.retyped(db, table):
        db.execute(f"DROP TABLE {main(name + CLOCK)}; DROP TABLE {main(name + PKS)}")
    else:
        seen.compact(state, table, same=same is not None)
        seen.record_changed_values(state, table)
    drop(db, name)


def lie_aside(db: apsw.Connection, name: str) -> bool:
    """Return whether sync records are kept for a table."""
    return exact_name(db, PREFIX + name + _CLOCK) is not None


def drop(db: apsw.Connection, name: str) -> None:
    """Drop the kept sync records of a table."""
    aside = PREFIX + name
    for suffix in (_CLOCK, _KEYS, _SEEN):
        db.execute(f"DROP TABLE IF EXISTS {main(aside + suffix)}")
    db.execute(f"DROP TRIGGER IF EXISTS {main(aside + _SAME)}")


def _rename(db: apsw.Connection, old: str, new: str) -> None:
    """Rename a table that nothing else refers to. In legacy mode, as the rest of the schema need not be in order."""
    legacy = db.pragma("legacy_alter_table")
    db.pragma("legacy_alter_table", 1)
    try:
        db.execute(f"ALTER TABLE {main(old)} RENAME TO {ident(new)}")
    finally:
        db.pragma("legacy_alter_table", legacy)
