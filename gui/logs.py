"""The log file: what happened recently, for a person who looks for a reason."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

SIZE = 1_000_000
"""The size in bytes after which a new file is started; two older ones are kept."""

log = logging.getLogger(__name__)


class LogFile:
    """A context manager that also writes what is logged to a file while its block runs.

    Args:
        file: the file, created with its folder if needed; if that fails, the program carries on without.
        level: the least level, as in the settings.
    """

    def __init__(self, file: Path, level: str = "info") -> None:
        self.file = file
        self._level = level
        self._handler: RotatingFileHandler | None = None
        self._level_before = logging.WARNING

    def __enter__(self) -> LogFile:
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handler = RotatingFileHandler(self.file, maxBytes=SIZE, backupCount=2, encoding="utf-8", errors="replace")
        except OSError as error:
            log.warning("There will be no log file: %s", error)
            return self
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
        handler.addFilter(_may_be_kept)
        self._handler = handler
        self._level_before = logging.getLogger().level
        logging.getLogger().addHandler(handler)
        self.set_level(self._level)
        return self

    def __exit__(self, *_: object) -> None:
        if self._handler is not None:
            root = logging.getLogger()
            root.removeHandler(self._handler)
            root.setLevel(self._level_before)
            self._handler.close()
            self._handler = None

    def set_level(self, level: str) -> None:
        """Log only messages of at least this level from now on."""
        self._level = level
        if self._handler is not None:
            self._handler.setLevel(level.upper())
            root = logging.getLogger()
            root.setLevel(min(handler.level for handler in root.handlers))

    def files(self) -> list[Path]:
        """Return the existing log files, oldest first."""
        older = [self.file.with_name(f"{self.file.name}.{number}") for number in (2, 1)]
        return [file for file in (*older, self.file) if file.is_file()]


def _may_be_kept(record: logging.LogRecord) -> bool:
    """Return whether a record may go into the file, which is part of what is given to supporters.

    Debug messages of the websockets library may not, as they hold whole frames and headers, and so people's values,
    keys of rows and tokens. Nor may the hub's log of withheld rows, which names the rows.
    """
    if record.name == "engine.hub.withheld_log":
        return False
    return record.levelno > logging.DEBUG or not record.name.startswith("websockets")
