"""Migration from a file's tables to those that a schema text describes (cr-sqlite.md 8.3).

The text is run in an empty database in memory, which is then compared with the file. Tables and columns that only the
file has are dropped, those that only the text has are added, and the text itself is run last: it creates its tables and
indexes IF NOT EXISTS, and makes them CRRs. A renamed column is another column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import apsw

from engine.crr.state import State
from engine.crr.tables import kept_records
from engine.crr.tables.alter import begin_alter, commit_alter
from engine.crr.tables.create import make_plain, savepoint
from engine.errors import ReplicaError, UsageError
from engine.sqlite.invalid_text import rows_of_schema
from engine.sqlite.sql import ident, literal, main
from engine.tables.ddl_tokens import column_definitions, tokens
from engine.tables.introspect import Table, user_tables
from engine.tables.types import Lost, Migration
from engine.text import t

_WHOLE = {
    apsw.SQLITE_TRANSACTION: t("begins or ends a transaction"),
    apsw.SQLITE_ATTACH: t("attaches a file"),
    apsw.SQLITE_DETACH: t("detaches a file"),
}


def plan(db: apsw.Connection, text: str, open_scratch: Callable[[], apsw.Connection]) -> Migration:
    """Return what ``migrate`` would change and lose. Changes nothing.

    Args:
        text: SQL that creates every table that the file is to have.
        open_scratch: opens an empty database in memory with cr-sqlite's functions.

    Raises:
        UsageError: the text cannot be read as a schema.
    """
    with _described(text, "", open_scratch) as wanted:
        return _compare(db, wanted)


def migrate(state: State, text: str, cleanup: str = "") -> Migration:
    """Change the tables of the file to those of the text, all or nothing; the caller's transaction goes on.

    Args:
        text: SQL that creates every table that the file is to have.
        cleanup: SQL to run in the database in memory before it is closed (stock needs ``SELECT crsql_finalize()``).

    Returns:
        What was changed.

    Raises:
        UsageError: the text cannot be read as a schema.
        NotEligible: a CRR could not be one any more.
        ReplicaError: SQLite refuses a step. In every case the file is left as it was.
    """
    db = state.db
    with _described(text, cleanup, state.open_scratch) as wanted, savepoint(db):
        found = _compare(db, wanted)
        for lost in found.dropped:
            _drop_table(state, lost.table)
        for index in found.indexes:
            with _step(t("The index “{index}” cannot be dropped", index=index)):
                db.execute(f"DROP INDEX {main(index)}")
        for table in dict.fromkeys([*(lost.table for lost in found.removed), *(table for table, _ in found.added)]):
            _change_columns(state, wanted, table, found)
        with _step(t("The schema cannot be applied"), t("Write CREATE … IF NOT EXISTS for everything in it.")):
            db.execute(text).fetchall()
    return found


@contextmanager
def _described(text: str, cleanup: str, open_scratch: Callable[[], apsw.Connection]) -> Iterator[apsw.Connection]:
    """Open a database in memory that has the schema of the text."""
    wanted = open_scratch()
    refused: list[str] = []

    def allow(action: int, *_: str | None) -> int:
        if action in _WHOLE:
            refused.append(_WHOLE[action])
        return apsw.SQLITE_DENY if action in _WHOLE else apsw.SQLITE_OK

    try:
        wanted.authorizer = allow
        try:
            wanted.execute(text).fetchall()
            wanted.execute(cleanup).fetchall()
        except apsw.Error as error:
            why = t("it {action}", action=refused[0]) if refused else str(error)
            raise UsageError(
                t("The schema cannot be read: {reason}.", reason=why),
                hint=t("Give the SQL that creates every table from scratch. It runs as one transaction."),
            ) from error
        wanted.authorizer = None
        yield wanted
    finally:
        wanted.close()


def _compare(db: apsw.Connection, wanted: apsw.Connection) -> Migration:
    have = {table.name.lower(): table for table in user_tables(db)}
    want = {table.name.lower(): table for table in user_tables(wanted)}
    if have and not want:
        raise UsageError(
            t("The schema has no tables, so every table of the file would be dropped."),
            hint=t("Give the complete schema."),
        )
    removed: list[Lost] = []
    added: list[tuple[str, str]] = []
    indexes: list[str] = []
    for name, old in have.items():
        new = want.get(name)
        if new is None or old.kind != "table" or new.kind != "table":
            continue
        before, after = ({c.name.lower(): c for c in table.columns} for table in (old, new))
        removed += [
            Lost(old.name, c.name, 0 if c.hidden else _count(db, old, f"WHERE {ident(c.name)} IS NOT NULL"))
            for key, c in before.items()
            if key not in after
        ]
        added += [(old.name, c.name) for key, c in after.items() if key not in before]
        kept = _indexes(wanted, new)
        indexes += [index for index, sql in _indexes(db, old).items() if kept.get(index) != sql]
    return Migration(
        created=tuple(table.name for name, table in want.items() if name not in have),
        dropped=tuple(Lost(table.name, "", _count(db, table)) for name, table in have.items() if name not in want),
        added=tuple(added),
        removed=tuple(removed),
        indexes=tuple(indexes),
    )


def _count(db: apsw.Connection, table: Table, where: str = "") -> int:
    count: int = db.execute(f"SELECT count(*) FROM {main(table.name)} {where}").get
    return count


def _indexes(db: apsw.Connection, table: Table) -> dict[str, tuple[str, ...]]:
    """Return the indexes made by CREATE INDEX, with their texts as tokens; with another text it is another index."""
    of = f"tbl_name = {literal(table.name)} COLLATE NOCASE"
    rows = rows_of_schema(db, "name, sql", f"type = 'index' AND {of} AND sql IS NOT NULL")
    return {name.lower(): tuple(tokens(sql)) for name, sql in rows}


def _drop_table(state: State, name: str) -> None:
    make_plain(state, name, for_good=True)
    kept_records.drop(state.db, name)
    with _step(t("The table “{table}” cannot be dropped", table=name)):
        _drop_view(state.db, name)
        state.db.execute(f"DROP TABLE IF EXISTS {main(name)}")


def _drop_view(db: apsw.Connection, table: str) -> None:
    """Drop an ordered table's view (cr-sqlite.md 3.4): it names the columns, and the schema text creates it again."""
    db.execute(f"DROP VIEW IF EXISTS {main(table + '_fractindex')}")


