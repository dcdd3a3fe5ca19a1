"""Says which rows are held back, for a person."""

from __future__ import annotations

import apsw

from engine.change import SQLiteValue
from engine.crr.catalogue import Catalogue
from engine.crr.withheld.records import TABLE, Held, Why, as_held, exist
from engine.sqlite import invalid_text
from engine.sqlite.sql import idents, main
from engine.tables.names import KEY, PKS
from engine.tables.types import Waiting, WaitingRow
from engine.text import joined, printable, t

NAMED = 3
"""Rows that are named; the others are counted."""

_SHOWN = 40
"""Characters of a key's value."""


def waiting(db: apsw.Connection, tables: Catalogue) -> Waiting:
    """Return what waits. The caller holds a read transaction."""
    if not exist(db):
        return Waiting()
    told = f"FROM {TABLE} WHERE why != '{Why.GONE}'"
    count = dict(db.execute(f"SELECT why, count(*) {told} GROUP BY why"))
    found = db.execute(f"SELECT * {told} ORDER BY tbl, key LIMIT {NAMED}").fetchall()
    rows = tuple(describe(db, tables, as_held(row)) for row in found)
    correct = t("Once the text is corrected, or stored as a BLOB, the row is sent.")
    hints = (correct,) if Why.TEXT in count else ()
    return Waiting(rows, sum(count.values()) - len(rows), hints=hints, repairable=Why.VERSION in count)


def describe(db: apsw.Connection, tables: Catalogue, held: Held) -> WaitingRow:
    """Return which row is withheld, and why."""
    key = shown_key(db, tables, held)
    why = t("“{column}” is not valid text", column=held.cid) if held.why is Why.TEXT else t("its version is exhausted")
    reason = t("“{table}”, row {key} cannot be sent: {why}.", table=held.table, key=key, why=why)
    return WaitingRow(held.table, key, reason)


def shown_key(db: apsw.Connection, tables: Catalogue, held: Held) -> str:
    """The key of a row, as it can be shown."""
    crr = tables.crrs.get(held.table)
    if crr is None:
        return str(held.key)
    sql = f"SELECT {idents(crr.key)} FROM {main(crr.name + PKS)} WHERE {KEY} = ?"
    for values in invalid_text.each(db, sql, (held.key,)):
        return joined(", ", map(_value, values))
    return str(held.key)


def _value(value: SQLiteValue) -> str:
    if isinstance(value, str):
        return t("“{name}”", name=printable(value, _SHOWN))
    return f"x'{value[:_SHOWN].hex()}'" if isinstance(value, bytes) else str(value)
