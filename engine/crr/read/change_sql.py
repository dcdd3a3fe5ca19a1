"""The SQL of changes (cr-sqlite.md 6), and helpers that every way of reading them needs."""

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
    """Return the condition that ``t`` is the row whose key is ``p``."""
    return " AND ".join(f"t.{ident(name)} = p.{ident(name)}" for name in crr.key)


def source(crr: Crr) -> str:
    """Return FROM and the joins that make up the changes of one CRR.

    ``c`` is the clock row, ``p`` its key, ``t`` the row, and ``s`` the sentinel, which holds the causal length. The
    clock comes first, so that its index on db_version leads.
    """
    return (
        f"FROM {main(crr.name + CLOCK)} AS c CROSS JOIN {main(crr.name + PKS)} AS p ON p.__crsql_key = c.key"
        f" LEFT JOIN {main(crr.table.name)} AS t ON {same_row(crr)}"
        f" LEFT JOIN {main(crr.name + CLOCK)} AS s ON s.key = c.key AND s.col_name = '-1'"
    )


def lost_column(table: str) -> TableBroken:
    """Return the error for a table with records of a dropped column: a peer's clock would skip them for good."""
    return TableBroken(
        table,
        t("it has sync records for a column that no longer exists"),
        hint=t("Restore the column, or complete the change with crsql_begin_alter and crsql_commit_alter."),
    )


ROW_AT_ONCE = 32
"""The most columns of a table whose clock is read by the row: in a wider one, a write may touch few of them."""


def cells(crr: Crr, places: str) -> str:
    """Return the SELECT of the cells at some places, which a WHERE may follow.

    They come in the order of the clock's index: (db_version, key, col_name). What the cells of a row have in common,
    its key, values and causal length, is looked up once for all cells of one version: ``g`` is the version and the row,
    the other names are those of ``source``.

    Places in a range rely on that order, so it may not depend on which indexes the file has. LIMIT keeps SQLite from
    dropping the ORDER BY of a subquery in a join, CROSS JOIN from reordering the loops, and the plus from using an
    index on versions for the cells of a row, which lie together in the order of their names.

    A row that was given its key here in that version brings all its older cells along, as if they were written then:
    cr-sqlite's own extension leaves them the versions that they had at another key (cr-sqlite.md 5.7), which peers'
    clocks have passed. Nobody has them at this key, so no filter may hide them: they get this file's own site.

    Args:
        places: a condition on (db_version, key) of ``k``.
    """
    clock = main(crr.name + CLOCK)
    moved = "(s.db_version = g.db_version AND s.site_id = 0 AND s.col_version % 2 = 1)"
    if len(crr.columns) <= ROW_AT_ONCE:
        rows = "DISTINCT db_version, key"
        same = f"(+c.db_version = g.db_version OR c.db_version < g.db_version AND {moved})"
    else:  # such a row comes with its sentinel. Every text sorts before a blob
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
    """Return ``rows`` of ``cells`` as rows of nine fields, and the function that packs the ninth, the key.

    A key of one column, which most tables have, is left as it is: gathering the rest of each row would take longer than
    all else that is done with it.
    """
    if len(crr.key) == 1:
        return rows, pack_one
    return map(_nine, rows), pack


def value_of(crr: Crr) -> str:
    """Return the expression for ``val``: the current value of the column that the clock row names."""
    cases = "".join(f" WHEN {literal(name)} THEN t.{ident(name)}" for name in crr.columns)
    return f"CASE c.col_name{cases} END" if cases else "NULL"


def known_cells(crr: Crr) -> str:
    """Return a condition that leaves out cells of dropped columns."""
    return f"c.col_name IN ({', '.join(literal(name) for name in ('-1', *crr.columns))})"


def has_value(crr: Crr) -> str:
    """Return a condition that leaves out cells whose row is gone without a record.

    Nobody knows their values any more, and the NULL that stock sends would replace older values at the peers.
    """
    return f"(c.col_name = '-1' OR t.{ident(crr.key[0])} IS NOT NULL)"


class Authors(dict[int, SiteId]):
    """The site ids of authors, by the ordinal that stands for each in the file.

    An ordinal that names no site counts as our own: a change must have an author (cr-sqlite.md 12.18).
    """

    def __init__(self, db: apsw.Connection) -> None:
        super().__init__(db.execute("SELECT ordinal, site_id FROM main.crsql_site_id"))

    def __missing__(self, ordinal: int) -> SiteId | None:
        return self.get(0)
