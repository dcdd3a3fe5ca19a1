"""Finds copies of the same rows by their content, where each side has handed out numbers of its own.

Rows that are equal in all columns are pairs, beginning with those that have the same number. Then rows with the same
number are pairs if at least half of their columns are equal, among them a value that no other row here has: rows that
two apps wrote independently under one number may be equal in their defaults, and one of them would be lost. Columns
that refer to rows that are not joined yet are left out.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Generator, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from engine.change import SQLiteValue
from engine.errors import InvalidChange, ProtocolError
from engine.replica import Replica
from engine.sqlite.steps import Steps
from engine.table_shape import JoinCount
from engine.tables import born_as, pack_columns, unpack_columns
from engine.text import t
from engine.wire import Rows, RowsRequest, Values, ValuesRequest

from .actions import ListCopies
from .join_comparison import left, nothing
from .row_queries import LARGEST

AT_A_TIME = 500
"""Rows whose values are asked for at a time."""

SAMPLE = 1_000
"""Rows of the other side after which the search is given up if few of them are copies."""

_SIZE = 8
"""Bytes of the digest of a column's value."""


class Value(NamedTuple):
    """The digest of a value and of the column that it is in."""

    column: int
    digest: bytes


class Pair(NamedTuple):
    """The packed key of a row here and of its copy there, and whether the two are equal in what was compared."""

    here: bytes
    there: bytes
    equal: bool


class Copies:
    """Our rows, in which copies of the other side's are looked for.

    Attributes:
        shared: whether others have rows of this table under the global keys that they have here.
        version: our file's, before they were listed.
    """

    def __init__(self, compared: Sequence[bool], *, shared: bool, version: int = 0) -> None:
        """
        Args:
            compared: which columns are compared, in the order of their names.
        """
        self.shared = shared
        self.version = version
        self._compared = compared
        self._ours: dict[bytes, bytes] = {}
        """The content of each of our rows that has no partner yet, by packed key."""
        self._by_content: dict[bytes, deque[bytes]] = {}
        self._by_number: dict[int, bytes] = {}
        self._left: list[tuple[bytes, bytes]] = []
        """Rows of the other side without a partner so far, and their content."""
        self._pairs: list[Pair] = []
        self._offered = 0

    def add(self, key: bytes, row: Sequence[SQLiteValue] | None) -> None:
        """Add one of our rows; ``row`` is empty for one that is too large."""
        content = self._content(row)
        if content is None:
            return
        self._ours[key] = content
        self._by_content.setdefault(content, deque()).append(key)
        number = _number(key)
        if number is not None:
            self._by_number[number] = key

    def offer(self, key: bytes, row: Sequence[SQLiteValue] | None) -> None:
        """Look for the copy of one of the other side's rows."""
        self._offered += 1
        content = self._content(row)
        if content is None:
            return
        number = _number(key)
        ours = key if key in self._ours else self._by_number.get(number) if number is not None else None
        if ours is not None and (ours == key or self._ours.get(ours) == content):
            self._pair(ours, key, equal=self._ours[ours] == content)
        else:
            self._left.append((key, content))

    @property
    def few(self) -> bool:
        """Whether enough rows were looked at to be sure that they are not copies."""
        return self._offered >= SAMPLE and 2 * (len(self._pairs) + self._equals()) < self._offered

    def _equals(self) -> int:
        """Estimate how many of those that are left have an equal row here."""
        return sum(content in self._by_content for _, content in self._left)

    def finish(self) -> list[Pair]:
        """Return all pairs. Raises ProtocolError: a row of the other side came twice."""
        left = []
        for key, content in sorted(self._left, key=lambda one: _number(one[0]) or 0):
            same = self._by_content.get(content, deque())
            while same and same[0] not in self._ours:
                same.popleft()
            if same:
                self._pair(same.popleft(), key, equal=True)
            else:
                left.append((key, content))
        self._left = []
        candidates: dict[bytes, tuple[bytes, set[Value]]] = {}
        for key, content in left:
            number = _number(key)
            ours = self._by_number.get(number) if number is not None else None
            equal = _values(self._ours[ours]) & _values(content) if ours in self._ours else set()
            if ours is not None and equal and 2 * len(equal) >= len(content) // _SIZE:
                candidates[key] = ours, equal
        rare = self._rare(
            {value for _, equal in candidates.values() for value in equal if value.digest not in _NOTHING}
        )
        for key, (ours, equal) in candidates.items():
            if not equal.isdisjoint(rare) and ours in self._ours:  # rows of a third side may have its number, too
                self._pair(ours, key, equal=False)
        if len({pair.there for pair in self._pairs}) < len(self._pairs):
            raise ProtocolError(t("A row came twice."))
        return self._pairs

    def _rare(self, values: set[Value]) -> set[Value]:
        """Return those of these values that only one of our rows has."""
        count = Counter[Value]()
        for content in self._by_content if values else ():
            count.update(values & _values(content))
        return {value for value, times in count.items() if times == 1}

    @property
    def count(self) -> JoinCount:
        """How many there are; after ``finish``."""
        equal = sum(pair.equal for pair in self._pairs)
        there = self._offered - len(self._pairs)
        return JoinCount(equal, len(self._pairs) - equal, len(self._ours), there)

    def _pair(self, ours: bytes, key: bytes, *, equal: bool) -> None:
        del self._ours[ours]
        self._pairs.append(Pair(ours, key, equal))

    def _content(self, row: Sequence[SQLiteValue] | None) -> bytes | None:
        """Return the digests of what is compared of a row; None if that is nothing."""
        if row is None or len(row) != len(self._compared) or not any(self._compared):
            return None
        chosen = (value for value, compared in zip(row, self._compared, strict=True) if compared)
        return b"".join(map(_digest, chosen))


