"""Tells other processes of the same person which files a running Syncline has open.

A byte of one lock file stands for each path, so that a process that dies leaves nothing behind. The locks are not on
the database file itself: opening and closing that beside SQLite would drop SQLite's own locks.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.errors import FileBusy
from engine.sqlite.paths import resolved
from engine.text import t

log = logging.getLogger(__name__)

NAME = "in-use.lock"


class InUse:
    """The files that this process has open. There is one object for each process, as these locks belong to a process.

    Args:
        folder: returns the folder of the lock file, which is created when needed; None: other processes are told
            nothing.
    """

    def __init__(self, folder: Callable[[], Path] | None = None) -> None:
        self.folder = folder
        self._file: int | None = None
        self._users = Counter[Path]()

    @property
    def paths(self) -> frozenset[Path]:
        """The paths that are open here."""
        return frozenset(self._users)

    def take(self, path: Path) -> None:
        """Tell other processes that ``path`` is open here, once more. If the folder cannot be used, nobody is told.

        Args:
            path: without links in it (``resolved``), as a link's target may change before ``leave``.

        Raises:
            FileBusy: another process needs the file for itself at the moment (``alone``).
        """
        if not self._users[path]:
            try:
                self._lock(path, fcntl.LOCK_SH)
            except BlockingIOError:
                raise _busy(path) from None
        self._users[path] += 1

    def leave(self, path: Path) -> None:
        """Undo one ``take`` of the same path."""
        self._users[path] -= 1
        if not self._users[path]:
            del self._users[path]
            self._lock(path, fcntl.LOCK_UN)

    @contextlib.contextmanager
    def alone(self, path: Path) -> Iterator[None]:
        """Keep Syncline's other processes from opening ``path`` inside.

        Raises:
            FileBusy: one of them has it open.
        """
        path = resolved(path)
        try:
            self._lock(path, fcntl.LOCK_EX)
        except BlockingIOError:
            raise FileBusy(
                t("“{path}” is open in a running Syncline.", path=path),
                hint=t("Remove the database there, or quit Syncline, and try again."),
            ) from None
        try:
            yield
        finally:
            self._lock(path, fcntl.LOCK_UN)

    def _lock(self, path: Path, how: int) -> None:
        """Lock or unlock the byte of a path without waiting; raise BlockingIOError if another process has it."""
        with contextlib.suppress(OSError):
            if self._file is None and self.folder is not None:
                folder = self.folder()
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._file = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if self._file is None:
            return
        wait = 0 if how == fcntl.LOCK_UN else fcntl.LOCK_NB
        try:
            fcntl.lockf(self._file, how | wait, 1, _byte(path))
        except BlockingIOError:
            raise
        except OSError:  # a network folder without locks
            log.debug("This folder has no locks", exc_info=True)


PROCESS = InUse()
"""The object of this process; a program that a person starts sets its folder."""


def _byte(path: Path) -> int:
    return int.from_bytes(hashlib.sha256(os.fsencode(path)).digest()[:7]) >> 1


def _busy(path: Path) -> FileBusy:
    return FileBusy(
        t("“{path}” is locked by another program.", path=path),
        hint=t("Close the program that is writing to it, or wait."),
    )
