"""Random messages survive the trip; random bytes give a message or a WireError, and nothing else."""

from __future__ import annotations

import json
import random
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import wire
from engine.change import Change
from engine.errors import WireError
from engine.table_plan import Collation, ColumnPlan, Kind, TablePlan
from engine.table_shape import UNKNOWN, ColumnType, Dataset, JoinCount, Parked, Shape
from engine.wire import Message, decode, encode
from tests import budget

i64 = st.integers(-(2**63), 2**63 - 1)
varint = st.integers(-(2**53) + 1, 2**53 - 1) | st.integers(-70, 20000)
version = st.integers(0, 2**53 - 1)
site = st.binary(min_size=16, max_size=16)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
value = st.none() | i64 | st.floats(allow_nan=False) | text | st.binary(max_size=300)
count = st.integers(0, 2**53 - 1)
place = st.binary(max_size=100)
keys = st.lists(place, max_size=5).map(tuple)
names = st.lists(text, max_size=5).map(tuple)
shape = st.builds(lambda name, key, columns: Shape(name, key, columns), text, names, names)
_NEVER = st.just(False)
column_type = st.builds(
    lambda kind, collation, value, text: ColumnType(kind, collation, None if text else value, text),
    st.sampled_from(Kind),
    st.sampled_from(Collation),
    value,
    text | st.just(""),
)


@st.composite
def typed_shape(draw: st.DrawFn, required: st.SearchStrategy[bool] = _NEVER) -> Shape:
    """A table with the types of its columns, and whether each is required."""
    bare = draw(shape)
    width = len(bare.key) + len(bare.columns)
    one = st.builds(lambda type_, needed: type_._replace(required=needed), column_type, required)
    types = draw(st.lists(one, min_size=width, max_size=width).map(tuple))
    return bare._replace(types=types, strict=draw(st.booleans()), rowid=draw(st.booleans())) if width else bare


column = st.builds(ColumnPlan, text, st.sampled_from(Kind), st.sampled_from(Collation), count, value)
plan = st.builds(TablePlan, text, st.lists(column, max_size=4).map(tuple), st.booleans(), st.booleans())
cursor = st.builds(wire.Cursor, i64, varint)


def changes(author: st.SearchStrategy[bytes | None]) -> st.SearchStrategy[tuple[Change, ...]]:
    change = st.builds(Change, text, st.binary(max_size=200), text, value, i64, i64, author, i64, varint)
    return st.lists(change, max_size=8).map(tuple)


