"""The virtual tables that need no CREATE: ``crsql_changes`` and ``crsql_unpack_columns`` (cr-sqlite.md 3, 6, 7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import apsw

from engine.crr.sql_api import changes_table, unpack_table
from engine.crr.state import State


def register(db: apsw.Connection, state: State) -> None:
    """Register both modules on a connection. They are eponymous: nothing of them is in the file."""
    changes = _Module(changes_table.SCHEMA, lambda: changes_table.ChangesTable(state))
    db.create_module("crsql_changes", changes, use_bestindex_object=True, eponymous_only=True)
    unpack = _Module(unpack_table.SCHEMA, unpack_table.UnpackTable)
    db.create_module("crsql_unpack_columns", unpack, use_bestindex_object=True, eponymous_only=True, read_only=True)


class _Module:
    def __init__(self, schema: str, table: Callable[[], object]) -> None:
        self._schema, self._table = schema, table

    def Connect(self, *_: object) -> tuple[str, Any]:  # noqa: N802 (APSW names it)
        return self._schema, self._table()

    Create = Connect

    def ShadowName(self, table_suffix: str) -> bool:  # noqa: N802
        return False
