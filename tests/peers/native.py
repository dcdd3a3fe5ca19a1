"""A program on Node with a native SQLite that works on the file itself, under the locks that all programs keep to.

The package is better-sqlite3, or libsql, which has the same interface. better-sqlite3 gets its binary from another
place than the registry when it is installed, by a script; no such script runs here (``.npmrc``). So ``./syncline test
--full`` compiles it, from the sources in its package. libsql's binary lies in a package.
"""

from __future__ import annotations

from pathlib import Path

from tests.peers.process import FOLDER, CommandFailed, NodeProcess, PeerError


class NativeSqlite(NodeProcess):
    """The process. Files stay open from one write to the next.

    Args:
        package: libsql or better-sqlite3.
    """

    def __init__(self, package: str) -> None:
        if package == "better-sqlite3" and not (FOLDER / "node_modules" / package / "build" / "Release").exists():
            raise PeerError(f"{package} is not compiled: run ./syncline test --full, which does it")
        super().__init__("native.mjs", package)

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
