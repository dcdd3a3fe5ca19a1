"""Keeps one configured peer in sync: when to try.

Push (live): the link stays connected and every local write is sent at once. Pull: it dials on a timer or when asked,
exchanges until both sides are caught up, and hangs up.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from engine.errors import PeerUnreachable, UsageError
from engine.links.attempt import Attempt
from engine.links.attempt_runner import AttemptRunner
from engine.links.dialects import SchemaName
from engine.links.inbound import InboundConnections, InboundState, Purpose
from engine.links.reporter import Reporter
from engine.links.retry_policy import POLICIES, Policies
from engine.peer_state import PeerStatus, State
from engine.session.close_codes import CloseCode
from engine.settings import Mode, PeerConfig
from engine.storage.host_pool import HostPool
from engine.table_shape import Join
from engine.text import t

NAP = 30.0
"""Seconds after which a longer wait looks at the wall clock again."""


class Link:
    """One configured peer.

    Args:
        config: the peer.
        path: its database.
        hosts: where replicas are opened.
        inbound: who has dialled us.
        reporter: notified of everything.
        auto: whether auto-sync is on.
        token: returns the peer's token, for each attempt, called with whether the one that was used last may be wrong;
            raises ``TokenStoreError`` while it is not available.
        schema: what to announce to a stock server for a file without a recorded schema.
        as_hub: whether a hub keeps this link, for its guests.
        policies: when to try again after which error.
    """

    def __init__(
        self,
        config: PeerConfig,
        path: Path,
        hosts: HostPool,
        reporter: Reporter,
        *,
        inbound: InboundConnections,
        token: Callable[[bool], Awaitable[str | None]],
        auto: bool = True,
        schema: SchemaName | None = None,
        as_hub: bool = False,
        policies: Policies = POLICIES,
    ) -> None:
        self.config = config
        self.path = path
        # who is on the other side, so that its inbound connections are known
        self._inbound = InboundState(inbound, path, Purpose.GUESTS if as_hub else Purpose.SYNC)
        self._stop_listening: Callable[[], None] = lambda: None
        # its attempts, and what they share with us: when to try, who waits for it, what went wrong, what is shown
        self._attempts = AttemptRunner(
            config,
            path,
            hosts,
            reporter,
            inbound=self._inbound,
            token=token,
            schema=schema,
            as_hub=as_hub,
            policies=policies,
        )
        self._schedule = self._attempts.schedule
        self._sync_requests = self._attempts.sync_requests
        self._troubles = self._attempts.troubles
        self.board = self._attempts.board
        # whether it syncs without being asked, and if not, why
        self._auto = auto
        self._by_hand: str = t("Auto-sync is off.")
        # the task that waits and tries, and what wakes it before the time
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._stopping = False

    @property
    def status(self) -> PeerStatus:
        """The peer's row as it was last shown."""
        return self.board.status

    @property
    def in_sync(self) -> bool:
        """Whether the peer is truly in sync at this moment, with no smoothing, and no table parked."""
        return self.caught_up and not self.status.parked

    @property
    def caught_up(self) -> bool:
        """Whether both sides have everything that they exchange at this moment."""
        attempt = self.attempt
        if attempt is None or attempt.session is None or attempt.trouble is not None:
            return False
        return attempt.session.in_sync

    @property
    def shown(self) -> bool:
        """Whether the row, which lags a moment behind, also says that both sides have everything."""
        return self.status.state in (State.IN_SYNC, State.NEEDS_YOU)

    @property
    def trouble(self) -> str:
        """What keeps it from syncing, in words; '' if nothing is known to."""
        return self._troubles.now.reason if self._troubles.now is not None else ""

    @property
    def lost(self) -> bool:
        """Whether nobody answers at the peer's address, or somebody else does."""
        return self._troubles.lost and self.config.pause_left() is None

    @property
    def attempt(self) -> Attempt | None:
        """The attempt at work, if there is one."""
        return self._attempts.attempt

    # Commands

    def start(self) -> None:
        """Start keeping the peer in sync, on the running loop."""
        self._stop_listening = self._inbound.listen(self._inbound_changed)
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"link {self.config.name}")

    async def stop(self) -> None:
        """Hang up cleanly and end. What is being merged is finished; nothing is lost."""
        self._stopping = True
        self._stop_listening()
        self._wake.set()
        self._attempts.hang_up(code=CloseCode.GOING_AWAY, reason=t("Syncline is shutting down."))
        if self._task is not None:
            await asyncio.wait([self._task], timeout=5)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._inbound.forget()
        self.board.close()
        self._sync_requests.resolve(
            PeerUnreachable(t("Syncing with {peer} was stopped.", peer=self.config.name)), also_next=True
        )

    def sync_now(self) -> asyncio.Future[None]:
        """Sync now, whatever the mode.

        Returns:
            a future that is done when both sides are caught up, or fails with the SynclineError that prevented it.
        """
        to_next = self.attempt is None or not self.attempt.check_now()
        if to_next:  # one that is ending has not seen what was written since
            self._schedule.ask()
        self._wake.set()
        return self._sync_requests.add(to_next=to_next)

    def join(self, table: str, how: Join) -> None:
        """Have rows of a table that never met the peer's joined in this way, once it is connected; '' stands for all
        tables."""
        self._attempts.join(table, how)
        self._wake.set()

    def set_auto(self, auto: bool, reason: str = "") -> None:
        """Switch auto-sync on or off, with a sentence that says why it is off; a live link then hangs up and waits to
        be asked."""
        self._auto = auto
        self._by_hand = reason or t("Auto-sync is off.")
        self._schedule.end_wait()
        if not auto:
            self._attempts.hang_up(reason=self._by_hand)
        self._wake.set()

    def configure(self, config: PeerConfig) -> None:
        """Take over changed settings (a pause, for instance) and try again with them."""
        if (config.url, config.room) != (self.config.url, self.config.room):
            self._inbound.forget()
        self.config = self._attempts.config = self.board.config = config
        self._schedule.restart()
        self._troubles.clear()
        self._attempts.hang_up(reason=t("The peer's settings were changed."))
        self._wake.set()

    def local_moved(self, version: int) -> None:
        """Note that our file is at ``version``, connected or not."""
        self.board.local_moved(version)

    def file_changed(self) -> None:
        """Note that our tables, or the file itself, have changed: what could not be synced perhaps can be now."""
        self._schedule.file_changed()
        if self._troubles.wakes:
            self._schedule.end_wait()
            self._wake.set()

    # When to try

    async def _run(self) -> None:
        while await self._until_due():
            await self._attempts.run(pulling=not self._auto or self.config.mode is not Mode.LIVE)

    async def _until_due(self) -> bool:
        """Wait until an attempt is due; return False if the link is to end."""
        while not self._stopping:
            self._wake.clear()
            pause_left = self.config.pause_left()
            visited = self._inbound.now is not None
            if pause_left is not None:
                self._schedule.asked = False
                paused = UsageError(t("{peer} is paused.", peer=self.config.name), hint=t("Resume it first."))
                self._sync_requests.resolve(paused, also_next=True)
                self.board.show_paused(pause_left, visited=visited)
                wait = pause_left
            elif self._schedule.asked:
                return True
            elif not self._auto or self.config.mode is Mode.MANUAL:
                reason = t("This peer syncs only manually.") if self._auto else self._by_hand
                self.board.show_idle(reason, self._troubles.now, visited=visited)
                wait = float("inf")
            elif self.config.mode is Mode.LIVE and visited:
                return True
            else:
                wait = self._schedule.left
                if not wait:
                    return True
                self.board.show_waiting(self._schedule.next_at, self._troubles.now)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(wait, NAP) if wait < float("inf") else None):
                    await self._wake.wait()
        return False

    def _inbound_changed(self) -> None:
        """React to a peer that has dialled us, or has left."""
        if self.attempt is None:
            self._wake.set()
        else:
            self._attempts.give_way()