stock_changes = changes(site | st.none())
ids = st.lists(site, max_size=4).map(tuple)
dataset = st.builds(Dataset, ids, st.booleans(), ids, ids)
messages: st.SearchStrategy[Message] = st.one_of(
    st.builds(wire.AnnouncePresence, site, st.lists(st.tuples(site, cursor)).map(tuple), text, i64),
    st.builds(wire.Changes, site, cursor, stock_changes),
    st.builds(wire.RejectChanges, site, cursor),
    st.builds(wire.StartStreaming, cursor, st.lists(site).map(tuple), st.booleans()),
    st.builds(wire.CreateDbOnPrimary, varint, text, text, i64),
    st.builds(wire.ApplyChangesOnPrimary, varint, site, stock_changes, text, cursor),
    st.builds(wire.Ping),
    st.builds(wire.Pong),
    st.builds(wire.CreateDbOnPrimaryResponse, varint, i64),
    st.builds(wire.Err, varint, text),
    st.builds(wire.ApplyChangesOnPrimaryResponse, varint),
    st.builds(
        lambda *fields: wire.Hello(*fields),  # up to protocol 2; then 3, 5 and from 4 on
        st.integers(0, 2),
        site,
        version,
        text,
        i64,
        st.lists(shape, max_size=4).map(tuple),
    ),
    st.builds(
        wire.Hello,
        st.just(3),
        site,
        version,
        text,
        i64,
        st.lists(shape | typed_shape(), max_size=4).map(tuple),
        st.lists(st.builds(Parked, text, text, st.just(False)), max_size=3).map(tuple),
    ),
    st.builds(
        lambda tables: wire.Hello(5, bytes(16), 0, "", 0, tables, (), (UNKNOWN,) * len(tables)),
        st.lists(typed_shape(st.booleans()), max_size=4).map(tuple),
    ),
    st.builds(
        lambda number, tables, parked: wire.Hello(
            number, bytes(16), 0, "", 0, tuple(one for one, _ in tables), parked, tuple(one for _, one in tables)
        ),
        st.integers(4, 300),
        st.lists(st.tuples(shape | typed_shape(), dataset), max_size=4),
        st.lists(st.builds(Parked, text, text, st.just(False)), max_size=3).map(tuple),
    ),
    st.builds(wire.DeletedRequest, count, text, count),
    st.builds(wire.Deleted, count, keys, count),
    st.builds(wire.Joined, text, st.booleans(), st.builds(JoinCount, count, count, count, count, count)),
    st.builds(wire.Want, count, version, names, st.booleans(), version, place),
    st.builds(
        wire.Want, count, version, names, st.booleans(), version, place, st.lists(st.tuples(text, names)).map(tuple)
    ),
    st.builds(
        lambda want, number, ends, place, more, rows: wire.Batch(want, number, min(ends), max(ends), place, more, rows),
        count,
        count,
        st.tuples(version, version),
        place,
        st.booleans(),
        changes(site),
    ),
    st.builds(wire.Confirm, version),
    st.builds(wire.Lineage, st.lists(site, max_size=3).map(tuple), st.lists(site, max_size=1).map(tuple)),
    st.builds(wire.Renewal, site),
    st.builds(wire.DigestRequest, count),
    st.builds(wire.Digest, count, st.lists(st.tuples(text, count, site, site), max_size=3).map(tuple)),
    st.builds(wire.Renewed, site),
    st.builds(wire.Tables, text, i64, st.lists(plan, max_size=3).map(tuple), st.booleans()),
    st.builds(wire.RangeRequest, count, text, keys),
    st.builds(wire.Ranges, count, st.lists(st.tuples(count, site), max_size=5).map(tuple)),
    st.builds(wire.RowsRequest, count, text, place, place),
    st.builds(wire.Rows, count, st.lists(st.tuples(place, site), max_size=5).map(tuple), st.booleans()),
    st.builds(wire.ValuesRequest, count, text, keys),
    st.builds(wire.Values, count, st.lists(st.tuples(st.booleans(), place), max_size=5).map(tuple)),
    st.builds(wire.SendAgain),
    st.builds(wire.Leads),
    st.builds(wire.TablesRequest),
    st.builds(wire.Status, version),
    st.builds(wire.Failure, st.integers(0, 2**53 - 1), text, st.booleans()),
)


@settings(max_examples=budget.pick(100, 300), deadline=None)
@given(messages)
def test_round_trip(message: Message) -> None:
    again = decode(encode(message))
    assert again == message
    assert repr(again) == repr(message)  # 1 is not 1.0, and 0.0 is not -0.0


@settings(max_examples=budget.pick(50, 100), deadline=None)
@given(messages, st.data())
def test_cut_anywhere(message: Message, data: st.DataObject) -> None:
    frame = encode(message)
    cut = frame[: data.draw(st.integers(0, len(frame) - 1))]
    try:
        shorter = decode(cut)
    except WireError:
        return
    # Stock reads a missing last flag as false; nothing else may be left out.
    assert isinstance(shorter, wire.StartStreaming)
    assert shorter.local_only is False


