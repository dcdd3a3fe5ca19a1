"""The outbound half of our own dialect: ranges, read part by part and sent within a window.

The peer's Want says where to begin. Each range ends at an upper bound that is fixed with its first part; cells written
later belong to the next range. A range is read as the window allows, one part for each batch, so that neither side ever
holds more than a few batches.
"""

from __future__ import annotations

import abc
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from engine.change import SENTINEL
from engine.errors import ProtocolError
from engine.session.common_tables import Comparison
from engine.tables import Columns, Part, Span, weight
from engine.text import t
from engine.wire import COUNTING, MAX_FRAME, Batch, Coming, Confirm, EncodedChanges, Status, Want, encode

from . import batch_limits, endings
from .actions import ReadPart, Snapshot
from .lineage import LineageSession
from .progress import versions_behind
from .vlcn_messages import Versions


@dataclass(slots=True)
class Request:
    """The peer's latest Want."""

    number: int = 0
    claimed: int = 0
    """The version up to which it says that the peer holds our history."""
    filters: bool = True
    """Whether what the peer need not get may be left out, until all that it asks for is read."""
    by_author: bool = True
    """Whether that includes what the peer wrote itself; not if the peer may have lost some of it."""


@dataclass(slots=True)
class Range:
    """The range of our history that is being read and sent."""

    span: Span | None = None
    """None between two ranges."""
    place: bytes = b""
    """Where in it the next part begins."""
    late: frozenset[str] = frozenset()
    """Tables that the peer's clock does not cover; the next range, or the current one, has all of their changes."""
    late_columns: Columns = ()
    """Likewise, columns of other tables."""
    held: Part | None = None
    """A part that was read and waits for a new lineage token."""
    outdated: bool = False
    """Whether the part that is being read is for a Want that another has replaced."""
    owed: bool = False
    """Whether a range was read to its end and that end has not been sent, as nothing more was in it."""
    behind: int = 0
    """About how many of its versions are over there, for progress."""
    left: int | None = None
    """About how many of its changes have not been sent; None while nobody has counted them."""
    left_told: bool = False
    """Whether the other side has been told that."""

    @property
    def due(self) -> bool:
        """Whether one is to be read, whatever was written since the one before."""
        return self.span is not None or bool(self.late or self.late_columns)


@dataclass(slots=True)
class Window:
    """The batches that the peer has not confirmed."""

    number: int = 0
    """How many were sent in this session."""
    sizes: deque[int] = field(default_factory=deque)
    """Their sizes, in bytes."""
    counts: deque[int] = field(default_factory=deque)
    """How many changes each has."""
    loaded: bool = False
    """Whether any of them holds changes."""
    reached: int = 0
    """The highest version that the peer may confirm."""
    announced: int = 0
    """Our highest version that the peer has heard of."""
    promised: bool = False
    """Whether the latest batch said that more follows."""

    @property
    def full(self) -> bool:
        """Whether no further batch may go."""
        return len(self.sizes) >= batch_limits.WINDOW or sum(self.sizes) >= batch_limits.WINDOW_BYTES