def _change_columns(state: State, wanted: apsw.Connection, table: str, change: Migration) -> None:
    db = state.db
    tracked = state.catalogue().tracking(table) is not None
    sql = "SELECT sql FROM main.sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE"
    definitions = column_definitions(wanted.execute(sql, (table,)).get)
    if tracked:
        begin_alter(state, table)
    _drop_view(db, table)
    hint = t("Rebuild the table by hand between crsql_begin_alter and crsql_commit_alter, then migrate again.")
    for lost in change.removed:
        if lost.table == table:
            with _step(
                t("The column “{column}” of “{table}” cannot be dropped", column=lost.column, table=table), hint
            ):
                db.execute(f"ALTER TABLE {main(table)} DROP COLUMN {ident(lost.column)}")
    for of, column in change.added:
        if of == table:
            with _step(t("The column “{column}” cannot be added to “{table}”", column=column, table=table), hint):
                db.execute(f"ALTER TABLE {main(table)} ADD COLUMN {definitions[column.lower()]}")
    if tracked:
        commit_alter(state, table)


@contextmanager
def _step(what: str, hint: str = "") -> Iterator[None]:
    try:
        yield
    except (apsw.SQLError, apsw.ConstraintError) as error:
        raise ReplicaError(
            t("{problem}: {reason}. The file was not changed.", problem=what, reason=error), hint=hint
        ) from error
