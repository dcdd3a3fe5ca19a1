"""Renews the lineage tokens of one file's sessions (``engine.clocks.lineage``) together, in one transaction.

All sessions that are to be sent the same change ask at about the same time. A hub with a thousand guests would
otherwise commit a thousand times before the last of them gets it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from engine.session import Renew

Tokens = tuple[bytes, ...]


class Renewals:
    """The renewals of one file.

    Args:
        write: renews tokens in the file of a generation, and returns the tokens of each peer; fails if another one is
            open.
    """

    def __init__(self, write: Callable[[Sequence[Renew], int], Awaitable[Sequence[Tokens]]]) -> None:
        self._write = write
        self._waiting: list[tuple[Renew, int, asyncio.Future[Tokens]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def renew(self, action: Renew, generation: int) -> Tokens:
        """Renew a peer's token along with all others that wait; return its tokens once they are on disk.

        Raises:
            ReplicaError: writing to the file failed.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Tokens] = loop.create_future()
        self._waiting.append((action, generation, done))
        if self._writing is None:
            self._writing = loop.create_task(self._write_all())
        return await done

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                generation = self._waiting[0][1]
                group = [one for one in self._waiting if one[1] == generation]
                self._waiting = [one for one in self._waiting if one[1] != generation]
                await self._write_group([(action, done) for action, _, done in group], generation)
        finally:
            self._writing = None

    async def _write_group(self, group: list[tuple[Renew, asyncio.Future[Tokens]]], generation: int) -> None:
        try:
            found = await self._write([action for action, _ in group], generation)
        except Exception as error:
            for _, done in group:
                if not done.done():
                    done.set_exception(error)
        else:
            for (_, done), tokens in zip(group, found, strict=True):
                if not done.done():  # whoever asked may have gone
                    done.set_result(tokens)
