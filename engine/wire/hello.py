"""The greeting as bytes: what protocol 2 has of it, and what each later number adds.

Protocol 3 adds the types of columns and the parked tables; 4, which rows belong together; 5, which columns no row can
lack; 6, the foreign keys that apps violate. A greeting begins with its number.
"""

from __future__ import annotations

from itertools import product

from engine.errors import WireError
from engine.table_plan import Collation, Kind
from engine.table_shape import UNKNOWN, ColumnType, Dataset, Parked, Shape
from engine.text import Text, packed, t, unpacked
from engine.wire.messages import COLUMNS, JOINING, LOOSE, TYPED, Hello
from engine.wire.plans import put_value, take_value
from engine.wire.primitives import (
    MAX_NAME,
    Reader,
    put_bool,
    put_i64,
    put_name,
    put_names,
    put_site,
    put_string,
    put_varuint,
    put_version,
    take_version,
)

MAX_REASON = 2_000
"""Bytes of the longest reason for a parked table."""

MAX_IDS = 64
"""The most dataset ids accepted for one table."""

MAX_LOOSE = 64
"""The most foreign keys of one table that are named as violated by apps."""

EXPRESSION = 6
"""The kind of a default that is an expression, not a value: its text follows."""

_EXPRESSION = bytes([EXPRESSION])
_SMALLEST = 3
_SMALLEST_TYPED = 4
_SMALLEST_PARKED = 2
_DEFAULT = 32
_REFERS = 64
_REQUIRED = 128
_TYPES = {kind | collation << 3: ColumnType(kind, collation) for kind, collation in product(Kind, Collation)}


def put_hello(out: bytearray, hello: Hello) -> None:
    """Append the body of a Hello, in its own protocol number.

    Raises:
        WireError: something in it cannot be sent.
    """
    put_varuint(out, hello.protocol)
    put_site(out, hello.site_id)
    put_version(out, hello.db_version)
    put_string(out, hello.schema_name)
    put_i64(out, hello.schema_version)
    put_varuint(out, len(hello.tables))
    for shape in hello.tables:
        name, key, columns, *_ = shape
        put_name(out, name)
        put_names(out, key)
        put_names(out, columns)
        if hello.protocol >= TYPED:
            _put_types(out, shape, required=hello.protocol >= COLUMNS)
    if hello.protocol >= TYPED:
        put_varuint(out, len(hello.parked))
        for parked in hello.parked:
            put_name(out, parked.name)
            put_string(out, _sent_reason(parked.reason))
    if hello.protocol >= JOINING:
        _put_datasets(out, hello)
    if hello.protocol >= LOOSE:
        for shape in hello.tables:
            told = shape.loose[:MAX_LOOSE]
            put_varuint(out, len(told))
            for columns in told:
                put_names(out, columns)


def _put_datasets(out: bytearray, hello: Hello) -> None:
    for here, ordinary, awaited, mixed in hello.datasets or (UNKNOWN,) * len(hello.tables):
        put_bool(out, ordinary)
        for ids in (here, awaited, mixed):
            put_varuint(out, len(ids))
            for one in ids:
                put_site(out, one)


def _sent_reason(reason: str) -> str:
    """Return the reason as a packed template, which the other side can translate; in English if that is too long."""
    template = packed(reason) if isinstance(reason, Text) else reason
    sent = template if len(template.encode()) <= MAX_REASON else reason
    return sent.encode()[:MAX_REASON].decode(errors="ignore")


def take_hello(reader: Reader) -> Hello:
    """Read the body of a Hello.

    Raises:
        WireError: it is malformed.
    """
    protocol, site_id, db_version = reader.varuint(), reader.site(), take_version(reader)
    schema_name, schema_version = reader.string(), reader.i64()
    if protocol < TYPED:
        tables = tuple(Shape(reader.string(MAX_NAME), reader.names(), reader.names()) for _ in _each(reader, _SMALLEST))
        return Hello(protocol, site_id, db_version, schema_name, schema_version, tables)
    tables = tuple(_take_shape(reader, required=protocol >= COLUMNS) for _ in _each(reader, _SMALLEST_TYPED))
    parked = tuple(
        Parked(reader.string(MAX_NAME), unpacked(reader.string(MAX_REASON))) for _ in _each(reader, _SMALLEST_PARKED)
    )
    datasets = tuple(_take_dataset(reader) for _ in tables) if protocol >= JOINING else ()
    if protocol >= LOOSE:
        tables = tuple(shape._replace(loose=_take_loose(reader)) for shape in tables)
    return Hello(protocol, site_id, db_version, schema_name, schema_version, tables, parked, datasets)


