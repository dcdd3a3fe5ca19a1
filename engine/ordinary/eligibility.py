"""Whether a table can be an ordinary one, by what its rows are told apart, and what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator

import apsw

from engine.change import SENTINEL
from engine.sqlite.sql import idents, main
from engine.sqlite.values import Affinity
from engine.tables.introspect import UNREADABLE, Table, describe, is_crr
from engine.tables.pack import MAX_VALUES
from engine.text import joined, printable, t


def key_of(db: apsw.Connection, table: Table) -> tuple[str, ...]:
    """The columns by which rows are told apart: the primary key, or else the first unique index of columns that are
    all NOT NULL; empty where there is none."""
    if table.key:
        return table.key
    not_null = {column.name for column in table.columns if column.not_null}
    for _, columns in _unique_indexes(db, table.name):
        if None not in columns and not_null.issuperset(columns):
            return tuple(str(column) for column in columns)
    return ()


def obstacles(db: apsw.Connection, table: Table, *, turning: bool = False) -> tuple[str, ...]:
    """One sentence for each obstacle; none means that the table can be synced, whatever program writes to it.

    Args:
        turning: it may be one of cr-sqlite's, which is about to be turned into this kind.
    """
    if table.kind == "view":
        return (t("It is a view."),)
    if table.kind == UNREADABLE:
        return (t("A name or a default in its schema is not valid text."),)
    if table.kind != "table":
        return (t("It is a virtual table."),)
    if is_crr(db, table.name) and not turning:
        return (t("It is synced as a table of cr-sqlite's."),)
    return tuple(_obstacles(db, table))


def _obstacles(db: apsw.Connection, table: Table) -> Iterator[str]:
    key = key_of(db, table)
    if not key:
        yield t("It has no primary key, and no unique column that is NOT NULL: its rows cannot be told apart.")
        return
    if len(key) > MAX_VALUES:
        yield t("It has too many columns in its key: {most} are the most.", most=MAX_VALUES)
    if auto_numbered(table):
        yield t("SQLite hands out the numbers of its key; such tables cannot be synced yet.")
    for parent in _auto_numbered_parents(db, table.name):
        yield t("It has a foreign key to “{parent}”, which cannot be synced yet.", parent=parent)
    for columns in other_unique(db, table.name, key):
        over = joined(", ", (t("an expression") if one is None else t("“{name}”", name=one) for one in columns))
        yield t("Besides the key, {over} must be unique; such tables cannot be synced yet.", over=over)
    if SENTINEL in (column.name for column in table.columns):
        yield t("A column is called “{name}”, which stands for the row itself.", name=SENTINEL)
    try:
        _try_out(db, table)
    except apsw.SQLError as error:
        yield _in_words(error)


def _auto_numbered_parents(db: apsw.Connection, name: str) -> Iterator[str]:
    """Those of the tables that its foreign keys refer to."""
    sql = "SELECT DISTINCT \"table\" FROM pragma_foreign_key_list(?, 'main')"
    for (parent,) in db.execute(sql, (name,)).fetchall():
        table = describe(db, str(parent))
        if table is not None and table.name != name and table.kind == "table" and auto_numbered(table):
            yield table.name


def auto_numbered(table: Table) -> bool:
    """Whether the key is the number of the row, which SQLite hands out."""
    keys = [column for column in table.columns if column.key]
    return table.rowid and len(keys) == 1 and keys[0].declared.upper() == "INTEGER"


def untyped_key(table: Table) -> bool:
    """Whether a column of the key takes 1 and 1.0 for one value, which are spelled as they come."""
    return any(column.key and column.affinity is Affinity.NONE for column in table.columns)


def other_unique(db: apsw.Connection, table: str, key: tuple[str, ...]) -> list[tuple[str | None, ...]]:
    """The columns of each unique index that says more than the key does; None: an expression."""
    found = _unique_indexes(db, table)
    return [columns for partial, columns in found if partial or {str(column) for column in columns} != set(key)]


def replace_displaces(db: apsw.Connection, table: Table, key: tuple[str, ...]) -> bool:
    """Whether REPLACE can delete a row with another key than the one that it writes, which fires no trigger: by another
    unique index, or as the key takes two spellings for one."""
    if other_unique(db, table.name, key):
        return True
    collations = db.execute(
        "SELECT 1 FROM pragma_index_list(?1, 'main') AS i CROSS JOIN pragma_index_xinfo(i.name, 'main') AS c"
        " WHERE i.\"unique\" AND c.key AND c.coll != 'BINARY'",
        (table.name,),
    )
    return collations.fetchone() is not None


def _unique_indexes(db: apsw.Connection, table: str) -> list[tuple[bool, tuple[str | None, ...]]]:
    """Of each unique index but the primary key's whether it is partial, and its columns; None: an expression."""
    found: dict[int, tuple[bool, tuple[str | None, ...]]] = {}
    for seq, partial, column in db.execute(
        "SELECT i.seq, i.partial, c.name FROM pragma_index_list(?1, 'main') AS i"
        " CROSS JOIN pragma_index_info(i.name, 'main') AS c WHERE i.\"unique\" AND i.origin != 'pk'"
        " ORDER BY i.seq DESC, c.seqno",
        (table,),
    ):
        _, columns = found.get(seq, (False, ()))
        found[seq] = bool(partial), (*columns, column)
    return list(found.values())


