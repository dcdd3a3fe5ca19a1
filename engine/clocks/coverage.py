"""What is kept for each peer beside its clocks, in tables of our own: they are made with the first row for them.

``crsql_syncline_tables``  which tables a received clock covers. A table that is not among them is asked for from 0.
``crsql_syncline_ranges``  how far a range is held that was cut in the middle; or, with nothing held yet and ``resend``,
a wish to have one without filters. Only what comes without filters ends such a wish.

Both name the marks of the tables that they rest on (``marks``), and hold while these tables are what they were.

The tokens of ``lineage`` belong to it as well.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import apsw

from engine.change import MAX_VERSION
from engine.clocks import lineage, table_marks, tracked
from engine.errors import FileReplaced, InvalidChange
from engine.ids import SiteId
from engine.tables.introspect import column_names
from engine.tables.types import Known, Place, Received, SyncedTables
from engine.text import t

_TABLES = "crsql_syncline_tables"
_RANGES = "crsql_syncline_ranges"
_LAYOUT = {
    _TABLES: "site_id BLOB PRIMARY KEY NOT NULL, tables TEXT NOT NULL",
    _RANGES: (
        "site_id BLOB PRIMARY KEY NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,"
        " token BLOB NOT NULL, resend INTEGER NOT NULL, marks TEXT NOT NULL DEFAULT '{}'"
    ),
}


def known(db: apsw.Connection, own: SiteId | None, site_id: SiteId, catalogue: SyncedTables) -> Known:
    """What the file knows of a peer. Creates nothing."""
    received, sent = tracked.clocks(db, site_id)
    now = catalogue.marks
    covered = _covered(db, site_id).items()
    tables = tuple(name for name, mark in covered if name in catalogue.synced and now.get(name) == mark)
    row = _read(db, _RANGES, "*", site_id)
    place = None
    if row is not None:
        _, since, until, token, resend, *rests_on = row
        held = received or 0
        whole = bool(rests_on) and json.loads(rests_on[0]).items() <= now.items()
        if whole and since <= held and (resend or held < until) and until < MAX_VERSION:
            place = Place(site_id, since, until, token, bool(resend))
        elif resend:  # the clock was dropped, a table was made anew, or the range ends where no clock may be any more
            place = Place(site_id, min(since, held), 0, b"", resend=True)
    tokens = lineage.mine(db, own, site_id), lineage.seen(db, own, site_id)
    return Known(received or 0, sent, tables, place, *tokens, tuple(now.items()), table_marks.forgetful(db))


def record_received(db: apsw.Connection, received: Received, catalogue: SyncedTables) -> None:
    """Record what a clock covers, in the transaction that records the clock; a cut range is done with it.

    Raises:
        FileReplaced: a table that the merge rests on was made anew.
    """
    if received.tables is None:
        return
    covered = _covered(db, received.site_id)
    table_marks.check(catalogue, received.marks)
    table_marks.check_covered(covered, received.covered)
    if db.table_exists("main", _RANGES):
        fulfilled = (received.site_id, received.resend, received.since)
        db.execute(f"DELETE FROM main.{_RANGES} WHERE site_id = ? AND (NOT resend OR ? AND since >= ?)", fulfilled)
    tables = {name: catalogue.marks[name] for name in received.tables if name in catalogue.marks}
    if covered != tables:
        if not covered.keys() <= tables.keys():
            _forget_place(db, received.site_id)
        _write(db, _TABLES, (received.site_id, json.dumps(tables)))


def forget_table(db: apsw.Connection, name: str) -> None:
    """A table starts anew: no clock covers it any more, and every peer is asked for all of it. That of a published
    peer covers all tables or none. No cut range goes on: what was held of it may have gone with the table. One that is
    wished for without filters is wished for from its beginning."""
    table_marks.drop(db, name)
    _forget_place(db)
    published = "true"
    if db.table_exists("main", _TABLES):
        published = f"site_id NOT IN (SELECT site_id FROM main.{_TABLES})"
    tracked.forget_received(db, published)


def uncover(db: apsw.Connection, site_id: SiteId, names: Collection[str]) -> None:
    """No clock of this peer covers these tables any more: they are parked on one of the two sides. A range that was cut
    begins anew with it, for it may have been one of theirs."""
    held = _covered(db, site_id)
    kept = {name: mark for name, mark in held.items() if name not in names}
    if kept != held:
        _write(db, _TABLES, (site_id, json.dumps(kept)))
        _forget_place(db, site_id)


def covers_any(db: apsw.Connection, site_id: SiteId, names: Collection[str]) -> bool:
    """Whether there is anything for ``uncover`` to do."""
    return not _covered(db, site_id).keys().isdisjoint(names)


def record_place(db: apsw.Connection, own: SiteId | None, place: Place, catalogue: SyncedTables) -> None:
    """Record how far a range is held, in the transaction that persists it that far.

    Raises:
        InvalidChange: the id is not 16 bytes or is our own.
        FileReplaced: the recorded clock is below the one that the range continues, or a table that the range rests on
            was made anew.
    """
    if len(place.site_id) != 16 or place.site_id == own:
        raise InvalidChange(t("The peer's site id is not 16 bytes long, or is that of this file."))
    if place.since and (tracked.clocks(db, place.site_id)[0] or 0) < place.since:
        raise FileReplaced(
            t("The file's clock for a peer went backwards: the file was replaced or restored in the meantime."),
            hint=t("Syncline continues from what the file holds now."),
        )
    table_marks.check(catalogue, place.marks)
    wished = _read(db, _RANGES, "since", place.site_id, "AND resend")
    if wished is None or (place.resend and place.since <= wished[0]):
        rests_on = json.dumps(dict(place.marks))
        _write(db, _RANGES, (place.site_id, place.since, place.until, place.token, int(place.resend), rests_on))


def record_wish(db: apsw.Connection, site_id: SiteId, since: int) -> None:
    """Record that the peer's history above ``since`` is to come once more, without filters, from its beginning.

    A wish that reaches further back stays as far-reaching.
    """
    older = _read(db, _RANGES, "since", site_id, "AND resend")
    if older is not None:
        since = min(since, older[0])
    _write(db, _RANGES, (site_id, since, 0, b"", 1, "{}"))


def _forget_place(db: apsw.Connection, site_id: SiteId | None = None) -> None:
    """A cut range begins anew, by default those of all peers; that it goes without filters stays wished for."""
    if db.table_exists("main", _RANGES):
        of = "?1 IS NULL" if site_id is None else "site_id = ?1"
        db.execute(f"DELETE FROM main.{_RANGES} WHERE {of} AND NOT resend", (site_id,))
        db.execute(f"UPDATE main.{_RANGES} SET until = 0, token = x'' WHERE {of}", (site_id,))


def _covered(db: apsw.Connection, site_id: SiteId) -> dict[str, str]:
    """The tables that the clock of a peer was recorded for, and the mark that each had."""
    row = _read(db, _TABLES, "tables", site_id)
    found = json.loads(row[0]) if row is not None else {}
    return found if isinstance(found, dict) else {}  # a list was written before tables had marks


def _read(db: apsw.Connection, table: str, columns: str, site_id: SiteId, also: str = "") -> tuple[Any, ...] | None:
    if not db.table_exists("main", table):
        return None
    row: tuple[Any, ...] | None = db.execute(
        f"SELECT {columns} FROM main.{table} WHERE site_id = ? {also}", (site_id,)
    ).fetchone()
    return row


def _write(db: apsw.Connection, table: str, values: tuple[apsw.SQLiteValue, ...]) -> None:
    db.execute(f"CREATE TABLE IF NOT EXISTS main.{table} ({_LAYOUT[table]}) WITHOUT ROWID")
    if len(column_names(db, table)) < len(values):  # made before places had marks
        db.execute(f"ALTER TABLE main.{table} ADD COLUMN marks TEXT NOT NULL DEFAULT '{{}}'")
    db.execute(f"INSERT OR REPLACE INTO main.{table} VALUES ({', '.join('?' * len(values))})", values)
