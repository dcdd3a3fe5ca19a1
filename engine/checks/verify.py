"""Compares a database with a connected peer's, table by table, and names the rows that differ: ``Engine.verify``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from engine.checks.row_diff import Finder, RowDifference
from engine.errors import PeerUnreachable, UsageError
from engine.peer_state import PeerStatus, State
from engine.session import Session, SynclineSession, Verdict
from engine.session.common_tables import together
from engine.session.row_queries import Answer, Question
from engine.settings import PeerConfig
from engine.table_shape import ParkedTable
from engine.text import Text, counted, printable, t
from engine.transport.driver import Driver

POLL = 0.1
"""Seconds before tables that differ are compared again."""

TRIES = 5
"""How often the comparison is made if writes meanwhile may have spoilt it; the last one counts."""

RECONNECT = 10.0
"""Seconds to wait for a link that is about to connect."""

BACK = 10.0
"""Seconds to wait for a guest that was in sync: it reconnects by itself, as after a repair."""

ABOUT_TO = (State.CONNECTING, State.WAITING, State.SYNCING, State.IN_SYNC)
"""States of such a link. It is shown as in sync even during a short interruption."""

NAMED = 1_000
"""How many differing rows are named, across all tables."""


@dataclass(frozen=True, slots=True)
class TableResult:
    """How one table compares: the verdict, the rows on each side, those that differ, and whether there are more."""

    table: str
    verdict: Verdict
    here: int
    there: int
    rows: tuple[RowDifference, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class Verification:
    """How a database compares with a peer's. ``parked`` tables were not compared."""

    tables: tuple[TableResult, ...]
    parked: tuple[ParkedTable, ...] = ()

    @property
    def left_out(self) -> str:
        """Why some tables were not compared, in a few sentences; '' if all were."""
        return together(self.parked)

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """The verdict on each table."""
        return {result.table: result.verdict for result in self.tables}

    @property
    def verdict(self) -> Verdict:
        """The worst verdict on any table."""
        found = set(self.verdicts.values())
        return next((one for one in (Verdict.DIFFERENT, Verdict.HISTORY) if one in found), Verdict.IDENTICAL)

    @property
    def differing(self) -> tuple[RowDifference, ...]:
        """The rows known to differ."""
        return tuple(row for result in self.tables for row in result.rows)

    @property
    def summary(self) -> Text:
        """One line for a person, such as ``identical: 3 tables, 12,400 rows``."""
        if self.verdict is Verdict.DIFFERENT:
            rows = _rows(len(self.differing))
            if any(result.more for result in self.tables):
                rows = t("{rows} or more", rows=rows)
            names = [printable(result.table, 40) for result in self.tables if result.verdict is Verdict.DIFFERENT]
            return t("different: {rows} in {tables}", rows=rows, tables=", ".join(names))
        count = len(self.tables)
        tables = counted(count, t("1 table"), t("{count:,} tables", count=count))
        rows = _rows(sum(result.here for result in self.tables))
        if self.verdict is Verdict.HISTORY:
            return t("same rows, different history: {tables}, {rows}", tables=tables, rows=rows)
        return t("identical: {tables}, {rows}", tables=tables, rows=rows)


class Conversation(Protocol):
    """A connection with a peer, whoever made it.

    Attributes:
        stepped: is set whenever the session has taken a step, and at the end.
    """

    stepped: asyncio.Event

    @property
    def driver(self) -> Driver | None: ...
    @property
    def session(self) -> Session | None: ...
    @property
    def ended(self) -> bool: ...


class Partner(Protocol):
    """A peer that can be asked: a configured one (``engine.links.link.Link``), or a guest of what is shared
    (``engine.links.guest_row.GuestRow``)."""

    @property
    def config(self) -> PeerConfig: ...
    @property
    def status(self) -> PeerStatus: ...
    @property
    def attempt(self) -> Conversation | None: ...


async def verify(link: Partner, timeout: float, named: int = NAMED) -> Verification:
    """Compare a link's database with the peer's, again if something was written meanwhile.

    Args:
        timeout: seconds for each thing that is waited for.
        named: how many differing rows to name.

    Raises:
        PeerUnreachable: it is not connected, does not answer in time, or the connection was cut.
        UsageError: it is not a Syncline.
    """
    found: Verification | None = None
    cut: Cut | None = None
    for _ in range(TRIES):
        await _connected(link, min(timeout, RECONNECT))
        try:
            found, quiet = await _verify_once(Asking(link, timeout), named)
        except Cut as error:
            cut = error
            continue
        if quiet and (found.verdict is Verdict.IDENTICAL or found.differing):
            break
        await asyncio.sleep(POLL)  # what was written meanwhile may be on its way
    if found is None:
        assert cut is not None
        raise cut
    return found


