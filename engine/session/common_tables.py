"""Which tables two sides have in common, by what they tell about them: only what is alike on both is exchanged."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.table_shape import Parked, ParkedTable, Shape, Where
from engine.text import Text, counted, joined, printable, sentences, t

from .table_differences import difference, harmless
from .table_texts import HERE, THERE, few, names

_WORDS = 500
"""Characters of the other side's words that are shown."""

_SAID = 3
"""Sentences of a kind that are shown together."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two sides have in common.

    Attributes:
        common: the tables that are synced, by name and in order.
        columns: for each of them, the columns outside its key that both sides have.
        parked: tables that both have and that are not synced for now.
        only_here, only_there: the tables that the other side lacks, left out until it has them.
        one_sided: which columns stay on one side, one sentence for each side that has any.
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
        """What to say about the tables that are synced, and those that one side lacks; '' for nothing."""
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
    """Compare our tables, the other side's, and those parked on either. Both sides come to the same result.

    The order of columns does not matter; that of a key does. Types are not compared with a side that tells none.

    Args:
        partly: whether both can leave out columns that only one side has.
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
    """What one side has told: its synced ``tables`` by name, why others are ``parked``, and all names that it knows."""

    def __init__(self, shapes: Sequence[Shape], parked: Sequence[Parked]) -> None:
        self.tables = {shape.name: shape for shape in shapes}
        self.parked = {one.name: one for one in parked}
        self.known = self.tables.keys() | self.parked.keys()


def parked_here(parked: Parked) -> ParkedTable:
    """Return what to say about a table that is parked in our own file."""
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
    """Say why these tables are not synced, in a few sentences."""
    more = parked[_SAID:]
    rest = t("Nor can {tables}.", tables=names([one.table for one in more])) if more else ""
    return sentences(*(one.sentence for one in parked[:_SAID]), rest)


def _one_sided(pairs: Sequence[tuple[Shape, Shape]]) -> Iterator[str]:
    """Yield a sentence for each side that says which columns stay on it.

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
                    columns=few("; ", shown),
                    side=side,
                    other=other,
                ),
            )
