"""Names and text inside SQL: every identifier of a person's file is quoted here and nowhere else."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

import apsw

ROWS = "\0"
"""Where the rows of a statement for many belong (``engine.tables.grouping.bulk``): what no name can hold."""


def numbers(values: Sequence[int]) -> Any:
    """Return numbers as one parameter for carray(); for none at all it is NULL, of which that makes no row."""
    return None if not values else apsw.carray(array("q", values), flags=apsw.SQLITE_CARRAY_INT64)


def cursor(db: apsw.Connection) -> apsw.Cursor:
    """Return a cursor for our own statements, which need no tracking; it is three times as fast as ``db.execute``."""
    return apsw.Cursor(db)


def run_each(db: apsw.Connection, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Run a statement of our own for each row; for a single one, as is most frequent, in half the time."""
    if len(rows) == 1:
        cursor(db).execute(sql, rows[0])
    elif rows:
        cursor(db).executemany(sql, rows)


def compile_only(db: apsw.Connection, sql: str) -> None:
    """Have SQLite compile a statement, and run nothing of it.

    It is compiled each time. EXPLAIN does not look whether the schema is still the one that it was compiled for: a
    statement that APSW has kept may list tables of which SQLite has let go since, and crash.

    Raises:
        apsw.SQLError: it names what is not there: a table, a function or a collation of its app, say.
    """
    db.execute(f"EXPLAIN {sql}", can_cache=False).fetchall()


def ident(name: str) -> str:
    """Return ``name`` as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def main(name: str) -> str:
    """Return ``name`` as a table of the main schema, lest a TEMP table of the same name comes first."""
    return f"main.{ident(name)}"


def literal(text: str) -> str:
    """Return ``text`` as a text literal."""
    return "'" + text.replace("'", "''") + "'"


def idents(names: Iterable[str], *, prefix: str = "", suffix: str = "", sep: str = ", ") -> str:
    """Return the quoted names in a row, each as ``prefix"name"suffix``."""
    return sep.join(f"{prefix}{ident(name)}{suffix}" for name in names)


def marks(count: int) -> str:
    """Return ``count`` numbered parameters: ``?1, ?2, ...``."""
    return ", ".join(f"?{number + 1}" for number in range(count))


def key_is(columns: Iterable[str]) -> str:
    """Return a condition that finds one row by its key columns: ``"a" IS ?1 AND "b" IS ?2``."""
    return " AND ".join(f"{ident(name)} IS ?{number}" for number, name in enumerate(columns, 1))
