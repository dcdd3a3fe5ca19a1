"""A batch by columns holds what the same changes hold one after the other; injured ones are refused, and stay small."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.change import Change
from engine.errors import WireError
from engine.wire.batch_codec import FEW, MAX_CHANGES, put_batch, take_batch
from engine.wire.change_codec import put_changes, take_changes
from engine.wire.primitives import Reader, put_varuint
from tests import budget
from tests.engine.wire.test_random import i64, mutate, site, text, varint

MB = 1 << 20

close = st.integers(0, 2**62).flatmap(lambda base: st.sampled_from([base, base + 1, base + 200, base + 70_000]))
number = st.sampled_from([0, 1, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**63 - 1, -1, -(2**63)]) | i64 | close
value = st.none() | number | st.floats() | text | st.binary(max_size=50)


@st.composite
def batches(draw: st.DrawFn) -> tuple[Change, ...]:
    """Few of each field, as in what is sent; and now and then anything."""

    def few(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
        return st.sampled_from(draw(st.lists(strategy, min_size=1, max_size=4)))

    values = draw(st.sampled_from([value, number, st.floats(), text, st.binary(max_size=50), st.none()]))
    change = st.builds(
        Change,
        few(text),
        few(st.binary(max_size=20)),
        few(text) | text,
        values,
        few(number),
        few(number) | number,
        few(site),
        few(number),
        varint,
    )
    return tuple(draw(st.lists(change, min_size=FEW, max_size=FEW + 30)))


def sent(changes: tuple[Change, ...]) -> bytes:
    out = bytearray()
    put_batch(out, changes)
    return bytes(out)


def taken(data: bytes) -> tuple[Change, ...]:
    reader = Reader(data)
    changes = take_batch(reader)
    if reader.pos != len(data):
        raise WireError("Something is left.")
    return changes


@settings(max_examples=budget.pick(20, 50), deadline=None)
@given(batches())
def test_columns_hold_what_the_published_layout_holds(changes: tuple[Change, ...]) -> None:
    one_by_one = bytearray()
    put_changes(one_by_one, changes, authored=True)
    expected = take_changes(Reader(bytes(one_by_one)), authored=True)
    again = taken(sent(changes))
    assert type(again) is tuple
    assert repr(again) == repr(expected)  # 1 is not 1.0, and 0.0 is not -0.0


def cell(n: int, **fields: object) -> Change:
    return Change("t", bytes((1, 9, n % 256)), "c", n, 1, 1, bytes(16), 1, n)._replace(**fields)


@pytest.mark.parametrize("count", [0, 1, FEW - 1, FEW, 300, MAX_CHANGES])
def test_any_number_of_changes(count: int) -> None:
    changes = tuple(map(cell, range(count)))
    assert taken(sent(changes)) == changes


def test_as_many_kinds_and_authors_as_changes() -> None:
    """Places of two bytes, and runs of rows that are interrupted."""
    changes = tuple(
        cell(n, pk=bytes((1, 9, n % 2)), cid=f"c{n}", site_id=n.to_bytes(16, "big"), val=val)
        for n in range(700)
        for val in [(n, "ä" * n, None, n / 2)[n % 4]]
    )
    assert taken(sent(changes)) == changes


def test_nan_is_nothing() -> None:
    changes = tuple(cell(n, val=(1.5, math.nan)[n % 2]) for n in range(FEW))
    assert [change.val for change in taken(sent(changes))] == [1.5, None] * (FEW // 2)


def test_half_a_pair_does_not_become_whole_beside_the_other_half() -> None:
    with pytest.raises(WireError, match="surrogate"):
        sent(tuple(cell(n, val="\ud83d\ude00"[n % 2]) for n in range(FEW)))


COUNT = 64
HEAD = b"\x40\x02" + b"\x01t\x01a\x01\x20" + b"\x01t\x01b\x03\x20"
PLACES = bytes((0, 1)) * 32
ROWS = b"\x20" + b"\x10\x02" + b"\x10\x03" + b"\x01\x09\x05" * 32
NUMBERS = b"\x10\x01" * 3 + b"\x00"
AUTHORS = b"\x02" + bytes(16) + b"a" * 16 + bytes((1, 0)) * 32
VALUES = b"\x10\x07" + b"\x10\x02\x40" + b"xy" * 32
WHOLE = (HEAD, PLACES, ROWS, NUMBERS, AUTHORS, VALUES)


def test_the_frame_that_is_injured_is_whole() -> None:
    changes = taken(b"".join(WHOLE))
    assert changes[:2] == (
        Change("t", b"\x01\x09\x05", "a", 7, 1, 1, b"a" * 16, 1, 0),
        Change("t", b"\x01\x09\x05", "b", "xy", 1, 1, bytes(16), 1, 0),
    )
    assert (len(changes), set(changes)) == (COUNT, set(changes[:2]))


@pytest.mark.parametrize(
    ("part", "old", "new", "sentence"),
    [
        (0, b"\x01t\x01a\x01", b"\x01t\x01a\x04", "unknown type 4"),
        (0, b"a\x01\x20", b"a\x01\x21", "not contain as many"),
        (0, b"a\x01\x20", b"a\x01\x1f", "not contain as many"),
        (0, HEAD[1:], b"\x41" + b"\x00\x00\x00\x00" * 65, "not contain as many"),
        (1, PLACES, bytes((0, 2)) * 32, "not contain as many"),
        (1, PLACES, bytes(64), "not contain as many"),
        (1, PLACES, bytes((0, 1)) * 31 + bytes(2), "not contain as many"),
        (2, b"\x20", b"\x41", "not contain as many"),
        (2, b"\x10\x02", b"\x10\x03", "not contain as many"),
        (2, b"\x10\x02", b"\x10\xff", "negative"),
        (2, b"\x10\x03", b"\x10\xff", "negative"),
        (2, b"\x10\x03", b"\x80\x7f" + b"\xff" * 7, "ends too early"),
        (3, b"\x10\x01", b"\x13\x01", "unknown format 19"),
        (3, b"\x10\x01", b"\x90\x01", "unknown format 144"),
        (3, NUMBERS, b"\x10\x01" * 3 + b"\x70\x20" + bytes(6), "out of range"),
        (3, NUMBERS, b"\x10\x01" * 3 + b"\x70\xe0" + bytes(6), "out of range"),
        (3, NUMBERS, b"\x88\x7f" + b"\xff" * 7 + bytes(504) + b"\1" * 8 + b"\x10\x01" * 2 + b"\0", "out of range"),
        (4, AUTHORS, b"\x02" + bytes(32) + bytes((1, 2)) * 32, "names no author"),
        (4, AUTHORS, b"\x00" + bytes(64), "names no author"),
        (4, AUTHORS, b"\x41" + bytes(16 * 65 + 64), "not contain as many"),
        (5, b"\x10\x02", b"\x10\x03", "not have the length"),
        (5, b"\x10\x02", b"\x10\xff", "negative"),
        (5, b"xy" * 32, b"\xff" * 64, "not valid UTF-8"),
        (5, b"\x40", b"\x41", "ends too early"),
    ],
)
def test_an_injured_batch_is_refused_in_words(part: int, old: bytes, new: bytes, sentence: str) -> None:
    parts = list(WHOLE)
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new, 1)
    with pytest.raises(WireError, match=sentence):
        taken(b"".join(parts))


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """What is done inside takes no more memory than this."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < size
    finally:
        tracemalloc.stop()


