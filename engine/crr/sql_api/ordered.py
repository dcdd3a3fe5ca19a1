"""Tables with an order of their own, given by a column of fractional index keys (cr-sqlite.md 3.4).

``make_ordered`` leaves triggers and a view in the file, under the names that stock gives them. They call functions that
stock has too, so that either engine can write to the table.
"""

from __future__ import annotations

from collections.abc import Sequence

import apsw

from engine.change import SQLiteValue
from engine.crr.sql_api import fractional
from engine.crr.tables.create import savepoint
from engine.errors import UsageError
from engine.sqlite.sql import ident, idents, literal, main
from engine.tables.introspect import Table, describe

_VIEW = "_fractindex"


def key_between(low: SQLiteValue, high: SQLiteValue) -> str:
    """Return a key between two, for crsql_fract_key_between (``fractional.key_between``).

    Raises:
        UsageError: as there, and for a value that is neither text nor NULL.
    """
    if not isinstance(low, str | None) or not isinstance(high, str | None):
        raise UsageError("crsql_fract_key_between takes two order keys, which are texts, or NULL for an open end.")
    return fractional.key_between(low, high)


def make_ordered(db: apsw.Connection, *arguments: SQLiteValue) -> None:
    """Make a table ordered, for crsql_fract_as_ordered(table, order column, list columns...).

    From then on a row written with 1 or -1 in the order column goes to the end or the start of its list, which is the
    rows with the same values in the list columns. Through the view ``<table>_fractindex`` a row is placed after the one
    whose key is in ``after_<key column>``. Calling it again replaces what it made before.

    Raises:
        UsageError: there is no such table or column.
    """
    if len(arguments) < 2:
        raise UsageError("crsql_fract_as_ordered takes a table's name and its order column, then columns of the list.")
    table, order, lists = _named(db, arguments)
    with savepoint(db):
        for kind, name, sql in _objects(table, order, lists):
            db.execute(f"DROP {kind} IF EXISTS {main(name)}")
            db.execute(sql)


def fix_conflict(db: apsw.Connection, *arguments: SQLiteValue) -> str:
    """Make room after a row that shares its order key with others, and return a key for the row that is to follow it.

    For crsql_fract_fix_conflict_return_old_key(table, order column, list columns..., -1, key columns..., key
    values...). The row itself moves down a little; the result lies between its new place and the old one.

    Raises:
        UsageError: there is no such table, column or row.
    """
    end = next((n for n, value in enumerate(arguments) if type(value) is int), len(arguments))
    key = arguments[end + 1 :]
    width = len(key) // 2
    if end < 2 or not width or len(key) % 2:
        raise UsageError(
            "crsql_fract_fix_conflict_return_old_key takes a table, its order column, columns of the list, -1, the"
            " columns of the primary key and their values."
        )
    table, order, lists = _named(db, (*arguments[:end], *key[:width]))
    names, lists = lists[end - 2 :], lists[: end - 2]
    this = " AND ".join(f"{ident(name)} IS ?{n}" for n, name in enumerate(names, 1))
    column, base = ident(order), main(table.name)
    found = db.execute(f"SELECT {column} FROM {base} WHERE {this}", key[width:]).fetchone()
    if found is None:
        raise UsageError(f"The table “{table.name}” has no such row to place another one after.")
    (old,) = found
    siblings = " AND ".join([*(f"l.{ident(name)} IS t.{ident(name)}" for name in lists), _placed(f"l.{column}")])
    before = db.execute(
        f"SELECT max(l.{column}) FROM {base} AS t JOIN {base} AS l ON {siblings} AND l.{column} < t.{column}"
        f" WHERE {' AND '.join(f't.{ident(name)} IS ?{n}' for n, name in enumerate(names, 1))}",
        key[width:],
    ).get
    new = key_between(before, old)
    db.execute(f"UPDATE {base} SET {column} = ?{width + 1} WHERE {this}", (*key[width:], new))
    return key_between(new, old)


def _named(db: apsw.Connection, arguments: Sequence[SQLiteValue]) -> tuple[Table, str, tuple[str, ...]]:
    """Return the table, and the other arguments as names of its columns in the table's own spelling."""
    name, *rest = (value if isinstance(value, str) else "" for value in arguments)
    table = describe(db, name)
    if table is None or table.kind != "table":
        raise UsageError(f"There is no table called “{name:.80}”.")
    exact = {column.name.lower(): column.name for column in table.columns}
    for one in rest:
        if one.lower() not in exact:
            raise UsageError(f"The table “{table.name}” has no column called “{one:.80}”.")
    order, *lists = (exact[one.lower()] for one in rest)
    return table, order, tuple(lists)