class SendingSession(LineageSession):
    """The part of a session in our own dialect that sends."""

    def __init__(self, here: Snapshot, *, now: Callable[[], float], sends: bool = True, receives: bool = True) -> None:
        super().__init__(here, now=now, sends=sends, receives=receives)
        self._request = Request()
        self._range = Range()
        self._window = Window()
        self._partly_by: Comparison | None = None
        self._partly_then: Columns = ()

    def _on_want(self, want: Want) -> None:
        if not self.sends:
            return
        outbound, request = self.outbound, self._request
        if want.number <= request.number:
            raise ProtocolError(t("A Want came whose number does not follow the previous one."))
        # What they claim to hold counts as far as we remember that they confirmed it: more may come from another
        # file, whose place ours has taken. The same goes for a place in a range that the two may not share.
        resumes = bool(want.place) and want.until <= self._shared_up_to()
        held = want.since if resumes else min(want.since, outbound.confirmed)
        if held < outbound.position:
            outbound.own_versions.clear()
        outbound.asked = True
        self._request = Request(
            number=want.number,
            claimed=max(want.since, want.until),
            filters=not want.resend,
            by_author=request.by_author and not want.resend,
        )
        late = frozenset(self.common) - frozenset(want.tables) if self.local_version else frozenset()
        late_columns = tuple(
            (name, columns)
            for name, listed in want.late
            if name in self.common and name not in late and (columns := self.common_columns[name].intersection(listed))
        )
        self._range = Range(
            span=Span(held, want.until, self.common, late, self._partly, late_columns) if resumes else None,
            place=want.place if resumes else b"",
            late=late,
            late_columns=late_columns if self.local_version else (),
            outdated=outbound.reading,
            behind=self._range.behind,
        )
        outbound.position = outbound.scanned = held
        self._window.reached = max(self._window.reached, held)
        self._confirm_sent(held, lower=True)
        if held < want.since or (want.place and not resumes):
            self._doubt()
        self._advance()
        if not outbound.reading:
            self._ask_due()

    @abc.abstractmethod
    def _doubt(self) -> None:
        """React to a peer that may hold changes of another file, whose place ours has taken."""

    @abc.abstractmethod
    def _ask_due(self) -> None:
        """Ask for what we lack of the peer's history, if that is still to be done: nothing has revealed a copied
        file."""

    @property
    def wanted(self) -> int:
        """How often the peer has asked for our history in this session."""
        return self._request.number

    def _on_confirm(self, confirm: Confirm) -> None:
        window = self._window
        if not window.sizes:
            raise ProtocolError(t("A confirmation came, but nothing was sent."))
        if confirm.version > window.reached:  # not position: a Want may have set that back meanwhile
            raise ProtocolError(t("A confirmation came for a version that was never sent."))
        window.sizes.popleft()
        window.counts.popleft()
        window.loaded = window.loaded and bool(window.sizes)
        if confirm.version > self.outbound.confirmed:
            self._range.behind = 0
            self._confirm_sent(confirm.version)
        self._advance()

    def read_done(self, result: Versions | Part) -> None:
        assert isinstance(result, Part)
        self.outbound.reading = False
        if self.closed:
            return
        current = self._range
        if current.outdated:
            current.outdated = False
            self._advance()
            return
        known = self._known_version()
        begins = current.span is None
        if result.newest < known:
            self.close(endings.set_back(known, result.newest))
            return
        self._ask_due()
        self.local_version = max(self.local_version, result.newest)
        current.place = result.place
        if result.place and current.left is None:
            current.left = result.left + len(result.changes)
        if result.place:
            current.span = replace(current.span or self._new_span(), until=result.until)
        else:
            current.span = current.left = None
            current.left_told = False
            current.late, current.late_columns = frozenset(), ()
            current.owed = True
            self.outbound.scanned = result.until
            self._request.filters = True
        in_parts = begins and result.place and result.until > self._newest_made_at()  # so that they can be resumed
        if result.changes and (in_parts or self._renewal_due()):
            current.held = result
            if not self.wary:
                self._renew()
            return
        if result.changes:
            self._send_batch(result.until, result)
        self._advance()

    def trust(self) -> None:
        """Stop being wary, as the other side has had time to refuse."""
        self.wary = False
        if self.closed is None:
            self._ask_due()
            if self._range.held is not None:
                self._renew()

    def renewed(self, tokens: tuple[bytes, ...]) -> None:
        """Send what waited for the new token."""
        held, self._range.held = self._range.held, None
        if self.closed:
            return
        self._show(tokens)
        if held is not None and self.closed is None:
            self._send_batch(held.until, held)
        self._advance()

    def _advance(self) -> None:
        current = self._range
        if self.closed or not self.outbound.asked or self.outbound.reading or current.held is not None:
            return
        if self._window.full:
            self._announce()
        elif current.due or self._unread():
            self._read_part()
        elif current.owed and (self._window.promised or not self.inbound.more_coming):
            # Nothing in there for them, but their clock must pass it. While more of theirs is on its way this waits,
            # for one empty batch later stands for many; whoever has promised more does not wait, or both could.
            self._send_batch(self.outbound.scanned, None)

    def _unread(self) -> bool:
        """Return whether there is something to read.

        That is also so if the peer holds more than we know of: our file is newer than our last look, or was restored.
        """
        return self.outbound.scanned != self.local_version or self._request.claimed > self.local_version

    def _known_version(self) -> int:
        """Return the version that our file has certainly reached, unless it was restored."""
        span = self._range.span
        return max(self.outbound.scanned, self._request.claimed, (span.until or 0) if span is not None else 0)

    def _new_span(self) -> Span:
        late, late_columns = self._range.late, self._range.late_columns
        return Span(self.outbound.scanned, None, self.common, late, self._partly, late_columns)

    @property
    def _partly(self) -> Columns:
        """The columns that the peer has, of the tables of which it does not have all of ours."""
        if self._partly_by is self.tables:  # as mostly: what the two have in common seldom changes
            return self._partly_then
        ours = {shape.name: len(shape.columns) for shape in self.here.tables}
        some = (name for name in self.common if len(self.common_columns[name]) < ours[name])
        self._partly_then = tuple((name, self.common_columns[name]) for name in some)
        self._partly_by = self.tables
        return self._partly_then

    def _read_part(self) -> None:
        self._announce()
        outbound, request = self.outbound, self._request
        outbound.reading = True
        outbound.own_versions = [span for span in outbound.own_versions if span[1] > outbound.scanned]
        self._actions.append(
            ReadPart(
                self._range.span or self._new_span(),
                self._range.place,
                self.peer if request.filters and request.by_author else None,
                tuple(outbound.own_versions) if request.filters else (),
                batch_limits.BATCH_CHANGES,
                batch_limits.BATCH_BYTES,
                self._known_version(),
                self._range.left is None,
            )
        )

    def _send_batch(self, until: int, part: Part | None) -> None:
        outbound, window = self.outbound, self._window
        changes = part.changes if part is not None else ()
        place = part.place if part is not None else b""
        more = bool(place) or self.local_version > until
        head = self._request.number, window.number, outbound.position, until, place, more
        if isinstance(changes, EncodedChanges):
            data = changes.message(head, lambda: encode(Batch(*head, changes)))
        else:
            data = encode(Batch(*head, changes))
        if len(data) > MAX_FRAME:
            largest = max(changes, key=weight)
            if largest.cid == SENTINEL:
                where = t("a row of “{table}”", table=largest.table)
            else:
                where = t("the column “{column}” of a row of “{table}”", column=largest.cid, table=largest.table)
            self._too_large(len(data), where)
            return
        if place and self._range.left and not self._range.left_told and self.protocol >= COUNTING:
            self._range.left_told = True
            self._send(encode(Coming(self._range.left)))
        window.number += 1
        window.sizes.append(len(data))
        window.counts.append(len(changes))
        window.loaded = window.loaded or bool(changes)
        window.promised = more
        window.announced = max(window.announced, until)
        window.reached = max(window.reached, until)
        if place:
            behind = versions_behind(changes, self.common, outbound.position, until)
            self._range.behind = max(self._range.behind, behind)
            self._range.left = max(0, (self._range.left or 0) - len(changes))
        else:
            outbound.position = until
            self._range.owed = False
        self._send(data, changes)

    def _announce(self) -> None:
        """Announce our version, unless batches on their way announce it."""
        window = self._window
        if self.local_version > window.announced and (self._range.span is not None or window.promised):
            window.announced = self.local_version
            self._send(encode(Status(self.local_version)))

    @property
    def to_send(self) -> int:
        """Estimate how many versions are still to be sent or confirmed.

        Parts of a range that have arrived are deducted, though the clock moves only at its end; what came over this
        very link does not count.
        """
        outbound = self.outbound
        if not self.sends or not outbound.asked:
            return 0
        scanned = outbound.scanned
        theirs = sum(after - max(before, scanned) for before, after in outbound.own_versions if after > scanned)
        unread = max(0, self.local_version - scanned - theirs)
        loaded = self._window.sizes and self._window.loaded
        unconfirmed = outbound.position - outbound.confirmed if loaded else 0
        left = unread + max(0, unconfirmed)
        return max(1, left - self._range.behind) if left else 0

    @property
    def changes_to_send(self) -> int:
        """Estimate how many changes are still to be sent or confirmed; at least one for each version."""
        left = self.to_send
        return max(left, sum(self._window.counts) + (self._range.left or 0)) if left else 0

    @property
    def changes(self) -> int:
        """How many changes this session has sent, as far as they are confirmed, and received and merged."""
        return super().changes - sum(self._window.counts)

    @property
    def all_sent(self) -> bool:
        """Whether everything due to the peer has left (it may still be unconfirmed)."""
        if not self.sends:
            return self.greeted
        outbound, current = self.outbound, self._range
        busy = outbound.reading or current.held is not None or current.due or current.owed
        return outbound.asked and not busy and outbound.position >= self.local_version

    @property
    def all_confirmed(self) -> bool:
        """Whether everything due to the peer is confirmed to be on its disk."""
        return self.all_sent and not self._window.sizes
