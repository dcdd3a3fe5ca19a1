"""The outbound half of our own dialect: ranges, read part by part and sent within a window.

The peer's Want says where to begin. Each range ends at an upper bound that is fixed with its first part; cells written
later belong to the next range. A range is read as the window allows, one part for each batch, so that neither side ever
holds more than a few batches.
"""

from __future__ import annotations

import abc
from collections import deque
from dataclasses import replace

from engine.change import SENTINEL
from engine.errors import ProtocolError
from engine.tables import Part, Span, weight
from engine.text import t
from engine.wire import MAX_FRAME, Batch, Confirm, Status, Want, encode

from .actions import ReadPart
from .lineage import LineageSession
from .progress import versions_behind
from .vlcn_messages import Versions

WINDOW = 8
"""Batches that may be unconfirmed at a time. The receive queue
(``engine.transport.receive_queue``) is deeper: two busy ends cannot block."""

BATCH_CHANGES = 2_000
BATCH_BYTES = 512 * 1024
"""Bounds of one Batch, changes and (roughly) bytes. A single larger change still goes, alone."""

WINDOW_BYTES = WINDOW * BATCH_BYTES
"""Unconfirmed bytes after which no further batch goes: large changes are under way one at a time, not eight."""


class SendingSession(LineageSession):
    """What a session of the own dialect knows of its outbound stream."""

    common: tuple[str, ...] = ()
    """The tables that both sides have; only these are exchanged."""

    _want = 0
    _filters = True
    # whether what the peer wrote may be left out: not of one that does not hold all of it
    _by_author = True
    # the range under way: None between two of them
    _span: Span | None = None
    _place = b""
    _late: frozenset[str] = frozenset()
    _outdated = False
    # a range was read to its end, and that end is not sent yet (it held nothing more)
    _owed = False
    # what their latest Want says they hold
    _claimed = 0
    # a part that was read and waits for a new lineage token
    _held: Part | None = None
    _number = 0
    # the sizes of the batches that are not confirmed yet
    _unconfirmed: deque[int]
    _announced = 0
    # about how many versions of the range under way lie behind, for progress
    _behind_out = 0
    # whether any unconfirmed batch holds changes
    _loaded = False
    _behind_in = 0
    _reached = 0
    # whether our last batch, and theirs, said that more follows
    _promised = False
    _more_coming = False

    def _on_want(self, want: Want) -> None:
        if not self.sends:
            return
        if want.number <= self._want:
            raise ProtocolError(t("A Want came that is not numbered after the one before."))
        # What they claim to hold counts as far as we remember that they confirmed it: more may come from another
        # file, whose place ours has taken. The same goes for a place in a range that the two may not share.
        resumes = bool(want.place) and want.until <= self._shared_up_to()
        held = want.since if resumes else min(want.since, self.confirmed)
        if held < self.position:
            self._own_versions.clear()
        self.asked = True
        self._held = None
        self._want = want.number
        self._filters = not want.resend
        self._by_author = self._by_author and not want.resend
        self._late = frozenset(self.common) - frozenset(want.tables) if self.local_version else frozenset()
        self._owed = False
        self._outdated = self._reading
        self._place = want.place if resumes else b""
        self._span = Span(held, want.until, self.common, self._late) if resumes else None
        self._claimed = max(want.since, want.until)
        self.position = self.scanned = held
        self._reached = max(self._reached, held)
        self._confirm_sent(held, lower=True)
        if held < want.since or (want.place and not resumes):
            self._doubt()
        self._driver()
        if not self._reading:
            self._ask_due()

    @abc.abstractmethod
    def _doubt(self) -> None:
        """React to a peer that may hold what another file has sent, whose place ours has taken."""

    @abc.abstractmethod
    def _ask_due(self) -> None:
        """Ask for what we lack of their history, unless that was done: nothing told of a copy."""

    @property
    def wanted(self) -> int:
        """How often the peer has asked for our history in this session."""
        return self._want

    def _on_confirm(self, confirm: Confirm) -> None:
        if not self._unconfirmed:
            raise ProtocolError(t("A confirmation came for nothing sent."))
        if confirm.version > self._reached:  # not position: a Want may have set that back meanwhile
            raise ProtocolError(t("A confirmation came for a version that was never sent."))
        self._unconfirmed.popleft()
        self._loaded = self._loaded and bool(self._unconfirmed)
        if confirm.version > self.confirmed:
            self._behind_out = 0
            self._confirm_sent(confirm.version)
        self._driver()

    def read_done(self, result: Versions | Part) -> None:
        assert isinstance(result, Part)
        self._reading = False
        if self.closed:
            return
        if self._outdated:  # read for a Want that another has replaced
            self._outdated = False
            self._driver()
            return
        wanted = self._known_of()
        begins = self._span is None
        if result.newest < wanted:
            self._restored(wanted, result.newest)
            return
        self._ask_due()
        self.local_version = max(self.local_version, result.newest)
        self._place = result.place
        if result.place:
            span = self._span or self._new_span()
            self._span = replace(span, until=result.until)
        else:
            self._span = None
            self._late = frozenset()
            self.scanned = result.until
            self._owed = True
            self._filters = True
        in_parts = begins and result.place and result.until > self._newest_made_at()  # so that they can be resumed
        if result.changes and (in_parts or self._renewal_due()):
            self._held = result
            if not self.wary:
                self._renew()
            return
        if result.changes:
            self._send_batch(result.until, result)
        self._driver()

    def trust(self) -> None:
        """Be wary no longer: the other side has had the time to refuse."""
        self.wary = False
        if self.closed is None:
            self._ask_due()
            if self._held is not None:
                self._renew()

    def renewed(self, tokens: tuple[bytes, ...]) -> None:
        """Go on with what waited for the new token."""
        held, self._held = self._held, None
        if self.closed:
            return
        self._show(tokens)
        if held is not None:
            self._send_batch(held.until, held)
        self._driver()

    def _driver(self) -> None:
        if self.closed or not self.asked or self._reading or self._held is not None:
            return
        if len(self._unconfirmed) >= WINDOW or sum(self._unconfirmed) >= WINDOW_BYTES:
            self._announce()
        elif self._span is not None or self._late or self._unread():
            self._read_part()
        elif self._owed and (self._promised or not self._more_coming):
            # Nothing in there for them, but their clock must pass it. While more of theirs is on its way this waits,
            # for one empty batch later stands for many; whoever has promised more does not wait, or both could.
            self._send_batch(self.scanned, None)

    def _unread(self) -> bool:
        """Whether there is something to read; also when they hold more than we knew of: a fresh look, or a
        restored file."""
        return self.scanned != self.local_version or self._claimed > self.local_version

    def _known_of(self) -> int:
        """The version that our file has reached for sure, unless it was restored."""
        return max(self.scanned, self._claimed, (self._span.until or 0) if self._span is not None else 0)

    def _new_span(self) -> Span:
        return Span(self.scanned, None, self.common, self._late)

    def _read_part(self) -> None:
        self._announce()
        self._reading = True
        self._own_versions = [span for span in self._own_versions if span[1] > self.scanned]
        self._actions.append(
            ReadPart(
                self._span or self._new_span(),
                self._place,
                self.peer if self._filters and self._by_author else None,
                tuple(self._own_versions) if self._filters else (),
                BATCH_CHANGES,
                BATCH_BYTES,
                self._known_of(),
            )
        )

    def _send_batch(self, until: int, part: Part | None) -> None:
        changes = part.changes if part is not None else ()
        place = part.place if part is not None else b""
        more = bool(place) or self.local_version > until
        data = encode(Batch(self._want, self._number, self.position, until, place, more, changes))
        if len(data) > MAX_FRAME:
            largest = max(changes, key=weight)
            column = "" if largest.cid == SENTINEL else t(", in its column “{cid}”", cid=largest.cid)
            self._too_large(len(data), t("a row of “{table}”{column}", table=largest.table, column=column))
            return
        self._number += 1
        self._unconfirmed.append(len(data))
        self._loaded = self._loaded or bool(changes)
        self._promised = more
        self._announced = max(self._announced, until)
        self._reached = max(self._reached, until)
        if place:
            behind = versions_behind(changes, self.common, self.position, until)
            self._behind_out = max(self._behind_out, behind)
        else:
            self.position = until
            self._owed = False
        self._send(data, changes)

    def _announce(self) -> None:
        """Say how far we are when the batches under way do not say it."""
        if self.local_version > self._announced and (self._span is not None or self._promised):
            self._announced = self.local_version
            self._send(encode(Status(self.local_version)))

    @property
    def to_send(self) -> int:
        """About how many versions are left to send or to be confirmed.

        Parts of a range count, though the clock moves at its end; what came over this very link does not.
        """
        if not self.sends or not self.asked:
            return 0
        theirs = sum(after - max(before, self.scanned) for before, after in self._own_versions if after > self.scanned)
        unread = max(0, self.local_version - self.scanned - theirs)
        unconfirmed = self.position - self.confirmed if self._unconfirmed and self._loaded else 0
        left = unread + max(0, unconfirmed)
        return max(1, left - self._behind_out) if left else 0

    @property
    def all_sent(self) -> bool:
        """Whether everything due to the peer has left (it may still be unconfirmed)."""
        if not self.sends:
            return self.greeted
        busy = self._reading or self._held is not None or self._span is not None or self._owed or self._late
        return self.asked and not busy and self.position >= self.local_version

    @property
    def all_confirmed(self) -> bool:
        """Whether everything due to the peer is confirmed to be on its disk."""
        return self.all_sent and not self._unconfirmed
