"""Creates a database file for a machine that has none yet, with tables like the other side's, and no rows.

The tables are created from a checked plan (``engine.table_plan``): no SQL from the other side is ever run.
"""

from __future__ import annotations

import os
from pathlib import Path

import apsw

from engine.crr import connect
from engine.errors import FileBusy, NotEligible, ReplicaError, StorageFailed, UsageError
from engine.replica import Replica
from engine.sqlite.sqlite_errors import explained
from engine.table_plan import check_plans
from engine.text import printable, t
from engine.wire import Tables


class _Taken(UsageError):
    """The file got tables meanwhile."""


def is_new(path: Path) -> bool:
    """Return whether the file does not exist yet, or has no tables.

    Raises:
        ReplicaError: it cannot be read.
    """
    if not path.exists():
        return True
    with explained(path):
        db = connect(path, readonly=True)
        try:
            return _is_empty(db)
        finally:
            db.close()


def check_place(path: Path) -> None:
    """Check that a file can be created or filled in this place.

    Raises:
        UsageError: it has tables, or there is no such folder.
        StorageFailed: it cannot be written.
    """
    if not is_new(path):
        raise UsageError(
            t("“{file}” already has tables.", file=path.name),
            hint=t("Pair it as it is, or choose a file that does not exist yet."),
        )
    folder = path.parent
    if not folder.is_dir():
        raise UsageError(t("There is no folder {folder}.", folder=folder), hint=t("Create it, or choose another."))
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise StorageFailed(t("“{path}” cannot be written.", path=path), hint=t("Choose another place."))


def make_file(path: Path, tables: Tables, *, extension: bool = False) -> tuple[str, ...]:
    """Create the file, or fill one without tables: all of it or nothing.

    Args:
        extension: whether the tables are for programs that load cr-sqlite, and no others.

    Returns:
        the names of tables that are for such programs in any case (``Replica.create_tables``).

    Raises:
        UsageError: the tables cannot be created, or somebody else created some meanwhile.
        SynclineError: writing failed.
    """
    check_plans(tables.plans)
    there = path.exists()
    try:
        return _fill(path, tables, extension)
    except (FileBusy, _Taken):  # the file is somebody else's by now
        raise
    except BaseException:
        if not there:
            for suffix in ("", "-journal"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
        raise


def _fill(path: Path, tables: Tables, extension: bool) -> tuple[str, ...]:
    def check(db: apsw.Connection) -> None:
        if not _is_empty(db):
            raise _Taken(
                t("Another program has just created tables in “{file}”.", file=path.name), hint=t("Pair it as it is.")
            )

    try:
        with Replica.open(path, create=True) as replica:
            return replica.create_tables(
                tables.plans, equal_values=tables.equal_values, extension=extension, check=check
            )
    except (NotEligible, ReplicaError) as error:
        if not isinstance(error, NotEligible) and not isinstance(error.__cause__, apsw.SQLError):
            raise
        reason = printable(str(error.__cause__ or error), 200)
        raise UsageError(t("The other side's tables cannot be created: {reason}.", reason=reason)) from None


def _is_empty(db: apsw.Connection) -> bool:
    sql = "SELECT 1 FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE ? AND name NOT LIKE ? LIMIT 1"
    return db.execute(sql, ("crsql%", "sqlite%")).fetchone() is None
