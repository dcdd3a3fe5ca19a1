"""Keys whose numbers SQLite did not hand out, though it could: random ones, or such as come from elsewhere.

They are far apart, and two rows on two machines have the same one only if they are the same row. So such a number is
the row's identity, as a text key is. SQLite hands out the number after the highest one, so where many numbers are near
the one before, it may have.
"""

from __future__ import annotations

from typing import Any

import apsw

from engine.sqlite.sql import ident, main
from engine.tables.introspect import Table

FEWEST = 10
"""Rows from which on that can be told."""

NEAR = 100
"""How far apart two numbers are that may have been handed out, rows between them being deleted since."""

MOST_NEAR = 0.1
"""Which share of the numbers may be near the one before all the same."""

_LOOKED_AT = 10_000


def are_sparse(db: apsw.Connection, table: Table) -> bool:
    """Whether the numbers of a table whose key is the number of the row are such."""
    key = table.key[0]
    if db.column_metadata("main", table.name, key)[4]:  # AUTOINCREMENT
        return False
    highest = f"SELECT {ident(key)} AS n FROM {main(table.name)} ORDER BY 1 DESC LIMIT {_LOOKED_AT}"
    gaps = f"SELECT n - lag(n) OVER (ORDER BY n) AS gap FROM ({highest})"
    found: list[Any] = db.execute(f"SELECT count(*), ifnull(sum(gap <= {NEAR}), 0) FROM ({gaps})").fetchall()
    [(rows, near)] = found
    return bool(rows >= FEWEST and near <= MOST_NEAR * rows)
