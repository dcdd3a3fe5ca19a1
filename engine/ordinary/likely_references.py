"""Finds columns that look like references by their name and their values (``LikelyReference``).

A number that was sent as it is cannot be translated any more. So a person is asked about such a column before its table
is first sent; the answer is stored (``relations``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

import apsw

from engine.ordinary import eligibility, foreign_keys, register, relations
from engine.sqlite.sql import ident, main
from engine.sqlite.values import Affinity
from engine.tables.introspect import Column, Table, describe, is_crr, is_ordinary, user_tables
from engine.tables.likely_reference import LikelyReference

_SUFFIXES = ("id", "fk", "ref")
_ITSELF = "parent"
"""Names of columns that refer to rows of their own table."""


def undecided(
    db: apsw.Connection, names: Iterable[str], declined: Collection[tuple[str, str]] = ()
) -> list[LikelyReference]:
    """Return the likely references of tables that are not synced yet, and of those that are made syncable along with
    them.

    Args:
        declined: columns that are about to be answered with no, as (table, column).
    """
    found: list[LikelyReference] = []
    seen: set[str] = set()
    left = [table for name in names if (table := describe(db, name)) is not None]
    tables = {table.name: table for table in user_tables(db)}
    while left:
        table = left.pop(0)
        if table.name in seen or table.kind != "table" or is_ordinary(db, table.name) or is_crr(db, table.name):
            continue
        seen.add(table.name)
        likely = list(of_table(db, table, tables.values()))
        found += likely
        parents = (one.parent for one in likely if (one.table, one.column) not in declined)
        left += [*foreign_keys.parents(db, table), *(tables[parent] for parent in parents)]
    return found


def of_table(db: apsw.Connection, table: Table, tables: Collection[Table] = ()) -> Iterator[LikelyReference]:
    """Return those of a table that is not synced; ``tables``: all of the file, if they are known."""
    decided = {one.column for one in foreign_keys.foreign_keys(db, table)} | relations.answered(db, table.name)
    decided |= {str(column) for (column,) in db.execute('SELECT "from" FROM pragma_foreign_key_list(?)', (table.name,))}
    named: dict[str, Table] | None = None
    for column in table.columns:
        if column.name in decided or not _may_refer(table, column):
            continue
        if named is None:
            named = {"_".join(_words(one.name)): one for one in tables or user_tables(db) if one.kind == "table"}
        for parent in _candidates(table, column, named):
            is_key = parent.name == table.name and column.name in table.key
            if not is_key and foreign_keys.auto_numbered(db, parent) and _can_be_synced(db, parent):
                values = _count(db, table, column.name, parent)
                if values is not None:
                    yield LikelyReference(table.name, column.name, parent.name, values)
                    break


def _may_refer(table: Table, column: Column) -> bool:
    if column.hidden or column.affinity is Affinity.REAL:
        return False
    return not (column.name in table.key and column.affinity in (Affinity.NONE, Affinity.TEXT))


def _candidates(table: Table, column: Column, named: dict[str, Table]) -> Iterator[Table]:
    """Return the tables that a column may be named after, the likeliest first: ``noteId``, ``note_id``, ``first_note``.

    Without a suffix, a text is a name (``notes.category``), and a column named like its own table describes the row
    (``keywords.keyword``). Digits in such a text, if taken for a number, would become another word on each machine.
    """
    words = _words(column.name)
    stems = _without_suffix(words)
    has_suffix = stems != words
    if column.affinity is Affinity.TEXT and not has_suffix:
        return
    for start in range(len(stems)):
        stem = "_".join(stems[start:])
        for name, other in named.items():
            is_own = not has_suffix and start == 0 and other.name == table.name
            if not is_own and (name == stem or name in _plurals(stem) or stem in _plurals(name)):
                yield other
    if stems and stems[-1] == _ITSELF:
        yield table


def _without_suffix(words: list[str]) -> list[str]:
    if len(words) > 1 and words[-1] in _SUFFIXES:
        return words[:-1]
    if len(words) == 1 and words[0].endswith("id") and len(words[0]) > 2:
        return [words[0][:-2]]
    return words


def _words(name: str) -> list[str]:
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return [word for word in re.split(r"[\W_]+", parted.lower()) if word]


def _plurals(word: str) -> tuple[str, ...]:
    return f"{word}s", f"{word}es", f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def _can_be_synced(db: apsw.Connection, parent: Table) -> bool:
    """Return whether its numbers can be expressed on other machines; those of a table that is not synced are sent as
    they are."""
    if is_ordinary(db, parent.name):
        return any(entry.name == parent.name and entry.collection for entry in register.load(db))
    return not eligibility.obstacles(db, parent)


def _count(db: apsw.Connection, table: Table, column: str, parent: Table) -> int | None:
    """Count the values other than NULL and 0; None if one is not the number of any row."""
    value = f"t.{ident(column)}"
    is_row = f"typeof({value}) = 'integer' AND EXISTS (SELECT 1 FROM {main(parent.name)} AS p"
    is_row += f" WHERE p.{ident(parent.key[0])} = {value})"
    some = f"FROM {main(table.name)} AS t WHERE {value} IS NOT NULL AND {value} != 0"
    if db.execute(f"SELECT 1 {some} AND NOT ({is_row}) LIMIT 1").fetchone() is not None:
        return None
    count: int = db.execute(f"SELECT count(*) {some}").get
    return count
