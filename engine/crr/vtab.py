"""The virtual tables crsql_changes and crsql_unpack_columns (spec 3, 6, 7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import apsw

from engine.change import Change, SQLiteValue
from engine.crr.catalogue import Crr
from engine.crr.merging import Merger
from engine.crr.pack import unpack
from engine.crr.reading import known_cells, source, value_of
from engine.crr.sql import idents, literal
from engine.crr.state import State
from engine.errors import InvalidChange, UsageError

_CHANGES = (
    "CREATE TABLE crsql_changes ([table] TEXT NOT NULL, [pk] BLOB NOT NULL, [cid] TEXT NOT NULL, [val] ANY,"
    " [col_version] INTEGER NOT NULL, [db_version] INTEGER NOT NULL, [site_id] BLOB NOT NULL,"
    " [cl] INTEGER NOT NULL, [seq] INTEGER NOT NULL)"
)
_LENGTH = "CAST(ifnull(s.col_version, 1) AS INTEGER)"
# The filters that run inside, by column number; SQLite applies the others, and these again.
_PUSHED = {2: "c.col_name", 4: "c.col_version", 5: "c.db_version", 6: "o.site_id", 7: _LENGTH, 8: "c.seq"}
_OPERATORS = {
    apsw.SQLITE_INDEX_CONSTRAINT_EQ: "= ",
    apsw.SQLITE_INDEX_CONSTRAINT_GT: "> ",
    apsw.SQLITE_INDEX_CONSTRAINT_GE: ">= ",
    apsw.SQLITE_INDEX_CONSTRAINT_LT: "< ",
    apsw.SQLITE_INDEX_CONSTRAINT_LE: "<= ",
    apsw.SQLITE_INDEX_CONSTRAINT_NE: "!= ",
    apsw.SQLITE_INDEX_CONSTRAINT_IS: "IS ",
    apsw.SQLITE_INDEX_CONSTRAINT_ISNOT: "IS NOT ",
    apsw.SQLITE_INDEX_CONSTRAINT_ISNULL: "IS NULL",
    apsw.SQLITE_INDEX_CONSTRAINT_ISNOTNULL: "IS NOT NULL",
}
_DB_VERSION, _SEQ = 5, 8
_ROWIDS_EACH = 10**13


def register(db: apsw.Connection, state: State) -> None:
    """Put both modules on ``db``; they are eponymous, nothing of them is in the file."""
    db.create_module(
        "crsql_changes",
        _Module(_CHANGES, ChangesTable, state),
        use_bestindex_object=True,
        eponymous_only=True,
    )
    db.create_module(
        "crsql_unpack_columns",
        _Module(_UNPACK, UnpackTable, state),
        use_bestindex_object=True,
        eponymous_only=True,
        read_only=True,
    )


class _Module:
    def __init__(self, schema: str, table: type[ChangesTable] | type[UnpackTable], state: State) -> None:
        self._schema, self._table, self._state = schema, table, state

    def Connect(self, *_: object) -> tuple[str, Any]:  # noqa: N802 (APSW names it)
        return self._schema, self._table(self._state)

    Create = Connect

    def ShadowName(self, table_suffix: str) -> bool:  # noqa: N802
        return False


class ChangesTable:
    """crsql_changes: SELECT reads the changes of all CRRs, INSERT merges one."""

    def __init__(self, state: State) -> None:
        self._state = state

    def BestIndexObject(self, index: apsw.IndexInfo) -> bool:  # noqa: N802
        clauses: list[str] = []
        arguments = 0
        first = False
        for n in range(index.nConstraint):
            column = _PUSHED.get(index.get_aConstraint_iColumn(n))
            operator = _OPERATORS.get(index.get_aConstraint_op(n))
            if not index.get_aConstraint_usable(n) or column is None or operator is None:
                continue
            if operator.endswith(" "):
                arguments += 1
                index.set_aConstraintUsage_argvIndex(n, arguments)
                operator += f"?{arguments}"
            clauses.append(f"{column} {operator}")
            first = first or column == _PUSHED[_DB_VERSION]
        index.idxStr = " AND ".join(clauses)
        order = [(index.get_aOrderBy_iColumn(n), index.get_aOrderBy_desc(n)) for n in range(index.nOrderBy)]
        index.orderByConsumed = bool(order) and order == [(_DB_VERSION, False), (_SEQ, False)][: len(order)]
        index.estimatedCost = 1e3 if first else 1e6
        return True

    def Open(self) -> ChangesCursor:  # noqa: N802
        return ChangesCursor(self._state)

    def UpdateInsertRow(self, rowid: int | None, fields: tuple[SQLiteValue, ...]) -> int:  # noqa: N802
        """Merge one change; NULL versions are 0, and no site id means this file (spec 7.1, 7.5)."""
        table, pk, cid, val, col_version, db_version, site_id, cl, seq = fields
        if not isinstance(table, str) or not isinstance(cid, str) or not isinstance(pk, bytes):
            raise InvalidChange("A change needs a table, a packed key and a cid.")
        if not isinstance(site_id, bytes | None):
            raise InvalidChange("A change has a site id that is no blob.")
        numbers = [n if isinstance(n, int) else 0 for n in (col_version, db_version, cl, seq)]
        change = Change(table, pk, cid, val, numbers[0], numbers[1], site_id, numbers[2], numbers[3])
        Merger(self._state, exact=False).merge([change])
        return rowid if rowid is not None else 0

    def UpdateDeleteRow(self, rowid: int) -> None:  # noqa: N802
        raise UsageError("Rows of crsql_changes cannot be deleted; delete in the table itself.")

    def UpdateChangeRow(self, row: int, rowid: int, fields: tuple[SQLiteValue, ...]) -> None:  # noqa: N802
        raise UsageError("Rows of crsql_changes cannot be updated; update the table itself.")

    def Disconnect(self) -> None:  # noqa: N802
        pass

    Destroy = Disconnect


class ChangesCursor:
    """Walks one SELECT on crsql_changes."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._rows: Iterator[tuple[SQLiteValue, ...]] = iter(())
        self._row: tuple[SQLiteValue, ...] | None = None

    def Filter(self, _number: int, where: str | None, arguments: tuple[SQLiteValue, ...] | None) -> None:  # noqa: N802
        crrs = list(self._state.catalogue().crrs.values())
        if not crrs:
            self._row = None
            return
        arms = " UNION ALL ".join(_arm(crr, n, where or "") for n, crr in enumerate(crrs))
        self._rows = self._state.db.execute(arms + " ORDER BY 6, 9", arguments or ())
        self.Next()

    def Eof(self) -> bool:  # noqa: N802
        return self._row is None

    def Next(self) -> None:  # noqa: N802
        self._row = next(self._rows, None)

    def Column(self, number: int) -> SQLiteValue:  # noqa: N802
        assert self._row is not None
        return self._row[number]  # -1, the rowid, is the last

    def Rowid(self) -> int:  # noqa: N802
        rowid = self.Column(-1)
        assert isinstance(rowid, int)
        return rowid

    def Close(self) -> None:  # noqa: N802
        self._rows = iter(())


def _arm(crr: Crr, number: int, where: str) -> str:
    extra = f" AND {where}" if where else ""
    return (
        f"SELECT {literal(crr.name)}, crsql_pack_columns({idents(crr.key, prefix='p.')}), c.col_name,"
        f" {value_of(crr)}, c.col_version, c.db_version, o.site_id, {_LENGTH}, c.seq,"
        f" {number * _ROWIDS_EACH} + c.key % {_ROWIDS_EACH} {source(crr)}"
        f" LEFT JOIN main.crsql_site_id AS o ON o.ordinal = c.site_id WHERE {known_cells(crr)}{extra}"
    )


_UNPACK = "CREATE TABLE crsql_unpack_columns (cell ANY, package BLOB HIDDEN)"


class UnpackTable:
    """crsql_unpack_columns: one row for each value packed in ``package``, in order."""

    def __init__(self, state: State) -> None:
        pass

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
    """Walks the values of one package."""

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
