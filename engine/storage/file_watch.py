"""Notices that another program wrote to a SQLite file, without polling and without ever opening it.

The folder is watched, not the file: the commits of a WAL database go to its ``-wal``, those with a rollback journal end
with the deletion of its ``-journal``, and a file that is replaced stays watched. All files of one event loop share one
watcher. Where the system cannot watch, times and sizes are checked once a second.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from weakref import WeakKeyDictionary

from engine.text import t

log = logging.getLogger(__name__)

GAP = 0.02
"""Seconds between two notifications while events keep coming."""

WAITS = (0.003, 0.006, 0.011, GAP, 0.08, 0.4, 1.5)
"""Seconds before each of the notifications that follow the first event after a quiet time.

An event comes when bytes are written, but a commit becomes visible only after SQLite's fsync, without another event. A
single look would come too early: by some milliseconds, on a slow disk by far more.
"""

_STEADY = WAITS.index(GAP)

OWN_WAITS = (0.5, 1.5)
"""The same for an event while this process writes, which most likely comes from its own writing."""

AFTERWARDS = 0.02
"""Seconds after such a write for which events may still come from it."""

POLL = 1.0
"""Seconds between two checks where the system cannot watch."""

SAME = 10.0
"""Seconds between two checks whether the watched folder is still the one under its path. There is no event if a file
system is unmounted while files on it are open, or mounted over the folder."""

SUFFIXES = ("", "-wal", "-journal")


class FileWatch:
    """Calls ``notify`` on the running loop soon after another program wrote to a SQLite file.

    An async context manager. ``notify`` is called at once for the first event, then every ``GAP`` seconds while events
    keep coming, and a few more times after the last (see ``WAITS``). Writes of this process count too, except those in
    ``own_write``, which only cause late calls (see ``OWN_WAITS``). A missing file or folder raises nothing: it is
    waited for.

    Args:
        path: the database file; links are followed, as SQLite does.
        notify: must be quick; what it raises goes to the loop's exception handler.
        notify_late: called instead for what happened during ``own_write``; None for ``notify``.
    """

    def __init__(self, path: Path, notify: Callable[[], None], notify_late: Callable[[], None] | None = None) -> None:
        path = path.resolve()
        self.folder = path.parent
        self.watched: tuple[int, int] | None = None
        self.names = frozenset(path.name + suffix for suffix in SUFFIXES)
        self._files = [path.parent / name for name in self.names]
        self._notify = notify
        self._notify_late = notify_late or notify
        self._watcher: _Watcher | None = None
        self._said = False
        self._seen: list[tuple[int, int, int] | None] = []
        self._poll_timer: asyncio.TimerHandle | None = None
        self._timer: asyncio.Handle | None = None
        self._due = 0.0
        self._late: asyncio.TimerHandle | None = None
        self._late_step = 0
        self._writing = 0
        self._written = float("-inf")
        self._others = float("-inf")
        self._fired = self._event = float("-inf")
        self._step = len(WAITS)

    async def __aenter__(self) -> FileWatch:
        self._loop = asyncio.get_running_loop()
        self._seen = self._look()
        try:
            self._join()
        except OSError as error:
            self.lost(error.strerror or str(error))
        return self

    async def __aexit__(self, *_: object) -> None:
        for timer in (self._timer, self._poll_timer, self._late):
            if timer is not None:
                timer.cancel()
        self._timer = self._poll_timer = self._late = None
        if self._watcher is not None:
            await self._watcher.leave(self)
            self._watcher = None

    @property
    def last_event(self) -> float:
        """When something last happened to one of the files, other than being closed, in the loop's time; or -inf."""
        return self._event

    @contextmanager
    def own_write(self) -> Iterator[None]:
        """Mark writes of this process whose content it knows, so that nobody need look at once what they were."""
        self._writing += 1
        try:
            yield
        finally:
            self._writing -= 1
            self._written = self._loop.time()

    # Called by the watcher

    def touched(self, *, closed: bool = False) -> None:
        """Hear that something happened to one of the files.

        Args:
            closed: only that a program that could write has closed it. That alone is not a write, which has its own
                event.
        """
        now = self._loop.time()
        if not closed:
            self._event = now
        if self._writing or now - self._written < AFTERWARDS:
            self._late_step = 0
            if self._late is None:  # another program may have written, too
                self._arm_late()
            return
        quiet, self._others = now - self._others, now
        if quiet > GAP:
            self._step = 0
            self._arm(now)
        else:
            self._step = min(self._step, _STEADY)
            self._arm(max(now, self._fired + GAP))

    def lost(self, reason: str) -> None:
        """Hear that the folder cannot be watched (any more): check the files once a second until it can."""
        self.watched = None
        if self._poll_timer is None:
            if not self._said:
                log.warning("Cannot watch %s (%s); looking at it once a second instead.", self.folder, reason)
                self._said = True
            self._poll_timer = self._loop.call_later(POLL, self._poll)
        self.touched()

    def _join(self) -> None:
        self._watcher = self._watcher or _watcher(self._loop)
        self.watched = _folder(self.folder)  # before joining: the folder that is watched is this one or a later one
        self._watcher.join(self)

    def _poll(self) -> None:
        self._poll_timer = None
        try:
            self._join()  # first: whatever happens from now on is either seen below or an event
        except OSError:
            self._poll_timer = self._loop.call_later(POLL, self._poll)
        before, self._seen = self._seen, self._look()
        if self._seen != before:
            self.touched()

    def _look(self) -> list[tuple[int, int, int] | None]:
        return [_stat(file) for file in self._files]

    # When to notify

    def _arm(self, due: float) -> None:
        if self._timer is not None:
            if self._due <= due:
                return
            self._timer.cancel()
        self._due = due
        wait = due - self._loop.time()
        self._timer = self._loop.call_later(wait, self._fire) if wait > 0 else self._loop.call_soon(self._fire)

    def _arm_late(self) -> None:
        self._late = self._loop.call_later(OWN_WAITS[self._late_step], self._fire_late)
        self._late_step += 1

    def _fire_late(self) -> None:
        self._late = None
        if self._late_step < len(OWN_WAITS):
            self._arm_late()
        self._notify_late()

    def _fire(self) -> None:
        self._timer = None
        self._fired = self._loop.time()
        if self._step < len(WAITS):
            self._arm(self._fired + WAITS[self._step])
            self._step += 1
        self._notify()


