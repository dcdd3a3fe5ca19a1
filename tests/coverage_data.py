"""What processes leave that are measured: a file of coverage data each, in ``build/coverage``."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def drop_unfinished(folder: Path) -> list[Path]:
    """Remove the files that a process was killed over while it wrote them; return which.

    Coverage writes without a journal, and would warn of each when it puts them together.
    """
    dropped = [path for path in sorted(folder.glob("data.*")) if not is_whole(path)]
    for path in dropped:
        path.unlink()
    return dropped


def is_whole(path: Path) -> bool:
    """Whether a file can be read to its end."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
            return tables >= {"meta", "file", "line_bits"} and db.execute("PRAGMA quick_check").fetchone() == ("ok",)
    except sqlite3.DatabaseError:
        return False
