"""What keeps one link from syncing, and when to call a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.errors import SynclineError, TablesParked
from engine.ids import PeerId
from engine.links.reporter import Reporter
from engine.links.retry_policy import LEFT, Policies, Trouble
from engine.session.common_tables import together
from engine.table_shape import ParkedTable


class Troubles:
    """The trouble of one link, from an attempt that fails until one succeeds.

    Args:
        peer: its id.
        policies: when to try again after which error.
        reporter: told once about each kind of trouble for which a person may be needed.

    Attributes:
        now: the trouble; None if there is none.
    """

    def __init__(self, peer: PeerId, reporter: Reporter, policies: Policies) -> None:
        self.now: Trouble | None = None
        self._peer = peer
        self._reporter = reporter
        self._policies = policies
        self._called_for: set[str] = set()
        """The kinds of trouble for which a person was called, until an attempt succeeds."""
        self._parked: tuple[ParkedTable, ...] = ()
        """What was left out the last time that everything else was synced."""

    @property
    def needs_you(self) -> bool:
        """Whether probably only a person can fix it."""
        return self.now is not None and self.now.policy.needs_you

    @property
    def wakes(self) -> bool:
        """Whether a change of our file may fix it."""
        return self.now is not None and self.now.policy.wakes

    @property
    def copied(self) -> bool:
        """Whether one of the two files was found to be a copy, or restored from one."""
        return self.now is not None and self.now.copied

    @property
    def lost(self) -> bool:
        """Whether nobody answers at the peer's address, or somebody else does."""
        return self.now is not None and self.now.lost

    @property
    def incomplete(self) -> TablesParked | None:
        """What to tell those who asked for a sync that has ended; None if nothing was left out."""
        return TablesParked(together(self._parked), hint=LEFT) if self._parked else None

    def fail(self, error: SynclineError, *, paired: bool) -> Trouble:
        """Note what went wrong, call a person if need be, and return what it means."""
        trouble = self.now = Trouble.of(error, self._policies, paired=paired)
        if trouble.policy.needs_you and trouble.kind not in self._called_for:
            self._called_for.add(trouble.kind)
            self._reporter.needs_you(self._peer, trouble.sentence, trouble.hint)
        return trouble

    def synced(self, parked: Sequence[ParkedTable]) -> None:
        """Note that everything exchanged is on both disks; these tables, which are not synced, are the only trouble
        left."""
        self._parked = tuple(parked)
        if not parked:
            self.clear()
            return
        trouble = self.now = Trouble.of_parked(parked, self._policies)
        known, self._called_for = self._called_for, {trouble.sentence}
        if trouble.sentence not in known:
            self._reporter.tables_parked(self._peer, trouble.sentence, trouble.hint)

    def found(self) -> None:
        """Note that the peer itself answers at its address."""
        if self.now is not None and self.now.lost:
            self.now = replace(self.now, lost=False)

    def clear(self) -> None:
        """Forget what went wrong."""
        self.now = None
        self._called_for.clear()
