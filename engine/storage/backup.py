"""Copies of a person's files: made before Syncline first writes to one, and before each change of its tables.

``engine.storage.restore`` restores one.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import apsw

from engine.errors import StorageFailed
from engine.sqlite.paths import resolved
from engine.sqlite.sqlite_errors import explain
from engine.text import t

KEPT = 3
"""How many copies of one file are kept; older ones are deleted once a new one is complete."""

SPARE = 1.1
"""How many times the size of a copy must be free on the disk."""

_PATH, _OURS = "path", "made-here"


@dataclass(frozen=True, slots=True)
class Backup:
    """One copy: where it is, when it was made (seconds since the epoch), its size in bytes, and its original."""

    copy: Path
    made: float
    size: int
    path: Path


class Backups:
    """The folder that holds the backups.

    Args:
        folder: created when needed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, path: Path) -> list[Path]:
        """Return the backups of ``path``, oldest first.

        Raises:
            StorageFailed: the folder cannot be read.
        """
        try:
            return self._find(path)
        except OSError as error:
            raise self._unreadable(error) from error

    def all(self) -> list[Backup]:
        """Return the backups of every file, by file, oldest first.

        Raises:
            StorageFailed: the folder cannot be read.
        """
        found: list[Backup] = []
        try:
            for note in sorted(self.folder.glob(f"*/{_PATH}")):
                path = Path(note.read_text("utf-8"))
                for copy in self._find(path):
                    status = copy.stat()
                    found.append(Backup(copy, status.st_mtime, status.st_size, path))
        except OSError as error:
            raise self._unreadable(error) from error
        return found

    def waive(self, path: Path) -> None:
        """Note that Syncline itself has just made a file, so that it needs no first copy.

        Raises:
            StorageFailed: the note could not be written.
        """
        folder = self._folder_of(path)
        try:
            self._make_folder(path)
            (folder / _OURS).write_text(_identity(path))
        except OSError as error:
            raise _failed(path, folder, error) from error

    def ensure(self, path: Path, *, within: float = float("inf")) -> Path | None:
        """Make a backup of ``path`` unless there is one from the last ``within`` seconds.

        Call it before the first write.

        Returns:
            The new backup; None if there was one, or Syncline made the file (``waive``).

        Raises:
            StorageFailed, FileBusy: as in ``make``.
        """
        folder = self._folder_of(path)
        try:
            ours = folder / _OURS
            if within == float("inf") and ours.exists() and ours.read_text() == _identity(path):
                return None
            for backup in self._find(path)[-1:]:
                age = time.time() - backup.stat().st_mtime  # negative: made while the clock was ahead
                if age < within and (age >= 0 or within == float("inf")):
                    return None
        except OSError as error:
            raise _failed(path, folder, error) from error
        return self.make(path)

    def make(self, path: Path) -> Path:
        """Copy ``path`` with SQLite's backup API, which gives a consistent state even while other programs write.

        Raises:
            StorageFailed: the copy could not be made, or the disk has no room for it; then nothing may be written to
                the file either.
            FileBusy: the file stayed locked.
        """
        folder = self._folder_of(path)
        before = [_order(copy) for copy in self.find(path)]
        stamp = max([time.strftime("%Y%m%d-%H%M%S"), *(made for made, _ in before)])  # latest, even if the clock is off
        numbers = [number for made, number in before if made == stamp]
        target = folder / (f"{stamp}-{max(numbers) + 1}.db" if numbers else f"{stamp}.db")
        unfinished = target.with_suffix(".part")
        try:
            self._make_folder(path)
            # for writing, so that SQLite first rolls back what a crash left half written; the content stays as it is
            source = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
            try:
                source.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
                source.set_busy_timeout(5_000)
                _check_space(path, source, folder)
                unfinished.unlink(missing_ok=True)
                copy = apsw.Connection(str(unfinished))
                try:
                    with copy.backup("main", source, "main") as backup:
                        while not backup.done:
                            backup.step(1_000)
                finally:
                    copy.close()
            finally:
                source.close()
            unfinished.rename(target)  # closing has synced it; only a complete copy gets this name
        except (OSError, apsw.Error) as error:
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)
            if isinstance(error, apsw.BusyError):
                raise explain(error, path) from error
            raise _failed(path, folder, error) from error
        with contextlib.suppress(OSError):
            for old in self._find(path)[:-KEPT]:
                old.unlink()
        return target

    def _find(self, path: Path) -> list[Path]:
        return sorted(self._folder_of(path).glob("*.db"), key=_order)

    def _unreadable(self, error: OSError) -> StorageFailed:
        why = error.strerror or error
        return StorageFailed(
            t("The backups in {folder} cannot be read: {reason}.", folder=self.folder, reason=why),
            hint=t("Check that the folder is yours."),
        )

    def _make_folder(self, path: Path) -> None:
        folder = self._folder_of(path)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / _PATH).write_text(str(resolved(path)), "utf-8")

    def _folder_of(self, path: Path) -> Path:
        path = resolved(path)
        return self.folder / f"{path.name}-{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"


def _order(copy: Path) -> tuple[str, int]:
    """Return a sort key: copies of the same second are numbered, and the tenth comes after the ninth."""
    day, time_of_day, *number = copy.stem.split("-")
    return f"{day}-{time_of_day}", int(number[0]) if number else 0


def _check_space(path: Path, source: apsw.Connection, folder: Path) -> None:
    """Refuse a copy that would fill the disk, as no other program could write there until it failed."""
    needed = source.pragma("page_count") * source.pragma("page_size")
    free = shutil.disk_usage(folder).free
    if free < needed * SPARE:
        raise StorageFailed(
            t(
                "{file} could not be backed up to {folder}:"
                " the copy takes {needed:,.0f} MB, and {free:,.0f} MB are free.",
                file=path.name,
                folder=folder,
                needed=needed / 1e6,
                free=free / 1e6,
            ),
            hint=t("Nothing was written to the file. Free some space, then try again."),
        )


def _identity(path: Path) -> str:
    status = path.stat()
    return f"{status.st_dev} {status.st_ino}"


def _failed(path: Path, folder: Path, error: Exception) -> StorageFailed:
    reason = (isinstance(error, OSError) and error.strerror) or error
    return StorageFailed(
        t("{file} could not be backed up to {folder}: {reason}.", file=path.name, folder=folder, reason=reason),
        hint=t("Nothing was written to the file. Check that the folder is yours and has space left."),
    )
