"""What the file keeps for each peer beside its clocks. Our own tables, created with the first row that goes into them:

``crsql_syncline_tables``  the tables that a received clock covers, and the columns of each. All other tables are
requested from version 0.
``crsql_syncline_ranges``  how much of an interrupted range is held. With ``resend`` set and nothing held yet, it is a
wish for a range without filters, which only a range without filters fulfils.

Both name the marks and columns of the tables that they rest on, and are valid only while these are unchanged.

The tokens of ``lineage`` belong here too.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

import apsw

from engine.change import MAX_VERSION
from engine.clocks import datasets, lineage, table_marks, tracked
from engine.errors import FileReplaced, InvalidChange
from engine.ids import SiteId
from engine.tables.introspect import column_names
from engine.tables.types import Basis, Known, MarkedTables, Place, Received
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


def known(db: apsw.Connection, own: SiteId | None, site_id: SiteId, catalogue: MarkedTables) -> Known:
    """Return what the file knows of a peer: clocks, coverage, place and tokens. Writes nothing.

    Args:
        own: the file's own site id.
        site_id: the peer's.
        catalogue: the file's tables as they are now; whatever rests on an earlier state of one is left out.
    """
    received, sent = tracked.clocks(db, site_id)
    now = catalogue.bases
    covered = tuple(
        (name, Basis(one.mark, one.slots & now[name].slots))
        for name, one in _covered(db, site_id, now).items()
        if name in now and one.mark == now[name].mark
    )
    row = _read(db, _RANGES, "*", site_id)
    place = None
    if row is not None:
        _, since, until, token, resend, *rests_on = row
        held = received or 0
        bases = _bases(rests_on[0] if rests_on else "", {})
        whole = bool(rests_on) and all(one.stands_in(now.get(name)) for name, one in bases.items())
        if whole and since <= held and (resend or held < until) and until < MAX_VERSION:
            place = Place(site_id, since, until, token, bool(resend), tuple(bases.items()))
        elif resend:  # the clock was dropped, a table was recreated, or the range ends where no clock may be any more
            place = Place(site_id, min(since, held), 0, b"", resend=True)
    tokens = lineage.mine(db, own, site_id), lineage.seen(db, own, site_id)
    return Known(received or 0, sent, covered, place, *tokens, tuple(now.items()), table_marks.forgetful(db))


def record_received(db: apsw.Connection, received: Received, catalogue: MarkedTables) -> None:
    """Record what a clock covers, in the transaction that records the clock, and finish the range that it ends.

    Does nothing for a merge that names no tables (the published dialect), or if another session has come further.

    Raises:
        FileReplaced: a table that the merge rests on was recreated.
    """
    if received.tables is None:
        return
    now = catalogue.bases
    covered = _covered(db, received.site_id, now)
    table_marks.check(now, received.bases)
    table_marks.check(covered, received.covered)
    if received.version < (tracked.clocks(db, received.site_id)[0] or 0):
        return  # another session has come further, and what it covers is recorded
    if _there(db, _RANGES):
        fulfilled = (received.site_id, received.resend, received.since)
        db.execute(f"DELETE FROM main.{_RANGES} WHERE site_id = ? AND (NOT resend OR ? AND since >= ?)", fulfilled)
    bases = {**now, **dict(received.bases)}
    tables = {name: bases[name] for name in received.tables if name in bases}
    if covered != tables:
        if not all(basis.stands_in(tables.get(name)) for name, basis in covered.items()):
            _forget_place(db, received.site_id)
        _write(db, _TABLES, (received.site_id, _spelled(tables)))
    datasets.complete(db, received.arrived)


def forget_table(db: apsw.Connection, name: str) -> None:
    """Take a table that starts over out of what every clock covers, so that every peer is asked for all of it.

    Every interrupted range begins again, as what was held of it may have gone with the table. A wish for a range
    without filters stays, from its beginning.
    """
    table_marks.drop(db, name)
    _forget_place(db)
    _forget_published(db)


def _forget_published(db: apsw.Connection) -> None:
    """Set the clocks of all published peers to 0: such a clock covers all tables and columns, or none."""
    published = f"site_id NOT IN (SELECT site_id FROM main.{_TABLES})" if _there(db, _TABLES) else "true"
    tracked.forget_received(db, published)


def forget_columns(
    db: apsw.Connection,
    name: str,
    slots: Mapping[str, int],
    gone: Collection[str],
    *,
    renewed: str = "",
    borne: str = "",
) -> None:
    """Take dropped columns out of what every clock covers, so that they are requested from the start if they come back.

    What was written to them is lost, here and elsewhere. As in ``forget_table``, every interrupted range begins again.

    Args:
        name: the table.
        slots: the slots of all columns that it had.
        gone: the columns that were dropped.
        renewed: the table's new mark, if slots cannot tell a column from an earlier one of its name; sessions that rest
            on the old mark begin again.
        borne: the mark that the table had until now. Coverage that rests on an earlier one is dropped: the table was
            recreated, and nobody has noticed yet.
    """
    _renumber(db, name, slots, {column: slot for column, slot in slots.items() if column not in gone}, renewed, borne)
    table_marks.note_loss(db, name)
    _forget_place(db)
    _forget_published(db)


def keep_columns(db: apsw.Connection, name: str, slots: Mapping[str, int], now: Mapping[str, int]) -> None:
    """Carry over what clocks cover of a table that has become one of another kind.

    Args:
        slots: the slots of its columns until now.
        now: the slots of the same columns from now on.
    """
    _renumber(db, name, slots, now)
    _forget_place(db)


def _renumber(
    db: apsw.Connection,
    name: str,
    slots: Mapping[str, int],
    now: Mapping[str, int],
    renewed: str = "",
    borne: str = "",
) -> None:
    for site_id, text in db.execute(f"SELECT * FROM main.{_TABLES}").fetchall() if _there(db, _TABLES) else ():
        covered = _loaded(str(text))
        if name in covered:
            what = covered[name]
            mark, held = (what, slots) if isinstance(what, str) else what
            kept = {column: now[column] for column, slot in held.items() if column in now and slots.get(column) == slot}
            if renewed and mark != borne:
                del covered[name]
            else:
                covered[name] = renewed or mark, kept
            _write(db, _TABLES, (site_id, json.dumps(covered)))


def uncover(db: apsw.Connection, site_id: SiteId, names: Collection[str]) -> None:
    """Take tables out of what a peer's clock covers, because they are parked on one of the two sides.

    If any was covered, an interrupted range begins again: it may have carried changes of these tables.
    """
    row = _read(db, _TABLES, "tables", site_id)
    held = _loaded(row[0]) if row is not None else {}
    kept = {name: what for name, what in held.items() if name not in names}
    if kept != held:
        _write(db, _TABLES, (site_id, json.dumps(kept)))
        _forget_place(db, site_id)


def covers_any(db: apsw.Connection, site_id: SiteId, names: Collection[str]) -> bool:
    """Return whether a peer's clock covers any of these tables, so that ``uncover`` has something to do."""
    row = _read(db, _TABLES, "tables", site_id)
    return row is not None and not _loaded(row[0]).keys().isdisjoint(names)


