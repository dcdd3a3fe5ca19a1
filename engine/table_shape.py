"""What a side tells of its tables: the shape of each synced one, and which take no part for now."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

from engine.change import SQLiteValue
from engine.table_plan import Collation, Kind


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


class Where(Enum):
    """What keeps a table from being synced, by where it is to be mended."""

    HERE = auto()
    THERE = auto()
    BETWEEN = auto()


class ParkedTable(NamedTuple):
    """A table that both sides have, and that is not synced for now. ``sentence`` says why, to whoever is here."""

    table: str
    sentence: str
    where: Where
