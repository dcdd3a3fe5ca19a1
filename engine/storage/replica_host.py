"""One replica (``engine.storage.replica_thread``), and the news of its file.

Everything that touches a file goes through its ``ReplicaHost``. Links, hub rooms and the window share one for each
path, so that SQLite runs on one thread for each replica and nothing blocks the loop.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from engine.change import Change
from engine.errors import FileReplaced, SynclineError, TableBroken
from engine.ids import SiteId
from engine.replica import Replica
from engine.session import JoinAction, Keep, LookUp, Merge, Read, ReadPart, Renew, Snapshot, Versions, execute
from engine.sqlite.file_identity import replaced
from engine.sqlite.steps import Steps
from engine.storage import file_news, local_changes
from engine.storage.ack_writer import AckWriter, record_shortly
from engine.storage.backup import Backups
from engine.storage.file_news import Listener
from engine.storage.file_watch import FileWatch
from engine.storage.listeners import Listeners
from engine.storage.local_changes import LocalChanges, LocalNews
from engine.storage.part_cache import PartCache, SharedPart
from engine.storage.recorder import Recorder
from engine.storage.refresher import Refresher
from engine.storage.renewals import Renewals
from engine.storage.replica_thread import Opened, ReplicaThread
from engine.storage.seen import Seen
from engine.storage.shown_numbers import ShownNumbers
from engine.storage.trouble import Trouble
from engine.storage.version_cache import VersionCache
from engine.table_shape import Dataset, Parked, Shape
from engine.tables import Known, MergeResult, Part, Waiting

AHEAD = 64
"""The most changes of a merge that are read back in its own step for everybody else; more would hold up others."""

P = ParamSpec("P")
T = TypeVar("T")


class ReplicaHost:
    """A replica, its thread and its watch. An async context manager.

    Args:
        path: the database file; it must exist.
        news: told on the loop of changes that other programs made; may be None.
        backups: where the file is backed up before it is first written to; may be None.
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
        self.datasets: Mapping[str, Dataset] = {}
        self._marks: file_news.Marks = ()
        self._replica = ReplicaThread(path, backups, self._opened)
        self._seen = Seen(self._replica)
        self._listeners = Listeners(lambda: self.version)
        self.sent_clocks = AckWriter(self._record_sent)
        self._renewals = Renewals(self._renew_all)
        self._trouble = Trouble(path, self._listeners)
        self._recorder = Recorder(self.run, self._last_write, self._trouble.found)
        self._local = LocalChanges(path, news, self._read_local)
        self.numbers = ShownNumbers()
        self._parts = PartCache(self._read_part, lambda: len(self._listeners) > 1)
        self._versions = VersionCache(self._read_versions)
        self._watch: FileWatch | None = None
        self._refresher = Refresher(self._look, self._looked)
        self._closed = False

    async def __aenter__(self) -> ReplicaHost:
        try:
            await self._replica.open()
            self._watch = FileWatch(self.path, self.refresh_soon, self._refresher.soon)
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
        self._trouble.close()
        self._recorder.close()
        self._refresher.end()
        if self._watch is not None:
            await self._watch.__aexit__(None, None, None)
        await self._refresher.ended()
        await self.sent_clocks.close()
        await self._replica.close()

    def _own_write(self) -> AbstractContextManager[None]:
        """Mark a write that everybody on this host hears of without a check of the file."""
        return self._watch.own_write() if self._watch is not None else contextlib.nullcontext()

    def _last_write(self) -> float:
        return self._watch.last_event if self._watch is not None else float("-inf")

    def stop(self) -> None:
        """End all work in progress on the file now, and let new work fail, as the program is about to end."""
        self._replica.stop()

    # Work on the replica

    async def run(self, work: Callable[Concatenate[Replica, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``work(replica, ...)`` on the replica's thread and return its result.

        Work that has begun is always finished, even if the caller is cancelled: a merge is whole or not at all.

        Raises:
            NoSuchFile: the file is missing at the moment.
        """
        return await self._replica.run(None, self._seen.untold(work), *args, **kwargs)

    async def run_on(
        self, generation: int, work: Callable[Concatenate[Replica, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run work like ``run``, for a session of the file of ``generation``.

        Raises:
            NoSuchFile: as ``run``. FileReplaced: this is another file.
        """
        return await self._replica.run(generation, self._seen.untold(work), *args, **kwargs)

    async def survey(self, look: Callable[Concatenate[Replica, P], Steps[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a survey of the replica (``engine.replica.table_digests``); others get their turn between its steps.

        Raises:
            FileReplaced: another file took its place meanwhile.
        """
        return await self._replica.run_in_turns(self.generation, look, *args, **kwargs)

    async def _of_one_file(self, work: Callable[[Replica], T]) -> tuple[T, int]:
        """Run ``work``, again if the file was replaced meanwhile; return its result and the generation."""
        while True:
            generation = self.generation
            found = await self._replica.run(None, work)
            if generation == self.generation:
                return found, generation

    async def snapshot(self, *, clocks: bool = True) -> Snapshot:
        """Return what a session must know to begin, with the clocks of all peers if ``clocks`` (our own dialect needs
        only one).

        Raises:
            NoSuchFile: the file is missing at the moment.
        """
        await self._recorder.record()
        found, generation = await self._of_one_file(partial(execute.snapshot, clocks=clocks))
        if sorted(found.tables) != sorted(self.shapes) or found.parked != self.parked:
            await self.refresh()  # no check has seen this yet: the session would next be told of the older state
        found = replace(found, generation=generation)
        return replace(found, sent={**found.sent, **self.sent_clocks.waiting(found.generation)})

    async def read(self, action: Read, generation: int) -> Versions:
        """Perform a ``Read`` of the file of ``generation``; what is returned is durable."""
        self._check(generation)
        await self._recorder.record()
        return await self._versions.read(action)

    async def read_part(self, action: ReadPart, generation: int) -> Part:
        """Perform a ``ReadPart`` of the file of ``generation``; what is returned is durable."""
        self._check(generation)
        await self._recorder.record()
        return await self._parts.read(action)

    def shared_part(self, action: ReadPart, generation: int) -> SharedPart | None:
        """Return a read that a ``ReadPart`` can share with others (see ``SharedRead.served``); None if it takes
        ``read_part``.

        Raises:
            FileReplaced: this is not the file of ``generation``.
        """
        self._check(generation)
        return None if self._recorder.needed else self._parts.share(action)

    async def known(self, action: LookUp, generation: int) -> Known:
        """Look up what the file knows of a peer."""
        found = await self.run_on(
            generation, Replica.known, action.site_id, action.parked, action.meetings, action.announced, action.loose
        )
        if action.loose:
            (shapes, parked), _ = await self._of_one_file(lambda one: (one.shapes(), one.parked()))
            self._tell_tables(shapes, parked)
        return replace(found, sent=self.sent_clocks.waiting(generation).get(action.site_id, found.sent))

    async def renew_lineage(self, action: Renew, generation: int) -> tuple[bytes, ...]:
        """Renew the token for a peer, together with others; return its tokens."""
        return await self._renewals.renew(action, generation)

    async def keep_lineage(self, action: Keep, generation: int) -> bool:
        """Store a token that a peer shows; return False if it does not follow what this file has seen."""
        with self._own_write():
            return await self._replica.run(generation, Replica.keep_lineage, action.site_id, action.token, action.after)

    async def join_step(self, action: JoinAction, generation: int) -> Any:
        """Perform a ``JoinAction``; of ``BackUp``, what comes before the backup. Others get their turn in between.

        Raises:
            FileReplaced: this is not the file of ``generation``.
        """
        self._check(generation)
        await self._recorder.record()
        done = await self._replica.run_in_turns(generation, execute.join_step, action)
        self.refresh_soon()
        return done

    async def back_up(self) -> None:
        """Back up the file as it is now, if backups are made at all."""
        await self._replica.back_up()

    async def merge(self, action: Merge, generation: int, *, report_applied: bool = True) -> list[MergeResult]:
        """Perform a ``Merge`` in slices, between which others get their turn; the clock moves with the last one.

        Other listeners hear of it. If the call is cancelled, slices that have not begun are left out.

        Args:
            report_applied: whether the results say what was merged, all of which is then kept in memory.

        Raises:
            FileReplaced: this is not the file of ``generation``, or it was set back; nothing was recorded.
        """
        results: list[MergeResult] = []
        await self._recorder.record()
        ahead = part = None
        if len(action.changes) <= AHEAD and not self._recorder.needed and not self._local.wanted:
            ahead = self._parts.ahead(self.version)
        merging = partial(execute.merging_and_reading, floor=self.version, report_applied=report_applied)
        try:
            with self._own_write():
                part = await self._replica.run_in_turns(generation, merging, action, results, ahead)
        except FileReplaced:
            await self._replica.renew(generation)
            raise
        except TableBroken:
            self.refresh_soon()  # the table has just been parked
            raise
        finally:
            if generation == self.generation:
                self._took(results, ahead, part)
            if action.received is not None and action.received.arrived:
                self._seen.doubtful = True  # the file's rows may now be known under other dataset ids
        return results

    def _took(self, results: Sequence[MergeResult], ahead: ReadPart | None, part: Part | None) -> None:
        """Take note of what was merged, and read after it; others hear of it a moment later, after its bringer."""
        self._local.leave_out(results)
        if results and results[-1].after > self.version:
            self._forget_reads()
            self.version = results[-1].after
            if ahead is not None and part is not None:
                self._parts.keep(ahead, part)
            self._listeners.tell_soon()

    async def _read_part(self, action: ReadPart) -> Part:
        generation = self.generation
        try:
            part = await self._replica.run(generation, execute.read_part, action)
        except TableBroken:
            self.refresh_soon()  # the table has just been parked
            raise
        if self._local.wanted:
            await self.numbers.look_up(part.changes, self.shapes, self.run)
        return part

    def _read_versions(self, action: Read) -> Coroutine[Any, Any, Versions]:
        return self._replica.run(self.generation, execute.read, action)

    def _forget_reads(self) -> None:
        self._parts.forget()
        self._versions.forget()

    async def _renew_all(self, actions: Sequence[Renew], generation: int) -> Sequence[tuple[bytes, ...]]:
        with self._own_write():
            peers = [(action.site_id, action.confirmed) for action in actions]
            return await self._replica.run(generation, Replica.renew_lineages, peers)

    async def _record_sent(self, clocks: Mapping[SiteId, int], generation: int) -> None:
        try:
            record = Replica.record_all_sent if self._closed else record_shortly
            with self._own_write():
                await self._replica.run(generation, record, clocks, floor=self.version)
        except FileReplaced:
            if not self._closed:
                await self._replica.renew(generation)
            raise

    # News of the file

    @property
    def waiting(self) -> Waiting:
        """What in the file cannot be sent for now."""
        return self._replica.waiting

    @property
    def is_open(self) -> bool:
        """Whether the file is open. One that lost its name, or its place to something that is no database, is not."""
        return self._replica.is_open

    @property
    def trouble(self) -> SynclineError | None:
        """Why the file cannot be read at the moment; None if it can."""
        return self._trouble.error

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Add a listener, and return the function that removes it."""
        return self._listeners.add(listener)

    def refresh_soon(self) -> None:
        """Check soon whether another program has written. Can be called at any time, on the loop."""
        self._seen.doubtful = True
        self._refresher.soon()

    async def refresh(self) -> None:
        """Check what is new in the file, and return once every listener knows.

        Raises:
            ReplicaError: it could not be checked.
        """
        (seen, news), generation = await self._of_one_file(lambda one: (self._seen.stand(one), file_news.read(one)))
        self._tell_tables(news.shapes, news.parked)
        if news.datasets != self.datasets:
            self.datasets = news.datasets
            self._listeners.datasets_changed(news.datasets)
        anew = news.made_anew(self._marks)
        self._marks = news.marks
        # set back in place, by a restore, say; or a table was recreated, and all of it must be requested
        if news.version < self.version or news.site_id != self.site_id or anew:
            await self._replica.renew(generation)
        elif news.version > self.version:
            self._moved(news.version)  # first: sending should not wait for the report
        self._recorder.needed = news.ordinary
        await self._recorder.record()
        # another program may have corrected what was withheld
        (version, shapes, parked), _ = await self._of_one_file(lambda one: (one.refresh(), one.shapes(), one.parked()))
        self._tell_tables(shapes, parked)  # first: peers must hear that an app broke a foreign key before its rows come
        if version > self.version:
            self._moved(version)
        await self._local.report(version)
        self._seen.up_to(seen)

    def _tell_tables(self, shapes: tuple[Shape, ...], parked: tuple[Parked, ...]) -> None:
        if (shapes, parked) != (self.shapes, self.parked):
            self.shapes, self.parked = shapes, parked
            self._forget_reads()
            self._listeners.schema_changed(shapes, parked)

    async def _look(self) -> None:
        """Check for news, unless there can be none."""
        if not self._recorder.needed and self.waiting == Waiting() and await self._seen.all():
            return
        self._seen.doubtful = False
        try:
            await self.refresh()
        except SynclineError:
            self._seen.doubtful = True
            raise

    def _check(self, generation: int) -> None:
        if generation != self.generation:
            raise replaced(self.path)

    def _opened(self, opened: Opened) -> None:
        """Take note that the path was opened; after the first time, tell everybody to forget what they knew of it."""
        again = self.generation > 0
        self.generation, self.site_id, self.version, self.shapes, self.parked, self._marks = opened
        self._local.begin(self.version)
        self._forget_reads()
        self._recorder.needed = True
        if again:
            self._listeners.replaced()

    def _looked(self, error: SynclineError | None) -> None:
        """Take note that the file was checked, or could not be."""
        if error is None or not self._replica.stopped:
            self._trouble.found(error)

    async def _read_local(self, since: int, until: int, merged: local_changes.Spans) -> list[Change] | None:
        generation = self.generation
        found = await self.run(local_changes.read, since, until, merged)
        await self.numbers.look_up(found, self.shapes, self.run)
        return found if generation == self.generation else None

    def _moved(self, version: int) -> None:
        self._forget_reads()
        self.version = max(self.version, version)
        self._listeners.version_moved(version)
