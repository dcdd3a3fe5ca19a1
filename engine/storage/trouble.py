"""Whether a file can be read, for those who want to know."""

from __future__ import annotations

import logging
from pathlib import Path

from engine.errors import SynclineError
from engine.storage.file_news import Listener

log = logging.getLogger(__name__)


class Trouble:
    """What keeps one file from being read.

    Args:
        path: the file. listener: is told when that changes.

    Attributes:
        error: why it cannot be read at the moment; None: it can.
    """

    def __init__(self, path: Path, listener: Listener) -> None:
        self.error: SynclineError | None = None
        self._path = path
        self._listener = listener
        self._closed = False

    def found(self, error: SynclineError | None) -> None:
        """Report whether the file can be read now, where that is news."""
        if str(error) == str(self.error):
            return
        self.error = error
        if error is not None:
            log.warning("Could not look at %s: %s", self._path, error)
        if not self._closed:
            self._listener.troubled(error)

    def close(self) -> None:
        """Tell of nothing any more: nobody uses the file."""
        self._closed = True
