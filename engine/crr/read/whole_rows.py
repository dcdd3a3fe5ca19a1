"""Reads rows that were written as a whole, with all their columns in one version: many at once, and by columns.

Most rows of most files were written so. The clock rows of a thousand of them are fetched as four texts, which takes a
third of the time of fetching each, and their values by the row rather than by the cell. A few other rows may lie among
them, which ``engine.crr.read.tables`` reads cell by cell. Where there are more of these, the stretch ends.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, repeat, takewhile
from operator import add, itemgetter
from typing import Any, cast

import apsw

from engine.change import Change, SQLiteValue
from engine.crr.catalogue import Crr
from engine.crr.read.change_sql import ROW_AT_ONCE, Authors, same_row
from engine.ids import SiteId
from engine.sqlite.sql import ident, idents, main, numbers
from engine.sqlite.values import Affinity
from engine.tables.names import CLOCK, KEY, PKS
from engine.tables.pack import pack, pack_all
from engine.tables.reading import BARE, new_change

MOST = 1_000
"""How many rows are read together at most."""

LOOK = 64
"""How many rows are tried first, so that little is read in vain if they are not whole."""

FEW = 8
"""Fewer rows than this are not worth two queries."""

SMALL = 4096
"""A row read in this way has fewer bytes, as what is read together is counted only once it is in memory."""

_BETWEEN = "\0"  # no name holds it
_ODD = re.compile(r"[^,]{16}|[^\d,]")
_NUMBERS = frozenset((int, float, type(None)))
_TEXTS = frozenset((str, bytes))


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that were written as a whole.

    Attributes:
        table: the wire name.
        cids: the columns, in the order of the clock.
        versions, keys, pks: each row's db_version, key number and packed key. All causal lengths are 1.
        values: for each of ``cids``, the rows' values.
        col_versions, sites, seqs: those of each cell, row by row.
        others: the rows among them that are not whole: how many whole ones come before, and (db_version, key, pk).
        last: the (db_version, key) of the last row, whole or not.
    """

    table: str
    cids: Sequence[str]
    versions: Sequence[int]
    keys: Sequence[int]
    pks: Sequence[bytes]
    values: Sequence[Sequence[SQLiteValue]]
    col_versions: Sequence[int]
    sites: Sequence[SiteId | None]
    seqs: Sequence[int]
    others: Sequence[tuple[int, tuple[int, int, bytes]]]
    last: tuple[int, int]

    def __len__(self) -> int:
        return len(self.keys)

    def fitting(self, room: int) -> tuple[int, int]:
        """Return how many of the rows, from the first on, take at most ``room`` bytes, and how many bytes they take
        (``weight``)."""
        width = len(self.cids)
        bare = width * (BARE + len(self.table)) + sum(map(len, self.cids))
        texts = [column for column in self.values if not _NUMBERS.issuperset(map(type, column))]
        size = len(self) * bare + width * sum(map(len, self.pks)) + sum(sum(_lengths(column)) for column in texts)
        if size <= room:
            return len(self), size
        sizes: Iterable[int] = [bare + width * len(pk) for pk in self.pks]
        for column in texts:
            sizes = map(add, sizes, _lengths(column))
        ends = list(accumulate(sizes))
        count = bisect_right(ends, room)
        return count, ends[count - 1] if count else 0

    def changes(self, count: int) -> list[Change]:
        """Return the changes of the first ``count`` rows, row by row.

        The cells of each row come in the order of the first row's seqs. Most rows were written like it, and what is
        nearly in order is sorted fast.
        """
        width = len(self.cids)
        made: list[Any] = [None] * (count * width)
        for place, n in enumerate(sorted(range(width), key=self.seqs.__getitem__)):
            fields = zip(
                repeat(self.table, count),
                self.pks,
                repeat(self.cids[n]),
                self.values[n],
                self.col_versions[n::width],
                self.versions,
                self.sites[n::width],
                repeat(1),
                self.seqs[n::width],
                strict=False,
            )
            made[place::width] = map(new_change, repeat(Change), fields)
        return made


def _lengths(column: Sequence[SQLiteValue]) -> Iterable[int]:
    if _TEXTS.issuperset(map(type, column)):
        return map(len, cast("Sequence[str | bytes]", column))
    return (len(value) if type(value) is str or type(value) is bytes else 0 for value in column)


