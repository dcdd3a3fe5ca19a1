"""Defaults of columns: which are plain values, the same at any time and on any machine."""

from __future__ import annotations

import functools
import re

import apsw

from engine.change import SQLiteValue
from engine.sqlite.sql import literal
from engine.tables.ddl_tokens import bare_name

_KEYWORDS = frozenset(("NULL", "TRUE", "FALSE", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"))
_LITERAL = re.compile(
    r"[+-]?[0-9.]+(e[+-]?[0-9]+)?|[+-]?0x[0-9a-f]+|x?'([^']|'')*'|null|true|false", re.IGNORECASE | re.ASCII
)


def is_null(default: str | None) -> bool:
    """Return whether there is no default, or it is NULL."""
    return default is None or default.strip(" ()").upper() == "NULL"


def is_constant(default: str | None) -> bool:
    """Return whether a default is NULL or a plain value. An expression may give another value at each evaluation."""
    return is_null(default) or value_of(default) is not None


@functools.cache
def value_of(default: str | None) -> SQLiteValue:
    """Return the value of a default, if it is a plain one."""
    text = (default or "").strip()
    while text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
    name = bare_name(text)
    if name is not None and text.upper() not in _KEYWORDS:  # SQLite takes it for a text, in whatever quotes
        return name
    if not _LITERAL.fullmatch(text):
        return None
    scratch = apsw.Connection(":memory:")
    try:
        value: SQLiteValue = scratch.execute(f"SELECT {text}").get
    except apsw.Error:
        return None
    finally:
        scratch.close()
    return None if isinstance(value, str) and "\0" in value else value


def as_sql(default: str | None) -> str:
    """Return a default as an expression. SQLite takes a name after DEFAULT for a text, whatever its quotes.

    The plus keeps IS NOT TRUE from testing a truth value, by which 3 is as true as 1.
    """
    text = default or "NULL"
    name = None if text.upper() in _KEYWORDS else bare_name(text)
    return f"(+{text})" if name is None else literal(name)
