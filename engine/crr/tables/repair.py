"""Finds and repairs what bugs of other engines, and schema changes behind cr-sqlite's back, left in a file.

It also finds what keeps old programs from opening the file (``strict``), which does not harm sync.

Stock forgets to track writes after a failed merge (cr-sqlite.md 7.7, 12), and stamps with version 0 what an alter adds
before the file's first write (cr-sqlite.md 8.1). Such rows never leave this file, because no peer ever hears of them.
Repairing records them as written now. As writes to values that were known before leave no trace, all values of such a
table are compared with those of the peers once more: where two differ, they are a conflict like any other. A row that
is gone without a record is forgotten, not deleted, and comes back if a peer still has it.

A table whose triggers were missing or changed was written to by a person or an app, and nobody knows what was written.
All of it is recorded as written now, and missing rows as deleted; unless most are missing, for then the table was lost,
and its rows come back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import apsw

from engine.change import FAR
from engine.clocks import file_versions
from engine.crr.catalogue import Crr
from engine.crr.read.change_sql import known_cells
from engine.crr.state import State
from engine.crr.tables import exhausted_versions
from engine.crr.tables.alter import begin_alter, commit_alter
from engine.crr.tables.backfill import are_deletions, living, missing_cells, rows_and_keys
from engine.crr.tables.create import make_plain, savepoint
from engine.crr.tables.eligibility import find_table
from engine.crr.tables.foreign_keys import orphans
from engine.crr.tables.strict import loosen, strict_records
from engine.crr.triggers import Watch
from engine.crr.withheld.detect import find_all
from engine.crr.withheld.source import shown_key
from engine.sqlite.invalid_text import rows_of_schema
from engine.sqlite.sql import main
from engine.tables import parking
from engine.tables.findings import Damage, Finding
from engine.tables.introspect import UNREADABLE, user_tables
from engine.tables.names import CLOCK, KEY
from engine.tables.withheld.describe import no_text


def check(state: State) -> list[Finding]:
    """Return everything that is damaged. Reads every row of every CRR, and changes nothing."""
    db, tables = state.db, state.catalogue()
    found: list[Finding] = []
    for name in tables.clocks:
        if name in tables.crrs:
            counts = _counts(db, tables.crrs[name], same=name in tables.marks)
            found += [Finding(name, damage, count) for damage, count in counts]
            rows = find_all(db, tables.crrs[name])
            found += no_text(name, rows, lambda held: shown_key(db, tables, held))
        else:
            table = find_table(db, name)
            if table is not None and table.kind == UNREADABLE:
                found.append(Finding(name, Damage.NO_NAMES, 1, tables.parked[name]))
                continue
            damage = Damage.TABLE_GONE if table is None or table.kind != "table" else Damage.KEY_CHANGED
            found.append(Finding(name, damage, _count(db, f"SELECT 1 FROM {main(name + CLOCK)}") or 1))
    found += [Finding(name, Damage.PARKED, 1, why) for name, why in parking.read(db).items() if name in tables.crrs]
    if file_versions.floor(db) >= FAR:
        found.append(Finding("crsql_master", Damage.COUNTER, 1))
    alone = Counter((table, damage) for table, damage, _ in _lone_triggers(db, tables.clocks))
    found += [Finding(table, damage, count) for (table, damage), count in alone.items()]
    strict = Counter(table for table, _ in strict_records(db))
    found += [Finding(table, Damage.STRICT, count) for table, count in strict.items()]
    synced = {crr.table.name for crr in tables.crrs.values()}
    found += [Finding(table, Damage.ORPHANS, count) for table, count in orphans(db, user_tables(db), synced).items()]
    return [finding for finding in found if finding.count]


def repair(state: State, findings: Sequence[Finding]) -> list[Finding]:
    """Repair those findings of ``check`` that have a remedy, all or nothing.

    Returns:
        What was repaired.

    Raises:
        NotEligible: a table as it is now cannot be a CRR.
    """
    found = [finding for finding in findings if finding.remedy]
    no_alter = (Damage.TABLE_GONE, Damage.STRAY_TRIGGERS, Damage.PARKED, Damage.STRICT, Damage.USED_UP, Damage.COUNTER)
    with savepoint(state.db):
        for name in (one.table for one in found if one.damage is Damage.USED_UP):
            exhausted_versions.repair_rows(state, state.catalogue().crrs[name])
        parking.release(state.db)
        for _, damage, trigger in _lone_triggers(state.db, state.catalogue().clocks):
            if damage is Damage.STRAY_TRIGGERS:
                state.db.execute(f"DROP TRIGGER {main(trigger)}")
        for table in (one.table for one in found if one.damage is Damage.TABLE_GONE):
            make_plain(state, table)
        for _, records in strict_records(state.db):
            loosen(state.db, records)
        for table in dict.fromkeys(one.table for one in found if one.damage not in no_alter):
            recorded = {one.damage for one in found if one.table == table} <= {Damage.OLD_TRIGGERS, *no_alter}
            begin_alter(state, table, recorded=recorded)  # an alter that changes nothing rebuilds the records
            commit_alter(state, table)
    return found


def _counts(db: apsw.Connection, crr: Crr, *, same: bool) -> Iterator[tuple[Damage, int]]:
    table, clock = crr.table, main(crr.name + CLOCK)
    yield Damage.TRIGGERS, crr.watches.count(Watch.BROKEN)
    yield Damage.OLD_TRIGGERS, crr.watches.count(Watch.OLDER)
    yield Damage.USED_UP, exhausted_versions.rows(db, crr)
    yield Damage.COUNTER, file_versions.count_too_high(db, clock)
    yield Damage.NEVER_SENT, _count(db, f"SELECT 1 FROM {clock} WHERE db_version <= 0")
    yield Damage.LOST_COLUMNS, _count(db, f"SELECT 1 FROM {clock} AS c WHERE NOT {known_cells(crr)}")
    alive = living(table)
    recorded = f"SELECT p.{KEY} {rows_and_keys(table)} WHERE +p.{KEY} IN ({alive})"
    rows = _count(db, f"SELECT 1 FROM {main(table.name)}")
    yield Damage.UNRECORDED_ROWS, rows - _count(db, recorded)
    values = (f"SELECT 1 FROM ({missing_cells(table, column)}) WHERE key IN ({alive})" for column in crr.columns)
    yield Damage.UNRECORDED_VALUES, sum(_count(db, missing) for missing in values)
    present = f"SELECT p.{KEY} {rows_and_keys(table)}"
    gone = _count(db, f"SELECT key FROM ({alive}) WHERE key NOT IN ({present})")
    deleted = Watch.BROKEN in crr.watches and are_deletions(gone, _count(db, alive), same=same)
    yield Damage.DELETED_ROWS if deleted else Damage.LOST_ROWS, gone


def _lone_triggers(db: apsw.Connection, clocks: tuple[str, ...]) -> list[tuple[str, Damage, str]]:
    """Return the table, the damage and the name of each trigger of cr-sqlite's that has no sync records."""
    recorded = {name.lower() for name in clocks}
    found = []
    for name, table in rows_of_schema(db, "name, tbl_name", "type = 'trigger' AND name GLOB '*__crsql_[iud]trig'"):
        of = name.rpartition("__crsql_")[0].lower()
        if of not in recorded:
            found.append((table, Damage.NO_RECORDS if of == table.lower() else Damage.STRAY_TRIGGERS, name))
    return found


def _count(db: apsw.Connection, rows: str) -> int:
    count: int = db.execute(f"SELECT count(*) FROM ({rows})").get
    return count
