"""Keeps one configured peer in sync: when to try, what follows from how it ended, and what to show the person.

Push (live): the link stays connected and every local write is sent at once. Pull: it dials on a timer or when asked,
exchanges until both sides are caught up, and hangs up.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import functools
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from engine.change import Change
from engine.errors import PeerUnreachable, SynclineError, UsageError
from engine.events import SyncFinished
from engine.links.attempt import Attempt, Ending
from engine.links.dialects import SchemaName
from engine.links.inbound import InboundConnections, InboundState, Purpose
from engine.links.inbound_attempt import InboundAttempt
from engine.links.peer_status import Board, connected_state
from engine.links.reporter import Reporter
from engine.links.retry_policy import POLICIES, Policies
from engine.links.schedule import Schedule
from engine.links.sync_requests import SyncRequests
from engine.links.troubles import Troubles
from engine.peer_state import PeerStatus, Remedy, State
from engine.session import SessionFacts
from engine.session.close_codes import CloseCode
from engine.settings import Mode, PeerConfig
from engine.storage.host_pool import HostPool
from engine.tables import Applied
from engine.text import sentences, t

log = logging.getLogger(__name__)

NAP = 30.0
"""Seconds after which a longer wait looks at the wall clock again."""


class Phase(enum.Enum):
    """What a link is doing."""

    NEW = enum.auto()
    """Nothing: it was not started."""
    WAITING = enum.auto()
    """It waits until an attempt is due, or for the end of a pause."""
    REGREETING = enum.auto()
    """Likewise, and the last attempt ended only to greet again."""
    PROBING = enum.auto()
    """An attempt is at work, which shows nothing before it has come further than the last one."""
    TRYING = enum.auto()
    """An attempt is at work."""
    STOPPING = enum.auto()
    """It ends; an attempt may still be at work."""


class Link:
    """One configured peer.

    Args:
        config: the peer. path: its database. hosts: where replicas are opened.
        inbound: who has dialled us. reporter: told about everything. auto: whether auto-sync is on.
        token: asked for the peer's token at each try; raises ``TokenStoreError`` while it cannot be had.
        schema: what to announce to a stock server for a file without a recorded schema.
        as_hub: whether a hub keeps it, for its guests.
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
        token: Callable[[], Awaitable[str | None]],
        auto: bool = True,
        schema: SchemaName | None = None,
        as_hub: bool = False,
        policies: Policies = POLICIES,
    ) -> None:
        # what each attempt is made of
        self.config = config
        self.path = path
        self._hosts = hosts
        self._token = token
        self._schema = schema
        self._as_hub = as_hub
        # whether it syncs without being asked, and if not, why
        self._auto = auto
        self._by_hand: str = t("Auto-sync is off.")
        # what it is doing, in a task of its own
        self._phase = Phase.NEW
        self._task: asyncio.Task[None] | None = None
        self._attempt: Attempt | None = None
        # when to try, who waits for it, and what wakes the task before the time
        self._schedule = Schedule()
        self._sync_requests = SyncRequests()
        self._wake = asyncio.Event()
        # what went wrong, and what is shown and reported of it all
        self._troubles = Troubles(config.id, reporter, policies)
        self._reporter = reporter
        self.board = Board(config, reporter.peer_changed)
        # who is on the other side, so that its inbound connections are known
        self._inbound = InboundState(inbound, path, Purpose.GUESTS if as_hub else Purpose.SYNC)
        self._stop_listening: Callable[[], None] = lambda: None

    @property
    def status(self) -> PeerStatus:
        """The peer's row as it was last shown."""
        return self.board.status

    @property
    def in_sync(self) -> bool:
        """Whether the peer is truly in sync at this moment, with nothing held or smoothed, and no table parked."""
        return self.caught_up and not self.status.parked

    @property
    def caught_up(self) -> bool:
        """Whether both sides have all that they exchange at this moment."""
        attempt = self._attempt
        return attempt is not None and attempt.session is not None and attempt.session.in_sync

    @property
    def trouble(self) -> str:
        """What keeps it from syncing, in words; '' when nothing is known to."""
        return self._troubles.now.reason if self._troubles.now is not None else ""

    @property
    def lost(self) -> bool:
        """Whether nobody answers at the peer's address, or somebody else."""
        return self._troubles.lost and self.config.pause_left() is None

    @property
    def attempt(self) -> Attempt | None:
        """The attempt at work, if there is one."""
        return self._attempt

    # Commands

    def start(self) -> None:
        """Begin to keep the peer in sync, on the running loop."""
        self._phase = Phase.WAITING
        self._stop_listening = self._inbound.listen(self._inbound_changed)
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"link {self.config.name}")

    async def stop(self) -> None:
        """Hang up in good order and end. What is being merged is finished; nothing is lost."""
        self._phase = Phase.STOPPING
        self._stop_listening()
        self._wake.set()
        self._hang_up(code=CloseCode.GOING_AWAY, reason=t("Syncline is shutting down."))
        if self._task is not None:
            await asyncio.wait([self._task], timeout=5)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.board.close()
        self._sync_requests.resolve(
            PeerUnreachable(t("Syncing with {peer} was stopped.", peer=self.config.name)), also_next=True
        )

    def sync_now(self) -> asyncio.Future[None]:
        """Sync at once, whatever the mode.

        Returns:
            a future that is done when both sides are caught up, or fails with the SynclineError that prevented it.
        """
        to_next = self._attempt is None or not self._attempt.check_now()
        if to_next:  # one that is ending has not seen what was written since
            self._schedule.ask()
        self._wake.set()
        return self._sync_requests.add(to_next=to_next)

    def set_auto(self, auto: bool, reason: str = "") -> None:
        """Switch auto-sync, and say in a sentence why it is off: a live link then hangs up and waits to be asked."""
        self._auto = auto
        self._by_hand = reason or t("Auto-sync is off.")
        self._schedule.end_wait()
        if not auto:
            self._hang_up(reason=self._by_hand)
        self._wake.set()

    def configure(self, config: PeerConfig) -> None:
        """Take over changed settings (pause among them) and try anew with them."""
        if (config.url, config.room) != (self.config.url, self.config.room):
            self._inbound.site = None
        self.config = self.board.config = config
        self._schedule.restart()
        self._troubles.clear()
        self._hang_up(reason=t("The peer's settings were changed."))
        self._wake.set()

    def local_moved(self, version: int) -> None:
        """Take in that our file is at ``version``, connected or not."""
        self.board.local_moved(version)

    def file_changed(self) -> None:
        """Take in that our tables are others now, or that the file is: what could not be synced perhaps can."""
        self._schedule.file_changed()
        if self._troubles.wakes:
            self._schedule.end_wait()
            self._wake.set()

    # When to try

    async def _run(self) -> None:
        while await self._until_due():
            await self._try()

    async def _until_due(self) -> bool:
        """Wait until an attempt is due; False when the link is to end."""
        while self._phase is not Phase.STOPPING:
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

    def _enter(self, phase: Phase) -> None:
        if self._phase is not Phase.STOPPING:
            self._phase = phase

    # One attempt, and what follows

    async def _try(self) -> None:
        inbound = self._inbound.now
        attempt = self._attempt = (Attempt if inbound is None else functools.partial(InboundAttempt, inbound))(
            self.config,
            self.path,
            self._hosts,
            _AttemptListener(self),
            token=self._token,
            schema=self._schema,
            as_hub=self._as_hub,
            pulling=not self._auto or self.config.mode is not Mode.LIVE,
            wary=self._troubles.copied,
        )
        self._sync_requests.begin()
        attempt.hurry = attempt.hurry or bool(self._sync_requests)
        asked = self._schedule.begin() or bool(self._sync_requests)
        quiet = self._phase is Phase.REGREETING or (self._troubles.needs_you and not asked)
        self._enter(Phase.PROBING if quiet else Phase.TRYING)
        self.board.trying(again=quiet or inbound is not None, asked=asked)
        try:
            ending = await attempt.run()
        except SynclineError as error:
            if isinstance(error, PeerUnreachable) and self._inbound.now is not None:
                self._ended(Ending.GAVE_WAY, attempt)
            else:
                self._failed(error, attempt)
        except Exception as error:  # a defect of ours must not end the link in silence
            log.exception("The link to %s failed", self.config.name)
            sentence = t(
                "Something unexpected went wrong while syncing with {peer} ({error}). The log has the details.",
                peer=self.config.name,
                error=type(error).__name__,
            )
            self._failed(PeerUnreachable(sentence), attempt)
        else:
            self._ended(ending, attempt)
        finally:
            self._attempt = None
            self.board.left(attempt.session.facts() if attempt.session is not None else None)

    def _ended(self, ending: Ending, attempt: Attempt) -> None:
        """Let the next attempt be due by how this one ended, which was no failure."""
        self._enter(Phase.REGREETING if ending is Ending.GREET_AGAIN else Phase.WAITING)
        if attempt.held:
            self._schedule.did_good()
        if ending is Ending.CAUGHT_UP:
            self._schedule.caught_up()
            self._schedule.did_good()
            self._schedule.wait(self.config.minutes * 60)
            self._sync_requests.resolve(self._troubles.incomplete)
        elif ending is Ending.GREET_AGAIN:
            if not self._schedule.greet_again(fruitless=not (attempt.held or attempt.asked)):
                sentence = t("Reconnecting to {url} did not help. {reason}", url=self.config.url, reason=attempt.reason)
                self._failed(PeerUnreachable(sentence), attempt)
                return
            self._schedule.asked = self._schedule.asked or attempt.pulling or bool(self._sync_requests)
        else:  # try again, with the settings as they are now
            self._schedule.asked = self._schedule.asked or bool(self._sync_requests)
            self._schedule.wait(0)

    def _failed(self, error: SynclineError, attempt: Attempt) -> None:
        """Let the next attempt be due by what went wrong."""
        self._enter(Phase.WAITING)
        trouble = self._troubles.fail(error, paired=bool(self.config.fingerprint))
        if attempt.settled or (attempt.held and not trouble.policy.needs_you):
            self._schedule.did_good()
        self._schedule.fail(trouble.policy, at_least=trouble.retry_after)
        self._sync_requests.resolve(error)

    # What the attempt at work reports

    def _recheck(self) -> None:
        """Show how things stand, though the session has taken no step."""
        if self._attempt is not None and self._attempt.session is not None:
            self._stepped(self._attempt.session.facts())

    def _stepped(self, facts: SessionFacts) -> None:
        attempt = self._attempt
        if attempt is None or facts.closed:
            return
        waiting = attempt.waiting
        self.board.note(facts, waiting)
        if facts.kin:
            self._inbound.site = facts.peer
            self._give_way()
        if facts.greeted:
            self._troubles.found()
        if facts.in_sync:
            self._troubles.synced(facts.parked)
        now = asyncio.get_running_loop().time()
        sent_at = self.board.confirmed_at
        state, reason = connected_state(facts, attempt.progress, now=now, sent_at=sent_at, waiting=waiting)
        if self._phase is Phase.PROBING:
            if not facts.greeted:
                return
            if self._troubles.needs_you and state is not State.SENT and not attempt.held:
                self.board.recheck_later(self._recheck)  # it may still fail as the last one did
                return
            self._enter(Phase.TRYING)
        trouble = self._troubles.now
        remedy = None
        if state is State.NEEDS_YOU:
            remedy = trouble.remedy if trouble is not None else Remedy.REPAIR if waiting.repairable else None
        reason = sentences(reason, attempt.note)
        self.board.show(state, reason, progress=attempt.progress, remedy=remedy)
        if state in (State.IN_SYNC, State.NEEDS_YOU) and not facts.in_sync:
            self.board.recheck_later(self._recheck)

    def _caught_up(self, facts: SessionFacts) -> None:
        self._troubles.synced(facts.parked)
        self.board.succeeded()
        self._schedule.caught_up()
        if self._attempt is not None and not self._attempt.pulling:
            self._sync_requests.resolve(self._troubles.incomplete)  # a pull is over only when it has hung up

    # A peer that has dialled us

    def _inbound_changed(self) -> None:
        if self._attempt is None:
            self._wake.set()
        else:
            self._give_way()

    def _give_way(self) -> None:
        """Let go of our own connection if the peer has made one as well, and ours is the one to go."""
        attempt = self._attempt
        if attempt is None or isinstance(attempt, InboundAttempt):
            return
        if self._inbound.outdoes(stays=attempt.stays):
            attempt.hang_up(Ending.GAVE_WAY, reason=t("The connection that the other side opened is used instead."))

    def _hang_up(self, *, code: int = CloseCode.NORMAL_CLOSURE, reason: str) -> None:
        if self._attempt is not None:
            self._attempt.hang_up(Ending.HUNG_UP, code=code, reason=reason)


class _AttemptListener:
    """Passes on what an attempt of a link reports (``engine.links.attempt.Listener``)."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._peer = link.config.id
        self._reporter = link._reporter

    def stepped(self, facts: SessionFacts) -> None:
        self._link._stepped(facts)

    def caught_up(self, facts: SessionFacts) -> None:
        self._link._caught_up(facts)

    def merged(self, applied: Sequence[Applied]) -> None:
        self._reporter.merged(self._peer, applied)

    def sent(self, changes: Sequence[Change]) -> None:
        self._reporter.sent(self._peer, changes)

    def finished(self, finished: SyncFinished) -> None:
        self._reporter.sync_finished(finished)
