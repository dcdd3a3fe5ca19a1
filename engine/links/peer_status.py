"""Derives from facts a state that a person can trust: every status comes from clocks."""

from __future__ import annotations

import asyncio
import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from engine.errors import SynclineError
from engine.links.retry_policy import Trouble
from engine.peer_state import PeerStatus, Remedy, State
from engine.session import SessionFacts
from engine.session.common_tables import together
from engine.settings import Direction, PeerConfig
from engine.tables import Waiting
from engine.text import counted, sentences, t

HOLD = 2.0
"""Seconds for which "In sync" stays through a lag, so that it does not flicker."""


SURE = 2.0
"""Seconds after which the speed of a sync tells how long it will take."""

REPORT_EVERY = 0.1
"""Seconds between two reports of the same state with different numbers."""

STILL_CONNECTED = t("The other side is still connected to this machine.")

UNSEEN = 0.3
"""Seconds that an automatic retry must last before it is shown: most of them fail at once."""


NOTHING = Waiting()


@dataclass(slots=True)
class Progress:
    """How far the current sync has come, and how long "In sync" may still be shown.

    ``done`` and ``total`` are in versions. ``changes`` and ``size`` (bytes) are what it has moved so far, both ways,
    and ``changes_left`` what is left, None where that is not known; ``seconds_left`` is the time left at this speed,
    None while that is unknown. ``settled_at`` is when the session was last truly in sync, on the loop's clock.
    """

    total: int = 0
    done: int = 0
    changes: int = 0
    changes_left: int | None = None
    size: int = 0
    seconds_left: int | None = None
    settled_at: float | None = field(default=None)
    _began: float = field(default=0.0)
    _before: tuple[int, int] = field(default=(0, 0))
    """The session's changes and bytes at the start of this sync."""

    def update(self, facts: SessionFacts, now: float, size: int = 0) -> None:
        """Update from the session's facts at ``now``, and the bytes that its connection has carried."""
        left = facts.to_receive + facts.to_send
        if left == 0:
            self.total = self.done = self.changes = self.size = 0
            self.seconds_left, self.changes_left, self._before = None, None, (facts.changes, size)
        else:
            if self.total == 0:
                self._began = now
            self.total = max(self.total, self.done + left)
            self.done = self.total - left
            self.changes, self.size = facts.changes - self._before[0], size - self._before[1]
            self.changes_left = _sum(facts.changes_to_receive, facts.changes_to_send)
            done, left = (self.done, left) if self.changes_left is None else (self.changes, self.changes_left)
            passed = now - self._began
            if done > 0 and passed >= SURE:
                self.seconds_left = max(1, round(passed * left / done))
        if facts.in_sync:
            self.settled_at = now

    def held(self, now: float) -> bool:
        """Return whether a lag is still too short to be shown."""
        return self.settled_at is not None and now - self.settled_at < HOLD


def _sum(received: int | None, sent: int | None) -> int | None:
    return None if received is None or sent is None else received + sent


def connected_state(
    facts: SessionFacts,
    progress: Progress,
    *,
    now: float,
    sent_at: float | None,
    waiting: Waiting = NOTHING,
    trouble: SynclineError | None = None,
) -> tuple[State, str]:
    """Return the state and the sentence for a peer whose socket is open.

    Args:
        facts: of the session.
        progress: kept by the caller over the session's life.
        now: the loop's clock.
        sent_at: when the peer last confirmed anything (seconds since the epoch), if ever.
        waiting: what cannot be sent of the file.
        trouble: why the file cannot be used at the moment, so that what it holds is unknown.
    """
    if not facts.greeted:
        return State.CONNECTING, t("Connected; waiting for the other side to answer.")
    if trouble is not None:
        return State.SYNCING, sentences(str(trouble), facts.note)
    if facts.in_sync:
        return _settled(facts, waiting)
    if facts.all_received and facts.all_sent and not facts.confirms:
        sure = t("Confirmed up to version {version}.", version=facts.confirmed)
        if sent_at:
            sure = t("Confirmed up to version {version} at {time}.", version=facts.confirmed, time=clock_time(sent_at))
        state = State.NEEDS_YOU if facts.parked or waiting else State.SENT
        sent = t("Everything was sent; this kind of server confirms it later.")
        return state, sentences(together(facts.parked), sent, sure)
    if progress.held(now):
        return _settled(facts, waiting)
    if progress.total == 0:
        return State.SYNCING, sentences(t("Comparing what each side has."), facts.note)
    if progress.changes_left is None:
        done = t("Synced {done:,} of {total:,} versions.", done=progress.done, total=progress.total)
    else:
        total = progress.changes + progress.changes_left
        done = counted(
            total,
            t("Synced {done:,} of 1 change.", done=progress.changes),
            t("Synced {done:,} of {count:,} changes.", done=progress.changes, count=total),
        )
    return State.SYNCING, sentences(done, facts.note)


