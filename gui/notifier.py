"""Notifies a person of the few things that matter while the window is closed, rarely and only once."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from engine.api import Engine
from engine.events import AttentionNeeded, Paired
from engine.peer_state import PeerStatus, State
from engine.replica import Conflicts
from engine.text import sentences
from gui.bridge import Bridge
from gui.language import said, tr
from gui.models.values import number

GATHER = 1_500
"""Milliseconds within which events are combined into one notification."""

REST = 30.0
"""The least seconds between notifications; what happens meanwhile is collected."""

AGAIN = 6 * 3600.0
"""Seconds before the same is said about the same peer again."""

LOOK_EVERY = 3_600_000
"""Milliseconds between checks whether a peer has become stale."""

NAMED = 3
"""The most peers that are named in one notification; of others only the number is given."""


class Notifier(QObject):
    """Collects events, limits them, and notifies.

    Args:
        engine: has the settings, and the journal that records which peers were reported as stale.
        bridge: reports events.
        is_stale: returns whether a peer has not been heard from for too long.
        now: a clock that returns seconds.
    """

    notified = Signal(str, str)
    """Emitted with a title and a text, both plain."""

    def __init__(
        self,
        engine: Engine,
        bridge: Bridge,
        is_stale: Callable[[PeerStatus], bool],
        parent: QObject | None = None,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._engine = engine
        self._is_stale = is_stale
        self._now = now
        self._statuses: dict[str, PeerStatus] = {}
        self._old = {peer.id for peer in engine.settings.peers}
        """Peers that need no "first sync" notification: it was before this start, or was reported."""
        self._conflicts: dict[str, int] = {}
        """How much waits in each database, as last read."""
        self._told_conflicts: dict[str, int] = {}
        """How much of that was reported already, or waited at the start."""
        self._waiting: list[tuple[str, str]] = []
        self._last: dict[tuple[str, str], float] = {}
        self._rested = now() - REST
        self._soon = QTimer(self, singleShot=True)
        self._soon.timeout.connect(self._show_gathered)
        self._check_timer = QTimer(self, interval=LOOK_EVERY)
        self._check_timer.setTimerType(Qt.TimerType.VeryCoarseTimer)
        self._check_timer.timeout.connect(self._check_all)
        self._check_timer.start()
        bridge.needs_you.connect(self._needs_you)
        bridge.peers_changed.connect(self._peers_changed)
        bridge.peer_removed.connect(self._peer_removed)
        bridge.paired.connect(self._paired)

    @Slot(str, object)
    def conflicts_read(self, database: str, found: Conflicts) -> None:
        """Notify if more waits in a database than was reported; what waited at the start does not count."""
        self._conflicts[database] = found.count
        told = min(found.count, self._told_conflicts.get(database, found.count))
        if not self._engine.settings.notify_conflicts:
            told = found.count
        self._told_conflicts[database] = told
        if found.count > told:
            self._show_soon()

    def _more_conflicts(self) -> list[tuple[str, str]]:
        """Return (database, sentence) for each database in which more waits now than was reported."""
        lines = []
        for database, count in self._conflicts.items():
            more = count - self._told_conflicts[database]
            self._told_conflicts[database] = count
            if more == 1:
                lines.append((database, tr("1 more conflict waits for you.")))
            elif more > 1:
                lines.append((database, tr("{count} more conflicts wait for you.", count=number(more))))
        return lines

    def _paired(self, event: Paired) -> None:
        if self._engine.settings.notify_paired:
            self._add(event.name, tr("Paired with this machine: it may sync what is shared with it."))

    def _needs_you(self, event: AttentionNeeded) -> None:
        if self._engine.settings.notify_needs_you:
            self._add(event.peer, said(sentences(event.sentence, event.hint)))

    def _peers_changed(self, statuses: list[PeerStatus]) -> None:
        for status in statuses:
            self._statuses[status.peer] = status
            if status.state in (State.IN_SYNC, State.SENT) and status.peer not in self._old:
                self._old.add(status.peer)
                if self._engine.settings.notify_first_sync:
                    self._add(status.peer, tr("The first sync is done."))
            self._check(status)

    def _peer_removed(self, peer: str) -> None:
        self._statuses.pop(peer, None)
        self._waiting = [told for told in self._waiting if told[0] != peer]

    def _check_all(self) -> None:
        for status in self._statuses.values():
            self._check(status)

    def _check(self, status: PeerStatus) -> None:
        journal = self._engine.history.journal
        if journal is None or status.last_success is None or not self._is_stale(status):
            return
        if self._engine.settings.notify_stale and journal.name_stale(status.peer, status.last_success):
            days = int((time.time() - status.last_success) / 86_400)
            self._add(status.peer, tr("Not heard from for {days} days.", days=days))

    def _add(self, peer: str, text: str) -> None:
        now = self._now()
        if now - self._last.get((peer, text), float("-inf")) < AGAIN:
            return
        self._last = {told: when for told, when in self._last.items() if now - when < AGAIN}
        self._last[peer, text] = now
        self._waiting.append((peer, text))
        self._show_soon()

    def _show_soon(self) -> None:
        """Show what has been collected when the next notification is due."""
        if not self._soon.isActive():
            self._soon.start(max(GATHER, int(1000 * (self._rested + REST - self._now()))))

    def _show_gathered(self) -> None:
        waiting, self._waiting = [*self._waiting, *self._more_conflicts()], []
        if not waiting:
            return
        self._rested = self._now()
        lines = [f"{self._name(peer)}: {text}" for peer, text in waiting]
        if len(lines) == 1:
            self.notified.emit(self._name(waiting[0][0]), waiting[0][1])
            return
        text = "\n".join(lines[:NAMED])
        if len(lines) > NAMED:
            text += "\n" + tr("and {count} more", count=number(len(lines) - NAMED))
        self.notified.emit("Syncline", text)

    def _name(self, peer: str) -> str:
        status = self._statuses.get(peer)
        if status is not None:
            return status.name
        names: dict[str, str] = {one.id: one.name for one in self._engine.settings.databases}
        names |= {one.id: one.name for one in self._engine.settings.peers}
        return names.get(peer, peer)  # else a guest
