"""How a copied or restored file is noticed: tokens that each side keeps for the other.

A file renews its token for a peer before it sends changes, at most every few seconds; the peer keeps it on its disk
before it takes the changes. A file that was set back, or a second copy, then shows a token that its peer has seen
replaced; or, if the two are connected at once, one that does not follow what the peer has seen. The old token holds
until the new one is confirmed, so that a crash at any point leaves one that both know.

``crsql_syncline_lineage``  our own token for each peer, and the one that may have replaced it there
``crsql_syncline_seen``     the tokens that each peer has shown us, in order

Both name the id that this file had: a file that is given a new id begins anew.
"""

from __future__ import annotations

import os
from collections.abc import Collection

import apsw

from engine.ids import SiteId

_MINE, _SEEN = "crsql_syncline_lineage", "crsql_syncline_seen"

TOKEN = 16
"""Bytes of a token: half of them random, then the file's db_version when it was made."""

HISTORY = 50
"""Tokens remembered of each peer: more than can be renewed while a slow connection delivers an old one."""


def mine(db: apsw.Connection, own: SiteId | None, peer: SiteId) -> tuple[bytes, ...]:
    """The tokens by which the peer may know us: one, two while a new one is not confirmed, or none yet."""
    if not db.table_exists("main", _MINE):
        return ()
    row = db.execute(f"SELECT current, next FROM main.{_MINE} WHERE own = ? AND peer = ?", (own, peer)).fetchone()
    return tuple(token for token in row or () if token is not None)


def seen(db: apsw.Connection, own: SiteId | None, peer: SiteId) -> tuple[tuple[int, bytes], ...]:
    """What the peer has shown us: (number, token), in order. Numbers rise over all peers of the file."""
    if not db.table_exists("main", _SEEN):
        return ()
    return tuple(db.execute(f"SELECT n, token FROM main.{_SEEN} WHERE own = ? AND peer = ? ORDER BY n", (own, peer)))


def shows_latest(db: apsw.Connection, own: SiteId | None, peer: SiteId, tokens: Collection[bytes]) -> bool:
    """Whether what has shown these tokens is the file that has shown us the latest one with the id of the peer, as far
    as there is any. If not, two files have that id, or the same one is connected twice."""
    if not db.table_exists("main", _SEEN):
        return True
    sql = f"SELECT token FROM main.{_SEEN} WHERE own = ? AND peer = ? ORDER BY n DESC LIMIT 1"
    latest = db.execute(sql, (own, peer)).get
    return latest is None or latest in tokens


def mark(db: apsw.Connection) -> int:
    """The highest number there is now."""
    if not db.table_exists("main", _SEEN):
        return 0
    number: int = db.execute(f"SELECT ifnull(max(n), 0) FROM main.{_SEEN}").get
    return number


def made_at(token: bytes) -> int:
    """The db_version of the file when it made this token: whatever holds the token, holds its history so far."""
    return int.from_bytes(token[TOKEN // 2 :])


def renew(db: apsw.Connection, own: SiteId | None, peer: SiteId, confirmed: bytes | None, version: int) -> None:
    """Make a new token, unless there is one that is not known to have arrived. Runs in the caller's transaction.

    Args:
        confirmed: the latest token of which the peer said that it is on its disk.
        version: the file's db_version.
    """
    db.execute(
        f"CREATE TABLE IF NOT EXISTS main.{_MINE} (own BLOB NOT NULL, peer BLOB NOT NULL, current BLOB, next BLOB,"
        " PRIMARY KEY (own, peer)) WITHOUT ROWID"
    )
    row = db.execute(f"SELECT current, next FROM main.{_MINE} WHERE own = ? AND peer = ?", (own, peer)).fetchone()
    current, following = row if row is not None else (None, None)
    if following is not None and following != confirmed:
        return
    new = os.urandom(TOKEN // 2) + version.to_bytes(TOKEN // 2)
    db.execute(f"INSERT OR REPLACE INTO main.{_MINE} VALUES (?, ?, ?, ?)", (own, peer, following or current, new))


def keep(db: apsw.Connection, own: SiteId | None, peer: SiteId, token: bytes, after: Collection[bytes] | None) -> bool:
    """Keep a token that the peer shows from now on. One that it has shown before is no news, however late it comes.

    Args:
        after: what this very file has shown; a new token must follow one of these. None: it need not.

    Returns:
        False when it follows none: another file with the same id has gone on from there. Nothing was kept then.
    """
    db.execute(
        f"CREATE TABLE IF NOT EXISTS main.{_SEEN} (n INTEGER PRIMARY KEY, own BLOB NOT NULL, peer BLOB NOT NULL,"
        " token BLOB NOT NULL, UNIQUE (own, peer, token))"
    )
    kept = [before for _, before in seen(db, own, peer)]
    if token in kept:
        return True
    if kept and after is not None and kept[-1] not in after:
        return False
    db.execute(f"INSERT INTO main.{_SEEN} (own, peer, token) VALUES (?, ?, ?)", (own, peer, token))
    db.execute(
        f"DELETE FROM main.{_SEEN} WHERE own = ?1 AND peer = ?2 AND n <= (SELECT n FROM main.{_SEEN}"
        " WHERE own = ?1 AND peer = ?2 ORDER BY n DESC LIMIT 1 OFFSET ?3)",
        (own, peer, HISTORY),
    )
    return True
