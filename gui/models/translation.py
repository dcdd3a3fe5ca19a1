"""The engine's sentences in the person's language.

The engine speaks English and knows no Qt. Its sentences are known again by templates, whose gaps (``{0}``) hold names
and numbers, or sentences again. The templates are found in the engine's code (``.ci/sentences.py``); what matches none,
such as the words of the system or of a server of others, is shown as it is.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise

from PySide6.QtCore import QLocale

from gui import language
from gui.language import has_translation, marked_text

BOUNDARY = re.compile(r"[.?] (?=\S)")
NAME = r"((?:(?![.?] [A-Z“]).)+?)"
"""What begins a sentence goes over the end of none."""

QUOTED = re.compile("“([^”]*)”")
WITHIN = NAME.replace("+?", "*?")
"""Nor does what something follows in its template; only at the end of one may whole sentences stand."""

NUMBER = re.compile(r"\d{1,3}(,\d{3})+")


def told(sentence: str) -> str:
    """What the engine said, as far as there is a translation."""
    return _told(sentence, language.generation) if has_translation() else sentence


def templates() -> list[str]:
    """All that the engine can say, with gaps; the most particular first."""
    file = resources.files("assets").joinpath("languages", "sentences.txt")
    return sorted(file.read_text(encoding="utf-8").splitlines(), key=lambda one: -len(re.sub(r"\{\d\}", "", one)))


@functools.lru_cache(maxsize=500)
def _told(text: str, generation: int) -> str:
    """Translate the longest beginning that a template matches, and go on behind it."""
    stripped = text.strip()
    if not stripped:
        return text
    before, after = text[: text.index(stripped[0])], text[len(text.rstrip()) :]
    return before + _sentences(stripped, generation) + after


def _sentences(text: str, generation: int) -> str:
    if NUMBER.fullmatch(text):
        return QLocale().toString(int(text.replace(",", "")))
    ends = [match.start() + 1 for match in BOUNDARY.finditer(text)]
    for end in [len(text), *reversed(ends)]:
        found = _match(text[:end], generation)
        if found is not None:
            rest = text[end:].strip()
            return f"{found} {_told(rest, generation)}" if rest else found
    if not ends:  # names, often quoted
        return QUOTED.sub(lambda quoted: QLocale().quoteString(quoted[1]), text)
    return f"{text[: ends[0]]} {_told(text[ends[0] :].strip(), generation)}"  # what comes behind may be known


def _match(text: str, generation: int) -> str | None:
    for template in _patterns():
        if template.solid in text and (match := template.pattern.fullmatch(text)):
            return marked_text("engine", template.text).format(*(_told(part, generation) for part in match.groups()))
    return None


@dataclass(frozen=True, slots=True)
class _Template:
    """A template, the longest text in it without a gap, and what matches it."""

    text: str
    solid: str
    pattern: re.Pattern[str]


@functools.cache
def _patterns() -> list[_Template]:
    found = []
    for text in templates():
        parts = re.split(r"\{\d\}", text)
        pattern = re.escape(parts[0])
        for before, part in pairwise(parts):
            gap = WITHIN if part else "(.+?)" if before.endswith(" ") else "(.*?)"
            pattern += (gap if pattern else NAME) + re.escape(part)
        found.append(_Template(text, max(parts, key=len), re.compile(pattern, re.DOTALL)))
    return found
