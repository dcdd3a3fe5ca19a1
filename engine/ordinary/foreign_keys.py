"""Finds which columns of a table hold numbers that SQLite hands out to rows: its own key, and declared foreign keys."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import apsw

from engine.change import SQLiteValue
from engine.ordinary import register
from engine.ordinary.sparse_numbers import are_sparse
from engine.sqlite.values import Affinity
from engine.tables.introspect import Table, describe, user_tables
from engine.tables.names import RELATIONS
from engine.text import printable, t

_NO_NUMBERS = (Affinity.REAL,)
"""What a column stores if it converts numbers into something that not all numbers survive."""


class ForeignKey(NamedTuple):
    """One column of a foreign key, and the column of the other table that it refers to."""

    column: str
    table: str
    to: str

    def is_key_of(self, table: str) -> bool:
        """Return whether it says about a table's own key that each machine hands out its numbers."""
        return self.table == table and self.to == self.column


def auto_numbered(db: apsw.Connection, table: Table, seen: frozenset[str] = frozenset()) -> bool:
    """Return whether the key is the row's number, which each machine hands out for itself.

    A number is the row's identity instead if a person has said so, if the numbers show it (``sparse_numbers``), or if
    it refers to a row for which that is so.

    Args:
        seen: tables that are being looked at already.
    """
    if not is_numbered(db, table):
        return False
    key = table.key[0]
    for entry in register.load(db):
        if entry.name == table.name:
            return key in entry.refers
    answer = _declared(db, table.name).get(key)
    if answer is not None and (not answer.table or answer.table == table.name):
        return bool(answer.table)
    for one in foreign_keys(db, table):
        parent = describe(db, one.table) if one.column == key and one.table not in {table.name, *seen} else None
        if parent is not None and one.to in parent.key and is_numbered(db, parent):
            return auto_numbered(db, parent, seen | {table.name})
    return not are_sparse(db, table)


def is_numbered(db: apsw.Connection, table: Table) -> bool:
    """Return whether the key is the row's number, which SQLite can hand out.

    (INTEGER PRIMARY KEY DESC is not, and has an index of its own.)
    """
    keys = [column for column in table.columns if column.key]
    if not table.rowid or len(keys) != 1 or keys[0].declared.upper() != "INTEGER":
        return False
    sql = "SELECT 1 FROM pragma_index_list(?, 'main') WHERE origin = 'pk'"
    return db.execute(sql, (table.name,)).fetchone() is None


def foreign_keys(db: apsw.Connection, table: Table) -> Iterator[ForeignKey]:
    """Return a table's foreign keys, column by column, and those that a person has declared (``relations``), without
    those that refer to no existing table."""
    names = {column.name.lower(): column.name for column in table.columns}
    sql = 'SELECT seq, "table", "from", "to" FROM pragma_foreign_key_list(?, \'main\') ORDER BY id DESC, seq'
    found: list[Any] = db.execute(sql, (table.name,)).fetchall()
    for seq, parent, column, to in found:
        other = table if str(parent).lower() == table.name.lower() else describe(db, str(parent))
        if other is None or other.kind != "table":
            continue
        if to is None and seq < len(other.key):
            to = other.key[seq]
        exact = {one.name.lower(): one.name for one in other.columns}.get(str(to).lower())
        if exact is not None and column.lower() in names:
            yield ForeignKey(names[column.lower()], other.name, exact)
    for declared in _declared(db, table.name).values():
        refers = declared.column in names.values() and not declared.is_key_of(table.name)
        if refers and describe(db, declared.table) is not None:
            yield declared


def is_referred_to(db: apsw.Connection, table: Table) -> bool:
    """Return whether a foreign key of any table refers to one."""
    others = (other for other in user_tables(db) if other.kind == "table")
    return any(one.table == table.name for other in others for one in foreign_keys(db, other))


def _declared(db: apsw.Connection, table: str) -> dict[str, ForeignKey]:
    """Return what a person has said about the columns of a table (``relations``)."""
    if not db.table_exists("main", RELATIONS):
        return {}
    sql = f"SELECT col, parent, parent_col FROM main.{RELATIONS} WHERE tbl = ?"
    return {str(row[0]): ForeignKey(*map(str, row)) for row in db.execute(sql, (table,)).fetchall()}


def references(db: apsw.Connection, table: Table) -> dict[str, str]:
    """Return the columns of a table that hold such numbers, each with the name of the table that hands them out, which
    is synced, or made syncable along with it (``parents``)."""
    found: dict[str, str] = {}
    no_numbers = {column.name for column in table.columns if column.affinity in _NO_NUMBERS}
    for one in foreign_keys(db, table):
        root = _root(db, one)
        if root and one.column not in no_numbers:
            found.setdefault(one.column, root)
    if auto_numbered(db, table):
        found.setdefault(table.key[0], table.name)
    return found