async def _verify_once(asking: Asking, named: int) -> tuple[Verification, bool]:
    """Return what was found, and whether nothing was written meanwhile."""
    session = asking.session
    await asking.until(lambda: session.in_sync, asking.late())
    before = session.local_version, session.inbound.received
    session.check.verdicts = None
    asking.driver.call(session.verify)
    await asking.until(lambda: session.check.verdicts is not None, asking.silent())
    asking.still_there()
    found = await _find_rows(asking, named)
    return found, session.in_sync and (session.local_version, session.inbound.received) == before


async def _connected(link: Partner, seconds: float) -> None:
    """Give a link that is about to connect, as after an alter, a moment to do so."""
    for _ in range(int(seconds / POLL)):
        attempt = link.attempt
        there = attempt is not None and attempt.session is not None and not attempt.ended
        if there or not (link.status.state in ABOUT_TO or _left_just_now(link.status)):
            return
        await asyncio.sleep(POLL)


def _left_just_now(status: PeerStatus) -> bool:
    seen = status.last_success if status.guest else None
    return seen is not None and 0 <= time.time() - seen < BACK


class Cut(PeerUnreachable):
    """The connection ended while the peer was asked."""


class Asking:
    """The connection of a link, for asking the peer something.

    Args:
        timeout: seconds for each thing that is waited for.

    Raises:
        PeerUnreachable: there is no connection.
        UsageError: the peer is not a Syncline.
    """

    def __init__(self, link: Partner, timeout: float) -> None:
        self.timeout = timeout
        attempt = link.attempt
        if attempt is None or attempt.driver is None or attempt.session is None:
            raise PeerUnreachable(
                t("{peer} is not connected.", peer=link.config.name),
                hint=t("It connects to this machine by itself; try again when it is here.")
                if link.status.guest
                else t("Sync it now, or set it to sync live."),
            )
        if not isinstance(attempt.session, SynclineSession):
            raise UsageError(t("{peer} is not a Syncline, so it cannot be asked what it holds.", peer=link.config.name))
        self.link, self.attempt, self.driver, self.session = link, attempt, attempt.driver, attempt.session

    async def ask(self, question: Question) -> Answer:
        """Ask the peer a question and return its answer.

        Raises:
            PeerUnreachable: it does not answer in time, or the connection was cut.
        """
        numbers: list[int] = []
        session = self.session
        self.driver.call(lambda: numbers.append(session.ask(question)))
        await self.until(lambda: bool(numbers) and numbers[0] in session.check.answers, self.silent())
        if not numbers or numbers[0] not in session.check.answers:
            raise self._cut()
        return session.check.answers.pop(numbers[0])

    def begun(self, begins: Callable[[], bool]) -> Callable[[], bool]:
        """Return a condition that stays true once ``begins`` was."""
        seen: list[bool] = []

        def once() -> bool:
            if begins():
                seen.append(True)
            return bool(seen)

        return once

    def still_there(self) -> None:
        """Raise PeerUnreachable if the connection was cut meanwhile."""
        if self.link.attempt is not self.attempt or self.attempt.ended:
            raise self._cut()

    def _cut(self) -> Cut:
        return Cut(
            t("The connection to {peer} was lost while comparing.", peer=self.link.config.name), hint=t("Try again.")
        )

    def silent(self) -> Text:
        """Return what to say if the peer takes too long to answer."""
        peer = self.link.config.name
        return t("{peer} did not answer within {seconds:.0f} s.", peer=peer, seconds=self.timeout)

    def late(self) -> Text:
        """Return what to say if changes in transit take too long to arrive."""
        peer = self.link.config.name
        return t("Syncing with {peer} did not finish within {seconds:.0f} s.", peer=peer, seconds=self.timeout)

    async def until(self, done: Callable[[], bool], late: Text) -> None:
        """Wait until it is done, or the attempt is over.

        Args:
            late: what to say if it takes too long.

        Raises:
            PeerUnreachable: it takes too long.
        """
        attempt = self.attempt
        try:
            async with asyncio.timeout(self.timeout):
                while self.link.attempt is attempt and not attempt.ended and not done():
                    attempt.stepped.clear()
                    await attempt.stepped.wait()
        except TimeoutError:
            raise PeerUnreachable(late, hint=t("Try again when it is less busy.")) from None


async def _find_rows(asking: Asking, named: int) -> Verification:
    """Name the rows that differ."""
    session = asking.session
    found, results = session.check, []
    for table, verdict in (found.verdicts or {}).items():
        here, there = (one.rows for one in found.digests[table]) if table in found.digests else (0, 0)
        rows: list[RowDifference] = []
        more = False
        if verdict is Verdict.DIFFERENT:
            if named > 0:
                finder = Finder(asking.driver.host, asking.ask, named, session.common_columns)
                rows, more = await finder.find(table, max(here, there))
                named -= len(rows)
            else:
                more = True
        results.append(TableResult(table, verdict, here, there, tuple(rows), more))
    return Verification(tuple(results), session.parked)


def _rows(number: int) -> Text:
    return counted(number, t("1 row"), t("{count:,} rows", count=number))
