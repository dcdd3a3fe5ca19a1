"""Which rows belong together: the dataset ids of each synced table (``crsql_syncline_datasets``).

Two tables whose rows were written independently have no id in common. Before anything of theirs is merged for the first
time, it is decided how to join them; from then on, both sides have the ids of both. A table that was empty when it
became syncable has no older rows of its own: it takes over the other side's, whatever was written to it since.

``stands_for`` says what an id stood for when it came into the file. A table that has only begun to take over another's
rows does not count as empty any more, even if none are there yet.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping

import apsw

from engine.table_shape import BEGUN_EMPTY, Dataset

TABLE = "crsql_syncline_datasets"

GIVEN = "crsql_syncline_given"
"""The table that lists the tables with rows known to peers by names that only this file can have given them."""

MOST = 16
"""How many ids are kept for a table: the smallest ones, so that all who have met keep the same."""

NO_ROWS, PART, MIXED, ROWS, OLD_ROWS = range(5)
"""What an id stands for. ``PART``: another side's rows, not all of which may be here until its clock covers them.
``MIXED``: such a part whose missing rows have not met what came from elsewhere meanwhile. ``OLD_ROWS``: rows that met
peers before tables had ids, namely those whose clock covers them."""

Ids = Mapping[bytes, int]
"""Dataset ids of 16 bytes, and what each stands for."""

_ASIDE: Ids = {BEGUN_EMPTY: MIXED}
"""The ids of a table that is not synced any more. The rows of peers whose tables were empty when they met it have not
met what it will hold when it is synced again."""


def new() -> bytes:
    """Return a fresh id of 16 random bytes."""
    return os.urandom(16)


def read(db: apsw.Connection) -> dict[str, dict[bytes, int]]:
    """Return each table's ids, by the table's name on the wire."""
    found: dict[str, dict[bytes, int]] = {}
    if db.table_exists("main", TABLE):
        for name, one, what in db.execute(f"SELECT tbl, id, stands_for FROM main.{TABLE} ORDER BY tbl, id"):
            found.setdefault(name, {})[one] = what
    return found


def meet(ids: Ids, theirs: Dataset) -> dict[bytes, int]:
    """Return a table's ids after its rows have met another side's.

    Args:
        ids: the table's ids so far.
        theirs: the other side's, as its greeting gave them.
    """
    met, new = dict(ids), theirs.older.difference(ids)
    has_rows = any(what >= ROWS for what in ids.values())
    for one, what in ids.items():
        if what == PART and new and one not in theirs.here:
            met[one] = MIXED
        elif what == MIXED and one in theirs.here:
            met[one] = PART
    for one in new:
        met[one] = PART if one in theirs.here or not has_rows else MIXED
    return dict(sorted(met.items())[:MOST])


def set_aside(db: apsw.Connection, name: str) -> None:
    """Forget the ids of a table that has met peers and is not synced any more.

    One thing is kept: that it began empty, like some of those it met. Their rows may not silently win over what is
    written here meanwhile.
    """
    if BEGUN_EMPTY in read(db).get(name, {}):
        record(db, name, _ASIDE)
    else:
        forget(db, [name])


def begun(db: apsw.Connection, name: str, *, empty: bool) -> None:
    """Give a table that just became syncable an id, if it can be known by now: if it is empty, or was synced before
    (``set_aside``). One that was synced before and still has other ids keeps these."""
    ids = read(db).get(name, {})
    if empty and ids in ({}, _ASIDE):
        record(db, name, {BEGUN_EMPTY: NO_ROWS})
    elif ids == _ASIDE:
        record(db, name, {new(): ROWS, **_ASIDE})


def record(db: apsw.Connection, name: str, ids: Ids) -> None:
    """Replace the ids of a table, in the caller's transaction."""
    db.execute(
        f"CREATE TABLE IF NOT EXISTS main.{TABLE} (tbl TEXT NOT NULL, id BLOB NOT NULL, stands_for INTEGER NOT NULL,"
        " PRIMARY KEY (tbl, id)) WITHOUT ROWID"
    )
    db.execute(f"DELETE FROM main.{TABLE} WHERE tbl = ?", (name,))
    db.executemany(f"INSERT INTO main.{TABLE} VALUES (?, ?, ?)", [(name, *one) for one in ids.items()])


def complete(db: apsw.Connection, arrived: Iterable[tuple[str, Collection[bytes]]]) -> None:
    """Record that all rows that these ids stand for have arrived.

    Args:
        arrived: tables by name, each with ids of its.
    """
    for name, ids in arrived:
        sql = f"UPDATE main.{TABLE} SET stands_for = ? WHERE tbl = ? AND id = ? AND stands_for = ?"
        db.executemany(sql, [(ROWS, name, one, PART) for one in ids])


def given(db: apsw.Connection) -> set[str]:
    """Return the names of the tables that ``GIVEN`` lists."""
    if not db.table_exists("main", GIVEN):
        return set()
    return {name for (name,) in db.execute(f"SELECT tbl FROM main.{GIVEN}")}


def give(db: apsw.Connection, names: Iterable[str]) -> None:
    """Note that peers are about to be told of rows of these tables."""
    db.execute(f"CREATE TABLE IF NOT EXISTS main.{GIVEN} (tbl TEXT PRIMARY KEY NOT NULL) WITHOUT ROWID")
    db.executemany(f"INSERT OR IGNORE INTO main.{GIVEN} VALUES (?)", [(name,) for name in names])


def take_back(db: apsw.Connection, names: Iterable[str]) -> None:
    """Note that these tables have no more rows that peers were told of."""
    if db.table_exists("main", GIVEN):
        db.executemany(f"DELETE FROM main.{GIVEN} WHERE tbl = ?", [(name,) for name in names])


def rename(db: apsw.Connection, before: str, name: str) -> None:
    """Move the ids of a renamed table to its new name, in the caller's transaction; its rows are the same."""
    ids = read(db)
    if before in ids:
        record(db, name, dict(sorted((ids.get(name, {}) | ids[before]).items())[:MOST]))
        forget(db, (before,))
    if before in given(db):
        give(db, (name,))


def forget(db: apsw.Connection, names: Iterable[str]) -> None:
    """Forget the ids of tables, so that any rows they get later count as rows of their own."""
    if not db.table_exists("main", TABLE):
        return
    db.executemany(f"DELETE FROM main.{TABLE} WHERE tbl = ?", [(name,) for name in names])
    if db.execute(f"SELECT 1 FROM main.{TABLE} LIMIT 1").fetchone() is None:
        db.execute(f"DROP TABLE main.{TABLE}")
