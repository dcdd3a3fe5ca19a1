"""Tables as plans: read from a file for another side, and made anew from one (``engine.plan``)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

import apsw

from engine.change import SQLiteValue
from engine.crr.catalogue import Crr
from engine.crr.sql import ident, idents, literal, main
from engine.crr.values import Affinity
from engine.plan import Collation, ColumnPlan, Kind, TablePlan

_LITERAL = re.compile(
    r"[+-]?[0-9.]+(e[+-]?[0-9]+)?|[+-]?0x[0-9a-f]+|x?'([^']|'')*'|null|true|false", re.IGNORECASE | re.ASCII
)

_KINDS = {
    Affinity.INTEGER: Kind.INT,
    Affinity.REAL: Kind.REAL,
    Affinity.TEXT: Kind.TEXT,
    Affinity.NUMERIC: Kind.NUMERIC,
    Affinity.NONE: Kind.ANY,
}
_TYPES = {Kind.ANY: "", Kind.TEXT: "TEXT", Kind.NUMERIC: "NUMERIC", Kind.INTEGER: "INTEGER", Kind.REAL: "REAL"}


def plan_of(db: apsw.Connection, crr: Crr) -> TablePlan:
    """The plan of a CRR. A default that is no plain value is left out: it differs from row to row."""
    table = crr.table.name
    sql = "SELECT wr, strict FROM pragma_table_list WHERE schema = 'main' AND name = ?"
    [(rowless, strict)] = db.execute(sql, (table,)).fetchall()
    columns = []
    for column in crr.table.columns:
        if column.hidden:
            continue
        declared, collation, *_ = db.column_metadata("main", table, column.name)
        kind = Kind.INTEGER if (declared or "").upper() == "INTEGER" else _KINDS[column.affinity]
        known = Collation.__members__.get((collation or "").upper(), Collation.BINARY)
        columns.append(ColumnPlan(column.name, kind, known, column.key, _value(column.default)))
    return TablePlan(crr.name, tuple(columns), bool(strict), not rowless)


def create(db: apsw.Connection, plan: TablePlan) -> None:
    """Make a table as planned, and a CRR of it. The plan was checked with ``check_plans``.

    Only keys are NOT NULL: what this side takes must never be less than what the other side may send.
    """
    parts = [column_sql(column, strict=plan.strict) for column in plan.columns]
    key = [column.name for column in sorted(plan.columns, key=lambda column: column.key) if column.key]
    parts.append(f"PRIMARY KEY ({idents(key)})")
    options = ["STRICT"] * plan.strict + ["WITHOUT ROWID"] * (not plan.rowid)
    db.execute(f"CREATE TABLE {main(plan.name)} ({', '.join(parts)}) {', '.join(options)}")
    db.execute("SELECT crsql_as_crr(?)", (plan.name,)).fetchall()


def create_all(db: apsw.Connection, plans: Iterable[TablePlan], *, equal_values: bool) -> None:
    """Make all tables of a new file, set as the other side's is (``Replica.merges_equal_values``)."""
    for plan in plans:
        create(db, plan)
    db.execute("SELECT crsql_config_set('merge-equal-values', ?)", (int(equal_values),)).fetchall()


def column_sql(column: ColumnPlan, *, strict: bool) -> str:
    """A column as CREATE TABLE and ALTER TABLE take it."""
    words = [ident(column.name), _type(column.kind, strict=strict)]
    if column.collation is not Collation.BINARY:
        words.append(f"COLLATE {column.collation.name}")
    if column.key:
        words.append("NOT NULL")
    elif column.default is not None:
        words.append(f"DEFAULT {_literal(column.default)}")
    return " ".join(words)


def _type(kind: Kind, *, strict: bool) -> str:
    if kind is Kind.INT:
        return "INT"
    if strict and kind in (Kind.ANY, Kind.NUMERIC):
        return "ANY"
    return _TYPES[kind]


def _value(default: str | None) -> SQLiteValue:
    """The value that a default stands for, if it is a plain one."""
    text = (default or "").strip()
    while text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
    if not _LITERAL.fullmatch(text):
        return None
    scratch = apsw.Connection(":memory:")
    try:
        value: SQLiteValue = scratch.execute(f"SELECT {text}").get
    except apsw.Error:
        return None
    finally:
        scratch.close()
    return None if isinstance(value, str) and "\0" in value else value


def _literal(value: SQLiteValue) -> str:
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else f"{'-' * (value < 0)}9e999"
    return literal(value) if isinstance(value, str) else str(value)
