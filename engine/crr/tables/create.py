"""Making a table a CRR, and a plain table again (cr-sqlite.md 2.2 to 2.6, 5.6)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import apsw

from engine.clocks import coverage
from engine.crr.catalogue import load
from engine.crr.state import State
from engine.crr.tables import kept_records
from engine.crr.tables.backfill import backfill, bury, forget_rows, record_as_new, rows_and_keys
from engine.crr.tables.eligibility import find_table, obstacles
from engine.crr.triggers import EVENTS, Triggers, trigger_name
from engine.crr.withheld.detect import held_rows
from engine.errors import NotEligible
from engine.sqlite.sql import ident, idents, main
from engine.tables.introspect import Table, column_names, exact_name, is_crr
from engine.tables.names import BY_VERSION, CLOCK, KEY, PKS
from engine.text import t

_SYNC_RECORDS = (
    "key INTEGER NOT NULL, col_name TEXT NOT NULL, col_version INTEGER NOT NULL, db_version INTEGER"
    " NOT NULL, site_id INTEGER NOT NULL DEFAULT 0, seq INTEGER NOT NULL, PRIMARY KEY (key, col_name)"
)


@contextmanager
def savepoint(db: apsw.Connection) -> Iterator[None]:
    """All or nothing, inside whatever transaction the caller may have; theirs is never rolled back."""
    begins = not db.in_transaction
    db.execute("SAVEPOINT crsql_ours")
    try:
        yield
        db.execute("RELEASE crsql_ours")
    except BaseException:
        if db.in_transaction:  # a full disk may have ended it already
            # A savepoint that is the transaction is rolled back as such: its RELEASE could find the file locked.
            db.execute("ROLLBACK" if begins else "ROLLBACK TO crsql_ours; RELEASE crsql_ours")
        raise


def make_crr(state: State, name: str) -> None:
    """Track ``name`` from now on; its rows so far are recorded as written in this transaction. Idempotent.

    Sync records that an earlier table of this name and key left are taken over.

    The letter case of ``name`` does not matter: the catalogue's own spelling is the wire name.

    Raises:
        NotEligible: with every obstacle.
    """
    db = state.db
    table = eligible(db, name)
    if is_crr(db, table.name):
        return
    with savepoint(db):
        halves = [bool(column_names(db, table.name + suffix)) for suffix in (CLOCK, PKS)]
        if not any(halves):
            kept_records.take_back(state, table)
        elif halves[0] != halves[1]:  # the numbers in the one would stand for other rows than they did
            state.keep_floor()
            drop_records(db, table.name)
        else:
            state.keep_floor()
            crr = state.catalogue().tracking(table.name)
            same = crr is not None and crr.name in state.catalogue().marks
            bury(state, table, f"SELECT p.{KEY} {rows_and_keys(table)}", same=same)
            forget_rows(state, table)
            record_as_new(state, table)
        build(state, table)


def eligible(db: apsw.Connection, name: str) -> Table:
    """The table called ``name``, if it is a CRR or can become one.

    Raises:
        NotEligible: with every obstacle.
    """
    table = find_table(db, name)
    reasons = (t("There is no such table."),) if table is None else obstacles(db, table)
    if table is None or reasons:
        raise NotEligible.because(name, reasons)
    return table


def build(state: State, table: Table) -> None:
    """Sync records and triggers of a table, anew or as far as they are missing, and what its rows need in them."""
    create_tables(state.db, table)
    _create_triggers(state.db, table)
    backfill(state, table)


def make_plain(state: State, name: str, *, for_good: bool = False) -> None:
    """Stop tracking ``name``: its triggers are dropped, its rows stay. Its sync records are put aside, for when it is
    tracked again (``kept_records``); ``for_good``: dropped."""
    db = state.db
    table = find_table(db, name)
    exact = table.name if table is not None else name
    recorded = {clock.lower() for clock in load(db).clocks}
    if not is_crr(db, exact) and exact.lower() not in recorded:
        return
    with savepoint(db):
        state.keep_floor()
        crr = state.catalogue().tracking(exact)
        if crr is not None and not for_good:
            coverage.forget_table(db, exact)
            kept_records.put_aside(state, crr)
        drop_triggers(db, exact, table)
        drop_records(db, exact)


def create_tables(db: apsw.Connection, table: Table) -> None:
    """The clock, the keys and their indices, as far as they are missing (cr-sqlite.md 2.2, 2.3)."""
    clock, pks, key = table.name + CLOCK, table.name + PKS, idents(table.key)
    db.execute(
        f"CREATE TABLE IF NOT EXISTS {main(clock)} ({_SYNC_RECORDS}) WITHOUT ROWID;"
        f"CREATE INDEX IF NOT EXISTS {main(clock + BY_VERSION)} ON {ident(clock)} (db_version);"
        f"CREATE TABLE IF NOT EXISTS {main(pks)} ({KEY} INTEGER PRIMARY KEY, {key});"
        f"CREATE UNIQUE INDEX IF NOT EXISTS {main(pks + '_pks')} ON {ident(pks)} ({key})"
    )


def drop_records(db: apsw.Connection, name: str) -> None:
    """Drop the clock and the keys of a CRR."""
    coverage.forget_table(db, name)
    held_rows(db).forget_table(name)
    db.execute(f"DROP TABLE IF EXISTS {main(name + CLOCK)}; DROP TABLE IF EXISTS {main(name + PKS)}")


def drop_triggers(db: apsw.Connection, name: str, table: Table | None) -> None:
    """Drop the three triggers of a CRR, and those of older versions (cr-sqlite.md 2.4)."""
    old = [f"{name}_{column}__crsql_utrig" for column in (table.key if table else ())]
    for trigger in [trigger_name(name, event) for event in EVENTS] + old:
        db.execute(f"DROP TRIGGER IF EXISTS {main(trigger)}")


def _create_triggers(db: apsw.Connection, table: Table) -> None:
    # Stock may have been given the name in another letter case, which is the wire name ever since (cr-sqlite.md 2.6).
    clock = exact_name(db, table.name + CLOCK)
    name = clock[: -len(CLOCK)] if clock is not None and clock.endswith(CLOCK) else table.name
    drop_triggers(db, table.name, table)
    triggers = Triggers(name, table.name, table.key, table.tracked)
    for event in EVENTS:
        db.execute(triggers.sql(event).replace("TRIGGER ", "TRIGGER main.", 1))