def failed_try(db: apsw.Connection, table: Table) -> tuple[str, ...]:
    """What goes wrong when a row of the table is updated, deleted and inserted again, which is taken back; in the
    caller's write transaction. What its own rules refuse is no obstacle."""
    names = [column.name for column in table.columns if not column.hidden]
    key = key_of(db, table)
    exactly = " AND ".join(f"{idents([name])} IS ?" for name in key)
    db.execute("SAVEPOINT crsql_syncline_try")
    try:
        row = db.execute(f"SELECT {idents(names)} FROM {main(table.name)} LIMIT 1").fetchone()
        if row is not None:
            values = dict(zip(names, row, strict=True))
            found = [values[name] for name in key]
            sets = ", ".join(f"{idents([name])} = {idents([name])}" for name in names)
            db.execute(f"UPDATE {main(table.name)} SET {sets} WHERE {exactly}", found)
            db.execute(f"DELETE FROM {main(table.name)} WHERE {exactly}", found)
            places = ", ".join("?" * len(names))
            db.execute(f"INSERT INTO {main(table.name)} ({idents(names)}) VALUES ({places})", row)
    except (apsw.ConstraintError, UnicodeDecodeError):
        return ()
    except apsw.SQLError as error:
        return (_in_words(error),)
    finally:
        db.execute("ROLLBACK TO crsql_syncline_try; RELEASE crsql_syncline_try")
    return ()


def _in_words(error: apsw.SQLError) -> str:
    """What is missing here, by name, where that is it."""
    what, _, name = str(error).partition(": ")
    if what in ("no such function", "unknown function"):
        name = name.removesuffix("()")
        return t("It needs the function “{name}” of its app, which Syncline does not have.", name=printable(name, 100))
    if what == "no such collation sequence":
        return t("It needs the collation “{name}” of its app, which Syncline does not have.", name=printable(name, 100))
    return t("It cannot be written to here: {error}.", error=printable(str(error), 200))


def _try_out(db: apsw.Connection, table: Table) -> None:
    """Have SQLite prepare what a merge does: a collation or a function of the app's own is missed here."""
    names = [column.name for column in table.columns if not column.hidden]
    sets = ", ".join(f"{idents([name])} = NULL" for name in names)
    for sql in (
        f"INSERT INTO {main(table.name)} ({idents(names)}) VALUES ({', '.join(['NULL'] * len(names))})",
        f"UPDATE {main(table.name)} SET {sets}",
        f"DELETE FROM {main(table.name)}",
        f"SELECT * FROM {main(table.name)} ORDER BY {idents(names[:1])}",
    ):
        db.execute(f"EXPLAIN {sql}").fetchall()
