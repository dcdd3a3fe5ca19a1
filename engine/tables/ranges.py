"""Ranges of a file's history, as they are read for a peer."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.change import Change
from engine.tables.reading import FIRSTHAND, Secondhand


class Share(NamedTuple):
    """The part of a table that belongs to a range.

    Attributes:
        table: its name.
        columns: the columns whose cells belong to it; None for all.
        late: read from version 0, wherever the range begins.
        rows: send a sentinel for a row none of whose cells is sent; False if the receiver has all rows already.
    """

    table: str
    columns: frozenset[str] | None = None
    late: bool = False
    rows: bool = True


Columns = tuple[tuple[str, frozenset[str]], ...]
"""Table names, each with columns of the table."""


@dataclass(frozen=True, slots=True)
class Span:
    """A range of our history: since < db_version <= until, of some tables.

    Attributes:
        until: None until the first part is read, which fixes it.
        late: the tables that are read from version 0.
        columns: the columns that are exchanged, for the tables of which not all are.
        late_columns: columns that are read from version 0, of tables that are not late.
    """

    since: int
    until: int | None
    tables: tuple[str, ...]
    late: frozenset[str] = frozenset()
    columns: Columns = ()
    late_columns: Columns = ()

    def shares(self, all_columns: Callable[[str], Collection[str]]) -> list[Share]:
        """Return the shares of its tables, in order.

        Args:
            all_columns: returns all columns of a table.
        """
        some, late = dict(self.columns), dict(self.late_columns)
        shares: list[Share] = []
        for table in self.tables:
            columns = some.get(table)
            if table not in late or table in self.late:
                shares.append(Share(table, columns, table in self.late))
            else:
                before = (frozenset(all_columns(table)) if columns is None else columns) - late[table]
                shares += (Share(table, before), Share(table, late[table], late=True, rows=False))
        return shares


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a span.

    Attributes:
        changes: in (db_version, seq) order, without those filtered out.
        until: the span's end. It differs from the one asked for if the place was not valid, so that the span begins
            again, or if the file's own version is below it, so that nothing was read.
        place: where to continue; empty after the last part.
        newest: the file's db_version.
        hidden: whether filters left anything out.
        secondhand: which of the changes may have come from others than their authors.
        left: about how many changes of the span come after this part, if that was asked for.
    """

    changes: tuple[Change, ...]
    until: int
    place: bytes
    newest: int
    hidden: bool = False
    secondhand: Secondhand = field(default=FIRSTHAND, compare=False, repr=False)
    left: int = field(default=0, compare=False)
