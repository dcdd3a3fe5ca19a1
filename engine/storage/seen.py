"""Knows whether everything in a file was seen, so that a check of it, which takes some ten queries, can be skipped.

Most checks on a hub follow its own commits, which everybody hears of without one. Whether anybody else has committed is
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
"""A file's state: the number of its opening, of others' commits, and of our own work that nobody was told of."""


class Seen:
    """What was seen of one file.

    Args:
        thread: its replica's thread.

    Attributes:
        doubtful: whether something may be new for another reason.
    """

    def __init__(self, thread: ReplicaThread) -> None:
        self.doubtful = True
        self._thread = thread
        self._untold = 0
        self._up_to: Stand | None = None

    def untold(self, work: Callable[Concatenate[Replica, P], T]) -> Callable[Concatenate[Replica, P], T]:
        """Wrap work for the thread that may write anything, so that only a check can tell what it wrote."""

        def on_thread(replica: Replica, /, *args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return work(replica, *args, **kwargs)
            finally:
                self._untold += 1

        return on_thread

    def stand(self, replica: Replica) -> Stand:
        """Return the file's state; call it on the thread, before a check."""
        return self._thread.generation, replica.others_commits(), self._untold

    def up_to(self, stand: Stand) -> None:
        """Note that everything was seen that was there in this state."""
        self._up_to = stand

    async def all(self) -> bool:
        """Return whether nothing can be new.

        Raises:
            ReplicaError: the file could not be checked.
        """
        return not self.doubtful and await self._thread.run(None, self.stand) == self._up_to
