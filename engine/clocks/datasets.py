"""Which rows belong together: the dataset ids of each synced table (``crsql_syncline_datasets``).

Two tables whose rows were written apart have no id in common. Before anything of them is merged for the first time, it
is settled how they are joined; from then on both sides have the ids of both. A table that was empty when it became
syncable has no rows that are older than that: it takes over the other's, whatever was written to it since.

``stands_for`` says of an id what it stood for when it came into the file. A table that has only begun to take over
another's rows is not empty any more, though none may be there.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping

import apsw

from engine.table_shape import BEGUN_EMPTY, Dataset

TABLE = "crsql_syncline_datasets"

GIVEN = "crsql_syncline_given"
"""The tables of whose rows peers have been told by names that only this file can have given them."""

MOST = 16
"""Ids that are kept of a table, the smallest ones: so all who have met keep the same."""

NO_ROWS, PART, MIXED, ROWS, OLD_ROWS = range(5)
"""What an id stands for. Of another side's rows only a part may be here, until its clock covers them; of a mixed part,
the rest has not met all that came from elsewhere meanwhile. Old rows have met peers before tables had ids: those whose
clock covers them."""

Ids = Mapping[bytes, int]
"""Ids, and what each stands for."""

_ASIDE: Ids = {BEGUN_EMPTY: MIXED}
"""Of a table that is not synced any more: what others have, whose tables were empty when it met them, has not met what
it will hold by the time when it is synced again."""


def new() -> bytes:
    """An id that nobody else has."""
    return os.urandom(16)


def read(db: apsw.Connection) -> dict[str, dict[bytes, int]]:
    """The ids of each table, by its wire name."""
    found: dict[str, dict[bytes, int]] = {}
    if db.table_exists("main", TABLE):
        for name, one, what in db.execute(f"SELECT tbl, id, stands_for FROM main.{TABLE} ORDER BY tbl, id"):
            found.setdefault(name, {})[one] = what
    return found


def meet(ids: Ids, theirs: Dataset) -> dict[bytes, int]:
    """The ids that a table has when its rows have met another side's."""
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
    """Forget the ids of a table that has met peers and is not synced any more; but that it had met those who began
    empty, as it had itself, is kept: what they have may not win unasked over what is written meanwhile."""
    if BEGUN_EMPTY in read(db).get(name, {}):
        record(db, name, _ASIDE)
    else:
        forget(db, [name])


def begun(db: apsw.Connection, name: str, *, empty: bool) -> None:
    """Give a table that was just made syncable an id, where that is known by now: if it is empty, or was synced before
    (``set_aside``). Another one that was synced before keeps those that it has."""
    ids = read(db).get(name, {})
    if empty and ids in ({}, _ASIDE):
        record(db, name, {BEGUN_EMPTY: NO_ROWS})
    elif ids == _ASIDE:
        record(db, name, {new(): ROWS, **_ASIDE})


def record(db: apsw.Connection, name: str, ids: Ids) -> None:
    """Keep these ids of a table, and no others, in the caller's transaction."""
    db.execute(
        f"CREATE TABLE IF NOT EXISTS main.{TABLE} (tbl TEXT NOT NULL, id BLOB NOT NULL, stands_for INTEGER NOT NULL,"
        " PRIMARY KEY (tbl, id)) WITHOUT ROWID"
    )
    db.execute(f"DELETE FROM main.{TABLE} WHERE tbl = ?", (name,))
    db.executemany(f"INSERT INTO main.{TABLE} VALUES (?, ?, ?)", [(name, *one) for one in ids.items()])


def complete(db: apsw.Connection, arrived: Iterable[tuple[str, Collection[bytes]]]) -> None:
    """All rows that these ids of tables stand for are here."""
    for name, ids in arrived:
        sql = f"UPDATE main.{TABLE} SET stands_for = ? WHERE tbl = ? AND id = ? AND stands_for = ?"
        db.executemany(sql, [(ROWS, name, one, PART) for one in ids])


def given(db: apsw.Connection) -> set[str]:
    """The tables in ``GIVEN``."""
    if not db.table_exists("main", GIVEN):
        return set()
    return {name for (name,) in db.execute(f"SELECT tbl FROM main.{GIVEN}")}


def give(db: apsw.Connection, names: Iterable[str]) -> None:
    """Peers are about to be told of rows of these tables."""
    db.execute(f"CREATE TABLE IF NOT EXISTS main.{GIVEN} (tbl TEXT PRIMARY KEY NOT NULL) WITHOUT ROWID")
    db.executemany(f"INSERT OR IGNORE INTO main.{GIVEN} VALUES (?)", [(name,) for name in names])


def take_back(db: apsw.Connection, names: Iterable[str]) -> None:
    """These tables have no rows any more of which peers were told."""
    if db.table_exists("main", GIVEN):
        db.executemany(f"DELETE FROM main.{GIVEN} WHERE tbl = ?", [(name,) for name in names])


def rename(db: apsw.Connection, before: str, name: str) -> None:
    """A table has another name, and its rows are the same; in the caller's transaction."""
    ids = read(db)
    if before in ids:
        record(db, name, dict(sorted((ids.get(name, {}) | ids[before]).items())[:MOST]))
        forget(db, (before,))
    if before in given(db):
        give(db, (name,))


def forget(db: apsw.Connection, names: Iterable[str]) -> None:
    """Forget the ids of tables: whatever rows they get belong to nobody else's."""
    if not db.table_exists("main", TABLE):
        return
    db.executemany(f"DELETE FROM main.{TABLE} WHERE tbl = ?", [(name,) for name in names])
    if db.execute(f"SELECT 1 FROM main.{TABLE} LIMIT 1").fetchone() is None:
        db.execute(f"DROP TABLE main.{TABLE}")
