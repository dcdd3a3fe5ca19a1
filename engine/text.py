"""Text for people: templates with named arguments, and text from elsewhere made safe to show.

The engine writes English and translates nothing. ``t`` returns a string that remembers how it was made, so that the
window and the command line can say the same in the person's language: they look up the template, never the finished
sentence, and leave the arguments as they are (names of peers, tables, files). An argument may be such a text itself.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping

Lookup = Callable[[str], str]
"""From an English template to the same in another language; a template that is not known is returned as it is."""


class Text(str):
    """An English text, and what it was made from.

    Attributes:
        template: with gaps as in ``str.format``; "" for a text that only joins others.
        arguments: what stands in the gaps, by name.
        parts: the texts that this one joins, with a space between them.
    """

    template: str
    arguments: Mapping[str, object]
    parts: tuple[str, ...]

    __slots__ = ("arguments", "parts", "template")

    def said(self, lookup: Lookup, number: Callable[[int], str] = str) -> str:
        """Return this text in another language.

        Args:
            lookup: finds the translation of a template.
            number: writes a whole number with its groups of digits, where the template asks for them.
        """
        if self.parts:
            return " ".join(translated(part, lookup, number) for part in self.parts)
        arguments = {name: _argument(value, lookup, number) for name, value in self.arguments.items()}
        return _Formatter(number).vformat(lookup(self.template), (), arguments)


def t(template: str, /, **arguments: object) -> Text:
    """Make a text of a template, which must be a literal: the translators' tool finds it by this function's name.

    Args:
        template: English, with a gap for each argument: ``"{file} is locked."``
        arguments: what stands in the gaps.
    """
    return _made(template, arguments)


def _made(template: str, arguments: Mapping[str, object]) -> Text:
    text = Text(template.format(**arguments))
    text.template, text.arguments, text.parts = template, arguments, ()
    return text


def sentences(*parts: str) -> Text:
    """Join sentences with spaces between them; empty ones are left out."""
    kept = tuple(part.strip() if type(part) is str else part for part in parts if part.strip())
    text = Text(" ".join(kept))
    text.template, text.arguments, text.parts = "", {}, kept
    return text


def translated(text: str, lookup: Lookup, number: Callable[[int], str] = str) -> str:
    """Return a text in another language as ``Text.said`` does; one that has no template is returned as it is."""
    return text.said(lookup, number) if isinstance(text, Text) else text


def printable(text: str, limit: int) -> str:
    """Return ``text`` with control characters made visible, shortened to about ``limit`` characters.

    Nothing that a peer or a database says may move a terminal's cursor or look like our own words. A text with a
    template keeps it: its arguments are made printable.
    """
    if isinstance(text, Text) and (len(text) > limit or not text.isprintable()):
        if text.parts:
            return sentences(*(printable(part, limit) for part in text.parts))
        return _made(text.template, {name: _printable_argument(value, limit) for name, value in text.arguments.items()})
    if isinstance(text, Text):
        return text
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def _printable_argument(value: object, limit: int) -> object:
    if isinstance(value, bool | int | float):
        return value
    return printable(value if isinstance(value, str) else str(value), limit)


def _argument(value: object, lookup: Lookup, number: Callable[[int], str]) -> object:
    if isinstance(value, Text):
        return value.said(lookup, number)
    first = value.args[0] if isinstance(value, Exception) and value.args else None
    return first.said(lookup, number) if isinstance(first, Text) else value


class _Formatter(string.Formatter):
    """Formats as ``str.format``, except that whole numbers are grouped as the person's language does it."""

    def __init__(self, number: Callable[[int], str]) -> None:
        self._number = number

    def format_field(self, value: object, format_spec: str) -> str:
        if format_spec == "," and isinstance(value, int):
            return self._number(value)
        text: str = super().format_field(value, format_spec)
        return text
