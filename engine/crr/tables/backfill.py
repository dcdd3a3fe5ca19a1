"""Clock rows for what nobody recorded when it was written (cr-sqlite.md 5.6).

Everything is set-based, and stamped with the version of the current transaction, as peers must see it. Rows and their
keys are joined from the row to the key, byte by byte, whatever affinity and collation the table's columns have.
"""

from __future__ import annotations

from engine.change import SENTINEL
from engine.clocks import coverage
from engine.crr.state import State
from engine.sqlite.sql import ident, idents, literal, main
from engine.tables import defaults
from engine.tables.introspect import Table
from engine.tables.names import CLOCK, KEY, PKS

_WRITE = "(key, col_name, col_version, db_version, seq)"
_AGAIN = (
    "ON CONFLICT (key, col_name) DO UPDATE SET col_version = col_version + 1, db_version = excluded.db_version,"
    " site_id = 0, seq = excluded.seq"
)


def rows_and_keys(table: Table) -> str:
    """Return FROM and the join for every row ``t`` of the table that has a key ``p``."""
    same = " AND ".join(f"p.{ident(name)} IS +t.{ident(name)}" for name in table.key)
    return f"FROM {main(table.name)} AS t CROSS JOIN {main(table.name + PKS)} AS p ON {same}"


def backfill(state: State, table: Table) -> None:
    """Record what the table holds and its clock does not.

    These are rows without a key, rows whose sentinel says deleted, and cells without a clock row. A cell that holds the
    column's default, if that is a plain value, is left out, so that any peer's value beats it (cr-sqlite.md 12).
    """
    forget_keys(state, table)
    last = state.db.execute(f"SELECT ifnull(max({KEY}), 0) FROM {main(table.name + PKS)}").get
    _new_rows(state, table, last)
    if last:
        _rows_again(state, table)
        for column in table.tracked:
            write_cells(state, table, column, missing_cells(table, column))


def take_over(state: State, table: Table) -> None:
    """Adopt the sync records of a table that was written to without them, nobody knows where.

    It was dropped and recreated, or its triggers were gone for a while, or were kept quiet. Missing rows are forgotten.
    Everything else is sent again at the version it has, so that peers compare it with theirs; and they are asked for
    theirs. ``backfill`` does the rest.
    """
    forget_rows(state, table)
    state.db.execute(f"UPDATE {main(table.name + CLOCK)} SET db_version = ?, site_id = 0", (state.next_version(),))
    coverage.forget_table(state.db, table.name)


def record_as_new(state: State, table: Table) -> None:
    """Record every value of a table as written now, because it was written to without its triggers.

    What was written cannot be told from what was there before. Peers are asked for the whole table. ``bury`` and
    ``forget_rows`` must be called first.
    """
    state.db.execute(
        f"UPDATE {main(table.name + CLOCK)} SET col_version = col_version + 1, db_version = ?, site_id = 0"
        f" WHERE col_name != '{SENTINEL}'",
        (state.next_version(),),
    )
    coverage.forget_table(state.db, table.name)


def living(table: Table) -> str:
    """Return a SELECT of the ``key`` of each row that is recorded as not deleted."""
    clock = main(table.name + CLOCK)
    dead = f"SELECT key FROM {clock} WHERE col_name = '{SENTINEL}' AND col_version % 2 = 0"
    return f"SELECT DISTINCT key FROM {clock} WHERE key NOT IN ({dead})"


def are_deletions(gone: int, alive: int, *, same: bool) -> bool:
    """Return whether rows that disappeared without the triggers count as deleted.

    They do not if the table is not the ``same`` any more and at most half of its rows are left: then it was lost and
    recreated.

    Args:
        gone: how many rows disappeared.
        alive: how many are recorded as not deleted.
    """
    return same or 2 * gone < alive


def bury(state: State, table: Table, present: str, *, same: bool) -> None:
    """Record rows that disappeared without the triggers as deleted, if they count as that (``are_deletions``).

    Args:
        present: a SELECT of the key numbers of rows that exist.
        same: whether the table is still the one that it was with its triggers.
    """
    gone = f"SELECT key FROM ({living(table)}) WHERE key NOT IN ({present})"
    counts = (f"SELECT (SELECT count(*) FROM ({rows}))" for rows in (gone, living(table)))
    if are_deletions(*(state.db.execute(count).get for count in counts), same=same):
        write_cells(state, table, SENTINEL, gone, first=2)


