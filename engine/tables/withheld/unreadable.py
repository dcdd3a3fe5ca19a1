"""Finds invalid text in rows that are identified by a number."""

from __future__ import annotations

from collections.abc import Sequence

import apsw

from engine.sqlite.sql import numbers


def unreadable(
    db: apsw.Connection, number: str, fields: Sequence[str], source: str, keys: Sequence[int]
) -> tuple[set[int], dict[int, int]]:
    """Look for invalid text in these rows.

    Args:
        number: an expression for a row's number, by which they are sorted.
        fields: expressions for the fields to read.
        source: what follows FROM in a query of the rows; ?1 stands for the numbers.
        keys: the rows' numbers.

    Returns:
        the numbers of the rows that exist; and for each row with invalid text, the index of the first such field.
    """
    order = f"ORDER BY {number}"
    there = [key for (key,) in db.execute(f"SELECT {number} FROM {source} {order}", (numbers(keys),))]
    found: dict[int, int] = {}
    rows = db.execute(f"SELECT {', '.join(fields) or 'NULL'} FROM {source} {order}", (numbers(keys),))
    for key in there:
        try:
            next(rows)
        except UnicodeDecodeError:
            found[key] = next(n for n, field in enumerate(fields) if not _is_readable(db, field, source, key))
    return set(there), found


def _is_readable(db: apsw.Connection, field: str, source: str, key: int) -> bool:
    try:
        db.execute(f"SELECT {field} FROM {source}", (numbers([key]),)).fetchall()
    except UnicodeDecodeError:
        return False
    return True
