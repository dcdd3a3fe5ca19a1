"""Keys of a table byte by byte, whatever text is in them, including invalid text.

A row whose key holds invalid text stays on this machine, as no other could take it. It is named
(``engine.ordinary.withheld``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from engine.change import SQLiteValue
from engine.sqlite.invalid_text import as_text, readable

READABLE = "crsql_syncline_readable"
"""The SQL function that tells whether a key can be read; it takes what ``fields`` returns."""


def fields(names: Sequence[str]) -> str:
    """Return the columns of a key as SQL that yields no text: for each, whether it is one, and its bytes or its
    value."""
    return ", ".join(
        f"typeof({name}) = 'text', CASE typeof({name}) WHEN 'text' THEN CAST({name} AS BLOB) ELSE {name} END"
        for name in names
    )


def texts(values: Sequence[Any], encoding: str) -> list[SQLiteValue]:
    """Return the key in these fields, with a ``NoText`` for a text that cannot be read."""
    pairs = zip(values[::2], values[1::2], strict=True)
    return [as_text(value, encoding) if is_text else value for is_text, value in pairs]


def unreadable(values: Sequence[Any], encoding: str) -> int | None:
    """Return which column of the key in these fields cannot be read; None if all can."""
    places = (n for n, value in enumerate(texts(values, encoding)) if not readable((value,)))
    return next(places, None)


def spelled(values: Sequence[Any]) -> str:
    """Return the fields as one text, by which a key is recorded."""
    pairs = zip(values[::2], values[1::2], strict=True)
    return json.dumps(
        [
            {"text" if is_text else "blob": value.hex()} if isinstance(value, bytes) else value
            for is_text, value in pairs
        ]
    )


def fields_of(spelling: str) -> list[Any]:
    """Return the fields from such a text."""
    found: list[Any] = []
    for value in json.loads(spelling):
        if isinstance(value, dict):
            [(kind, data)] = value.items()
            found += kind == "text", bytes.fromhex(data)
        else:
            found += False, value
    return found


def bound(spelling: str, first: int = 1) -> tuple[tuple[str, ...], list[SQLiteValue]]:
    """Return SQL expressions for the columns of a key, and what to bind to them from the parameter ``first`` on."""
    values = fields_of(spelling)
    # plus: without the affinity of TEXT, which would be put on what they are compared with
    names = tuple(f"+CAST(?{n} AS TEXT)" if is_text else f"?{n}" for n, is_text in enumerate(values[::2], first))
    return names, values[1::2]
