"""Which changes of an author came from somebody else.

A peer is not sent what its own id has written, as it holds that already. But if a file was copied, two files once had
one id, and as soon as one of them has a new id, nothing shows that any more. What it wrote under the old id is passed
on from peer to peer; the other file, which continues under that id, never held it and has to be sent it.

So a peer is spared only what came from that very file. Changes with its id are sent to it if they came in somebody
else's batch, or over a connection whose file had not shown the latest token of that id (``lineage``): both files may be
connected at once until a token tells them apart. It costs little. Changes meet their author again only where they go in
a circle, and there everybody receives most of them more than once anyway.

``crsql_syncline_secondhand``  for each author, the highest version of this file at which its changes came from somebody
else; for the empty id, the highest at which changes of any author were given a new version here.

Whatever stands above that came from its author. A restored or copied file has these versions together with the rows
that they are about. One that is given a new id does not need them any more: it is asked for everything by everybody,
and nothing is left out then.
"""

from __future__ import annotations

from collections.abc import Iterable

import apsw

from engine.ids import SiteId
from engine.tables.reading import FIRSTHAND, Secondhand

TABLE = "crsql_syncline_secondhand"


def make(db: apsw.Connection) -> None:
    """Create the table if it is missing, in the caller's transaction.

    Best done while the schema changes anyway: an app with a full-text index can fail at its first write after such a
    change.
    """
    db.execute(
        f"CREATE TABLE IF NOT EXISTS main.{TABLE} (site_id BLOB PRIMARY KEY NOT NULL, version INTEGER NOT NULL)"
        " WITHOUT ROWID"
    )


def remove_if_empty(db: apsw.Connection) -> None:
    """Drop the table if nothing is recorded in it, in the caller's transaction."""
    if db.table_exists("main", TABLE) and db.execute(f"SELECT 1 FROM main.{TABLE} LIMIT 1").fetchone() is None:
        db.execute(f"DROP TABLE main.{TABLE}")


def note(db: apsw.Connection, authors: Iterable[SiteId | None], version: int) -> None:
    """Record that changes of these authors came from others, up to this version of the file.

    Runs in the transaction that stores the changes. None among the authors is skipped.
    """
    wanted = [(author, version) for author in authors if author is not None]
    if not wanted:
        return
    make(db)
    db.executemany(f"INSERT OR REPLACE INTO main.{TABLE} VALUES (?, ?)", wanted)


def note_all(db: apsw.Connection, version: int) -> None:
    """Record that changes of any author were given this version of the file although they are not new.

    Runs in the transaction that gives it to them.
    """
    note(db, (Secondhand.ANYBODY,), version)


def above(db: apsw.Connection, since: int) -> Secondhand:
    """Return what is recorded of changes above a version of this file."""
    if not db.table_exists("main", TABLE):
        return FIRSTHAND
    return Secondhand(dict(db.execute(f"SELECT site_id, version FROM main.{TABLE} WHERE version > ?", (since,))))
