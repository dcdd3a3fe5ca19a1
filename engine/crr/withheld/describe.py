"""Says which rows are held back, for a person."""

from __future__ import annotations

import apsw

from engine.change import SQLiteValue
from engine.crr.catalogue import Catalogue
from engine.crr.withheld.records import TABLE, Held, Why, as_held, exist
from engine.sqlite import invalid_text
from engine.sqlite.sql import idents, main
from engine.tables.names import KEY, PKS
from engine.tables.types import Waiting
from engine.text import printable, t

NAMED = 3
"""Rows that are named; the others are counted."""

_SHOWN = 40
"""Characters of a key's value."""


def waiting(db: apsw.Connection, tables: Catalogue) -> Waiting:
    """What waits. The caller holds a read transaction."""
    named: list[str] = []
    rows = 0
    if exist(db):
        told = f"FROM {TABLE} WHERE why != '{Why.GONE}'"
        rows = db.execute(f"SELECT count(*) {told}").get
        for row in db.execute(f"SELECT * {told} ORDER BY tbl, key LIMIT {NAMED}").fetchall():
            named.append(sentence(db, tables, as_held(row)))
    return Waiting(tuple(named), max(0, rows - NAMED))


def sentence(db: apsw.Connection, tables: Catalogue, held: Held) -> str:
    """Why a row waits."""
    row = t("“{table}”, row {db}", table=held.table, db=shown_key(db, tables, held))
    if held.why is Why.TEXT:
        return t("{row}: “{cid}” is not valid text, so that the row waits.", row=row, cid=held.cid)
    return t("{row}: its version is used up, so that it waits.", row=row)


def shown_key(db: apsw.Connection, tables: Catalogue, held: Held) -> str:
    """The key of a row, as it can be shown."""
    crr = tables.crrs.get(held.table)
    if crr is None:
        return str(held.key)
    sql = f"SELECT {idents(crr.key)} FROM {main(crr.name + PKS)} WHERE {KEY} = ?"
    for values in invalid_text.each(db, sql, (held.key,)):
        return ", ".join(map(_value, values))
    return str(held.key)


def _value(value: SQLiteValue) -> str:
    if isinstance(value, str):
        return f"“{printable(value, _SHOWN)}”"
    return f"x'{value[:_SHOWN].hex()}'" if isinstance(value, bytes) else str(value)
