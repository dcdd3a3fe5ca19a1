"""Says which rows are held back, for a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.change import SQLiteValue
from engine.tables.findings import Damage, Finding
from engine.tables.types import Waiting, WaitingRow
from engine.tables.withheld.records import Held, HeldRows, Why
from engine.text import joined, printable, t

NAMED = 3
"""Rows that are named; the others are counted."""

_SHOWN = 40
"""Characters of a key's value."""

ShownKey = Callable[[Held], str]
"""Gives the key of a row, as it can be shown."""


def waiting(held: HeldRows, shown_key: ShownKey) -> Waiting:
    """Return what waits. The caller holds a read transaction."""
    if not held.exist():
        return Waiting()
    count, found = held.told(NAMED)
    rows = tuple(_describe(one, shown_key(one)) for one in found)
    correct = t("Once the text is corrected, or stored as a BLOB, the row is sent.")
    hints = (correct,) if Why.TEXT in count else ()
    return Waiting(rows, sum(count.values()) - len(rows), hints=hints, repairable=Why.VERSION in count)


def no_text(table: str, held: Sequence[Held], shown_key: ShownKey) -> list[Finding]:
    """What ``check`` says of those whose text is not valid."""
    found = [one for one in held if one.why is Why.TEXT]
    rows = joined(", ", [t("{key} (“{column}”)", key=shown_key(one), column=one.cid) for one in found[:NAMED]])
    if len(found) > NAMED:
        rows = t("{rows} and {count:,} more", rows=rows, count=len(found) - NAMED)
    return [Finding(table, Damage.NO_TEXT, len(found), named=rows)] if found else []


def shown(values: Sequence[SQLiteValue]) -> str:
    """A key, of which a text may be one that nobody can read."""
    return joined(", ", map(_value, values))


def _describe(held: Held, key: str) -> WaitingRow:
    reason = (
        t("“{column}” is not valid text", column=held.cid) if held.why is Why.TEXT else t("its version is exhausted")
    )
    sentence = t("“{table}”, row {key} cannot be sent: {reason}.", table=held.table, key=key, reason=reason)
    return WaitingRow(held.table, key, sentence)


def _value(value: SQLiteValue) -> str:
    if isinstance(value, str):
        return t("“{name}”", name=printable(value, _SHOWN))
    return f"x'{value[:_SHOWN].hex()}'" if isinstance(value, bytes) else str(value)
