"""Times and values as words."""

from __future__ import annotations

from datetime import datetime

import pytest
from PySide6.QtGui import QTextDocument
from pytestqt.qtbot import QtBot

from engine.change import SQLiteValue
from gui.models import times, values

NOW = datetime(2023, 11, 14, 12).timestamp()
"""Noon, wherever the tests run."""


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (-60, "just now"),
        (0, "just now"),
        (9.9, "just now"),
        (10, "10 s ago"),
        (59.9, "50 s ago"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (3600, "1 h ago"),
        (86399, "23 h ago"),
        (86400, "1 day ago"),
        (2 * 86400, "2 days ago"),
        (59 * 86400, "59 days ago"),
    ],
)
def test_relative_times(qtbot: QtBot, passed: float, words: str) -> None:
    assert times.relative(NOW - passed, NOW) == words


def test_times_long_ago_and_never(qtbot: QtBot) -> None:
    assert times.relative(NOW - 100 * 86400, NOW) == "2023-08-06"
    assert times.relative(None, NOW) == "–"
    assert times.exact(None) == "never"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "NULL"),
        (7, "7"),
        (7.0, "7.0"),
        (1e300, "1e+300"),
        ("plain", "plain"),
        ("two\nlines\tand \x00", "two↵lines⇥and ⟨00⟩"),
        ("turned \u202e round", "turned ⟨202E⟩ round"),
        ("a\u00a0space", "a space"),
        ("x" * 81, "x" * 80 + "…"),
        (b"\x00\xff", "x'00ff' 2 bytes"),
        (b"\x00\xff" * 615, "x'00ff00ff00ff00ff…' 1.2 kB"),
        (b"", "x'' 0 bytes"),
    ],
)
def test_values(value: SQLiteValue, text: str) -> None:
    assert values.shown(value) == text


def test_types() -> None:
    said = [values.described(value) for value in (None, 1, 1.0, "a", "ab", b"abc")]
    assert said == [
        "no value",
        "whole number",
        "real number",
        "text, 1 character",
        "text, 2 characters",
        "blob of 3 bytes",
    ]


def test_keys_and_sites() -> None:
    assert values.key_shown((1, "a", b"\1")) == "1, a, x'01' 1 bytes"
    assert values.site_shown(None) == "–"
    assert values.site_shown(bytes(range(16))) == "00010203"


@pytest.mark.parametrize("text", ["<b>bold</b> & <img src=x>", "a < b", "two\nlines", "a  b"])
def test_a_tooltip_is_read_as_it_was_written(qtbot: QtBot, text: str) -> None:
    document = QTextDocument()
    document.setHtml(values.as_tip(text))
    assert document.toPlainText() == text
    assert "<" not in values.without_markup(text)


def test_no_text_is_no_tooltip() -> None:
    assert values.as_tip("") == ""
