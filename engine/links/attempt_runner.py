"""Runs the attempts at one peer: sets each up, takes its reports, and decides what follows from how it ended."""

from __future__ import annotations

import asyncio
import enum
import functools
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from engine.change import Change
from engine.errors import PeerUnreachable, SynclineError
from engine.events import SyncFinished
from engine.links.attempt import Attempt, Ending
from engine.links.dialects import SchemaName
from engine.links.inbound import InboundState
from engine.links.inbound_attempt import InboundAttempt
from engine.links.peer_status import Board, connected_state
from engine.links.reporter import Reporter
from engine.links.retry_policy import Policies
from engine.links.schedule import Schedule
from engine.links.sync_requests import SyncRequests
from engine.links.troubles import Troubles
from engine.peer_state import Remedy, State
from engine.session import SessionFacts, SynclineSession, endings
from engine.session.close_codes import CloseCode
from engine.session.joining import EVERY_TABLE
from engine.settings import PeerConfig
from engine.storage.host_pool import HostPool
from engine.table_shape import Join
from engine.tables import Applied
from engine.text import sentences, t

log = logging.getLogger(__name__)


class Phase(enum.Enum):
    """How far the attempts are."""

    WAITING = enum.auto()
    """None is at work."""
    REGREETING = enum.auto()
    """None is at work, and the last one ended only to greet again."""
    PROBING = enum.auto()
    """One is at work that shows nothing until it gets further than the last one."""
    TRYING = enum.auto()
    """One is at work."""


