"""The packed key: the vectors of cr-sqlite.md 6.3, and every damage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.change import SQLiteValue
from engine.errors import InvalidChange
from engine.tables.pack import pack, pack_all, unpack

VECTORS: list[tuple[tuple[SQLiteValue, ...], str]] = [
    ((1,), "01 0901"),
    ((0,), "01 01"),
    ((127,), "01 097f"),
    ((128,), "01 0980"),
    ((255,), "01 09ff"),
    ((256,), "01 110100"),
    ((65536,), "01 19010000"),
    ((16777216,), "01 2101000000"),
    ((2147483648,), "01 2180000000"),
    ((4294967296,), "01 290100000000"),
    ((2**63 - 1,), "01 417fffffffffffffff"),
    ((-1,), "01 41ffffffffffffffff"),
    ((-128,), "01 41ffffffffffffff80"),
    ((1.5,), "01 02 3ff8000000000000"),
    (("",), "01 03"),
    (("a",), "01 0b0161"),
    (("é",), "01 0b02c3a9"),
    (("x" * 127,), "01 0b7f" + "78" * 127),
    (("x" * 128,), "01 0b80" + "78" * 128),
    ((b"",), "01 04"),
    ((b"\x00\xff",), "01 0c0200ff"),
    ((None,), "01 05"),
    ((1, 2), "02 0901 0902"),
    ((1, "ab", None, 2.0, b"\x00"), "05 0901 0b026162 05 024000000000000000 0c0100"),
    ((), "00"),
]


@pytest.mark.parametrize(("values", "packed"), VECTORS)
def test_vectors(values: tuple[SQLiteValue, ...], packed: str) -> None:
    assert pack(values) == bytes.fromhex(packed)
    back = unpack(bytes.fromhex(packed))
    assert back == values
    assert [type(value) for value in back] == [type(value) for value in values]


numbers = st.integers(-(2**63), 2**63 - 1)
texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.one_of(st.none(), numbers, st.floats(allow_nan=False), texts, st.binary())


few = st.integers(0, 300)
short = st.text(st.characters(codec="utf-8"), max_size=3)


@given(
    st.integers(1, 3).flatmap(
        lambda width: (
            st.lists(st.tuples(*[st.one_of(values, few, short)] * width), min_size=1, max_size=8)
            | st.lists(st.tuples(*[few] * width), min_size=1)
            | st.lists(st.tuples(*[short] * width), min_size=1)
            | st.lists(st.tuples(*[st.integers(2**63 - 9, 2**63 - 1)] * width), min_size=1)
        )
    )
)
def test_many_are_packed_as_each_is(keys: list[tuple[SQLiteValue, ...]]) -> None:
    assert pack_all(list(zip(*keys, strict=True))) == [pack(key) for key in keys]


def test_too_many_columns() -> None:
    with pytest.raises(InvalidChange):
        pack_all([(1,)] * 256)
    assert pack_all([("x" * 300,)]) == [pack(["x" * 300])]


@given(st.lists(values, max_size=6))
def test_unpack_undoes_pack(given_values: list[SQLiteValue]) -> None:
    assert unpack(pack(given_values)) == tuple(given_values)


@pytest.mark.parametrize(
    "damaged",
    ["", "01", "01 0b0561", "01 02 3ff8", "01 0b02c328", "01 06", "01 07", "01 49ffffffffffffffffff", "02 0901",
     "01 44ffffffffffffffff00", "01 11 01"],
)  # fmt: skip
def test_damage_is_refused(damaged: str) -> None:
    with pytest.raises(InvalidChange):
        unpack(bytes.fromhex(damaged))


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        count = len(unpack(data))
    except InvalidChange:
        return
    assert count == data[0]


def test_trailing_bytes_are_ignored_and_nan_is_null() -> None:
    assert unpack(bytes.fromhex("010901ffff")) == (1,)
    assert unpack(bytes.fromhex("01027ff8000000000000")) == (None,)


def test_256_values_do_not_fit() -> None:
    with pytest.raises(InvalidChange):
        pack([1] * 256)
