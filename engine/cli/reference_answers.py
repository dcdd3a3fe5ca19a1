"""A person's answers on the command line about columns that may be references, and about row numbers.

The options are ``--relate`` and ``--no-relate``, ``--same-numbers`` and ``--own-numbers``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.errors import UsageError
from engine.replica import Replica
from engine.tables import LikelyReference
from engine.text import sentences, t

OPTIONS = ("--relate", "--no-relate", "--same-numbers", "--own-numbers")

Column = tuple[str, str]
"""A table and one of its columns."""


@dataclass(frozen=True)
class Answers:
    """Which columns refer to rows, and which do not.

    Attributes:
        parents: the table that each column refers to; '' for the one that it looks like.
        declined: those that refer to none.
        others: the answer for every other column that looks like a reference; None for no answer.
        same_numbers: for tables with an answer, whether their rows have the same number on every machine.
    """

    parents: dict[Column, str] = field(default_factory=dict)
    declined: frozenset[Column] = frozenset()
    others: bool | None = None
    same_numbers: dict[str, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> Answers:
        """Read the options, each of which may be given several times, with or without a column.

        Raises:
            UsageError: one names no column, or they contradict each other.
        """
        yes, no = arguments.relate or (), arguments.no_relate or ()
        if "" in yes and "" in no:
            raise UsageError(t("--relate and --no-relate cannot both be given for all columns."))
        parents = {}
        for text in filter(None, yes):
            column, _, parent = text.partition("=")
            parents[column_of(column)] = parent
        declined = frozenset(map(column_of, filter(None, no)))
        numbers = dict.fromkeys(arguments.own_numbers or (), False) | dict.fromkeys(arguments.same_numbers or (), True)
        return cls(parents, declined, True if "" in yes else False if "" in no else None, numbers)

    def __bool__(self) -> bool:
        return self != Answers()

    def to(self, path: Path, tables: Sequence[str]) -> Answers:
        """Apply them to what looks like a reference in these tables.

        Raises:
            UsageError: there is no answer for something.
        """
        with Replica.open(path, readonly=True, recover=True) as replica:
            found = replica.likely_references(tables, self.declined)
        likely = {(one.table, one.column): one for one in found if not self.same_numbers.get(one.parent)}
        for column in (column for column, parent in self.parents.items() if not parent and column not in likely):
            raise UsageError(
                t("“{column}” of “{table}” does not look like a reference.", table=column[0], column=column[1]),
                hint=t("Say which table it refers to: --relate TABLE.COLUMN=PARENT"),
            )
        parents = {column: parent or likely[column].parent for column, parent in self.parents.items()}
        left = [one for column, one in likely.items() if column not in parents and column not in self.declined]
        if left and self.others is None:
            raise _undecided(left)
        if self.others:
            parents |= {(one.table, one.column): one.parent for one in left}
            return replace(self, parents=parents)
        return replace(self, parents=parents, declined=self.declined | {(one.table, one.column) for one in left})

    def give(self, replica: Replica) -> None:
        """Store them in the file."""
        for table, same in self.same_numbers.items():
            replica.keep_numbers(table, same=same)
        for (table, column), parent in self.parents.items():
            replica.relate(table, column, parent)
        for table, column in sorted(self.declined):
            replica.unrelate(table, column)


def column_of(text: str) -> Column:
    """Parse TABLE.COLUMN.

    Raises:
        UsageError: it is something else.
    """
    table, dot, column = text.rpartition(".")
    if not (table and dot and column):
        raise UsageError(t("“{text}” does not name a column.", text=text), hint=t("Write TABLE.COLUMN."))
    return table, column


def _undecided(likely: Sequence[LikelyReference]) -> UsageError:
    first = f"{likely[0].table}.{likely[0].column}"
    return UsageError(
        sentences(
            t("Say first whether these columns refer to other rows: plain numbers cannot be translated once sent."),
            *(sentences(t("In “{table}”:", table=one.table), one.sentence) for one in likely),
        ),
        hint=t(
            "For all of them: --relate or --no-relate; for one: --relate {column}={parent} or --no-relate {column}",
            column=first,
            parent=likely[0].parent,
        ),
    )


def add_answers(parser: argparse.ArgumentParser) -> None:
    """Add the options that ``Answers.of`` reads."""
    text = t(
        "this column refers to rows of the other table, as a foreign key would; without a value, so do all columns that"
        " look like it"
    )
    parser.add_argument("--relate", metavar="TABLE.COLUMN=PARENT", nargs="?", const="", action="append", help=text)
    text = t("this column refers to no rows, though it looks like it; without a value, no such column does")
    parser.add_argument("--no-relate", metavar="TABLE.COLUMN", nargs="?", const="", action="append", help=text)
    text = t("a row of this table has the same number on every machine: its numbers are random, or come from elsewhere")
    parser.add_argument("--same-numbers", metavar="TABLE", action="append", help=text)
    text = t("each machine hands out its own numbers to the rows of this table, though they are far apart")
    parser.add_argument("--own-numbers", metavar="TABLE", action="append", help=text)
