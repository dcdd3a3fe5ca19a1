"""What two sides have in common, by what they tell of their tables: only what both have alike is exchanged."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from engine.change import SQLiteValue
from engine.table_plan import Kind
from engine.table_shape import ColumnType, Parked, ParkedTable, Shape, Where
from engine.text import Text, counted, joined, printable, sentences, t

HERE, THERE = t("this side"), t("the other side")

_WORDS = 500
"""Characters of the other side's words that are shown."""

_SAID = 3
"""Sentences of a kind that are shown together."""

_STORES = {Kind.NUMERIC: Kind.NUMERIC, Kind.INTEGER: Kind.NUMERIC, Kind.INT: Kind.NUMERIC}
"""Kinds that do the same to every value (https://sqlite.org/datatype3.html, section 3)."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two sides have in common.

    Attributes:
        common: the tables that are synced, by name and in order.
        parked: those that both have and that are not, for now.
        only_here, only_there: the tables that one side lacks: left out until it has them.
        differences: what differs in a table that is synced all the same, one sentence each.
        problem: a sentence when nothing can be synced, else empty.
        elsewhere: the same, as the person at the other side should read it.
    """

    common: tuple[str, ...]
    parked: tuple[ParkedTable, ...]
    only_here: tuple[str, ...]
    only_there: tuple[str, ...]
    differences: tuple[str, ...] = ()
    problem: str = ""
    elsewhere: str = ""

    @property
    def note(self) -> str:
        """What to say of the tables that are synced, and of those that one side lacks; empty when there is nothing."""
        parts = [
            t("{tables} (only on {where})", tables=names(tables), where=where)
            for tables, where in ((self.only_here, HERE), (self.only_there, THERE))
            if tables
        ]
        left_out = t("Left out: {tables}.", tables=joined(", ", parts)) if parts else ""
        return sentences(*self.differences[:_SAID], left_out)


def compare(
    here: Sequence[Shape], there: Sequence[Shape], parked: Sequence[Parked] = (), parked_there: Sequence[Parked] = ()
) -> Comparison:
    """Compare our tables with the other side's, and those that are parked on either. Both sides find the same.

    The order of columns does not matter, that of a key does. Of a side that tells no types, none are compared.
    """
    ours, others = _Side(here, parked), _Side(there, parked_there)
    held = tuple(_parked(ours, others))
    both = ours.tables.keys() & others.tables.keys() - {one.table for one in held}
    common = tuple(sorted(both))
    differences = tuple(one for name in common for one in harmless(ours.tables[name], others.tables[name]))
    problem = elsewhere = ""
    if held and not common:
        problem, elsewhere = together(held), together(tuple(_parked(others, ours)))
    elif not common:
        mine, theirs = names(ours.tables), names(others.tables)
        problem = t(
            "The two sides have no table in common: {here} on this side, {there} on the other.",
            here=mine,
            there=theirs,
        )
        elsewhere = t(
            "The two sides have no table in common: {here} on this side, {there} on the other.",
            here=theirs,
            there=mine,
        )
    only_here, only_there = ours.tables.keys() - others.known, others.tables.keys() - ours.known
    return Comparison(
        common, held, tuple(sorted(only_here)), tuple(sorted(only_there)), differences, problem, elsewhere
    )


class _Side:
    """What one side tells: its synced ``tables`` by name, why others are ``parked``, and all names that it knows."""

    def __init__(self, shapes: Sequence[Shape], parked: Sequence[Parked]) -> None:
        self.tables = {shape.name: shape for shape in shapes}
        self.parked = dict(parked)
        self.known = self.tables.keys() | self.parked.keys()


def parked_here(parked: Parked) -> ParkedTable:
    """A table that is parked in our own file."""
    sentence = t(
        "The table “{table}” cannot be synced: {reason}.",
        table=printable(parked.name, 40),
        reason=printable(parked.reason, _WORDS),
    )
    return ParkedTable(parked.name, sentence, Where.HERE)


