"""Templates: what is said in another language, and what of it is never translated."""

from __future__ import annotations

import json

import pytest

from engine.errors import UsageError
from engine.text import packed, printable, sentences, t, translated, unpacked

GERMAN = {
    "The table “{table}” has {count:,} {unit}.": "Die Tabelle „{table}“ hat {count:,} {unit}.",
    "columns": "Spalten",
    "column": "Spalte",
    "Try again.": "Versuchen Sie es noch einmal.",
}


def german(text: str) -> str:
    return GERMAN.get(text, text)


def dotted(number: str) -> str:
    return number.translate({ord(","): ".", ord("."): ","})


def test_a_text_is_its_english() -> None:
    text = t("The table “{table}” has {count:,} {unit}.", table="item", count=1200, unit=t("columns"))
    assert text == "The table “item” has 1,200 columns."
    assert text.said(german, dotted) == "Die Tabelle „item“ hat 1.200 Spalten."


@pytest.mark.parametrize("name", ["column", "columns", "Try again.", "{count}", "{0}", "%1"])
def test_what_people_name_is_never_translated(name: str) -> None:
    text = t("The table “{table}” has {count:,} {unit}.", table=name, count=3, unit=t("columns"))
    assert text.said(german) == f"Die Tabelle „{name}“ hat 3 Spalten."
    assert translated(name, german) == name


def test_sentences_are_said_one_by_one() -> None:
    text = sentences(t("Try again."), "", "Words of others.", t("Try again."))
    assert text == "Try again. Words of others. Try again."
    assert translated(text, german) == "Versuchen Sie es noch einmal. Words of others. Versuchen Sie es noch einmal."


def test_an_error_keeps_its_templates() -> None:
    error = UsageError(
        t("The table “{table}” has {count:,} {unit}.", table="a", count=1, unit="x"), hint=t("Try again.")
    )
    assert str(error) == "The table “a” has 1 x."
    assert translated(error.advice, german) == "Die Tabelle „a“ hat 1 x. Versuchen Sie es noch einmal."
    outer = t("The table “{table}” has {count:,} {unit}.", table=error, count=1, unit="x")
    assert outer.said(german) == "Die Tabelle „Die Tabelle „a“ hat 1 x.“ hat 1 x."


def test_what_comes_from_elsewhere_is_made_printable() -> None:
    text = t("The table “{table}” has {count:,} {unit}.", table="a\x1b[2J" + "b" * 200, count=1, unit="x")
    shown = printable(text, 20)
    assert shown == "The table “a\\x1b[2Jbbbbbbbbbbbbbb…” has 1 x."
    assert translated(shown, german) == "Die Tabelle „a\\x1b[2Jbbbbbbbbbbbbbb…“ hat 1 x."
    assert printable("a\nb", 20) == "a\\x0ab"


def test_a_text_is_kept_and_comes_back() -> None:
    inner = UsageError(t("The table “{table}” has {count:,} {unit}.", table="a", count=1200, unit=t("columns")))
    text = sentences(
        t("The table “{table}” has {count:,} {unit}.", table=inner, count=3, unit="x"), "A word [of] {others}."
    )
    back = unpacked(packed(text))
    assert back == text
    assert translated(back, german, dotted) == translated(text, german, dotted) != text
    assert unpacked(packed("Words.")) == "Words."


@pytest.mark.parametrize(
    "data",
    [
        "Words.",
        "[]",
        "5",
        '["{a}"]',
        '["{a}", {}]',
        '["{a.__class__}", {"a": "x"}]',
        '["{a:>9999999}", {"a": "x"}]',
        '["\\u001b[2J", {}]',
        json.dumps(["{a}" * 100, {"a": ["{a}" * 100, {"a": ["{a}" * 100, {"a": "x" * 100}]}]}]),
    ],
)
def test_what_was_kept_by_others_is_only_words(data: str) -> None:
    assert unpacked(data) == data
