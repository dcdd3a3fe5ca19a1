"""Checks that a table took what a merge wrote to it.

An app's trigger can keep a row out without any error (``RAISE(IGNORE)``), or remove it again. Only tables with such
triggers are checked.
"""

from __future__ import annotations

from collections.abc import Sequence

import apsw

from engine.change import SQLiteValue
from engine.crr.catalogue import Crr
from engine.errors import TableBroken
from engine.sqlite.values import same
from engine.tables.grouping.bulk import Rows, each_block
from engine.text import joined, printable, t

Key = tuple[SQLiteValue, ...]


def check_deleted(db: apsw.Connection, crr: Crr, keys: Sequence[Key]) -> None:
    """Check that these rows are gone.

    Raises:
        TableBroken: one still exists.
    """
    if _count(db, crr, keys):
        raise stands_in_the_way(
            crr, t("one of its triggers ({triggers}) keeps a row that another replica deleted", triggers=_named(crr))
        )


def check_made(db: apsw.Connection, crr: Crr, keys: Sequence[Key]) -> None:
    """Check that these rows exist, unless a constraint forbids a row of defaults (cr-sqlite.md 7.7).

    Raises:
        TableBroken: a trigger keeps one out.
    """
    if _count(db, crr, keys) == len(keys):
        return
    if not all(_count(db, crr, [key]) or _forbidden(db, crr, key) for key in keys):
        raise _kept_out(crr)


def check_written(db: apsw.Connection, crr: Crr, columns: tuple[str, ...], rows: Rows, told: Sequence[Key]) -> None:
    """Check that these rows were written.

    What a trigger changed afterwards is not its concern (``tables.app_triggers``).

    Args:
        rows: the key and the values of ``columns`` of each.
        told: the keys that the statement reported as written.

    Raises:
        TableBroken: a row is missing, or was not written and does not hold the values.
    """
    width = len(crr.key)
    keys = [row[:width] for row in rows]
    if _count(db, crr, keys) < len(rows):
        raise _kept_out(crr)
    if len(told) == len(rows):
        return
    written, numbered = set(told), [(n, *key) for n, key in enumerate(keys)]
    for n, *held in each_block(db, crr.sql.read_row(columns), numbered):
        if keys[n] not in written and not all(map(same, held, rows[n][width:])):
            raise _kept_out(crr)


def refused(crr: Crr, error: Exception) -> TableBroken:
    """Return the error for a table in which a trigger fails on an incoming row."""
    why = printable(str(error), 200)
    return stands_in_the_way(
        crr,
        t(
            "one of its triggers ({triggers}) rejects a row of another replica: {reason}",
            triggers=_named(crr),
            reason=why,
        ),
    )


def stands_in_the_way(crr: Crr, reason: str) -> TableBroken:
    """Return the error for a table in which a trigger prevents a merge."""
    return TableBroken(crr.name, reason, hint=t("Change the trigger or drop it; the table is then synced again."))


def _kept_out(crr: Crr) -> TableBroken:
    return stands_in_the_way(
        crr, t("one of its triggers ({triggers}) keeps out a row of another replica", triggers=_named(crr))
    )


def _named(crr: Crr) -> str:
    return printable(joined(", ", (t("“{name}”", name=name) for name in crr.app_triggers)), 200)


def _forbidden(db: apsw.Connection, crr: Crr, key: Key) -> bool:
    try:
        db.execute(crr.sql.make_row, key)
    except apsw.ConstraintError:
        return True
    return False


def _count(db: apsw.Connection, crr: Crr, keys: Sequence[Key]) -> int:
    return sum(count for (count,) in each_block(db, crr.sql.count_rows, [(0, *key) for key in keys]))
