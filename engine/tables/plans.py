"""Tables as plans and shapes, which describe them to another side (``engine.table_plan``, ``engine.table_shape``)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from types import MappingProxyType

import apsw

from engine.change import SQLiteValue
from engine.sqlite.invalid_text import each
from engine.sqlite.sql import ident, literal
from engine.sqlite.values import Affinity, Storage
from engine.table_plan import Collation, ColumnPlan, Kind, TablePlan
from engine.table_shape import ColumnType, Shape
from engine.tables.ddl_tokens import column_definitions
from engine.tables.defaults import is_null, value_of
from engine.tables.introspect import Column
from engine.tables.types import DescribedTable

NOTHING: Mapping[str, str] = MappingProxyType({})

LONGEST = 200
"""The most characters or bytes of a default that a shape contains; a longer one becomes a digest."""

_KINDS = {
    Affinity.INTEGER: Kind.INT,
    Affinity.REAL: Kind.REAL,
    Affinity.TEXT: Kind.TEXT,
    Affinity.NUMERIC: Kind.NUMERIC,
    Affinity.NONE: Kind.ANY,
}
_TYPES = {
    Kind.ANY: "",
    Kind.TEXT: "TEXT",
    Kind.NUMERIC: "NUMERIC",
    Kind.INTEGER: "INTEGER",
    Kind.REAL: "REAL",
    Kind.INT: "INT",
}
_STRICT_TYPES = {Kind.ANY: "ANY", Kind.NUMERIC: "ANY"}
_CLASSES = {Kind.TEXT: "text", Kind.INTEGER: "integer", Kind.INT: "integer", Kind.REAL: "real"}
"""The storage class that a STRICT table accepts in a column of a kind, beside NULL."""


def plan_of(db: apsw.Connection, table: DescribedTable, refers: Mapping[str, str] = NOTHING) -> TablePlan:
    """Return the plan of a synced table.

    A default that is not a plain value is left out, as it differs from row to row.

    Args:
        refers: the columns that refer to rows by numbers assigned by SQLite, each with the table of these rows.
    """
    known = {*table.key, *table.columns}
    columns = [
        ColumnPlan(
            column.name,
            _kind(column, table),
            _collation(column),
            _place(column, table),
            None if column.name in refers else value_of(column.default),
            refers.get(column.name, ""),
        )
        for column in table.table.columns
        if column.name in known
    ]
    strict = table.table.strict or _checks_types(db, table.table.name, columns)
    return TablePlan(table.name, tuple(columns), strict, table.table.rowid)


def shape_of(
    db: apsw.Connection, table: DescribedTable, storage: Storage, refers: Mapping[str, str] = NOTHING
) -> Shape:
    """Return the shape of a synced table; ``refers`` as in ``plan_of``."""
    columns = {column.name: column for column in table.table.columns}
    types = tuple(
        _type_of(columns[name], table, storage)._replace(refers=refers.get(name, ""))
        for name in (*table.key, *table.columns)
    )
    return Shape(table.name, table.key, table.columns, types, plan_of(db, table).strict, table.table.rowid)


def _type_of(column: Column, table: DescribedTable, storage: Storage) -> ColumnType:
    in_key = _place(column, table) > 0
    default, expression = None if in_key else column.default, ""
    value = value_of(default)
    if value is not None:
        value = storage.stored(value, column.affinity)
        if isinstance(value, str | bytes) and len(value) > LONGEST:
            value = _digest(value)
    elif default is not None and not is_null(default):
        expression = " ".join(default.split())
        if len(expression) > LONGEST:
            expression = f"{expression[:LONGEST]}… {_digest(expression).hex()}"
    required = column.not_null and column.default is None and not in_key
    return ColumnType(_kind(column, table), _collation(column), value, expression, required=required)


def _place(column: Column, table: DescribedTable) -> int:
    """Return a column's place in the key, from 1, even if the key is only a unique index; 0 if it is not in it."""
    return table.key.index(column.name) + 1 if column.name in table.key else 0


def _kind(column: Column, table: DescribedTable) -> Kind:
    is_integer = column.declared.upper() == "INTEGER" and (column.key > 0 or column.name not in table.key)
    return Kind.INTEGER if is_integer else _KINDS[column.affinity]


def _collation(column: Column) -> Collation:
    return Collation.__members__.get(column.collation, Collation.BINARY)


def _digest(value: str | bytes) -> bytes:
    return hashlib.blake2b(value if isinstance(value, bytes) else value.encode(), digest_size=16).digest()


def column_sql(column: ColumnPlan, *, checked: bool, strict: bool = False, added: bool = False) -> str:
    """Return a column's definition for CREATE TABLE or ALTER TABLE.

    Args:
        checked: whether it accepts only values of its own type, as in a STRICT table.
        strict: whether the table is STRICT.
        added: whether it is added to an existing table, which then needs its foreign key to say what it refers to.
    """
    words = [ident(column.name), _STRICT_TYPES.get(column.kind, _TYPES[column.kind]) if strict else _TYPES[column.kind]]
    if column.collation is not Collation.BINARY:
        words.append(f"COLLATE {column.collation.name}")
    if column.key:
        words.append("NOT NULL")
    elif column.default is not None:
        words.append(f"DEFAULT {_literal(column.default)}")
    if checked and not strict and column.kind in _CLASSES:
        words.append(_check(column))
    if added and column.refers:
        words.append(f"REFERENCES {ident(column.refers)}")
    return " ".join(words)


def _check(column: ColumnPlan) -> str:
    return f"CHECK (typeof({ident(column.name)}) IN ('{_CLASSES[column.kind]}', 'null'))"


def _checks_types(db: apsw.Connection, table: str, columns: list[ColumnPlan]) -> bool:
    """Return whether the table was made here from a STRICT one, and so counts as STRICT for the next copy."""
    typed = [column for column in columns if column.kind is not Kind.ANY]
    [(sql,)] = each(db, "SELECT sql FROM main.sqlite_master WHERE type = 'table' AND name = ?", (table,))
    definitions = column_definitions(sql)
    return bool(typed) and all(
        column.kind in _CLASSES and definitions.get(column.name.lower(), "").endswith(_check(column))
        for column in typed
    )


def _literal(value: SQLiteValue) -> str:
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else f"{'-' * (value < 0)}9e999"
    return literal(value) if isinstance(value, str) else str(value)
