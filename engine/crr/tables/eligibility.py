"""Decides whether a table can become a CRR, and if not, names every obstacle (cr-sqlite.md 2.6)."""

from __future__ import annotations

import re
from itertools import groupby
from operator import itemgetter

import apsw

from engine.change import SENTINEL
from engine.sqlite.invalid_text import each
from engine.sqlite.values import Affinity
from engine.tables.introspect import UNREADABLE, Table, bookkeeping, column_names, describe, is_ordinary
from engine.tables.names import KEY, PKS
from engine.tables.pack import MAX_VALUES
from engine.text import joined, t

_QUOTE = "'"
_BARE = re.compile(r"[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_$\u0080-\U0010ffff]*")


def obstacles(db: apsw.Connection, table: Table, *, new: bool = True, turning: bool = False) -> tuple[str, ...]:
    """Return a sentence for each obstacle; none means that the table can be made syncable.

    The first six rules are cr-sqlite's own, so that a table that passes can also be altered there. The others prevent
    what would break the bookkeeping itself, or, for a ``new`` table, the use of the file by cr-sqlite's own extension.

    Args:
        new: whether the table is not a CRR yet.
        turning: it may be an ordinary table, which is about to be turned into this kind.
    """
    if table.kind == "view":
        return (t("It is a view."),)
    if table.kind == UNREADABLE:
        return (t("A name or a default in its schema is not valid text."),)
    if table.kind != "table":
        return (t("It is a virtual table."),)
    if is_ordinary(db, table.name) and not turning:
        return (t("It is synced as a table to which any program writes."),)
    found: list[str] = []
    unique = db.execute(  # without the index's own name, which may be invalid text
        "SELECT i.seq, c.name FROM pragma_index_list(?1, 'main') AS i CROSS JOIN pragma_index_info(i.name, 'main') AS c"
        " WHERE i.\"unique\" AND i.origin != 'pk' ORDER BY i.seq, c.seqno",
        (table.name,),
    )
    for _, columns in groupby(unique, itemgetter(0)):
        over = joined(", ", (t("an expression") if name is None else t("“{name}”", name=name) for _, name in columns))
        found.append(
            t("Besides the primary key, {columns} must be unique, which peers cannot guarantee together.", columns=over)
        )
    nullable = [c.name for c in table.columns if c.key and not c.not_null]
    if not table.key:
        found.append(t("It has no primary key."))
    found += [t("The primary key column “{column}” is not declared NOT NULL.", column=name) for name in nullable]
    text = next(each(db, "SELECT sql FROM main.sqlite_master WHERE type = 'table' AND name = ?", (table.name,)), ("",))
    if "autoincrement" in text[0].lower():
        found.append(t("It uses AUTOINCREMENT, whose values would clash between peers."))
    foreign = db.execute(
        "SELECT DISTINCT \"table\" FROM pragma_foreign_key_list(?, 'main') ORDER BY id", (table.name,)
    ).fetchall()
    found += [t("It has a foreign key to “{table}”.", table=other) for (other,) in foreign]
    found += [
        t("The column “{column}” is NOT NULL but has no DEFAULT.", column=c.name)
        for c in table.columns
        if not c.key and c.not_null and c.default is None
    ]
    if new and _QUOTE in table.name:
        found.append(
            t("Its name contains a {quote}, and the cr-sqlite extension could not use the file any more.", quote=_QUOTE)
        )
    return tuple(found) + _own_limits(db, table)


def cautions(db: apsw.Connection, table: Table) -> tuple[str, ...]:
    """Return what a person should know about a table that can be synced.

    That is how its keys are told apart (cr-sqlite.md 12.5), and that cr-sqlite's own extension does not quote some
    names in its statements (cr-sqlite.md 2.6).
    """
    keys = [column for column in table.columns if column.key]
    loose = [
        t(
            "The key column “{column}” treats “x” and “X” (or “x” and “x ”) as one row, but sync "
            "as two. If two replicas spell a key differently, one of the values is lost. Always "
            "spell keys the same way.",
            column=column.name,
        )
        for column in keys
        if column.collation != "BINARY"
    ]
    untyped = [
        t(
            "The key column “{column}” has no type: 1 and 1.0 are one row, and if two replicas "
            "spell a key differently, each keeps its own spelling. Always spell keys the same "
            "way, or give the column a type.",
            column=column.name,
        )
        for column in keys
        if column.affinity is Affinity.NONE and column.declared.upper() in ("", "ANY")
    ]
    odd = [] if _is_bare(table.name) else [table.name]
    odd += [name for name in (*table.key, *table.tracked) if '"' in name]
    chokes = [
        t("Programs that use the cr-sqlite extension cannot alter it, because of the name “{name}”.", name=name)
        for name in odd
    ]
    return (*loose, *untyped, *chokes)


def _is_bare(name: str) -> bool:
    """Return whether a table's name can be used in a statement without quotes."""
    if not _BARE.fullmatch(name):
        return False
    try:
        apsw.Connection(":memory:").execute(f"SELECT 1 FROM (SELECT 1) AS {name}")
    except apsw.SQLError:
        return False  # a keyword
    return True


def _own_limits(db: apsw.Connection, table: Table) -> tuple[str, ...]:
    found: list[str] = []
    if SENTINEL in table.tracked:
        found.append(t("A column is called “{name}”, which stands for the row itself.", name=SENTINEL))
    if KEY in table.key:
        found.append(t("A key column is called “{name}”, a name reserved for sync records.", name=KEY))
    arguments = 1 + 2 * (len(table.key) + len(table.tracked))
    most = db.limit(apsw.SQLITE_LIMIT_FUNCTION_ARG)
    if arguments > most or len(table.key) > MAX_VALUES:
        found.append(
            t(
                "It has too many columns: the limit is {limit}, and {key_limit} in the key.",
                limit=(most - 1) // 2,
                key_limit=MAX_VALUES,
            )
        )
    left_over = column_names(db, table.name + PKS)
    if left_over and left_over != (KEY, *table.key):
        found.append(t("Sync records of an earlier table of this name, with another primary key, are still there."))
    return tuple(found)


def find_table(db: apsw.Connection, name: str) -> Table | None:
    """Return the table or view to make syncable, under its exact name; None if there is none, or it is bookkeeping."""
    return None if bookkeeping(name) else describe(db, name)
