"""Reads that a session shares with others on its file, without waiting if the result is there already."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from engine.session import ReadPart
from engine.storage.part_cache import SharedPart
from engine.storage.replica_host import ReplicaHost
from engine.tables import Part

LONG = 0.5
"""Seconds an action may take before the session's facts are reported meanwhile: an app may have the file locked."""


class SharedReading:
    """The shared reads of one session, one at a time.

    Args:
        host: makes the reads.
        on_done: called when a read that was in progress is done.
        on_late: called when one has taken ``LONG``.
    """

    def __init__(self, host: ReplicaHost, *, on_done: Callable[[], None], on_late: Callable[[], None]) -> None:
        self._host = host
        self._on_done = on_done
        self._on_late = on_late
        self._shared: SharedPart | None = None
        self._late: asyncio.TimerHandle | None = None
        self._alone = False

    @property
    def under_way(self) -> bool:
        """Whether a read is in progress, after which ``on_done`` is called."""
        return self._shared is not None and not self._shared.done()

    def read(self, action: ReadPart, generation: int) -> Part | None:
        """Return what ``action`` finds, if another session has read it.

        Returns:
            the part; None while the read is in progress, or if the session has to read by itself, until ``read_alone``.

        Raises:
            ReplicaError: reading the file failed.
        """
        if self._alone:
            return None
        if self._shared is None:
            self._shared = self._host.shared_part(action, generation)
            if self._shared is None:
                return None
            if not self._shared.done():
                self._late = asyncio.get_running_loop().call_later(LONG, self._on_late)
                self._shared.add_done_callback(self._done)
        if not self._shared.done():
            return None
        shared, self._shared = self._shared, None
        part = shared.result().served(action)
        self._alone = part is None
        return part

    def read_alone(self) -> None:
        """Note that the session has read by itself, so that its next read may be shared again."""
        self._alone = False

    def close(self) -> None:
        """Do not call ``on_late`` any more."""
        if self._late is not None:
            self._late.cancel()

    def _done(self, _: SharedPart) -> None:
        self.close()
        self._on_done()