def frames() -> list[bytes]:
    vectors = json.loads(Path(__file__).with_name("vectors.json").read_text())["messages"]
    rows = tuple(
        Change("t", b"\x01\x09\x01", "c", val, 1, 1, bytes(16), 1, 70) for val in (None, 1, 2.5, "text", b"blob")
    )
    own: list[Message] = [
        wire.Hello(1, bytes(16), 7, "main.sql", 3, (Shape("a", ("k",), ("b", "c")),)),
        wire.Hello(
            3,
            bytes(16),
            7,
            "",
            -1,
            (
                Shape("a", ("k",), ("b",), (ColumnType(Kind.INT), ColumnType(Kind.TEXT, default="x"))),
                Shape("t", (), ()),
            ),
            (Parked("gone", "it is so"),),
        ),
        wire.Hello(4, bytes(16), 7, "", -1, (Shape("t", (), ()),), (), (Dataset((bytes(16),), True),)),
        wire.Hello(
            5,
            bytes(16),
            7,
            "",
            -1,
            (Shape("t", ("k",), ("v",), (ColumnType(Kind.TEXT), ColumnType(Kind.INT, required=True))),),
            (),
            (Dataset((bytes(16),), True, (b"a" * 16,), (b"b" * 16, b"c" * 16)),),
        ),
        wire.Deleted(1, (b"\x01\x09\x01",), 7),
        wire.Joined("t", False, JoinCount(1, 2, 3, 4, 5)),
        wire.Want(1, 0, ("a", "b"), True, 7, b"place"),
        wire.Want(1, 0, ("a", "b"), True, 7, b"place", (("a", ("c", "d")),)),
        wire.Batch(1, 0, 0, 5, b"place", True, rows),
        wire.Batch(1, 0, 0, 5, b"", False, rows * 7),
        wire.Confirm(1),
        wire.Lineage((bytes(16), bytes(16)), ()),
        wire.Renewal(bytes(16)),
        wire.Digest(1, (("a", 2, bytes(16), bytes(16)),)),
        wire.Failure(1, "No.", False),
        wire.Tables("s", 1, (TablePlan("t", (ColumnPlan("k", Kind.INT, Collation.NOCASE, 1, "x"),)),)),
    ]
    stock = [bytes.fromhex(vector["hex"]) for vector in vectors]
    return [frame for frame in stock if len(frame) < 500] + [encode(message) for message in own]


def mutate(rng: random.Random, frame: bytes) -> bytes:
    """One to four random injuries: flipped, cut, inserted, spliced, and lengths that promise too much."""
    data = bytearray(frame)
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, len(data))
        kind = rng.randrange(6)
        if kind == 0 and data:
            data[rng.randrange(len(data))] = rng.randrange(256)
        elif kind == 1:
            del data[at:]
        elif kind == 2:
            data[at:at] = rng.randbytes(rng.randint(1, 20))
        elif kind == 3:
            data[at : at + rng.randint(1, 9)] = b""
        elif kind == 4:
            data[at : at + 1] = rng.choice([b"\xff" * 7 + b"\x0f", b"\xff" * 30, b"\x80" * 40 + b"\x01", b"\xff\x7f"])
        else:
            data[at : at + 8] = struct.pack(">q", rng.choice([-1, -(2**63), 2**63 - 1, 2**62, 0]))
    return bytes(data)


def test_injured_frames_give_a_message_or_a_wire_error() -> None:
    corpus = frames()
    for case in budget.cases("wire: injured frames", seconds=4, at_least=1000, looks_for="refused"):
        rng = case.random
        frame = rng.randbytes(rng.randint(0, 200)) if case.seed % 8 == 0 else mutate(rng, rng.choice(corpus))
        try:
            message = decode(frame)
        except WireError as error:
            case.found()
            sentence = str(error)
        except Exception as error:
            pytest.fail(f"seed {case.seed}: {error!r} for {frame.hex()}")
        else:
            sentence = ""
        if sentence:
            assert sentence.endswith("."), frame.hex()
            continue
        try:
            again = encode(message)
        except WireError:
            continue  # a stock frame may hold what we never send: a name above the limit, for one
        assert repr(decode(again)) == repr(message), frame.hex()
