"""What two sides have in common, by what they tell of their tables: only what both have alike is exchanged."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
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
        columns: of each of them, the columns outside its key that are: those that both sides have.
        parked: those that both have and that are not, for now.
        only_here, only_there: the tables that one side lacks: left out until it has them.
        one_sided: which columns stay on one side, a sentence for each side that has any.
        differences: what else differs in a table that is synced all the same, one sentence each.
        problem: a sentence when nothing can be synced, else empty.
        elsewhere: the same, as the person at the other side should read it.
    """

    common: tuple[str, ...]
    columns: Mapping[str, frozenset[str]]
    parked: tuple[ParkedTable, ...]
    only_here: tuple[str, ...]
    only_there: tuple[str, ...]
    one_sided: tuple[str, ...] = ()
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
        return sentences(*self.one_sided, *self.differences[:_SAID], left_out)


def compare(
    here: Sequence[Shape],
    there: Sequence[Shape],
    parked: Sequence[Parked] = (),
    parked_there: Sequence[Parked] = (),
    *,
    partly: bool = False,
    ordinary: Collection[str] = (),
) -> Comparison:
    """Compare our tables with the other side's, and those that are parked on either. Both sides find the same.

    The order of columns does not matter, that of a key does. Of a side that tells no types, none are compared.

    Args:
        partly: both can leave out columns that only one side has.
        ordinary: tables that are ordinary ones on both sides, which hide the rows that they cannot hold as they are.
    """
    ours, others = _Side(here, parked), _Side(there, parked_there)
    held = tuple(_parked(ours, others, partly, ordinary))
    both = ours.tables.keys() & others.tables.keys() - {one.table for one in held}
    common = tuple(sorted(both))
    columns = {name: frozenset(ours.tables[name].columns) & frozenset(others.tables[name].columns) for name in common}
    pairs = [(ours.tables[name], others.tables[name]) for name in common]
    differences = tuple(one for pair in pairs for one in harmless(*pair, hides=pair[0].name in ordinary))
    problem = elsewhere = ""
    if held and not common:
        problem, elsewhere = together(held), together(tuple(_parked(others, ours, partly, ordinary)))
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
        common,
        columns,
        held,
        tuple(sorted(only_here)),
        tuple(sorted(only_there)),
        tuple(_one_sided(pairs)),
        differences,
        problem,
        elsewhere,
    )


class _Side:
    """What one side tells: its synced ``tables`` by name, why others are ``parked``, and all names that it knows."""

    def __init__(self, shapes: Sequence[Shape], parked: Sequence[Parked]) -> None:
        self.tables = {shape.name: shape for shape in shapes}
        self.parked = {one.name: one for one in parked}
        self.known = self.tables.keys() | self.parked.keys()


def parked_here(parked: Parked) -> ParkedTable:
    """A table that is parked in our own file."""
    sentence = t(
        "The table “{table}” cannot be synced: {reason}.",
        table=printable(parked.name, 40),
        reason=printable(parked.reason, _WORDS),
    )
    return ParkedTable(parked.name, sentence, Where.SUSPENDED if parked.suspended else Where.HERE)


def _parked(here: _Side, there: _Side, partly: bool, ordinary: Collection[str]) -> Iterator[ParkedTable]:
    apart = here.known ^ there.known
    for name in sorted(here.known & there.known):
        if name in here.parked:
            yield parked_here(here.parked[name])
            continue
        if name in there.parked:
            why = printable(there.parked[name].reason, _WORDS)
            sentence = t(
                "The table “{table}” cannot be synced on the other side: {reason}.",
                table=printable(name, 40),
                reason=why,
            )
            yield ParkedTable(name, sentence, Where.THERE)
            continue
        hides = name in ordinary
        why = difference(here.tables[name], there.tables[name], partly=partly, apart=apart, hides=hides)
        if why:
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
    return _few(", ", [t("“{name}”", name=printable(table, 40)) for table in sorted(tables)])


def _few(separator: str, parts: Sequence[Text]) -> Text:
    shown = joined(separator, parts[:5])
    return shown if len(parts) <= 5 else t("{names} and {count} more", names=shown, count=len(parts) - 5)


def difference(
    here: Shape, there: Shape, *, partly: bool = False, apart: Collection[str] = (), hides: bool = False
) -> str:
    """Why a table of both sides cannot be synced, in words for whoever is here; empty if it can.

    Args:
        partly: as in ``compare``.
        apart: the tables that one side alone has. Who refers to one of them elsewhere than the other side does, has
            most likely renamed it: rows are told by names, in which their table's has no part.
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
    """The columns outside the key that no row can be without."""
    types = shape.types[len(shape.key) :]
    return {name for name, one in zip(shape.columns, types, strict=False) if one.required}


def _refer_otherwise(shape: Shape, column: str, here: str, there: str) -> Text:
    """Why a table cannot be synced in which a column holds numbers that each machine hands out, on one side only, or of
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
    return t(
        "On {side}, the column {column} of the table {table} refers to rows of {root}; on {other}, it does not.",
        side=HERE if here else THERE,
        other=THERE if here else HERE,
        column=names([column]),
        table=table,
        root=names([here or there]),
    )


def _one_sided(pairs: Sequence[tuple[Shape, Shape]]) -> Iterator[str]:
    """Which columns stay on one side, a sentence for each side, for a person to know.

    Args:
        pairs: the tables that are synced, as they are here and there.
    """
    for at, side, other in ((0, HERE, THERE), (1, THERE, HERE)):
        more = {pair[at].name: set(pair[at].columns).difference(pair[1 - at].columns) for pair in pairs}
        shown = [
            t("{columns} of {table}", columns=names(columns), table=names([name]))
            for name, columns in more.items()
            if columns
        ]
        if shown:
            yield counted(
                sum(map(len, more.values())),
                t(
                    "The column {columns} stays on {side} until {other} has it too.",
                    columns=shown[0],
                    side=side,
                    other=other,
                ),
                t(
                    "These columns stay on {side} until {other} has them too: {columns}.",
                    columns=_few("; ", shown),
                    side=side,
                    other=other,
                ),
            )


def harmless(here: Shape, there: Shape, *, hides: bool = False) -> Iterator[str]:
    """What else differs in a table that is synced all the same, for a person to know; ``hides`` as in
    ``difference``."""
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
                here=_default(mine),
                there=_default(theirs),
            )
    for one, other, side in ((here, there, HERE), (there, here, THERE)):
        if one.types and other.types:
            yield from _refuses(one, other, side, hides=hides)


def _refuses(one: Shape, other: Shape, side: str, *, hides: bool) -> Iterator[str]:
    """What a table does not take that is on ``side``, and the other one does."""
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
