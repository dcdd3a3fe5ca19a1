"""Brings a deleted row back on all sides as the same row: under its global key, so that references to it work again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import apsw

from engine.change import SENTINEL, Change, SQLiteValue
from engine.errors import UsageError
from engine.ordinary import register
from engine.ordinary.global_keys import number_of, packed, spelled
from engine.ordinary.register import Entry
from engine.ordinary.shadow import wire_key
from engine.replica.replica import Replica
from engine.sqlite.invalid_text import NoText, each
from engine.sqlite.sql import idents, key_is, main
from engine.sqlite.sqlite_errors import explained
from engine.tables.introspect import describe
from engine.tables.pack import pack
from engine.tables.waiting import HiddenRow
from engine.tables.withheld.describe import matching
from engine.text import printable, t


class KeptRow(NamedTuple):
    """A row as it is in a copy of its file.

    Attributes:
        key: its key there.
        values: those of its other columns.
        pk: its packed wire key; None if the copy does not tell for certain.
        names: what is sent for the columns that refer to rows by number, except those that the copy does not tell for
            certain.
    """

    key: tuple[SQLiteValue, ...]
    values: dict[str, SQLiteValue]
    pk: bytes | None
    names: dict[str, SQLiteValue]


class Deleted(NamedTuple):
    """The record of a deleted row: its packed wire key, and its causal length."""

    pk: bytes
    length: int


def find_deleted(replica: Replica, table: str, pk: bytes) -> Deleted | None:
    """Return the record of the row with this packed wire key, if it was deleted.

    Raises:
        UsageError: only programs with cr-sqlite write to the table, or it is not synced.
        ReplicaError: the file.
    """
    entry = _entry(replica, table)
    with explained(replica.path):
        found = replica.connection.execute(
            f"SELECT pk, length FROM main.{entry.rows} WHERE pk = ?1 AND length > 0 AND length % 2 = 0", (pk,)
        ).fetchone()
    return Deleted(*found) if found is not None else None


def is_certain(replica: Replica, table: str, kept: KeptRow) -> bool:
    """Return whether it is known which rows here a kept row, and all rows that it refers to, are.

    None of the latter may be deleted, as the next new row may get its number. Raises as ``find_deleted``.
    """
    entry = _entry(replica, table)
    with explained(replica.path):
        for column, root in entry.roots.items():
            if column in kept.values and kept.values[column] is not None:
                name = kept.names.get(column)
                sql = f"SELECT 1 FROM main.{root.rows} WHERE pk = ? AND length % 2 = 1"
                if not isinstance(name, bytes) or replica.connection.execute(sql, (packed(name),)).get is None:
                    return False
    return kept.pk is not None and entry.is_whole


def keys_in(copy: Path, table: str, key: Sequence[str], wanted: str) -> tuple[int, set[tuple[SQLiteValue, ...]]]:
    """Return the keys of the rows in a copy of a file that a person means (``matching_keys``).

    Raises:
        ReplicaError: the copy cannot be read.
    """
    with _opened(copy) as db:
        if not {*key} <= {*_columns(db, table)}:
            return matching((), wanted)
        return matching(each(db, f"SELECT {idents(key)} FROM {main(table)}"), wanted)


def row_in(
    replica: Replica, copy: Path, table: str, key: Sequence[str], wanted: tuple[SQLiteValue, ...]
) -> KeptRow | None:
    """Return a row as it is in a copy of its file, which is only read; unreadable values are left out.

    Args:
        key: the columns of the table's key.
        wanted: the row's key in the copy.

    Raises:
        UsageError: as ``find_deleted``.
        ReplicaError: the copy cannot be read.
    """
    with _opened(copy) as db:
        columns = _columns(db, table)
        if not {*key} <= {*columns}:
            return None
        rows = list(each(db, f"SELECT {idents(columns)} FROM {main(table)} WHERE {key_is(key)}", wanted))
        if not rows:
            return None
        held = dict(zip(columns, rows[0], strict=True))
        values = {name: held[name] for name in columns if name not in key and type(held[name]) is not NoText}
        entries = {entry.number: entry for entry in register.load(db)}
        entry = next((one for one in entries.values() if one.name == table), None)
        if entry is None:
            # made before the table was synced: only a key without numbers is the same everywhere
            is_name = not _entry(replica, table).has_global_key
            return KeptRow(wanted, values, pack(wire_key(wanted)) if is_name else None, {})
        names = {
            column: db.execute(f"SELECT {spelled(root, '?1')}", (values[column],)).get
            for column, root in entry.roots.items()
            if column in values and _is_recorded(db, entries[entry.refers[column]], values[column])
        }
        return KeptRow(wanted, values, _name_in(db, entry, wanted), names)


def _name_in(db: apsw.Connection, entry: Entry, key: tuple[SQLiteValue, ...]) -> bytes | None:
    """Return the packed wire key of a row in a copy, if its records tell."""
    if not entry.has_global_key:
        return pack(wire_key(key))
    is_key = key_is(entry.log_key)
    if entry.due is not None or db.execute(f"SELECT 1 FROM main.{entry.log} WHERE {is_key}", key).fetchone():
        return None  # a program has written the row since it was captured: it may be a new one
    sql = f"SELECT pk FROM main.{entry.rows} WHERE {is_key} AND length % 2 = 1"
    name: bytes | None = db.execute(sql, key).get
    return name


def _is_recorded(db: apsw.Connection, parent: Entry, value: SQLiteValue) -> bool:
    """Return whether a copy's records tell for certain which row of a table a number refers to."""
    number = db.execute(f"SELECT {number_of('?1')}", (value,)).get
    return number is not None and _name_in(db, parent, (number,)) is not None


def _columns(db: apsw.Connection, table: str) -> list[str]:
    found = describe(db, table)
    return [column.name for column in found.columns if not column.hidden] if found is not None else []


@contextmanager
def _opened(copy: Path) -> Iterator[apsw.Connection]:
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    with explained(copy), closing(apsw.Connection(f"{copy.resolve().as_uri()}?immutable=1", flags=flags)) as db:
        yield db


def restore_row(replica: Replica, table: str, kept: KeptRow) -> HiddenRow | None:
    """Bring a deleted row back on all sides, without columns that the table no longer has.

    Returns:
        the row if a rule of the table hides it; None if it is shown.

    Raises:
        UsageError: it was not deleted, or it is not certain which row it is; nothing has changed.
        ReplicaError: the file.
    """
    deleted = find_deleted(replica, table, kept.pk) if kept.pk is not None else None
    if deleted is None or not is_certain(replica, table, kept):
        raise UsageError(t("That row of “{table}” was not deleted.", table=printable(table, 40)))
    entry, version, length = _entry(replica, table), replica.db_version() + 1, deleted.length + 1
    told = {
        column: kept.names.get(column, value) if column in entry.roots else value
        for column, value in kept.values.items()
        if column in entry.columns
    }
    cells = told.items() if told else [(SENTINEL, None)]
    changes = [
        Change(table, deleted.pk, column, value, 1 if told else length, version, replica.site_id, length, n)
        for n, (column, value) in enumerate(cells)
    ]
    replica.merge(changes)
    return next((row for row in replica.hidden_rows(table) if row.key == deleted.pk), None)


def _entry(replica: Replica, table: str) -> Entry:
    with explained(replica.path):
        found = [entry for entry in register.load(replica.connection) if entry.name == table]
    if not found:
        raise UsageError(t("“{table}” is not a table to which any program writes.", table=printable(table, 40)))
    return found[0]
