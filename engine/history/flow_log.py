"""The latest changes of the flow, kept in the journal's file so that a reopened window begins with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import apsw

from engine.change import SQLiteValue
from engine.events import ChangesMoved, FlowChange, FlowDirection
from engine.ids import DatabaseId, SiteId
from engine.tables import pack_columns, unpack_columns
from engine.truncate import Clipped, ClippedBlob, ClippedText, clipped

KEPT = 1_000
"""How many changes are kept."""

LONGEST = 4_096
"""How many characters or bytes of a value are kept."""


class Line(NamedTuple):
    """A change, the event that it came in, and its peer's name at the time."""

    event: ChangesMoved
    change: FlowChange
    peer_name: str


class FlowLog(NamedTuple):
    """What was kept: events with their changes, oldest first, and their peers' names by id."""

    events: list[ChangesMoved]
    names: dict[str, str]


_COLUMNS = (
    "burst, time, database, peer, peer_name, way, tbl, pk, col, value, value_whole, value_digest,"
    " version, author, cl, old, old_whole, old_digest, had_old, global_key"
)


def write(db: apsw.Connection, lines: Iterable[Line]) -> None:
    """Write lines to an open journal, in the caller's transaction."""
    marks = ", ".join("?" * (_COLUMNS.count(",") + 1))
    db.executemany(f"INSERT INTO moved ({_COLUMNS}) VALUES ({marks})", map(_row, lines))


def read(rows: Sequence[Sequence[Any]]) -> FlowLog:
    """Turn rows of ``SELECT`` back into events."""
    events: list[ChangesMoved] = []
    names: dict[str, str] = {}
    for (burst, when, database, peer, name, way), found in groupby(rows, key=lambda row: tuple(row[:6])):
        changes = tuple([_change(row[6:]) for row in found])
        event = ChangesMoved(when, DatabaseId(database), peer, FlowDirection[way], changes, burst)
        events.append(event)
        if peer:
            names[peer] = name
    return FlowLog(events, names)


SELECT = f"SELECT {_COLUMNS} FROM (SELECT * FROM moved WHERE id <= {{until}} ORDER BY id DESC LIMIT ?) ORDER BY id"
"""Selects the latest lines up to the id ``until``, oldest first; its parameter is how many."""


def _row(line: Line) -> tuple[Any, ...]:
    event, change, name = line
    came = event.burst, event.time, event.database, event.peer, name, event.way.name
    cell = change.table, pack_columns(change.key), change.column, *_kept(change.value)
    stamp = change.version, change.author, change.cl
    return *came, *cell, *stamp, *_kept(change.old), change.had_old, change.global_key


def _change(row: Sequence[Any]) -> FlowChange:
    table, key, column, *value, version, author, cl, old, old_whole, old_digest, had_old, global_key = row
    return FlowChange(
        table=table,
        key=unpack_columns(key),
        column=column,
        value=_value(*value),
        version=version,
        author=None if author is None else SiteId(author),
        cl=cl,
        old=_value(old, old_whole, old_digest),
        had_old=bool(had_old),
        global_key=global_key,
    )


def _kept(value: SQLiteValue) -> tuple[SQLiteValue, int | None, bytes | None]:
    """Return a value, or its beginning; and if it was longer, its length and the digest of the whole value."""
    short = clipped(value, LONGEST)
    if not isinstance(short, Clipped):
        return short, None, None
    begun = str(short[:LONGEST]) if isinstance(short, str) else bytes(short[:LONGEST])
    return begun, short.whole, short.digest


def _value(value: SQLiteValue, whole: int | None, digest: bytes | None) -> SQLiteValue:
    short: Clipped
    if whole is None or digest is None:
        return value
    if isinstance(value, str):
        short = ClippedText(value)
    elif isinstance(value, bytes):
        short = ClippedBlob(value)
    else:
        return value
    short.whole, short.digest = whole, digest
    return short
