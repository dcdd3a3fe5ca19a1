"""Compares a database with a connected peer, table by table: ``Engine.verify``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from engine.attempt import Attempt
from engine.errors import PeerUnreachable, UsageError
from engine.link import Link
from engine.session import OwnSession, Verdict

LOOK_AGAIN = 0.1
"""Seconds before tables that differ are compared once more."""

TRIES = 5
"""Comparisons in a row that may be spoilt by writes under way; the last one counts."""


async def verify(link: Link, timeout: float) -> dict[str, Verdict]:
    """As Engine.verify."""
    verdicts: dict[str, Verdict] = {}
    try:
        async with asyncio.timeout(timeout):
            for _ in range(TRIES):
                attempt = link.attempt
                if attempt is None or attempt.pump is None or attempt.session is None:
                    raise PeerUnreachable(f"{link.config.name} is not connected.", hint="Sync now, or switch to live.")
                session = attempt.session
                if not isinstance(session, OwnSession):
                    raise UsageError(f"{link.config.name} is no Syncline, and cannot be asked what it holds.")
                await _until(link, attempt, lambda session=session: session.in_sync)  # type: ignore[misc]
                before = session.local_version, session.received
                session.verdicts = None
                attempt.pump.call(session.verify)
                await _until(link, attempt, lambda session=session: session.verdicts is not None)  # type: ignore[misc]
                if session.verdicts is None:
                    continue  # it was cut: the next connection is asked, or there is none
                verdicts = session.verdicts
                quiet = session.in_sync and (session.local_version, session.received) == before
                if quiet and set(verdicts.values()) <= {Verdict.IDENTICAL}:
                    break
                await asyncio.sleep(LOOK_AGAIN)  # what was written meanwhile may be on its way
    except TimeoutError:
        raise PeerUnreachable(f"{link.config.name} did not come to rest within {timeout:.0f} s.") from None
    if not verdicts:
        raise PeerUnreachable(f"{link.config.name} was cut while it was compared.", hint="Try again.")
    return verdicts


async def _until(link: Link, attempt: Attempt, done: Callable[[], bool]) -> None:
    """Wait until it is done, or the attempt is over."""
    while link.attempt is attempt and not attempt.ended and not done():
        attempt.stepped.clear()
        await attempt.stepped.wait()