def forget_rows(state: State, table: Table) -> None:
    """Drop the clock rows of rows that do not exist, except tombstones."""
    state.db.execute(
        f"DELETE FROM {main(table.name + CLOCK)} WHERE key NOT IN (SELECT p.{KEY} {rows_and_keys(table)})"
        f" AND (col_name != '{SENTINEL}' OR col_version % 2)"
    )


def forget_keys(state: State, table: Table) -> None:
    """Drop keys without any clock row; their rows, if they exist, are then recorded as new ones."""
    pks, clock = main(table.name + PKS), main(table.name + CLOCK)
    state.db.execute(f"DELETE FROM {pks} WHERE {KEY} NOT IN (SELECT key FROM {clock})")


def write_cells(state: State, table: Table, column: str, keys: str, first: int = 1) -> None:
    """Record a local write of one column of many rows.

    Args:
        column: its name, or the sentinel.
        keys: a SELECT of the rows' key numbers, named ``key``.
        first: the col_version of cells that have no clock row yet.
    """
    state.db.execute(
        f"INSERT INTO {main(table.name + CLOCK)} {_WRITE} SELECT key, ?1, {first}, ?2,"
        f" ?3 + row_number() OVER (ORDER BY key) - 1 FROM ({keys}) WHERE true {_AGAIN}",
        (column, state.next_version(), state.seq),
    )
    state.next_seq(state.db.changes())


def missing_cells(table: Table, name: str) -> str:
    """Return a SELECT of the ``key`` of each row that has no cell for this column, and a value other than its default.

    A default that is an expression may give another value on each peer, so it does not count as a default.
    """
    default = next(column.default for column in table.columns if column.name == name)
    other = f"t.{ident(name)} IS NOT {defaults.as_sql(default)} COLLATE BINARY"
    # The plus: as in _rows_again, when the keys are looked up in a list.
    return (
        f"SELECT +p.{KEY} AS key {rows_and_keys(table)} WHERE {other if defaults.is_constant(default) else 'true'}"
        f" AND NOT EXISTS (SELECT 1 FROM {main(table.name + CLOCK)} AS c WHERE c.key = p.{KEY}"
        f" AND c.col_name = {literal(name)})"
    )


def _write_rows(state: State, table: Table, keys: str) -> None:
    """Record a local write of every column, row by row; of the sentinel if the table has no other column."""
    cells = table.tracked or (SENTINEL,)
    listed = ", ".join(f"({n}, {literal(name)})" for n, name in enumerate(cells))
    state.db.execute(
        f"WITH cell(n, name) AS (VALUES {listed}) INSERT INTO {main(table.name + CLOCK)} {_WRITE}"
        f" SELECT row.key, cell.name, 1, ?1, ?2 + row.n * {len(cells)} + cell.n"
        f" FROM (SELECT key, row_number() OVER (ORDER BY key) - 1 AS n FROM ({keys})) AS row CROSS JOIN cell"
        f" WHERE true ORDER BY row.key, cell.n {_AGAIN}",
        (state.next_version(), state.seq),
    )
    state.next_seq(state.db.changes())


def _new_rows(state: State, table: Table, last: int) -> None:
    pks = main(table.name + PKS)
    # COLLATE BINARY: keys are compared byte by byte here, whatever the column's own collation.
    mine, known = idents(table.key, suffix=" COLLATE BINARY"), idents(table.key)
    order = ", ".join(str(n + 1) for n in range(len(table.key)))
    state.db.execute(
        f"INSERT INTO {pks} ({known}) SELECT {mine} FROM {main(table.name)}"
        f" EXCEPT SELECT {known} FROM {pks} ORDER BY {order}"
    )
    if state.db.changes():
        _write_rows(state, table, f"SELECT {KEY} AS key FROM {pks} WHERE {KEY} > {last}")


def _rows_again(state: State, table: Table) -> None:
    dead = f"SELECT key FROM {main(table.name + CLOCK)} WHERE col_name = '{SENTINEL}' AND col_version % 2 = 0"
    # The plus keeps SQLite from going through all deleted rows for each row.
    keys = f"SELECT p.{KEY} AS key {rows_and_keys(table)} WHERE +p.{KEY} IN ({dead})"
    if table.tracked:
        _write_rows(state, table, keys)
    write_cells(state, table, SENTINEL, keys)
