"""The kinds of synced tables in a file: which kind a table is of, and all of them together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from engine.tables.kind import Kind, KindCatalogue, Reading
from engine.tables.ranges import Share
from engine.tables.reading import Fill, Shown
from engine.tables.types import Basis, DescribedTable, SyncedTable


@dataclass(frozen=True)
class Tables:
    """The tables of all kinds, as of one version of the schema; a ``KindCatalogue`` and ``MarkedTables``."""

    parts: tuple[KindCatalogue, ...]

    @cached_property
    def tables(self) -> Mapping[str, DescribedTable]:
        return {name: table for part in self.parts for name, table in part.tables.items()}

    @cached_property
    def synced(self) -> Mapping[str, SyncedTable]:
        return {name: table for part in self.parts for name, table in part.synced.items()}

    @cached_property
    def parked(self) -> Mapping[str, str]:
        return {name: why for part in self.parts for name, why in part.parked.items()}

    @cached_property
    def marks(self) -> Mapping[str, str]:
        return {name: mark for part in self.parts for name, mark in part.marks.items()}

    @cached_property
    def bases(self) -> Mapping[str, Basis]:
        return {
            name: Basis(mark, frozenset(self.synced[name].slots.items()))
            for name, mark in self.marks.items()
            if name in self.synced
        }

    def tracking(self, table: str) -> SyncedTable | None:
        return next((found for part in self.parts if (found := part.tracking(table)) is not None), None)


class Kinds:
    """The kinds on one connection. A table is of at most one kind."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self.all = tuple(kinds)
        self._tables: Tables | None = None

    @property
    def first(self) -> Kind:
        """The kind that describes tables that are of no kind."""
        return self.all[0]

    def catalogue(self) -> Tables:
        """Return the tables of all kinds; a new object once the schema has changed."""
        parts = tuple(kind.catalogue() for kind in self.all)
        before = self._tables.parts if self._tables is not None else ()
        if self._tables is None or any(old is not new for old, new in zip(before, parts, strict=True)):
            self._tables = Tables(parts)
        return self._tables

    def in_use(self) -> tuple[KindCatalogue, tuple[Kind, ...]]:
        """Return the tables of all kinds, and the kinds that have any, or the first."""
        found = self.catalogue()
        kinds = tuple(kind for kind, part in zip(self.all, found.parts, strict=True) if part.tables)
        return found, kinds or (self.first,)

    def of(self, table: str) -> Kind:
        """Return the kind of a table by its wire name; the first if it is of none."""
        for kind in self.all[1:]:
            catalogue = kind.catalogue()
            if table in catalogue.tables or table in catalogue.parked:
                return kind
        return self.first

    def reading(self, until: int, fill: Fill) -> Callable[[Share, bytes | None, int, Shown | None], bytes | None]:
        """Return what reads tables of all kinds in this transaction; as ``Reading.read``."""
        _, kinds = self.in_use()
        if len(kinds) == 1:
            return kinds[0].reading(until, fill).read
        readings: dict[str, Reading] = {}

        def read(share: Share, place: bytes | None, since: int, shown: Shown | None) -> bytes | None:
            kind = self.of(share.table)
            if kind.label not in readings:
                readings[kind.label] = kind.reading(until, fill)
            return readings[kind.label].read(share, place, since, shown)

        return read

    def tracking(self, table: str) -> Kind | None:
        """Return the kind of a table by its name in the file; None if it is of none."""
        return next((kind for kind in self.all if kind.tracks(table)), None)

    def that_tracks(self, table: str) -> Kind:
        """Return the kind of a table by its name in the file; the first if it is of none."""
        return self.tracking(table) or self.first
