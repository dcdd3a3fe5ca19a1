"""Recognizes keys whose numbers SQLite did not hand out although it could: random numbers, or numbers from elsewhere.

They are far apart, and two rows on two machines have the same number only if they are the same row. So such a number is
the row's identity, like a text key. SQLite hands out the number after the highest one, so if many numbers are close to
the one before, it may have handed them out.
"""

from __future__ import annotations

from typing import Any

import apsw

from engine.sqlite.sql import ident, main
from engine.tables.introspect import Table

FEWEST = 10
"""The fewest rows for which this can be told."""

NEAR = 100
"""The largest distance between two numbers that may have been handed out, with rows in between deleted since."""

MOST_NEAR = 0.1
"""The share of numbers that may be close to the one before nevertheless."""

_LOOKED_AT = 10_000


def are_sparse(db: apsw.Connection, table: Table) -> bool:
    """Return whether the numbers of a table whose key is the row's number are sparse."""
    key = table.key[0]
    if db.column_metadata("main", table.name, key)[4]:  # AUTOINCREMENT
        return False
    highest = f"SELECT {ident(key)} AS n FROM {main(table.name)} ORDER BY 1 DESC LIMIT {_LOOKED_AT}"
    gaps = f"SELECT n - lag(n) OVER (ORDER BY n) AS gap FROM ({highest})"
    found: list[Any] = db.execute(f"SELECT count(*), ifnull(sum(gap <= {NEAR}), 0) FROM ({gaps})").fetchall()
    [(rows, near)] = found
    return bool(rows >= FEWEST and near <= MOST_NEAR * rows)
