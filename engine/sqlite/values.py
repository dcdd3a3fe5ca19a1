"""Values as cr-sqlite compares them, and as a column stores them."""

from __future__ import annotations

import math
from enum import Enum

import apsw

from engine.change import SQLiteValue
from engine.sqlite.invalid_text import NoText

_RANK: dict[type, int] = {NoText: -1, type(None): 0, bytes: 1, str: 2, float: 3, int: 4}
_EXACT = 2**53


def greater(left: SQLiteValue, right: SQLiteValue) -> bool:
    """Return whether ``left`` beats ``right`` at the same column version (cr-sqlite.md 7.3).

    The storage class decides first, NULL < BLOB < TEXT < REAL < INTEGER, so -3 beats 5.0; then bytes, code
    points (the order of UTF-8 bytes too) or numbers. Equal values do not win. A text that nobody can read, and that
    therefore is nowhere else, is beaten by all.
    """
    left_rank, right_rank = _RANK[type(left)], _RANK[type(right)]
    if left_rank != right_rank:
        return left_rank > right_rank
    return left is not None and left > right  # type: ignore[operator]


def same(left: SQLiteValue, right: SQLiteValue) -> bool:
    """Return whether two values are equal in storage class and value."""
    return type(left) is type(right) and left == right


def keeps(value: SQLiteValue, stored: SQLiteValue) -> bool:
    """Return whether a column that makes ``stored`` of a value keeps it as it is; none keeps a NaN, which is NULL."""
    return stored is value or same(value, stored) or (type(value) is float and math.isnan(value))


def as_integer(db: apsw.Connection, value: SQLiteValue) -> int:
    """Return ``value`` as SQLite's own functions take an integer: text up to its first odd character, NULL as 0."""
    if type(value) is int:
        return value
    number: int = db.execute("SELECT ifnull(CAST(? AS INTEGER), 0)", (value,)).get
    return number


class Affinity(Enum):
    """What a column does to a value it stores (https://sqlite.org/datatype3.html, section 3)."""

    INTEGER = "INTEGER"
    REAL = "REAL"
    TEXT = "TEXT"
    NUMERIC = "NUMERIC"
    NONE = "BLOB"

    @classmethod
    def of(cls, declared: str, *, strict: bool = False) -> Affinity:
        """Return the affinity of a column declared as type ``declared``.

        ANY keeps values as they are in a STRICT table.
        """
        name = declared.upper()
        if strict and name == "ANY":
            return cls.NONE
        if "INT" in name:
            return cls.INTEGER
        if any(part in name for part in ("CHAR", "CLOB", "TEXT")):
            return cls.TEXT
        if "BLOB" in name or not name:
            return cls.NONE
        if any(part in name for part in ("REAL", "FLOA", "DOUB")):
            return cls.REAL
        return cls.NUMERIC


class Storage:
    """Tells which value a column will hold once a given value is written to it.

    The plain cases are decided here. The rest (text that may be a number, a float as text) are asked of a
    private in-memory database, because SQLite's own conversion is the only one that always agrees with
    SQLite's.
    """

    def __init__(self) -> None:
        self._scratch: apsw.Connection | None = None

    def stored(self, value: SQLiteValue, affinity: Affinity, *, js_numbers: bool = False) -> SQLiteValue:
        """Return ``value`` after ``affinity``.

        Args:
            value: as it arrived; a float that is no number becomes NULL, as SQLite binds it.
            affinity: that of the column it is for.
            js_numbers: the value may have passed through JavaScript, so that a whole float of at most 2**53
                was perhaps an integer, and is taken for one unless the column is REAL (cr-sqlite.md 10.3).
        """
        if type(value) is float:
            if math.isnan(value):
                return None
            if js_numbers and affinity is not Affinity.REAL and value.is_integer() and abs(value) <= _EXACT:
                value = int(value)
        if affinity is Affinity.NONE or value is None or type(value) is bytes:
            return value
        if affinity is Affinity.TEXT:
            if type(value) is str:
                return value
            return str(value) if type(value) is int else self._ask(value, affinity)
        if affinity is Affinity.REAL:
            if type(value) is float:
                return value
            return float(value) if type(value) is int else self._ask(value, affinity)
        return value if type(value) is int else self._ask(value, affinity)

    def _ask(self, value: SQLiteValue, affinity: Affinity) -> SQLiteValue:
        if self._scratch is None:
            self._scratch = apsw.Connection(":memory:")
            self._scratch.execute(
                "CREATE TABLE cell(TEXT TEXT, REAL REAL,"
                " INTEGER INTEGER, NUMERIC NUMERIC); INSERT INTO cell DEFAULT VALUES"
            )
        column = affinity.value
        self._scratch.execute(f"UPDATE cell SET {column} = ?", (value,))
        answer: SQLiteValue = self._scratch.execute(f"SELECT {column} FROM cell").get
        return answer
