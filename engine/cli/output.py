"""What commands print: texts in the system's language, values, changes and clocks; JSON in English."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.change import SENTINEL, SQLiteValue
from engine.cli.colours import Colour, painted
from engine.cli.encoding import is_unicode
from engine.ids import SiteId
from engine.language import catalogue, number_format, system_language
from engine.text import Text, counted, joined, layout, printable, t, translated

if TYPE_CHECKING:
    from engine.events import FlowChange
    from engine.tables import Waiting

SHOWN = 60
"""The most characters of a value shown on a terminal."""


def said(text: str) -> str:
    """Return a text in the system's language; only texts with a template are translated."""
    language = system_language()
    return translated(text, catalogue(language), number_format(language))


def print_line(text: str, *, indent: int = 0, colour: Colour | None = None) -> None:
    """Print one line to stdout, in the system's language, and flush it."""
    print(" " * indent + painted(said(text), colour, sys.stdout), flush=True)


def print_to_stderr(text: str, *, colour: Colour | None = None) -> None:
    """Print one line to stderr, in the system's language, and flush it."""
    print(painted(said(text), colour, sys.stderr), file=sys.stderr, flush=True)


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object on a line, and flush it."""
    print(json.dumps(value, ensure_ascii=not is_unicode(sys.stdout)), flush=True)


def terminal() -> bool:
    """Return whether stdout is a terminal, with a person looking."""
    return sys.stdout.isatty()


def short_site(site_id: SiteId | None) -> str:
    """Return the first eight hex digits of a site id, or a dash."""
    return site_id.hex()[:8] if site_id else "–"


def changes(number: int) -> Text:
    """Return ``1 change``, ``1,240 changes``."""
    return counted(number, t("1 change"), t("{count:,} changes", count=number))


def rows(number: int) -> Text:
    """Return ``1 row``, ``1,240 rows``."""
    return counted(number, t("1 row"), t("{count:,} rows", count=number))


def shown(value: SQLiteValue) -> str:
    """Return a value for a person: shortened, with control characters visible and blobs by size."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return counted(len(value), t("<1 byte>"), t("<{count:,} bytes>", count=len(value)))
    return printable(str(value), SHOWN)


def as_json(value: SQLiteValue) -> Any:
    """Return a value as JSON; a blob as ``{"blob": hex}``."""
    return {"blob": value.hex()} if isinstance(value, bytes) else value


def waiting_json(waiting: Waiting) -> dict[str, Any]:
    """Return what cannot be sent as a JSON object."""
    rows = [{"table": row.table, "key": row.key, "reason": row.reason} for row in waiting.rows]
    return {"rows": rows, "more": waiting.more, "counter_used_up": bool(waiting.counter)}


def change_line(change: FlowChange) -> Text:
    """Return one change as a line: version, author, table, key, and what happened."""
    return layout(
        "{version:>6}  {site_id}  {row}  {change}",
        version=change.version,
        site_id=short_site(change.author),
        row=row_name(change.table, change.key, change.global_key),
        change=_what(change),
    )


def row_name(table: str, key: Sequence[SQLiteValue], global_key: str = "") -> Text:
    """Return a row's table and key, as ``item[1]``; with its global key if its original number was another."""
    row = layout("{table}[{key}]", table=shown(table), key=joined(", ", map(shown, key)))
    names = [one.split(":") for one in global_key.split(", ")] if global_key else []
    if all(born in map(str, key) for _, born in names):
        return row
    return layout("{row} ({names})", row=row, names=", ".join(f"{collection[:8]}:{born}" for collection, born in names))


def _what(change: FlowChange) -> Text:
    if change.column == SENTINEL:
        return t("deleted") if change.cl % 2 == 0 else t("created")
    column, value = change.column, shown(change.value)
    if change.had_old:
        return t("{column} = {value}  (was {old})", column=column, value=value, old=shown(change.old))
    return layout("{column} = {value}", column=column, value=value)


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
    } | ({"global_key": change.global_key} if change.global_key else {})
