"""Schema changes of a CRR, between begin_alter and commit_alter (cr-sqlite.md 8.1).

Nothing is tracked in between. So that peers get every write all the same, begin_alter takes a snapshot of the table,
and commit_alter records what differs from it as written now, with the next version: values, new rows, and missing rows.
"""

from __future__ import annotations

import apsw

from engine.clocks import coverage, table_marks
from engine.crr.state import Alter, State
from engine.crr.tables.backfill import bury, record_as_new, take_over
from engine.crr.tables.create import build, create_tables, drop_records, drop_triggers
from engine.crr.tables.eligibility import find_table, obstacles
from engine.crr.tables.snapshots import Snapshot
from engine.crr.triggers import Watch
from engine.errors import NotEligible, UsageError
from engine.sqlite.sql import idents, main
from engine.tables.introspect import Table, column_names
from engine.tables.names import CLOCK, KEY, PKS
from engine.text import t

_SAVEPOINT = "alter_crr"


def begin_alter(state: State, name: str, *, recorded: bool = True) -> None:
    """Begin a schema change of a CRR; commit_alter makes a table a CRR if it is not one.

    Opens a savepoint, which begins a transaction if there is none. Alters of several tables can be nested.

    Args:
        name: the table's name, in any letter case. The table need not exist yet.
        recorded: whether all writes so far were recorded; if not, commit_alter records every value as new.

    Raises:
        UsageError: called inside a statement that writes.
    """
    db = state.db
    table = find_table(db, name)
    begins = not db.in_transaction
    _open(db, f"SAVEPOINT {_SAVEPOINT}", "crsql_begin_alter")
    try:
        # Take the write lock now, so that no other program writes between what is read here and the first change.
        db.execute("UPDATE main.crsql_master SET value = value WHERE false")
        alter = _take_snapshot(state, name if table is None else table.name, begins, recorded)
        drop_triggers(db, alter.table, table)
    except BaseException:
        _undo(state, begins=begins)
        raise
    state.alters.append(alter)


def commit_alter(state: State, name: str) -> None:
    """Finish a schema change: adapt the sync records to the table as it is now, and track it again.

    What changed meanwhile is recorded as written now. A table with other key columns than before starts anew: its
    tombstones and versions are dropped. If anything stands in the way, everything since begin_alter is undone,
    including alters that were begun later; the caller's own transaction goes on.

    Args:
        name: the table's name, in any letter case.

    Raises:
        UsageError: no alter of this table is in progress, or called inside a statement that writes.
        NotEligible: the table as it is now cannot be a CRR; names every obstacle.
    """
    db, alters = state.db, state.alters
    _forget_undone(state)
    mine = [n for n, alter in enumerate(alters) if alter.table.lower() == name.lower()]
    if not mine:
        raise UsageError(
            t("No schema change of the table “{table}” is in progress.", table=name),
            hint=t("Call crsql_begin_alter first, and crsql_commit_alter in the same transaction."),
        )
    _open(db, "SAVEPOINT crsql_ours; RELEASE crsql_ours", "crsql_commit_alter")
    at = mine[-1]
    alter = alters[at]
    try:
        if len(mine) == 1:  # if it was begun twice, the outer commit finishes it
            _finish(state, alter)
        db.execute(f"DROP TABLE temp.{alter.snapshot}")
        db.execute(f"RELEASE {_SAVEPOINT}")
    except BaseException:
        undone = alters[at:]
        for each in reversed(undone):
            _undo(state, begins=each.begins)
        del alters[at:]
        raise
    if alter in alters:  # if not, RELEASE was a COMMIT, which has emptied the list
        alters.remove(alter)


def _open(db: apsw.Connection, sql: str, function: str) -> None:
    try:
        db.execute(sql)
    except apsw.BusyError as error:
        raise UsageError(
            t("{function} cannot be called inside a statement that writes.", function=function),
            hint=t("Run it alone: SELECT {function}(…).", function=function),
        ) from error


