"""Carries out what a person decides about a hidden row: it is shown in place of the row in its way, merged with it, or
deleted, on all sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import apsw

from engine.change import SENTINEL, Change, SQLiteValue
from engine.errors import UsageError
from engine.ordinary import register
from engine.ordinary.register import Entry
from engine.replica.replica import Replica
from engine.sqlite.invalid_text import each, shown
from engine.sqlite.sql import ident, key_is, main
from engine.sqlite.sqlite_errors import explained
from engine.tables.introspect import table_names
from engine.tables.pack import unpack
from engine.tables.waiting import HiddenRow
from engine.text import printable, t


def keep_hidden(replica: Replica, row: HiddenRow) -> HiddenRow | None:
    """Delete the row in the way of a hidden one, on all sides; what referred to it then refers to the other one.

    Returns:
        the row, if it is still hidden for another reason; None if it is shown.

    Raises:
        UsageError: it is not hidden any more; no row that could be deleted is in its way, or a different one from the
            one the person was told of; or rows that refer to that one cannot refer to the other. Nothing has changed.
        ReplicaError: the file.
    """
    row = _now(replica, row, same_way=True)
    db, entry = replica.connection, _entry(replica, row.table)
    own, way = _keys(db, entry, row)
    with explained(replica.path), _writing(db):
        where = key_is(entry.key)
        other = _as_dict(db, f"SELECT * FROM {main(row.table)} WHERE {where}", way)
        _lead_all(db, entry, other, row.values | own, row.shown_in_the_way, row.shown_key)
    replica.capture()
    replica.redirect(row.table, other, row.values | own)
    _delete(replica, row.table, row.in_the_way or b"")
    return _find(replica, row)


def merge_hidden(replica: Replica, row: HiddenRow) -> None:
    """Make what refers to a hidden row refer to the one in its way, and delete the hidden one, on all sides.

    Raises:
        UsageError: it is not hidden any more; no row is in its way, or a different one from the one the person was told
            of; or rows that refer to it cannot refer to that one. Nothing has changed.
        ReplicaError: the file.
    """
    row = _now(replica, row, same_way=True)
    db, entry = replica.connection, _entry(replica, row.table)
    own, way = _keys(db, entry, row)
    with explained(replica.path), _writing(db):
        other = _as_dict(db, f"SELECT * FROM {main(row.table)} WHERE {key_is(entry.key)}", way)
        _lead_all(db, entry, row.values | own, other, row.shown_key, row.shown_in_the_way)
    replica.capture()
    replica.redirect(row.table, row.values | own, other)
    _delete(replica, row.table, row.key)


def delete_hidden(replica: Replica, row: HiddenRow) -> None:
    """Delete a hidden row, on all sides.

    Raises:
        UsageError: it is not hidden any more; nothing has changed.
        ReplicaError: the file.
    """
    row = _now(replica, row)
    _delete(replica, row.table, row.key)


def _delete(replica: Replica, table: str, key: bytes) -> None:
    """Delete exactly this row, by its own global key."""
    entry = _entry(replica, table)
    with explained(replica.path):
        sql = f"SELECT length FROM main.{entry.rows} WHERE pk = ?"
        length: int = replica.connection.execute(sql, (key,)).get
    gone = length + 1
    tombstone = Change(table, key, SENTINEL, None, gone, replica.db_version() + 1, replica.site_id, gone, 0)
    replica.merge([tombstone])


def hidden_differences(replica: Replica, row: HiddenRow) -> dict[str, tuple[SQLiteValue, SQLiteValue]]:
    """Return the columns in which a hidden row differs from the one in its way: by name, its value and the other's."""
    if row.in_the_way is None:
        return {}
    db, entry = replica.connection, _entry(replica, row.table)
    columns = [column for column in row.values if column in entry.columns]
    if not columns:
        return {}
    with explained(replica.path):
        sql = f"SELECT {', '.join(map(ident, columns))} FROM {main(row.table)} WHERE {key_is(entry.key)}"
        found = next(each(db, sql, _local_key(db, entry, row.in_the_way)), None)
    others = dict(zip(columns, map(shown, found), strict=True)) if found is not None else {}
    return {
        name: (row.values[name], other)
        for name, other in others.items()
        if (type(other), other) != (type(row.values[name]), row.values[name])
    }


def _find(replica: Replica, row: HiddenRow) -> HiddenRow | None:
    return next((one for one in replica.hidden_rows(row.table) if one.key == row.key), None)


