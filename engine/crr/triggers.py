"""The sync triggers of a CRR (cr-sqlite.md 2.4): their text, and whether those of a table record every write."""

from __future__ import annotations

from enum import Enum

from engine.sqlite.sql import ident, idents, literal
from engine.tables.ddl_tokens import call_arguments, tokens, unquoted

EVENTS = ("insert", "update", "delete")

_WHEN = ["when", "crsql_internal_sync_bit", "(", ")", "=", "0", "begin"]
_EACH_ROW = ["for", "each", "row"]


class Watch(Enum):
    """How completely a table's triggers record its writes.

    WHOLE: every write. OLDER: a column was added without updating them, so updates are refused and every other write is
    recorded. BROKEN: writes may go unrecorded.
    """

    WHOLE = 0
    OLDER = 1
    BROKEN = 2


class Triggers:
    """The three triggers of one CRR.

    Args:
        name: its wire name.
        table: the base table's name.
        key: its key columns in key order.
        columns: its tracked columns in table order.
    """

    def __init__(self, name: str, table: str, key: tuple[str, ...], columns: tuple[str, ...]) -> None:
        self._name = name
        self._table = table
        self._key = key
        self._columns = columns

    def name(self, event: str) -> str:
        """Return the name of the trigger for an event."""
        return trigger_name(self._name, event)

    def sql(self, event: str) -> str:
        """Return the statement that creates it."""
        return (
            f"CREATE TRIGGER {ident(self.name(event))} AFTER {event.upper()} ON {ident(self._table)}"
            f" FOR EACH ROW WHEN crsql_internal_sync_bit() = 0 BEGIN VALUES ({self._call(event)}); END"
        )

    def _call(self, event: str) -> str:
        new_key, old_key = (idents(self._key, prefix=row) for row in ("NEW.", "OLD."))
        values = {"insert": [new_key], "update": [new_key, old_key], "delete": [old_key]}[event]
        if event == "update" and self._columns:
            values += [idents(self._columns, prefix=row) for row in ("NEW.", "OLD.")]
        return f"crsql_after_{event}({', '.join([literal(self._name), *values])})"

    def watch(self, event: str, found: str | None) -> Watch:
        """Return what a trigger does, judged by its text; None as text stands for a missing trigger.

        The published engine writes them with other whitespace and without FOR EACH ROW.
        """
        if found is None:
            return Watch.BROKEN
        if found == self.sql(event):
            return Watch.WHOLE
        words = _words(found)
        head = ["create", "trigger", self.name(event).lower(), "after", event, "on", self._table.lower()]
        body = words[len(head) :]
        if body[: len(_EACH_ROW)] == _EACH_ROW:
            body = body[len(_EACH_ROW) :]
        if words[: len(head)] != head or body[: len(_WHEN)] != _WHEN:
            return Watch.BROKEN
        body = body[len(_WHEN) :]
        call = _words(self._call(event))
        if body in (["values", "(", *call, ")", ";", "end"], ["select", *call, ";", "end"]):
            return Watch.WHOLE
        one_call = body[:3] == ["values", "(", call[0]] and body[-4:] == [")", ")", ";", "end"] and body.count(";") == 1
        return Watch.OLDER if event == "update" and one_call and self._older(found) else Watch.BROKEN

    def _older(self, found: str) -> bool:
        """Return whether an update trigger passes only some of the columns, each as NEW and as OLD."""
        keys = [f"{row}.{name.lower()}" for row in ("new", "old") for name in self._key]
        passed = call_arguments(found, "crsql_after_update")
        new, old = (
            [name.removeprefix(row) for name in passed[1 + len(keys) :] if name.startswith(row)]
            for row in ("new.", "old.")
        )
        right = [self._name.lower(), *keys, *(f"new.{name}" for name in new), *(f"old.{name}" for name in old)]
        known = {name.lower() for name in self._columns}
        return passed == right and new == old and len(new) == len(set(new)) < len(known) and known.issuperset(new)


def trigger_name(name: str, event: str) -> str:
    """Return the name of a CRR's trigger for an event; ``name`` is the wire name."""
    return f"{name}__crsql_{event[0]}trig"


def _words(sql: str) -> list[str]:
    return [unquoted(word).lower() for word in tokens(sql)]
