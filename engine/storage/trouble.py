"""Knows whether a file can be read, and tells its listener when that changes."""

from __future__ import annotations

import logging
from pathlib import Path

from engine.errors import SynclineError
from engine.storage.file_news import Listener

log = logging.getLogger(__name__)


class Trouble:
    """What keeps one file from being read.

    Args:
        path: the file.
        listener: told when it changes.

    Attributes:
        error: why it cannot be read at the moment; None if it can.
    """

    def __init__(self, path: Path, listener: Listener) -> None:
        self.error: SynclineError | None = None
        self._path = path
        self._listener = listener
        self._closed = False

    def found(self, error: SynclineError | None) -> None:
        """Report whether the file can be read now, if that is news."""
        if str(error) == str(self.error):
            return
        self.error = error
        if error is not None:
            log.warning("Could not look at %s: %s", self._path, error)
        if not self._closed:
            self._listener.troubled(error)

    def close(self) -> None:
        """Report nothing more, as nobody uses the file."""
        self._closed = True
