"""Table plans (``engine.table_plan``) as bytes, for a hub that makes a room."""

from __future__ import annotations

import math
import struct
from enum import IntEnum
from typing import TypeVar

from engine.change import SQLiteValue
from engine.errors import WireError
from engine.table_plan import Collation, ColumnPlan, Kind, TablePlan
from engine.text import t
from engine.wire.change_codec import BIGINT, BLOB, NULL, NUMBER, STRING
from engine.wire.primitives import MAX_NAME, Reader, put_bool, put_i64, put_string, put_varuint

E = TypeVar("E", bound=IntEnum)

_F64 = struct.Struct(">d")
REFERS = 8
"""Added to the kind of a column that holds row numbers assigned by SQLite: the name of their table follows."""

_SMALLEST_TABLE = 4
_SMALLEST_COLUMN = 5


def put_plans(out: bytearray, plans: tuple[TablePlan, ...]) -> None:
    """Append the number of tables and their plans."""
    put_varuint(out, len(plans))
    for name, columns, strict, rowid in plans:
        put_string(out, name)
        put_bool(out, strict)
        put_bool(out, rowid)
        put_varuint(out, len(columns))
        for column, kind, collation, key, default, refers in columns:
            put_string(out, column)
            put_varuint(out, int(kind) | bool(refers) * REFERS)
            put_varuint(out, int(collation))
            put_varuint(out, key)
            put_value(out, default)
            if refers:
                put_string(out, refers)


def take_plans(reader: Reader) -> tuple[TablePlan, ...]:
    """Read what ``put_plans`` wrote.

    Raises:
        WireError: it is malformed.
    """
    return tuple(_take_table(reader) for _ in range(reader.tables(_SMALLEST_TABLE)))


def _take_table(reader: Reader) -> TablePlan:
    name, strict, rowid = reader.string(MAX_NAME), reader.flag(), reader.flag()
    columns = tuple(_take_column(reader) for _ in range(reader.count(_SMALLEST_COLUMN)))
    return TablePlan(name, columns, strict, rowid)


def _take_column(reader: Reader) -> ColumnPlan:
    name, kind = reader.string(MAX_NAME), reader.varuint()
    column = ColumnPlan(
        name,
        _one_of(kind & ~REFERS, Kind),
        _one_of(reader.varuint(), Collation),
        reader.varuint(),
        take_value(reader),
    )
    return column._replace(refers=reader.string(MAX_NAME)) if kind & REFERS else column


def _one_of(number: int, kind: type[E]) -> E:
    """Return the member of an enum with this number; raise WireError if there is none."""
    try:
        return kind(number)
    except ValueError:
        name = kind.__name__.lower()
        raise WireError(t("{number} is not a valid {property} of a column.", number=number, property=name)) from None


def put_value(out: bytearray, value: SQLiteValue) -> None:
    """Append a default's type byte and value.

    Raises:
        WireError: the value is of no SQLite type.
    """
    if value is None:
        out.append(NULL)
    elif type(value) is int:
        out.append(BIGINT)
        put_i64(out, value)
    elif type(value) is float:
        out.append(NUMBER)
        out += _F64.pack(value)
    elif type(value) is str:
        out.append(STRING)
        put_string(out, value)
    elif type(value) is bytes:
        out.append(BLOB)
        put_varuint(out, len(value))
        out += value
    else:
        raise WireError(t("{type} is not a type for a default.", type=type(value).__name__))


def take_value(reader: Reader) -> SQLiteValue:
    """Read what ``put_value`` wrote.

    Raises:
        WireError: it is malformed, or not a number (NaN).
    """
    kind = reader.take(1)[0]
    if kind == NULL:
        return None
    if kind == BIGINT:
        return reader.i64()
    if kind == NUMBER:
        number: float = _F64.unpack(reader.take(8))[0]
        if math.isnan(number):
            raise WireError(t("A column's default is not a number."))
        return number
    if kind == STRING:
        return reader.string()
    if kind == BLOB:
        return reader.take(reader.varuint())
    raise WireError(t("{value} is not a kind of default.", value=kind))
