"""Whether all that a file holds was seen: then a look at it, which takes some ten queries, can be left out.

Most looks of a hub come of its own commits, of which everybody hears without one. Whether anybody else has committed is
one query.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from engine.replica import Replica
from engine.storage.replica_thread import ReplicaThread

P = ParamSpec("P")
T = TypeVar("T")

Stand = tuple[int, int, int]
"""How far a file is: which opening of it, others' commits, and our own work of which nobody would hear."""


class Seen:
    """What was seen of one file.

    Args:
        thread: its replica's.

    Attributes:
        doubtful: whether something may be new for another reason.
    """

    def __init__(self, thread: ReplicaThread) -> None:
        self.doubtful = True
        self._thread = thread
        self._untold = 0
        self._up_to: Stand | None = None

    def untold(self, work: Callable[Concatenate[Replica, P], T]) -> Callable[Concatenate[Replica, P], T]:
        """Return ``work``, for the thread, as what may write anything, of which only a look tells."""

        def on_thread(replica: Replica, /, *args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return work(replica, *args, **kwargs)
            finally:
                self._untold += 1

        return on_thread

    def stand(self, replica: Replica) -> Stand:
        """Return how far the file is; on the thread, before a look."""
        return self._thread.generation, replica.others_commits(), self._untold

    def up_to(self, stand: Stand) -> None:
        """All was seen that was there when the file was so far."""
        self._up_to = stand

    async def all(self) -> bool:
        """Whether nothing can be new.

        Raises:
            ReplicaError: the file could not be looked at.
        """
        return not self.doubtful and await self._thread.run(None, self.stand) == self._up_to
