"""Reads of one file that are in progress or were made a moment ago, for whoever wants the same."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Hashable
from typing import Any, Generic, Protocol, TypeVar

KEEP = 1.0
"""Seconds for which a finished read is kept for those who come later."""

KEPT = 64 * 1024
"""Bytes of the largest read that is kept, about; larger ones are shared only by those who wait for them together."""


class Sized(Protocol):
    """Something that was read."""

    @property
    def size(self) -> int:
        """About how many bytes it has."""
        ...


Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found", bound=Sized)


class ReadCache(Generic[Key, Found]):
    """The reads of one file, by what was asked for."""

    def __init__(self) -> None:
        self._reads: dict[Key, asyncio.Future[Found]] = {}

    def get(self, key: Key) -> asyncio.Future[Found] | None:
        """Return the read for this key, if it is in progress or kept.

        Await it shielded, as others may wait for it too.
        """
        return self._reads.get(key)

    def begin(self, key: Key, read: Coroutine[Any, Any, Found]) -> asyncio.Task[Found]:
        """Begin a read, and share it from now on."""
        reading = self._reads[key] = asyncio.get_running_loop().create_task(read)
        reading.add_done_callback(lambda _: self._done(key, reading))
        return reading

    def keep(self, key: Key, found: Found) -> None:
        """Share what was read already."""
        reading = self._reads[key] = asyncio.get_running_loop().create_future()
        reading.set_result(found)
        self._done(key, reading)

    def drop(self, key: Key, reading: asyncio.Future[Found]) -> None:
        """Stop sharing this read. A newer one under the same key stays."""
        if self._reads.get(key) is reading:
            del self._reads[key]

    def forget(self) -> None:
        """Share nothing that was read so far: the file has moved on, and a new read finds more."""
        self._reads.clear()

    def _done(self, key: Key, reading: asyncio.Future[Found]) -> None:
        if reading.cancelled() or reading.exception() is not None or reading.result().size > KEPT:
            self.drop(key, reading)
        else:
            asyncio.get_running_loop().call_later(KEEP, self.drop, key, reading)
