"""References that a person declares where the app has no foreign key, and columns that a person declares to be no
references. They are stored in the file beside the register, where the latter have no table that they refer to."""

from __future__ import annotations

import apsw

from engine.errors import UsageError
from engine.ordinary import foreign_keys, register
from engine.ordinary.foreign_keys import ForeignKey
from engine.ordinary.register import Entry
from engine.sqlite.values import Affinity
from engine.tables.introspect import describe
from engine.tables.names import RELATIONS
from engine.text import printable, t

_LAYOUT = "tbl TEXT NOT NULL, col TEXT NOT NULL, parent TEXT NOT NULL, parent_col TEXT NOT NULL, PRIMARY KEY (tbl, col)"


def declare(db: apsw.Connection, relation: ForeignKey, table: str) -> tuple[Entry, str, Entry] | None:
    """Declare that a column of a table refers to rows of another by their numbers, in the caller's transaction.

    Args:
        relation: if it names no column of the other table, its key is meant.

    Returns:
        a table that is synced already, its column and the other table, if that column is no reference so far
        (``late_references``).

    Raises:
        UsageError: it cannot refer to them. In a table that is synced already, a key column cannot, as other machines
            know rows by it.
    """
    other = describe(db, relation.table)
    to = relation.to or (other.key[0] if other is not None and other.key else "")
    child, parent = _column(db, table, relation.column), _column(db, relation.table, to)
    target = describe(db, parent[0])
    assert target is not None
    itself = child[:2] == parent[:2]
    numbered = foreign_keys.is_numbered(db, target) and target.key[0] == parent[1]
    if numbered and not itself and not foreign_keys.auto_numbered(db, target):
        raise UsageError(
            t(
                "The numbers of “{table}” are the same on every machine, so references to it need not be declared.",
                table=printable(parent[0], 40),
            )
        )
    if not numbered:
        raise UsageError(
            t("“{column}” of “{table}” is no number that SQLite hands out.", column=parent[1], table=parent[0])
        )
    if child[2] is Affinity.REAL:
        raise UsageError(
            t("“{column}” of “{table}” does not hold numbers.", column=child[1], table=child[0]),
            hint=t("Give the column the type INTEGER."),
        )
    entries = {entry.name: entry for entry in register.load(db)}
    entry, root, column = entries.get(child[0]), entries.get(parent[0]), child[1]
    if entry is not None and root is None:
        raise UsageError(
            t("“{parent}” is not synced, and “{table}” is.", parent=printable(parent[0], 40), table=entry.name),
            hint=t("Make “{table}” syncable first.", table=printable(parent[0], 40)),
        )
    if entry is not None and root is not None and entry.refers.get(column) != root.number:
        if column not in entry.slots or column in entry.refers:
            raise _synced_already(entry.name)
        _keep(db, *child[:2], *parent[:2])
        return entry, column, root
    _keep(db, *child[:2], *parent[:2])
    return None


def decline(db: apsw.Connection, table: str, column: str) -> None:
    """Declare that a column of a table refers to no rows, in the caller's transaction: its values are sent as they are.

    Raises:
        UsageError: it has a foreign key, or the table is synced already.
    """
    found = _unsynced(db, table, column)
    sql = 'SELECT 1 FROM pragma_foreign_key_list(?) WHERE "from" = ? COLLATE NOCASE'
    if db.execute(sql, found[:2]).fetchone() is not None:
        raise UsageError(
            t(
                "“{column}” of “{table}” has a foreign key.",
                column=printable(found[1], 40),
                table=printable(found[0], 40),
            )
        )
    _keep(db, *found[:2], "", "")


def keep_numbers(db: apsw.Connection, table: str, *, same: bool) -> None:
    """Declare whether a row of a table whose key SQLite can hand out has the same number on every machine, in the
    caller's transaction. Raises as ``declare``."""
    found = describe(db, table)
    if found is None or found.kind != "table" or not foreign_keys.is_numbered(db, found):
        raise UsageError(t("“{table}” is no table whose key SQLite hands out.", table=printable(table, 40)))
    name, key, _ = _unsynced(db, found.name, found.key[0])
    _keep(db, name, key, "" if same else name, "" if same else key)


def remember_numbers(db: apsw.Connection, entry: Entry) -> None:
    """Record what the numbers of a table mean that is no longer synced, should it be again."""
    found = describe(db, entry.name)
    if found is not None and found.key == entry.key and foreign_keys.is_numbered(db, found):
        if entry.key[0] not in entry.refers:
            _keep(db, entry.name, entry.key[0], "", "")
        elif entry.collection:
            _keep(db, entry.name, entry.key[0], entry.name, entry.key[0])


def rename(db: apsw.Connection, before: str, name: str) -> None:
    """Move what was declared about a table, or about references to it, to its new name."""
    if db.table_exists("main", RELATIONS):
        for column in ("tbl", "parent"):
            db.execute(f"UPDATE OR REPLACE main.{RELATIONS} SET {column} = ? WHERE {column} = ?", (name, before))


def answered(db: apsw.Connection, table: str) -> set[str]:
    """Return the columns of a table for which a person has said whether they are references."""
    if not db.table_exists("main", RELATIONS):
        return set()
    return {str(column) for (column,) in db.execute(f"SELECT col FROM main.{RELATIONS} WHERE tbl = ?", (table,))}


def listed(db: apsw.Connection) -> list[tuple[str, ForeignKey]]:
    """Return everything that was declared, each with its table; for a column that refers to no rows the other table is
    empty."""
    if not db.table_exists("main", RELATIONS):
        return []
    rows = db.execute(f"SELECT tbl, col, parent, parent_col FROM main.{RELATIONS}")
    return [(table, ForeignKey(column, parent, to)) for table, column, parent, to in rows]


def _keep(db: apsw.Connection, table: str, column: str, parent: str, to: str) -> None:
    db.execute(f"CREATE TABLE IF NOT EXISTS main.{RELATIONS} ({_LAYOUT}) WITHOUT ROWID")
    db.execute(f"INSERT OR REPLACE INTO main.{RELATIONS} VALUES (?, ?, ?, ?)", (table, column, parent, to))


def _unsynced(db: apsw.Connection, table: str, column: str) -> tuple[str, str, Affinity]:
    """Return the same as ``_column``, for a table that is not synced yet."""
    found = _column(db, table, column)
    if any(entry.name == found[0] for entry in register.load(db)):
        raise _synced_already(found[0])
    return found


def _synced_already(table: str) -> UsageError:
    return UsageError(
        t("“{table}” is synced already, and its numbers were sent as they are.", table=printable(table, 40)),
        hint=t("Stop syncing it on all machines, declare this on each, and make it syncable again."),
    )


def _column(db: apsw.Connection, table: str, column: str) -> tuple[str, str, Affinity]:
    """Return a table's and a column's names as they are spelled, and the column's affinity."""
    found = describe(db, table)
    for one in found.columns if found is not None and found.kind == "table" else ():
        if found is not None and one.name.lower() == column.lower() and not one.hidden:
            return found.name, one.name, one.affinity
    raise UsageError(
        t(
            "There is no column “{column}” in a table “{table}”.",
            column=printable(column, 40),
            table=printable(table, 40),
        )
    )
