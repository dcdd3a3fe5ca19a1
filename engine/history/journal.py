"""The journal: recent syncs, values that were overwritten here, the latest changes, and when peers were last heard
from.

A SQLite file of our own in the data folder, written on a thread, and bounded in days, rows and bytes. No sync state
depends on it: a lost or damaged journal is recreated, and one that cannot be written is done without.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import apsw

from engine.change import SQLiteValue
from engine.errors import SynclineError
from engine.events import ChangesMoved, FlowDirection
from engine.history import flow_log, unsynced
from engine.history.journal_file import open_file, set_aside
from engine.ids import DatabaseId, PeerId, SiteId
from engine.tables import pack_columns, unpack_columns
from engine.text import packed, unpacked
from engine.truncate import Clipped, clipped

log = logging.getLogger(__name__)

DAYS = 30
SYNCS = 20_000
OVERWRITTEN = 5_000
"""How many rows of each are kept, and for how many days."""

VALUE = 1 << 16
"""Bytes of the largest overwritten value that is kept; of a larger one, only its size is."""

BYTES = 1 << 25
"""The most bytes of overwritten values that are kept in all."""

HEARD = 60.0
"""Seconds within which the news that a peer was in sync is written; a crash may lose it."""

FLUSH = 1.0
"""Seconds for which lines are collected before they are written."""

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SyncLine:
    """One sync, successful or not. ``error`` is '' if all went well; times are as in the events."""

    time: float
    peer: PeerId
    peer_name: str
    database_name: str
    sent: int
    received: int
    bytes_out: int
    bytes_in: int
    seconds: float
    error: str


SYNC_COLUMNS = ", ".join(field.name for field in fields(SyncLine))


def as_sync(row: Sequence[Any]) -> SyncLine:
    """Turn a row of ``SYNC_COLUMNS`` into a sync."""
    line = SyncLine(*row)
    return replace(line, error=unpacked(line.error))


@dataclass(frozen=True, slots=True)
class OverwrittenLine:
    """One value that a peer's change overwrote here. ``whole`` is False if it was too large to be kept."""

    time: float
    database: DatabaseId
    peer: str
    peer_name: str
    table: str
    key: tuple[SQLiteValue, ...]
    column: str
    old: SQLiteValue
    new: SQLiteValue
    author: SiteId | None
    whole: bool = True


