"""How much larger a file becomes when its table is made syncable, as an ordinary one or as one of cr-sqlite's."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from random import Random

import apsw

from engine.replica import Replica

TO_REACH = 2.2
"""The factor to stay under, for an ordinary table."""

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Growth:
    """How a file grew.

    Attributes:
        case: what the table is like.
        rows: how many it has.
        before, after: bytes of the file before, and with the table as an ordinary one.
        extension: bytes with the table as one of cr-sqlite's.
    """

    case: str
    rows: int
    before: int
    after: int
    extension: int

    @property
    def times(self) -> float:
        """The factor by which it grew."""
        return self.after / self.before


def _small(key: object, n: int) -> Row:
    return key, n, f"some text {n}", n / 7


def _uuid(n: int) -> str:
    digits = f"{Random(n).getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


_TABLES: dict[str, tuple[str, Callable[[int], Row]]] = {
    "growth": ("id TEXT PRIMARY KEY NOT NULL, a INTEGER, b TEXT, c REAL", lambda n: _small(f"row {n}", n)),
    "growth-numbered": ("id INTEGER PRIMARY KEY NOT NULL, a INTEGER, b TEXT, c REAL", lambda n: _small(n + 1, n)),
    "growth-notes": (
        "id TEXT PRIMARY KEY NOT NULL, title TEXT, body TEXT, at REAL",
        lambda n: (_uuid(n), f"a title {n}", "words " * (n % 130), n / 7),
    ),
}


def measure(rows: int, cases: str) -> Iterator[Growth]:
    """Make tables of ``rows`` rows syncable: with short texts as keys, with numbers assigned by SQLite, and with random
    keys and texts of up to 780 characters.

    Args:
        cases: a pattern for their names.
    """
    for case, (columns, row) in _TABLES.items():
        if fnmatch(case, cases):
            before, after = _grown(columns, row, rows, Replica.make_ordinary)
            _, extension = _grown(columns, row, rows, Replica.make_crr)
            yield Growth(case, rows, before, after, extension)


def _grown(columns: str, row: Callable[[int], Row], rows: int, make: Callable[[Replica, str], None]) -> tuple[int, int]:
    with tempfile.TemporaryDirectory(prefix="syncline-bench-") as folder:
        path = Path(folder) / "file.db"
        db = apsw.Connection(str(path))
        try:
            db.execute(f"CREATE TABLE item ({columns})")
            with db:
                db.executemany("INSERT INTO item VALUES (?, ?, ?, ?)", map(row, range(rows)))
        finally:
            db.close()
        before = path.stat().st_size
        with Replica.open(path) as replica:
            make(replica, "item")
        return before, path.stat().st_size