def waiting(db: apsw.Connection, table: Table, known: Collection[str], synced: Collection[str]) -> dict[str, str]:
    """Return the columns of a synced table that refer by number to rows of a table that is not synced, each with that
    table: its rows have no names yet, and their numbers mean other rows elsewhere.

    Args:
        known: the columns that are synced already.
        synced: the tables that are.
    """
    found = references(db, table) if any(not one.hidden and one.name not in known for one in table.columns) else {}
    return {column: root for column, root in found.items() if column not in known and root not in synced}


def parents(db: apsw.Connection, table: Table, seen: frozenset[str] = frozenset()) -> list[Table]:
    """Return the other tables to whose rows it refers by numbers that SQLite hands out, and that are not synced yet:
    they are made syncable along with it.

    Args:
        seen: tables that are being looked at already.
    """
    known = {entry.name for entry in register.load(db)}
    found: dict[str, Table] = {}
    for one in foreign_keys(db, table):
        parent = describe(db, one.table)
        if parent is None or parent.name in {table.name, *known, *found, *seen}:
            continue
        if auto_numbered(db, parent) or (one.to in parent.key and parents(db, parent, seen | {table.name})):
            found[parent.name] = parent
    return list(found.values())


def with_parents(db: apsw.Connection, table: Table) -> list[Table]:
    """Return a table, and all that are made syncable along with it."""
    found = {table.name: table}
    left = [table]
    while left:
        for parent in parents(db, left.pop()):
            if parent.name not in found:
                found[parent.name] = parent
                left.append(parent)
    return list(found.values())


def obstacles(db: apsw.Connection, table: Table) -> Iterator[str]:
    """Return why its references cannot be expressed on other machines, one sentence each."""
    roots: dict[str, str] = {}
    affinities = {column.name: column.affinity for column in table.columns}
    for one in foreign_keys(db, table):
        root = _root(db, one)
        if not root:
            if one.column in table.key and _leads_back(db, table, one):
                yield t(
                    "Its key and that of “{table}” refer to each other; such tables cannot be synced yet.",
                    table=printable(one.table, 40),
                )
            continue
        if roots.setdefault(one.column, root) != root:
            yield t(
                "Its column “{column}” refers to two tables, “{one}” and “{other}”.",
                column=printable(one.column, 40),
                one=printable(roots[one.column], 40),
                other=printable(root, 40),
            )
        if affinities[one.column] in _NO_NUMBERS:
            yield t(
                "Its column “{column}” refers to numbers, and stores them as something else.",
                column=printable(one.column, 40),
            )
        if (
            affinities[one.column] is Affinity.TEXT and one.column in table.key
        ):  # '1' and '01' are two keys, and one row
            yield t(
                "Its key column “{column}” refers to numbers, and stores them as text.",
                column=printable(one.column, 40),
            )
        if affinities[one.column] is Affinity.NONE and one.column in table.key:  # 1 and '1' are two keys, and one row
            yield t(
                "Its key column “{column}” refers to numbers, and has no type.",
                column=printable(one.column, 40),
            )


def _root(db: apsw.Connection, one: ForeignKey, seen: frozenset[ForeignKey] = frozenset()) -> str:
    """Return the table that hands out the numbers that a foreign key refers to; '' if none does.

    For a table that is synced already, what its columns hold is recorded.
    """
    parent = describe(db, one.table)
    if parent is None or one in seen:
        return ""
    entries = register.load(db)
    entry = next((entry for entry in entries if entry.name == parent.name), None)
    if entry is not None:
        return next((root.name for root in entries if root.number == entry.refers.get(one.to)), "")
    if auto_numbered(db, parent) and one.to == parent.key[0]:
        own = [other for other in foreign_keys(db, parent) if other.column == one.to and other.table != parent.name]
        if not own:
            return parent.name
    for other in foreign_keys(db, parent):
        if other.column == one.to and (root := _root(db, other, seen | {one})):
            return root
    return ""


def _leads_back(db: apsw.Connection, table: Table, one: ForeignKey) -> bool:
    """Return whether a key refers to a key that refers back to this one, directly or through others."""
    seen: set[ForeignKey] = set()
    left = [one] if is_numbered(db, table) else []
    while left:
        at = left.pop()
        parent = describe(db, at.table)
        if parent is not None and parent.name == table.name:
            return True
        if parent is not None and at not in seen and at.to in parent.key:
            seen.add(at)
            left += [other for other in foreign_keys(db, parent) if other.column == at.to]
    return False


def as_stored(value: SQLiteValue, affinity: Affinity) -> SQLiteValue:
    """Return a value of a key as a column that refers to it stores it: text columns store numbers as text."""
    return str(value) if affinity is Affinity.TEXT and isinstance(value, int) else value


def without_references(entry: register.Entry, lost: set[int]) -> register.Entry:
    """Return a table's entry without references to the tables with these numbers, which are unusable."""
    if lost.isdisjoint(entry.refers.values()):
        return entry
    return replace(entry, roots={column: root for column, root in entry.roots.items() if root.number not in lost})