def _now(replica: Replica, row: HiddenRow, *, same_way: bool = False) -> HiddenRow:
    """Return a hidden row as it is now; ``same_way``: the row in its way must still be the same.

    Raises:
        UsageError: it is not hidden any more, or a different row is in its way, about which nobody was asked.
    """
    now = _find(replica, row)
    if now is None:
        raise UsageError(t("“{table}”, row {key} is not hidden any more.", table=row.table, key=row.shown_key))
    if same_way and now.in_the_way != row.in_the_way and now.in_the_way is not None:
        raise UsageError(
            t(
                "A different row is now in the way of “{table}”, row {key}: {other}.",
                table=row.table,
                key=row.shown_key,
                other=now.shown_in_the_way,
            ),
            hint=t("Look at both rows, and decide again."),
        )
    return now


def _entry(replica: Replica, table: str) -> Entry:
    with explained(replica.path):
        return next(entry for entry in register.load(replica.connection) if entry.name == table)


def _keys(db: apsw.Connection, entry: Entry, row: HiddenRow) -> tuple[dict[str, SQLiteValue], tuple[SQLiteValue, ...]]:
    """Return the keys of a hidden row and of the row in its way, by column, as they are in this file.

    Raises:
        UsageError: no row that could be deleted is in its way.
    """
    if row.in_the_way is None:
        raise UsageError(
            t("No other row is in the way of “{table}”, row {key}.", table=row.table, key=row.shown_key),
            hint=t("It is shown once its values or the rules of the table change."),
        )
    own = dict(zip(entry.key, _local_key(db, entry, row.key), strict=True))
    return own, _local_key(db, entry, row.in_the_way)


def _local_key(db: apsw.Connection, entry: Entry, pk: bytes) -> tuple[SQLiteValue, ...]:
    """Return the key that a row has in this file."""
    if not entry.has_global_key:
        return tuple(unpack(pk))
    sql = f"SELECT {', '.join(entry.log_key)} FROM main.{entry.rows} WHERE pk = ?"
    found: tuple[SQLiteValue, ...] = db.execute(sql, (pk,)).fetchall()[0]
    return found


def _references(db: apsw.Connection, table: str, key: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Return the foreign keys that refer to a table: for each, its table, and its columns with those that they refer
    to."""
    for child in table_names(db):
        found: dict[int, dict[str, str]] = {}
        sql = (
            'SELECT id, seq, "from", "to" FROM pragma_foreign_key_list(?, \'main\')'
            ' WHERE lower("table") = lower(?) ORDER BY id, seq'
        )
        rows: list[Any] = db.execute(sql, (child, table)).fetchall()
        for number, place, column, to in rows:
            found.setdefault(number, {})[column] = to or key[place]
        for columns in found.values():
            yield child, columns


def _lead_all(
    db: apsw.Connection, entry: Entry, old: dict[str, Any], new: dict[str, Any], old_key: str, new_key: str
) -> None:
    """Make everything that refers to one row refer to another; takes the keys as they can be shown.

    Raises UsageError.
    """
    for child, columns in _references(db, entry.name, entry.key):
        if not _lead_elsewhere(db, child, columns, old, new):
            raise UsageError(
                t(
                    "Rows of “{child}” refer to row {other} of “{table}”, and cannot refer to row {key}.",
                    child=printable(child, 40),
                    other=old_key,
                    table=entry.name,
                    key=new_key,
                ),
                hint=t("Change or delete these rows first."),
            )


def _lead_elsewhere(
    db: apsw.Connection, child: str, columns: dict[str, str], old: dict[str, Any], new: dict[str, Any]
) -> bool:
    """Make rows that refer to one row refer to another; return whether all of them do."""
    folded = {name.lower(): name for name in old}
    sources = [folded.get(to.lower(), "") for to in columns.values()]
    if not all(source in old and source in new for source in sources):
        return True
    before, after = [old[source] for source in sources], [new[source] for source in sources]
    count = len(sources)
    is_before = " AND ".join(f"{ident(name)} = ?{n}" for n, name in enumerate(columns, 1))
    sets = ", ".join(f"{ident(name)} = ?{n}" for n, name in enumerate(columns, count + 1))
    db.execute(f"UPDATE OR IGNORE {main(child)} SET {sets} WHERE {is_before}", (*before, *after))
    left = f"SELECT 1 FROM {main(child)} WHERE {is_before}"
    return before == after or db.execute(left, before).fetchone() is None


def _as_dict(db: apsw.Connection, sql: str, bindings: Sequence[SQLiteValue]) -> dict[str, Any]:
    """Return the only row of a query, by column."""
    cursor = db.execute(sql, bindings)
    for row in cursor:
        return dict(zip((name for name, _ in cursor.getdescription()), row, strict=True))
    return {}


@contextmanager
def _writing(db: apsw.Connection) -> Iterator[None]:
    """Open a transaction like an app's, but without foreign keys, so that nothing is deleted along with a row."""
    switch = apsw.SQLITE_DBCONFIG_ENABLE_FKEY
    before = db.config(switch, -1)
    db.config(switch, 0)
    try:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
    finally:
        db.config(switch, before)
