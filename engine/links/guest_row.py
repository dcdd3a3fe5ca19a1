"""The row of a guest, which was paired with this machine and dials it. State and clocks are derived as for a peer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from engine.errors import SynclineError
from engine.ids import DatabaseId, PeerId
from engine.links.peer_status import Board, Progress, connected_state
from engine.links.retry_policy import POLICIES, Trouble
from engine.peer_state import PeerStatus, Remedy, State
from engine.session import Session
from engine.settings import PeerConfig
from engine.tables import Waiting
from engine.text import t
from engine.transport.close_codes import error_of
from engine.transport.driver import Driver

FROM_HERE = (Remedy.JOIN, Remedy.ANSWER, Remedy.REPAIR, Remedy.NEW_ID)
"""What a person can do about a guest, which cannot be dialled: what concerns the file on this machine."""

COMES = t("Not connected; it connects to this machine by itself.")
DUE = t("Not connected; what it lacks is sent as soon as it connects.")


@dataclass(eq=False, slots=True)
class Visit:
    """A connection that a guest has made.

    Attributes:
        driver: the one that drives it.
        stepped: set whenever its session has taken a step, and at the end.
        over: whether it is gone.
    """

    driver: Driver
    stepped: asyncio.Event = field(default_factory=asyncio.Event)
    over: bool = False

    @property
    def session(self) -> Session:
        """Its session."""
        return self.driver.session

    @property
    def ended(self) -> bool:
        """Whether its session is over."""
        return self.over or self.session.closed is not None


class GuestRow:
    """One guest of one database.

    Args:
        name: the guest's, unique on this machine.
        database, room: what it may sync.
        on_change: called with the whole row when it changes.
        last_success: when it was last in sync, if known.
    """

    def __init__(
        self,
        name: str,
        database: DatabaseId,
        room: str,
        on_change: Callable[[PeerStatus], None],
        *,
        last_success: float | None = None,
    ) -> None:
        self.database = database
        self.attempt: Visit | None = None
        """The connection by which the guest is here."""
        self._progress = Progress()
        self._trouble: Trouble | None = None
        """Why its last connection failed, if a person may be needed."""
        self._board = Board(PeerConfig(PeerId(name), name, database, "", room), on_change)
        self._board.status = replace(self._board.status, guest=True, reason=COMES, last_success=last_success)

    @property
    def status(self) -> PeerStatus:
        """The row as it was last shown."""
        return self._board.status

    @property
    def config(self) -> PeerConfig:
        """What there would be in the settings if it were a configured peer."""
        return self._board.config

    @property
    def board(self) -> Board:
        """What is shown of it."""
        return self._board

    def stepped(self, driver: Driver) -> None:
        """Note that a session of the guest's has taken a step."""
        session, board = driver.session, self._board
        facts = session.facts()
        visit = self.attempt
        if visit is not None and visit.driver is driver:
            visit.stepped.set()
        if not facts.greeted or facts.closed:
            return
        if visit is None or visit.driver is not driver:
            self._leave()
            self.attempt, self._progress, self._trouble = Visit(driver), Progress(), None
            board.status = replace(board.status, last_attempt=time.time())
        now = asyncio.get_running_loop().time()
        self._progress.update(facts, now, driver.traffic.size)
        waiting = driver.host.waiting if session.sends else Waiting()
        board.note(facts, waiting)
        state, reason = connected_state(
            facts,
            self._progress,
            now=now,
            sent_at=board.confirmed_at,
            waiting=waiting,
            trouble=driver.host.trouble,
        )
        remedy = None
        if state is State.NEEDS_YOU:
            parked = Trouble.of_parked(facts.parked, POLICIES) if facts.parked else None
            remedy = _from_here(parked.remedy) if parked else Remedy.REPAIR if waiting.repairable else None
        board.show(state, reason, progress=self._progress, remedy=remedy)
        if state in (State.IN_SYNC, State.NEEDS_YOU) and not facts.in_sync:
            board.recheck_later(self._recheck)

    def left(self, driver: Driver) -> None:
        """Note that a connection of the guest's is over."""
        session = driver.session
        trouble = self._trouble_of(driver)
        if trouble is not None:
            self._trouble = trouble
        elif self.attempt is None or driver is not self.attempt.driver:
            return  # it never greeted, or has come again meanwhile
        self._leave()
        self._board.left(session.facts() if session.greeted else None)
        self._show_away()

    def local_moved(self, version: int) -> None:
        """Note that our file is at ``version``, whether the guest is connected or not."""
        self._board.local_moved(version)
        if self.attempt is None:
            self._show_away()

    def close(self) -> None:
        """Stop reporting."""
        self._leave()
        self._board.close()

    def _leave(self) -> None:
        visit, self.attempt = self.attempt, None
        if visit is not None:
            visit.over = True
            visit.stepped.set()

    def _show_away(self) -> None:
        """Show a guest that is not connected; it is shown as waiting only if something is known to be due to it."""
        trouble = self._trouble
        if trouble is not None:
            self._board.show(State.NEEDS_YOU, trouble.reason, remedy=_from_here(trouble.remedy))
        elif self.status.to_send:
            self._board.show(State.WAITING, DUE)
        else:
            self._board.show(State.IDLE, COMES)

    def _trouble_of(self, driver: Driver) -> Trouble | None:
        session = driver.session
        error: SynclineError | None = session.failure
        if session.closed is not None and (session.copied or session.closed.parked):
            error = error_of(session, session.closed, driver.host.path)
        if error is None:
            return None
        trouble = Trouble.of(error, POLICIES, paired=False)
        return trouble if trouble.policy.needs_you else None

    def _recheck(self) -> None:
        """Show how things stand now, although the session has taken no step."""
        if self.attempt is not None:
            self.stepped(self.attempt.driver)


def _from_here(remedy: Remedy | None) -> Remedy | None:
    return remedy if remedy in FROM_HERE else None
