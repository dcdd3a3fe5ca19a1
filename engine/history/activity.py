"""Divides what links do into syncs, one line each: a finished session, or a burst of changes on a lasting one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from engine.events import SyncFailed, SyncFinished
from engine.ids import PeerId
from engine.links.link import Link
from engine.peer_state import PeerStatus, State
from engine.session import Session
from engine.settings import Mode

QUIET = 3.0
"""Seconds without a change after which a burst on a live connection counts as one sync, once everything has arrived."""


@dataclass(slots=True)
class _Tally:
    """What was reported of one peer's session so far."""

    session: Session | None = None
    reported: SyncFinished | None = None
    """The sum of everything reported of this session."""
    began: float | None = None
    moved: float = 0.0
    """By the loop's clock, which nobody can set."""
    timer: asyncio.TimerHandle | None = None
    trouble: str = ""
    """What went wrong last; the same problem again is not reported."""


class Activity:
    """Reports the syncs of all links.

    Args:
        on_line: called with each line.
    """

    def __init__(self, on_line: Callable[[SyncFinished | SyncFailed], None]) -> None:
        self._on_line = on_line
        self._tallies: dict[PeerId, _Tally] = {}

    def moved(self, link: Link) -> None:
        """Note that changes came or left over this link."""
        attempt = link.attempt
        if attempt is None or attempt.session is None:
            return
        tally = self._of(link.config.id)
        if tally.session is not attempt.session:
            self._begin(tally, attempt.session, attempt.before)
        tally.moved = asyncio.get_running_loop().time()
        tally.began = tally.began or tally.moved
        if tally.timer is None:
            tally.timer = asyncio.get_running_loop().call_later(QUIET, self._report_burst, link, tally)

    def finished(self, link: Link, finished: SyncFinished) -> None:
        """Report what a finished session did and what was not reported of it yet, if anything."""
        tally = self._of(link.config.id)
        attempt = link.attempt
        if attempt is None or tally.session is not attempt.session:
            self._begin(tally, None, attempt.before if attempt is not None else None)
        line = _less(finished, tally.reported)
        if tally.began:
            line = replace(line, seconds=asyncio.get_running_loop().time() - tally.began)
        elif tally.reported is not None:
            line = replace(line, seconds=0.0)
        said_enough = tally.reported is not None or link.config.mode is Mode.LIVE
        self._begin(tally, None)
        if line.error:
            if line.sent or line.received or not _same(line.error, tally.trouble):
                self._on_line(line)
            tally.trouble = line.error
        elif line.sent or line.received or not said_enough:
            self._on_line(line)

    def state(self, status: PeerStatus, trouble: str) -> None:
        """Note that a peer's row has changed; ``trouble`` says in words what keeps it from syncing."""
        tally = self._of(status.peer)
        if status.state in (State.IN_SYNC, State.SENT):
            tally.trouble = ""
        elif status.state in (State.WAITING, State.NEEDS_YOU) and trouble:
            if not _same(trouble, tally.trouble):
                self._on_line(SyncFailed(time.time(), status.peer, trouble))
            tally.trouble = trouble

    def forget(self, peer: PeerId) -> None:
        """Forget a peer that was removed."""
        tally = self._tallies.pop(peer, None)
        if tally is not None:
            self._begin(tally, None)

    def close(self) -> None:
        """Report nothing more."""
        for peer in tuple(self._tallies):
            self.forget(peer)

    def _of(self, peer: PeerId) -> _Tally:
        return self._tallies.setdefault(peer, _Tally())

    def _begin(self, tally: _Tally, session: Session | None, reported: SyncFinished | None = None) -> None:
        tally.session, tally.reported, tally.began = session, reported, None
        if tally.timer is not None:
            tally.timer.cancel()
            tally.timer = None

    def _report_burst(self, link: Link, tally: _Tally) -> None:
        """Report a burst once it has been quiet and everything has arrived."""
        tally.timer = None
        attempt, session = link.attempt, tally.session
        if attempt is None or session is None or attempt.session is not session or attempt.driver is None:
            return
        loop = asyncio.get_running_loop()
        left = tally.moved + QUIET - loop.time()
        if left > 0 or not (session.all_sent and session.all_received):
            tally.timer = loop.call_later(left if left > 0 else QUIET, self._report_burst, link, tally)
            return
        traffic = attempt.driver.traffic
        so_far = SyncFinished(
            time.time(),
            link.config.id,
            session.outbound.changes,
            session.inbound.changes,
            traffic.bytes_out,
            traffic.bytes_in,
            tally.moved - (tally.began or tally.moved),
        )
        line = _less(so_far, tally.reported)
        tally.reported, tally.began = so_far, None
        if line.sent or line.received:
            self._on_line(line)


def _same(one: str, other: str) -> bool:
    """Return whether two sentences say the same, though one of them may be followed by a hint."""
    return bool(one and other) and (one.startswith(other) or other.startswith(one))


def _less(whole: SyncFinished, reported: SyncFinished | None) -> SyncFinished:
    """Return a line reduced by what was reported before."""
    if reported is None:
        return whole
    return replace(
        whole,
        sent=whole.sent - reported.sent,
        received=whole.received - reported.received,
        bytes_out=whole.bytes_out - reported.bytes_out,
        bytes_in=whole.bytes_in - reported.bytes_in,
    )
