"""A program on Node with a native SQLite that works on the file itself, under the locks that all programs keep to.

The package is libsql, which has better-sqlite3's interface. better-sqlite3 itself gets its binary from another place
than the registry when it is installed, by a script; no such script runs here (``.npmrc``). libsql's lies in a package.
"""

from __future__ import annotations

from pathlib import Path

from tests.peers.process import CommandFailed, NodeProcess


class NativeSqlite(NodeProcess):
    """The process. Files stay open from one write to the next."""

    def __init__(self) -> None:
        super().__init__("native.mjs")

    def version(self) -> tuple[int, ...]:
        """That of its SQLite."""
        return tuple(map(int, self.request("info")["sqlite"].split(".")))

    def __call__(self, path: Path, *statements: str) -> str:
        """As ``tests.engine.ordinary.writers.Write``; without statements the file is closed."""
        try:
            self.request("run", path=str(path), statements=statements)
        except CommandFailed as error:
            return str(error)
        return ""
