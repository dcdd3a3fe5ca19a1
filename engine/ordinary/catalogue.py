"""The ordinary tables of a file, as of one version of its schema and of the register."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import apsw

from engine.ordinary.register import Entry
from engine.tables import parking
from engine.tables.introspect import Table, describe, marks
from engine.text import t


@dataclass(frozen=True, eq=False)
class OrdinaryTable:
    """An ordinary table that can be read and merged (``engine.tables.types.DescribedTable``)."""

    entry: Entry
    table: Table

    @property
    def name(self) -> str:
        """The name by which peers know it."""
        return self.entry.name

    @property
    def key(self) -> tuple[str, ...]:
        """The columns by which rows are told apart."""
        return self.entry.key

    @property
    def columns(self) -> tuple[str, ...]:
        """The other columns, in table order."""
        return self.entry.columns

    @property
    def anchors(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """What its mark is put on."""
        return self.entry.anchors

    @property
    def layout(self) -> object:
        """What a place in it rests on."""
        return self.entry.layout


@dataclass(frozen=True)
class OrdinaryCatalogue:
    """All of them (``engine.tables.kind.KindCatalogue``)."""

    tables: dict[str, OrdinaryTable]
    parked: dict[str, str]
    marks: dict[str, str]

    @cached_property
    def synced(self) -> dict[str, OrdinaryTable]:
        """Those that take part in sync."""
        return {name: table for name, table in self.tables.items() if name not in self.parked}

    def tracking(self, table: str) -> OrdinaryTable | None:
        """The one whose rows are in the table called so."""
        return self.tables.get(table)


def load(db: apsw.Connection, entries: Sequence[Entry], broken: Sequence[Entry] = ()) -> OrdinaryCatalogue:
    """Read it, in a transaction; ``broken``: those whose records are no use."""
    tables: dict[str, OrdinaryTable] = {}
    parked: dict[str, str] = {
        entry.name: t("its sync records are missing or were changed; “check --repair” mends that") for entry in broken
    }
    for entry in entries:
        table = describe(db, entry.name)
        if (
            table is None
            or table.kind != "table"
            or not {*entry.key, *entry.columns} <= {c.name for c in table.columns}
        ):
            parked[entry.name] = t("the table is not there, or not as it was; that is looked at again")
            continue
        tables[entry.name] = OrdinaryTable(entry, table)
        if entry.suspended is not None:
            parked[entry.name] = t(
                "it was made anew, and {gone:,} of {known:,} rows are gone; are they to be deleted everywhere?",
                gone=entry.suspended,
                known=entry.lost or 0,
            )
        elif entry.due is not None:
            parked[entry.name] = t("all of it is being compared with what was there")
    parked |= {name: why for name, why in parking.read(db).items() if name in tables and name not in parked}
    on = marks(db) if tables else {}
    borne = {name: on[key] for name, table in tables.items() if (key := (name, table.entry.rows)) in on}
    return OrdinaryCatalogue(tables, parked, borne)


def is_same(one: OrdinaryCatalogue, other: OrdinaryCatalogue) -> bool:
    """Whether two looks have seen the same."""
    return (
        one.parked == other.parked
        and one.marks == other.marks
        and {name: (table.entry, table.table) for name, table in one.tables.items()}
        == {name: (table.entry, table.table) for name, table in other.tables.items()}
    )
