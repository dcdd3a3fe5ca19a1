"""A new site id for a file that was copied, or restored from an older copy (cr-sqlite.md 12.3).

Two live files with one id lose data: peers send neither of them what was written under that id, even if only the other
one holds it.

Everything that the file calls its own stays its own, under the new id. Leaving it to the old id, as if a foreign author
had written it, would lose data: the other copy continues under that id, so peers would not send it what this one has
written since. Peers that hold the same cells under the old id see equal values and change nothing; and what they got
from other peers they do send to the other copy (``secondhand``).
"""

from __future__ import annotations

import uuid

import apsw

from engine.clocks import datasets, table_marks
from engine.ids import SiteId
from engine.tables import omitted_triggers, parking
from engine.tables.names import REGISTER, RELATIONS


def own(db: apsw.Connection | apsw.Cursor) -> SiteId | None:
    """Read the file's site id from the database, None if it has none."""
    site_id: SiteId | None = db.execute("SELECT site_id FROM main.crsql_site_id WHERE ordinal = 0").get
    return site_id


def author_number(db: apsw.Connection | apsw.Cursor, site_id: SiteId | None) -> int:
    """Return the file's ordinal for an author, giving a site never met before the next one (cr-sqlite.md 2.1)."""
    execute = db.execute
    number = execute("SELECT ordinal FROM main.crsql_site_id WHERE site_id = ?", (site_id,)).get
    if number is None:
        number = execute("INSERT INTO main.crsql_site_id (site_id) VALUES (?) RETURNING ordinal", (site_id,)).get
    assert isinstance(number, int)
    return number


def renew(db: apsw.Connection) -> SiteId:
    """Give the file a new site id and forget what it knew of its peers, which it will meet as if for the first time.

    Runs in the caller's write transaction.

    Returns:
        the new id.
    """
    site_id = SiteId(uuid.uuid4().bytes)
    db.execute("UPDATE main.crsql_site_id SET site_id = ? WHERE ordinal = 0", (site_id,))
    ours = db.execute(
        "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name GLOB 'crsql_syncline_*'"
        " AND name NOT IN (?, ?, ?, ?, ?, ?, ?) AND name NOT GLOB 'crsql_syncline_undone_*'"
        " AND name NOT GLOB 'crsql_syncline_*_[0-9]*'",  # those of ordinary tables are no business of peers'
        (parking.TABLE, table_marks.TABLE, datasets.TABLE, datasets.GIVEN, omitted_triggers.TABLE, REGISTER, RELATIONS),
    )
    for name in ["crsql_tracked_peers", *(name for (name,) in ours.fetchall())]:
        db.execute(f"DELETE FROM main.{name}")
    table_marks.renew(db)
    return site_id