class Journal:
    """The journal. An async context manager; lines may be added once it is open.

    Args:
        file: created with its folder when needed; None keeps everything in memory.
    """

    def __init__(self, file: Path | None = None) -> None:
        self.file = file
        self._db: apsw.Connection | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._syncs: deque[SyncLine] = deque(maxlen=SYNCS)
        self._overwritten: deque[OverwrittenLine] = deque(maxlen=OVERWRITTEN)
        self._moved: deque[flow_log.Line] = deque(maxlen=flow_log.KEPT)
        self._moved_before = 0  # the id of the last change that was in the journal when it was opened
        self._heard: dict[str, float] = {}
        self._named: dict[str, float] = {}
        self._heard_changed: set[str] = set()
        self._unsynced: dict[str, unsynced.Unsynced] = {}
        self._unsynced_changed: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._heard_timer: asyncio.TimerHandle | None = None
        self._flushes: set[asyncio.Task[None]] = set()
        self._last = float("inf")
        self._opened = 0.0

    async def __aenter__(self) -> Journal:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        await self._run(self._open)
        return self

    async def __aexit__(self, *_: object) -> None:
        for timer in (self._timer, self._heard_timer):
            if timer is not None:
                timer.cancel()
        self._timer = self._heard_timer = None
        await asyncio.gather(*self._flushes)
        await self._run(self._close)
        if self._thread is not None:
            self._thread.shutdown(wait=False)
            self._thread = None

    # Adding lines

    def add_sync(self, line: SyncLine) -> None:
        """Add a line, which is written to disk soon."""
        self._syncs.append(line)
        self._flush_soon()

    def add_overwritten(self, event: ChangesMoved, peer_name: str) -> None:
        """Add the values that changes overwrote here, if any."""
        if event.way is not FlowDirection.IN:
            return
        found = [
            OverwrittenLine(
                event.time, event.database, event.peer, peer_name,
                change.table, change.key, change.column,
                clipped(change.old, VALUE), clipped(change.value, VALUE), change.author,
            )
            for change in event.changes
            if change.had_old and not _same(change.old, change.value)
        ]  # fmt: skip
        if found:
            self._overwritten.extend(found)
            self._flush_soon()

    def add_moved(self, event: ChangesMoved, peer_name: str) -> None:
        """Keep changes for the next start; of many, only the last."""
        if event.changes:
            self._moved.extend(flow_log.Line(event, one, peer_name) for one in event.changes[-flow_log.KEPT :])
            self._flush_soon()

    # When peers were last heard from

    def last_contact(self, peer: PeerId) -> float | None:
        """Return when this peer was last in sync; None if that is not known."""
        return self._heard.get(peer)

    def record_contact(self, peer: PeerId, when: float) -> None:
        """Note that a peer was in sync at this time."""
        before = self._heard.get(peer, float("-inf"))
        if when > before or before > time.time():  # the clock was ahead then
            self._heard[peer] = when
            self._heard_changed.add(peer)
            if self._heard_timer is None and self._thread is not None:
                self._heard_timer = asyncio.get_running_loop().call_later(HEARD, self._flush_now)

    def name_stale(self, peer: PeerId, last: float) -> bool:
        """Return whether to tell a person that a peer was not heard from since ``last``; True once for each silence."""
        if last <= self._named.get(peer, float("-inf")) <= time.time():
            return False
        self._named[peer] = last
        self._heard.setdefault(peer, last)
        self._heard_changed.add(peer)
        self._flush_soon()
        return True

    # What is not synced with peers

    def leave_out(self, peer: PeerId, what: unsynced.Unsynced) -> None:
        """Note what is not synced with a connected peer."""
        if self._unsynced.get(peer) != what:
            self._unsynced[peer] = what
            self._unsynced_changed.add(peer)
            self._flush_soon()

    # Reading lines

    async def syncs(self, limit: int = 2_000) -> list[SyncLine]:
        """Return the latest syncs, newest first."""
        return await self._run(self._read_syncs, limit)

    async def overwritten(self, limit: int = 2_000) -> list[OverwrittenLine]:
        """Return the latest overwritten values, newest first."""
        return await self._run(self._read_overwritten, limit)

    async def moved_before(self) -> flow_log.FlowLog:
        """Return the latest changes from before this journal was opened."""
        return await self._run(self._read_moved)

    async def forget_moved(self) -> None:
        """Forget the changes that were kept for the next start; overwritten values stay."""
        self._moved.clear()
        await self._run(self._forget_moved)

    # On the thread

    async def _run(self, work: Callable[P, T], *args: P.args, **_: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)

    def _flush_soon(self) -> None:
        if self._timer is None and self._thread is not None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH, self._flush_now)

    def _flush_now(self) -> None:
        for timer in (self._timer, self._heard_timer):
            if timer is not None:
                timer.cancel()
        self._timer = self._heard_timer = None
        task = asyncio.get_running_loop().create_task(self._run(self._flush))
        self._flushes.add(task)
        task.add_done_callback(self._flushes.discard)

    def _open(self) -> None:
        try:
            self._db = open_file(self.file)
        except (apsw.Error, OSError) as error:
            log.warning("The journal %s is begun anew: %s", self.file, error)
            try:
                set_aside(self.file)
                self._db = open_file(self.file)
            except (apsw.Error, OSError) as again:
                log.warning("There will be no journal: %s", again)
        for (latest,) in self._read("SELECT max(id) FROM moved LIMIT ?", 1):
            self._moved_before = latest or 0
        self._last, self._opened = self._newest(), _uptime()
        self._prune()
        for peer, when, named in self._read("SELECT peer, time, named FROM heard LIMIT ?", 10_000):
            self._heard[peer] = when
            if named is not None:
                self._named[peer] = named

    def _close(self) -> None:
        self._flush()
        if self._db is not None:
            with suppress(apsw.Error):
                self._db.close()
            self._db = None

    def _flush(self) -> None:
        syncs, values, moved = _taken(self._syncs), _taken(self._overwritten), _taken(self._moved)
        changed, self._heard_changed = self._heard_changed, set()
        leaving_out, self._unsynced_changed = self._unsynced_changed, set()
        if self._db is None or not (syncs or values or moved or changed or leaving_out):
            return
        try:
            with self._db:
                if syncs:
                    marks = ", ".join("?" * len(fields(SyncLine)))
                    rows = [astuple(replace(line, error=packed(line.error))) for line in syncs]
                    self._db.executemany(f"INSERT INTO sync ({SYNC_COLUMNS}) VALUES ({marks})", rows)
                self._db.executemany(
                    "INSERT INTO overwritten (time, database, peer, peer_name, tbl, pk, col, old, new, author, whole,"
                    " size) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    map(_row, values),
                )
                flow_log.write(self._db, moved)
                self._db.executemany(
                    "INSERT OR REPLACE INTO heard (peer, time, named) VALUES (?, ?, ?)",
                    [(peer, self._heard[peer], self._named.get(peer)) for peer in changed],
                )
                for peer in leaving_out:
                    unsynced.write(self._db, peer, self._unsynced[peer])
        except apsw.Error as error:
            log.warning("Something could not be written to the journal: %s", error)
        self._prune()

    def _prune(self) -> None:
        """Delete what is too old or too much.

        A clock that is ahead makes nothing old: time is counted on from the newest line that was there when the journal
        was opened. Someone who was away for long loses what is too old only at the next start.
        """
        if self._db is None:
            return
        now = min(time.time(), self._last + _uptime() - self._opened)
        oldest = now - DAYS * 86_400
        try:
            with self._db:
                for table, most in (("sync", SYNCS), ("overwritten", OVERWRITTEN), ("moved", flow_log.KEPT)):
                    # a line written after one that is not too old is not too old either, whatever the clock said
                    self._db.execute(
                        f"DELETE FROM {table} WHERE time < ?1 AND id < coalesce("
                        f"(SELECT min(id) FROM {table} WHERE time BETWEEN ?1 AND ?2), {2**63 - 1})",
                        (oldest, now),
                    )
                    self._db.execute(
                        f"DELETE FROM {table} WHERE id <= (SELECT id FROM {table} ORDER BY id DESC LIMIT 1 OFFSET ?)",
                        (most,),
                    )
                self._db.execute(
                    "DELETE FROM overwritten WHERE id <= (SELECT max(id) FROM"
                    " (SELECT id, sum(size) OVER (ORDER BY id DESC) AS total FROM overwritten) WHERE total > ?)",
                    (BYTES,),
                )
        except apsw.Error as error:
            log.warning("The journal could not be tidied: %s", error)

    def _newest(self) -> float:
        """Return when the last line was written; infinity if there is none."""
        for table in ("sync", "overwritten"):
            for (when,) in self._read(f"SELECT time FROM {table} ORDER BY id DESC LIMIT ?", 1):
                return float(when)
        return float("inf")

    def _read_syncs(self, limit: int) -> list[SyncLine]:
        return [*map(as_sync, self._read(f"SELECT {SYNC_COLUMNS} FROM sync ORDER BY id DESC LIMIT ?", limit))]

    def _read_overwritten(self, limit: int) -> list[OverwrittenLine]:
        rows = self._read(
            "SELECT time, database, peer, peer_name, tbl, pk, col, old, new, author, whole"
            " FROM overwritten ORDER BY id DESC LIMIT ?",
            limit,
        )
        return [OverwrittenLine(*(*row[:5], unpack_columns(row[5]), *row[6:10], bool(row[10]))) for row in rows]

    def _forget_moved(self) -> None:
        if self._db is not None:
            try:
                self._db.execute("DELETE FROM moved")
            except apsw.Error as error:
                log.warning("Something could not be removed from the journal: %s", error)

    def _read_moved(self) -> flow_log.FlowLog:
        rows = self._read(flow_log.SELECT.format(until=self._moved_before), flow_log.KEPT)
        try:
            return flow_log.read(rows)
        except (SynclineError, KeyError, TypeError, ValueError) as error:  # damaged, or of a later version
            log.warning("The latest changes in the journal could not be read: %s", error)
            return flow_log.FlowLog([], {})

    def _read(self, sql: str, limit: int) -> list[tuple[Any, ...]]:
        self._flush()
        if self._db is None:
            return []
        try:
            return self._db.execute(sql, (limit,)).fetchall()
        except apsw.Error as error:
            log.warning("The journal could not be read: %s", error)
            return []


def _uptime() -> float:
    """Return the seconds of a clock that nobody can set; if the system has one that runs during sleep, of that."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def _row(line: OverwrittenLine) -> tuple[Any, ...]:
    size = _size(line.old) + _size(line.new)
    whole = _size(line.old) <= VALUE
    old = line.old if whole else None
    new = line.new if _size(line.new) <= VALUE else None
    place = line.time, line.database, line.peer, line.peer_name, line.table, pack_columns(line.key), line.column
    return *place, old, new, line.author, whole, size if whole else 0


def _size(value: SQLiteValue) -> int:
    if isinstance(value, Clipped):
        return value.whole
    return len(value) if isinstance(value, bytes) else len(value.encode()) if isinstance(value, str) else 8


def _same(one: SQLiteValue, other: SQLiteValue) -> bool:
    return type(one) is type(other) and one == other


def _taken(lines: deque[T]) -> list[T]:
    """Take all waiting lines; the loop may add more meanwhile."""
    return [lines.popleft() for _ in range(len(lines))]
