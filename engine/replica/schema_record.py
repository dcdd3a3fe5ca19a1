"""What a file records about its schema: which one it is, and whether it came from a peer."""

from __future__ import annotations

import apsw

_FROM_PEER = "crsql_syncline_from_peer"


def identity(db: apsw.Connection) -> tuple[str | None, int]:
    """Return (schema_name, schema_version) as the published client and server record them; (None, -1) without."""
    if not db.table_exists("main", "crsql_master"):
        return None, -1
    rows = dict(db.execute("SELECT key, value FROM main.crsql_master WHERE key IN ('schema_name', 'schema_version')"))
    name, version = rows.get("schema_name"), rows.get("schema_version", -1)
    return (name if isinstance(name, str) else None), (version if isinstance(version, int) else -1)


def record_schema(db: apsw.Connection, name: str, version: int) -> None:
    """Record which schema the file has now, as the published client and server do, in the caller's transaction."""
    db.execute(
        "INSERT OR REPLACE INTO main.crsql_master (key, value) VALUES ('schema_name', ?), ('schema_version', ?)",
        (name, version),
    )


def is_made_from_peer(db: apsw.Connection) -> bool:
    """Return whether the file's tables were modelled on a peer's."""
    sql = "SELECT 1 FROM main.crsql_master WHERE key = ?"
    return db.table_exists("main", "crsql_master") and db.execute(sql, (_FROM_PEER,)).fetchone() is not None


def record_made_from_peer(db: apsw.Connection) -> None:
    """Record in the caller's transaction that the file's tables were modelled on a peer's."""
    db.execute("INSERT OR REPLACE INTO main.crsql_master (key, value) VALUES (?, 1)", (_FROM_PEER,))