def test_a_small_message_that_promises_much() -> None:
    """The most that a byte for each change can say: ten thousand changes that are all the same."""
    changes = (cell(1),) * MAX_CHANGES
    data = sent(changes)
    assert len(data) < MAX_CHANGES + 100
    with at_most(4 * MB):
        assert taken(data) == changes


@pytest.mark.parametrize("count", [MAX_CHANGES + 1, 2**53 - 1])
def test_more_changes_than_are_taken(count: int) -> None:
    out = bytearray()
    put_varuint(out, count)
    with at_most(MB), pytest.raises(WireError, match=r"the limit is 10,000|more than it has bytes for"):
        taken(bytes(out) + bytes(20_000))


def test_a_long_key_for_many_changes() -> None:
    """Merging would take it again for each of them."""
    key = bytes(MB)
    changes = tuple(cell(n, pk=key, cid=f"c{n}") for n in range(101))
    with pytest.raises(WireError, match="keys of a batch"):
        sent(changes)
    assert taken(sent(changes[:99])) == changes[:99]
    honest = sent(tuple(cell(n, pk=b"k", cid=f"c{n}") for n in range(101)))
    keys = b"\x01\x10\x65\x10\x01k"
    assert keys in honest
    with at_most(8 * MB), pytest.raises(WireError, match="keys of a batch"):
        taken(honest.replace(keys, b"\x01\x10\x65\x30\x10\x00\x00" + key))


def test_injured_columns_give_changes_or_a_wire_error() -> None:
    corpus = [
        b"".join(WHOLE),
        sent(tuple(cell(n, cid=f"c{n % 3}", val=(n * 1_000, f"text {n}", n / 3)[n % 3]) for n in range(60))),
        sent(tuple(cell(n, val=(None, b"x" * n)[n % 2], site_id=bytes((n % 3,)) * 16) for n in range(40))),
        sent(tuple(cell(n, cid=f"c{n}", db_version=n**7) for n in range(300))),
    ]
    refused = 0
    for case in budget.cases("wire: injured columns", seconds=2, at_least=500):
        frame = mutate(case.random, case.random.choice(corpus))
        try:
            changes = taken(frame)
        except WireError as error:
            refused += 1
            sentence = str(error)
        else:
            sentence = "."
            assert repr(taken(sent(changes))) == repr(changes), frame.hex()
        assert sentence.endswith("."), frame.hex()
    assert refused
