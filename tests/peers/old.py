"""A program with an old SQLite, of before UPSERT (3.24) and STRICT tables (3.37): what it can open, all can."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.peers.process import NodeProcess

Row = tuple[Any, ...]


class OldSqlite(NodeProcess):
    """The process. It reads a whole file, in rollback-journal mode, and writes it back."""

    def __init__(self) -> None:
        super().__init__("old.mjs")

    def version(self) -> tuple[int, ...]:
        """That of its SQLite."""
        return tuple(map(int, self.request("info")["sqlite"].split(".")))

    def exec(self, path: Path, sql: str) -> list[Row]:
        """Run every statement of ``sql`` on a file; the rows of the last one that gave any.

        Raises:
            CommandFailed: with SQLite's own words; the file is as it was.
        """
        return [tuple(row) for row in self.request("exec", path=str(path), sql=sql)["rows"]]
