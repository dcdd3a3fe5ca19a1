"""The part that every dialect shares: one sync session as a state machine without I/O.

A session is fed with what happened (``receive``, ``local_changed``, ``read_done``, ``merge_done``, ``failed``,
``known``, ``renewed``, ``kept``, ``flushed``, ``carried``, ``tick``) and is then emptied with ``take()``, which returns
the actions to perform. It opens no file, no socket and no clock of its own, so that tests can run thousands of them.

The hard rule lives here: ``_accept`` is the only place that builds a ``Merge`` with a received clock, and it refuses a
batch that does not continue what was accepted before.
"""

from __future__ import annotations

import abc
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.change import MAX_VERSION, Change
from engine.errors import FileReplaced, ProtocolError, SynclineError, WireError
from engine.ids import SiteId
from engine.session.common_tables import parked_here
from engine.table_shape import Parked, ParkedTable, Shape, Shared
from engine.tables import Bases, MergeResult, Part, Place, Received
from engine.text import t
from engine.wire import Message, decode

from . import endings
from .actions import Action, Close, Merge, RecordSent, Send, Snapshot
from .answers import Answers
from .close_codes import CloseCode, OwnCloseCode
from .streams import Inbound, Outbound, Phase, SessionFacts
from .vlcn_messages import Versions

GREETING_TIMEOUT = 15.0
"""Seconds that a peer has to answer the greeting."""


