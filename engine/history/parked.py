"""Which tables were not synced with a peer when last connected: in the journal's file, for whoever asks later."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import apsw

from engine.history.journal_file import open_file
from engine.table_shape import ParkedTable, Where
from engine.text import packed, unpacked

log = logging.getLogger(__name__)

Parked = tuple[ParkedTable, ...]


def write(db: apsw.Connection, peer: str, parked: Sequence[ParkedTable]) -> None:
    """Write what a peer has parked to an open journal, in the caller's transaction."""
    db.execute("INSERT OR IGNORE INTO parked_known VALUES (?)", (peer,))
    db.execute("DELETE FROM parked WHERE peer = ?", (peer,))
    db.executemany(
        "INSERT INTO parked VALUES (?, ?, ?, ?)",
        [(peer, one.table, packed(one.sentence), one.where.name) for one in parked],
    )


def record(file: Path, peer: str, parked: Sequence[ParkedTable]) -> None:
    """Write it to a journal that is not open here, and is made when needed."""
    try:
        db = open_file(file)
        try:
            with db:
                write(db, peer, parked)
        finally:
            db.close()
    except (apsw.Error, OSError) as error:
        log.warning("Parked tables could not be written to the journal: %s", error)


def read(file: Path) -> dict[str, Parked]:
    """Return what each peer had parked that was ever connected; nothing where the journal's file cannot be read."""
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
        finally:
            db.close()
    except apsw.Error as error:
        log.warning("The journal could not be read: %s", error)
        return {}
    found: dict[str, Parked] = {peer: () for (peer,) in peers}
    for peer, table, sentence, place in rows:
        found[peer] = (*found.get(peer, ()), ParkedTable(table, unpacked(sentence), Where[place]))
    return found
