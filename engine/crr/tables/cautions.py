"""Cautions: what a person should know about a table that can be synced all the same, a sentence for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import apsw

from engine.crr.catalogue import Catalogue
from engine.crr.tables.foreign_keys import references
from engine.crr.tables.strict import STRICT_RECORDS, strict_records
from engine.tables.app_triggers import app_triggers, effects
from engine.tables.introspect import Table
from engine.tables.types import TableStatus
from engine.text import t


def around(db: apsw.Connection, catalogue: Catalogue, tables: Sequence[Table]) -> dict[str, list[str]]:
    """Return the cautions that come from outside each table, by its name: triggers, and foreign keys of other tables.

    Those about a table's own columns come from ``eligibility.cautions``.
    """
    found: dict[str, list[str]] = {table.name: [] for table in tables}
    synced = [table.name for table in tables if catalogue.tracking(table.name)]
    _of_triggers(db, tables, synced, found)
    for child, _, parent, actions in references(db, tables):
        if child != parent and child not in synced:
            found[parent].append(
                t(
                    "“{child}” is not synced, and refers to “{parent}” with {actions}: when sync deletes "
                    "a row of “{parent}”, the rows of “{child}” that refer to it stay.",
                    child=child,
                    parent=parent,
                    actions=actions,
                )
            )
    return found


def with_those_of_the_file(db: apsw.Connection, tables: Sequence[TableStatus]) -> list[TableStatus]:
    """Add the cautions about the whole file to every synced table, or to the first table if none is synced."""
    if not strict_records(db):
        return list(tables)
    about = [table for table in tables if table.syncable] or tables[:1]
    return [replace(one, cautions=(*one.cautions, STRICT_RECORDS)) if one in about else one for one in tables]


def _of_triggers(
    db: apsw.Connection, tables: Sequence[Table], synced: Sequence[str], found: dict[str, list[str]]
) -> None:
    triggers = app_triggers(db)
    for table in tables:
        if table.name not in triggers.values() or table.kind != "table" or not table.key:
            continue
        does = effects(db, table, triggers)
        if does.error:
            why = t("Its triggers cannot run here, so nothing can be merged into it: {reason}.", reason=does.error)
            found[table.name].append(why)
        for trigger, on, target in dict.fromkeys((one.trigger, one.on, one.target) for one in does.writes):
            sentence = t(
                "The trigger “{trigger}” on “{table}” writes to “{target}”. Syncline leaves that out when a change "
                "arrives; programs with cr-sqlite's extension do not, and replicas can diverge.",
                trigger=trigger,
                table=on,
                target=target,
            )
            if target == table.name or target in synced:
                found[table.name].append(sentence)
            elif table.name in synced and target in found:  # it will be so if this one is synced too
                found[target].append(sentence)
