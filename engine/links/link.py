"""Keeps one configured peer in sync: when to try, what follows from how it ended, and what to tell the person.

Push (live): the link stays connected and every local write is sent at once. Pull: it dials on a timer or when asked,
exchanges until both sides are caught up, and hangs up.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from engine.change import Change
from engine.errors import PeerUnreachable, SynclineError, TablesParked, UsageError
from engine.events import PeerStatus, State, SyncFinished
from engine.links.attempt import Attempt, Ending, SchemaName
from engine.links.backoff import Backoff
from engine.links.inbound import InboundConnections, InboundState, Purpose
from engine.links.inbound_attempt import InboundAttempt
from engine.links.peer_status import Board, clock_time, connected_state
from engine.links.retry_policy import LEFT, POLICIES, Policies, Trouble
from engine.links.sync_requests import SyncRequests
from engine.session import Session, SynclineSession
from engine.session.common_tables import together
from engine.settings import Mode, PeerConfig
from engine.storage.host_pool import HostPool
from engine.table_shape import ParkedTable
from engine.tables import Applied
from engine.text import sentences, t

log = logging.getLogger(__name__)

GREETINGS = 4
"""Fruitless greetings in a row after which greeting again counts as a failure and waits longer each time."""

NAP = 30.0
"""Seconds after which a longer wait looks at the wall clock again."""

ALL_THE_SAME = t("The other side is connected to this machine all the same.")


class Reporter(Protocol):
    """Whoever wants to know what a link does; the engine."""

    def peer_changed(self, status: PeerStatus) -> None: ...
    def merged(self, peer: str, applied: Sequence[Applied]) -> None: ...
    def sent(self, peer: str, changes: Sequence[Change]) -> None: ...
    def sync_finished(self, finished: SyncFinished) -> None: ...
    def needs_you(self, peer: str, sentence: str, hint: str) -> None: ...
    def tables_parked(self, peer: str, sentence: str, hint: str) -> None: ...


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
        self.config = config
        self.path = path
        self.board = Board(config, reporter.peer_changed)
        self._hosts = hosts
        self._reporter = reporter
        self._token = token
        self._auto = auto
        self._by_hand: str = t("Auto-sync is off.")
        self._schema = schema
        self._as_hub = as_hub
        self._policies = policies
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        # when to try: at a time of the wall clock (a machine that sleeps must not shift it), or when asked
        self._wake = asyncio.Event()
        self._next_at = 0.0
        self._longest_wait = 0.0
        self._asked = False
        self._backoff = Backoff(random.Random())
        # what the last try came to nothing by, until one goes well; for what of it the person was called
        self._trouble: Trouble | None = None
        self._called_for: set[str] = set()
        # what is not synced although all else is
        self._left: tuple[ParkedTable, ...] = ()
        self._file_changed = False
        # a try that shows nothing before it has come further than the last one
        self._quiet = False
        self._greetings = 0
        self._again = False
        # who is on the other side, so that its inbound connections are known
        self._inbound_state = InboundState(inbound, path, Purpose.GUESTS if as_hub else Purpose.SYNC)
        self._stop_listening: Callable[[], None] = lambda: None
        self._attempt: Attempt | None = None
        self._sync_requests = SyncRequests()

    @property
    def status(self) -> PeerStatus:
        """The peer's row as it was last told."""
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
        return self._trouble.reason if self._trouble is not None else ""

    @property
    def lost(self) -> bool:
        """Whether nobody answers at the peer's address, or somebody else."""
        return self._trouble is not None and self._trouble.lost and self.config.pause_left() is None

    @property
    def attempt(self) -> Attempt | None:
        """The attempt at work, if there is one."""
        return self._attempt

    # Commands

    def start(self) -> None:
        """Begin to keep the peer in sync, on the running loop."""
        self._stop_listening = self._inbound_state.listen(self._came_or_left)
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"link {self.config.name}")

    async def stop(self) -> None:
        """Hang up in good order and end. What is being merged is finished; nothing is lost."""
        self._stopping = True
        self._stop_listening()
        self._wake.set()
        self._hang_up(code=1001, reason=t("Going away."))
        if self._task is not None:
            await asyncio.wait([self._task], timeout=5)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.board.close()
        self._sync_requests.settle(PeerUnreachable(t("The link was stopped.")), also_next=True)

    def sync_now(self) -> asyncio.Future[None]:
        """Sync at once, whatever the mode.

        Returns:
            a future that is done when both sides are caught up, or fails with the SynclineError that prevented it.
        """
        to_next = self._attempt is None or not self._attempt.look()
        if to_next:  # one that is ending has not seen what was written since
            self._asked = True
            self._backoff.reset()
        self._wake.set()
        return self._sync_requests.add(to_next=to_next)

    def set_auto(self, auto: bool, why: str = "") -> None:
        """Switch auto-sync: off, a live link hangs up and waits to be asked. ``why`` it is off, in a sentence."""
        self._auto = auto
        self._by_hand = why or t("Auto-sync is off.")
        self._next_at = 0.0
        if not auto:
            self._hang_up(reason=self._by_hand)
        self._wake.set()

    def configure(self, config: PeerConfig) -> None:
        """Take over changed settings (pause among them) and try anew with them."""
        if (config.url, config.room) != (self.config.url, self.config.room):
            self._inbound_state.site = None
        self.config = self.board.config = config
        self._next_at = 0.0
        self._backoff.reset()
        self._recovered()
        self._hang_up(reason=t("The settings changed."))
        self._wake.set()

    def local_moved(self, version: int) -> None:
        """Hear that our file is at ``version``, connected or not."""
        self.board.local_moved(version)

    def file_changed(self) -> None:
        """Hear that our tables are others now, or that the file is: what could not be synced perhaps can."""
        self._file_changed = True
        if self._trouble is not None and self._trouble.policy.wakes:
            self._next_at = 0.0
            self._wake.set()

    # When to try

    async def _run(self) -> None:
        while await self._until_due():
            await self._try()

    async def _until_due(self) -> bool:
        """Wait until an attempt is due; False when the link is to end."""
        while not self._stopping:
            self._wake.clear()
            left = self.config.pause_left()
            same = ALL_THE_SAME if self._inbound_state.now is not None else ""
            if left is not None:
                self._asked = False
                self._sync_requests.settle(UsageError(t("{peer} is paused.", peer=self.config.name)), also_next=True)
                until = (
                    t("until resumed")
                    if left == float("inf")
                    else t("until {time}", time=clock_time(time.time() + left))
                )
                self.board.show(State.PAUSED, sentences(t("Paused {until}.", until=until), same))
                wait = left
            elif self._asked:
                return True
            elif not self._auto or self.config.mode is Mode.MANUAL:
                self._show_rest(same)
                wait = float("inf")
            elif self.config.mode is Mode.LIVE and self._inbound_state.now is not None:
                return True
            else:
                wait = self._next_at - time.time()
                if not 0 < wait <= self._longest_wait:  # due; or the wall clock was set back
                    return True
                self._show_wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(wait, NAP) if wait < float("inf") else None):
                    await self._wake.wait()
        return False

    def _show_rest(self, same: str) -> None:
        """Show that nothing follows by itself."""
        trouble = self._trouble
        if trouble is not None and trouble.policy.needs_you:
            self.board.show(State.NEEDS_YOU, trouble.reason, remedy=trouble.remedy)
            return
        why = t("Synced by hand.") if self._auto else self._by_hand
        failed = t("Last try: {reason}", reason=trouble.reason) if trouble is not None else ""
        self.board.show(State.IDLE, sentences(why, t("Press Sync now."), failed, same))

    def _show_wait(self) -> None:
        """Show when the next attempt is due, and why none is at work."""
        trouble, at = self._trouble, self._next_at
        if trouble is None:
            self.board.show(State.IDLE, t("Next pull {at}.", at=clock_time(at)), next_attempt=at)
        else:
            state = State.NEEDS_YOU if trouble.policy.needs_you else State.WAITING
            self.board.show(state, trouble.reason, next_attempt=at, remedy=trouble.remedy)

    # One attempt, and what follows

    async def _try(self) -> None:
        peer, report = self.config.id, self._reporter
        inbound = self._inbound_state.now
        attempt = self._attempt = (Attempt if inbound is None else functools.partial(InboundAttempt, inbound))(
            self.config,
            self.path,
            self._hosts,
            token=self._token,
            schema=self._schema,
            as_hub=self._as_hub,
            pulling=not self._auto or self.config.mode is not Mode.LIVE,
            wary=self._trouble is not None and self._trouble.copied,
            on_step=self._stepped,
            on_caught_up=self._caught_up,
            on_in=lambda applied: report.merged(peer, applied),
            on_out=lambda changes: report.sent(peer, changes),
            on_finished=report.sync_finished,
        )
        self._sync_requests.begin()
        attempt.hurry = attempt.hurry or bool(self._sync_requests)
        asked, self._asked = self._asked or bool(self._sync_requests), False
        self._file_changed = False
        self._quiet = self._again or (self._needs_you and not asked)
        self.board.trying(again=self._quiet or inbound is not None, asked=asked)
        try:
            ending = await attempt.run()
        except SynclineError as error:
            if isinstance(error, PeerUnreachable) and self._inbound_state.now is not None:
                self._ended(Ending.GAVE_WAY, attempt)
            else:
                self._failed(error, attempt)
        except Exception as error:  # a defect of ours must not end the link in silence
            log.exception("The link to %s failed", self.config.name)
            self._failed(
                PeerUnreachable(t("Something unexpected went wrong: {name__}.", name__=type(error).__name__)), attempt
            )
        else:
            self._ended(ending, attempt)
        finally:
            self._attempt = None
            self.board.left(attempt.session)

    def _ended(self, ending: Ending, attempt: Attempt) -> None:
        self._again = ending is Ending.GREET_AGAIN
        if attempt.held:
            self._backoff.reset()
        if ending is Ending.CAUGHT_UP:
            self._greetings = 0
            self._backoff.reset()
            self._wait(self.config.minutes * 60)
            self._sync_requests.settle(self._incomplete())
        elif ending is Ending.GREET_AGAIN:
            self._greetings = 0 if attempt.held or attempt.asked else self._greetings + 1
            if self._greetings > GREETINGS:
                sentence = t("Greeting {url} again does not help. {reason}", url=self.config.url, reason=attempt.reason)
                self._failed(PeerUnreachable(sentence), attempt)
                return
            self._asked = self._asked or attempt.pulling or bool(self._sync_requests)
            self._wait(0)
        else:
            self._asked = self._asked or bool(self._sync_requests)  # try again, with the settings as they are now
            self._wait(0)

    def _wait(self, seconds: float) -> None:
        """Let the next attempt be due after this time."""
        self._longest_wait = seconds
        self._next_at = time.time() + seconds

    def _failed(self, error: SynclineError, attempt: Attempt) -> None:
        """Take in what went wrong: call the person if need be, once, and let the next attempt be due later."""
        trouble = self._trouble = Trouble.of(error, self._policies, paired=bool(self.config.fingerprint))
        policy = trouble.policy
        self._again = False
        if policy.needs_you and trouble.kind not in self._called_for:
            self._called_for.add(trouble.kind)
            self._reporter.needs_you(self.config.id, trouble.sentence, trouble.hint)
        if attempt.settled or (attempt.held and not policy.needs_you):
            self._backoff.reset()
        wait = max(self._backoff.next(policy), trouble.retry_after)
        self._wait(0 if self._file_changed and policy.wakes else wait)
        self._sync_requests.settle(error)

    @property
    def _needs_you(self) -> bool:
        return self._trouble is not None and self._trouble.policy.needs_you

    def _recovered(self) -> None:
        """Forget what went wrong."""
        self._trouble = None
        self._called_for.clear()

    def _stepped(self) -> None:
        attempt = self._attempt
        if attempt is None or attempt.session is None or attempt.session.closed is not None:
            return
        session = attempt.session
        self.board.note(session)
        if isinstance(session, SynclineSession) and session.kin:
            self._inbound_state.site = session.peer
            self._give_way()
        if session.greeted and self._trouble is not None and self._trouble.lost:
            self._trouble = replace(self._trouble, lost=False)
        if session.in_sync:
            self._settled(session)
        now = asyncio.get_running_loop().time()
        state, reason = connected_state(session, attempt.progress, now=now, sent_at=self.board.confirmed_at)
        if self._quiet and not session.greeted:
            return
        if self._quiet and self._needs_you and state is not State.SENT and not attempt.held:
            self.board.look_again(self._stepped)  # it may still fail as the last one did
            return
        self._quiet = False
        remedy = self._trouble.remedy if self._trouble is not None and state is State.NEEDS_YOU else None
        told = sentences(reason, attempt.note, attempt.waits)
        self.board.show(state, told, progress=attempt.progress, remedy=remedy)
        if state in (State.IN_SYNC, State.NEEDS_YOU) and not session.in_sync:
            self.board.look_again(self._stepped)

    # A peer that has dialled us

    def _came_or_left(self) -> None:
        if self._attempt is None:
            self._wake.set()
        else:
            self._give_way()

    def _give_way(self) -> None:
        """Let go of our own connection if the peer has made one as well, and ours is the one to go."""
        attempt = self._attempt
        if (
            attempt is not None
            and not isinstance(attempt, InboundAttempt)
            and self._inbound_state.outdoes(stays=attempt.stays)
        ):
            attempt.hang_up(Ending.GAVE_WAY, reason=t("The connection that the other side made is enough."))

    def _settled(self, session: Session) -> None:
        """All that is exchanged is on both disks: what is not exchanged is the only trouble."""
        self._left = session.parked
        if not self._left:
            self._recovered()
            return
        trouble = self._trouble = Trouble.of_parked(self._left, self._policies)
        known, self._called_for = self._called_for, {trouble.sentence}
        if trouble.sentence not in known:
            self._reporter.tables_parked(self.config.id, trouble.sentence, trouble.hint)

    def _incomplete(self) -> TablesParked | None:
        return TablesParked(together(self._left), hint=LEFT) if self._left else None

    def _caught_up(self) -> None:
        if self._attempt is not None and self._attempt.session is not None:
            self._settled(self._attempt.session)
        self.board.succeeded()
        self._greetings = 0
        if self._attempt is not None and not self._attempt.pulling:
            self._sync_requests.settle(self._incomplete())  # a pull is over only when it has hung up

    def _hang_up(self, *, code: int = 1000, reason: str) -> None:
        if self._attempt is not None:
            self._attempt.hang_up(Ending.HUNG_UP, code=code, reason=reason)