def copies(replica: Replica, table: str, columns: Collection[str], compared: Sequence[bool]) -> Steps[Copies]:
    """Our rows of a table, in the columns that both sides have.

    Raises:
        SchemaMismatch: the table is not synced any more.
    """
    replica.capture()
    found = Copies(compared, shared=replica.is_shared(table), version=replica.db_version())
    low, more = b"", True
    while more:
        rows, more = replica.rows_between(table, low, b"", columns=columns)
        keys = [key for key, _ in rows]
        for key, values in zip(keys, replica.values_at(table, keys, LARGEST, columns), strict=True):
            found.add(key, values)
        low = keys[-1] if keys else low
        yield
    return found


def find_copies(
    table: str, columns: Collection[str], left_out: Collection[str], *, unless_few: bool
) -> Generator[Any, Any, Copies]:
    """Compare all rows of both sides, in a session.

    Args:
        columns: those that both sides have.
        left_out: those of them that are not compared.
        unless_few: stop as soon as it is clear that they are not copies.
    """
    found: Copies = yield ListCopies(table, frozenset(columns), tuple(name not in left_out for name in sorted(columns)))
    low, more = b"", True
    while more and not (unless_few and found.few):
        there: Rows = yield RowsRequest(0, table, low, b"")
        more = there.more
        if more and not there.rows:
            raise nothing()
        keys = tuple(key for key, _ in there.rows)
        low = keys[-1] if keys else low
        while keys:
            values: Values = yield ValuesRequest(0, table, keys[:AT_A_TIME])
            for key, (is_there, row) in zip(keys, values.rows, strict=False):
                if is_there:
                    found.offer(key, unpacked(row) if row else None)
            keys = left(keys, values)
    return found


def unpacked(row: bytes) -> tuple[SQLiteValue, ...]:
    """Unpack a row that came. Raises ProtocolError if it is not one."""
    try:
        return tuple(unpack_columns(row))
    except InvalidChange as error:
        raise ProtocolError(str(error)) from error


def _number(key: bytes) -> int | None:
    """Return the number at birth in a packed key; None if there is none."""
    try:
        born = born_as(unpack_columns(key)[0])
    except InvalidChange as error:
        raise ProtocolError(str(error)) from error
    return None if born is None else born[1]


def _values(content: bytes) -> set[Value]:
    """Return what is in each column."""
    return {Value(at, content[at : at + _SIZE]) for at in range(0, len(content), _SIZE)}


def _digest(value: SQLiteValue) -> bytes:
    return blake2b(pack_columns((value,)), digest_size=_SIZE).digest()


_NOTHING = frozenset(map(_digest, (None, "", 0, 0.0, b"")))
"""Digests of values that many rows have, and that tell none from another."""
