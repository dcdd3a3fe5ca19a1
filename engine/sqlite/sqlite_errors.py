"""SQLite's errors as sentences for a person."""

from __future__ import annotations

from pathlib import Path

import apsw

from engine.errors import (
    FileBusy,
    NoSuchFile,
    NotADatabase,
    ReadOnlyFile,
    ReplicaError,
    StorageFailed,
    SynclineError,
    UnfinishedTransaction,
)
from engine.sqlite.file_identity import is_missing, not_there
from engine.sqlite.readonly import left_unfinished
from engine.text import t


class explained:  # noqa: N801 (a context manager; as a generator it would take three times as long)
    """Turn what APSW raises inside into the errors of ``engine.errors``; those pass through untouched."""

    __slots__ = ("_path",)

    def __init__(self, path: str | Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        better = explanation(error, self._path) if error is not None else None
        if better is not None:
            raise better from error


def explanation(error: BaseException, path: str | Path) -> SynclineError | None:
    """Return our error for what APSW raised about the file ``path``; None for any other error."""
    if isinstance(error, apsw.Error):
        return explain(error, path)
    if isinstance(error, UnicodeDecodeError):
        return ReplicaError(
            t("“{path}” contains text that is not valid UTF-8.", path=path), hint=t("Correct the text.")
        )
    return None


def stopped(path: str | Path) -> ReplicaError:
    """Return the error for work that was ended, or may not begin, as the program is about to end."""
    return ReplicaError(t("“{file}” cannot be used at the moment.", file=Path(path).name))


def cannot_be_opened(path: str | Path) -> NoSuchFile:
    """Return the error for a file that is out of reach."""
    return NoSuchFile(
        t("“{path}” cannot be opened.", path=path), hint=t("Check that it exists and that you can read it.")
    )


def explain(error: apsw.Error, path: str | Path) -> SynclineError:
    """Return our error for one of APSW's about the file ``path``."""
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return FileBusy(
            t("“{path}” is locked by another program.", path=path),
            hint=t("Close the program that is writing to it, or wait."),
        )
    if isinstance(error, apsw.InterruptError):
        return stopped(path)
    if isinstance(error, apsw.NotADBError):
        return NotADatabase(t("“{path}” is not a SQLite database.", path=path), hint=t("Choose another file."))
    if left_unfinished(error):
        return UnfinishedTransaction(
            t(
                "“{path}” was left half written by a program that crashed, and must be recovered first.",
                path=path,
            ),
            hint=t("Open it in the program that it belongs to, or sync it; either recovers it."),
        )
    gone = isinstance(error, apsw.IOError | apsw.CantOpenError | apsw.ReadOnlyError) and is_missing(Path(path))
    if gone or getattr(error, "extendedresult", None) == apsw.SQLITE_READONLY_DBMOVED:
        return not_there(Path(path))
    if isinstance(error, apsw.ReadOnlyError | apsw.PermissionsError):
        return ReadOnlyFile(
            t("“{path}” cannot be written.", path=path), hint=t("Check the permissions of the file and of its folder.")
        )
    if isinstance(error, apsw.CantOpenError):
        return cannot_be_opened(path)
    if isinstance(error, apsw.FullError):
        return StorageFailed(
            t("The disk that holds “{path}” is full.", path=path), hint=t("Free some space, then try again.")
        )
    if isinstance(error, apsw.CorruptError):
        return StorageFailed(t("“{path}” is damaged.", path=path), hint=t("Restore it from a backup."))
    if isinstance(error, apsw.IOError):
        return StorageFailed(
            t("“{path}” could not be read or written.", path=path), hint=t("Check the disk, then try again.")
        )
    return ReplicaError(t("Something went wrong in “{path}”: {reason}.", path=path, reason=error))
