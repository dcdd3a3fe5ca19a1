"""The pairing link: what it says, and what is no link."""

from __future__ import annotations

import contextlib
import random

import pytest

from engine.errors import UsageError
from engine.pairing.pairing_link import PairingLink, is_link, parse, qr_modules, qr_on_terminal
from engine.pairing.verification_words import WORDS, six_words

LINK = PairingLink(("192.168.1.5", "fd00::7", "laptop.local"), 8787, "To do", "t" * 43, "ab" * 32)


def test_it_says_the_same_when_read_again() -> None:
    text = LINK.text()
    assert text.startswith("syncline://pair?at=192.168.1.5,fd00::7,laptop.local&port=8787&room=To%20do&token=")
    assert parse(f"  {text}\n") == LINK
    assert is_link(text.upper()[:9])
    assert LINK.urls == (
        "wss://192.168.1.5:8787/sync/To%20do",
        "wss://[fd00::7]:8787/sync/To%20do",
        "wss://laptop.local:8787/sync/To%20do",
    )


def test_its_token_is_not_shown_by_accident() -> None:
    assert LINK.token not in repr(LINK)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("syncline://pair", "https://pair"), "not a pairing link"),
        (("//pair", "//other"), "not a pairing link"),
        (("//pair", "//me@pair"), "not a pairing link"),
        (("port=8787", "port=0"), "port"),
        (("port=8787", "port=65536"), "port"),
        (("port=8787", "port=٣"), "port"),
        (("port=8787&", ""), "cut off"),
        (("port=8787", "port=8787&port=8788"), "twice"),
        (("port=8787", "port=8787&more=1"), "newer Syncline"),
        (("192.168.1.5", "192.168.1.500"), "addresses"),
        (("192.168.1.5", "0.0.0.0"), "addresses"),
        (("192.168.1.5", "a b"), "addresses"),
        (("192.168.1.5", "fe80::1%25eth0"), "addresses"),
        (("192.168.1.5", ",".join(f"10.0.0.{n}" for n in range(9))), "addresses"),
        (("room=To%20do", "room=..%2Fdo"), "room"),
        (("token=tttt", "token=%0atttt"), "token"),
        (("cert=q6ur", "cert=q6"), "fingerprint"),
        (("cert=q6ur", "cert=*6ur"), "fingerprint"),
        (("room=To", "room=" + "o" * 1000), "too long"),
    ],
)
def test_what_is_no_link_is_refused_in_words_without_the_token(change: tuple[str, str], said: str) -> None:
    text = LINK.text()
    assert change[0] in text
    with pytest.raises(UsageError, match=said) as error:
        parse(text.replace(*change))
    assert "tttttt" not in f"{error.value} {error.value.hint}"


def test_a_link_that_lost_its_end_is_never_taken_for_whole() -> None:
    text = LINK.text()
    for length in range(len(text)):
        with pytest.raises(UsageError):
            parse(text[:length])


def test_no_text_makes_it_fail_otherwise() -> None:
    dice = random.Random(8)
    text = LINK.text()
    for _ in range(5_000):
        place, length = dice.randrange(len(text)), dice.randrange(4)
        with_fault = text[:place] + chr(dice.choice([*range(128), 0x663, 0xD800, 0x1F600])) + text[place + length :]
        with contextlib.suppress(UsageError):
            assert isinstance(parse(with_fault), PairingLink)


def test_the_words_are_those_of_certificate_and_token() -> None:
    assert len(WORDS) == len(set(WORDS)) == 256
    assert len(LINK.words) == 6
    assert LINK.words == parse(LINK.text()).words == six_words(LINK.fingerprint, LINK.token)
    assert six_words(LINK.fingerprint, "u" * 43) != LINK.words
    assert six_words("cd" * 32, LINK.token) != LINK.words


def test_the_code_holds_the_link_and_fits_a_terminal() -> None:
    rows = qr_modules(LINK.text())
    assert len(rows) == len(rows[0])
    assert len(rows) <= 77  # version 15: a telephone reads it from a screen
    assert rows[0][:8] == (True,) * 7 + (False,)  # the finder in its corner
    assert max(len(line) for line in qr_on_terminal(LINK.text()).splitlines()) > 0