def _objects(table: Table, order: str, lists: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Return what to put in the file, as (kind, name, SQL), in an order in which each can be dropped and created."""
    view, column = table.name + _VIEW, ident(order)
    pend, move = (f"__crsql_{view}_{suffix}" for suffix in ("pend_trig", "ezmove"))
    place = _to_an_end(table, order, lists)
    wanted = f"CAST(NEW.{column} AS INTEGER) IN (-1, 1)"
    others = [c.name for c in table.columns if not c.hidden and c.name != order]
    after = _after(table, order, lists)
    insert, update = f"{view}_insert_trig", f"{view}_update_trig"
    assignments = "".join(f"{ident(name)} = NEW.{ident(name)}, " for name in others)
    return [
        (
            "TRIGGER",
            pend,
            f"CREATE TRIGGER {main(pend)} AFTER INSERT ON {ident(table.name)} WHEN {wanted} BEGIN {place}; END",
        ),
        (
            "TRIGGER",
            move,
            f"CREATE TRIGGER {main(move)} AFTER UPDATE OF {column} ON {ident(table.name)} WHEN {wanted}"
            f" BEGIN {place}; END",
        ),
        (
            "VIEW",
            view,
            f"CREATE VIEW {main(view)} AS SELECT *, "
            + ", ".join(f"NULL AS {ident('after_' + name)}" for name in table.key)
            + f" FROM {ident(table.name)}",
        ),
        (
            "TRIGGER",
            insert,
            f"CREATE TRIGGER {main(insert)} INSTEAD OF INSERT ON {ident(view)} BEGIN INSERT INTO"
            f" {ident(table.name)} ({idents([*others, order])})"
            f" VALUES ({idents(others, prefix='NEW.')}, {after}); END",
        ),
        (
            "TRIGGER",
            update,
            f"CREATE TRIGGER {main(update)} INSTEAD OF UPDATE ON {ident(view)} BEGIN UPDATE {ident(table.name)}"
            f" SET {assignments}{column} = {after}"
            f" WHERE {_same(table.key, 'OLD.')}; END",
        ),
    ]


def _to_an_end(table: Table, order: str, lists: tuple[str, ...]) -> str:
    """Return SQL that replaces 1 or -1 in NEW by a key after or before its whole list."""
    column, name = ident(order), ident(table.name)
    of_list = " AND ".join([*(f"{ident(one)} IS NEW.{ident(one)}" for one in lists), _placed(column)])
    return (
        f"UPDATE {name} SET {column} = CASE CAST(NEW.{column} AS INTEGER)"
        f" WHEN -1 THEN crsql_fract_key_between(NULL, (SELECT min({column}) FROM {name} WHERE {of_list}))"
        f" ELSE crsql_fract_key_between((SELECT max({column}) FROM {name} WHERE {of_list}), NULL) END"
        f" WHERE {_same(table.key, 'NEW.')}"
    )


def _after(table: Table, order: str, lists: tuple[str, ...]) -> str:
    """Return SQL for a key right after the row that ``after_...`` names; the list's start if it has no such row."""
    column, name = ident(order), ident(table.name)
    of_list = "".join(f"{ident(one)} IS NEW.{ident(one)} AND " for one in lists)
    its = f"(SELECT {column} FROM {name} WHERE {of_list}{_same(table.key, 'NEW.', 'after_')})"
    fix = ", ".join(
        [*(literal(one) for one in (table.name, order, *lists)), "-1", *(literal(one) for one in table.key)]
        + [f"NEW.{ident('after_' + one)}" for one in table.key]
    )
    return (
        f"CASE (SELECT count(*) FROM {name} WHERE {of_list}{column} = {its}) WHEN 0 THEN -1"
        f" WHEN 1 THEN crsql_fract_key_between({its}, (SELECT min({column}) FROM {name}"
        f" WHERE {of_list}{column} > {its})) ELSE crsql_fract_fix_conflict_return_old_key({fix}) END"
    )


def _placed(column: str) -> str:
    return f"CAST({column} AS INTEGER) NOT IN (-1, 1)"


def _same(key: tuple[str, ...], row: str, prefix: str = "") -> str:
    return " AND ".join(f"{ident(name)} IS {row}{ident(prefix + name)}" for name in key)
