"""The catalogue: which tables a file has, and which of them are CRRs (cr-sqlite.md 2.4, 8.4, 12.19)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import apsw

from engine.crr.statements import Statements
from engine.crr.triggers import EVENTS, Triggers, Watch, trigger_name
from engine.sqlite.invalid_text import each, rows_of_schema
from engine.sqlite.sql import main
from engine.tables import parking
from engine.tables.introspect import UNREADABLE, Table, bookkeeping, column_names, described, listed, marks
from engine.tables.names import BY_VERSION, CLOCK, KEY, PKS
from engine.text import t

_AT_ONCE = 100
"""How many clocks are asked for their highest version in one statement."""

NO_TEXT = t("a name or a default in its schema is not valid text")

_UNWATCHED = t("its sync triggers are missing or were changed, so writes to it are not recorded")


class Crr:
    """A table that is tracked, with everything that a write to it needs.

    Attributes:
        name: the wire name, which is the clock table's name without its suffix.
        table: the base table.
        affinity: of each tracked column.
        indexed: whether its clock has the index on versions, which somebody may have dropped.
        app_triggers: the names of an app's triggers on the table, which run when rows are merged.
        watches: what each of its sync triggers does, in the order of ``EVENTS``.
        slots: 0 for each column: one that was dropped and came back cannot be told from the old one.
        layout: what a place in the table depends on, as a place names cells by key and column.
        anchors: the table and its clock table, each with a column: what its mark is put on.
        sql: the SQL texts for this table.
    """

    def __init__(
        self,
        name: str,
        table: Table,
        *,
        indexed: bool,
        app_triggers: tuple[str, ...],
        sync_triggers: tuple[str | None, ...],
    ) -> None:
        self.name = name
        self.table = table
        self.key = table.key
        self.columns = table.tracked
        self.affinity = {c.name: c.affinity for c in table.columns if not c.key and not c.hidden}
        self.indexed = indexed
        self.app_triggers = app_triggers
        self.triggers = Triggers(name, table.name, self.key, self.columns)
        self.watches = tuple(map(self.triggers.watch, EVENTS, sync_triggers))
        self.slots = dict.fromkeys(self.columns, 0)
        self.layout = self.key, self.columns
        self.anchors = (table.name, table.key[0]), (name + CLOCK, "key")
        self.sql = Statements(name, table.name, self.key, self.columns, told=bool(app_triggers))


@dataclass(frozen=True)
class Catalogue:
    """The tables that matter here, as of one schema version.

    Attributes:
        clocks: the wire name of every clock table of 0.16's layout, in catalogue order, including those of broken CRRs.
        crrs: those that can be read and merged, by wire name.
        broken: wire name -> why it is not in ``crrs``, in words that follow on "cannot be synced:".
        parked: wire name -> why it takes no part in sync, likewise: all that are broken, and others whose local writes
            are still recorded.
        marks: the mark of each table that bears a whole one, by wire name.
        texts: by wire name, the schema texts from which everything but ``parked`` and ``marks`` was read.
        floored: whether there is a table that can hold a floor for the file's version.
    """

    clocks: tuple[str, ...]
    crrs: dict[str, Crr]
    broken: dict[str, str]
    parked: dict[str, str]
    marks: dict[str, str]
    texts: dict[str, tuple[str | None, ...]]
    floored: bool = False

    @cached_property
    def highest_versions(self) -> tuple[str, ...]:
        """Queries that each return the highest db_version of several clocks, and the floor that alters left behind."""
        found = [f"SELECT max(db_version) AS v FROM {main(name + CLOCK)}" for name in self.clocks]
        if self.floored:
            floor = "key = 'pre_compact_dbversion' AND typeof(value) = 'integer'"
            found.append(f"SELECT value AS v FROM main.crsql_master WHERE {floor}")
        together = (" UNION ALL ".join(found[at : at + _AT_ONCE]) for at in range(0, len(found), _AT_ONCE))
        return tuple(f"SELECT max(v) FROM ({some})" for some in together)

    @property
    def tables(self) -> dict[str, Crr]:
        """The CRRs that can be read and merged, under the name that every kind of table uses for them."""
        return self.crrs

    @cached_property
    def synced(self) -> dict[str, Crr]:
        """The CRRs that take part in sync, by wire name."""
        return {name: crr for name, crr in self.crrs.items() if name not in self.parked}

    @cached_property
    def _by_table(self) -> dict[str, Crr]:
        return {crr.table.name: crr for crr in self.crrs.values()}

    def tracking(self, table: str) -> Crr | None:
        """Return the CRR whose base table is ``table``, whatever the case of its wire name."""
        return self._by_table.get(table)


def load(db: apsw.Connection, before: Catalogue | None = None) -> Catalogue:
    """Read the catalogue: the tables with the literal clock suffix, and the base table of each.

    Args:
        before: an earlier catalogue. Whatever has the same schema texts as there is taken over, as thousands of tables
            may be unchanged when one is created or dropped.
    """
    known = before or Catalogue((), {}, {}, {}, {}, {})
    rows = list(rows_of_schema(db, "name, lower(name), type, sql", "type IN ('table', 'view')"))
    by_lower = {lower: (name, text) for name, lower, _, text in rows}
    indexes = {name for (name,) in rows_of_schema(db, "name", "type = 'index'")}
    triggers: dict[str, tuple[str, ...]] = {}
    own: dict[tuple[str, str], str] = {}
    for trigger, trigger_lower, of, body in each(
        db,
        "SELECT name, lower(name), lower(tbl_name), sql FROM main.sqlite_master WHERE type = 'trigger' ORDER BY name",
    ):
        if bookkeeping(trigger):
            own[of, trigger_lower] = body
        else:
            triggers[of] = (*triggers.get(of, ()), trigger)
    in_list: dict[str, tuple[str, str, int, int]] = {}
    clocks: list[str] = []
    crrs: dict[str, Crr] = {}
    broken: dict[str, str] = {}
    texts: dict[str, tuple[str | None, ...]] = {}
    for clock, lower, kind, sql in rows:
        if kind != "table" or not clock.endswith(CLOCK) or len(clock) == len(CLOCK):
            continue
        name = clock[: -len(CLOCK)]
        base, text = by_lower.get(lower[: -len(CLOCK)], (name, None))
        indexed = clock + BY_VERSION in indexes
        of = lower[: -len(CLOCK)]
        on_it = triggers.get(of, ())
        mine = tuple(own.get((of, trigger_name(of, event))) for event in EVENTS)
        now = sql, text, by_lower.get(of + PKS, ("", None))[1], "indexed" if indexed else None, *mine, *on_it
        if known.texts.get(name) == now:
            if name in known.crrs:
                crrs[name] = known.crrs[name]
            else:
                broken[name] = known.broken[name]
        elif not {"key", "col_name", "db_version"} <= set(column_names(db, clock)):
            continue
        else:
            if text is not None and base not in in_list:
                in_list = listed(db)
            table = described(db, *in_list[base]) if base in in_list else None
            if table is not None and table.kind == UNREADABLE:
                broken[name] = NO_TEXT
            elif table is None or table.kind != "table":
                broken[name] = t("the table is gone; only its sync records are left")
            elif column_names(db, name + PKS) != (KEY, *table.key):
                broken[name] = t("its primary key was changed without crsql_begin_alter and crsql_commit_alter")
            else:
                crrs[name] = Crr(name, table, indexed=indexed, app_triggers=on_it, sync_triggers=mine)
        clocks.append(name)
        texts[name] = now
    parked: dict[str, str] = {name: _UNWATCHED for name, crr in crrs.items() if Watch.BROKEN in crr.watches}
    parked |= {name: why for name, why in parking.read(db).items() if name in crrs}
    on = marks(db)
    borne = {name: on[key] for name, crr in crrs.items() if (key := (crr.table.name, name + CLOCK)) in on}
    return Catalogue(tuple(clocks), crrs, broken, parked | broken, borne, texts, "crsql_master" in by_lower)
