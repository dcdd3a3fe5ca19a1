"""Whether a table can be an ordinary one, what its key is, and which obstacles there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext

import apsw

from engine.change import SENTINEL
from engine.ordinary import foreign_keys
from engine.sqlite.sql import compile_only, ident, idents, main
from engine.sqlite.values import Affinity
from engine.tables.introspect import UNREADABLE, Table, is_crr
from engine.tables.omitted_triggers import TriggersHere, named, only, sort_out
from engine.tables.pack import MAX_VALUES
from engine.text import counted, printable, t


def key_of(db: apsw.Connection, table: Table) -> tuple[str, ...]:
    """Return the columns of the key: the primary key, or else the first unique index over all rows whose columns are
    all NOT NULL; empty if there is none."""
    if table.key:
        return table.key
    not_null = {column.name for column in table.columns if column.not_null}
    for partial, columns in _unique_indexes(db, table.name):
        if not partial and None not in columns and not_null.issuperset(columns):
            return tuple(str(column) for column in columns)
    return ()


def obstacles(
    db: apsw.Connection,
    table: Table,
    *,
    turning: bool = False,
    without: TriggersHere | None = None,
    alone: bool = False,
) -> tuple[str, ...]:
    """Return one sentence for each obstacle; none means that the table can be synced, whatever program writes to it.

    Args:
        turning: whether it may be one of cr-sqlite's that is about to be converted.
        without: as those of its triggers count that can run here; None for all of them.
        alone: not also those of the tables to whose rows it refers.
    """
    if table.kind == "view":
        return (t("It is a view."),)
    if table.kind == UNREADABLE:
        return (t("A name or a default in its schema is not valid text."),)
    if table.kind != "table":
        return (t("It is a virtual table."),)
    if is_crr(db, table.name) and not turning:
        return (t("It is synced as a cr-sqlite table."),)
    return tuple(_obstacles(db, table, without, turning=turning, alone=alone))


def _obstacles(
    db: apsw.Connection, table: Table, without: TriggersHere | None, *, turning: bool, alone: bool
) -> Iterator[str]:
    key = key_of(db, table)
    if not key:
        yield t("It has no primary key, and no unique column that is NOT NULL: its rows cannot be told apart.")
        return
    if len(key) > MAX_VALUES:
        yield t("Its key has too many columns; at most {most} are possible.", most=MAX_VALUES)
    if turning and foreign_keys.references(db, table):
        yield t("SQLite hands out the numbers of its key, and other machines have these very numbers already.")
    yield from foreign_keys.obstacles(db, table)
    for parent in () if alone else foreign_keys.with_parents(db, table)[1:]:
        for reason in obstacles(db, parent, without=without, alone=True):
            yield t("It refers to “{parent}”: {reason}", parent=printable(parent.name, 40), reason=reason)
    if SENTINEL in (column.name for column in table.columns):
        yield t("A column is called “{name}”, which is reserved for the row itself.", name=SENTINEL)
    for one in without.omitted_of(db, table) if without is not None else ():
        if one.damaged:
            yield t(
                "Its trigger “{trigger}” cannot run here, and “{table}” would be damaged without it.",
                trigger=printable(one.name, 100),
                table=printable(one.damaged, 100),
            )
    try:
        with nullcontext() if without is None else only(db, without.copies):
            _try_out(db, table)
    except apsw.SQLError as error:
        yield _in_words(error)


def remedy(db: apsw.Connection, table: Table, *, turning: bool = False) -> str:
    """Return the sentence that says how a table with obstacles can be synced all the same; "" if it cannot.

    The only remedy is to do without triggers that cannot run here.
    """
    if table.kind != "table" or obstacles(db, table, turning=turning, without=TriggersHere()):
        return ""  # something else stands in the way than triggers
    here = sort_out(db)
    if not here.omitted or obstacles(db, table, turning=turning, without=here):
        return ""
    with_it = foreign_keys.with_parents(db, table)
    omitted = list(dict.fromkeys(one for each in with_it for one in here.omitted_of(db, each)))
    return t(
        "It can be synced without the triggers {triggers}; what these maintain, such as a search, may then lag.",
        triggers=named(omitted),
    )


def cautions(db: apsw.Connection, table: Table, here: TriggersHere | None) -> Iterator[str]:
    """Yield what to know about a table, as sentences.

    They are about rows without a key, a key without a type, numbers that SQLite can hand out and that are the same
    everywhere, hidden rows to which others refer, and triggers that cannot run here.
    """
    keyless = _count_keyless(db, table)
    if keyless:
        yield counted(
            keyless,
            t("1 row has NULL in its key, and stays on this machine."),
            t("{count:,} rows have NULL in their key, and stay on this machine.", count=keyless),
        )
    key_columns = key_of(db, table)
    for column in table.columns:
        if column.name in key_columns and column.affinity is Affinity.NONE and column.declared.upper() in ("", "ANY"):
            yield t(
                "The key column “{column}” has no type: 1 and 1.0 are one row, and a key 1.0 is 1 on the other"
                " machines. Give the column a type, or use no such keys.",
                column=printable(column.name, 40),
            )
    if foreign_keys.is_numbered(db, table) and not foreign_keys.auto_numbered(db, table):
        key = printable(table.key[0], 40)
        if key not in foreign_keys.references(db, table):
            yield t(
                "A number in “{column}” means the same row on every machine: no two machines may hand out the"
                " same one.",
                column=key,
            )
    if _keeps_apart(db, table) and foreign_keys.is_referred_to(db, table):
        yield t(
            "Where two machines each add a row that its rules allow only once, one of the two is hidden, and with it"
            " what refers to it, until it is shown."
        )
    omitted = here.omitted_of(db, table) if here is not None else ()
    if omitted:
        yield t(
            "Changes arrive without {triggers}, which cannot run here; what these maintain, such as a search, may lag.",
            triggers=named(omitted),
        )


def _count_keyless(db: apsw.Connection, table: Table) -> int:
    """Return how many rows have a NULL in their key."""
    loose = [column.name for column in table.columns if column.name in table.key and not column.not_null]
    if table.kind != "table" or not loose or foreign_keys.is_numbered(db, table):
        return 0
    is_null = " OR ".join(f"{ident(name)} IS NULL" for name in loose)
    try:
        found: int = db.execute(f"SELECT count(*) FROM {main(table.name)} WHERE {is_null}").get
    except apsw.SQLError:
        return 0  # a collation that only its app has: such a table is not synced
    return found


def other_unique(db: apsw.Connection, table: str, key: tuple[str, ...]) -> list[tuple[str | None, ...]]:
    """Return the columns of each unique index that says more than the key does; None stands for an expression."""
    found = _unique_indexes(db, table)
    return [columns for partial, columns in found if partial or {str(column) for column in columns} != set(key)]


def _keeps_apart(db: apsw.Connection, table: Table) -> bool:
    """Return whether a UNIQUE rule can hide a row that is not the same as another one (``same``)."""
    text = {column.name for column in table.columns if column.affinity is Affinity.TEXT}
    key = key_of(db, table)
    rules = [(partial, columns) for partial, columns in _unique_indexes(db, table.name) if {*columns} != {*key}]
    same = [not partial and None not in columns and not text.isdisjoint(columns) for partial, columns in rules]
    return bool(rules) and not (all(same) and foreign_keys.auto_numbered(db, table))


def replace_displaces(db: apsw.Connection, table: Table, key: tuple[str, ...]) -> bool:
    """Return whether REPLACE can delete a row with another key than the one it writes, which fires no trigger.

    Another unique index can cause that, or a key that takes two spellings for the same.
    """
    if other_unique(db, table.name, key):
        return True
    collations = db.execute(
        "SELECT 1 FROM pragma_index_list(?1, 'main') AS i CROSS JOIN pragma_index_xinfo(i.name, 'main') AS c"
        " WHERE i.\"unique\" AND c.key AND c.coll != 'BINARY'",
        (table.name,),
    )
    return collations.fetchone() is not None


def has_loose_key(db: apsw.Connection, table: Table, key: tuple[str, ...]) -> bool:
    """Return whether the key takes two spellings for the same."""
    found: dict[int, dict[str | None, str]] = {}
    for seq, column, collation in db.execute(
        "SELECT i.seq, c.name, c.coll FROM pragma_index_list(?1, 'main') AS i"
        " CROSS JOIN pragma_index_xinfo(i.name, 'main') AS c WHERE i.\"unique\" AND c.key",
        (table.name,),
    ):
        found.setdefault(seq, {})[column] = collation
    return any(set(columns) == set(key) and {*columns.values()} != {"BINARY"} for columns in found.values())


def _unique_indexes(db: apsw.Connection, table: str) -> list[tuple[bool, tuple[str | None, ...]]]:
    """Return (partial, columns) for each unique index but the primary key's; None stands for an expression."""
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
    """Try to update, delete and insert a row, undo that, and return what goes wrong, as sentences.

    The caller has a write transaction. What the table's own rules refuse is no obstacle.
    """
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
    """Return the sentence for an error, which names what is missing here, if that is the cause."""
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
        compile_only(db, sql)
