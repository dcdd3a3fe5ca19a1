"""A replica on a thread of its own, kept open under its path.

Work runs only on the file that is there. One that has lost its name is left alone, as writes to it would be lost. If
another file has taken its place, or reading it has failed, the next work opens the path again, and whoever relied on
the earlier content is told.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, NamedTuple, ParamSpec, TypeVar

import apsw

from engine.errors import FileBusy, FileReplaced, StorageFailed, SynclineError
from engine.ids import SiteId
from engine.replica import Replica
from engine.sqlite.file_identity import replaced
from engine.sqlite.steps import Steps, step
from engine.storage.backup import Backups
from engine.table_shape import Parked, Shape
from engine.tables import Waiting

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


class Opened(NamedTuple):
    """What a file was when it was opened. ``generation`` counts the openings; ``marks`` is as in ``Replica.marks``."""

    generation: int
    site_id: SiteId
    version: int
    shapes: tuple[Shape, ...]
    parked: tuple[Parked, ...]
    marks: tuple[tuple[str, str], ...]


class ReplicaThread:
    """The replica of one path.

    Args:
        path: the database file.
        backups: where the file is backed up before it is first written to; may be None.
        on_opened: called on the loop each time the path was opened, before any work on that file is done.

    Attributes:
        generation: how often the path was opened.
        stopped: whether the program is about to end.
    """

    def __init__(self, path: Path, backups: Backups | None, on_opened: Callable[[Opened], None]) -> None:
        self._path = path
        self._backups = backups
        self._on_opened = on_opened
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"replica-{path.name}")
        self._replica: Replica | None = None
        self.generation = 0
        self._doubtful = False
        self.stopped = False

    def stop(self) -> None:
        """End all work in progress now, and let new work fail, as the program is about to end."""
        self.stopped = True
        if self._replica is not None:
            self._replica.stop()

    async def open(self) -> None:
        """Open the path.

        Raises:
            ReplicaError: it cannot be opened; says why.
        """
        await self._loop.run_in_executor(self._thread, self._open)

    async def close(self) -> None:
        """Close the file after the work in progress. Nothing may be called after it."""
        await self._loop.run_in_executor(self._thread, self._let_go)
        self._thread.shutdown(wait=False)

    async def run(
        self,
        generation: int | None,
        work: Callable[Concatenate[Replica, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run ``work(replica, ...)`` on the thread and return its result.

        Work that has begun is always finished, even if the caller is cancelled: a merge is whole or not at all.

        Args:
            generation: of the file that the work is for; None for whatever file is there.

        Raises:
            NoSuchFile: there is none at the moment.
            FileReplaced: there is another than that of ``generation``.
            ReplicaError: there is one that cannot be opened.
        """

        def on_thread() -> T:
            replica = self._usable(generation)
            try:
                return work(replica, *args, **kwargs)
            except StorageFailed as error:
                # a file on a stick that was pulled must be opened again when the stick is back
                self._doubtful = isinstance(error.__cause__, apsw.IOError | OSError)
                with contextlib.suppress(apsw.Error):  # drop cached pages, which may be wrong
                    replica.connection.pragma("shrink_memory")
                raise

        return await self._loop.run_in_executor(self._thread, on_thread)

    async def run_in_turns(
        self,
        generation: int,
        look: Callable[Concatenate[Replica, P], Steps[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run the steps of ``look(replica, ...)`` and return their result; others get their turn in between.

        Args:
            generation: of the file that the work is for.

        Raises:
            NoSuchFile, FileReplaced, ReplicaError: as ``run``.
        """

        def begin(replica: Replica) -> tuple[Steps[T], tuple[bool, T]]:
            steps = look(replica, *args, **kwargs)
            return steps, step(steps)

        steps, (done, result) = await self.run(generation, begin)
        while not done:
            done, result = await self.run(generation, lambda _: step(steps))
        return result

    async def back_up(self) -> None:
        """Back up the file as it is now, if backups are made at all."""
        if self._backups is not None:
            await self._loop.run_in_executor(self._thread, self._backups.make, self._path)

    @property
    def waiting(self) -> Waiting:
        """What in the file cannot be sent for now."""
        return self._replica.waiting if self._replica is not None else Waiting()

    @property
    def is_open(self) -> bool:
        """Whether a file is open under the path."""
        return self._replica is not None

    async def renew(self, generation: int) -> None:
        """Open the path again, unless that was done since ``generation``.

        Raises:
            ReplicaError: it cannot be opened.
        """
        await self._loop.run_in_executor(self._thread, self._renew, generation)

    # On the thread

    def _usable(self, generation: int | None) -> Replica:
        self._renew_if_need_be()
        if generation not in (None, self.generation):
            raise replaced(self._path)
        assert self._replica is not None
        return self._replica

    def _renew_if_need_be(self) -> None:
        if self._replica is not None and not self._doubtful:
            try:
                self._replica.check_there()
            except FileReplaced:
                pass
            else:
                return
        self._renew(self.generation)

    def _renew(self, generation: int) -> None:
        if generation == self.generation:
            self._let_go(replaced=True)
            self._open()

    def _open(self) -> None:
        Replica.open(self._path, readonly=True, recover=True).close()  # fails first: an unusable file gets no backup
        if self._backups is not None:
            self._backups.ensure(self._path)
        replica = Replica.open(self._path)
        try:
            with contextlib.suppress(FileBusy):  # the first check of the file does it too
                replica.refresh()
            found = replica.db_version(), replica.shapes(), replica.parked(), replica.marks()
            opened = Opened(self.generation + 1, replica.site_id, *found)
        except BaseException:
            replica.close()
            raise
        self._replica, self.generation, self._doubtful = replica, opened.generation, False
        if self.stopped:
            replica.stop()
        self._loop.call_soon_threadsafe(self._on_opened, opened)

    def _let_go(self, *, replaced: bool = False) -> None:
        replica, self._replica = self._replica, None
        if replica is None:
            return
        try:
            if replaced:  # closing must not touch the new file's log, which SQLite would find by its name
                replica.connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            replica.close()
        except SynclineError as error:
            log.warning("%s could not be closed well: %s", self._path.name, error)
