"""Converts a table into one of the other kind, with all its records, so that nothing is sent again.

Each function runs in the caller's write transaction, in which everything has been captured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

import apsw

from engine.change import SENTINEL, SQLiteValue
from engine.clocks import coverage, table_marks
from engine.crr.catalogue import Crr
from engine.crr.state import State
from engine.crr.tables import kept_records
from engine.crr.tables.create import build, create_tables, drop_triggers
from engine.ordinary import layout, register, triggers
from engine.ordinary.capture import see
from engine.ordinary.catalogue import OrdinaryTable
from engine.ordinary.records import FIELDS, Records, entries_of, row_of
from engine.ordinary.register import Entry, base, base_is, key_columns
from engine.ordinary.stamps import Cell, Row
from engine.sqlite.sql import ident, idents, main
from engine.tables.introspect import Table, marks
from engine.tables.names import CLOCK, KEY, PKS
from engine.tables.pack import pack

TOGETHER = 5_000
"""Rows held in memory at a time."""


def free(state: State, crr: Crr) -> None:
    """Convert one of cr-sqlite's tables into an ordinary one, to which any program can write again.

    The next capture compares all of it, as its triggers may not have recorded everything.
    """
    db, table = state.cursor().connection, crr.table
    mark = state.catalogue().marks.get(crr.name)
    latest = db.execute(f"SELECT max(db_version) FROM {main(crr.name + CLOCK)}").get or 0
    state.keep_floor(max(state.db_version(), latest))  # this transaction may have recorded some of it
    entry = layout.create(db, table.name, crr.key, crr.columns)
    records = Records(db, entry)
    rows = _rows_of(db, crr, entry)
    while chunk := list(islice(rows, TOGETHER)):
        numbers = records.put_new([(pack(_spelled(key)), row) for key, row in chunk])
        see(db, entry, [(r, *key) for r, (key, row) in zip(numbers, chunk, strict=True) if row.alive])
    drop_triggers(db, table.name, table)
    kept_records.drop(db, crr.name)
    db.execute(f"DROP TABLE {main(crr.name + CLOCK)}; DROP TABLE {main(crr.name + PKS)}")
    triggers.make(db, entry)
    if mark is not None:
        table_marks.put_again(db, OrdinaryTable(entry, table, db.pragma("encoding")), mark)
        coverage.keep_columns(db, crr.name, crr.slots, entry.slots)
    version = db.execute("PRAGMA main.schema_version").get
    register.save(db, replace(entry, schema=version, due=""))


def _rows_of(db: apsw.Connection, crr: Crr, entry: Entry) -> Iterator[tuple[tuple[SQLiteValue, ...], Row]]:
    """Yield the rows that a CRR has records of, each with its key."""
    sql = (
        f"SELECT p.{KEY}, c.col_name, c.col_version, c.db_version, c.site_id, {idents(crr.key, prefix='p.')}"
        f" FROM {main(crr.name + PKS)} AS p CROSS JOIN {main(crr.name + CLOCK)} AS c ON c.key = p.{KEY}"
        f" ORDER BY p.{KEY}"
    )
    rows: Iterator[tuple[Any, ...]] = db.execute(sql)
    for _, cells in groupby(rows, itemgetter(0)):
        length, sentinel, found = 1, None, dict[int, Cell]()
        known = list(cells)
        for _, column, col_version, db_version, site, *_ in known:
            cell = Cell(col_version, db_version, site)
            if column == SENTINEL:
                length, sentinel = col_version, cell
            elif column in entry.slots:
                found[entry.slots[column]] = cell
        yield tuple(known[0][5:]), _row(length, sentinel, found)


def _row(length: int, sentinel: Cell | None, cells: dict[int, Cell]) -> Row:
    if length % 2 == 0 or not cells:
        assert sentinel is not None
        return Row(length, set(), sentinel)
    [(stamp, _)] = Counter(cells.values()).most_common(1)
    row = Row(length, set(cells), stamp, {slot: cell for slot, cell in cells.items() if cell != stamp})
    if sentinel is not None and sentinel.db_version > max(cell.db_version for cell in cells.values()):
        row.stamp = stamp._replace(db_version=sentinel.db_version)  # who has not heard of the length yet, is told
    return row


def _spelled(key: tuple[SQLiteValue, ...]) -> list[SQLiteValue]:
    """Return a key as the records of ordinary tables spell it."""
    return [int(part) if type(part) is float and part.is_integer() else part for part in key]


def to_crr(state: State, entry: Entry, table: Table) -> None:
    """Convert an ordinary table into one of cr-sqlite's. The caller has checked that it can be one."""
    db = state.cursor().connection
    mark = marks(db).get((entry.name, entry.rows))
    state.keep_floor()
    kept_records.drop(db, table.name)
    create_tables(db, table)
    clock, pks = main(table.name + CLOCK), main(table.name + PKS)
    keys = ", ".join("?" * (1 + len(entry.key)))
    for number, key, row in _known(db, entry):
        db.execute(f"INSERT INTO {pks} ({KEY}, {idents(entry.key)}) VALUES ({keys})", (number, *key))
        cells: list[tuple[Any, ...]] = [
            (number, entry.column_of[slot], *cell, 0)
            for slot in sorted(row.covers)
            if slot in entry.column_of and (cell := row.cell(slot)) is not None
        ]
        if row.length != 1 or not cells:  # it is told with the row's first cell, as when the row came back
            written = min((cell[3:5] for cell in cells), default=row.stamp[1:])
            cells.append((number, SENTINEL, row.length, *written, 0))
        db.executemany(
            f"INSERT INTO {clock} (key, col_name, col_version, db_version, site_id, seq) VALUES (?, ?, ?, ?, ?, ?)",
            cells,
        )
    triggers.drop(db, entry)
    layout.drop(db, entry)
    build(state, table)
    crr = state.catalogue().tracking(table.name)
    if mark is not None and crr is not None:
        table_marks.put_again(db, crr, mark)
        coverage.keep_columns(db, crr.name, entry.slots, crr.slots)


def _known(db: apsw.Connection, entry: Entry) -> Iterator[tuple[int, tuple[SQLiteValue, ...], Row]]:
    """Yield the recorded rows: the number of each, its key as the table has it, and its stamps."""
    known = key_columns(entry)
    keys = ", ".join(f"ifnull(t.{ident(name)}, {value})" for name, value in zip(entry.key, known, strict=True))
    sql = (
        f"SELECT r.r, {FIELDS}, {keys} FROM main.{entry.rows} AS r LEFT JOIN {base(entry)} AS t ON"
        f" {base_is(entry, known)} WHERE r.r > ? ORDER BY r.r LIMIT {TOGETHER}"
    )
    after = -1
    while True:
        found: list[tuple[Any, ...]] = db.execute(sql, (after,)).fetchall()
        if not found:
            return
        entries = entries_of(db, entry, [row[0] for row in found])
        for number, length, covers, col_version, db_version, site, *key in found:
            row = row_of(length, covers, col_version, db_version, site)
            row.entries.update(entries.get(number, {}))
            yield number, tuple(key), row
        after = found[-1][0]
