"""What a side tells of its tables: the shape of each synced one, and which take no part for now."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, StrEnum, auto
from typing import NamedTuple

from engine.change import SQLiteValue
from engine.table_plan import Collation, Kind


class ColumnType(NamedTuple):
    """What a column does to values.

    Attributes:
        default: what a row holds that was written before the column came, as it is stored; None for NULL. A long text
            or blob stands in it as a digest.
        expression: the default where it is no plain value, which is NULL then.
        refers: the table whose rows the column refers to by numbers that SQLite hands out (its own, for such a key):
            they travel under names. Empty for a column whose values travel as they are.
        required: it is NOT NULL and has no default: a row needs a value for it. Told from protocol 5 on.
    """

    kind: Kind
    collation: Collation = Collation.BINARY
    default: SQLiteValue = None
    expression: str = ""
    refers: str = ""
    required: bool = False


class Shape(NamedTuple):
    """One synced table.

    Attributes:
        name: its wire name.
        key, columns: its key's columns in key order, and its tracked columns in table order.
        types: of these, one after the other; empty where they are not known (protocol 2).
        strict, rowid: what kind of table it is, where the types are known.
        loose: its foreign keys to which apps do not keep, here or elsewhere, each by its columns in the order of their
            names. Told from protocol 6 on.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    types: tuple[ColumnType, ...] = ()
    strict: bool = False
    rowid: bool = True
    loose: tuple[tuple[str, ...], ...] = ()

    @property
    def refers(self) -> dict[str, str]:
        """The columns whose values travel as names of rows, each with the table of these rows."""
        names = (*self.key, *self.columns)
        return {name: one.refers for name, one in zip(names, self.types, strict=False) if one.refers}


BEGUN_EMPTY = b"\xff" * 16
"""The dataset id of every table that was empty when it became syncable: what was written since is nothing that it had
before."""


class Dataset(NamedTuple):
    """What a side tells of the rows of a synced table, so that two sides know whether theirs have met.

    Attributes:
        here: which rows they are (``engine.clocks.datasets``): two sides that share an id have met.
        ordinary: any program writes to it. Where both sides have a table of cr-sqlite's, nothing is asked.
        awaited: ids of rows that have met these, and of which more are on their way.
        mixed: likewise, but what is on its way has not met all rows that came from elsewhere meanwhile.

    Where no id at all is told, nothing is asked.
    """

    here: tuple[bytes, ...]
    ordinary: bool
    awaited: tuple[bytes, ...] = ()
    mixed: tuple[bytes, ...] = ()

    @property
    def older(self) -> frozenset[bytes]:
        """The ids of rows that are older than their syncing, or may be."""
        return frozenset((*self.here, *self.awaited, *self.mixed)) - {BEGUN_EMPTY}

    @property
    def whole(self) -> bool:
        """Whether no rows are on their way."""
        return not self.awaited and not self.mixed

    def awaits_others(self, other: Dataset) -> bool:
        """Return whether rows are on their way that are not the other side's."""
        return not {*self.awaited, *self.mixed} <= set(other.here)

    def joins(self, other: Dataset) -> bool:
        """Return whether it has to be settled how these rows and the other side's are joined.

        That is so if both sides have rows that are older than their syncing, or that the other side had until its table
        was not synced for a while, and not all of these have met.
        """
        if not self.ordinary and not other.ordinary:
            return False
        if self.mixes(other) or other.mixes(self):
            return True
        return bool(self.older and other.older) and not self._met(other)

    def _met(self, other: Dataset) -> bool:
        """Return whether the rows of one side have met those of the other.

        Two sides that wait for the same rows need not have.
        """
        mine, theirs = self.older.intersection(self.here), other.older.intersection(other.here)
        if not mine or not theirs:
            return not self.older.isdisjoint(other.older)
        return not mine.isdisjoint(other.older) or not theirs.isdisjoint(self.older)

    def mixes(self, other: Dataset) -> bool:
        """Return whether rows on their way from the other side have not met all those that are here, or anywhere."""
        return not set(self.mixed).isdisjoint(other.here) and not self.older <= other.older


def ordinary(here: Mapping[str, Dataset], there: Mapping[str, Dataset]) -> frozenset[str]:
    """Return the tables that are ordinary ones on both sides."""
    return frozenset(name for name, told in there.items() if told.ordinary and name in here and here[name].ordinary)


UNKNOWN = Dataset((), ordinary=False)
"""Says nothing about the rows."""


class Parked(NamedTuple):
    """A table with sync records that takes no part in sync for now; ``reason`` follows on "cannot be synced:".

    ``suspended``: until a person has said whether most of its rows are meant to be gone. Peers are not told that.
    """

    name: str
    reason: str
    suspended: bool = False


class Where(Enum):
    """What keeps a table from being synced, by where it is to be mended."""

    HERE = auto()
    SUSPENDED = auto()
    """Here: a person is asked whether most of its rows are meant to be gone."""
    THERE = auto()
    BETWEEN = auto()
    JOIN = auto()
    """Between: the rows of the two sides have never met, and a person is asked how they are joined."""


class Join(StrEnum):
    """How rows of two sides that have never met become one."""

    BOTH = "both"
    """All rows of both; where they differ, the larger value holds."""
    SAME = "same"
    """All rows of both; where they differ, the other side's hold."""
    REPLACE = "replace"
    """The other side's rows, and none of this side's."""


class JoinCount(NamedTuple):
    """How the rows of two sides that have never met compare: ``deleted`` ones live on one side and were deleted on the
    other; they count among those ``here`` or ``there``, too."""

    same: int = 0
    differ: int = 0
    here: int = 0
    there: int = 0
    deleted: int = 0

    @property
    def harmless(self) -> bool:
        """Whether both sides can have all rows of both, and no value is lost."""
        return not self.differ and not self.deleted


NOTHING_FOUND = JoinCount()


class Shared(NamedTuple):
    """How many tables two sides have: synced ones of each, those that are parked not counted, and how many of these are
    synced between them."""

    between: int
    here: int
    there: int


class ParkedTable(NamedTuple):
    """A table that both sides have, and that is not synced for now.

    ``sentence`` says why, to whoever is here; ``found`` what a person who is asked how to join it should know.
    """

    table: str
    sentence: str
    where: Where
    found: JoinCount | None = None
