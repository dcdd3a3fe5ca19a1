"""Repair of a file's version, if a peer or a program made up one that no file reaches by counting.

Such versions are renumbered to follow the genuine ones. Whoever has seen the old numbers would skip the new ones, so
the file gets a new site id.
"""

from __future__ import annotations

from collections.abc import Iterable

import apsw

from engine.change import FAR
from engine.clocks import identity

_FLOOR = "main.crsql_master WHERE key = 'pre_compact_dbversion'"
_SO_HIGH = f"(typeof(db_version) != 'integer' OR db_version >= {FAR})"


def count_too_high(db: apsw.Connection, records: str) -> int:
    """Return how many sync records have such a version.

    Args:
        records: the table of sync records, quoted for SQL.
    """
    count: int = db.execute(f"SELECT count(*) FROM {records} WHERE {_SO_HIGH}").get
    return count


def floor(db: apsw.Connection) -> int:
    """Return the version below which the file's never goes (``pre_compact_dbversion``); 0 if there is none."""
    if not db.table_exists("main", "crsql_master"):
        return 0
    value = db.execute(f"SELECT value FROM {_FLOOR}").get
    return value if isinstance(value, int) else 0


def mend(db: apsw.Connection, tables: Iterable[str]) -> None:
    """Renumber all such versions, if there are any, and give the file a new site id.

    Runs in the caller's transaction, before anything is written.

    Args:
        tables: every table of sync records, of every kind of synced table, quoted for SQL.
    """
    records, lowest = tuple(tables), floor(db)
    found = {
        version for table in records for (version,) in db.execute(f"SELECT db_version FROM {table} WHERE {_SO_HIGH}")
    }
    if not found and lowest < FAR:
        return
    last = 0 if lowest >= FAR else lowest
    for table in records:
        last = max(last, db.execute(f"SELECT ifnull(max(db_version), 0) FROM {table} WHERE NOT {_SO_HIGH}").get)
    for version in sorted(found, key=_order):
        last += 1
        for table in records:
            db.execute(f"UPDATE {table} SET db_version = ? WHERE db_version = ?", (last, version))
    db.execute(f"UPDATE {_FLOOR.replace(' WHERE', ' SET value = ? WHERE')}", (last,))
    identity.renew(db)


def _order(version: object) -> tuple[bool, float]:
    """Return a sort key: numbers ascending, then whatever else a program may have put there."""
    return (False, version) if isinstance(version, int | float) else (True, 0.0)
