"""The shape of a synced table, and what two sides make of each other's: only what both have alike can be exchanged."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from engine.change import SQLiteValue
from engine.plan import Collation, Kind
from engine.words import marked, printable


class ColumnType(NamedTuple):
    """What a column does to values.

    Attributes:
        default: what a row holds that was written before the column came, as it is stored; None for NULL. A long text
            or blob stands in it as a digest.
        expression: the default where it is no plain value, which is NULL then.
    """

    kind: Kind
    collation: Collation = Collation.BINARY
    default: SQLiteValue = None
    expression: str = ""


class Shape(NamedTuple):
    """One synced table.

    Attributes:
        name: its wire name.
        key, columns: its key's columns in key order, and its tracked columns in table order.
        types: of these, one after the other; empty where they are not known (protocol 2).
        strict, rowid: what kind of table it is, where the types are known.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    types: tuple[ColumnType, ...] = ()
    strict: bool = False
    rowid: bool = True


class Parked(NamedTuple):
    """A table with sync records that takes no part in sync for now; ``reason`` follows on "cannot be synced:"."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two sides have in common.

    Attributes:
        common: the tables that both have, by name and in order.
        only_here, only_there: the tables that one side lacks: left out until it has them.
        problem: a sentence when a table of both differs, or when there is none in common; else empty.
        elsewhere: the same, as the person at the other side should read it.
    """

    common: tuple[str, ...]
    only_here: tuple[str, ...]
    only_there: tuple[str, ...]
    problem: str = ""
    elsewhere: str = ""

    @property
    def left_out(self) -> str:
        """A sentence that names the tables that are not synced; empty when there are none."""
        parts = [
            f"{names(tables)} (only on {where})"
            for tables, where in ((self.only_here, "this side"), (self.only_there, "the other side"))
            if tables
        ]
        return f"Left out: {', '.join(parts)}." if parts else ""


def compare(here: Sequence[Shape], there: Sequence[Shape]) -> Comparison:
    """Compare our tables with the other side's. The order of columns does not matter, that of a key does."""
    mine, theirs = ({shape.name: shape for shape in shapes} for shapes in (here, there))
    common = tuple(sorted(mine.keys() & theirs.keys()))
    problem = elsewhere = ""
    if not common:
        problem = f"The two sides have no table in common: {names(mine)} on this side, {names(theirs)} on the other."
        elsewhere = f"The two sides have no table in common: {names(theirs)} on this side, {names(mine)} on the other."
    for name in common:
        one, other = mine[name], theirs[name]
        if not problem and (one.key != other.key or set(one.columns) != set(other.columns)):
            problem, elsewhere = _difference(one, other), _difference(other, one)
    only_here = tuple(sorted(mine.keys() - theirs.keys()))
    return Comparison(common, only_here, tuple(sorted(theirs.keys() - mine.keys())), problem, elsewhere)


def names(tables: Collection[str]) -> str:
    """A few of the names, quoted, fit to be shown even if a peer made them up."""
    shown = ", ".join(f"“{printable(table, 40)}”" for table in sorted(tables)[:5])
    if not tables:
        return "no table"
    return shown if len(tables) <= 5 else f"{shown} and {len(tables) - 5} more"


def _difference(here: Shape, there: Shape) -> str:
    table = names([here.name])
    if here.key != there.key:
        mine, theirs = (", ".join(printable(name, 40) for name in key[:9]) for key in (here.key, there.key))
        return f"The primary key of the table {table} is ({mine}) on this side, and ({theirs}) on the other."
    for one, other, side in ((here, there, "the other side"), (there, here, "this side")):
        lacking = set(one.columns) - set(other.columns)
        if lacking:
            word = marked("engine", "column") if len(lacking) == 1 else marked("engine", "columns")
            return (
                f"The table {table} lacks the {word} {names(lacking)} on {side}."
                " Nothing is lost: the link goes on when both sides have the same columns."
            )
    return ""
