"""A disk that can be full, give back something else than was written, or be pulled: a SQLite VFS with switches.

    disk = BadDisk(folder)
    with disk.plugged():        # SQLite works on this disk
        disk.full = True        # nothing more can be written below the folder
        disk.garbled = True     # every page but the first of a database reads as nonsense
        disk.pull()             # what is open now works no more, ever; what is opened later does

It knows no shared memory, and so no file in WAL mode.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

NAME = "syncline-bad"


class BadDisk:
    """The files below one folder; all is well until a switch is set.

    Attributes:
        full: whether writes fail. garbled: whether reads lie. refused: how many writes failed. lies: how many reads.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.full = False
        self.garbled = False
        self.refused = 0
        self.lies = 0
        self.pulled = 0

    def pull(self) -> None:
        """Pull the disk out and put it in again: what was open is dead."""
        self.pulled += 1

    @contextmanager
    def plugged(self) -> Iterator[None]:
        """Have SQLite open its files on this disk, by default."""
        before = apsw.vfs_names()[0]
        vfs = _Vfs(self, before)
        apsw.set_default_vfs(NAME)
        try:
            yield
        finally:
            apsw.set_default_vfs(before)
            vfs.unregister()


class _Vfs(apsw.VFS):
    """The system's own, and the switches."""

    def __init__(self, disk: BadDisk, base: str) -> None:
        self._disk = disk
        self._base = base
        super().__init__(NAME, base)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if path is None or not Path(path).is_relative_to(self._disk.folder):
            return apsw.VFSFile(self._base, name, flags)
        return _File(self._disk, self._base, name, flags, main=bool(flags[0] & apsw.SQLITE_OPEN_MAIN_DB))


class _File(apsw.VFSFile):
    def __init__(
        self, disk: BadDisk, base: str, name: str | apsw.URIFilename | None, flags: list[int], *, main: bool
    ) -> None:
        super().__init__(base, name, flags)
        self._disk = disk
        self._main = main
        self._since = disk.pulled

    def _alive(self) -> None:
        if self._since != self._disk.pulled:
            raise apsw.IOError("no such device")

    def xFileSize(self) -> int:  # noqa: N802
        self._alive()
        return super().xFileSize()

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._alive()
        super().xSync(flags)

    def xWrite(self, data: bytes, at: int) -> None:  # noqa: N802
        self._alive()
        if self._disk.full:
            self._disk.refused += 1
            raise apsw.FullError("no space is left")
        super().xWrite(data, at)

    def xRead(self, amount: int, at: int) -> bytes:  # noqa: N802
        self._alive()
        data = super().xRead(amount, at)
        if self._disk.garbled and self._main and at >= 4096:
            self._disk.lies += 1
            return b"\x5a" * len(data)
        return data