def _take_loose(reader: Reader) -> tuple[tuple[str, ...], ...]:
    """Read the foreign keys of one table that apps violate, each as its columns."""
    count = reader.varuint()
    if count > MAX_LOOSE:
        raise WireError(
            t("A table has {count} loose foreign keys; the limit is {limit}.", count=count, limit=MAX_LOOSE)
        )
    return tuple(reader.names() for _ in range(count))


def _take_dataset(reader: Reader) -> Dataset:
    ordinary = reader.flag()
    return Dataset(_take_ids(reader), ordinary, _take_ids(reader), _take_ids(reader))


def _take_ids(reader: Reader) -> tuple[bytes, ...]:
    count = reader.varuint()
    if count > MAX_IDS:
        raise WireError(t("A table has {count} dataset ids; the limit is {limit}.", count=count, limit=MAX_IDS))
    return tuple(reader.site() for _ in range(count))


def _each(reader: Reader, smallest: int) -> range:
    """Read a number of tables, each of at least ``smallest`` bytes, as a range to loop over."""
    return range(reader.tables(smallest))


def _put_types(out: bytearray, shape: Shape, *, required: bool) -> None:
    """Append a table's layout and its column types; a single 0 if they are unknown."""
    if not shape.types:
        out.append(0)
        return
    if len(shape.types) != len(shape.key) + len(shape.columns):
        raise WireError(
            t("The table {table:.40} cannot be sent: it does not have a type for each column.", table=shape.name)
        )
    out.append(1 | shape.strict << 1 | (not shape.rowid) << 2)
    later = bytearray()
    for kind, collation, default, expression, refers, needed in shape.types:
        told = default is not None or bool(expression)
        flags = told * _DEFAULT | bool(refers) * _REFERS | (required and needed) * _REQUIRED
        out.append(kind | collation << 3 | flags)
        if expression:
            later.append(EXPRESSION)
            put_string(later, expression)
        elif told:
            put_value(later, default)
        if refers:
            put_name(later, refers)
    out += later


def _take_shape(reader: Reader, *, required: bool) -> Shape:
    name, key, columns = reader.string(MAX_NAME), reader.names(), reader.names()
    layout = reader.take(1)[0]
    if not layout:
        return Shape(name, key, columns)
    if layout > 7 or not layout & 1:
        raise WireError(t("{value} is not a kind of table.", value=layout))
    codes = reader.take(len(key) + len(columns))
    try:
        flags = _DEFAULT | _REFERS | required * _REQUIRED
        types = [_TYPES[code & ~flags] for code in codes]
    except KeyError as error:
        raise WireError(t("{value} is not a column type.", value=error)) from None
    if max(codes, default=0) >= _DEFAULT:
        told = zip(codes, types, strict=True)
        types = [_with_more(one, code, reader) for code, one in told]
    return Shape(name, key, columns, tuple(types), bool(layout & 2), not layout & 4)


def _with_more(one: ColumnType, code: int, reader: Reader) -> ColumnType:
    """Add what a column's flags announce: a default, whether it is required, the table it refers to."""
    if code & _DEFAULT:
        one = _with_default(one, reader)
    if code & _REQUIRED:
        one = one._replace(required=True)
    return one._replace(refers=reader.string(MAX_NAME)) if code & _REFERS else one


def _with_default(one: ColumnType, reader: Reader) -> ColumnType:
    if reader.data[reader.pos : reader.pos + 1] == _EXPRESSION:
        reader.pos += 1
        return ColumnType(one.kind, one.collation, None, reader.string())
    return ColumnType(one.kind, one.collation, take_value(reader))
