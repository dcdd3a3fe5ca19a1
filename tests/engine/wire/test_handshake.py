"""The handshake's subprotocol, the names it carries, and the hash that names a schema's version."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from engine.errors import UsageError, WireError
from engine.wire.handshake import (
    Greeting,
    check_room,
    check_token,
    decode_subprotocol,
    encode_subprotocol,
    has_live_push,
)
from engine.wire.schema_hash import cryb64
from tests import budget

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text())


@pytest.mark.parametrize(("room", "token", "value"), VECTORS["subprotocol"])
def test_stock_subprotocol_both_ways(room: str, token: str | None, value: str) -> None:
    assert encode_subprotocol(room, token) == value
    assert decode_subprotocol(value) == Greeting(room, token, None)


def test_own_protocol_comes_last() -> None:
    value = encode_subprotocol("test", "123", own=2)
    assert base64.b64decode(value + "=" * (-len(value) % 4)) == b"auth=123,room=test,syncline=2"
    assert decode_subprotocol(value) == Greeting("test", "123", 2)


@pytest.mark.parametrize(
    ("path", "room"),
    [
        ("/sync", "garden"),
        ("/sync/", "garden"),
        ("/vlcn-ws", "garden"),
        ("/elsewhere/other", "garden"),
        ("/sync/garden", "garden"),
        ("/sync/g%61rden", "garden"),
        ("/sync/caf%C3%A9", "café"),
    ],
)
def test_a_room_in_the_path_too(path: str, room: str) -> None:
    assert decode_subprotocol(encode_subprotocol(room, own=2), path) == Greeting(room, None, 2)


def test_a_room_in_the_path_alone() -> None:
    value = base64.b64encode(b"auth=123,syncline=2").decode().rstrip("=")
    assert decode_subprotocol(value, "/sync/garden") == Greeting("garden", "123", 2)


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/sync/other", "another room"),
        ("/sync/Garden", "another room"),
        ("/sync/garden/", "hubs reject"),
        ("/sync/%2E%2E%2Fgarden", "starts with a dot"),
        ("/sync/a%2Fb", "hubs reject"),
        ("/sync/garden-wal", "SQLite"),
        ("/sync/a%00", "control"),
        ("/sync/%FF", "UTF-8"),
        ("/sync/garden%", "percent-encoded"),
        ("/sync/%zzgarden", "percent-encoded"),
        ("/sync/%E2%82%AC", "Latin-1"),
        ("/sync/" + "a" * 129, "longer"),
    ],
)
def test_a_path_that_does_not_fit_is_refused(path: str, word: str) -> None:
    with pytest.raises(WireError, match=word):
        decode_subprotocol(encode_subprotocol("garden"), path)


@pytest.mark.parametrize("room", ["a", "my-room_2", "main.db", "é", "~~~", "a?b", "x" * 128])
def test_good_rooms(room: str) -> None:
    assert check_room(room) == room
    assert decode_subprotocol(encode_subprotocol(room)).room == room


@pytest.mark.parametrize(
    ("room", "word"),
    [
        ("", "empty"),
        (None, "empty"),
        ("x" * 129, "longer"),
        ("é" * 65, "longer"),
        (".hidden", "dot"),
        ("a..b", "“..”"),
        ("a/b", "“/”"),
        ("a\\b", "“\\\\”"),
        ("a,b", "“,”"),
        ("a=b", "“=”"),
        ("a\nb", "control"),
        ("a\x00", "control"),
        ("a\x9f", "control"),
        ("☃", "Latin-1"),
        ("\ud800", "Latin-1"),
        (" a", "space"),
        ("a-wal", "SQLite"),
        ("a-SHM", "SQLite"),
        ("a-journal", "SQLite"),
    ],
)
def test_bad_rooms_in_words(room: str, word: str) -> None:
    with pytest.raises(UsageError, match=word) as caught:
        check_room(room)
    assert caught.value.hint


def test_room_that_no_header_can_carry() -> None:
    with pytest.raises(UsageError, match="cannot carry"):
        encode_subprotocol("a???")  # cr-sqlite.md 10.4


def test_token_is_never_quoted() -> None:
    for token in ("", "se cret", "secret=", "secret,x", "sécret", "secret" * 1000):
        with pytest.raises(UsageError) as caught:
            check_token(token)
        assert "cret" not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize(
    "value",
    [
        "",
        "!",
        "a",
        "cm9v bT10",
        "cm9vbT1yb29t\n",
        base64.b64encode(b"auth=x").decode(),
        base64.b64encode(b"room=").decode(),
        base64.b64encode(b"room").decode(),
        base64.b64encode(b"room=a/b").decode(),
        base64.b64encode(b"auth=a b,room=a").decode(),
        "A" * 10_000,
        "é",
        "=",
    ],
    ids=repr,
)
def test_greeting_refused(value: str) -> None:
    with pytest.raises(WireError):
        decode_subprotocol(value)


@pytest.mark.parametrize(
    ("text", "greeting"),
    [
        ("room=a,auth=t", Greeting("a", "t", None)),
        ("auth=,room=a", Greeting("a", None, None)),
        ("room=a=b", Greeting("a", None, None)),  # stock takes the first two pieces
        ("room=a,,x,y=z", Greeting("a", None, None)),
        ("room=a,syncline=2", Greeting("a", None, 2)),
        ("room=a,syncline=x", Greeting("a", None, None)),
        ("room=a,syncline=²", Greeting("a", None, None)),
        ("room=a,syncline=99999999999999", Greeting("a", None, None)),
    ],
)
def test_greeting_read_as_stock_reads_it(text: str, greeting: Greeting) -> None:
    padded = base64.b64encode(text.encode("latin-1")).decode()
    assert decode_subprotocol(padded) == greeting
    assert decode_subprotocol(padded.rstrip("=")) == greeting


def test_random_greetings_give_a_greeting_or_a_wire_error() -> None:
    for case in budget.cases("greetings", seconds=2, at_least=500, looks_for="refused"):
        rng = case.random
        text = bytearray(b"auth=token,room=room,syncline=1")
        for _ in range(rng.randint(0, 5)):
            text[rng.randrange(len(text))] = rng.randrange(256)
        value = base64.b64encode(text).decode().rstrip("=" * rng.randint(0, 1))
        if rng.random() < 0.2:
            value = "".join(chr(rng.randrange(1, 300)) for _ in range(rng.randint(0, 30)))
        try:
            greeting = decode_subprotocol(value)
        except WireError:
            case.found()
        else:
            assert check_room(greeting.room)


@pytest.mark.parametrize(
    ("room", "live"),
    [
        ("room", True),
        ("my-room", True),
        ("a.b", False),
        ("x-small", False),
        ("dev-ops", False),
        ("small", True),
    ],
)
def test_live_push_on_stock_servers(room: str, live: bool) -> None:
    assert has_live_push(room) is live


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *VECTORS["cryb64"],
        ("hello", -4634081719991045594),
        ("CREATE TABLE foo (a);\n", 4912775523966461902),
        ("é😀", -9078854739831091122),
        ("x" * 1000, -9107833973389318341),
    ],
)
def test_schema_hash(text: str, number: int) -> None:
    assert cryb64(text) == number
