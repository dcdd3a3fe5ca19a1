"""Finds the rows of a table that differ from a peer's, by cutting ranges of keys into ever smaller parts.

Our side cuts the keys into ranges of equal size, and the other side gives the digest of each. Equal ranges are done;
different ones are cut further, until they are so small that both sides list their rows. One row in a million takes
three rounds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from engine.change import SQLiteValue
from engine.errors import InvalidChange, ProtocolError
from engine.replica import Replica, table_digests
from engine.session.row_queries import Answer, Question
from engine.sqlite.values import same
from engine.storage.replica_host import ReplicaHost
from engine.table_shape import Shape
from engine.tables import born_as, digest_bytes, shown_number, spoken, unpack_columns
from engine.text import t
from engine.wire import MAX_KEY, RangeRequest, Ranges, Rows, RowsRequest, Values, ValuesRequest

PARTS = 256
"""How many parts a range that differs is cut into."""

LISTED = 32
"""The most rows of a range that is listed rather than cut."""

AT_A_TIME = 100
"""How many rows' values are asked for at a time."""

Row = tuple[SQLiteValue, ...]
_NONE = (None, None)
A = TypeVar("A", bound=Answer)
Ask = Callable[[Question], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class RowDifference:
    """One row that differs.

    Attributes:
        table, key: which row.
        columns: the table's columns, by name.
        here, there: each side's values of these; None for no such row, () for one that is too large to be shown.
        key_there: the key as the other side spells it, if it is a different number that SQLite considers equal: 1 and
            1.0, in a column without a type. Sync considers them equal too, so that each side keeps its own.
        global_key: what both sides call a row to which each gives a number of its own (``engine.tables.spoken``). The
            key and the columns then contain this side's numbers, or the global key of a row that has none here.
    """

    table: str
    key: Row
    columns: tuple[str, ...]
    here: Row | None
    there: Row | None
    key_there: Row | None = None
    global_key: str = ""

    @property
    def too_large(self) -> bool:
        """Whether a side has the row but did not send its values."""
        return bool(self.columns) and (self.here == () or self.there == ())

    @property
    def differing(self) -> tuple[str, ...]:
        """The columns that differ, if both sides have the row."""
        if not self.here or not self.there:
            return ()
        both = zip(self.columns, self.here, self.there, strict=True)
        return tuple(name for name, one, other in both if not same(one, other))


class Spelled(NamedTuple):
    """The packed key of a row that differs, as each side spells it; None if a side did not list it."""

    here: bytes | None
    there: bytes | None


class Finder:
    """Looks for the rows that differ.

    Args:
        host: our side.
        ask: asks the other side a question.
        most: how many rows to find at most.
        columns: for tables compared only in part: the columns that both sides have.
    """

    def __init__(
        self, host: ReplicaHost, ask: Ask, most: int, columns: Mapping[str, Collection[str]] | None = None
    ) -> None:
        self._columns = columns or {}
        self._host = host
        self._ask = ask
        self._most = most

    async def find(self, table: str, rows: int) -> tuple[list[RowDifference], bool]:
        """Find the rows of one table that differ.

        Args:
            rows: about how many rows the side with more has.

        Returns:
            them, ordered by key, and whether there are more.

        Raises:
            ReplicaError: reading our file failed.
            MergeError: the table was altered meanwhile.
        """
        keys: list[Spelled] = []
        left = [(b"", b"", rows)]
        while left and len(keys) <= self._most:
            low, high, rows = left.pop()
            parts = await self._cut(table, low, high, rows) if rows > LISTED else None
            if parts is None:
                async for key in self._listed(table, low, high):
                    keys.append(key)
                    if len(keys) > self._most:
                        break
            else:
                left += reversed(parts)
        more = len(keys) > self._most
        return await self._compared(table, keys[: self._most]), more

    async def _cut(self, table: str, low: bytes, high: bytes, rows: int) -> list[tuple[bytes, bytes, int]] | None:
        """Return the parts of a range that differ; None if we have too few rows in it to cut it."""
        size = max(rows // PARTS, LISTED // 2)
        mine = await self._host.survey(table_digests.split, table, low, high, size, MAX_KEY, self._columns.get(table))
        if len(mine) < 2:
            return None
        bounds = (low, *(stretch.high for stretch in mine))
        theirs = (await self._put(RangeRequest(0, table, bounds), Ranges)).ranges
        if len(theirs) != len(mine):
            raise ProtocolError(t("The other side reported ranges that were not asked for."))
        return [
            (stretch.low, stretch.high, max(stretch.digest.rows, count))
            for stretch, (count, live) in zip(mine, theirs, strict=True)
            if stretch.digest != (count, live)
        ]

    async def _listed(self, table: str, low: bytes, high: bytes) -> AsyncIterator[Spelled]:
        """Iterate over the keys of the rows in a range that differ, page by page if the other side has many."""
        while True:
            page = await self._put(RowsRequest(0, table, low, high), Rows)
            end = page.rows[-1][0] if page.more and page.rows else high
            listed: list[tuple[bytes, bytes]] = []
            at, more = low, True
            while more:
                found, more = await self._host.run(
                    Replica.rows_between, table, at, end, columns=self._columns.get(table)
                )
                listed += [(key, digest_bytes(digest)) for key, digest in found]
                at = found[-1][0] if found else at
            mine, theirs = _by_key(listed), _by_key(page.rows)
            for row in [*mine, *(row for row in theirs if row not in mine)]:
                (here, one), (there, other) = mine.get(row, _NONE), theirs.get(row, _NONE)
                if one != other:
                    yield Spelled(here, there)
            if end == high:
                return
            low = end

    async def _compared(self, table: str, keys: list[Spelled]) -> list[RowDifference]:
        """Compare both sides' current values of the rows with these keys; rows that have become equal are left out."""
        shape = next((shape for shape in self._host.shapes if shape.name == table), None)
        compared = self._columns.get(table)
        columns = tuple(sorted(shape.columns if compared is None else compared)) if shape is not None else ()
        found: list[RowDifference] = []
        for some in _in_pieces(keys):
            ours = [key.here or key.there or b"" for key in some]
            theirs = [key.there or key.here or b"" for key in some]
            here = await self._host.run(Replica.values_at, table, ours, None, compared)
            there: list[Row | None] = []
            while len(there) < len(some):
                answer = await self._put(ValuesRequest(0, table, tuple(theirs[len(there) :])), Values)
                if not 0 < len(answer.rows) <= len(some) - len(there):
                    raise ProtocolError(t("The other side reported rows that were not asked for."))
                there += [_row(*one, len(columns)) for one in answer.rows]
            numbers = await self._numbers(shape, columns, zip((*ours, *theirs), (*here, *there), strict=True))
            for our_key, their_key, one, other in zip(ours, theirs, here, there, strict=True):
                key, key_there = unpack_columns(our_key), unpack_columns(their_key)
                lacking = one is None or other is None
                respelled = not lacking and not all(map(same, key, key_there))
                global_key = ""
                if shape is not None and shape.refers:
                    global_key, key = spoken(key), tuple([shown_number(part, numbers) for part in key])
                    one, other = _shown(one, numbers), _shown(other, numbers)
                difference = RowDifference(
                    table, key, columns, one, other, key_there if respelled else None, global_key
                )
                gone = one is None and other is None
                if not gone and (lacking or respelled or difference.too_large or difference.differing):
                    found.append(difference)
        return found

    async def _numbers(
        self, shape: Shape | None, columns: Sequence[str], rows: Iterable[tuple[bytes, Row | None]]
    ) -> Mapping[bytes, int]:
        """Return the numbers that the rows named here have on this side."""
        if shape is None or not shape.refers:
            return {}
        cells = [
            (shape.name, key, column, value)
            for key, row in rows
            for column, value in zip(columns, row or (None,) * len(columns), strict=False)
        ]
        return await self._host.run(Replica.numbers_here, cells)

    async def _put(self, question: Question, kind: type[A]) -> A:
        answer = await self._ask(question)
        assert isinstance(answer, kind)  # the session takes no other
        return answer


def _shown(row: Row | None, numbers: Mapping[bytes, int]) -> Row | None:
    """Return a row with the numbers of this side; a row that has none here is called by its global key."""
    if row is None:
        return None
    return tuple(
        spoken([value]) if born_as(value) and value not in numbers else shown_number(value, numbers) for value in row
    )


def _row(there: bool, packed: bytes, width: int) -> Row | None:
    if not there:
        return None
    if not packed:
        return ()
    try:
        row = unpack_columns(packed)
    except InvalidChange:
        raise ProtocolError(t("The other side reported a row that cannot be read.")) from None
    if len(row) != width:
        raise ProtocolError(t("The other side reported a row with different columns."))
    return row


def _by_key(rows: Iterable[tuple[bytes, bytes]]) -> dict[Row, tuple[bytes, bytes]]:
    """Index packed keys and digests by key, with numbers that SQLite considers equal as one, as in Python."""
    return {unpack_columns(key): (key, digest) for key, digest in rows}


def _in_pieces(keys: list[Spelled]) -> Iterator[list[Spelled]]:
    for at in range(0, len(keys), AT_A_TIME):
        yield keys[at : at + AT_A_TIME]
