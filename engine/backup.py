"""A copy of a person's file before Syncline first writes to it (design.md section 7)."""

from __future__ import annotations

import hashlib
import itertools
import time
from pathlib import Path

import apsw

from engine.crr.failures import explain
from engine.errors import StorageFailed


class Backups:
    """The folder that holds them; by file, the first copy stays until a person removes it.

    Args:
        folder: made when needed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, path: Path) -> list[Path]:
        """Return the backups of ``path``, oldest first."""
        return sorted(self._folder_of(path).glob("*.db"))

    def ensure(self, path: Path, *, within: float = float("inf")) -> Path | None:
        """Make a backup of ``path`` if there is none of the last ``within`` seconds; call before the first write.

        Returns:
            the new backup, or None when one was there.
        """
        for backup in self.find(path)[-1:]:
            if time.time() - backup.stat().st_mtime < within:
                return None
        return self.make(path)

    def make(self, path: Path) -> Path:
        """Copy ``path`` with SQLite's backup API: a consistent state, even while other programs write.

        Raises:
            StorageFailed: the copy could not be made; then nothing may be written to the file either.
            FileBusy: the file stayed locked.
        """
        folder = self._folder_of(path)
        stamp = time.strftime("%Y%m%d-%H%M%S")
        names = (f"{stamp}{f'-{n}' if n else ''}.db" for n in itertools.count())
        target = next(folder / name for name in names if not (folder / name).exists())
        unfinished = target.with_suffix(".part")
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            source = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
            try:
                source.set_busy_timeout(5_000)
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
            unfinished.rename(target)  # closing has synced it; only a whole copy gets the name of one
        except apsw.BusyError as error:
            unfinished.unlink(missing_ok=True)
            raise explain(error, path) from error
        except (OSError, apsw.Error) as error:
            unfinished.unlink(missing_ok=True)
            raise StorageFailed(
                f"{path.name} could not be backed up to {folder}: {error}.",
                hint="Nothing was written to the file. Free some space, then try again.",
            ) from error
        return target

    def _folder_of(self, path: Path) -> Path:
        path = path.expanduser().resolve()
        return self.folder / f"{path.name}-{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"
