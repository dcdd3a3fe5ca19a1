"""How values, changes and clocks look on a terminal and in JSON."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from engine.change import SENTINEL, SQLiteValue
from engine.text import printable, t

if TYPE_CHECKING:
    from engine.events import FlowChange

SHOWN = 60
"""Characters of a value shown on a terminal."""


def say(text: str) -> None:
    """Print one line for a person or a pipe, at once."""
    print(text, flush=True)


def say_json(value: dict[str, Any]) -> None:
    """Print one JSON object on a line, at once."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def terminal() -> bool:
    """Whether a person is looking."""
    return sys.stdout.isatty()


def short_site(site_id: bytes | None) -> str:
    """Return the first eight hex digits of a site id, or a dash."""
    return site_id.hex()[:8] if site_id else "–"


def count(number: int, thing: str) -> str:
    """Return ``1 change``, ``1,240 changes``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def shown(value: SQLiteValue) -> str:
    """Return a value for a person: shortened, control characters visible, blobs by size."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"<{count(len(value), 'byte')}>"
    return printable(str(value), SHOWN)


def as_json(value: SQLiteValue) -> Any:
    """Return a value as JSON has it; a blob as ``{"blob": hex}``."""
    return {"blob": value.hex()} if isinstance(value, bytes) else value


def change_line(change: FlowChange) -> str:
    """Return one change as a line: version, author, table, key, what happened."""
    key = ", ".join(shown(part) for part in change.key)
    if change.column == SENTINEL:
        what = "deleted" if change.cl % 2 == 0 else "created"
    else:
        what = f"{change.column} = {shown(change.value)}"
        if change.had_old:
            what += t("  (was {old})", old=shown(change.old))
    return f"{change.version:>6}  {short_site(change.author)}  {change.table}[{key}]  {what}"


def change_json(change: FlowChange) -> dict[str, Any]:
    """Return one change as a JSON object."""
    return {
        "version": change.version,
        "author": change.author.hex() if change.author else None,
        "table": change.table,
        "key": [as_json(part) for part in change.key],
        "column": None if change.column == SENTINEL else change.column,
        "value": as_json(change.value),
        "causal_length": change.cl,
    }
