"""Performs those of a session's actions that have to be awaited, on its replica."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from websockets.asyncio.connection import Connection

from engine.replica import Replica, table_digests
from engine.session import (
    Action,
    AskAgain,
    BackUp,
    ComparePage,
    FindDeleted,
    FindReferring,
    FindRows,
    GiveUpRows,
    Keep,
    ListCopies,
    LookUp,
    Merge,
    QueryRows,
    Read,
    ReadPart,
    Renew,
    Session,
    Settle,
    TakeDigests,
    TakeNames,
    TakeRows,
    answer,
)
from engine.sqlite.steps import unless
from engine.storage.replica_host import ReplicaHost
from engine.tables import Applied
from engine.transport.keepalive import while_connected
from engine.transport.limits import PeerLimits

T = TypeVar("T")


class Performer:
    """Performs such actions of one session, and passes it each result.

    Args:
        socket, session, host, guard, on_in: those of its driver (``engine.transport.driver``).
    """

    def __init__(
        self,
        socket: Connection,
        session: Session,
        host: ReplicaHost,
        guard: PeerLimits,
        on_in: Callable[[Sequence[Applied]], None] | None,
    ) -> None:
        self._socket = socket
        self._session = session
        self._host = host
        self._guard = guard
        self._on_in = on_in
        loop = asyncio.get_running_loop()
        self._unheard: asyncio.Future[None] = loop.create_future()
        self._unwelcome: asyncio.Future[None] = loop.create_future()

    def unheard(self) -> None:
        """Abandon work that only serves an answer, as nobody will hear it."""
        _set(self._unheard)

    def unwelcome(self) -> None:
        """Take nothing more from the peer."""
        _set(self._unwelcome)

    async def perform(self, action: Action) -> None:
        """Perform an action.

        Raises:
            Left: the session is about to close, or the connection is gone.
            SynclineError: it failed.
        """
        session, host = self._session, self._host
        generation = session.here.generation
        match action:
            case Read():
                session.read_done(await host.read(action, generation))
            case ReadPart():
                session.read_done(await host.read_part(action, generation))
            case LookUp():
                session.known(await host.known(action, generation))
            case Renew():
                session.renewed(await host.renew_lineage(action, generation))
            case Keep(token=token):
                session.kept(token, await host.keep_lineage(action, generation))
            case AskAgain(site_id, since):
                await host.run_on(generation, Replica.ask_again, site_id, since)
            case TakeDigests(tables, columns):
                session.digested(await self._while_heard(host.survey(table_digests.tables, tables, columns)))
            case QueryRows(question, columns):
                session.answered(await self._while_heard(host.survey(answer, question, columns)))
            case BackUp():
                version = await host.join_step(action, generation)
                if version is not None:
                    await host.back_up()
                session.joined(version)
            case (
                ComparePage()
                | ListCopies()
                | FindRows()
                | FindDeleted()
                | FindReferring()
                | TakeRows()
                | TakeNames()
                | GiveUpRows()
                | Settle()
            ):
                session.joined(await host.join_step(action, generation))
            case Merge():
                self._guard.merge(action)
                merge = host.merge(action, generation, report_applied=self._on_in is not None)
                results = await unless(self._unwelcome, merge)
                session.merge_done(results)
                for result in results:
                    if result.applied and self._on_in is not None:
                        self._on_in(result.applied)

    def _while_heard(self, work: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
        """Work on an answer as long as somebody waits for it; raise Left if nobody does any more."""
        return while_connected(self._socket, unless(self._unheard, work))


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
