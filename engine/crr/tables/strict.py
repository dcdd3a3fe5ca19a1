"""Sync records that are STRICT tables, as older versions of Syncline and cr-sqlite itself create them.

Programs with SQLite before 3.37 cannot open a file that has one, and nothing needs them to be STRICT.
"""

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
"""The caution shown where such a file's tables are listed."""


def strict_records(db: apsw.Connection) -> list[tuple[str, str]]:
    """Return each such table as (the table whose records it holds, its own name), ordered by name.

    A table that belongs to the whole file stands for itself. The result is empty if the person has STRICT tables too:
    those stay, so no program with such a SQLite can open the file anyway.
    """
    found = each(db, "SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict ORDER BY name")
    names = [name for (name,) in found]
    return [(_owner(name), name) for name in names] if all(map(bookkeeping, names)) else []


def loosen(db: apsw.Connection, name: str) -> None:
    """Make a table not STRICT, keeping its content, indexes and triggers. Runs in the caller's transaction.

    A STRICT table stores its content like any other. So only its definition is rewritten, in the way that SQLite
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
