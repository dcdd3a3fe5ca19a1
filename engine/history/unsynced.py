"""What was not synced with a peer at its last connection, kept in the journal's file for later questions."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import NamedTuple, cast

import apsw

from engine.history.journal_file import open_file
from engine.peer_state import PeerStatus
from engine.table_shape import ParkedTable, Where
from engine.text import packed, unpacked

log = logging.getLogger(__name__)


class Unsynced(NamedTuple):
    """What is not synced of the tables that both sides have.

    Attributes:
        parked: whole tables.
        one_sided: sentences about columns that stay on one side.
    """

    parked: tuple[ParkedTable, ...] = ()
    one_sided: tuple[str, ...] = ()

    @classmethod
    def of(cls, status: PeerStatus) -> Unsynced:
        """Return what a peer's row says about it."""
        return cls(status.parked, status.one_sided)


def write(db: apsw.Connection, peer: str, unsynced: Unsynced) -> None:
    """Write it to an open journal, in the caller's transaction."""
    db.execute("INSERT OR IGNORE INTO parked_known VALUES (?)", (peer,))
    db.execute("DELETE FROM parked WHERE peer = ?", (peer,))
    db.executemany(
        "INSERT INTO parked VALUES (?, ?, ?, ?)",
        [(peer, one.table, packed(one.sentence), one.where.name) for one in unsynced.parked],
    )
    db.execute("DELETE FROM one_sided WHERE peer = ?", (peer,))
    db.executemany("INSERT INTO one_sided VALUES (?, ?)", [(peer, packed(one)) for one in unsynced.one_sided])


def record(file: Path, peer: str, unsynced: Unsynced) -> None:
    """Write it to a journal that is not open here, creating that when needed. Failures are only logged."""
    try:
        db = open_file(file)
        try:
            with db:
                write(db, peer, unsynced)
        finally:
            db.close()
    except (apsw.Error, OSError) as error:
        log.warning("What is not synced could not be written to the journal: %s", error)


def read(file: Path) -> dict[str, Unsynced]:
    """Return it for each peer that was ever connected; nothing if the journal's file cannot be read."""
    if not file.exists():
        return {}
    try:
        db = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            db.set_busy_timeout(2_000)
            if not db.table_exists("main", "parked_known"):
                return {}
            with db:
                peers = cast("list[tuple[str]]", db.execute("SELECT peer FROM parked_known").fetchall())
                rows = cast("list[tuple[str, ...]]", db.execute("SELECT * FROM parked ORDER BY peer, tbl").fetchall())
                columns = (
                    cast("list[tuple[str, str]]", db.execute("SELECT * FROM one_sided").fetchall())
                    if db.table_exists("main", "one_sided")
                    else []
                )
        finally:
            db.close()
    except apsw.Error as error:
        log.warning("The journal could not be read: %s", error)
        return {}
    return {
        peer: Unsynced(
            tuple(
                ParkedTable(table, unpacked(sentence), Where[place])
                for of, table, sentence, place in rows
                if of == peer
            ),
            tuple(unpacked(sentence) for of, sentence in columns if of == peer),
        )
        for (peer,) in peers
    }
