"""A disk that loses what was not synced: a SQLite VFS that knows what a power cut would leave.

Programs see the real files (what a system keeps in its page cache). Beside them the disk keeps what has *reached* it:

* A write or a change of size reaches it when the file is synced. At a power cut any of those under way may have
  reached it as well, in any combination; a write may be torn between sectors of 512 bytes.
* That a name came, went, or stands for another file reaches it when the folder is synced (POSIX promises no less and
  no more). At a power cut each name alone is found as it was or as it became. SQLite's own VFS syncs the folder with
  the first sync of a file that it made, and with a deletion only when asked to (``syncDir``).
* The shared memory beside a -wal is gone after a cut; it is never written to disk here.

    disk = Disk(folder, rng)
    with disk.plugged():            # SQLite, and os.fsync, work on this disk
        disk.cut_after(100)         # the power goes with the 100th step from now on
        ...                         # from then on every write fails, as it would to a program that does not exist
    disk.remains                    # {name: bytes} after the cut
"""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import apsw
import pytest

SECTOR = 512
NAME = "syncline-power"


@dataclass
class _Node:
    """One file: what has reached the disk, and what came since, as (offset, bytes) or (size, None)."""

    reached: bytearray = field(default_factory=bytearray)
    waiting: list[tuple[int, bytes | None]] = field(default_factory=list)
    named: bool = False

    def sync(self) -> None:
        for at, data in self.waiting:
            _apply(self.reached, at, data)
        self.waiting.clear()

    def after_cut(self, rng: random.Random, *, orderly: bool) -> bytes:
        found, kept = bytearray(self.reached), rng.choice((0.0, 0.5, 0.9))
        if orderly:
            for at, data in self.waiting[: rng.randrange(len(self.waiting) + 1)]:
                _apply(found, at, data)
            return bytes(found)
        for at, data in self.waiting:
            if rng.random() >= kept:
                continue
            if data is not None and rng.random() < 0.2:
                data = data[: rng.randrange(len(data) // SECTOR + 1) * SECTOR]
            _apply(found, at, data)
        return bytes(found)


def _apply(content: bytearray, at: int, data: bytes | None) -> None:
    if data is None:
        del content[at:]
        return
    if len(content) < at:
        content.extend(bytes(at - len(content)))
    content[at : at + len(data)] = data


class Disk:
    """The disk under one folder. Steps are writes, syncs, and names that come and go.

    Args:
        folder: its files; those that are there already have reached the disk.
        rng: decides what of the unsynced survives. orderly: see above.

    Attributes:
        steps: how many there have been. remains: what a cut left, once there was one. lost: bytes that waited then.
    """

    def __init__(self, folder: Path, rng: random.Random, *, orderly: bool = False) -> None:
        self.folder = folder.resolve()
        self.steps = 0
        self.remains: dict[str, bytes] | None = None
        self.lost = 0
        self._rng = rng
        self._orderly = orderly
        self._cut_at: int | None = None
        self._names: dict[str, _Node] = {}
        self._reached: dict[str, _Node] = {}

    def cut_after(self, steps: int) -> None:
        """Let the power go with a step to come; that step itself is under way."""
        self._cut_at = self.steps + steps

    def cut(self) -> None:
        """Let the power go now."""
        self.remains = {}
        for name in sorted(self._names.keys() | self._reached.keys()):
            node = self._rng.choice((self._names, self._reached)).get(name)
            if node is not None:
                self.remains[name] = node.after_cut(self._rng, orderly=self._orderly)
                self.lost += sum(len(data) for _, data in node.waiting if data is not None)

    @contextmanager
    def plugged(self) -> Iterator[None]:
        """Have SQLite open its files on this disk, by default, and see what is synced beside SQLite."""
        before = apsw.vfs_names()[0]
        vfs = _Vfs(self, before)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "fsync", self._fsync)
            apsw.set_default_vfs(NAME)
            try:
                yield
            finally:
                apsw.set_default_vfs(before)
                vfs.unregister()

    # What programs do

    def step(self) -> None:
        """Count a step that has begun; fail it when the power went."""
        if self.remains is None:
            self.steps += 1
            if self._cut_at is not None and self.steps >= self._cut_at:
                self.cut()
        if self.remains is not None:
            raise apsw.IOError("the power is gone")

    def node(self, name: str, content: bytes) -> _Node:
        """The file under a name; a new one if there is none. ``content`` is what it holds, if not known yet."""
        if name not in self._names:
            self._names[name] = _Node(bytearray(content))
            if content:
                self._reached[name] = self._names[name]
            else:
                self.step()
        return self._names[name]

    def change(self, node: _Node, at: int, data: bytes | None) -> None:
        """A write, or with None a new size."""
        node.waiting.append((at, data))
        self.step()

    def sync(self, node: _Node) -> None:
        """SQLite syncs a file, the first time with its folder."""
        self.step()
        node.sync()
        if not node.named:
            self.sync_folder()

    def delete(self, name: str, *, sync: bool) -> None:
        """SQLite deletes a file."""
        if self._names.pop(name, None) is not None:
            self.step()
            if sync:
                self.sync_folder()

    def sync_folder(self) -> None:
        """What names stand for has reached the disk."""
        self._reached = dict(self._names)
        for node in self._names.values():
            node.named = True

    def _fsync(self, descriptor: int) -> None:
        """``os.fsync``: of a file, or of the folder."""
        try:
            self.step()
        except apsw.IOError as error:
            raise OSError(errno.EIO, str(error)) from None
        which = os.fstat(descriptor)
        if os.path.samestat(which, os.stat(self.folder)):
            self.sync_folder()
        for name, node in self._names.items():
            if os.path.exists(self.folder / name) and os.path.samestat(which, os.stat(self.folder / name)):
                node.sync()


class _Vfs(apsw.VFS):
    """The system's own, with the disk told of everything."""

    def __init__(self, disk: Disk, base: str) -> None:
        self._disk = disk
        self._base = base
        super().__init__(NAME, base)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if path is None or Path(path).parent != self._disk.folder:
            return apsw.VFSFile(self._base, name, flags)
        return _File(self._disk, Path(path).name, self._base, name, flags)

    def xDelete(self, path: str, sync: bool) -> None:  # noqa: N802
        self._disk.delete(Path(path).name, sync=sync)
        super().xDelete(path, False)


class _File(apsw.VFSFile):
    def __init__(
        self, disk: Disk, name: str, base: str, whole: str | apsw.URIFilename | None, flags: list[int]
    ) -> None:
        super().__init__(base, whole, flags)
        self._disk = disk
        size = super().xFileSize()
        self._node = disk.node(name, super().xRead(size, 0) if size else b"")

    def xWrite(self, data: bytes, at: int) -> None:  # noqa: N802
        self._disk.change(self._node, at, bytes(data))
        super().xWrite(data, at)

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._disk.change(self._node, size, None)
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.sync(self._node)
