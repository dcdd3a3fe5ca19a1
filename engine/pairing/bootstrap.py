"""A database file for a machine that has none yet: with tables like those of the other side, and no row.

They are made from a checked plan (``engine.table_plan``): no SQL of the other side is ever run.
"""

from __future__ import annotations

import os
from pathlib import Path

import apsw

from engine.crr import connect, create_tables
from engine.errors import FileBusy, NotEligible, StorageFailed, UsageError
from engine.sqlite.sqlite_errors import explained
from engine.sqlite.steps import at_once
from engine.table_plan import check_plans
from engine.text import printable, t
from engine.wire import Tables


class _Taken(UsageError):
    """The file got tables meanwhile."""


def is_new(path: Path) -> bool:
    """Whether there is no such file yet, or one without tables.

    Raises:
        ReplicaError: what is there cannot be read.
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
    """See whether a file can be made so.

    Raises:
        UsageError: it holds tables, or its folder cannot take it.
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


def make_file(path: Path, tables: Tables) -> None:
    """Make the file, or fill one without tables: all of it or nothing.

    Raises:
        UsageError: the tables cannot be made, or somebody else made some meanwhile. SynclineError: the disk.
    """
    check_plans(tables.plans)
    there = path.exists()
    try:
        _fill(path, tables)
    except (FileBusy, _Taken):  # somebody else's by now
        raise
    except BaseException:
        if not there:
            for suffix in ("", "-journal"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
        raise


def _fill(path: Path, tables: Tables) -> None:
    with explained(path):
        db = connect(path, create=True)
        try:
            db.execute("BEGIN IMMEDIATE")
            if not _is_empty(db):
                raise _Taken(
                    t("Another program has just created tables in “{file}”.", file=path.name),
                    hint=t("Pair it as it is."),
                )
            at_once(create_tables(db, tables.plans, equal_values=tables.equal_values))
            db.execute("COMMIT")
        except (NotEligible, apsw.SQLError) as error:
            raise UsageError(
                t("The other side's tables cannot be created: {reason}.", reason=printable(str(error), 200))
            ) from None
        finally:
            db.close()


def _is_empty(db: apsw.Connection) -> bool:
    sql = "SELECT 1 FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE ? AND name NOT LIKE ? LIMIT 1"
    return db.execute(sql, ("crsql%", "sqlite%")).fetchone() is None