def _undo(state: State, *, begins: bool) -> None:
    if state.db.in_transaction:  # a full disk may have ended it already
        # A savepoint that is the transaction is rolled back as such, as releasing it could find the file locked.
        state.db.execute("ROLLBACK" if begins else f"ROLLBACK TO {_SAVEPOINT}; RELEASE {_SAVEPOINT}")
    state.forget_tables()


def _forget_undone(state: State) -> None:
    """Forget alters that the caller rolled back to a savepoint of its own, and whose snapshots are gone."""
    state.alters[:] = [alter for alter in state.alters if state.db.table_exists("temp", alter.snapshot)]


def _take_snapshot(state: State, name: str, begins: bool, recorded: bool) -> Alter:
    db = state.db
    _forget_undone(state)
    used = {alter.snapshot for alter in state.alters}
    ours = "SELECT name FROM temp.sqlite_master WHERE name LIKE 'crsql!_alter!_%' ESCAPE '!'"
    for (left,) in db.execute(ours).fetchall():
        if left not in used:  # of an alter that was never finished
            db.execute(f"DROP TABLE temp.{left}")
    crr = state.catalogue().tracking(name)
    columns = crr.columns if crr else ()
    watched = crr is None or Watch.BROKEN not in crr.watches
    snapshot = f"crsql_alter_{next(state.numbers)}"
    mark = state.catalogue().marks.get(crr.name, "") if crr else ""
    alter = Alter(name, snapshot, columns, begins, recorded, watched, mark)
    _snapshot(alter).take(db, crr)
    return alter


def _snapshot(alter: Alter) -> Snapshot:
    return Snapshot(f"temp.{alter.snapshot}", alter.columns)


def _finish(state: State, alter: Alter) -> None:
    db, seen = state.db, _snapshot(alter)
    table = find_table(db, alter.table)
    if table is None:
        raise NotEligible.because(alter.table, (t("There is no such table."),))
    if table.name != alter.table:
        raise NotEligible.because(
            alter.table, (t("It is spelled “{table}” now, which is another table to its peers.", table=table.name),)
        )
    state.keep_floor()
    before = column_names(db, table.name + PKS)[1:]
    whole = bool(column_names(db, table.name + CLOCK))
    anew = not whole or sorted(before) != sorted(table.key) or seen.retyped(db, table)
    if anew:
        drop_records(db, table.name)
    elif before != table.key:
        _reorder_key(db, table)
    reasons = obstacles(db, table, new=False)
    if reasons:
        raise NotEligible.because(table.name, reasons)
    if not anew:
        marked = state.catalogue().tracking(table.name)
        gone = set(alter.columns).difference(table.tracked)
        if marked and gone:
            slots = dict.fromkeys(alter.columns, 0)
            mark = table_marks.put(db, marked)
            coverage.forget_columns(db, marked.name, slots, gone, renewed=mark, borne=alter.mark)
        elif marked and alter.mark:  # if the table was recreated, its half of the mark went with it
            table_marks.put_again(db, marked, alter.mark)
        if not alter.watched:
            bury(state, table, seen.keys, same=bool(alter.mark))
        seen.compact(state, table)
        seen.record_changed_values(state, table)
        if not alter.watched:
            record_as_new(state, table)
        elif not alter.recorded:
            take_over(state, table)
    build(state, table)


def _reorder_key(db: apsw.Connection, table: Table) -> None:
    """Put the key's columns in another order.

    Keys keep their numbers, and so their clocks (stock leaves the old order).
    """
    pks = main(table.name + PKS)
    columns = f"{KEY}, {idents(table.key)}"
    db.execute(f"CREATE TEMP TABLE crsql_alter_keys AS SELECT {columns} FROM {pks}; DROP TABLE {pks}")
    create_tables(db, table)
    db.execute(f"INSERT INTO {pks} SELECT {columns} FROM temp.crsql_alter_keys; DROP TABLE temp.crsql_alter_keys")
