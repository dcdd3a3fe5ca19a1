"""Settings that a file carries with it (cr-sqlite.md 2.1, 3): crsql_config_set and crsql_config_get."""

from __future__ import annotations

import apsw

from engine.change import SQLiteValue
from engine.errors import ReplicaError, UsageError
from engine.text import t

MERGE_EQUAL_VALUES = "merge-equal-values"
"""If 1: of two equal values at one column version, the one of the higher site id is recorded (cr-sqlite.md 7.3)."""

_PREFIX = "config."


def get(db: apsw.Connection, name: SQLiteValue) -> int:
    """Return the file's value of a setting, whichever program set it; 0 if nobody has.

    Raises:
        UsageError: there is no such setting.
        ReplicaError: the value in the file is not an integer, which stock refuses too.
    """
    name = _known(name)
    key = _PREFIX + name
    if not db.table_exists("main", "crsql_master"):
        return 0
    row = db.execute("SELECT value FROM main.crsql_master WHERE key = ?", (key,)).fetchone()
    if row is None:
        return 0
    if type(row[0]) is not int:
        raise ReplicaError(
            t("“{file}” has a setting “{name}” that is not an integer.", file=db.filename, name=name),
            hint=t(
                "Correct it with any SQLite program: UPDATE crsql_master SET value = 0 WHERE key = '{key}'", key=key
            ),
        )
    return row[0]


def put(db: apsw.Connection, name: SQLiteValue, value: SQLiteValue) -> int:
    """Change a setting in the file, for all connections from their next merge on.

    Returns:
        The value.

    Raises:
        UsageError: there is no such setting, or the value is neither 0 nor 1.
    """
    name = _known(name)
    key = _PREFIX + name
    if type(value) is not int or value not in (0, 1):
        raise UsageError(t("The setting “{name}” can be 0 or 1.", name=name))
    db.execute("INSERT OR REPLACE INTO main.crsql_master (key, value) VALUES (?, ?)", (key, value))
    return value


def merges_equal_values(db: apsw.Connection) -> bool:
    """Return whether ``merge-equal-values`` is on.

    Raises:
        ReplicaError: as in ``get``.
    """
    return get(db, MERGE_EQUAL_VALUES) == 1


def _known(name: SQLiteValue) -> str:
    """Return the name if there is such a setting; raise UsageError if not."""
    if name != MERGE_EQUAL_VALUES:
        raise UsageError(
            t(
                "There is no setting “{name!s:.80}”; the only one is “{known}”.",
                name=name,
                known=MERGE_EQUAL_VALUES,
            )
        )
    return MERGE_EQUAL_VALUES
