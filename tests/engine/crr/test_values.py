"""The order of values, and affinities held against SQLite itself."""

from __future__ import annotations

import itertools

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.change import SQLiteValue
from engine.sqlite.values import Affinity, Storage, greater

ASCENDING: list[SQLiteValue] = [
    None, b"", b"\x00", b"a", b"a\x00", b"b", b"\xff", "", "A", "a", "a\x00", "aa", "b", "é", "\uffff", "😀",
    float("-inf"), -5.0, 0.0, 0.5, 5.0, float("inf"), -(2**63), -3, 0, 1, 5, 2**53, 2**53 + 1, 2**63 - 1,
]  # fmt: skip


def test_every_pair_of_the_order() -> None:
    for (m, low), (n, high) in itertools.combinations(enumerate(ASCENDING), 2):
        assert m < n
        assert greater(high, low), (low, high)
        assert not greater(low, high), (low, high)


def test_nothing_beats_its_equal() -> None:
    assert not any(greater(value, value) for value in ASCENDING)
    assert not greater(-0.0, 0.0)
    assert not greater(0.0, -0.0)


@pytest.mark.parametrize(
    ("declared", "affinity"),
    [("INTEGER", "INTEGER"), ("bigint", "INTEGER"), ("CHARINT", "INTEGER"), ("VARCHAR(9)", "TEXT"), ("clob", "TEXT"),
     ("BLOB", "NONE"), ("", "NONE"), ("DOUBLE", "REAL"), ("float", "REAL"), ("NUMERIC", "NUMERIC"),
     ("ANY", "NUMERIC"), ("DATE", "NUMERIC"), ("BOOLEAN", "NUMERIC"), ("FLOATING POINT", "INTEGER")],
)  # fmt: skip
def test_affinity_of_a_declaration(declared: str, affinity: str) -> None:
    assert Affinity.of(declared) is Affinity[affinity]


def test_any_keeps_values_in_a_strict_table() -> None:
    assert Affinity.of("ANY", strict=True) is Affinity.NONE


numeric_texts = st.one_of(
    st.floats().map(str), st.integers().map(str), st.from_regex(r"\s*[+-]?[0-9]{1,20}(\.[0-9]*)?(e[+-]?[0-9]{1,3})?\s*")
)
values = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.integers(-(2**60), 2**60).map(float),
    numeric_texts,
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.binary(max_size=4),
)
TYPES = {"INTEGER": "i", "REAL": "r", "TEXT": "t", "NUMERIC": "n", "BLOB": "x"}


@given(values)
def test_stored_is_what_sqlite_stores(value: SQLiteValue) -> None:
    db = apsw.Connection(":memory:")
    db.execute("CREATE TABLE v (i INTEGER, r REAL, t TEXT, n NUMERIC, x BLOB)")
    storage = Storage()
    for declared, column in TYPES.items():
        db.execute(f"DELETE FROM v; INSERT INTO v ({column}) VALUES (?)", (value,))
        expected = db.execute(f"SELECT {column} FROM v").get
        stored = storage.stored(value, Affinity.of(declared))
        assert (type(stored), stored) == (type(expected), expected)
    db.close()


@pytest.mark.parametrize(
    ("value", "declared", "stored"),
    [(5.0, "", 5), (5.0, "TEXT", "5"), (5.0, "REAL", 5.0), (5.5, "", 5.5), (2.0**53, "", 2**53),
     (2.0**54, "", 2.0**54), (float("inf"), "", float("inf")), (-0.0, "", 0), (5, "", 5)],
)  # fmt: skip
def test_numbers_that_passed_through_javascript(value: SQLiteValue, declared: str, stored: SQLiteValue) -> None:
    got = Storage().stored(value, Affinity.of(declared), js_numbers=True)
    assert (type(got), got) == (type(stored), stored)
