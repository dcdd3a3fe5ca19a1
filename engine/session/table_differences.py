"""How a table that both sides have differs between them: so that it cannot be synced, or that a person should know."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain

from engine.change import SQLiteValue
from engine.table_plan import Kind
from engine.table_shape import ColumnType, Shape
from engine.text import Text, counted, printable, sentences, t

from .table_texts import HERE, THERE, default_text, names, type_name

_STORES = {Kind.NUMERIC: Kind.NUMERIC, Kind.INTEGER: Kind.NUMERIC, Kind.INT: Kind.NUMERIC}
"""Column affinities that treat every value alike (https://sqlite.org/datatype3.html, section 3)."""


def difference(
    here: Shape, there: Shape, *, partly: bool = False, apart: Collection[str] = (), hides: bool = False
) -> str:
    """Say why a table of both sides cannot be synced, for the person on this side; '' if it can.

    Args:
        partly: as in ``compare``.
        apart: the tables that one side alone has. A side that refers to one of them where the other refers elsewhere
            has most likely renamed it: the global keys of rows do not hold the table's name.
        hides: both sides hide rows of which a column outside the key would change a value.
    """
    table = names([here.name])
    if here.key != there.key:
        mine, theirs = (", ".join(printable(name, 40) for name in key[:9]) for key in (here.key, there.key))
        return t(
            "The primary key of the table {table} is ({here}) on this side, and ({there}) on the other.",
            table=table,
            here=mine,
            there=theirs,
        )
    lacking = [
        counted(
            len(more),
            t("The table {table} lacks the column {columns} on {side}.", side=side, table=table, columns=names(more)),
            t("The table {table} lacks the columns {columns} on {side}.", side=side, table=table, columns=names(more)),
        )
        for one, other, side in ((here, there, THERE), (there, here, HERE))
        if (more := set(one.columns) - set(other.columns))
    ]
    if lacking and not partly:
        wait = t("Nothing is lost: the table is synced as soon as both sides have the same columns.")
        return sentences(*lacking, wait)
    for shape, lacks, side in ((here, there, THERE), (there, here, HERE)):
        needed = _needed(shape).difference(lacks.columns)
        if needed:
            return t(
                "The table {table} lacks the column {column} on {side}, and on the other every row needs a value for"
                " it. Nothing is lost: the table is synced as soon as both sides have the column, or it has a default.",
                table=table,
                column=names([min(needed)]),
                side=side,
            )
    for name, one, other in _pairs(here, there):
        renamed = one.refers and other.refers and not {one.refers, other.refers}.isdisjoint(apart)
        if one.refers != other.refers and not renamed:
            return _refer_otherwise(here, name, one.refers, other.refers)
    if not here.types or not there.types:
        for name in here.refers or there.refers:
            return _refer_otherwise(here, name, here.refers.get(name, ""), there.refers.get(name, ""))
    for name, one, other in _pairs(here, there):
        if not stores_alike(one.kind, other.kind) and (name in here.key or not hides):
            return t(
                "The column {column} of the table {table} has the type {here} on this side and "
                "{there} on the other, which would change values. Give it the same type on both sides.",
                column=names([name]),
                table=table,
                here=type_name(one),
                there=type_name(other),
            )
        if name in here.key and one.collation is not other.collation:
            return t(
                "The key column {column} of the table {table} has the collation {here} on this side "
                "and {there} on the other: some keys are one row on one side and two on the other. "
                "Give it the same collation on both sides.",
                column=names([name]),
                table=table,
                here=one.collation.name,
                there=other.collation.name,
            )
    return ""


def _needed(shape: Shape) -> set[str]:
    """Return the columns outside the key that every row must have a value for."""
    types = shape.types[len(shape.key) :]
    return {name for name, one in zip(shape.columns, types, strict=False) if one.required}


def _refer_otherwise(shape: Shape, column: str, here: str, there: str) -> Text:
    """Say why a table cannot be synced in which a column refers to auto-numbered rows on one side only, or to those of
    another table."""
    table = names([shape.name])
    if here and there:
        return t(
            "The column {column} of the table {table} refers to {here} on this side and to {there} on the other.",
            column=names([column]),
            table=table,
            here=names([here]),
            there=names([there]),
        )
    if shape.name in (here, there) and column in shape.key:
        return t(
            "On {side}, each machine hands out the numbers that are the key of the table {table}; on {other}, they are"
            " synced as they are. Make the table syncable in the same way on both sides, with --own-numbers or"
            " --same-numbers.",
            side=HERE if here else THERE,
            other=THERE if here else HERE,
            table=table,
        )
    found = t(
        "On {side}, the column {column} of the table {table} refers to rows of {root}; on {other}, it does not.",
        side=HERE if here else THERE,
        other=THERE if here else HERE,
        column=names([column]),
        table=table,
        root=names([here or there]),
    )
    if column in shape.key:  # of these it cannot be declared later
        return found
    return sentences(found, t("On {other}, “syncline relate” declares that.", other=THERE if here else HERE))


def harmless(here: Shape, there: Shape, *, hides: bool = False) -> Iterator[str]:
    """Say what else differs in a table that is synced all the same; ``hides`` as in ``difference``."""
    table = names([here.name])
    for name, mine, theirs in _pairs(here, there):
        if hides and not stores_alike(mine.kind, theirs.kind):
            yield t(
                "The column {column} of the table {table} has the type {here} on this side and {there} on the other: "
                "a row whose value one of them would change is hidden on that side.",
                column=names([name]),
                table=table,
                here=type_name(mine),
                there=type_name(theirs),
            )
        if name not in here.key and not _same_default(mine, theirs):
            yield t(
                "The column {column} of the table {table} has the default {here} on this side and "
                "{there} on the other: in rows older than the column, each side may show its own.",
                column=names([name]),
                table=table,
                here=default_text(mine),
                there=default_text(theirs),
            )
    for one, other, side in ((here, there, HERE), (there, here, THERE)):
        if one.types and other.types:
            yield from _refuses(one, other, side, hides=hides)


def _refuses(one: Shape, other: Shape, side: str, *, hides: bool) -> Iterator[str]:
    """Say what the table on ``side`` refuses and the other one takes."""
    table = names([one.name])
    if numbered(one) and not numbered(other):
        if hides:
            yield t(
                "On {side}, the table {table} accepts only integer keys; any other row is hidden.",
                table=table,
                side=side,
            )
        else:
            yield t(
                "On {side}, the table {table} accepts only integer keys, and syncing stops at any other.",
                table=table,
                side=side,
            )
    if one.strict and not other.strict:
        if hides:
            yield t(
                "On {side}, the table {table} accepts only values of its columns' types; any other row is hidden.",
                table=table,
                side=side,
            )
        else:
            yield t(
                "On {side}, the table {table} accepts only values of its columns' types, and syncing stops"
                " at any other.",
                table=table,
                side=side,
            )


def stores_alike(one: Kind, other: Kind) -> bool:
    """Return whether columns of these types store every value that both take in the same way."""
    return _STORES.get(one, one) is _STORES.get(other, other)


def numbered(shape: Shape) -> bool:
    """Return whether the key is the rowid, which is an integer."""
    return shape.rowid and len(shape.key) == 1 and shape.types[:1] != () and shape.types[0].kind is Kind.INTEGER


def _pairs(here: Shape, there: Shape) -> Iterator[tuple[str, ColumnType, ColumnType]]:
    """Yield the columns that both have, with what each side tells about them."""
    theirs = dict(zip(chain(there.key, there.columns), there.types, strict=False))
    for name, mine in zip(chain(here.key, here.columns), here.types, strict=False):
        if name in theirs:
            yield name, mine, theirs[name]


def _same_default(one: ColumnType, other: ColumnType) -> bool:
    return _typed(one.default) == _typed(other.default) and one.expression == other.expression


def _typed(value: SQLiteValue) -> tuple[type, SQLiteValue]:
    return type(value), value
