"""Makes a table a CRR, and a plain table again (cr-sqlite.md 2.2 to 2.6, 5.6)."""

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
    """Do what is inside all or nothing, within any transaction of the caller's, which is never rolled back."""
    begins = not db.in_transaction
    db.execute("SAVEPOINT crsql_ours")
    try:
        yield
        db.execute("RELEASE crsql_ours")
    except BaseException:
        if db.in_transaction:  # a full disk may have ended it already
            # A savepoint that is the transaction is rolled back as such, as its RELEASE could find the file locked.
            db.execute("ROLLBACK" if begins else "ROLLBACK TO crsql_ours; RELEASE crsql_ours")
        raise


def make_crr(state: State, name: str) -> None:
    """Track a table from now on, recording its rows so far as written in this transaction. Idempotent.

    Sync records that an earlier table of this name and key left behind are adopted. The letter case of ``name`` does
    not
    matter: the catalogue's own spelling becomes the wire name.

    Raises:
        NotEligible: it cannot be a CRR; names every obstacle.
    """
    db = state.db
    table = eligible(db, name)
    if is_crr(db, table.name):
        return
    with savepoint(db):
        halves = [bool(column_names(db, table.name + suffix)) for suffix in (CLOCK, PKS)]
        if not any(halves):
            kept_records.take_back(state, table)
        elif halves[0] != halves[1]:  # the key numbers in one half would stand for other rows than before
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
    """Return the table called ``name``, if it is a CRR or can become one.

    Raises:
        NotEligible: it cannot; names every obstacle.
    """
    table = find_table(db, name)
    reasons = (t("There is no such table."),) if table is None else obstacles(db, table)
    if table is None or reasons:
        raise NotEligible.because(name, reasons)
    return table


def build(state: State, table: Table) -> None:
    """Create the sync records and triggers of a table, as far as they are missing, and record its rows in them."""
    create_tables(state.db, table)
    _create_triggers(state.db, table)
    backfill(state, table)


def make_plain(state: State, name: str, *, for_good: bool = False) -> None:
    """Stop tracking a table: its triggers are dropped, its rows stay.

    Args:
        for_good: drop its sync records, instead of keeping them for when it is tracked again (``kept_records``).
    """
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
    """Create the clock table, the key table and their indexes, as far as they are missing (cr-sqlite.md 2.2, 2.3)."""
    clock, pks, key = table.name + CLOCK, table.name + PKS, idents(table.key)
    db.execute(
        f"CREATE TABLE IF NOT EXISTS {main(clock)} ({_SYNC_RECORDS}) WITHOUT ROWID;"
        f"CREATE INDEX IF NOT EXISTS {main(clock + BY_VERSION)} ON {ident(clock)} (db_version);"
        f"CREATE TABLE IF NOT EXISTS {main(pks)} ({KEY} INTEGER PRIMARY KEY, {key});"
        f"CREATE UNIQUE INDEX IF NOT EXISTS {main(pks + '_pks')} ON {ident(pks)} ({key})"
    )


def drop_records(db: apsw.Connection, name: str) -> None:
    """Drop the clock table and the key table of a CRR."""
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