class AttemptRunner:
    """Makes one attempt after another when a link asks for it, and listens to the one at work.

    Args:
        config, path, hosts, reporter, token, schema, as_hub, policies: as in ``Link``.
        inbound: the connections that the peer has made to us.

    Attributes:
        attempt: the one at work, if there is one.
        schedule: when the next one is due.
        sync_requests: who waits for them.
        troubles: what went wrong.
        board: what is shown.
        joins: how to join rows that never met, by table, until it is done (``JoinSession.joins``).
    """

    def __init__(
        self,
        config: PeerConfig,
        path: Path,
        hosts: HostPool,
        reporter: Reporter,
        *,
        inbound: InboundState,
        token: Callable[[bool], Awaitable[str | None]],
        schema: SchemaName | None,
        as_hub: bool,
        policies: Policies,
    ) -> None:
        # what each attempt is made of
        self.config = config
        self._path = path
        self._hosts = hosts
        self._token = token
        self._schema = schema
        self._as_hub = as_hub
        self.inbound = inbound
        # the one at work
        self._phase = Phase.WAITING
        self.attempt: Attempt | None = None
        # what follows, and who hears of it
        self.schedule = Schedule()
        self.sync_requests = SyncRequests()
        self.joins: dict[str, Join] = {}
        self.troubles = Troubles(config.id, reporter, policies)
        self.board = Board(config, reporter.peer_changed)
        self._reporter = reporter

    async def run(self, *, pulling: bool) -> None:
        """Make an attempt, and schedule the next one by how it went. ``pulling``: end it once caught up."""
        inbound = self.inbound.now
        attempt = self.attempt = (Attempt if inbound is None else functools.partial(InboundAttempt, inbound))(
            self.config,
            self._path,
            self._hosts,
            self,
            token=functools.partial(self._token, self.troubles.needs_you),
            schema=self._schema,
            as_hub=self._as_hub,
            pulling=pulling,
            wary=self.troubles.copied,
            joins=self.joins,
        )
        self.sync_requests.begin()
        attempt.hurry = attempt.hurry or bool(self.sync_requests)
        asked = self.schedule.begin() or bool(self.sync_requests)
        quiet = self._phase is Phase.REGREETING or (self.troubles.needs_you and not asked)
        self._phase = Phase.PROBING if quiet else Phase.TRYING
        self.board.trying(again=quiet or inbound is not None, asked=asked)
        try:
            ending = await attempt.run()
        except SynclineError as error:
            if isinstance(error, PeerUnreachable) and self.inbound.now is not None:
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
            self._forget_joins(attempt)
            self.attempt = None
            self.board.left(attempt.session.facts() if attempt.session is not None else None)

    def join(self, table: str, how: Join) -> None:
        """Have rows that never met joined in this way, with a new greeting."""
        self.joins[table] = how
        self.inbound.answer(self.joins)
        if isinstance(self.attempt, InboundAttempt):
            self._recheck()
        elif self.attempt is not None:
            self.attempt.hang_up(Ending.GREET_AGAIN, reason=endings.TO_JOIN.reason)
        self.schedule.ask()

    def _forget_joins(self, attempt: Attempt) -> None:
        """Forget how to join rows once all is in sync, as it does not hold for rows that come later."""
        session = attempt.session
        if attempt.settled and isinstance(session, SynclineSession):
            apart = {one.table for one in session.apart}
            apart |= {EVERY_TABLE} if apart else set()
            self.joins = {name: how for name, how in self.joins.items() if name in apart}
            self.inbound.answer(self.joins)

    def hang_up(self, *, code: int = CloseCode.NORMAL_CLOSURE, reason: str) -> None:
        """End the attempt at work, if any, cleanly."""
        if self.attempt is not None:
            self.attempt.hang_up(Ending.HUNG_UP, code=code, reason=reason)

    def give_way(self) -> None:
        """Hang up our own connection if the peer has made one too, and ours is the one to go."""
        attempt = self.attempt
        if attempt is None or isinstance(attempt, InboundAttempt):
            return
        if self.inbound.outdoes(stays=attempt.stays):
            attempt.hang_up(Ending.GAVE_WAY, reason=t("The connection that the other side opened is used instead."))

    # What follows

    def _ended(self, ending: Ending, attempt: Attempt) -> None:
        """Schedule the next attempt by how this one ended without failing."""
        self._phase = Phase.REGREETING if ending is Ending.GREET_AGAIN else Phase.WAITING
        schedule = self.schedule
        if attempt.held:
            schedule.did_good()
        if ending is Ending.CAUGHT_UP:
            schedule.caught_up()
            schedule.did_good()
            schedule.wait(self.config.minutes * 60)
            self.sync_requests.resolve(self.troubles.incomplete)
        elif ending is Ending.GREET_AGAIN:
            if not schedule.greet_again(fruitless=not (attempt.held or attempt.asked)):
                sentence = t("Reconnecting to {url} did not help. {reason}", url=self.config.url, reason=attempt.reason)
                self._failed(PeerUnreachable(sentence), attempt)
                return
            schedule.asked = schedule.asked or attempt.pulling or bool(self.sync_requests)
        else:  # try again, with the settings as they are now
            schedule.asked = schedule.asked or bool(self.sync_requests)
            schedule.wait(0)

    def _failed(self, error: SynclineError, attempt: Attempt) -> None:
        """Schedule the next attempt by what went wrong."""
        self._phase = Phase.WAITING
        trouble = self.troubles.fail(error, paired=bool(self.config.fingerprint))
        if attempt.settled or (attempt.held and not trouble.policy.needs_you):
            self.schedule.did_good()
        self.schedule.fail(trouble.policy, at_least=trouble.retry_after)
        self.sync_requests.resolve(error)

    # What the attempt at work reports (``engine.links.attempt.Listener``)

    def stepped(self, facts: SessionFacts) -> None:
        attempt = self.attempt
        if attempt is None or facts.closed:
            return
        waiting = attempt.waiting
        self.board.note(facts, waiting)
        if facts.kin:
            if self.inbound.site != facts.peer:
                self.inbound.site = facts.peer
                self.inbound.answer(self.joins)
            self.give_way()
            if self.joins and isinstance(attempt, InboundAttempt):
                attempt.have_joined(self.joins)
        if facts.greeted:
            self.troubles.found()
        if facts.in_sync:
            self.troubles.synced(facts.parked)
        now = asyncio.get_running_loop().time()
        sent_at = self.board.confirmed_at
        state, reason = connected_state(
            facts, attempt.progress, now=now, sent_at=sent_at, waiting=waiting, trouble=attempt.trouble
        )
        if self._phase is Phase.PROBING:
            if not facts.greeted:
                return
            if self.troubles.needs_you and state is not State.SENT and not attempt.held:
                self.board.recheck_later(self._recheck)  # it may still fail as the last one did
                return
            self._phase = Phase.TRYING
        trouble = self.troubles.now
        remedy = None
        if state is State.NEEDS_YOU:
            remedy = trouble.remedy if trouble is not None else Remedy.REPAIR if waiting.repairable else None
        reason = sentences(reason, attempt.note)
        self.board.show(state, reason, progress=attempt.progress, remedy=remedy)
        if state in (State.IN_SYNC, State.NEEDS_YOU) and not facts.in_sync:
            self.board.recheck_later(self._recheck)

    def caught_up(self, facts: SessionFacts) -> None:
        self.troubles.synced(facts.parked)
        self.board.succeeded()
        self.schedule.caught_up()
        if self.attempt is not None and not self.attempt.pulling:
            self.sync_requests.resolve(self.troubles.incomplete)  # a pull is over only when it has hung up

    def merged(self, applied: Sequence[Applied]) -> None:
        self._reporter.merged(self.config.id, applied)

    def sent(self, changes: Sequence[Change]) -> None:
        self._reporter.sent(self.config.id, changes)

    def finished(self, finished: SyncFinished) -> None:
        self._reporter.sync_finished(finished)

    def _recheck(self) -> None:
        """Show how things stand now, although the session has taken no step."""
        if self.attempt is not None and self.attempt.session is not None:
            self.stepped(self.attempt.session.facts())
