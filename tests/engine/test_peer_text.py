"""What two sides tell each other in words: a text of ours is said in the person's language, all else is quoted."""

from __future__ import annotations

import json

import pytest

from engine.errors import TooLarge
from engine.language import catalogue, is_template, number_format
from engine.peer_text import LONGEST, MAX_BYTES, for_peer, from_peer, recognized
from engine.text import joined, layout, sentences, t, translated

SEEN = t("No answer to the greeting within {seconds:.0f} s.", seconds=15)
PLAIN = t("The tables of the file were altered.")
BUSY = t("This hub's limit of peers in one room is reached: {limit:,}.", limit=1200)
NAMES = t("Both sides have {tables}.", tables=joined(", ", ["one", "two"]))


def in_german(text: str) -> str:
    return translated(text, catalogue("de"), number_format("de"))


@pytest.mark.parametrize("text", [SEEN, PLAIN, BUSY, sentences(SEEN, PLAIN), NAMES, t("{a}: {b}", a=PLAIN, b=BUSY)])
def test_a_text_of_ours_arrives_in_the_persons_language(text: str) -> None:
    arrived = from_peer(for_peer(text, templates=True))
    assert arrived == text
    assert in_german(arrived) == in_german(text) != text


def test_an_error_within_a_text_is_translated_too() -> None:
    text = t("The other side sent an invalid message: {reason}", reason=TooLarge(BUSY))
    assert in_german(from_peer(for_peer(text, templates=True))).endswith("1.200.")


def test_an_older_peer_is_sent_english_and_sends_it() -> None:
    assert for_peer(BUSY, templates=False) == str(BUSY)
    assert type(for_peer(BUSY, templates=False)) is str
    assert in_german(from_peer(str(PLAIN))) == in_german(PLAIN), "a text without arguments is known as it is"
    assert in_german(from_peer(str(SEEN))) == f"Die andere Seite sagt „{SEEN[:-1]}“."


def test_what_a_text_does_not_show_is_not_sent() -> None:
    assert "secret" not in for_peer(layout("{file}", file="a.db", path="/home/secret/a.db"), templates=True)


def test_a_text_that_is_too_long_is_sent_in_english() -> None:
    text = layout("{table}", table="x" * MAX_BYTES)
    assert for_peer(text, templates=True) == str(text)


HOSTILE = {
    "words": "Buy now",
    "unknown template": json.dumps(["Your {thing} was hacked.", {"thing": "file"}]),
    "words in a gap": json.dumps(["{a}", {"a": "Buy now"}]),
    "unknown template inside": json.dumps(
        ["{part0} {part1}", {"part0": str(PLAIN), "part1": ["Send {sum}.", {"sum": 5}]}]
    ),
    "attribute": json.dumps(["{seconds.__class__}", {"seconds": 1}]),
    "attribute in a known template": json.dumps([SEEN.template, {"seconds.__class__": 1}]),
    "index": json.dumps(["{seconds[0]}", {"seconds": "ab"}]),
    "nested format": json.dumps(["{seconds:{seconds}}", {"seconds": 9}]),
    "position": json.dumps(["{0} {}", {"0": "a"}]),
    "wide": json.dumps(["{seconds:>999999999}", {"seconds": 1}]),
    "missing argument": json.dumps([SEEN.template, {}]),
    "argument of another type": json.dumps([SEEN.template, {"seconds": "x"}]),
    "argument that is a list": json.dumps([SEEN.template, {"seconds": [1]}]),
    "argument that is nothing": json.dumps([SEEN.template, {"seconds": None}]),
    "argument that is an object": json.dumps([SEEN.template, {"seconds": {"a": 1}}]),
    "arguments that are a text": json.dumps([SEEN.template, "seconds"]),
    "template that is a number": json.dumps([5, {}]),
    "object of two": json.dumps({"a": 1, "b": 2}),
    "number without end": f'["{SEEN.template}", {{"seconds": 1{"0" * 400}}}]',
    "number with too many digits": f'["{SEEN.template}", {{"seconds": {"9" * 3500}}}]',
    "deep": "[" * 3000,
    "bomb": json.dumps(["{a}" * 100, {"a": ["{a}" * 100, {"a": ["{a}" * 100, {"a": "x" * 100}]}]}]),
    "long bomb": json.dumps(["{a}" * 1_000_000, {"a": "x" * 500_000}]),
    "huge": "x" * 2_000_000,
    "escapes": "\x1b[2Jno\x07",
    "the header of a catalogue": json.dumps(["", {}]),
}


@pytest.mark.parametrize("sent", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_text_of_ours_is_quoted(sent: str) -> None:
    assert recognized(sent) is None
    shown = from_peer(sent)
    assert shown.isprintable()
    assert len(shown) <= LONGEST + 100
    assert in_german(shown).startswith("Die andere Seite ")


def test_arguments_of_a_known_text_cannot_steer_a_terminal_or_fill_it() -> None:
    known = t("{peer} is paused.", peer="\x1b[2J" + "x" * 3000)
    assert is_template(known.template)
    shown = from_peer(for_peer(known, templates=True))
    assert shown.template == known.template
    assert shown.isprintable()
    assert len(shown) <= LONGEST + 100


def test_infinite_numbers_do_no_harm() -> None:
    for number in ("NaN", "Infinity", "-1e999"):
        shown = from_peer(f'["{SEEN.template}", {{"seconds": {number}}}]')
        assert in_german(shown)


@pytest.mark.parametrize("sent", ["", "  \n"])
def test_no_words(sent: str) -> None:
    assert from_peer(sent) == "The other side gave no reason."
