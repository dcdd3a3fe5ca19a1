"""The virtual table ``crsql_unpack_columns``: a packed key as rows (cr-sqlite.md 3)."""

from __future__ import annotations

import apsw

from engine.change import SQLiteValue
from engine.errors import UsageError
from engine.tables.pack import unpack

SCHEMA = "CREATE TABLE crsql_unpack_columns (cell ANY, package BLOB HIDDEN)"


class UnpackTable:
    """A table with one row for each value packed in ``package``, in order (``apsw.VTTable``)."""

    def BestIndexObject(self, index: apsw.IndexInfo) -> bool:  # noqa: N802
        for n in range(index.nConstraint):
            if index.get_aConstraint_iColumn(n) == 1 and index.get_aConstraint_op(n) == apsw.SQLITE_INDEX_CONSTRAINT_EQ:
                if not index.get_aConstraint_usable(n):
                    return False
                index.set_aConstraintUsage_argvIndex(n, 1)
                index.set_aConstraintUsage_omit(n, True)
                index.estimatedCost = 10
                return True
        raise UsageError("crsql_unpack_columns needs a condition: package = a packed key.")

    def Open(self) -> UnpackCursor:  # noqa: N802
        return UnpackCursor()

    def Disconnect(self) -> None:  # noqa: N802
        pass

    Destroy = Disconnect


class UnpackCursor:
    """Walks the values of one package (``apsw.VTCursor``)."""

    def __init__(self) -> None:
        self._package: SQLiteValue = None
        self._values: tuple[SQLiteValue, ...] = ()
        self._at = 0

    def Filter(self, _number: int, _name: str | None, arguments: tuple[SQLiteValue, ...]) -> None:  # noqa: N802
        (self._package,) = arguments
        if not isinstance(self._package, bytes):
            raise UsageError("crsql_unpack_columns needs a packed key, which is a blob.")
        self._values, self._at = unpack(self._package), 0

    def Eof(self) -> bool:  # noqa: N802
        return self._at >= len(self._values)

    def Next(self) -> None:  # noqa: N802
        self._at += 1

    def Column(self, number: int) -> SQLiteValue:  # noqa: N802
        return (self._values[self._at], self._package)[number] if number >= 0 else self._at

    def Rowid(self) -> int:  # noqa: N802
        return self._at

    def Close(self) -> None:  # noqa: N802
        pass
