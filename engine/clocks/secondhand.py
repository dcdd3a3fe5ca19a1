"""Which changes of an author came from somebody else.

A peer is spared what its own id has written, as it holds that already. But two files may have had one id, where one was
copied; and once one of them has been given a new id, nothing tells of that any more. What it has written under the old
one goes on from peer to peer. The other file, which goes on under that id, never held it, and has to be told.

So a peer is spared only what came from that very file: what has its id and came with another's batch is sent to it,
too, and what came over a connection whose file has not shown the latest token of that id (``lineage``): the two may be
connected at once, until a token tells. It costs little. Only where changes go in a circle do they meet their author
again, and there everybody hears most of them more than once.

``crsql_syncline_secondhand``  for each author the highest version of this file in which changes of its came from
somewhere else; with an empty id, the highest in which changes of whomever got a new version here.

What stands above that came from the author. A file that is restored or copied has these versions together with the rows
that they are about. One that is given a new id needs them no more: it is asked for all that it has by everybody, and
nothing is left out then.
"""

from __future__ import annotations

from collections.abc import Iterable

import apsw

from engine.ids import SiteId
from engine.tables.reading import FIRSTHAND, Secondhand

TABLE = "crsql_syncline_secondhand"


def make(db: apsw.Connection) -> None:
    """Make the table where there is none, in the caller's transaction: best while the schema changes anyway, as an app
    with a full-text index can fail with its first write after such a change."""
    db.execute(
        f"CREATE TABLE IF NOT EXISTS main.{TABLE} (site_id BLOB PRIMARY KEY NOT NULL, version INTEGER NOT NULL)"
        " WITHOUT ROWID"
    )


def remove_if_empty(db: apsw.Connection) -> None:
    """Drop the table if nothing is recorded in it, in the caller's transaction."""
    if db.table_exists("main", TABLE) and db.execute(f"SELECT 1 FROM main.{TABLE} LIMIT 1").fetchone() is None:
        db.execute(f"DROP TABLE main.{TABLE}")


def note(db: apsw.Connection, authors: Iterable[SiteId | None], version: int) -> None:
    """Record that changes of these authors came from others, up to this version of the file. Runs in the transaction
    that holds them."""
    wanted = [(author, version) for author in authors if author is not None]
    if not wanted:
        return
    make(db)
    db.executemany(f"INSERT OR REPLACE INTO main.{TABLE} VALUES (?, ?)", wanted)


def note_all(db: apsw.Connection, version: int) -> None:
    """Record that changes have got this version of the file without having come anew. Runs in the transaction that
    gives it to them."""
    note(db, (Secondhand.ANYBODY,), version)


def above(db: apsw.Connection, since: int) -> Secondhand:
    """Look up what is recorded of changes above a version."""
    if not db.table_exists("main", TABLE):
        return FIRSTHAND
    return Secondhand(dict(db.execute(f"SELECT site_id, version FROM main.{TABLE} WHERE version > ?", (since,))))
