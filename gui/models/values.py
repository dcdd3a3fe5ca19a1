"""SQLite values, keys and site ids in a few readable characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from html import escape

from PySide6.QtCore import QLocale

from engine.change import SQLiteValue
from engine.truncate import length
from gui.language import tr

SHORT = 80
"""The most characters of a value that are shown in a table."""

LONG = 2000
"""The most characters of a value that are shown in a tooltip, and searched."""

_BLOB_BYTES = 8
_SIGNS = {"\n": "↵", "\t": "⇥"}


def cells_in_words(cells: Iterable[tuple[str, str]]) -> str:
    """Return a line of a table as a screen reader says it, from (heading, text) pairs; empty cells are left out."""
    return "; ".join(tr("{column}: {value}", column=heading, value=text) for heading, text in cells if text)


def shown(value: SQLiteValue, limit: int = SHORT) -> str:
    """Return a value on one line.

    Args:
        value: any SQLite value.
        limit: the characters after which a text is cut short with "…".
    """
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        digits = value[: min(_BLOB_BYTES, limit)].hex()
        return f"x'{digits}{'…' if len(value) > _BLOB_BYTES else ''}' {size(length(value))}"
    if isinstance(value, str):
        cut = value[:limit]
        if not cut.isprintable():
            cut = "".join(map(_visible, cut))
        return cut + "…" if len(value) > limit else cut
    return repr(value)


def laid_out(value: SQLiteValue, limit: int = 100_000) -> str:
    """Return a value in full, for a field of several lines; invisible and direction-changing characters are made
    visible.

    Args:
        value: any SQLite value; a blob is shown as hexadecimal digits.
        limit: the characters after which it is cut short.
    """
    if isinstance(value, bytes):
        text = value[: limit // 2].hex(" ", 1)
        return text + " …" if length(value) > min(limit // 2, len(value)) else text
    if not isinstance(value, str):
        return shown(value)
    lines = ["".join(map(_visible, line)) for line in value[:limit].split("\n")]
    return "\n".join(lines) + ("…" if length(value) > min(limit, len(value)) else "")


def copied(value: SQLiteValue) -> str:
    """Return a value for the clipboard: a text as it is, a blob as an SQL literal."""
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return value if isinstance(value, str) else shown(value)


def described(value: SQLiteValue) -> str:
    """Return the type and size of a value, such as ``text of 12 characters``."""
    if value is None:
        return tr("no value")
    if isinstance(value, bytes):
        return tr("blob of {size}", size=size(length(value)))
    if isinstance(value, str):
        return (
            tr("text, 1 character") if len(value) == 1 else tr("text, {count} characters", count=number(length(value)))
        )
    return tr("whole number") if isinstance(value, int) else tr("real number")


def as_tip(text: str) -> str:
    """Return a text as a tooltip: wrapped, and never taken for markup, which Qt would guess from a "<b>" in it."""
    return f'<qt style="white-space: pre-wrap">{escape(text)}</qt>' if text else ""


def without_markup(text: str) -> str:
    """Return a text for the desktop's notifications and tooltips, which may or may not interpret markup."""
    return text.replace("<", "‹").replace(">", "›")


def everywhere(global_key: str) -> str:
    """Return the line with a row's name on all machines, each of which numbers the row differently."""
    return tr("On all machines: {name}", name=global_key)


def key_shown(key: tuple[SQLiteValue, ...]) -> str:
    """Return a primary key, its columns separated by commas."""
    return ", ".join([shown(value, 40) for value in key])


def site_shown(site: bytes | None) -> str:
    """Return the first eight digits of a site id; "–" for None."""
    return "–" if site is None else site.hex()[:8]


def size(count: int) -> str:
    """Return a number of bytes, such as ``1.2 kB``."""
    return _locale().formattedDataSize(count, 1, QLocale.DataSizeFormat.DataSizeSIFormat)


def number(count: int) -> str:
    """Return a number with the separators of the person's language."""
    return _locale().toString(count)


def _locale() -> QLocale:
    """Return the person's locale, or English where none is set (the locale C), so that long numbers stay readable."""
    locale = QLocale()
    return QLocale(QLocale.Language.English) if locale.language() is QLocale.Language.C else locale


def _visible(letter: str) -> str:
    """Return a visible form of a character.

    Those that hide, break lines or change the direction of the text become a sign or a code.
    """
    if letter.isprintable():
        return letter
    if letter in _SIGNS:
        return _SIGNS[letter]
    return " " if unicodedata.category(letter) == "Zs" else f"⟨{ord(letter):02X}⟩"
