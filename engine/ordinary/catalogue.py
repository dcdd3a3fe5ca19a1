"""The ordinary tables of a file, as of one version of its schema and of the register."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import apsw

from engine.ordinary import renamed
from engine.ordinary.eligibility import has_loose_key
from engine.ordinary.parents import Link, links
from engine.ordinary.register import Entry, wire_columns
from engine.sqlite.sql import ident
from engine.sqlite.values import Affinity
from engine.tables import parking
from engine.tables.introspect import Table, describe, marks
from engine.text import Text, printable, t

_EMPTY = {Affinity.TEXT: "''", Affinity.NONE: "x''"}
"""The empty value of a column that holds no number."""


@dataclass(frozen=True, eq=False)
class OrdinaryTable:
    """An ordinary table that can be read and merged (``engine.tables.types.DescribedTable``).

    Attributes:
        encoding: that of the file's texts, as SQLite names it.
        loose_key: whether its key takes two spellings for one.
        keeps_out: whether a trigger of the app's on it can skip a row without an error.
        links: its foreign keys.
        or_abort: what follows INSERT and UPDATE, so that the table refuses a row: rules with ON CONFLICT REPLACE or
            IGNORE would silently lose other rows, or this one.
    """

    entry: Entry
    table: Table
    encoding: str
    loose_key: bool = False
    keeps_out: bool = False
    links: tuple[Link, ...] = ()
    or_abort: str = ""

    @property
    def name(self) -> str:
        """The name by which peers know it."""
        return self.entry.name

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of the key."""
        return self.entry.key

    @property
    def columns(self) -> tuple[str, ...]:
        """The other columns, in table order."""
        return self.entry.columns

    @property
    def slots(self) -> dict[str, int]:
        """The slot of each of these."""
        return self.entry.slots

    @cached_property
    def affinity(self) -> dict[str, Affinity]:
        """That of each column."""
        return {column.name: column.affinity for column in self.table.columns}

    @cached_property
    def needed(self) -> dict[str, str]:
        """The columns without which no row can be inserted, each with an empty value, as SQL."""
        return {
            column.name: _EMPTY.get(column.affinity, "0")
            for column in self.table.columns
            if column.name not in self.entry.key and column.not_null and column.default is None and not column.hidden
        }

    def spelled(self, column: str) -> str:
        """Return an SQL expression for what is sent of a column of the row ``t``."""
        return wire_columns(self.entry, (column,))[0]

    @cached_property
    def is_row(self) -> str:
        """The SQL condition that a row has the key in the first parameters."""
        return " AND ".join(
            f"{ident(name)} = ?{n} AND {ident(name)} = ?{n} COLLATE BINARY" for n, name in enumerate(self.key, 1)
        )

    @property
    def anchors(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """What its mark is put on (``Entry.anchors``)."""
        return self.entry.anchors

    @property
    def layout(self) -> object:
        """What a place in it depends on (``Entry.layout``)."""
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
        """Return the synced table whose rows are in the table of this name."""
        return self.tables.get(table)


def load(db: apsw.Connection, entries: Sequence[Entry], broken: Sequence[Entry] = ()) -> OrdinaryCatalogue:
    """Read the catalogue, in a transaction; ``broken``: tables whose records are unusable."""
    encoding: str = db.pragma("encoding")
    tables: dict[str, OrdinaryTable] = {}
    parked: dict[str, str] = {
        entry.name: t("its sync records are missing or were changed; “check --repair” repairs that") for entry in broken
    }
    for entry in entries:
        table = describe(db, entry.name)
        if (
            table is None
            or table.kind != "table"
            or table.name != entry.name
            or not {*entry.key, *entry.columns} <= {c.name for c in table.columns}
        ):
            parked[entry.name] = _why_not_there(db, entry)
            continue
        rules = (
            has_loose_key(db, table, entry.key),
            _keeps_out(db, entry.name),
            links(db, table),
            _or_abort(db, entry.name),
        )
        tables[entry.name] = OrdinaryTable(entry, table, encoding, *rules)
        if entry.suspended is not None:
            parked[entry.name] = t(
                "{gone:,} of its {known:,} rows are gone. “check --bring-back {table}” gets them back from the other"
                " machines, “check --delete-everywhere {table}” deletes them there too",
                gone=entry.suspended,
                known=entry.lost or 0,
                table=printable(entry.name, 40),
            )
        elif entry.due is not None:
            parked[entry.name] = t("all of it is being compared with its last known state")
        elif not entry.is_whole:
            parked[entry.name] = t("it refers to a table that is not synced any more, or whose records are damaged")
    parked |= {name: why for name, why in parking.read(db).items() if name in tables and name not in parked}
    on = marks(db) if tables else {}
    borne = {name: on[key] for name, table in tables.items() if (key := (name, table.entry.rows)) in on}
    return OrdinaryCatalogue(tables, parked, borne)


def _why_not_there(db: apsw.Connection, entry: Entry) -> Text:
    now = renamed.new_name(db, entry)
    if now:
        return t(
            "the app has renamed it to “{name}”; it continues under that name once that is made syncable",
            name=printable(now, 40),
        )
    return t("the table is missing or was changed; Syncline will look again")


def _keeps_out(db: apsw.Connection, table: str) -> bool:
    sql = (
        "SELECT 1 FROM main.sqlite_master WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE"
        " AND sql LIKE '%raise%(%ignore%' LIMIT 1"
    )
    return db.execute(sql, (table,)).fetchone() is not None


def _or_abort(db: apsw.Connection, table: str) -> str:
    """Return OR ABORT only if it is needed, as it overrides what the app's triggers say about their own writes, too."""
    sql = "SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND name = ? AND sql LIKE '%on%conflict%'"
    return " OR ABORT" if db.execute(sql, (table,)).fetchone() is not None else ""


def is_same(one: OrdinaryCatalogue, other: OrdinaryCatalogue) -> bool:
    """Return whether two readings of a catalogue are the same."""
    return one.parked == other.parked and one.marks == other.marks and _parts(one) == _parts(other)


def _parts(catalogue: OrdinaryCatalogue) -> dict[str, object]:
    return {
        name: (table.entry, table.table, table.loose_key, table.keeps_out, table.links, table.or_abort)
        for name, table in catalogue.tables.items()
    }
