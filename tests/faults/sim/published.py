"""Models of the published ``ws-server`` and ``ws-client`` (cr-sqlite.md 10.5, 10.6), with the defects of 10.8.

Not parts of ours, but the other side: what they do, and the numbers of the defects, are those of cr-sqlite.md. They
look like a session, so that the same driver serves them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import ClassVar

from engine.change import MAX_VERSION, Change
from engine.errors import SynclineError
from engine.session import Action, Close, Merge, Read, Send, Snapshot, Versions
from engine.table_shape import Parked, Shape
from engine.tables import MergeResult, Received
from engine.wire import AnnouncePresence, Changes, Cursor, RejectChanges, StartStreaming, StockMessage, decode, encode


class _Published:
    """What both share: streams, and how they fail.

    Attributes:
        gaps: messages that did not continue what was there before.
        stalled: an apply failed; nothing happens on this connection any more, and it stays open (#4).
    """

    masks_authors: ClassVar[bool]

    def __init__(self, here: Snapshot, *, now: Callable[[], float]) -> None:
        self.here = here
        self.closed: Close | None = None
        self.gaps = 0
        self.stalled = False
        self.greeted = False
        self.peer = b""
        self.last_seen = 0
        self.last_sent = 0
        self._exclude: bytes | None = None
        self._streams = False
        self._dirty = False
        self._reading = False
        self._applying = 0
        self._actions: deque[Action] = deque()

    def start(self) -> None:
        """Begin."""

    def receive(self, data: bytes) -> None:
        if not self.closed:
            self.on_message(decode(data))  # type: ignore[arg-type]

    def on_message(self, message: StockMessage) -> None:
        """Take a message."""
        raise NotImplementedError

    def take(self) -> list[Action]:
        actions = list(self._actions)
        self._actions.clear()
        return actions

    def deadline(self) -> float | None:
        """Neither has a time-out (#9)."""

    def tick(self) -> None:
        """Nothing."""

    def flushed(self) -> None:
        """Nothing: they do not look."""

    def schema_changed(self, tables: Sequence[Shape], parked: Sequence[Parked]) -> None:
        """Nothing: they do not notice."""

    def ponged(self) -> None:
        """Nothing: they do not ping."""

    def local_changed(self, version: int) -> None:
        self.pull()

    def pull(self) -> None:
        """Send all that is new, in one message (#10)."""
        if self._reading:
            self._dirty = True
        elif self._streams and not self.stalled and not self.closed:
            self._reading = True
            self._actions.append(Read(self.last_sent, None, (), MAX_VERSION))

    def read_done(self, result: Versions) -> None:
        self._reading = False
        found = [change for change in result.changes if change.site_id != self._exclude]  # version 0 or not
        if found:
            if self.masks_authors:
                found = [change._replace(site_id=None) for change in found]
            self.send(Changes(self.here.site_id, Cursor(self.last_sent, 0), tuple(found)), found)
            self.last_sent = found[-1].db_version
        if self._dirty:
            self._dirty = False
            self.pull()

    def apply(self, message: Changes) -> None:
        """Merge a message in the sender's name, and move the tracker to its end, whatever was before it."""
        until = message.changes[-1].db_version
        self._applying += 1
        received = Received(message.sender, until)
        self._actions.append(Merge(message.changes, until, received, author=message.sender))
        self.last_seen = until

    def merge_done(self, results: Sequence[MergeResult]) -> None:
        self._applying -= 1
        self.pull()

    def failed(self, error: SynclineError) -> None:
        self._reading = False
        self.stalled = True

    def send(self, message: StockMessage, changes: Sequence[Change] = ()) -> None:
        self._actions.append(Send(encode(message), tuple(changes)))

    def close(self, code: int, reason: str) -> None:
        if self.closed is None:
            self.closed = Close(code, reason, reason)
            self._actions.append(self.closed)

    @property
    def all_sent(self) -> bool:
        return self._streams and not self._reading

    @property
    def all_received(self) -> bool:
        return self.greeted and not self._applying

    @property
    def in_sync(self) -> bool:
        """Nothing left to do, as far as it knows."""
        return self.all_sent and self.all_received


class PublishedServer(_Published):
    """The published server: it asks, pushes, and is careless about what comes out of order."""

    masks_authors = True
    pushes: ClassVar[bool] = True

    def on_message(self, message: StockMessage) -> None:
        if isinstance(message, AnnouncePresence):
            self._announced(message)
        elif isinstance(message, Changes) and self.greeted and not self.stalled:
            if message.since.version > self.last_seen:  # it complains, and applies all the same (#1)
                self.gaps += 1
                self.send(RejectChanges(message.sender, Cursor(self.last_seen, 0)))
            if message.changes:
                self.apply(message)
        elif isinstance(message, RejectChanges):
            pass  # (#2)
        else:
            self.close(1002, "The server does not know this message.")

    def _announced(self, message: AnnouncePresence) -> None:
        if self.greeted:
            self.close(1002, "A second announcement.")
            return
        if (message.schema_name, message.schema_version) != (self.here.schema_name, self.here.schema_version):
            return  # not a word, and the socket stays open (#5)
        self.greeted = True
        self.peer = self._exclude = message.sender
        self.last_seen = self.here.received.get(message.sender, 0)
        self.send(StartStreaming(Cursor(self.last_seen, 0), (self.here.site_id,), False))
        # the first that matches, whatever kind of clock it was in the client's file
        found = (cursor.version for site, cursor in message.last_seens if site == self.here.site_id)
        self.last_sent = next(found, 0)
        self._streams = True
        self.pull()

    def local_changed(self, version: int) -> None:
        if self.pushes:
            super().local_changed(version)


class DeafServer(PublishedServer):
    """The published server with a room whose name has a dot: it never notices a change by itself (#7)."""

    pushes = False


class PublishedClient(_Published):
    """The published client.

    Attributes:
        announces: (site id, version) of every row of its crsql_tracked_peers, of whatever event; set before ``start``.
    """

    masks_authors = False

    def __init__(self, here: Snapshot, *, now: Callable[[], float]) -> None:
        super().__init__(here, now=now)
        self.announces: list[tuple[bytes, int]] = list(here.received.items())

    def start(self) -> None:
        seen = tuple((site, Cursor(version, 0)) for site, version in self.announces)
        self.send(AnnouncePresence(self.here.site_id, seen, self.here.schema_name or "", self.here.schema_version))

    def on_message(self, message: StockMessage) -> None:
        if isinstance(message, StartStreaming):
            self.greeted = self._streams = True
            self._exclude = message.exclude_sites[0] if message.exclude_sites else None
            self.last_sent = message.since.version
            self.pull()
        elif isinstance(message, Changes):
            if not self.peer:
                self.peer, self.last_seen = message.sender, self.here.received.get(message.sender, 0)
            if message.since.version > self.last_seen:
                self.gaps += 1
                self.send(RejectChanges(message.sender, Cursor(self.last_seen, 0)))
            elif message.changes:
                self.apply(message)  # the tracker is ahead already (#3)
        elif isinstance(message, RejectChanges):
            raise AssertionError("A published client breaks on a rejection (#2).")

    def failed(self, error: SynclineError) -> None:
        self._applying = max(0, self._applying - 1)  # it goes on with the next message (#3)
