"""What a greeting says about parked tables."""

from __future__ import annotations

import pytest

from engine import wire
from engine.language import catalogue
from engine.table_shape import Parked
from engine.text import t, translated
from engine.wire import Hello

REASON = t(
    "one of its triggers ({triggers}) rejects a row of another replica: {reason}",
    triggers=t("“{name}”", name="check_it"),
    reason="not so",
)


def received(reason: str) -> str:
    """The reason as it is after it went over the wire."""
    hello = wire.decode(wire.encode(Hello(3, bytes(range(16)), 0, "", 0, (), (Parked("item", reason),))))
    assert isinstance(hello, Hello)
    [parked] = hello.parked
    return parked.reason


def test_a_reason_can_be_translated_where_it_arrives() -> None:
    arrived = received(REASON)
    assert arrived == REASON
    german = translated(arrived, catalogue("de"))
    assert german == translated(REASON, catalogue("de")) != arrived
    assert "„check_it“" in german


@pytest.mark.parametrize("reason", ["it is so", "[1]", '{"a": 1}', "", "[" * 500])
def test_a_reason_in_english_arrives_as_it_is(reason: str) -> None:
    assert received(reason) == reason


def test_a_reason_that_is_too_long_arrives_in_english() -> None:
    long = t("one of its triggers ({triggers}) keeps a row that another replica deleted", triggers="x" * 1_800)
    assert received(long) == long
    longer = t("one of its triggers ({triggers}) keeps a row that another replica deleted", triggers="x" * 3_000)
    assert received(longer) == longer[:2_000]
