"""One replica (``engine.storage.replica_thread``), and the news of its file.

Everything that touches a file goes through its ``ReplicaHost``: links, hub rooms and the window share one for each
path, so that SQLite runs on one thread for each replica and nothing blocks the loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from engine.change import Change
from engine.errors import FileReplaced, SynclineError
from engine.ids import SiteId
from engine.replica import Replica
from engine.session import LookUp, Merge, Read, ReadPart, Snapshot, Versions, execute
from engine.sqlite.file_identity import replaced
from engine.sqlite.steps import Steps, step
from engine.storage.ack_writer import AckWriter
from engine.storage.backup import Backups
from engine.storage.file_watch import FileWatch
from engine.storage.part_cache import PartCache
from engine.storage.recorder import Recorder
from engine.storage.replica_thread import Opened, ReplicaThread
from engine.storage.version_cache import VersionCache
from engine.table_shape import Parked, Shape
from engine.tables import Known, MergeResult, Part, Waiting

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

LOCAL_LIMIT = 5_000
"""Local changes reported for the flow at a time, about; what is beyond is synced, but not listed."""

RETRY = 5.0
"""Seconds until a file is looked at again that could not be: what was written meanwhile may make no more news."""


class LocalNews(Protocol):
    """Wants to know what other programs wrote to open files, for the change flow."""

    def wants_local(self, path: Path) -> bool:
        """Whether anybody looks at this file's local changes now; if not, they are not read."""

    def local_changes(self, path: Path, changes: Sequence[Change]) -> None:
        """Other programs made these changes in the file."""


class Listener(Protocol):
    """Wants to know when the file has moved."""

    def version_moved(self, version: int) -> None:
        """The file's db_version is ``version`` now, whoever wrote it."""

    def schema_changed(self, tables: tuple[Shape, ...], parked: tuple[Parked, ...]) -> None:
        """The synced tables look so now: one came, went or was altered, was parked or released."""

    def replaced(self) -> None:
        """Another file has taken the place of the one that was open: nothing known of it holds."""

    def troubled(self, error: SynclineError | None) -> None:
        """The file cannot be used at the moment, and why; None: it can be again."""


