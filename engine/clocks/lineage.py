"""How a copied or restored file is noticed: by tokens that each side keeps for the other.

A file renews its token for a peer before it sends changes, at most every few seconds; the peer stores the token before
it takes the changes. A file that was set back, or a second copy, then shows a token that its peer knows to have been
replaced; or, if both copies are connected at once, one that does not follow the latest that the peer has seen. The old
token stays valid until the new one is confirmed, so that after a crash at any point there is one that both sides know.

``crsql_syncline_lineage``  our own token for each peer, and the one that may have replaced it there
``crsql_syncline_seen``     the tokens that each peer has shown us, in order

Both name the id that this file had at the time: a file that is given a new id starts afresh.
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
"""How many tokens of a peer are remembered: more than it can renew while a slow connection delivers an old one."""


def mine(db: apsw.Connection, own: SiteId | None, peer: SiteId) -> tuple[bytes, ...]:
    """Return the tokens by which the peer may know us: one, two while a new one is unconfirmed, or none yet."""
    if not db.table_exists("main", _MINE):
        return ()
    row = db.execute(f"SELECT current, next FROM main.{_MINE} WHERE own = ? AND peer = ?", (own, peer)).fetchone()
    return tuple(token for token in row or () if token is not None)


def seen(db: apsw.Connection, own: SiteId | None, peer: SiteId) -> tuple[tuple[int, bytes], ...]:
    """Return the tokens that a peer has shown us, as (number, token) in order.

    Numbers rise across all peers of the file.
    """
    if not db.table_exists("main", _SEEN):
        return ()
    return tuple(db.execute(f"SELECT n, token FROM main.{_SEEN} WHERE own = ? AND peer = ? ORDER BY n", (own, peer)))


def shows_latest(db: apsw.Connection, own: SiteId | None, peer: SiteId, tokens: Collection[bytes]) -> bool:
    """Return whether these tokens include the latest one shown under the peer's id, or none was shown yet.

    If not, two files have that id, or one file is connected twice.
    """
    if not db.table_exists("main", _SEEN):
        return True
    sql = f"SELECT token FROM main.{_SEEN} WHERE own = ? AND peer = ? ORDER BY n DESC LIMIT 1"
    latest = db.execute(sql, (own, peer)).get
    return latest is None or latest in tokens


def mark(db: apsw.Connection) -> int:
    """Return the highest number in use now, 0 if there is none."""
    if not db.table_exists("main", _SEEN):
        return 0
    number: int = db.execute(f"SELECT ifnull(max(n), 0) FROM main.{_SEEN}").get
    return number


def made_at(token: bytes) -> int:
    """Return the file's db_version when it made this token.

    A file that holds the token holds its history up to there.
    """
    return int.from_bytes(token[TOKEN // 2 :])


def renew(db: apsw.Connection, own: SiteId | None, peer: SiteId, confirmed: bytes | None, version: int) -> None:
    """Make a new token, unless the last one may not have arrived yet. Runs in the caller's transaction.

    Args:
        confirmed: the latest token that the peer has said is on its disk, None for none.
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
    """Store the token that a peer shows from now on. One that it has shown before is no news, however late it comes.

    Args:
        after: the tokens that this very file has shown; a new one must follow one of them. None: it need not.

    Returns:
        False, with nothing stored, if it follows none: another file with the same id has gone on from there.
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
