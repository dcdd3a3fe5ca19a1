"""Golden frames: made by the published stock codec (vectors.json), and by hand for the own dialect."""

from __future__ import annotations

import dataclasses
import json
import struct
from pathlib import Path
from typing import Any

import pytest

from engine import wire
from engine.change import Change
from engine.errors import WireError
from engine.table_plan import Collation, ColumnPlan, Kind, TablePlan
from engine.table_shape import UNKNOWN, ColumnType, Dataset, JoinCount, Parked, Shape
from engine.wire import (
    Batch,
    Confirm,
    Deleted,
    DeletedRequest,
    Failure,
    FailureCode,
    Hello,
    Joined,
    Leads,
    Message,
    Status,
    Want,
    decode,
    encode,
)

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text())
GOOD = [vector for vector in VECTORS["messages"] if "error" not in vector]
BAD = [vector for vector in VECTORS["messages"] if "error" in vector]


def revive(value: Any) -> Any:
    """A value of vectors.json as the codec gives it: blobs and floats are written as hex there."""
    if isinstance(value, dict):
        (kind, text), *_ = value.items()
        data = bytes.fromhex(text)
        return data if kind == "hex" else struct.unpack(">d", data)[0]
    return tuple(map(revive, value)) if isinstance(value, list) else value


def fields(message: Message) -> tuple[Any, ...]:
    return tuple(getattr(message, field.name) for field in dataclasses.fields(message))


def typed(value: Any) -> Any:
    """Equal only when the storage classes and the sign of zero are equal too; named tuples count as bare."""
    return tuple(map(typed, value)) if isinstance(value, tuple) else (type(value), repr(value))


@pytest.mark.parametrize("vector", GOOD, ids=lambda vector: vector["name"])
def test_stock_frame_is_read_as_stock_reads_it(vector: dict[str, Any]) -> None:
    frame = bytes.fromhex(vector["hex"])
    message = decode(frame)
    if vector["message"] is not None:
        name, *expected = vector["message"]
        assert type(message).__name__ == name
        assert typed(fields(message)) == typed(revive(expected))
    if "one_way" not in vector:
        assert encode(message) == frame


@pytest.mark.parametrize("vector", BAD, ids=lambda vector: vector["name"])
def test_frame_that_stock_refuses_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        decode(bytes.fromhex(vector["hex"]))


A, B = b"\x11" * 16, b"\x22" * 16

CELLS = tuple(
    Change("t", bytes((1, 9, row)), cid, val, 1, 7, B, 1, 2 * row + at)
    for row in range(16)
    for at, (cid, val) in enumerate((("a", 300 + row), ("b", "abcdefghijklmnöp"[row])))
)
"""As many as go by columns."""