def _settled(facts: SessionFacts, waiting: Waiting) -> tuple[State, str]:
    """Return the state and sentence for when everything exchanged is on both disks."""
    if facts.parked or waiting:
        return State.NEEDS_YOU, sentences(together(facts.parked), t("Everything else is on both disks."), facts.note)
    there = t("Everything else is on both disks.") if facts.one_sided else t("Everything is on both disks.")
    return State.IN_SYNC, sentences(there, facts.note)


ON_BATTERY = t("This machine is running on battery.")
METERED = t("The network is metered.")
"""Why auto-sync suspends itself."""


def clock_time(when: float) -> str:
    """Return ``14:02`` in local time, for seconds since the epoch."""
    return datetime.datetime.fromtimestamp(when).strftime("%H:%M")


class Board:
    """The row of one peer: gathers facts, and reports changes at a limited rate.

    Args:
        config: the peer; replaced when its settings change.
        on_change: called with the whole row: at once if the state is a different one, else at most every
            ``REPORT_EVERY``.
    """

    def __init__(self, config: PeerConfig, on_change: Callable[[PeerStatus], None]) -> None:
        self.config = config
        self.status = PeerStatus(
            config.id, config.name, config.database, config.url, config.room, State.IDLE, t("Not tried yet.")
        )
        self.confirmed_at: float | None = None
        self._connected = False
        self._on_change = on_change
        self._reported_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._recheck_timer: asyncio.TimerHandle | None = None
        self._trying_timer: asyncio.TimerHandle | None = None

    def show(
        self,
        state: State,
        reason: str,
        *,
        next_attempt: float | None = None,
        progress: Progress | None = None,
        remedy: Remedy | None = None,
    ) -> None:
        """Show a state, the reason for it, and what comes next."""
        if self._trying_timer is not None:
            self._trying_timer.cancel()
            self._trying_timer = None
        self._set(
            name=self.config.name,
            url=self.config.url,
            room=self.config.room,
            state=state,
            reason=reason,
            remedy=remedy,
            next_attempt=next_attempt,
            done=progress.done if progress else 0,
            total=progress.total if progress else 0,
            changes=progress.changes if progress else 0,
            changes_left=progress.changes_left if progress else None,
            size=progress.size if progress else 0,
            seconds_left=progress.seconds_left if progress else None,
        )

    def show_paused(self, left: float, *, visited: bool) -> None:
        """Show a pause that ends in ``left`` seconds. ``visited``: whether the peer has dialled us."""
        reason = t("Paused until resumed.")
        if left < float("inf"):
            reason = t("Paused until {time}.", time=clock_time(time.time() + left))
        self.show(State.PAUSED, sentences(reason, STILL_CONNECTED if visited else ""))

    def show_idle(self, reason: str, trouble: Trouble | None, *, visited: bool) -> None:
        """Show that nothing happens without being asked, the reason, and what went wrong last."""
        if trouble is not None and trouble.policy.needs_you:
            self.show(State.NEEDS_YOU, trouble.reason, remedy=trouble.remedy)
            return
        failed = t("Last attempt: {reason}", reason=trouble.reason) if trouble is not None else ""
        self.show(
            State.IDLE, sentences(reason, t("Press “Sync now” to sync."), failed, STILL_CONNECTED if visited else "")
        )

    def show_waiting(self, until: float, trouble: Trouble | None) -> None:
        """Show when the next attempt is due, in seconds since the epoch, and what went wrong last."""
        if trouble is None:
            self.show(State.IDLE, t("Next sync at {time}.", time=clock_time(until)), next_attempt=until)
        else:
            state = State.NEEDS_YOU if trouble.policy.needs_you else State.WAITING
            self.show(state, trouble.reason, next_attempt=until, remedy=trouble.remedy)

    def trying(self, *, again: bool, asked: bool) -> None:
        """Note that an attempt begins.

        Args:
            again: only to ask a quiet peer how far it is, which is not worth showing.
            asked: a person waits for it.
        """
        if self.status.state is State.WAITING and not asked and not again:
            self.status = replace(self.status, last_attempt=time.time())  # told with what comes of it
            self._trying_timer = asyncio.get_running_loop().call_later(UNSEEN, self._show_trying)
            return
        if not again:
            self._show_trying()
        self._set(last_attempt=time.time())

    def note(self, facts: SessionFacts, waiting: Waiting | None = None) -> None:
        """Update from what the session knows, and what cannot be sent of the file, if known."""
        self._connected = True
        if facts.greeted and facts.confirmed != self.status.confirmed:
            self.confirmed_at = time.time()
        self._set(
            site_id=facts.peer or self.status.site_id,
            received=facts.received if facts.greeted else self.status.received,
            confirmed=facts.confirmed if facts.greeted else self.status.confirmed,
            to_send=facts.to_send if facts.greeted else self.status.to_send,
            to_receive=facts.to_receive if facts.greeted else self.status.to_receive,
            changes_to_send=facts.changes_to_send if facts.greeted else self.status.changes_to_send,
            changes_to_receive=facts.changes_to_receive if facts.greeted else self.status.changes_to_receive,
            parked=facts.parked if facts.greeted else self.status.parked,
            one_sided=facts.one_sided if facts.greeted else self.status.one_sided,
            shared=facts.shared if facts.greeted else self.status.shared,
            waiting=self.status.waiting if waiting is None else waiting.sentence,
            last_success=time.time() if facts.in_sync else self.status.last_success,
        )

    def left(self, facts: SessionFacts | None) -> None:
        """Note that the connection is gone; what was known stays."""
        if facts is not None:
            self.note(facts)
        self._connected = False

    def succeeded(self) -> None:
        """Note that both sides were caught up just now."""
        self._set(last_success=time.time())

    def local_moved(self, version: int) -> None:
        """Note that our file is at another version, while the peer may not be connected."""
        sends = self.config.direction is not Direction.RECEIVE
        if sends and self.status.site_id is not None and not self._connected:
            due = max(0, version - self.status.confirmed)
            if due != self.status.to_send:
                self._set(to_send=due, changes_to_send=None if due else 0)

    @property
    def uncounted(self) -> bool:
        """Whether something is due to a peer that is not connected, and nobody knows how many changes that is."""
        return not self._connected and self.status.to_send > 0 and self.status.changes_to_send is None

    def counted(self, since: int, changes: int) -> None:
        """Note how many changes our file has above a version, if that is what is due now."""
        if self.uncounted and self.status.confirmed == since:
            self._set(changes_to_send=max(self.status.to_send, changes))

    def recheck_later(self, check: Callable[[], None]) -> None:
        """Call ``check`` once the time for which "In sync" is kept is over."""
        if self._recheck_timer is None:
            self._recheck_timer = asyncio.get_running_loop().call_later(HOLD, self._recheck, check)

    def close(self) -> None:
        """Stop reporting."""
        for timer in (self._timer, self._recheck_timer, self._trying_timer):
            if timer is not None:
                timer.cancel()

    def _show_trying(self) -> None:
        self.show(State.CONNECTING, t("Connecting to {url}.", url=self.config.url))

    def _recheck(self, check: Callable[[], None]) -> None:
        self._recheck_timer = None
        check()

    def _set(self, **fields: Any) -> None:
        status = replace(self.status, **fields)
        if status == self.status:
            return
        another = status.state is not self.status.state
        self.status = status
        loop = asyncio.get_running_loop()
        if another or loop.time() - self._reported_at >= REPORT_EVERY:
            self._report()
        elif self._timer is None:
            self._timer = loop.call_later(REPORT_EVERY, self._report)

    def _report(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._reported_at = asyncio.get_running_loop().time()
        self._on_change(self.status)
