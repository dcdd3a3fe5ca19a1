"""Ranges of a file's history, as they are read for a peer."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.change import Change
from engine.tables.reading import FIRSTHAND, Secondhand


class Share(NamedTuple):
    """What of a table goes into a range.

    Attributes:
        table: its name.
        columns: whose cells do; None: of all that it has.
        late: from 0 on, whatever the range begins with.
        rows: a row none of whose cells is told is told by its sentinel; else whoever is told has all rows already.
    """

    table: str
    columns: frozenset[str] | None = None
    late: bool = False
    rows: bool = True


Columns = tuple[tuple[str, frozenset[str]], ...]
"""The names of tables, and columns of each."""


@dataclass(frozen=True, slots=True)
class Span:
    """A range of our history: since < db_version <= until, of some tables, those in ``late`` from 0.

    Attributes:
        until: None as long as nothing was read of it: the first part fixes it.
        columns: the columns that are exchanged, of the tables of which not all are.
        late_columns: those of them, and of other tables that are not late, that are told from 0.
    """

    since: int
    until: int | None
    tables: tuple[str, ...]
    late: frozenset[str] = frozenset()
    columns: Columns = ()
    late_columns: Columns = ()

    def shares(self, all_columns: Callable[[str], Collection[str]]) -> list[Share]:
        """What goes into it, in order; ``all_columns`` are those that a table has."""
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
        changes: in (db_version, seq) order, minus the filtered ones.
        until: the span's end. It differs from the one asked for when the place could not be honoured (the span
            begins anew then) and when the file's own version is below it (nothing was read then).
        place: where to go on; empty after the last part.
        newest: the file's db_version.
        hidden: whether filters left anything out.
        secondhand: which of the changes may have come from others than their authors.
        left: about how many changes of the span lie behind this part, if that was asked for.
    """

    changes: tuple[Change, ...]
    until: int
    place: bytes
    newest: int
    hidden: bool = False
    secondhand: Secondhand = field(default=FIRSTHAND, compare=False, repr=False)
    left: int = field(default=0, compare=False)
