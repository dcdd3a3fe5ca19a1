"""``CREATE VIRTUAL TABLE foo_schema USING clset (columns)``: a table and its sync records in one statement.

The virtual table holds nothing. It stands for ``foo``, and dropping it drops ``foo`` with its records (cr-sqlite.md
2.5).
"""

from __future__ import annotations

from typing import Any

import apsw

from engine.crr.state import State
from engine.crr.tables.create import build, drop_records, eligible
from engine.errors import UsageError
from engine.sqlite.sql import main
from engine.tables.introspect import is_crr

_SUFFIX = "_schema"


def register(db: apsw.Connection, state: State) -> None:
    """Register the module on a connection."""
    db.create_module("clset", _Module(state))


class _Module:
    def __init__(self, state: State) -> None:
        self._state = state

    def Create(self, db: apsw.Connection, *names: Any) -> tuple[str, Any]:  # noqa: N802 (APSW names it)
        _, schema, name, *columns = names
        base = name.removesuffix(_SUFFIX)
        if base in ("", name) or schema != "main" or not any(columns):
            raise UsageError(
                "A clset table has columns, and its name ends in _schema: what comes before is the real one's.",
                hint="For example: CREATE VIRTUAL TABLE foo_schema USING clset (a PRIMARY KEY NOT NULL, b).",
            )
        # A savepoint is impossible inside a statement that writes, and not needed: the statement is undone as a whole.
        db.execute(f"CREATE TABLE {main(base)} ({', '.join(columns)})")
        build(self._state, eligible(db, base))
        return self.Connect(db, *names)

    def Connect(self, _db: apsw.Connection, *names: Any) -> tuple[str, Any]:  # noqa: N802
        return "CREATE TABLE x (empty HIDDEN)", _Standin(self._state, names[2].removesuffix(_SUFFIX))

    def ShadowName(self, table_suffix: str) -> bool:  # noqa: N802
        return False


class _Standin:
    """The virtual table, which is always empty."""

    def __init__(self, state: State, base: str) -> None:
        self._state, self._base = state, base

    def BestIndex(self, *_: object) -> None:  # noqa: N802
        return None

    def Open(self) -> Any:  # noqa: N802
        return _NoRows()

    def Rename(self, *_: object) -> Any:  # noqa: N802
        raise UsageError(f"This table only stands for “{self._base}”: it stays empty, and keeps its name.")

    UpdateInsertRow = UpdateDeleteRow = UpdateChangeRow = Rename

    def Disconnect(self) -> None:  # noqa: N802
        pass

    def Destroy(self) -> None:  # noqa: N802
        db = self._state.db
        if db.table_exists("main", self._base) and not is_crr(db, self._base):
            return  # another table of that name, which is the person's own
        self._state.keep_floor()
        drop_records(db, self._base)
        db.execute(f"DROP TABLE IF EXISTS {main(self._base)}")


class _NoRows:
    def Filter(self, *_: object) -> None:  # noqa: N802
        pass

    def Eof(self) -> bool:  # noqa: N802
        return True

    def Close(self) -> None:  # noqa: N802
        pass
