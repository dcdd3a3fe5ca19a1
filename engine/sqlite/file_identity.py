"""Whether an open file still is the one under its path: what is written to one without a name is lost with it.

A stick that is pulled, a folder that is renamed, a file that is deleted or replaced: SQLite continues with what it has
open, and in WAL mode never tells.
"""

from __future__ import annotations

import os
from pathlib import Path

from engine.errors import FileReplaced, NoSuchFile
from engine.text import t

FileId = tuple[int, int]
"""Device and number of a file."""


def file_id(path: str | Path) -> FileId | None:
    """Return which file is at a path; None if none can be reached."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def is_missing(path: Path) -> bool:
    """Return whether there is nothing at a path, rather than something that may not be looked at."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def not_there(path: Path) -> NoSuchFile:
    """Return the error for a file that has lost its name."""
    return NoSuchFile(
        t("“{file}” is no longer there.", file=path.name),
        hint=t("Move it back to where it was; Syncline then resumes automatically."),
    )


def replaced(path: Path) -> FileReplaced:
    """Return the error for a file whose name belongs to another file now."""
    return FileReplaced(
        t("“{file}” was replaced by another file in the meantime.", file=path.name),
        hint=t("Syncline continues from what the file holds now."),
    )
