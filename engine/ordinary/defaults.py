"""What a column holds in a new row for which nobody has sent a value."""

from __future__ import annotations

import apsw

from engine.change import SQLiteValue
from engine.tables.introspect import Column


def default_of(db: apsw.Connection, column: Column) -> SQLiteValue:
    """Return what this column holds in a new row; NULL if that cannot be told."""
    text = column.default or "NULL"
    for default in (text, f"({text})"):  # the schema tells of an expression without its parentheses
        try:
            db.execute(
                f"CREATE TEMP TABLE crsql_syncline_default (c {column.declared} DEFAULT {default});"
                " INSERT INTO temp.crsql_syncline_default DEFAULT VALUES"
            )
            value: SQLiteValue = db.execute("SELECT c FROM temp.crsql_syncline_default").get
            return value
        except apsw.SQLError:
            continue
        finally:
            db.execute("DROP TABLE IF EXISTS temp.crsql_syncline_default")
    return None
