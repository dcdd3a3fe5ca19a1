"""The clocks kept for peers (cr-sqlite.md 9).

Sent clocks may live in a table of our own, as the published client announces every row of ``crsql_tracked_peers``,
whatever its event.
"""

from __future__ import annotations

import apsw

from engine.change import MAX_VERSION
from engine.errors import FileReplaced, InvalidChange
from engine.ids import SiteId
from engine.tables.types import Received, TrackedPeer
from engine.text import t

_RECEIVED, _SENT = 0, 1
_OWN = "crsql_syncline_sent"

LAYOUT = (
    "crsql_tracked_peers (site_id BLOB NOT NULL, version INTEGER NOT NULL, seq INTEGER DEFAULT 0,"
    " tag INTEGER NOT NULL, event INTEGER NOT NULL, PRIMARY KEY (site_id, tag, event))"
)
"""Stock's table; there it is STRICT, so that its key is never NULL."""


def record_received(db: apsw.Connection, own: SiteId | None, received: Received) -> None:
    """Record a received clock, which never goes down. Runs in the merge's transaction.

    Args:
        own: the file's own site id.
        received: the clock, and the one that the merge continues.

    Raises:
        InvalidChange: the id is not 16 bytes long or is our own, or the version is out of range.
        FileReplaced: the recorded clock is below the one that the merge continues: recording would skip a gap.
    """
    if len(received.site_id) != 16:
        raise InvalidChange(t("The peer's site id is not 16 bytes long."))
    if received.site_id == own:
        raise InvalidChange(
            t("The peer has the same site id as this file."),
            hint=t("One is a copy of the other. Give the copy a new site id: syncline new-id."),
        )
    if not 0 <= received.version < MAX_VERSION:
        raise InvalidChange(t("The peer's version is out of range: {version}.", version=received.version))
    recorded = db.execute(
        "SELECT version FROM main.crsql_tracked_peers WHERE site_id = ? AND tag = 0 AND event = ?",
        (received.site_id, _RECEIVED),
    ).get
    if received.since and (recorded is None or recorded < received.since):
        raise FileReplaced(
            t("The file's clock for a peer went backwards: the file was replaced or restored in the meantime."),
            hint=t("Syncline continues from what the file holds now."),
        )
    if recorded is not None and recorded >= received.version:
        return
    db.execute(
        "INSERT INTO main.crsql_tracked_peers (site_id, version, seq, tag, event) VALUES (?, ?, 0, 0, 0)"
        " ON CONFLICT (site_id, tag, event) DO UPDATE SET version = max(version, excluded.version),"
        " seq = CASE WHEN version > excluded.version THEN seq ELSE excluded.seq END",
        (received.site_id, received.version),
    )


def forget_received(db: apsw.Connection, which: str) -> None:
    """Set received clocks back to 0.

    Their rows stay, as a sent clock must not stand alone (``record_sent``).

    Args:
        which: a condition in SQL on the rows of ``crsql_tracked_peers``.
    """
    db.execute(
        f"UPDATE main.crsql_tracked_peers SET version = 0, seq = 0 WHERE tag = 0 AND event = {_RECEIVED} AND {which}"
    )


def record_sent(db: apsw.Connection, site_id: SiteId, version: int) -> None:
    """Record a sent clock, which may go down. Runs in the caller's write transaction.

    It goes into ``crsql_tracked_peers`` only where no published client can mistake it for a received one: after that
    site's received row, and in a file without a ``schema_name``. Otherwise it goes into our own table; never into both.
    """
    shared = (
        db.execute(
            "SELECT 1 FROM main.crsql_tracked_peers WHERE site_id = ? AND tag = 0 AND event = ?",
            (site_id, _RECEIVED),
        ).fetchone()
        is not None
        and db.execute("SELECT 1 FROM main.crsql_master WHERE key = 'schema_name'").fetchone() is None
    )
    if shared:
        db.execute(
            "INSERT OR REPLACE INTO main.crsql_tracked_peers (site_id, version, seq, tag, event)"
            " VALUES (?, ?, 0, 0, ?)",
            (site_id, version, _SENT),
        )
        if db.table_exists("main", _OWN):
            db.execute(f"DELETE FROM main.{_OWN} WHERE site_id = ?", (site_id,))
        return
    db.execute(
        f"CREATE TABLE IF NOT EXISTS main.{_OWN} (site_id BLOB PRIMARY KEY NOT NULL, version INTEGER"
        " NOT NULL) WITHOUT ROWID"
    )
    db.execute(f"INSERT OR REPLACE INTO main.{_OWN} (site_id, version) VALUES (?, ?)", (site_id, version))
    db.execute("DELETE FROM main.crsql_tracked_peers WHERE site_id = ? AND tag = 0 AND event = ?", (site_id, _SENT))


def clocks(db: apsw.Connection, site_id: SiteId) -> tuple[int | None, int | None]:
    """Return the received and the sent clock of one peer, each None if there is none."""
    found: dict[object, int] = {}
    if db.table_exists("main", "crsql_tracked_peers"):
        found = dict(
            db.execute(
                "SELECT event, version FROM main.crsql_tracked_peers WHERE site_id = ? AND tag = 0 AND event IN (0, 1)",
                (site_id,),
            )
        )
    received, sent = found.get(_RECEIVED), found.get(_SENT)
    if db.table_exists("main", _OWN):
        own = db.execute(f"SELECT version FROM main.{_OWN} WHERE site_id = ?", (site_id,)).get
        if isinstance(own, int):
            sent = own if sent is None else min(own, sent)  # as in tracked_peers
    return _capped(received), _capped(sent)


def tracked_peers(db: apsw.Connection) -> list[TrackedPeer]:
    """Return every peer that has a clock of either kind, ordered by site id."""
    received: dict[SiteId, int] = {}
    sent: dict[SiteId, int] = {}
    if db.table_exists("main", "crsql_tracked_peers"):
        for site_id, event, version in db.execute(
            "SELECT site_id, event, version FROM main.crsql_tracked_peers WHERE tag = 0 AND event IN (0, 1)"
        ):
            (received if event == _RECEIVED else sent)[site_id] = version
    if db.table_exists("main", _OWN):
        for site_id, version in db.execute(f"SELECT site_id, version FROM main.{_OWN}"):
            # Both at once is nothing we write; then the lower one sends more, and that is never wrong.
            sent[site_id] = min(version, sent.get(site_id, version))
    sites = sorted(received.keys() | sent.keys())
    return [TrackedPeer(site, _capped(received.get(site)), _capped(sent.get(site))) for site in sites]


def _capped(version: int | None) -> int | None:
    """Lower a clock that dates from when peers took higher ones: a lower clock is never wrong."""
    return version if version is None else min(version, MAX_VERSION - 1)
