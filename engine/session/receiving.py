"""The inbound half of our own dialect: asking for the peer's history, and taking its batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from engine.errors import ProtocolError
from engine.tables import Bases, Known, Place
from engine.text import t
from engine.wire import COLUMNS, Batch, Coming, Confirm, SendAgain, Want, encode

from .actions import AskAgain, Merge, Snapshot
from .close_codes import OwnCloseCode
from .lineage import LineageSession
from .progress import versions_behind


@dataclass(slots=True)
class Asking:
    """What we have asked the peer for."""

    number: int = 0
    """Of our latest Want."""
    first: tuple[int, Bases, Place | None] | None = None
    """The first Want, until it is sent: since when, what is covered, the place where a range continues."""
    unanswered: tuple[int, bool] | None = None
    """Our latest Want, until a batch answers it: since when, and whether without filters. None if it has a place."""
    covered: Bases = ()
    """The tables and columns of which the batches that come hold everything since the version where they begin."""
    resend: bool = False
    """Whether ``ask_again`` is in progress: nothing may be left out of what arrives."""
    doubts: bool = False
    """Whether to ask again once the first Want is due."""
    forgetful: bool = False
    """Whether our file may have lost what it wrote itself: nothing may be left out because of its author."""


@dataclass(slots=True)
class Coverage:
    """What our clock of the peer covers, of the tables and columns that both have."""

    held: Bases = ()
    lacking: bool = False
    """Whether the peer has history of tables or columns that it does not cover."""
    bases: Bases = ()
    """All of these tables and columns, as they are here; a table that has started over is recognized by it."""


class ReceivingSession(LineageSession):
    """The part of a session in our own dialect that receives."""

    def __init__(self, here: Snapshot, *, now: Callable[[], float], sends: bool = True, receives: bool = True) -> None:
        super().__init__(here, now=now, sends=sends, receives=receives)
        self._asking = Asking()
        self._coverage = Coverage()
        self._next_batch = 0
        """The number that the next batch must have."""

    # Asking

    def _rest_on(self, known: Known) -> bool:
        """Note which tables we receive; return whether all of them are there, with all columns."""
        now = dict(known.bases)
        self._coverage.bases = bases = tuple(
            (name, now[name].of(self.common_columns[name])) for name in self.common if name in now
        )
        return len(bases) == len(self.common) and all(one.columns == self.common_columns[name] for name, one in bases)

    def _begin_receiving(self, known: Known) -> None:
        """Go on where our file is with the peer's history."""
        self.inbound.offered = self.inbound.received = known.received
        coverage, held = self._coverage, dict(known.covered)
        covered = ((name, held[name].of(one.columns)) for name, one in coverage.bases if name in held)
        if self.protocol < COLUMNS:  # there, a table is held as a whole
            covered = (one for one in covered if one in coverage.bases)
        coverage.held = tuple(covered)
        self._asking.forgetful = known.forgetful
        if self.receives and self.common:
            coverage.lacking = coverage.held != coverage.bases and bool(self.inbound.announced)
            place = self._place(known)
            self._asking.first = place.since if place is not None else known.received, coverage.held, place
            if not self.wary:
                self._ask_due()

    def _place(self, known: Known) -> Place | None:
        """Return where a range that was cut continues, if it had the same tables and columns.

        Otherwise it starts over if it was asked for without filters, or else there is none.
        """
        place = known.place
        if place is None or not place.token or dict(place.bases) == dict(self._coverage.bases):
            return place
        return replace(place, until=0, token=b"", bases=()) if place.resend else None

    def ask_again(self, since: int = 0) -> None:
        """Ask the peer for its history above ``since`` once more, without filters (to repair a difference).

        The request stays on our disk until it has been fulfilled, in a later session if need be.
        """
        assert self.peer is not None
        self._actions.append(AskAgain(self.peer, since))
        self._asking.resend = True
        self._ask(since, self._coverage.held, None)

    def send_again(self) -> None:
        """Have the peer ask for all of our history once more, without filters."""
        self._send(encode(SendAgain()))

    @property
    def asking_again(self) -> bool:
        """Whether some of what ``ask_again`` asked for is still missing."""
        return self._asking.resend

    def _on_send_again(self) -> None:
        if self.receives and self._asking.unanswered != (0, True):  # else that very answer is on its way
            self.ask_again()

    def _doubt(self) -> None:
        """Ask again without filters, once that is due: the peer may hold changes that we once made and have lost."""
        self._asking.doubts = self.receives and not self._asking.resend
        if not self.wary:
            self._ask_due()

    def _ask_due(self) -> None:
        asking = self._asking
        first, asking.first = asking.first, None
        doubts, asking.doubts = asking.doubts, False
        if doubts:
            self.ask_again(self.inbound.received)
        elif first is not None:
            self._ask(*first)

    def _ask(self, since: int, covered: Bases, place: Place | None) -> None:
        asking = self._asking
        asking.number += 1
        asking.unanswered = (since, asking.resend) if place is None else None
        asking.covered = covered
        self.inbound.coming = 0
        if place is not None:
            asking.resend = place.resend
        until, token = (place.until, place.token) if place is not None else (0, b"")
        resend = asking.resend or asking.forgetful
        held = dict(covered)
        late = tuple(
            (name, tuple(sorted(columns)))
            for name, one in self._coverage.bases
            if name in held and (columns := one.columns - held[name].columns)
        )
        self._send(encode(Want(asking.number, since, tuple(held), resend, until, token, late)))

    # Taking

    def _on_batch(self, batch: Batch) -> None:
        asking, bases = self._asking, self._coverage.bases
        if not self.receives or self.peer is None:
            raise ProtocolError(t("Changes came, but this side only sends: you can only read."))
        if batch.number != self._next_batch:
            missing = t(
                "Batch {next_number} is missing: {number} came instead.",
                next_number=self._next_batch,
                number=batch.number,
            )
            raise ProtocolError(missing, code=OwnCloseCode.MISSING)
        if not 0 < batch.want <= asking.number:
            raise ProtocolError(t("A batch came that was never asked for."))
        if not self.kin:
            raise ProtocolError(t("A batch came before Lineage."))
        self._next_batch += 1
        self.inbound.more_coming = batch.more
        self.inbound.coming = max(0, self.inbound.coming - len(batch.changes)) if batch.place else 0
        place = None
        if batch.place:
            place = Place(self.peer, batch.since, batch.until, batch.place, asking.resend, bases)
            behind = versions_behind(batch.changes, self.common, batch.since, batch.until)
            self.inbound.behind = max(self.inbound.behind, behind)
        current = batch.want == asking.number
        if current:
            asking.unanswered = None
        self._accept(
            batch.changes,
            since=batch.since,
            until=batch.until,
            place=place,
            tables=self.common,
            keep=current,
            resend=asking.resend,
            covered=asking.covered,
            bases=bases,
            arrived=self._arrived(batch.until) if current and place is None else (),
        )
        if current and place is None:
            asking.covered = bases  # what follows goes on from there

    def _on_coming(self, coming: Coming) -> None:
        if self.receives:
            self.inbound.coming = coming.changes

    def _merged(self, merge: Merge) -> None:
        if merge.received is not None:
            self.inbound.behind = 0
            self._coverage.lacking = False
            self._coverage.held = self._coverage.bases
            self._asking.resend = self._asking.resend and not merge.received.resend
        self._send(encode(Confirm(merge.until)))

    @property
    def to_receive(self) -> int:
        """Estimate how many versions are left.

        Parts of a range that have arrived are deducted, though the clock moves only at its end.
        """
        left = super().to_receive
        return max(1, left - self.inbound.behind) if left else 0

    @property
    def changes_to_receive(self) -> int:
        """Estimate how many changes are left: those that the peer has told of, and those that wait to be merged; at
        least one for each version."""
        left = self.to_receive
        if not left:
            return 0
        return max(left, self.inbound.coming + sum(len(merge.changes) for merge in self.inbound.merges))

    @property
    def all_received(self) -> bool:
        """Whether everything that the peer announced is on our disk, of every table that both have."""
        announced = self._coverage.lacking or self._tokens.keeping
        return super().all_received and self.kin and not announced
