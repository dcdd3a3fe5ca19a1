"""What changes are in SQL (cr-sqlite.md 6), and the small things that every way of reading them needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

import apsw

from engine.crr.catalogue import Crr
from engine.errors import TableBroken
from engine.ids import SiteId
from engine.sqlite.sql import ident, idents, literal, main
from engine.tables.names import CLOCK, PKS
from engine.tables.pack import pack, pack_one
from engine.text import t

_nine = itemgetter(*range(8), slice(8, None))


def same_row(crr: Crr) -> str:
    """A condition that ``t`` is the row whose key is ``p``."""
    return " AND ".join(f"t.{ident(name)} = p.{ident(name)}" for name in crr.key)


def source(crr: Crr) -> str:
    """FROM and the joins that make changes of one CRR: ``c`` the clock row, ``p`` its key, ``t`` the row,
    ``s`` the sentinel, which says the causal length. The clock comes first: its index on db_version leads."""
    return (
        f"FROM {main(crr.name + CLOCK)} AS c CROSS JOIN {main(crr.name + PKS)} AS p ON p.__crsql_key = c.key"
        f" LEFT JOIN {main(crr.table.name)} AS t ON {same_row(crr)}"
        f" LEFT JOIN {main(crr.name + CLOCK)} AS s ON s.key = c.key AND s.col_name = '-1'"
    )


def lost_column(table: str) -> TableBroken:
    """The error for a table with records of a column that is no more: a peer's clock would pass them for good."""
    return TableBroken(
        table,
        t("it has sync records for a column that no longer exists"),
        hint=t("Restore the column, or complete the change with crsql_begin_alter and crsql_commit_alter."),
    )


ROW_AT_ONCE = 32
"""Columns of the widest table whose clock is read by the row: of a wider one a write may touch few of them."""


def cells(crr: Crr, places: str) -> str:
    """SELECT of the cells at some ``places``, a condition on (db_version, key) of ``k``; a WHERE may follow.

    They come in the order of the clock's index: (db_version, key, col_name). What the cells of a row have in common,
    its key, values and causal length, is looked up once for all those of one version: ``g`` is the version and the
    row, the other names are those of ``source``.

    Places in a range rest on that order, so it may not depend on the indexes that the file has: LIMIT keeps SQLite from
    dropping the ORDER BY of a subquery in a join, CROSS JOIN from another order of the loops, and the plus from any
    index on versions for the cells of a row, which lie together in the order of their names.

    A row that was given its key here in that version has all its older cells with it, as if they were written then:
    cr-sqlite's own extension leaves them the versions that they had at another key (cr-sqlite.md 5.7), which whoever
    holds these has passed. Nobody has them at this key, so that no filter may hide them: they bear this file's own
    site.
    """
    clock = main(crr.name + CLOCK)
    moved = "(s.db_version = g.db_version AND s.site_id = 0 AND s.col_version % 2 = 1)"
    if len(crr.columns) <= ROW_AT_ONCE:
        rows = "DISTINCT db_version, key"
        same = f"(+c.db_version = g.db_version OR c.db_version < g.db_version AND {moved})"
    else:  # such a row comes with its sentinel. Every text is less than a blob
        rows = "db_version, key, col_name"
        same = (
            f"c.col_name >= CASE WHEN {moved} THEN '' ELSE g.col_name END"
            f" AND c.col_name <= CASE WHEN {moved} THEN x'' ELSE g.col_name END"
            f" AND c.db_version <= g.db_version AND (g.col_name = '-1' OR {moved} IS NOT TRUE)"
        )
    order = rows.removeprefix("DISTINCT ")
    author = "CASE WHEN c.db_version < g.db_version THEN 0 ELSE c.site_id END"
    return (
        f"SELECT c.key, c.col_name, {value_of(crr)}, c.col_version, g.db_version, {author},"
        f" ifnull(s.col_version, 1), c.seq, {idents(crr.key, prefix='p.')}"
        f" FROM (SELECT {rows} FROM {clock} AS k WHERE {places} ORDER BY {order} LIMIT -1) AS g"
        f" CROSS JOIN {main(crr.name + PKS)} AS p ON p.__crsql_key = g.key"
        f" LEFT JOIN {main(crr.table.name)} AS t ON {same_row(crr)}"
        f" LEFT JOIN {clock} AS s ON s.key = g.key AND s.col_name = '-1'"
        f" CROSS JOIN {clock} AS c ON c.key = g.key AND {same}"
    )


def packed_by(crr: Crr, rows: Iterable[tuple[Any, ...]]) -> tuple[Iterable[tuple[Any, ...]], Callable[[Any], bytes]]:
    """``rows`` of ``cells`` as rows of nine, and what packs the ninth, the key. That of one column, which most tables
    have, is taken as it comes: to gather the rest of each row would take longer than all else done with it."""
    if len(crr.key) == 1:
        return rows, pack_one
    return map(_nine, rows), pack


def value_of(crr: Crr) -> str:
    """The expression for ``val``: the value now in the column that the clock row names."""
    cases = "".join(f" WHEN {literal(name)} THEN t.{ident(name)}" for name in crr.columns)
    return f"CASE c.col_name{cases} END" if cases else "NULL"


def known_cells(crr: Crr) -> str:
    """A condition that leaves out cells of columns that are no more."""
    return f"c.col_name IN ({', '.join(literal(name) for name in ('-1', *crr.columns))})"


def has_value(crr: Crr) -> str:
    """A condition that leaves out cells whose row is gone without a record: nobody knows their values any more, and the
    NULL that stock sends would replace older ones at the peers."""
    return f"(c.col_name = '-1' OR t.{ident(crr.key[0])} IS NOT NULL)"


class Authors(dict[int, SiteId]):
    """The authors, by the small number that stands for each in a file.

    A number that names no site is taken for ours: a change must have an author (cr-sqlite.md 12.18).
    """

    def __init__(self, db: apsw.Connection) -> None:
        super().__init__(db.execute("SELECT ordinal, site_id FROM main.crsql_site_id"))

    def __missing__(self, ordinal: int) -> SiteId | None:
        return self.get(0)