def _parked(here: _Side, there: _Side) -> Iterator[ParkedTable]:
    for name in sorted(here.known & there.known):
        if name in here.parked:
            yield parked_here(Parked(name, here.parked[name]))
        elif name in there.parked:
            why = printable(there.parked[name], _WORDS)
            sentence = t(
                "The table “{table}” cannot be synced on the other side: {reason}.",
                table=printable(name, 40),
                reason=why,
            )
            yield ParkedTable(name, sentence, Where.THERE)
        elif why := difference(here.tables[name], there.tables[name]):
            yield ParkedTable(name, why, Where.BETWEEN)


def together(parked: Sequence[ParkedTable]) -> Text:
    """Why these tables are not synced, in a few sentences."""
    more = parked[_SAID:]
    rest = t("Nor can {tables}.", tables=names([one.table for one in more])) if more else ""
    return sentences(*(one.sentence for one in parked[:_SAID]), rest)


def names(tables: Collection[str]) -> Text:
    """A few of the names, quoted, fit to be shown even if a peer made them up."""
    if not tables:
        return t("no table")
    shown = joined(", ", (t("“{name}”", name=printable(table, 40)) for table in sorted(tables)[:5]))
    return shown if len(tables) <= 5 else t("{names} and {count} more", names=shown, count=len(tables) - 5)


def difference(here: Shape, there: Shape) -> str:
    """Why a table of both sides cannot be synced, in words for whoever is here; empty if it can."""
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
    if lacking:
        wait = t("Nothing is lost: the table is synced as soon as both sides have the same columns.")
        return sentences(*lacking, wait)
    for name, one, other in _pairs(here, there):
        if not stores_alike(one.kind, other.kind):
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


def harmless(here: Shape, there: Shape) -> Iterator[str]:
    """What differs in a table that is synced all the same, for a person to know."""
    table = names([here.name])
    for name, mine, theirs in _pairs(here, there):
        if name not in here.key and not _same_default(mine, theirs):
            yield t(
                "The column {column} of the table {table} has the default {here} on this side and "
                "{there} on the other: in rows older than the column, each side may show its own.",
                column=names([name]),
                table=table,
                here=_default(mine),
                there=_default(theirs),
            )
    for one, other, side in ((here, there, HERE), (there, here, THERE)):
        if not one.types or not other.types:
            continue
        if numbered(one) and not numbered(other):
            yield t(
                "On {side}, the table {table} accepts only integer keys, and syncing stops at any other.",
                table=table,
                side=side,
            )
        if one.strict and not other.strict:
            yield t(
                "On {side}, the table {table} accepts only values of its columns' types, and syncing stops"
                " at any other.",
                table=table,
                side=side,
            )


def stores_alike(one: Kind, other: Kind) -> bool:
    """Whether columns of these kinds store every value that both take in the same way."""
    return _STORES.get(one, one) is _STORES.get(other, other)


def numbered(shape: Shape) -> bool:
    """Whether the key is the rowid, which is a whole number."""
    return shape.rowid and len(shape.key) == 1 and shape.types[:1] != () and shape.types[0].kind is Kind.INTEGER


def type_name(column: ColumnType) -> str:
    """What a person calls it."""
    if column.kind is Kind.ANY:
        return t("BLOB (values of any type)")
    return (Kind.INTEGER if column.kind is Kind.INT else column.kind).name


def _pairs(here: Shape, there: Shape) -> Iterator[tuple[str, ColumnType, ColumnType]]:
    """The columns that both have, with what is told of them on each side."""
    theirs = dict(zip(chain(there.key, there.columns), there.types, strict=False))
    for name, mine in zip(chain(here.key, here.columns), here.types, strict=False):
        if name in theirs:
            yield name, mine, theirs[name]


def _same_default(one: ColumnType, other: ColumnType) -> bool:
    return _typed(one.default) == _typed(other.default) and one.expression == other.expression


def _typed(value: SQLiteValue) -> tuple[type, SQLiteValue]:
    return type(value), value


def _default(column: ColumnType) -> str:
    if column.expression:
        return printable(column.expression, 40)
    value = column.default
    if isinstance(value, bytes):
        return counted(len(value), t("<1 byte>"), t("<{count:,} bytes>", count=len(value)))
    if isinstance(value, str):
        return t("“{name}”", name=printable(value, 40))
    return "NULL" if value is None else str(value)