class WholeRows:
    """Reads such rows of one table.

    Args:
        others: a condition on ``k.key`` that begins with AND, or ''.
    """

    def __init__(self, db: apsw.Connection, crr: Crr, sites: Authors, others: str = "") -> None:
        self._db = db
        self._crr = crr
        self._sites = sites
        clock = main(crr.name + CLOCK)
        after = f"FROM {clock} AS k WHERE (db_version, key) > (?1, ?2){others}"
        self._more = f"SELECT 1 {after} AND db_version <= ?3 LIMIT 1"
        # The values of other rows are not fetched: they may be large, or invalid text that nobody asks for.
        small = _small(crr)
        self._rows = (
            f"SELECT ifnull(alike.yes, {small}), alike.yes IS NOT NULL, g.db_version, g.key,"
            f" {idents(crr.key, prefix='p.')},"
            f" {idents(crr.columns, prefix='CASE WHEN alike.yes THEN t.', suffix=' END')}"
            f" FROM (SELECT db_version, key, count(*) AS cells {after} AND db_version <= ?3"
            " GROUP BY db_version, key ORDER BY db_version, key LIMIT ?4) AS g"
            f" LEFT JOIN {main(crr.name + PKS)} AS p ON p.{KEY} = g.key"
            f" LEFT JOIN {main(crr.table.name)} AS t ON {same_row(crr)}"
            f" LEFT JOIN (SELECT 1 AS yes) AS alike"
            f" ON g.cells = {len(crr.columns)} AND t.{ident(crr.key[0])} IS NOT NULL AND {small}"
        )
        # The order of a subquery is kept for group_concat, and that of carray in a cross join.
        texts = (
            "SELECT group_concat(c.col_name, char(0)), group_concat(c.col_version), group_concat(c.site_id),"
            " group_concat(c.seq) FROM"
        )
        self._between = f"{texts} (SELECT * FROM {clock} WHERE key BETWEEN ?1 AND ?2 ORDER BY key, col_name) AS c"
        self._each = f"{texts} carray(?1) AS o CROSS JOIN {clock} AS c ON c.key = o.value"

    @staticmethod
    def suits(crr: Crr) -> bool:
        """Return whether a table can be read like this: a few rows at a time are looked up by the clock's index."""
        return crr.indexed and 0 < len(crr.columns) <= ROW_AT_ONCE

    def more(self, after: tuple[int, int], until: int) -> bool:
        """Return whether anything comes after a (db_version, key)."""
        return self._db.execute(self._more, (*after, until)).fetchone() is not None

    def read(self, after: tuple[int, int], until: int, most: int) -> Rows | None:
        """Return the whole rows that come next after a (db_version, key), None if there are too few of them.

        Args:
            until: the last version to read.
            most: how many rows to look at.
        """
        small = list(takewhile(itemgetter(0), self._db.execute(self._rows, (*after, until, most))))
        rows = list(filter(itemgetter(1), small))
        if 4 * len(rows) < 3 * len(small):
            rows = small = list(takewhile(itemgetter(1), small))
        if len(rows) < min(FEW, most):
            return None
        _, _, versions, keys, *columns = zip(*rows, strict=True)
        clocks = self._clocks(keys)
        if clocks is None:
            return None
        cids, col_versions, ordinals, seqs = clocks
        sites = {ordinal: self._sites[ordinal] for ordinal in set(ordinals)}
        keyed = len(self._crr.key)
        values = dict(zip(self._crr.columns, columns[keyed:], strict=True))
        return Rows(
            self._crr.name,
            cids,
            versions,
            keys,
            pack_all(columns[:keyed]),
            [values[cid] for cid in cids],
            col_versions,
            list(sites.values()) * len(seqs) if len(sites) == 1 else list(map(sites.__getitem__, ordinals)),
            seqs,
            self._others(small) if len(rows) < len(small) else (),
            small[-1][2:4],
        )

    def _others(self, rows: Sequence[tuple[Any, ...]]) -> list[tuple[int, tuple[int, int, bytes]]]:
        before = accumulate(map(itemgetter(1), rows))
        end = 4 + len(self._crr.key)
        return [(n, (*row[2:4], pack(row[4:end]))) for n, row in zip(before, rows, strict=True) if not row[1]]

    def _clocks(self, keys: Sequence[int]) -> tuple[list[str], list[int], list[int], list[int]] | None:
        """Return what the clock holds for these rows: the columns in its order, and (col_version, author's ordinal,
        seq) of each cell, each as one list.

        Returns:
            None if it holds anything else for them, such as the sentinel of a row that was created again.
        """
        count, width = len(keys), len(self._crr.columns)
        if keys == tuple(range(keys[0], keys[0] + count)):
            found = self._db.execute(self._between, (keys[0], keys[-1])).get
        else:
            found = self._db.execute(self._each, (numbers(keys),)).get
        names, *texts = found
        # With this many names, repeating in one order, each row has exactly these: none has one twice.
        cids = names.split(_BETWEEN, width)[:width]
        if set(cids) != set(self._crr.columns) or names != _BETWEEN.join(cids * count):
            return None
        try:
            col_versions, ordinals, seqs = (_integers(text, count * width) for text in texts)
        except ValueError:
            return None
        return cids, col_versions, ordinals, seqs


def _small(crr: Crr) -> str:
    """Return the condition that a row has few bytes.

    Numbers need not be counted. But a column for numbers may hold other values too, which sort after all numbers.
    """
    lengths, conditions = ["0"], []
    for column in crr.table.columns:
        name = f"{'p' if column.key else 't'}.{ident(column.name)}"
        if column.hidden:
            continue
        if column.affinity in (Affinity.INTEGER, Affinity.REAL):
            conditions.append(f"ifnull({name} < '', 1)")
        else:
            lengths.append(f"ifnull(octet_length({name}), 0)")
    return " AND ".join((*conditions, f"{' + '.join(lengths)} < {SMALL}"))


def _integers(text: str, count: int) -> list[int]:
    """Parse a text of ``count`` numbers joined by commas.

    Raises:
        ValueError: it is not that, or a number is so large that it needs a closer look.
    """
    first, _, _ = text.partition(",")
    if text == ",".join([first] * count):
        if _ODD.search(first):
            raise ValueError
        return [int(first)] * count
    if _ODD.search(text):
        raise ValueError
    found: list[int] = json.loads(f"[{text}]")  # takes half the time of ``int`` for each
    if len(found) != count:
        raise ValueError
    return found
