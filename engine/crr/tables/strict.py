"""Sync records that older versions of Syncline, and cr-sqlite itself, make as STRICT tables: programs with SQLite
before 3.37 cannot open a file that has one. Nothing needs them to be STRICT."""

from __future__ import annotations

import apsw

from engine.clocks import tracked
from engine.sqlite.invalid_text import each
from engine.tables.introspect import bookkeeping, column_names
from engine.tables.names import CLOCK, PKS
from engine.text import t

STRICT_RECORDS = t(
    "Programs with SQLite before 3.37 cannot open this file, because its sync records are "
    "STRICT tables. “syncline check --repair” changes that."
)
"""What a person is told where such a file's tables are listed."""


def strict_records(db: apsw.Connection) -> list[tuple[str, str]]:
    """Each such table of the file, as (the table whose records it has, its own name), in order of name.

    A table that belongs to the whole file stands for itself. There is none to speak of where the person has STRICT
    tables too: those stay, and no program with such a SQLite opens the file whatever the records are.
    """
    found = each(db, "SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict ORDER BY name")
    names = [name for (name,) in found]
    return [(_owner(name), name) for name in names] if all(map(bookkeeping, names)) else []


def loosen(db: apsw.Connection, name: str) -> None:
    """Make a table with all that it holds, and with its indices and triggers, one that is not STRICT. Runs in the
    caller's transaction.

    What a STRICT table holds is stored as in any other: only its definition is written anew, in the way that SQLite
    describes (https://sqlite.org/lang_altertable.html, section 8), however large the table is.
    """
    sql = db.execute("SELECT sql FROM main.sqlite_master WHERE type = 'table' AND name = ?", (name,)).get
    definition, _, rest = sql.rpartition(")")
    options = [option.strip() for option in rest.split(",")]
    kept = [option for option in options if option.upper() != "STRICT"]
    sql = " ".join([f"{definition})", ", ".join(kept)]).strip()
    if name == "crsql_tracked_peers" and len(column_names(db, name)) == 5:  # its key could be NULL then, undeclared
        sql = f"CREATE TABLE {tracked.LAYOUT}"
    version = db.execute("PRAGMA main.schema_version").get
    db.execute("PRAGMA writable_schema = ON")
    try:
        db.execute("UPDATE main.sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (sql, name))
    finally:
        db.execute("PRAGMA writable_schema = OFF")
    db.execute(f"PRAGMA main.schema_version = {version + 1}")


def _owner(name: str) -> str:
    suffix = next((suffix for suffix in (CLOCK, PKS) if name.endswith(suffix)), "")
    return name.removesuffix(suffix)
