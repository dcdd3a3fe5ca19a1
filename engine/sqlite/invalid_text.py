"""TEXT that SQLite stores and nobody can read: not UTF-8, or half of a surrogate pair in a file of UTF-16.

APSW raises ``UnicodeDecodeError`` for a row that holds such a text. What is here reads these rows all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apsw

from engine.change import SQLiteValue

_HALVES = re.compile("[\ud800-\udfff]")
_HANDLERS = {"UTF-8": "surrogateescape"}


class NoText(str):
    """A text that nobody can read, with a lone surrogate for each byte or half that is amiss."""


def rows_of_schema(db: apsw.Connection, columns: str, where: str) -> Iterator[tuple[Any, ...]]:
    """Return the usable rows of the schema, with ``columns`` of it: the first is a name that can be read."""
    rows = each(db, f"SELECT {columns} FROM main.sqlite_master WHERE {where}")
    return (row for row in rows if readable(row[:1]))


def readable(values: Iterable[SQLiteValue]) -> bool:
    """Return whether none of the values is a text that cannot be read."""
    return not any(type(value) is NoText for value in values)


def shown(value: SQLiteValue) -> SQLiteValue:
    """Return ``value`` as it can be shown: of a text that cannot be read as a whole, what can be read."""
    return _HALVES.sub("\ufffd", value) if type(value) is NoText else value


def each(db: apsw.Connection, sql: str, bindings: Sequence[SQLiteValue] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a query, with a ``NoText`` in place of each text that cannot be read."""
    done = 0
    try:
        for row in db.execute(sql, bindings):
            yield row
            done += 1
        return
    except UnicodeDecodeError:
        names = [f"c{n}" for n in range(len(db.execute(sql, bindings).description))]
    fields = ", ".join(f"typeof({c}) = 'text', iif(typeof({c}) = 'text', CAST({c} AS BLOB), {c})" for c in names)
    rest = f"WITH q({', '.join(names)}) AS ({sql}) SELECT {fields} FROM q LIMIT -1 OFFSET {done}"
    encoding = db.pragma("encoding")
    for row in db.execute(rest, bindings):
        yield tuple(
            as_text(value, encoding) if is_text else value for is_text, value in zip(row[::2], row[1::2], strict=True)
        )


def as_text(data: bytes, encoding: str) -> str:
    """Return the text that these bytes are in a file of this encoding, as SQLite names it; a ``NoText`` if invalid."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return NoText(data.decode(encoding, _HANDLERS.get(encoding, "surrogatepass")))


def from_utf8(data: bytes, encoding: str) -> str:
    """Do the same as ``as_text`` for text that SQLite has converted to UTF-8: half a surrogate pair is three bytes."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return NoText(data.decode(errors=_HANDLERS.get(encoding, "surrogatepass")))


def as_blob(text: NoText, encoding: str) -> bytes:
    """Return the bytes that ``text`` was made of."""
    return text.encode(encoding, _HANDLERS.get(encoding, "surrogatepass"))
