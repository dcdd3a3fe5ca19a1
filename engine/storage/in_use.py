"""Which files a running Syncline has open, for other processes of the same person.

A byte of one file of locks stands for each path, so that a process that dies leaves nothing behind. It is not in the
database file: whoever opens that beside SQLite, and closes it, takes away SQLite's own locks.
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
    """The files that this process has open. One object for each process: such locks are a process's.

    Args:
        folder: gives the place of the file of locks, which is made when needed; None: other processes are told nothing.
    """

    def __init__(self, folder: Callable[[], Path] | None = None) -> None:
        self.folder = folder
        self._file: int | None = None
        self._users = Counter[Path]()

    @property
    def paths(self) -> frozenset[Path]:
        """Those that are open here."""
        return frozenset(self._users)

    def take(self, path: Path) -> None:
        """Tell others that ``path`` is open here, once more. Where the folder cannot be used, nobody is told.

        Args:
            path: with no links in it (``resolved``): where links lead may change until it is left.

        Raises:
            FileBusy: another process needs it for itself at the moment (``alone``).
        """
        if not self._users[path]:
            try:
                self._lock(path, fcntl.LOCK_SH)
            except BlockingIOError:
                raise _busy(path) from None
        self._users[path] += 1

    def leave(self, path: Path) -> None:
        """Take that back, once, for the same path."""
        self._users[path] -= 1
        if not self._users[path]:
            del self._users[path]
            self._lock(path, fcntl.LOCK_UN)

    @contextlib.contextmanager
    def alone(self, path: Path) -> Iterator[None]:
        """Keep Syncline's other processes from opening ``path`` inside.

        Raises:
            FileBusy: one has it open.
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
        """Lock or unlock the byte of a path, without waiting. Raises BlockingIOError."""
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
        except OSError:  # a folder on a network without locks
            log.debug("This folder has no locks", exc_info=True)


PROCESS = InUse()
"""That of this process; a program that a person starts says where its folder is."""


def _byte(path: Path) -> int:
    return int.from_bytes(hashlib.sha256(os.fsencode(path)).digest()[:7]) >> 1


def _busy(path: Path) -> FileBusy:
    return FileBusy(
        t("“{path}” is locked by another program.", path=path),
        hint=t("Close the program that is writing to it, or wait."),
    )
