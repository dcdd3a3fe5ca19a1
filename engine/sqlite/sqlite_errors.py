"""SQLite's errors as sentences for a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def explained(path: str | Path) -> Iterator[None]:
    """Turn what APSW raises inside into the errors of ``engine.errors``; those pass through untouched."""
    try:
        yield
    except apsw.Error as error:
        raise explain(error, path) from error
    except UnicodeDecodeError as error:
        raise ReplicaError(f"“{path}” holds text that is not valid UTF-8.", hint="Correct the text.") from error


def stopped(path: str | Path) -> ReplicaError:
    """The error for work that was ended, or may not begin, as the program is about to end."""
    return ReplicaError(f"“{Path(path).name}” cannot be used at the moment.")


def explain(error: apsw.Error, path: str | Path) -> SynclineError:
    """The error for one of APSW's, about the file ``path``."""
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return FileBusy(
            f"“{path}” is locked by another program.",
            hint="Close the program that is writing to it, or wait.",
        )
    if isinstance(error, apsw.InterruptError):
        return stopped(path)
    if isinstance(error, apsw.NotADBError):
        return NotADatabase(f"“{path}” is not a SQLite database.", hint="Choose another file.")
    if left_unfinished(error):
        return UnfinishedTransaction(
            f"“{path}” was left half written by a program that crashed or was killed, and it has to be put back first.",
            hint="Open it once in the program that it belongs to, or sync it: both do that by themselves.",
        )
    gone = isinstance(error, apsw.IOError | apsw.CantOpenError | apsw.ReadOnlyError) and is_missing(Path(path))
    if gone or getattr(error, "extendedresult", None) == apsw.SQLITE_READONLY_DBMOVED:
        return not_there(Path(path))
    if isinstance(error, apsw.ReadOnlyError | apsw.PermissionsError):
        return ReadOnlyFile(f"“{path}” cannot be written.", hint="Check the permissions of the file and of its folder.")
    if isinstance(error, apsw.CantOpenError):
        return NoSuchFile(f"“{path}” cannot be opened.", hint="Check that it exists and that you may read it.")
    if isinstance(error, apsw.FullError):
        return StorageFailed(f"The disk that holds “{path}” is full.", hint="Free some space, then try again.")
    if isinstance(error, apsw.CorruptError):
        return StorageFailed(f"“{path}” is damaged.", hint="Restore it from a backup.")
    if isinstance(error, apsw.IOError):
        return StorageFailed(f"“{path}” could not be read or written.", hint="Check the disk, then try again.")
    return ReplicaError(f"Something went wrong in “{path}”: {error}.")