OWN: dict[str, tuple[Message, str]] = {
    "hello": (
        Hello(1, A, 5, "main.sql", -2, (Shape("todo", ("id",), ("text", "ä")), Shape("t", ("a", "b"), ()))),
        "40 01" + "11" * 16 + "0000000000000005 086d61696e2e73716c fffffffffffffffe"
        " 02 04746f646f 01 026964 02 0474657874 02c3a4  0174 02 0161 0162 00",
    ),
    "hello_bare": (
        Hello(1, B, 0, "", 0, ()),
        "40 01" + "22" * 16 + "0000000000000000 00 0000000000000000 00",
    ),
    "hello_2": (
        Hello(2, A, 5, "", -1, (Shape("t", ("a",), ("b",)),)),
        "40 02" + "11" * 16 + "0000000000000005 00 ffffffffffffffff 01 0174 01 0161 01 0162",
    ),
    "hello_3": (
        Hello(
            3,
            A,
            5,
            "",
            -1,
            (
                Shape(
                    "t",
                    ("a",),
                    ("b", "c", "d"),
                    (
                        ColumnType(Kind.INTEGER),
                        ColumnType(Kind.TEXT, Collation.NOCASE, "x"),
                        ColumnType(Kind.INT, default=-1),
                        ColumnType(Kind.ANY, Collation.RTRIM, None, "random()"),
                    ),
                    True,
                    False,
                ),
                Shape("u", ("k",), (), (ColumnType(Kind.TEXT),)),
                Shape("v", ("k",), ("w",)),
            ),
            (Parked("gone", "it is so"),),
        ),
        "40 03" + "11" * 16 + "0000000000000005 00 ffffffffffffffff 03"
        " 0174 01 0161 03 0162 0163 0164 07 03 29 25 30 03 0178 01 ffffffffffffffff 06 0872616e646f6d2829"
        " 0175 01 016b 00 01 01"
        " 0176 01 016b 01 0177 00"
        " 01 04676f6e65 086974206973 20736f",
    ),
    "hello_4": (
        Hello(
            4,
            A,
            5,
            "",
            -1,
            (Shape("t", ("k",), ("v",)), Shape("u", ("k",), ())),
            (),
            (Dataset((A, B), ordinary=True), Dataset((B,), False, (A,), (B, A))),
        ),
        "40 04" + "11" * 16 + "0000000000000005 00 ffffffffffffffff 02 0174 01 016b 01 0176 00 0175 01 016b 00 00 00"
        " 01 02"
        + "11" * 16
        + "22" * 16
        + " 00 00 00 01"
        + "22" * 16
        + " 01"
        + "11" * 16
        + " 02"
        + "22" * 16
        + "11" * 16,
    ),
    "hello_4_untold": (
        Hello(4, B, 0, "", 0, (Shape("t", ("k",), ()),), (), (UNKNOWN,)),
        "40 04" + "22" * 16 + "0000000000000000 00 0000000000000000 01 0174 01 016b 00 00 00 00 00 00 00",
    ),
    "hello_5": (
        Hello(
            5,
            B,
            0,
            "",
            0,
            (
                Shape(
                    "t",
                    ("k",),
                    ("v", "w"),
                    (ColumnType(Kind.TEXT), ColumnType(Kind.TEXT, required=True), ColumnType(Kind.INT)),
                ),
            ),
            (),
            (Dataset((), True, (A,), (B,)),),
        ),
        "40 05" + "22" * 16 + "0000000000000000 00 0000000000000000 01 0174 01 016b 02 0176 0177 01 01 81 05 00"
        " 01 00 01" + "11" * 16 + " 01" + "22" * 16,
    ),
    "hello_6": (
        Hello(
            6,
            B,
            0,
            "",
            0,
            (Shape("t", ("k",), ("v", "w"), loose=(("v",), ("v", "w"))), Shape("u", ("k",), ())),
            (),
            (UNKNOWN, UNKNOWN),
        ),
        "40 06" + "22" * 16 + "0000000000000000 00 0000000000000000 02 0174 01 016b 02 0176 0177 00 0175 01 016b 00 00"
        " 00 00000000 00000000 02 01 0176 02 0176 0177 00",
    ),
    "deleted_request": (DeletedRequest(1, "t", 300), "54 01 0174 ac02"),
    "deleted": (Deleted(1, (b"\x01\x09\x05",), 0), "55 01 01 03 010905 00"),
    "joined": (Joined("t", True), "56 0174 01 00 00 00 00 00"),
    "not_joined": (Joined("t", False, JoinCount(1, 2, 3, 300, 0)), "56 0174 00 01 02 03 ac02 00"),
    "leads": (Leads(), "58"),
    "coming": (wire.Coming(300), "59 ac02"),
    "hello_3_bare": (
        Hello(3, B, 0, "", 0, ()),
        "40 03" + "22" * 16 + "0000000000000000 00 0000000000000000 00 00",
    ),
    "want": (
        Want(1, 300, ("todo", "t"), False, 0, b""),
        "41 01 000000000000012c 02 04746f646f 0174 00 0000000000000000 00",
    ),
    "want_late": (
        Want(1, 300, ("todo", "t"), False, 0, b"", (("t", ("a", "bc")),)),
        "57 01 000000000000012c 02 04746f646f 0174 00 0000000000000000 00 01 0174 02 0161 026263",
    ),
    "want_resend": (Want(200, 0, (), True, 0, b""), "41 c801 0000000000000000 00 01 0000000000000000 00"),
    "want_place": (
        Want(1, 300, ("t",), False, 400, b"\x01\x02"),
        "41 01 000000000000012c 01 0174 00 0000000000000190 020102",
    ),
    "batch": (
        Batch(1, 3, 6, 9, b"\xff", True, (Change("foo", b"\x01\x09\x01", "b", 1.5, 1, 7, B, 1, 64),)),
        "42 01 03 0000000000000006 0000000000000009 01ff 01 01 03666f6f 03010901 0162 023ff8000000000000"
        "0000000000000001 0000000000000007 05" + "22" * 16 + "0000000000000001 8001",
    ),
    "batch_empty": (Batch(1, 0, 6, 9, b"", False, ()), "42 01 00 0000000000000006 0000000000000009 00 00 00"),
    "batch_columns": (
        Batch(1, 3, 6, 9, b"", False, CELLS),
        "42 01 03 0000000000000006 0000000000000009 00 00 20"
        " 02 0174 0161 01 10 0174 0162 03 10"
        + "0001" * 16  # two kinds of cells, and which each change is of
        + " 10 1002 1003"
        + "".join(f"0109{row:02x}" for row in range(16))  # 16 rows of two changes, keys of 3 bytes
        + " 1001 1007 1001 01"
        + bytes(range(32)).hex()  # versions, lengths, seqs
        + " 01"
        + "22" * 16
        + " 21 012c"
        + bytes(range(16)).hex()  # one author; from 300 on
        + " 1001 11 6162636465666768696a6b6c6d6e c3b6 70",
    ),
    "confirm": (Confirm(2**53 - 1), "43 001fffffffffffff"),
    "status": (Status(12), "44 000000000000000c"),
    "failure": (Failure(FailureCode.TOKEN, "No.", False), "45 01 034e6f2e 00"),
    "lineage": (wire.Lineage((A, B), (B,)), "46 02" + "11" * 16 + "22" * 16 + "01" + "22" * 16),
    "lineage_new": (wire.Lineage((), ()), "46 00 00"),
    "renewal": (wire.Renewal(A), "47" + "11" * 16),
    "renewed": (wire.Renewed(B), "48" + "22" * 16),
    "digest_request": (wire.DigestRequest(200), "49 c801"),
    "digest": (wire.Digest(1, (("t", 3, A, B),)), "4a 01 01 0174 03" + "11" * 16 + "22" * 16),
    "tables": (
        wire.Tables("s", -1, (TablePlan("t", (ColumnPlan("k", Kind.INT, Collation.NOCASE, 1, 1.5),), True, False),)),
        "4b 0173 ffffffffffffffff 01 0174 01 00 01 016b 05 01 01 02 3ff8000000000000 00",
    ),
    "range_request": (wire.RangeRequest(2, "t", (b"", b"\x01\x09\x05", b"")), "4c 02 0174 03 00 03010905 00"),
    "ranges": (wire.Ranges(2, ((3, A), (0, B))), "4d 02 02 03" + "11" * 16 + "00" + "22" * 16),
    "rows_request": (wire.RowsRequest(200, "t", b"", b"\x01\x09\x05"), "4e c801 0174 00 03010905"),
    "rows": (wire.Rows(1, ((b"\x01\x09\x05", A),), True), "4f 01 01 03010905" + "11" * 16 + "01"),
    "values_request": (wire.ValuesRequest(1, "t", (b"\x01\x09\x05",)), "50 01 0174 01 03010905"),
    "values": (wire.Values(1, ((True, b"\x01\x05"), (False, b""))), "51 01 02 01 020105 00 00"),
    "send_again": (wire.SendAgain(), "52"),
    "tables_request": (wire.TablesRequest(), "53"),
    "failure_unknown": (Failure(200, "", True), "45 c801 00 01"),
}


