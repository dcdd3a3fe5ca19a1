"""Text for people: templates with named arguments, and text from elsewhere made safe to show.

The engine writes English and translates nothing. ``t`` returns a string that remembers how it was made, so that the
window and the command line can say the same in the person's language: they look up the template, never the finished
sentence, and leave the arguments as they are (names of peers, tables, files). An argument may be such a text itself.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Lookup = Callable[[str], str]
"""From an English template to the same in another language; a template that is not known is returned as it is."""

Number = Callable[[str], str]
"""From a number as English writes it (``1,240.5``) to the way that another language does."""


_GAP = re.compile(r"\{\w+(![rsa])?(:[<>]?\d{0,2},?(\.\d{1,2})?f?)?\}|\{\{")
"""What a packed template may hold: a gap with a format that makes nothing much longer."""

LONGEST = 10_000
"""The most characters of an unpacked text; a longer one is none of ours."""


class Text(str):
    """An English text, and what it was made from.

    Attributes:
        template: with gaps as in ``str.format``.
        arguments: what stands in the gaps, by name.
    """

    template: str
    arguments: Mapping[str, object]

    __slots__ = ("arguments", "template")

    def said(self, lookup: Lookup, number: Number = str) -> str:
        """Return this text in another language.

        Args:
            lookup: finds the translation of a template.
            number: writes a number where the template says how it is formatted, as in ``{count:,}``.
        """
        arguments = {name: _argument(value, lookup, number) for name, value in self.arguments.items()}
        return _Formatter(number).vformat(lookup(self.template), (), arguments)


def t(template: str, /, **arguments: object) -> Text:
    """Make a text of a template, which must be a literal: the translators' tool finds it by this function's name.

    Args:
        template: English, with a gap for each argument: ``"{file} is locked."``
        arguments: what stands in the gaps.
    """
    return _made(template, arguments)


def layout(template: str, /, **arguments: object) -> Text:
    """Arrange texts by a template that has no words to translate: ``layout("{peer}: {state}", ...)``."""
    return _made(template, arguments)


def _made(template: str, arguments: Mapping[str, object]) -> Text:
    text = Text(template.format(**arguments))
    text.template, text.arguments = template, arguments
    return text


def counted(number: int, one: Text, many: Text) -> Text:
    """Return the text for this number of things: ``counted(n, t("1 row"), t("{count:,} rows", count=n))``."""
    return one if number == 1 else many


def sentences(*parts: str) -> Text:
    """Join sentences with spaces between them; empty ones are left out."""
    return joined(" ", parts)


def joined(separator: str, parts: Iterable[str]) -> Text:
    """Join texts with a separator between them; empty ones are left out, and spaces around words from elsewhere."""
    kept = [part.strip() if type(part) is str else part for part in parts if part.strip()]
    arguments = {f"part{place}": part for place, part in enumerate(kept)}
    return _made(separator.join(f"{{{name}}}" for name in arguments), arguments)


def translated(text: str, lookup: Lookup, number: Number = str) -> str:
    """Return a text in another language as ``Text.said`` does; one that has no template is returned as it is."""
    return text.said(lookup, number) if isinstance(text, Text) else text


def packed(text: str) -> str:
    """Return a text as JSON, to be kept or sent; what is neither a text nor a number in it becomes its English."""
    return json.dumps(_packed(text), ensure_ascii=False)


def unpacked(data: str) -> str:
    """Return the text that ``packed`` made this of; what it has not made is returned as it is.

    It may come from a peer: no template can do more than put values into gaps, or grow beyond ``LONGEST``.
    """
    try:
        return _unpacked(json.loads(data))
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError):
        return data


def _packed(value: object) -> object:
    if isinstance(value, Exception) and value.args and isinstance(value.args[0], Text):
        value = value.args[0]
    if isinstance(value, Text):
        shown = {name for _, name, _, _ in string.Formatter().parse(value.template)}
        return [value.template, {name: _packed(one) for name, one in value.arguments.items() if name in shown}]
    return value if isinstance(value, int | float) else str(value)


def _unpacked(value: Any) -> str:
    if isinstance(value, str):
        return value
    template, arguments = value
    if not isinstance(template, str) or not isinstance(arguments, dict):
        raise TypeError("Whoever wrote this did not mean a text.")
    if _GAP.sub("", template).count("{") or not template.isprintable():
        raise ValueError("Whoever wrote this wants more than values in gaps.")
    values = {name: one if isinstance(one, int | float) else _unpacked(one) for name, one in arguments.items()}
    text = _made(template, values)
    if len(text) > LONGEST:
        raise ValueError("Whoever wrote this wants a text that fills the memory.")
    return text


def printable(text: str, limit: int) -> str:
    """Return ``text`` with control characters made visible, shortened to about ``limit`` characters.

    Nothing that a peer or a database says may move a terminal's cursor or look like our own words. A text with a
    template keeps it: its arguments are made printable.
    """
    if isinstance(text, Text):
        if len(text) <= limit and text.isprintable():
            return text
        return _made(text.template, {name: _printable_argument(value, limit) for name, value in text.arguments.items()})
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def _printable_argument(value: object, limit: int) -> object:
    if isinstance(value, bool | int | float):
        return value
    return printable(value if isinstance(value, str) else str(value), limit)


def _argument(value: object, lookup: Lookup, number: Number) -> object:
    if isinstance(value, Text):
        return value.said(lookup, number)
    first = value.args[0] if isinstance(value, Exception) and value.args else None
    return first.said(lookup, number) if isinstance(first, Text) else value


class _Formatter(string.Formatter):
    """Formats as ``str.format``, except that numbers are written as the person's language does it."""

    def __init__(self, number: Number) -> None:
        self._number = number

    def format_field(self, value: object, format_spec: str) -> str:
        text: str = super().format_field(value, format_spec)
        return self._number(text) if format_spec and isinstance(value, int | float) else text