def is_covered(db: apsw.Connection, name: str) -> bool:
    """Return whether any peer's clock covers this table."""
    if not _there(db, _TABLES):
        return False
    return any(name in json.loads(tables) for (tables,) in db.execute(f"SELECT tables FROM main.{_TABLES}"))


def record_place(db: apsw.Connection, own: SiteId | None, place: Place, catalogue: MarkedTables) -> None:
    """Record how much of a range is held, in the transaction that makes that much of it durable.

    A place in a filtered range does not replace a wish for one without filters.

    Raises:
        InvalidChange: the id is not 16 bytes long, or is our own.
        FileReplaced: the recorded clock is below the one that the range continues, or a table that the range rests on
            was recreated.
    """
    if len(place.site_id) != 16 or place.site_id == own:
        raise InvalidChange(t("The peer's site id is not 16 bytes long, or is that of this file."))
    if place.since and (tracked.clocks(db, place.site_id)[0] or 0) < place.since:
        raise FileReplaced(
            t("The file's clock for a peer went backwards: the file was replaced or restored in the meantime."),
            hint=t("Syncline continues from what the file holds now."),
        )
    table_marks.check(catalogue.bases, place.bases)
    wished = _read(db, _RANGES, "since", place.site_id, "AND resend")
    if wished is None or (place.resend and place.since <= wished[0]):
        rests_on = _spelled(dict(place.bases))
        _write(db, _RANGES, (place.site_id, place.since, place.until, place.token, int(place.resend), rests_on))


def record_wish(db: apsw.Connection, site_id: SiteId, since: int) -> None:
    """Record that the peer's history above ``since`` is wanted once more, from its beginning and without filters.

    An earlier wish that reaches further back keeps its reach.
    """
    older = _read(db, _RANGES, "since", site_id, "AND resend")
    if older is not None:
        since = min(since, older[0])
    _write(db, _RANGES, (site_id, since, 0, b"", 1, "{}"))


def _forget_place(db: apsw.Connection, site_id: SiteId | None = None) -> None:
    """Make an interrupted range begin again: that of one peer, or by default those of all. Wishes stay."""
    if _there(db, _RANGES):
        of = "?1 IS NULL" if site_id is None else "site_id = ?1"
        db.execute(f"DELETE FROM main.{_RANGES} WHERE {of} AND NOT resend", (site_id,))
        db.execute(f"UPDATE main.{_RANGES} SET until = 0, token = x'' WHERE {of}", (site_id,))


def _covered(db: apsw.Connection, site_id: SiteId, now: Mapping[str, Basis]) -> dict[str, Basis]:
    """Return what a peer's clock was recorded as covering; ``now``: the tables as they are."""
    row = _read(db, _TABLES, "tables", site_id)
    return _bases(row[0], now) if row is not None else {}


def _bases(text: str, now: Mapping[str, Basis]) -> dict[str, Basis]:
    """Read what ``_spelled`` wrote.

    A mark alone dates from when tables were synced only if both sides had the same columns: it stands for all of them.
    """
    return {
        name: Basis(what, now[name].slots if name in now else frozenset()) if isinstance(what, str) else what
        for name, what in _parsed(text).items()
    }


@lru_cache(maxsize=64)
def _parsed(text: str) -> Mapping[str, Basis | str]:
    """Parse the stored JSON; cached, as every look at a clock needs it and it hardly ever changes."""
    return {
        name: what if isinstance(what, str) else Basis(what[0], frozenset(what[1].items()))
        for name, what in _loaded(text).items()
    }


def _spelled(bases: Mapping[str, Basis]) -> str:
    """Return the JSON of tables, each with its mark and its columns' slots."""
    return json.dumps({name: [basis.mark, dict(sorted(basis.slots))] for name, basis in bases.items()})


def _loaded(text: str) -> dict[str, Any]:
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}  # a list was written before tables had marks


def _there(db: apsw.Connection, table: str) -> bool:
    return db.table_exists("main", table)


def _read(db: apsw.Connection, table: str, columns: str, site_id: SiteId, also: str = "") -> tuple[Any, ...] | None:
    if not _there(db, table):
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
