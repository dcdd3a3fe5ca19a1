"""Tells a person which rows are withheld."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from engine.change import SQLiteValue
from engine.sqlite.invalid_text import readable
from engine.tables.findings import Damage, Finding
from engine.tables.waiting import Waiting, WaitingRow
from engine.tables.withheld.records import Held, HeldRows, Why
from engine.text import joined, printable, t

NAMED = 3
"""How many rows are named; the others are only counted."""

_SHOWN = 40
"""The most characters shown of a key's value."""

Key = tuple[SQLiteValue, ...]

ShownKey = Callable[[Held], str]
"""Returns the key of a row, as it can be shown."""


def waiting(held: HeldRows, shown_key: ShownKey, *, named: int = NAMED) -> Waiting:
    """Return what waits, naming ``named`` rows; -1 for all. The caller holds a read transaction."""
    if not held.exist():
        return Waiting()
    count, found = held.told(named)
    rows = tuple(_describe(one, shown_key(one)) for one in found)
    correct = t("Once the text is corrected, or stored as a BLOB, the row is sent.")
    hints = (correct,) if Why.TEXT in count else ()
    return Waiting(rows, sum(count.values()) - len(rows), hints=hints, repairable=Why.VERSION in count)


def no_text(table: str, held: Sequence[Held], shown_key: ShownKey) -> list[Finding]:
    """Return the finding of ``check`` for rows with invalid text."""
    found = [one for one in held if one.why is Why.TEXT]
    rows = joined(", ", [t("{key} (“{column}”)", key=shown_key(one), column=one.cid) for one in found[:NAMED]])
    if len(found) > NAMED:
        rows = t("{rows} and {count:,} more", rows=rows, count=len(found) - NAMED)
    return [Finding(table, Damage.NO_TEXT, len(found), named=rows)] if found else []


def shown(values: Sequence[SQLiteValue]) -> str:
    """Return a key as it can be shown, even if it contains invalid text."""
    return joined(", ", map(_value, values))


def bare(key: str) -> str:
    """Return a key as it can be shown, without its quotation marks."""
    return key.replace("“", "").replace("”", "").replace("„", "")


def matching(keys: Iterable[Key], wanted: str) -> tuple[int, set[Key]]:
    """Return the keys that ``wanted`` names best, and how well it does. Keys with invalid text are skipped.

    Returns:
        0: it is the whole key, with quotation marks; 1: without; 2: the key as it is shown, perhaps truncated; 3: the
            same
        without quotation marks; and the keys.
    """
    best, found = len(_FORMS), set[Key]()
    for key in filter(readable, keys):
        level = next((n for n, form in enumerate(_FORMS[: best + 1]) if form(key) == wanted), len(_FORMS))
        if level < best:
            best, found = level, {key}
        elif level == best < len(_FORMS):
            found.add(key)
    return best, found


def _whole(key: Key) -> str:
    return joined(", ", [t("“{name}”", name=one) if isinstance(one, str) else _unquoted(one) for one in key])


def _plain(key: Key) -> str:
    return joined(", ", map(_unquoted, key))


def _unquoted(value: SQLiteValue) -> str:
    return f"x'{value.hex()}'" if isinstance(value, bytes) else str(value)


_FORMS: tuple[Callable[[Key], str], ...] = (_whole, _plain, shown, lambda key: bare(shown(key)))


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