def _stat(file: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _folder(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


# Watchers, one for each event loop


class _Watcher(ABC):
    """Watches the folders of any number of files, and closes itself when the last file leaves."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._users: set[FileWatch] = set()
        self._timer = loop.call_later(SAME, self._check_folders)

    def join(self, file: FileWatch) -> None:
        """Watch the folder of ``file``; raise OSError if it cannot be watched."""
        self._users.add(file)
        self.watch(file)

    async def leave(self, file: FileWatch) -> None:
        """Stop watching for ``file``."""
        self.unwatch(file)
        self._users.discard(file)
        if not self._users:
            self._timer.cancel()
            if _watchers.get(self._loop) is self:
                del _watchers[self._loop]
            await self.close()

    def _check_folders(self) -> None:
        self._timer = self._loop.call_later(SAME, self._check_folders)
        for file in self._users.copy():
            if file.watched is not None and _folder(file.folder) != file.watched:
                self.unwatch(file)
                file.lost(t("it was unmounted, or replaced by another folder"))

    @abstractmethod
    def watch(self, file: FileWatch) -> None: ...

    @abstractmethod
    def unwatch(self, file: FileWatch) -> None: ...

    @abstractmethod
    async def close(self) -> None: ...


class _Inotify(_Watcher):
    """The watcher on Linux: one inotify instance, read straight from the loop without a task or thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        from asyncinotify import Inotify, Mask, Watch

        super().__init__(loop)
        self._gone = Mask.DELETE_SELF | Mask.MOVE_SELF | Mask.UNMOUNT | Mask.IGNORED
        self._overflow = Mask.Q_OVERFLOW
        self._closed = Mask.CLOSE_WRITE
        self._mask = Mask.MODIFY | Mask.CLOSE_WRITE | Mask.CREATE | Mask.DELETE | Mask.MOVE
        self._mask |= Mask.DELETE_SELF | Mask.MOVE_SELF | Mask.ONLYDIR
        self._watches: dict[int, tuple[Watch, set[FileWatch]]] = {}
        self._inotify = Inotify(sync_timeout=0)
        # The library's own awaiting can read while nobody waits under a Qt loop, and so lose events.
        loop.add_reader(self._inotify.fd, self._read)

    def watch(self, file: FileWatch) -> None:
        watch = self._inotify.add_watch(file.folder, self._mask)
        self._watches.setdefault(watch.wd, (watch, set()))[1].add(file)

    def unwatch(self, file: FileWatch) -> None:
        for wd, (watch, files) in list(self._watches.items()):
            files.discard(file)
            if not files:
                del self._watches[wd]
                with suppress(OSError):  # the folder may be gone, and its watch with it
                    self._inotify.rm_watch(watch)

    async def close(self) -> None:
        self._loop.remove_reader(self._inotify.fd)
        self._inotify.close()

    def _read(self) -> None:
        while (event := self._inotify.sync_get()) is not None:
            watch = event.watch
            files = set(self._watches[watch.wd][1]) if watch and watch.wd in self._watches else set()
            if event.mask & self._overflow:  # the kernel's queue was full: anything may have happened
                files = set(self._users)
            if event.mask & self._gone and event.name is None:
                for file in files:
                    self.unwatch(file)
                    file.lost(t("the folder was moved or deleted"))
                continue
            name = None if event.name is None else event.name.name
            for file in files:
                if name is None or name in file.names:
                    file.touched(closed=event.mask == self._closed)


class _Watchfiles(_Watcher):
    """The watcher on other systems: one thread of watchfiles for all folders, which wakes every 20 ms."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._watched: set[FileWatch] = set()
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def watch(self, file: FileWatch) -> None:
        if not os.path.isdir(file.folder):
            raise FileNotFoundError(errno.ENOENT, t("the folder does not exist"), str(file.folder))
        self._watched.add(file)
        self._stop.set()  # the set of folders is fixed once it runs, so begin again
        if self._task is None:
            self._task = self._loop.create_task(self._run())

    def unwatch(self, file: FileWatch) -> None:
        self._watched.discard(file)

    async def close(self) -> None:
        self._watched.clear()
        self._stop.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while self._watched:
            self._stop.clear()
            for file in self._watched:
                file.touched()  # its later notifications cover what happens before watching has begun
            try:
                await self._until_stopped({file.folder for file in self._watched})
            except (OSError, RuntimeError) as error:
                for file in self._watched.copy():
                    self.unwatch(file)
                    file.lost(str(error))
        self._task = None

    async def _until_stopped(self, folders: set[Path]) -> None:
        from watchfiles import awatch

        changes = awatch(*folders, watch_filter=None, recursive=False, stop_event=self._stop, debounce=50, step=20)
        async for batch in changes:
            touched = {Path(path) for _, path in batch}
            for file in self._watched.copy():
                if not os.path.isdir(file.folder):
                    self.unwatch(file)
                    self._stop.set()
                    file.lost(t("the folder was moved or deleted"))
                elif any(path.parent == file.folder and path.name in file.names for path in touched):
                    file.touched()


_KIND: type[_Watcher] = _Inotify if sys.platform == "linux" else _Watchfiles
_watchers: WeakKeyDictionary[asyncio.AbstractEventLoop, _Watcher] = WeakKeyDictionary()


def _watcher(loop: asyncio.AbstractEventLoop) -> _Watcher:
    watcher = _watchers.get(loop)
    if watcher is None:
        watcher = _watchers[loop] = _KIND(loop)
    return watcher
