"""The published vlcn protocol (cr-sqlite.md 10.5 and 10.6): our link on a stock server, our hub under stock clients.

The protocol has no confirmation and no heartbeat, and one message holds whole versions only. Greeting again makes up
for what it lacks: a fresh greeting tells how far the peer really is. The counter-measures to the defects of
cr-sqlite.md 10.8 are marked with their number.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.change import MAX_VERSION, SENTINEL, Change
from engine.errors import ProtocolError
from engine.ids import SiteId
from engine.tables import Part, weight
from engine.text import printable, sentences, t
from engine.wire import (
    MAX_FRAME,
    AnnouncePresence,
    Changes,
    Cursor,
    Message,
    RejectChanges,
    StartStreaming,
    encode,
)

from . import endings
from .actions import Close, Merge, Ping, Read, Snapshot
from .base import Session
from .close_codes import CloseCode, OwnCloseCode
from .streams import Phase
from .table_texts import names
from .vlcn_messages import Versions

QUIET = 10.0
"""Seconds without traffic after which a link with unconfirmed changes greets again."""

REFRESH = 60.0
"""Seconds without traffic after which a link greets again in any case, as a stock server loses live pushes (#7)."""

READ_LIMIT = 5_000
"""Changes asked for in one read; only whole versions are read, so that it may return more."""


class _VlcnSession(Session):
    """What both roles share: one stream each way, contiguity, whole versions."""

    confirms = False
    _mask_author = False
    """Whether everything is sent in our name, whoever wrote it."""

    def __init__(self, here: Snapshot, *, now: Callable[[], float], sends: bool = True, receives: bool = True) -> None:
        super().__init__(here, now=now, sends=sends, receives=receives)
        self._unflushed = False
        """Whether something was sent and has not left yet."""
        self._left_out = frozenset(shape.name for shape in here.tables if shape.refers)
        self._not_taken: set[str] = set()
        """Those of them that the peer has sent changes to: its dialect has no words for that."""
        # what the peer wants to be left out
        self._filters = False
        self._local_only = False
        self._excluded: frozenset[SiteId] = frozenset()

    @property
    def note(self) -> str:
        if not self._left_out:
            return self.remark
        said = t(
            "Left out for published clients: {tables}. Each machine hands out the numbers of their rows.",
            tables=names(sorted(self._left_out)),
        )
        if not self._not_taken:
            return sentences(self.remark, said)
        came = t("Changes to {tables} came, and were not accepted.", tables=names(sorted(self._not_taken)))
        return sentences(self.remark, said, came)

    # Outbound

    def read_done(self, result: Versions | Part) -> None:
        assert isinstance(result, Versions)
        since, self.outbound.reading = self.outbound.scanned, False
        if self.closed:
            return
        if result.until < since:
            self.close(endings.set_back(since, result.until))
            return
        self.local_version = max(self.local_version, result.until)
        self.outbound.scanned = result.until
        self._outgoing(result)
        self._advance()

    def _read(self) -> None:
        outbound = self.outbound
        outbound.reading = True
        own = tuple(span for span in outbound.own_versions if span[1] > outbound.scanned)
        outbound.own_versions = list(own)
        hidden = own if self.peer is not None else ()
        self._actions.append(
            Read(outbound.scanned, self.peer, hidden, READ_LIMIT, masked=self._mask_author, least=self.local_version)
        )

    def _stream_from(self, version: int) -> None:
        """Start (or restart) our stream at ``version``, which the peer holds."""
        if not 0 <= version < MAX_VERSION:
            raise ProtocolError(t("A clock from the other side is out of range."), code=CloseCode.POLICY_VIOLATION)
        self.outbound.asked = True
        self.outbound.position = self.outbound.scanned = version
        self._confirm_sent(min(version, self.local_version), lower=True)
        if not self.sends:
            return
        if version > self.local_version:
            self._read()
        self._advance()

    def _advance(self) -> None:
        due = self.sends and self.outbound.asked and self.outbound.scanned < self.local_version
        if due and not (self.closed or self.outbound.reading or self._unflushed):
            self._read()

    def flushed(self) -> None:
        self._unflushed = False
        self._advance()

    def _outgoing(self, result: Versions) -> None:
        """Frame and send what was read."""
        if self._filters:
            result = result.of([change for change in result.changes if self._wanted(change)])
        if not result.changes:
            return
        for some in result.messages:
            # since is the end of the last message, not of the last read: a gap would make the peer reject it (#1)
            data = encode(Changes(self.here.site_id, Cursor(self.outbound.position, 0), some))
            if len(data) > MAX_FRAME:
                largest = max(some, key=weight)
                self._too_large(len(data), t("one transaction that wrote to “{table}”", table=largest.table))
                return
            self.outbound.position = some[-1].db_version
            self._unflushed = True
            self._send(data, some)
        self._reset_watchdog()

    def _wanted(self, change: Change) -> bool:
        if change.col_version == 0 or (change.cid == SENTINEL and change.cl > 1 and change.cl % 2):
            return True  # a revival, which may bear the author of any cell that it set to version 0
        if self._local_only and change.site_id != self.here.site_id:
            return False
        return change.site_id not in self._excluded

    @property
    def all_sent(self) -> bool:
        if not self.sends:
            return self.greeted
        outbound = self.outbound
        busy = outbound.reading or self._unflushed
        return outbound.asked and not busy and outbound.scanned >= self.local_version

    @property
    def all_confirmed(self) -> bool:
        return self.all_sent and (not self.sends or self.outbound.confirmed >= self.outbound.position)

    @property
    def to_send(self) -> int:
        """How many versions are left to read, or are sent and unconfirmed."""
        outbound = self.outbound
        if not self.sends or not outbound.asked:
            return 0
        return max(0, self.local_version - outbound.scanned) + max(0, outbound.position - outbound.confirmed)

    # Inbound

    def _on_changes(self, message: Changes) -> None:
        if not self.receives:
            return
        if message.sender == self.here.site_id:
            raise ProtocolError(
                t("The other side has the site id of this file: one is a copy of the other."), code=OwnCloseCode.COPIED
            )
        if self.peer is None:
            self._meet(message.sender)
        if message.sender != self.peer:
            raise ProtocolError(t("Changes came from a site that was not announced."), code=CloseCode.POLICY_VIOLATION)
        if message.since.version > self.inbound.offered:
            self._gap()
            return
        if message.changes:
            until = message.changes[-1].db_version
            changes = [change for change in message.changes if change.table not in self._left_out]
            if len(changes) < len(message.changes):
                self._not_taken.update(self._left_out.intersection(change.table for change in message.changes))
            self._accept(changes, since=message.since.version, until=until, stock=True)
        self._reset_watchdog()

    def _merged(self, merge: Merge) -> None:
        self._reset_watchdog()

    def _gap(self) -> None:
        raise NotImplementedError

    def _reset_watchdog(self) -> None:
        """Restart the quiet timeout, as something was sent or received."""


class VlcnClientSession(_VlcnSession):
    """A session with a published ``ws-server`` that we dial: it starts nothing, but asks with StartStreaming and
    pushes."""

    greets_first = False  # its backlog comes right behind, in one message

    def __init__(self, here: Snapshot, *, now: Callable[[], float], sends: bool = True, receives: bool = True) -> None:
        super().__init__(here, now=now, sends=sends, receives=receives)
        self._heard = False
        """Whether the server's backlog, which it sends when it asks, has come."""

    def start(self) -> None:
        here = self.here
        seen = tuple((site, Cursor(version, 0)) for site, version in here.received.items())
        name = here.schema_name or ""
        self._send(encode(AnnouncePresence(here.site_id, seen, name, here.schema_version)))

    def _came(self, message: Message) -> None:
        if isinstance(message, StartStreaming):
            self._on_start_streaming(message)
        elif isinstance(message, Changes):
            self._on_changes(message)
        elif isinstance(message, RejectChanges):
            # the server's cursor is behind ours; only a fresh greeting tells it (#2)
            self.close(Close(CloseCode.NORMAL_CLOSURE, t("The server missed a message; reconnecting."), regreet=True))
        else:
            raise ProtocolError(t("{message} is not allowed here.", message=type(message).__name__))

    def ponged(self) -> None:
        """Note that the backlog has come: the server sends it right after it has asked, so before the pong."""
        self._heard = True

    @property
    def all_received(self) -> bool:
        """Whether the server's backlog is on our disk; False until it can have come."""
        return self._heard and super().all_received

    def _on_start_streaming(self, message: StartStreaming) -> None:
        self.phase = Phase.MET
        self._heard = False
        self._actions.append(Ping())
        self._excluded = frozenset(message.exclude_sites)
        self._local_only = message.local_only
        self._filters = True
        others = [site for site in message.exclude_sites if site != self.here.site_id]
        if self.peer is None and others:
            self._meet(others[0])
        self._stream_from(message.since.version)
        self._reset_watchdog()

    def _reset_watchdog(self) -> None:
        settled = self.outbound.confirmed >= self.outbound.position
        self._deadline = self.now() + (REFRESH if settled else QUIET)

    def _quiet(self) -> None:
        self.close(Close(CloseCode.NORMAL_CLOSURE, t("Sending the greeting again."), regreet=True))

    def _gap(self) -> None:
        self.close(Close(CloseCode.NORMAL_CLOSURE, t("The server left a gap; reconnecting."), regreet=True))

    def _silence(self) -> str:
        return t("The server did not answer the greeting: it may not know this room, or its schema differs.")  # (#5)


class VlcnHubSession(_VlcnSession):
    """A session with a published ``ws-client`` that has dialled us: it announces itself, we ask and push."""

    _mask_author = True

    def start(self) -> None:
        """Say nothing yet, as the client begins."""

    def _quiet(self) -> None:
        """Do nothing, as greeting again is the client's business."""

    def _came(self, message: Message) -> None:
        if isinstance(message, AnnouncePresence):
            self._on_announce(message)
        elif not self.greeted:
            raise ProtocolError(t("{message} came before AnnouncePresence.", message=type(message).__name__))
        elif isinstance(message, Changes):
            self._on_changes(message)
        elif isinstance(message, RejectChanges) and self.outbound.asked:
            self._stream_from(min(message.since.version, self.outbound.position))
        else:
            raise ProtocolError(t("{message} is not allowed here.", message=type(message).__name__))

    def _on_announce(self, message: AnnouncePresence) -> None:
        here = self.here
        if self.greeted:
            raise ProtocolError(t("A second AnnouncePresence came."))
        if message.sender == here.site_id:
            raise ProtocolError(
                t("The other side has the site id of this room: one is a copy of the other."), code=OwnCloseCode.COPIED
            )
        theirs = (message.schema_name, message.schema_version)
        if here.schema_name is not None and theirs != (here.schema_name, here.schema_version):
            reason = t(
                "This room has the schema {here} in version {here_version}, the client {there} in version"
                " {there_version}.",
                here=here.schema_name,
                here_version=here.schema_version,
                there=printable(theirs[0], 40),
                there_version=theirs[1],
            )
            self.close(Close(OwnCloseCode.SCHEMA, reason, retry=False))
            return
        self.phase = Phase.MET
        self._deadline = None
        self._meet(message.sender)
        self._ask()
        # It announces every clock in its file, also what it has sent to us: the lowest skips nothing (cr-sqlite.md 9)
        seen = (cursor.version for site, cursor in message.last_seens if site == here.site_id)
        self._stream_from(min(seen, default=0))

    def _ask(self) -> None:
        if self.receives:
            since = Cursor(self.inbound.offered, 0)
            self._send(encode(StartStreaming(since, (self.here.site_id,), False)))

    def _on_changes(self, message: Changes) -> None:
        if not self.receives:  # it was never asked for any
            raise ProtocolError(
                t("This connection is read-only: the changes were not accepted."), code=CloseCode.POLICY_VIOLATION
            )
        super()._on_changes(message)

    def _gap(self) -> None:
        self._ask()  # a second StartStreaming rewinds a stock client (cr-sqlite.md 10.6)
