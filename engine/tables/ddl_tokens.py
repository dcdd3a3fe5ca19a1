"""Splits a CREATE statement into tokens, by SQLite's rules (https://sqlite.org/lang.html)."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""(?P<blank> \s+ | --[^\n]* | /\*.*?(?:\*/|\Z) )
      | '(?:[^']|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] | [\w$]+ | .""",
    re.VERBOSE | re.DOTALL,
)
_NAME = re.compile(r"""["`\[]|[^\W\d]""")
_CONSTRAINTS = frozenset(("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"))


def tokens(sql: str) -> list[str]:
    """Return the tokens of ``sql``, without whitespace and comments."""
    return [found.group() for found in _TOKEN.finditer(sql) if found["blank"] is None]


def behind(sql: str, count: int) -> str:
    """Return what follows the first ``count`` tokens of ``sql``."""
    for found in _TOKEN.finditer(sql):
        if found["blank"] is None:
            count -= 1
            if count == 0:
                return sql[found.end() :]
    return ""


def column_definitions(sql: str) -> dict[str, str]:
    """Return each column's whole definition, name included, by its name in lower case; ``sql`` is a CREATE TABLE."""
    # Whitespace stays, as one space each: without it 1.5 and x'00' would fall apart. Comments would end the statement.
    words = [" " if found["blank"] else found.group() for found in _TOKEN.finditer(sql)]
    found: dict[str, str] = {}
    for item in _split(words[words.index("(") :]) if "(" in words else []:
        name = next((word for word in item if word != " "), "")
        if name and name.upper() not in _CONSTRAINTS:
            found[unquoted(name).lower()] = "".join(item).strip()
    return found


def bare_name(sql: str) -> str | None:
    """Return the name that ``sql`` consists of, without its quotes; None for anything else, such as a number."""
    words = tokens(sql)
    return unquoted(words[0]) if len(words) == 1 and _NAME.match(words[0]) else None


def call_arguments(sql: str, function: str) -> list[str]:
    """Return the arguments of the first call of ``function``, unquoted and in lower case; empty without a call."""
    words = tokens(sql)
    after = words[words.index(function) + 1 :] if function in words else []
    return ["".join(unquoted(word).lower() for word in item) for item in _split(after)]


def _split(words: list[str]) -> list[list[str]]:
    """Return what is between the commas of the parenthesised list that ``words`` begins with."""
    items: list[list[str]] = [[]]
    depth = 0
    for word in words:
        depth += (word == "(") - (word == ")")
        if depth == 0:
            break
        if word == "," and depth == 1:
            items.append([])
        elif depth > 1 or word != "(":
            items[-1].append(word)
    return items


def unquoted(name: str) -> str:
    """Return a token without its quotes."""
    first = name[0]
    if first == "[":
        return name[1:-1]
    return name[1:-1].replace(first * 2, first) if first in "\"'`" else name