@pytest.mark.parametrize("name", OWN)
def test_own_frame_both_ways(name: str) -> None:
    message, text = OWN[name]
    frame = bytes.fromhex(text)
    assert encode(message) == frame
    assert decode(frame) == message


@pytest.mark.parametrize("name", OWN)
def test_own_frame_is_strict_about_its_end(name: str) -> None:
    frame = bytes.fromhex(OWN[name][1])
    with pytest.raises(WireError, match="1 extra bytes"):
        decode(frame + b"\x00")
    for end in range(len(frame)):
        with pytest.raises(WireError):
            decode(frame[:end])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("41 01 ffffffffffffffff 00 00 0000000000000000 00", "version -1"),
        ("41 01 0000000000000000 00 02 0000000000000000 00", "is 2 instead"),
        ("41 01 0000000000000000 00 00 0000000000000000 8120" + "00" * 4097, "4097 bytes"),
        ("43 4000000000000000", "out of range"),
        ("42 01 00 0000000000000009 0000000000000006 00 00 00", "back to 6"),
        ("42 01 00 0000000000000000 0000000000000006 00 00 02" + "00" * 91, "more than it has bytes for"),
        (
            "42 01 00 0000000000000000 0000000000000006 00 00 914e" + "00" * 10_001,
            "10,001 changes; the limit is 10,000",
        ),
        (OWN["batch"][1].replace("05" + "22" * 16, "00"), "names no author"),
        (OWN["batch"][1].replace("05" + "22" * 16, "06" + "22" * 16), "6 in place of its author"),
        ("40 01" + "11" * 16 + "0000000000000005 00 0000000000000000 01 8110" + "61" * 2049, "2049 bytes"),
        ("40 03" + "11" * 16 + "0000000000000005 00 0000000000000000 01 0174 00 00 02 00", "2 is not a kind of table"),
        (
            "40 03" + "11" * 16 + "0000000000000005 00 0000000000000000 01 0174 01 0161 00 01 06 00",
            "6 is not a column type",
        ),
        (
            "40 03" + "11" * 16 + "0000000000000005 00 0000000000000000 01 0174 01 0161 00 01 18 00",
            "24 is not a column type",
        ),
        (
            "40 03" + "11" * 16 + "0000000000000005 00 0000000000000000 01 0174 01 0161 00 01 80 00",
            "128 is not a column type",
        ),
        ("40 03" + "11" * 16 + "0000000000000005 00 0000000000000000 00 01 0174 d10f" + "61" * 2001, "2001 bytes"),
        (
            "40 04" + "11" * 16 + "0000000000000005 00 0000000000000000 01 0174 00 00 00 00 00 41" + "22" * 1040,
            "65 dataset ids; the limit is 64",
        ),
        ("3f", "unknown type 63"),
        ("46 01 00", "more than it has bytes for"),
        ("5f", "unknown type 95"),
        ("50 01 0174 01 8120" + "00" * 4097, "4097 bytes"),
        ("4d 01 7f", "more than it has bytes for"),
    ],
)
def test_own_frame_refused_in_words(text: str, sentence: str) -> None:
    with pytest.raises(WireError, match=sentence):
        decode(bytes.fromhex(text))


