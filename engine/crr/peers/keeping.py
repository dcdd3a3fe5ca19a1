"""What is kept for each peer beside its clocks, in tables of our own: they are made with the first row for them.

``crsql_syncline_tables``  which tables a received clock covers. A table that is not among them is asked for from 0.
``crsql_syncline_ranges``  how far a range is held that was cut in the middle; or, with nothing held yet and ``resend``,
a wish to have one without filters. Only what comes without filters ends such a wish.

The tokens of ``lineage`` belong to it as well.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import apsw

from engine.change import MAX_VERSION
from engine.crr.catalogue import CLOCK, Catalogue
from engine.crr.peers import lineage, tracked
from engine.crr.results import Known, Place, Received
from engine.crr.sql import main
from engine.errors import FileReplaced, InvalidChange

_TABLES = "crsql_syncline_tables"
_RANGES = "crsql_syncline_ranges"
_LAYOUT = {
    _TABLES: "site_id BLOB PRIMARY KEY NOT NULL, tables TEXT NOT NULL",
    _RANGES: (
        "site_id BLOB PRIMARY KEY NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,"
        " token BLOB NOT NULL, resend INTEGER NOT NULL"
    ),
}


def known(db: apsw.Connection, own: bytes | None, site_id: bytes, catalogue: Catalogue) -> Known:
    """What the file knows of a peer. Creates nothing."""
    received, sent = tracked.clocks(db, site_id)
    covered = _read(db, _TABLES, "tables", site_id)
    names = json.loads(covered[0]) if covered is not None else []
    # A table without any clock row holds nothing, whatever was recorded: it may have been dropped and made again.
    tables = tuple(name for name in names if name in catalogue.synced and _holds_anything(db, name))
    row = _read(db, _RANGES, "since, until, token, resend", site_id)
    place = None
    if row is not None:
        since, until, token, resend = row
        held = received or 0
        if since <= held and (resend or held < until) and until < MAX_VERSION:
            place = Place(site_id, since, until, token, bool(resend))
        elif resend:  # the clock was dropped meanwhile, or the range ends where no clock may be any more
            place = Place(site_id, held, 0, b"", resend=True)
    return Known(received or 0, sent, tables, place, lineage.mine(db, own, site_id), lineage.seen(db, own, site_id))


def record_received(db: apsw.Connection, received: Received) -> None:
    """Record what a clock covers, in the transaction that records the clock; a cut range is done with it.

    Raises:
        FileReplaced: a table that the merge takes for covered is so no longer.
    """
    if received.tables is None:
        return
    covered = _read(db, _TABLES, "tables", received.site_id)
    anew = set(received.covered).difference(json.loads(covered[0]) if covered is not None else ())
    if anew:
        raise FileReplaced(
            f"The table “{min(anew)}” was made anew meanwhile.", hint="Syncline asks for all of it once more."
        )
    if db.table_exists("main", _RANGES):
        fulfilled = (received.site_id, received.resend)
        db.execute(f"DELETE FROM main.{_RANGES} WHERE site_id = ? AND resend <= ?", fulfilled)
    tables = json.dumps(received.tables)
    if covered != (tables,):
        if covered is not None and not set(json.loads(covered[0])).issubset(received.tables):
            _forget_place(db, received.site_id)
        _write(db, _TABLES, (received.site_id, tables))


def forget_table(db: apsw.Connection, name: str) -> None:
    """A table starts anew: no clock covers it any more, and every peer is asked for all of it. That of a published
    peer covers all tables or none."""
    published = "true"
    if db.table_exists("main", _TABLES):
        published = f"site_id NOT IN (SELECT site_id FROM main.{_TABLES})"
        covered: list[tuple[Any, ...]] = db.execute(f"SELECT site_id, tables FROM main.{_TABLES}").fetchall()
        for site_id, tables in covered:
            kept = [table for table in json.loads(tables) if table.lower() != name.lower()]
            db.execute(f"UPDATE main.{_TABLES} SET tables = ? WHERE site_id = ?", (json.dumps(kept), site_id))
    tracked.forget_received(db, published)


def uncover(db: apsw.Connection, site_id: bytes, names: Collection[str]) -> None:
    """No clock of this peer covers these tables any more: they are parked on one of the two sides. A range that was cut
    begins anew with it, for it may have been one of theirs."""
    covered = _read(db, _TABLES, "tables", site_id)
    held = json.loads(covered[0]) if covered is not None else []
    kept = [name for name in held if name not in names]
    if kept != held:
        _write(db, _TABLES, (site_id, json.dumps(kept)))
        _forget_place(db, site_id)


def covers_any(db: apsw.Connection, site_id: bytes, names: Collection[str]) -> bool:
    """Whether there is anything for ``uncover`` to do."""
    covered = _read(db, _TABLES, "tables", site_id)
    return covered is not None and not set(names).isdisjoint(json.loads(covered[0]))


def record_place(db: apsw.Connection, own: bytes | None, place: Place) -> None:
    """Record how far a range is held, in the transaction that persists it that far.

    Raises:
        InvalidChange: the id is not 16 bytes or is our own.
        FileReplaced: the recorded clock is below the one that the range continues.
    """
    if len(place.site_id) != 16 or place.site_id == own:
        raise InvalidChange("The peer's site id is not 16 bytes long, or it is that of this file.")
    if place.since and (tracked.clocks(db, place.site_id)[0] or 0) < place.since:
        raise FileReplaced(
            "The file's clock of a peer went back: it was replaced or restored meanwhile.",
            hint="Syncline goes on from what the file holds now.",
        )
    wished = _read(db, _RANGES, "since", place.site_id, "AND resend") is not None
    if place.resend or not wished:
        _write(db, _RANGES, (place.site_id, place.since, place.until, place.token, int(place.resend)))


def record_wish(db: apsw.Connection, site_id: bytes, since: int) -> None:
    """Record that the peer's history above ``since`` is to come once more, without filters, from its beginning.

    A wish that reaches further back stays as far-reaching.
    """
    older = _read(db, _RANGES, "since", site_id, "AND resend")
    if older is not None:
        since = min(since, older[0])
    _write(db, _RANGES, (site_id, since, 0, b"", 1))


def _forget_place(db: apsw.Connection, site_id: bytes) -> None:
    """A cut range begins anew; that it goes without filters stays wished for."""
    if db.table_exists("main", _RANGES):
        db.execute(f"DELETE FROM main.{_RANGES} WHERE site_id = ? AND NOT resend", (site_id,))
        db.execute(f"UPDATE main.{_RANGES} SET until = 0, token = x'' WHERE site_id = ?", (site_id,))


def _holds_anything(db: apsw.Connection, table: str) -> bool:
    return db.execute(f"SELECT 1 FROM {main(table + CLOCK)} LIMIT 1").fetchone() is not None


def _read(db: apsw.Connection, table: str, columns: str, site_id: bytes, also: str = "") -> tuple[Any, ...] | None:
    if not db.table_exists("main", table):
        return None
    row: tuple[Any, ...] | None = db.execute(
        f"SELECT {columns} FROM main.{table} WHERE site_id = ? {also}", (site_id,)
    ).fetchone()
    return row


def _write(db: apsw.Connection, table: str, values: tuple[apsw.SQLiteValue, ...]) -> None:
    db.execute(f"CREATE TABLE IF NOT EXISTS main.{table} ({_LAYOUT[table]}) WITHOUT ROWID")
    db.execute(f"INSERT OR REPLACE INTO main.{table} VALUES ({', '.join('?' * len(values))})", values)