class Session(Answers, abc.ABC):
    """One session over one connection.

    Args:
        here: the replica when the session began.
        now: the clock, in seconds; only differences matter.
        sends: whether our changes go to the peer.
        receives: whether the peer's changes come to us.
    """

    confirms: bool
    """Whether peers of this dialect confirm each batch; if not, only a fresh greeting does."""

    paced = True
    """Whether it waits with what it sends next until all before it has left (``flushed``)."""

    greets_first = True
    """Whether nothing but small messages can come before we have answered the peer's greeting."""

    def __init__(self, here: Snapshot, *, now: Callable[[], float], sends: bool = True, receives: bool = True) -> None:
        self.here = here
        self.now = now
        self.sends = sends
        self.receives = receives
        # who is on the other side, and how far the two have met
        self.peer: SiteId | None = None
        self.phase = Phase.GREETING
        # our file's version, the peer's history here, and ours over there
        self.local_version = here.db_version
        self.inbound = Inbound()
        self.outbound = Outbound()
        # the end: why, and whether that is because one of the two files is a copy, or a restored one
        self.closed: Close | None = None
        self.failure: SynclineError | None = None
        self.copied = False
        # for the status: what the session leaves out
        self.remark = ""
        # what the driver is to do, and when to call tick
        self._actions: deque[Action] = deque()
        self._deadline: float | None = self.now() + GREETING_TIMEOUT

    # Inputs

    @abc.abstractmethod
    def start(self) -> None:
        """Begin; call once, when the connection is open."""

    @abc.abstractmethod
    def _came(self, message: Message) -> None:
        """Handle what came in one frame; may raise ProtocolError."""

    def receive(self, data: bytes | Message) -> None:
        """Take one binary frame from the peer, or the message in it where somebody has read that already.

        Bad bytes close the session; nothing is raised.
        """
        if self.closed:
            return
        try:
            self._came(decode(data) if isinstance(data, bytes) else data)
        except WireError as error:
            self.misread(error)
        except ProtocolError as error:
            self.close(Close(error.code, str(error)))

    def misread(self, error: WireError) -> None:
        """Close the session, as a frame from the peer was not a message."""
        self.close(endings.misread(error))

    def local_changed(self, version: int) -> None:
        """Note that our file is at ``version`` (its db_version) now. Calling this too often does no harm."""
        if version > self.local_version:
            self.local_version = version
        self._advance()

    def schema_changed(self, tables: Sequence[Shape], parked: Sequence[Parked]) -> None:
        """Compare the tables of our file, and those that are parked, with what was announced; if they differ, both
        sides must greet again."""
        if sorted(tables) != sorted(self.here.tables) or tuple(parked) != self.here.parked:
            self.close(endings.ALTERED)

    @abc.abstractmethod
    def read_done(self, result: Versions | Part) -> None:
        """Take the answer to a ``Read`` or ``ReadPart``. What is in ``result`` is durable on our disk."""

    def merge_done(self, results: Sequence[MergeResult]) -> None:
        """Take the answer to a ``Merge``: it is committed, with one result for each transaction it took; the last one
        held the clock."""
        merge = self.inbound.merged()
        for result in results:
            self.outbound.note_own_versions(result.before, result.after)
            self.local_version = max(self.local_version, result.after)
        if self.closed:
            return
        self._merged(merge)
        self._next_merge()
        self._advance()

    def failed(self, error: SynclineError) -> None:
        """End the session, as a ``Read`` or ``Merge`` has failed. Nothing of it was kept."""
        self.outbound.reading = self.inbound.merging = False
        self.inbound.merges.clear()
        self.close(endings.failed(error, shapes_compared=self.confirms))
        if not isinstance(error, FileReplaced):
            self.failure = error

    def flushed(self) -> None:
        """Note that every frame given to ``Send`` has left. A session that is not ``paced`` need not be told."""
        self._advance()

    def tick(self) -> None:
        """Act on timeouts; call at or after ``deadline()``."""
        if self.closed or self._deadline is None or self.now() < self._deadline:
            return
        if not self.greeted:
            self.close(Close(CloseCode.PROTOCOL_ERROR, self._silence()))
        else:
            self._deadline = None
            self._quiet()

    # Outputs

    def take(self) -> list[Action]:
        """Return the actions to perform, in order, and forget them."""
        actions = list(self._actions)
        self._actions.clear()
        return actions

    @property
    def actions(self) -> deque[Action]:
        """The actions themselves, for a driver that takes away one after the other as it has performed it."""
        return self._actions

    def deadline(self) -> float | None:
        """Return when to call ``tick`` next, on the clock given as ``now``; None for never."""
        return None if self.closed else self._deadline

    @property
    def to_receive(self) -> int:
        """How many versions the peer announced that are not on our disk yet."""
        return self.inbound.to_receive if self.receives else 0

    @property
    def to_send(self) -> int:
        """How many of our versions the peer has not confirmed yet."""
        return max(0, self.local_version - self.outbound.confirmed) if self.sends and self.outbound.asked else 0

    @property
    def changes_to_receive(self) -> int | None:
        """How many changes the peer announced that are not on our disk yet; None where that is not known."""
        return None if self.to_receive else 0

    @property
    def changes_to_send(self) -> int | None:
        """How many of our changes the peer has not confirmed yet; None where that is not known."""
        return None if self.to_send else 0

    @property
    def all_received(self) -> bool:
        """Whether everything that the peer announced is on our disk."""
        return self.greeted and not self.inbound.merging and not self.inbound.merges and self.to_receive == 0

    @property
    def greeted(self) -> bool:
        """Whether the peer has greeted."""
        return self.phase >= Phase.GREETED

    @property
    def kin(self) -> bool:
        """Whether the other file has proved to be the one that ours knows; only our own dialect can tell."""
        return False

    @property
    def note(self) -> str:
        """What to add to the status: what this session leaves out, or what ``remark`` was set to; may be empty."""
        return self.remark

    @property
    def parked(self) -> tuple[ParkedTable, ...]:
        """The tables that both sides have, and that are not synced for now; where the other side does not say what it
        has, all that are parked here."""
        return tuple(map(parked_here, self.here.parked))

    @property
    def one_sided(self) -> tuple[str, ...]:
        """Which columns stay on one side, a sentence for each side that has any; ``note`` has them too."""
        return ()

    @property
    def shared(self) -> Shared | None:
        """How many tables the two sides share; None where the other side does not tell what it has."""
        return None

    @property
    def nothing_left(self) -> bool:
        """Whether no table that both sides have is left to be synced: all are parked."""
        return False

    @property
    @abc.abstractmethod
    def all_sent(self) -> bool:
        """Whether everything due to the peer has left (it may still be unconfirmed)."""

    @property
    @abc.abstractmethod
    def all_confirmed(self) -> bool:
        """Whether everything due to the peer is confirmed to be on its disk."""

    @property
    def in_sync(self) -> bool:
        """Connected, everything announced is on our disk, nothing due is unconfirmed."""
        return self.closed is None and self.greeted and self.all_confirmed and self.all_received

    @property
    def peer_reads_templates(self) -> bool:
        """Whether the peer may be told templates with arguments (``engine.peer_text``)."""
        return False

    @property
    def changes(self) -> int:
        """How many changes this session has sent, and received and merged."""
        return self.outbound.changes + self.inbound.changes

    def facts(self) -> SessionFacts:
        """Return what the session knows of itself now; take it once for each step."""
        return SessionFacts(
            peer=self.peer,
            greeted=self.greeted,
            kin=self.kin,
            closed=self.closed is not None,
            confirms=self.confirms,
            received=self.inbound.received,
            confirmed=self.outbound.confirmed,
            to_receive=self.to_receive,
            to_send=self.to_send,
            changes_to_receive=self.changes_to_receive,
            changes_to_send=self.changes_to_send,
            all_received=self.all_received,
            all_sent=self.all_sent,
            in_sync=self.in_sync,
            parked=self.parked,
            one_sided=self.one_sided,
            shared=self.shared,
            note=self.note,
            changes=self.changes,
        )

    # For the dialects

    def close(self, closed: Close) -> None:
        """End the session: the driver closes the socket. What it ended with first stays."""
        if self.closed is None:
            self.copied = self.copied or closed.code == OwnCloseCode.COPIED
            self.closed = closed
            self._actions.append(closed)

    def _accept(
        self,
        changes: Sequence[Change],
        *,
        since: int,
        until: int,
        stock: bool = False,
        place: Place | None = None,
        tables: tuple[str, ...] | None = None,
        keep: bool = True,
        resend: bool = False,
        covered: Bases = (),
        bases: Bases = (),
        arrived: tuple[tuple[str, tuple[bytes, ...]], ...] = (),
    ) -> None:
        """Queue a batch for merging. The hard rule: it must continue what was accepted before it.

        With a ``place`` the batch is a part of a range, and leaves the clock where it is; the last part has none, and
        its clock covers ``tables``. Without ``keep`` only the changes count (they answer an older Want). ``resend``:
        they were asked for without filters. ``covered``: the tables and columns of which it holds everything since
        ``since``. ``bases``: what the batch rests on in our tables. ``arrived``: as in ``Received``.
        """
        assert self.peer is not None
        if not 0 <= since < MAX_VERSION or not 0 <= until < MAX_VERSION:
            raise ProtocolError(t("A clock from the other side is out of range."), code=CloseCode.POLICY_VIOLATION)
        offered = self.inbound.offered
        if keep and since > offered:
            raise ProtocolError(
                t("The changes from version {first} to {last} are missing.", first=offered, last=since),
                code=OwnCloseCode.MISSING,
            )
        self.inbound.announced = max(self.inbound.announced or 0, until)
        author = self.peer if stock else None
        received = None
        if not keep:
            until, place = min(since, offered), None  # it may continue answers that were not kept either
        elif place is not None:
            until = since
        elif until > since or tables is not None:
            received = Received(self.peer, until, since, tables, resend, covered, bases, arrived)
            self.inbound.offered = max(offered, until)
        self.inbound.merges.append(
            Merge(
                tuple(changes),
                until,
                received,
                author=author,
                js_numbers=stock,
                place=place,
                tables=tables or (),
                source=self.peer,
            )
        )
        self._next_merge()

    def _next_merge(self) -> None:
        if self.inbound.merges and not self.inbound.merging:
            self.inbound.merging = True
            self._actions.append(replace(self.inbound.merges[0], tokens=self._shown_by_peer()))

    def _shown_by_peer(self) -> frozenset[bytes]:
        """Return the tokens that the peer's file has shown on this connection, if the dialect has any."""
        return frozenset()

    def _too_large(self, size: int, where: str) -> None:
        """End the session, as a frame that is due is larger than the other side accepts."""
        self.failure, closed = endings.too_large(size, where)
        self.close(closed)

    def _send(self, data: bytes, changes: Sequence[Change] = ()) -> None:
        self.outbound.changes += len(changes)
        self._actions.append(Send(data, changes if isinstance(changes, tuple) else tuple(changes)))

    def _confirm_sent(self, version: int, *, lower: bool = False) -> None:
        """Take the peer's word for what it holds of our history."""
        outbound = self.outbound
        if version > outbound.confirmed or lower:
            outbound.confirmed = version
        if self.peer is not None and outbound.recorded != outbound.confirmed:
            outbound.recorded = outbound.confirmed
            self._actions.append(RecordSent(self.peer, outbound.confirmed))

    def _meet(self, site_id: SiteId) -> None:
        """Note who the peer is, and what our file knows of it."""
        self.peer = site_id
        self.inbound.offered = self.inbound.received = self.here.received.get(site_id, 0)
        self.outbound.recorded = self.here.sent.get(site_id)

    @abc.abstractmethod
    def _advance(self) -> None:
        """Ask for the next read, if something is due and the peer can take it."""

    @abc.abstractmethod
    def _merged(self, merge: Merge) -> None:
        """React to a committed batch (confirm it, say)."""

    def _silence(self) -> str:
        return t("No answer to the greeting within {seconds:.0f} s.", seconds=GREETING_TIMEOUT)

    @abc.abstractmethod
    def _quiet(self) -> None:
        """React to the quiet time-out that the dialect had set in ``_deadline``."""