def change(**values: Any) -> Change:
    return Change("t", b"\x01\x09\x01", "c", 1, 1, 1, A, 1, 0)._replace(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"val": True},
        {"val": 2**63},
        {"val": -(2**63) - 1},
        {"val": "\ud800"},
        {"val": bytearray(b"x")},
        {"val": [1]},
        {"table": "\udfff"},
        {"table": "t" * 2049},
        {"cid": 7},
        {"pk": "text"},
        {"pk": None},
        {"col_version": 2**63},
        {"db_version": 1.0},
        {"cl": None},
        {"seq": 2**53},
        {"seq": "0"},
        {"site_id": b"short"},
        {"site_id": "x" * 16},
        {"site_id": None},
    ],
    ids=str,
)
@pytest.mark.parametrize("before", [1, 40], ids=["few", "columns"])
def test_change_that_cannot_be_sent(values: dict[str, Any], before: int) -> None:
    with pytest.raises(WireError) as caught:
        encode(Batch(1, 0, 0, 9, b"", False, (*[change()] * before, change(**values))))
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    "message",
    [
        Status(-1),
        Status(2**62),
        Status(True),
        Want(1, 2**63, (), False, 0, b""),
        Want(1, 0, ("x" * 2049,), False, 0, b""),
        Want(1, 0, (), False, 0, b"x" * 4097),
        Batch(1, 0, 5, 4, b"", False, ()),
        Batch(1, 0, 0, 1, b"", False, CELLS[:1] * 10_001),
        Failure(-1, "", False),
        Failure(1, "\ud800", False),
        Hello(1, b"", 0, "", 0, ()),
        Hello(1, A, 0, "", 2**63, ()),
        Hello(1, A, 0, "", 0, (Shape("x" * 2049, (), ()),)),
        Hello(3, A, 0, "", 0, (Shape("x", ("k",), ("v",), (ColumnType(Kind.ANY),)),)),
        Hello(3, A, 0, "", 0, (Shape("x", ("k",), (), (ColumnType(Kind.ANY, default="\ud800"),)),)),
        Hello(3, A, 0, "", 0, (), (Parked("x" * 2049, ""),)),
        Joined("x" * 2049, True),
        Deleted(1, (b"k" * 4097,), 0),
        wire.RowsRequest(1, "t", b"k" * 4097, b""),
        wire.RangeRequest(1, "x" * 2049, ()),
        wire.RejectChanges(A, wire.Cursor(0, 2**53)),
        wire.Err(1, 5),  # type: ignore[arg-type]
        "no message",
    ],
    ids=lambda message: repr(message)[:80],
)
def test_message_that_cannot_be_sent(message: Message) -> None:
    with pytest.raises(WireError):
        encode(message)


@pytest.mark.parametrize("data", [b"", "text", None, bytearray(b"\x07")], ids=repr)
def test_what_is_no_frame(data: Any) -> None:
    with pytest.raises(WireError):
        decode(data)


@pytest.mark.parametrize("count", [20, 100])
def test_site_ids_and_names_are_shared_within_a_message(count: int) -> None:
    rows = tuple(change(seq=seq) for seq in range(count))
    read = decode(encode(Batch(1, 0, 0, 1, b"", False, rows)))
    assert isinstance(read, Batch)
    assert len({id(row.site_id) for row in read.changes}) == 1
    assert len({id(row.table) for row in read.changes}) == 1
