"""Making a table a CRR, and a plain table again (spec 2.2 to 2.6, 5.6)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import apsw

from engine.crr.catalogue import CLOCK, KEY, PKS, Table, is_crr, load
from engine.crr.eligibility import find_table, obstacles
from engine.crr.sql import ident, idents, literal, main
from engine.crr.state import State
from engine.errors import NotEligible

_SYNC_RECORDS = (
    "key INTEGER NOT NULL, col_name TEXT NOT NULL, col_version INTEGER NOT NULL, db_version INTEGER"
    " NOT NULL, site_id INTEGER NOT NULL DEFAULT 0, seq INTEGER NOT NULL, PRIMARY KEY (key, col_name)"
)


@contextmanager
def savepoint(db: apsw.Connection) -> Iterator[None]:
    """All or nothing, inside whatever transaction the caller may have; theirs is never rolled back."""
    db.execute("SAVEPOINT crsql_ours")
    try:
        yield
    except BaseException:
        if db.in_transaction:  # a full disk may have ended it already
            db.execute("ROLLBACK TO crsql_ours; RELEASE crsql_ours")
        raise
    db.execute("RELEASE crsql_ours")


def make_crr(state: State, name: str) -> None:
    """Track ``name`` from now on; its rows so far are recorded as written in this transaction. Idempotent.

    The letter case of ``name`` does not matter: the catalogue's own spelling is the wire name.

    Raises:
        NotEligible: with every obstacle.
    """
    db = state.db
    table = find_table(db, name)
    reasons = ("There is no such table.",) if table is None else obstacles(db, table)
    if table is None or reasons:
        raise not_eligible(name, reasons)
    if is_crr(db, table.name):
        return
    with savepoint(db):
        _create_tables(db, table)
        _create_triggers(db, table)
        _backfill(state, table)


def not_eligible(name: str, reasons: tuple[str, ...]) -> NotEligible:
    """The refusal of a table, with every obstacle."""
    return NotEligible(
        f"The table “{name}” cannot be made syncable. {' '.join(reasons)}",
        table=name,
        reasons=reasons,
        hint="Change the table so that nothing of this applies, then try again.",
    )


def make_plain(state: State, name: str) -> None:
    """Stop tracking ``name``: its sync records and triggers are dropped, its rows stay.

    The file's version never goes down by this (spec 4, "Danger"): peers would skip what comes next.
    """
    db = state.db
    table = find_table(db, name)
    exact = table.name if table is not None else name
    if not is_crr(db, exact) and exact not in load(db).clocks:
        return
    with savepoint(db):
        db.execute(
            "INSERT OR REPLACE INTO main.crsql_master (key, value) VALUES ('pre_compact_dbversion', ?)",
            (state.db_version(),),
        )
        _drop_triggers(db, exact, table)
        db.execute(f"DROP TABLE IF EXISTS {main(exact + CLOCK)}; DROP TABLE IF EXISTS {main(exact + PKS)}")


def _create_tables(db: apsw.Connection, table: Table) -> None:
    clock, pks, key = table.name + CLOCK, table.name + PKS, idents(table.key)
    db.execute(
        f"CREATE TABLE IF NOT EXISTS {main(clock)} ({_SYNC_RECORDS}) WITHOUT ROWID, STRICT;"
        f"CREATE INDEX IF NOT EXISTS {main(clock + '_dbv_idx')} ON {ident(clock)} (db_version);"
        f"CREATE TABLE IF NOT EXISTS {main(pks)} ({KEY} INTEGER PRIMARY KEY, {key});"
        f"CREATE UNIQUE INDEX IF NOT EXISTS {main(pks + '_pks')} ON {ident(pks)} ({key})"
    )


def _drop_triggers(db: apsw.Connection, name: str, table: Table | None) -> None:
    old = [f"{name}_{column}__crsql_utrig" for column in (table.key if table else ())]
    for trigger in [f"{name}__crsql_{kind}trig" for kind in "iud"] + old:
        db.execute(f"DROP TRIGGER IF EXISTS {main(trigger)}")


def _create_triggers(db: apsw.Connection, table: Table) -> None:
    name = literal(table.name)
    new_key, old_key = (idents(table.key, prefix=row) for row in ("NEW.", "OLD."))
    both = [new_key, old_key]
    if table.tracked:
        both += [idents(table.tracked, prefix=row) for row in ("NEW.", "OLD.")]
    _drop_triggers(db, table.name, table)
    for event, values in (("INSERT", new_key), ("UPDATE", ", ".join(both)), ("DELETE", old_key)):
        trigger = f"{table.name}__crsql_{event[0].lower()}trig"
        db.execute(
            f"CREATE TRIGGER {main(trigger)} AFTER {event} ON {ident(table.name)} FOR EACH ROW"
            f" WHEN crsql_internal_sync_bit() = 0"
            f" BEGIN VALUES (crsql_after_{event.lower()}({name}, {values})); END"
        )


def _backfill(state: State, table: Table) -> None:
    """Record the rows that are there, in key order, all with one new version (spec 5.6)."""
    db = state.db
    base, clock, pks = main(table.name), main(table.name + CLOCK), main(table.name + PKS)
    last = db.execute(f"SELECT ifnull(max({KEY}), 0) FROM {pks}").get
    # COLLATE BINARY: keys are told apart byte by byte here, whatever the column's own collation.
    mine, known = idents(table.key, suffix=" COLLATE BINARY"), idents(table.key)
    order = ", ".join(str(n + 1) for n in range(len(table.key)))
    db.execute(
        f"INSERT INTO {pks} ({known}) SELECT {mine} FROM {base} EXCEPT SELECT {known} FROM {pks} ORDER BY {order}"
    )
    rows = db.changes()
    cells = table.tracked or ("-1",)
    if rows:
        listed = ", ".join(f"({n}, {literal(name)})" for n, name in enumerate(cells))
        first = state.next_seq(rows * len(cells))
        db.execute(
            f"WITH cell(n, name) AS (VALUES {listed}) INSERT OR IGNORE INTO {clock}"
            f" (key, col_name, col_version, db_version, seq) SELECT p.key, cell.name, 1, ?1,"
            f" ?2 + p.n * ?3 + cell.n FROM (SELECT {KEY} AS key, row_number() OVER (ORDER BY {KEY}) - 1 AS n"
            f" FROM {pks} WHERE {KEY} > ?4) AS p CROSS JOIN cell ORDER BY p.key, cell.n",
            (state.next_version(), first, len(cells), last),
        )
    if last:
        _backfill_known(state, table)


def _backfill_known(state: State, table: Table) -> None:
    """The second pass, for keys left over from before: columns that have a value but no cell."""
    db = state.db
    base, clock, pks = main(table.name), main(table.name + CLOCK), main(table.name + PKS)
    joined = " AND ".join(f"t.{ident(name)} = p.{ident(name)}" for name in table.key)
    columns = {c.name: c for c in table.columns}
    for name in table.tracked:
        column = columns[name]
        value = f"t.{ident(name)}"
        default = column.default or "NULL"
        differs = "" if column.not_null and column.default is None else f" AND {value} IS NOT ({default})"
        keys = db.execute(
            f"SELECT p.{KEY} FROM {base} AS t JOIN {pks} AS p ON {joined}"
            f" WHERE NOT EXISTS (SELECT 1 FROM {clock} AS c WHERE c.key = p.{KEY} AND c.col_name = ?1)"
            f"{differs} ORDER BY p.{KEY}",
            (name,),
        ).fetchall()
        for (key,) in keys:
            db.execute(
                f"INSERT OR IGNORE INTO {clock} (key, col_name, col_version, db_version, seq) VALUES (?, ?, 1, ?, ?)",
                (key, name, state.next_version(), state.next_seq()),
            )
