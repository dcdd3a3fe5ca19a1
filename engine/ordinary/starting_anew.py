"""Discards all records of ordinary tables and recreates them, once their rows were given up for another side's
(``Replica.give_up_rows``)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import apsw

from engine.ordinary import kept_names, register
from engine.ordinary.births import RENAMED
from engine.ordinary.eligibility import key_of
from engine.ordinary.global_keys import number_of
from engine.ordinary.referring import Referring
from engine.ordinary.register import Entry, base
from engine.ordinary.survey import Survey
from engine.sqlite.sql import ident, main
from engine.tables.introspect import describe


def in_way(db: apsw.Connection, names: Collection[str]) -> dict[str, str]:
    """Return those of these tables whose rows cannot be given up, as rows of another table refer to them by numbers
    that would then belong to other rows; each with that table. What was written has been captured.

    Args:
        names: tables, some of which may be of another kind.
    """
    entries = register.load(db)
    found: dict[str, str] = {}
    for entry in entries:
        if entry.name not in names or not entry.collection:
            continue
        for other in entries:
            columns = [column for column, root in other.refers.items() if root == entry.number]
            if other.name not in names and _any_refers(db, other, columns, entry):
                found.setdefault(entry.name, other.name)
        for child, column in _foreign_keys_to(db, entry.name):
            if child not in names and all(child != other.name for other in entries):
                row = f"SELECT 1 FROM {base(entry)} AS t WHERE t.{ident(entry.key[0])} = c.{ident(column)}"
                sql = f"SELECT 1 FROM {main(child)} AS c WHERE EXISTS ({row}) LIMIT 1"
                if db.execute(sql).fetchone() is not None:
                    found.setdefault(entry.name, child)
    return found


def start_anew(db: apsw.Connection, survey: Survey, names: Sequence[str]) -> None:
    """Create these tables, which have no rows any more, anew, keeping only the names of rows that are still to come and
    that others refer to. From then on rows are born into new collections."""
    entries = {entry.name: entry for entry in register.load(db)}
    of = {entry.number: entry.name for entry in entries.values()}
    gone = [entries[name] for name in names]
    numbers_gone = {entry.number for entry in gone}
    others = [
        entry
        for entry in entries.values()
        if entry.number not in numbers_gone and not numbers_gone.isdisjoint(entry.refers.values())
    ]
    refers = {entry.name: {column: of[root] for column, root in entry.refers.items()} for entry in [*gone, *others]}
    tables = {table.name: (table, key_of(db, table)) for table in (describe(db, name) for name in names) if table}
    awaited = {entry.name: _awaited(db, entry) for entry in gone if entry.collection}
    for entry in gone:
        if entry.collection:  # keys of rows that are gone, too, may be made of them
            sql = f"SELECT k0 FROM main.{entry.rows} WHERE k0 IS NOT NULL AND length > 0"
            Referring(db, entry).release([number for (number,) in db.execute(sql)])
    for entry in gone:
        survey.undo(entry)
        kept_names.forget(db, entry.name)
    survey.make(tables, {name: refers[name] for name in tables})
    for entry in register.load(db):
        if entry.name in refers and entry.name not in tables:
            register.refer(db, entry, refers[entry.name])
        db.executemany(
            f"INSERT INTO main.{entry.rows} (pk, k0, length, covers, col_version, db_version, site, born)"
            " VALUES (?, ?, 0, x'', 0, 0, 0, ?)",
            awaited.get(entry.name, []),
        )


def _awaited(db: apsw.Connection, entry: Entry) -> list[tuple[bytes, int, int | None]]:
    """Return the names and numbers of rows that are not here but that others may refer to."""
    own = f"born IS NULL AND substr(pk, 5, 16) = x'{entry.collection.hex()}'"
    sql = (
        f"SELECT pk, k0, CASE WHEN {own} THEN {RENAMED} ELSE born END FROM main.{entry.rows}"
        " WHERE length = 0 AND k0 IS NOT NULL"
    )
    return list(db.execute(sql))


def _any_refers(db: apsw.Connection, entry: Entry, columns: Collection[str], root: Entry) -> bool:
    """Return whether rows of a table, shown or hidden, refer in one of these columns to a row that is or was here."""
    for column in columns:
        kept = f"v{entry.slots[column]}" if column in entry.slots else entry.log_key[entry.key.index(column)]
        sql = (
            f"SELECT 1 FROM main.{entry.rows} AS r CROSS JOIN main.{root.rows} AS p ON p.k0 = {number_of(f'r.{kept}')}"
            " WHERE r.length % 2 = 1 AND p.length > 0 LIMIT 1"
        )
        if db.execute(sql).fetchone() is not None:
            return True
    return False


def _foreign_keys_to(db: apsw.Connection, name: str) -> list[tuple[str, str]]:
    """Return the columns that refer to a table by a foreign key, each with its table."""
    sql = (
        'SELECT m.name, f."from" FROM main.sqlite_master AS m CROSS JOIN pragma_foreign_key_list(m.name) AS f'
        " WHERE m.type = 'table' AND f.\"table\" = ? COLLATE NOCASE"
    )
    return [(str(child), str(column)) for child, column in db.execute(sql, (name,))]