class ReplicaHost:
    """A replica, its thread and its watch. Async context manager; ``acquire`` and ``release`` count its users.

    Args:
        path: the database file; it must exist.
        news: told on the loop of changes that other programs made; may be None.
        backups: where the file is copied to before it is written to for the first time; may be None.
    """

    def __init__(
        self,
        path: Path,
        *,
        news: LocalNews | None = None,
        backups: Backups | None = None,
    ) -> None:
        self.path = path
        self.version = 0
        self.site_id = SiteId(b"")
        self.generation = 0
        self.shapes: tuple[Shape, ...] = ()
        self.parked: tuple[Parked, ...] = ()
        self.trouble: SynclineError | None = None
        self._marks: tuple[tuple[str, str], ...] = ()
        self._news = news
        self._replica = ReplicaThread(path, backups, self._opened)
        self.sent_clocks = AckWriter(self._record_sent)
        self._recorder = Recorder(self.run, self._last_write, self._in_trouble)
        self._parts = PartCache(self._read_part)
        self._versions = VersionCache(self._read_versions)
        self._listeners: list[Listener] = []
        self._reported = 0
        self._merged: list[tuple[int, int]] = []
        self._watch: FileWatch | None = None
        self._refreshing = False
        self._refresh_again = False
        self._refresh_task: asyncio.Task[None] | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._closed = False

    async def __aenter__(self) -> ReplicaHost:
        try:
            await self._replica.open()
            self._watch = FileWatch(self.path, self.refresh_soon)
            await self._watch.__aenter__()
            self.refresh_soon()  # for what was written before the watch began
        except BaseException:
            await self._shut()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._shut()

    async def _shut(self) -> None:
        self._closed = True
        self._recorder.close()
        if self._retry is not None:
            self._retry.cancel()
        if self._watch is not None:
            await self._watch.__aexit__(None, None, None)
        if self._refresh_task is not None:
            await asyncio.gather(self._refresh_task, return_exceptions=True)
        await self.sent_clocks.close()
        await self._replica.close()

    def _last_write(self) -> float:
        return self._watch.last_event if self._watch is not None else float("-inf")

    def stop(self) -> None:
        """Have what is under way on the file end now, and what comes fail: the program is about to end."""
        self._replica.stop()

    # Work on the replica

    async def run(self, work: Callable[Concatenate[Replica, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``work(replica, ...)`` on the replica's thread and return what it returns.

        Work that has begun is always finished, even if the caller is cancelled: a merge is whole or not at all.

        Raises:
            NoSuchFile: the file is gone at the moment.
        """
        return await self._replica.run(None, work, *args, **kwargs)

    async def run_on(
        self, generation: int, work: Callable[Concatenate[Replica, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As ``run``, for a session of the file of ``generation``.

        Raises:
            FileReplaced: likewise, this is another file.
        """
        return await self._replica.run(generation, work, *args, **kwargs)

    async def survey(self, look: Callable[Concatenate[Replica, P], Steps[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a survey of the replica (``engine.replica.table_digests``); others get their turn between its steps.

        Raises:
            FileReplaced: another file took its place meanwhile.
        """
        return await self._in_turns(self.generation, look, *args, **kwargs)

    async def _of_one_file(self, work: Callable[[Replica], T]) -> tuple[T, int]:
        """Run ``work``, again if the file was replaced meanwhile; return what it returns and the generation."""
        while True:
            generation = self.generation
            found = await self.run(work)
            if generation == self.generation:
                return found, generation

    async def _in_turns(
        self,
        generation: int,
        look: Callable[Concatenate[Replica, P], Steps[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        steps = await self.run_on(generation, look, *args, **kwargs)
        while True:
            done, result = await self.run_on(generation, lambda _: step(steps))
            if done:
                return result

    async def snapshot(self) -> Snapshot:
        """Return what a session must know to begin.

        Raises:
            NoSuchFile: the file is gone at the moment.
        """
        await self._recorder.record()
        found, generation = await self._of_one_file(execute.snapshot)
        found = replace(found, generation=generation)
        return replace(found, sent={**found.sent, **self.sent_clocks.waiting(found.generation)})

    async def read(self, action: Read, generation: int) -> Versions:
        """Perform a ``Read`` of the file of ``generation``: what is returned is durable."""
        self._check(generation)
        await self._recorder.record()
        return await self._versions.read(action)

    async def read_part(self, action: ReadPart, generation: int) -> Part:
        """Perform a ``ReadPart``, likewise."""
        self._check(generation)
        await self._recorder.record()
        return await self._parts.read(action)

    async def known(self, action: LookUp, generation: int) -> Known:
        """Perform a ``LookUp``."""
        found = await self.run_on(generation, Replica.known, action.site_id, action.parked)
        return replace(found, sent=self.sent_clocks.waiting(generation).get(action.site_id, found.sent))

    async def merge(self, action: Merge, generation: int, *, report_applied: bool = True) -> list[MergeResult]:
        """Perform a ``Merge`` in slices, between which others have their turn; the clock moves with the last one. Other
        links hear of it. Whoever cancels this leaves the slices that have not begun.

        Args:
            report_applied: whether the results say what was merged, which holds all of it in memory.

        Raises:
            FileReplaced: this is not the file of ``generation``, or it was set back; nothing was recorded.
        """
        results: list[MergeResult] = []
        await self._recorder.record()
        try:
            await self._in_turns(
                generation, execute.merging, action, results, floor=self.version, report_applied=report_applied
            )
        except FileReplaced:
            await self._replica.renew(generation)
            raise
        finally:
            if generation == self.generation:
                self._took(results)
        return results

    def _took(self, results: Sequence[MergeResult]) -> None:
        self._merged.extend((result.before, result.after) for result in results if result.after > result.before)
        if results and results[-1].after > self.version:
            self._moved(results[-1].after)

    def _read_part(self, action: ReadPart) -> Coroutine[Any, Any, Part]:
        return self.run_on(self.generation, execute.read_part, action)

    def _read_versions(self, action: Read) -> Coroutine[Any, Any, Versions]:
        return self.run_on(self.generation, execute.read, action)

    def _forget_reads(self) -> None:
        self._parts.forget()
        self._versions.forget()

    async def _record_sent(self, clocks: Mapping[SiteId, int], generation: int) -> None:
        try:
            await self.run_on(generation, Replica.record_all_sent, clocks, floor=self.version)
        except FileReplaced:
            if not self._closed:
                await self._replica.renew(generation)
            raise

    # News of the file

    @property
    def waiting(self) -> Waiting:
        """What of the file cannot be sent for now."""
        return self._replica.waiting

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tell ``listener`` of every rise of the clock; return the function that stops it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def refresh_soon(self) -> None:
        """Find out soon whether another program has written; safe to call at any time, on the loop."""
        if self._closed:
            return
        if self._refreshing:
            self._refresh_again = True
            return
        self._refreshing = True
        self._refresh_task = asyncio.get_running_loop().create_task(self._keep_refreshing())

    async def refresh(self) -> None:
        """Find out what is new in the file, and return when every listener knows.

        Raises:
            ReplicaError: it could not be looked at.
        """
        (version, shapes, parked, site_id, marks, ordinary), generation = await self._of_one_file(_news)
        if (shapes, parked) != (self.shapes, self.parked):
            self.shapes, self.parked = shapes, parked
            self._forget_reads()
            for listener in tuple(self._listeners):
                listener.schema_changed(shapes, parked)
        synced = {shape.name for shape in shapes}
        anew = any(name in synced for name, _ in set(self._marks).difference(marks))
        self._marks = marks
        # set back in place, by a restore, say; or a table was made anew, and all of it is to be asked for
        if version < self.version or site_id != self.site_id or anew:
            await self._replica.renew(generation)
        elif version > self.version:
            self._moved(version)  # first: whoever sends it should not wait for the report
        self._recorder.needed = ordinary
        await self._recorder.record()
        # another program may have corrected what was held back
        version, _ = await self._of_one_file(Replica.refresh)
        if version > self.version:
            self._moved(version)
        await self._report_local(version)

    def _check(self, generation: int) -> None:
        if generation != self.generation:
            raise replaced(self.path)

    def _opened(self, opened: Opened) -> None:
        """The path was opened, perhaps not for the first time: tell everybody to forget what they knew of it."""
        again = self.generation > 0
        self.generation, self.site_id, self.version, self.shapes, self.parked, self._marks = opened
        self._reported = self.version
        self._merged.clear()
        self._forget_reads()
        self._recorder.needed = True
        if again:
            for listener in tuple(self._listeners):
                listener.replaced()

    async def _keep_refreshing(self) -> None:
        try:
            while True:
                self._refresh_again = False
                await self.refresh()
                self._in_trouble(None)
                if not self._refresh_again:
                    break
        except SynclineError as error:
            if not self._replica.stopped:
                self._in_trouble(error)
            if not self._closed:
                if self._retry is not None:
                    self._retry.cancel()
                self._retry = asyncio.get_running_loop().call_later(RETRY, self.refresh_soon)
        finally:
            self._refreshing = False

    def _in_trouble(self, error: SynclineError | None) -> None:
        """Report whether the file can be read now, where that is news."""
        if str(error) == str(self.trouble):
            return
        self.trouble = error
        if error is not None:
            log.warning("Could not look at %s: %s", self.path, error)
        if not self._closed:
            for listener in tuple(self._listeners):
                listener.troubled(error)

    async def _report_local(self, until: int) -> None:
        """Report what other programs wrote since the last report, leaving out what our own merges wrote."""
        since = self._reported
        if until <= since:
            return
        self._reported = until
        merged, self._merged = tuple(self._merged), [span for span in self._merged if span[1] > until]
        if self._news is not None and self._news.wants_local(self.path):
            generation = self.generation
            found = await self.run(_local_changes, since, until, merged)
            if found and generation == self.generation:
                self._news.local_changes(self.path, found)

    def _moved(self, version: int) -> None:
        self._forget_reads()
        self.version = max(self.version, version)
        for listener in tuple(self._listeners):
            listener.version_moved(version)


def _news(
    replica: Replica,
) -> tuple[int, tuple[Shape, ...], tuple[Parked, ...], bytes | None, tuple[tuple[str, str], ...], bool]:
    of_the_file = replica.site_id_on_disk(), replica.marks(), replica.has_ordinary()
    return replica.db_version(), replica.shapes(), replica.parked(), *of_the_file


def _local_changes(replica: Replica, since: int, until: int, merged: tuple[tuple[int, int], ...]) -> list[Change]:
    local: list[Change] = []
    while since < until and len(local) < LOCAL_LIMIT:
        found = replica.changes(since, until=until, exclude_versions=merged, limit=LOCAL_LIMIT, whole=False)
        local += [change for change in found.changes if change.site_id == replica.site_id]
        if found.until <= since:
            break  # the file went back meanwhile
        since = found.until
    return local
