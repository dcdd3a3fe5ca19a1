"""The virtual table ``crsql_changes``.

SELECT reads the changes of all CRRs (cr-sqlite.md 6), and those of tables of other kinds
(``engine.tables.sql_changes``); INSERT merges one change (cr-sqlite.md 7).

A SELECT becomes one query for each CRR, combined by UNION ALL. The conditions on all columns but ``val`` go into it.
SQLite checks every one again, so they need not be exact, only never too narrow.
"""

from __future__ import annotations

import hashlib
import heapq
import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import apsw

from engine.change import MAX_VERSION, Change, SQLiteValue
from engine.crr.catalogue import Crr
from engine.crr.merge.merger import Merger
from engine.crr.merge.single import Single
from engine.crr.read.change_sql import known_cells, source, value_of
from engine.crr.state import State
from engine.errors import InvalidChange, ReplicaError, SchemaMismatch, UsageError
from engine.ids import SiteId
from engine.sqlite.sql import ident, idents, literal, main
from engine.sqlite.values import as_integer
from engine.tables.names import KEY, PKS, REGISTER
from engine.tables.pack import unpack

SCHEMA = (
    "CREATE TABLE crsql_changes ([table] TEXT NOT NULL, [pk] BLOB NOT NULL, [cid] TEXT NOT NULL, [val] ANY,"
    " [col_version] INTEGER NOT NULL, [db_version] INTEGER NOT NULL, [site_id] BLOB NOT NULL,"
    " [cl] INTEGER NOT NULL, [seq] INTEGER NOT NULL)"
)
_TABLE, _PK, _CID, _VAL, _COL_VERSION, _DB_VERSION, _SITE_ID, _CL, _SEQ = range(9)
_LENGTH = "CAST(ifnull(s.col_version, 1) AS INTEGER)"
_PLAIN = {
    _TABLE: "CAST({table} AS TEXT)",  # a constant in each query: one that does not fit is over before its first row
    _CID: "c.col_name",
    _COL_VERSION: "c.col_version",
    _DB_VERSION: "c.db_version",
    _CL: _LENGTH,
    _SEQ: "c.seq",
}
_SITE_CONDITION = re.compile(r"\{site ([^}]*)\}")
_VERSION_CONDITION = re.compile(r"c\.db_version (=|>=?|<=?|IS) :(a\d+)")
_TABLE_CONDITION = re.compile(r"CAST\(\{table\} AS TEXT\) (?:=|IS) :(a\d+)")
_KEY_CONDITION = re.compile(r"\{key :(a\d+)\}")
_EQUAL = (apsw.SQLITE_INDEX_CONSTRAINT_EQ, apsw.SQLITE_INDEX_CONSTRAINT_IS)
_OPERATORS = {
    apsw.SQLITE_INDEX_CONSTRAINT_EQ: "= ?",
    apsw.SQLITE_INDEX_CONSTRAINT_GT: "> ?",
    apsw.SQLITE_INDEX_CONSTRAINT_GE: ">= ?",
    apsw.SQLITE_INDEX_CONSTRAINT_LT: "< ?",
    apsw.SQLITE_INDEX_CONSTRAINT_LE: "<= ?",
    apsw.SQLITE_INDEX_CONSTRAINT_NE: "!= ?",
    apsw.SQLITE_INDEX_CONSTRAINT_IS: "IS ?",
    apsw.SQLITE_INDEX_CONSTRAINT_ISNOT: "IS NOT ?",
    apsw.SQLITE_INDEX_CONSTRAINT_ISNULL: "IS NULL",
    apsw.SQLITE_INDEX_CONSTRAINT_ISNOTNULL: "IS NOT NULL",
    apsw.SQLITE_INDEX_CONSTRAINT_LIKE: "LIKE ?",
    apsw.SQLITE_INDEX_CONSTRAINT_GLOB: "GLOB ?",
}
_ROWIDS_EACH = 10**13
_NEW: Callable[[type[Change], tuple[Any, ...]], Change] = tuple.__new__
_MOST_TOGETHER = 400  # SQLite puts at most 500 queries together


class ChangesTable:
    """The table as SQLite sees it, with the methods of ``apsw.VTTable``."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._single = Single(state, exact=False, report_applied=False)

    def BestIndexObject(self, index: apsw.IndexInfo) -> bool:  # noqa: N802 (APSW names it)
        conditions: list[str] = []
        arguments = 0
        cost = 1e6
        for n in range(index.nConstraint):
            column, comparison = index.get_aConstraint_iColumn(n), index.get_aConstraint_op(n)
            condition = _condition(column, comparison)
            if not condition or not index.get_aConstraint_usable(n) or index.get_aConstraint_collation(n) != "BINARY":
                continue
            if "?" in condition:
                arguments += 1
                index.set_aConstraintUsage_argvIndex(n, arguments)
                condition = condition.replace("?", f":a{arguments}")
            conditions.append(condition)
            cost = min(cost, {_PK: 1e1, _DB_VERSION: 1e3, _SITE_ID: 1e5}.get(column, 1e6))
        order = [(index.get_aOrderBy_iColumn(n), index.get_aOrderBy_desc(n)) for n in range(index.nOrderBy)]
        ours = [column for column, _ in order] == [_DB_VERSION, _SEQ][: len(order)]
        ours = ours and not self._state.db.table_exists("main", REGISTER)  # changes of other kinds come last
        index.orderByConsumed = bool(order) and ours
        directions = "".join("-" if descending else "+" for _, descending in order) if ours else ""
        index.idxStr = directions.ljust(2, "+") + " AND ".join(conditions)
        index.idxNum = sum(1 << column for column in index.colUsed if column <= _SEQ)
        index.estimatedCost = cost
        return True

    def Open(self) -> ChangesCursor:  # noqa: N802
        return ChangesCursor(self._state)

    def UpdateInsertRow(self, rowid: int | None, fields: tuple[SQLiteValue, ...]) -> int:  # noqa: N802
        """Merge one change. NULL versions are 0, and no site id means this file (cr-sqlite.md 7.1, 7.5)."""
        table, pk, cid, val, col_version, db_version, site_id, cl, seq = fields
        if not isinstance(table, str) or not isinstance(cid, str) or not isinstance(pk, bytes):
            raise InvalidChange("A change needs a table, a packed key and a cid.")
        if not isinstance(site_id, bytes | None):
            raise InvalidChange("A change has a site id that is no blob.")
        if type(col_version) is type(db_version) is type(cl) is type(seq) is int:
            change = _NEW(Change, fields)  # a third of the time of ``_make``
        else:
            numbers = [as_integer(self._state.db, number) for number in (col_version, db_version, cl, seq)]
            author = SiteId(site_id) if site_id is not None else None
            change = Change(table, pk, cid, val, numbers[0], numbers[1], author, numbers[2], numbers[3])
        try:
            decision = self._single.decide(change)
        except SchemaMismatch as error:
            won = None if error.column else self._state.others.merge(change)
            if won is None:
                raise
            self._state.rows_impacted += won
            return rowid if rowid is not None else 0
        if decision is None:
            Merger(self._state, exact=False, report_applied=False).merge([change])
        else:
            decision.write()
        return rowid if rowid is not None else 0

    def UpdateDeleteRow(self, rowid: int) -> None:  # noqa: N802
        raise UsageError("Rows of crsql_changes cannot be deleted; delete in the table itself.")

    def UpdateChangeRow(self, row: int, rowid: int, fields: tuple[SQLiteValue, ...]) -> None:  # noqa: N802
        raise UsageError("Rows of crsql_changes cannot be updated; update the table itself.")

    def Disconnect(self) -> None:  # noqa: N802
        pass

    Destroy = Disconnect


def _condition(column: int, comparison: int) -> str | None:
    """Return a condition for the queries, with names in braces where it depends on more than the connection.

    Returns:
        None if SQLite has to check the condition alone.
    """
    operator = _OPERATORS.get(comparison)
    if operator is None:
        return None
    if column in _PLAIN:
        return f"{_PLAIN[column]} {operator}"
    if column == _PK and comparison in _EQUAL:
        return "{key ?}"
    return f"{{site {operator}}}" if column == _SITE_ID else None


class ChangesCursor:
    """Walks one SELECT on ``crsql_changes``, with the methods of ``apsw.VTCursor``."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._rows: Iterator[tuple[Any, ...]] = iter(())
        self._row: tuple[Any, ...] | None = None
        self._crrs: list[Crr] = []

    def Filter(self, used: int, plan: str | None, arguments: tuple[SQLiteValue, ...] | None) -> None:  # noqa: N802
        plan = plan or "++"
        values = {f"a{n}": value for n, value in enumerate(arguments or (), 1)}
        conditions = _SITE_CONDITION.sub(lambda match: self._of_sites(match[1], values), plan[2:])
        self._crrs = list(self._state.catalogue().crrs.values())
        queries = [_query(crr, n, used, _fitted(crr, conditions, values)) for n, crr in enumerate(self._crrs)]
        order = f" ORDER BY 6{_direction(plan[0])}, 9{_direction(plan[1])}"
        groups = [
            self._state.db.execute(" UNION ALL ".join(queries[at : at + _MOST_TOGETHER]) + order, values)
            for at in range(0, len(queries), _MOST_TOGETHER)
        ]
        signs = [-1 if sign == "-" else 1 for sign in plan[:2]]
        self._rows = heapq.merge(*groups, key=lambda row: (signs[0] * row[_DB_VERSION], signs[1] * row[_SEQ]))
        if len(groups) == 1:
            self._rows = groups[0]
        if self._state.db.table_exists("main", REGISTER):
            self._rows = chain(self._rows, self._of_others(plan, values))
        self.Next()

    def _of_others(self, plan: str, values: dict[str, SQLiteValue]) -> Iterator[tuple[Any, ...]]:
        """Return the changes of tables of other kinds.

        Of the conditions, only bounds on version and table are applied.
        """
        since, until = 0, MAX_VERSION
        for operator, name in _VERSION_CONDITION.findall(plan):
            bound = values[name]
            if type(bound) is int:
                since = max(since, bound - (operator in ("=", ">=", "IS"))) if operator not in ("<", "<=") else since
                until = min(until, bound - (operator == "<")) if operator not in (">", ">=") else until
        names = {values[name] for name in _TABLE_CONDITION.findall(plan)}
        return self._state.others.read(lambda table: names <= {table}, since, until)

    def _of_sites(self, operator: str, values: dict[str, SQLiteValue]) -> str:
        """Turn a condition on authors into one on their ordinals, so that no row's author has to be looked up.

        The author of an ordinal that names no site is NULL (cr-sqlite.md 12.18).
        """
        execute = self._state.db.execute
        fits = dict(execute(f"SELECT ordinal, site_id {operator} FROM main.crsql_site_id", values))
        if execute(f"SELECT NULL {operator}", values).get:
            return f"c.site_id NOT IN ({', '.join(str(n) for n, fit in fits.items() if not fit)})"
        return f"c.site_id IN ({', '.join(str(n) for n, fit in fits.items() if fit)})"

    def Eof(self) -> bool:  # noqa: N802
        return self._row is None

    def Next(self) -> None:  # noqa: N802
        try:
            self._row = next(self._rows, None)
        except UnicodeDecodeError as error:
            raise ReplicaError(
                "A synced table holds text that is not valid UTF-8, which cannot be read.",
                hint="Correct the text, or store it as a BLOB.",
            ) from error

    def Column(self, number: int) -> SQLiteValue:  # noqa: N802
        assert self._row is not None
        value: SQLiteValue = self._row[number] if number >= 0 else self.Rowid()
        return value

    def Rowid(self) -> int:  # noqa: N802
        """Return a number unique to the row, by which SQLite tells rows apart when conditions are joined with OR."""
        assert self._row is not None
        if isinstance(self._row, Change):
            cell = repr((self._row.table, self._row.pk, self._row.cid)).encode()
            return -1 - (int.from_bytes(hashlib.blake2b(cell, digest_size=8).digest(), "big") >> 1)
        *_, table, key = self._row
        columns = self._crrs[table].columns
        cid = self._row[_CID]
        place = columns.index(cid) + 1 if cid in columns else 0
        rowid: int = table * _ROWIDS_EACH + (key * (len(columns) + 1) + place) % _ROWIDS_EACH
        return rowid

    def Close(self) -> None:  # noqa: N802
        self._rows = iter(())


def _direction(sign: str) -> str:
    return " DESC" if sign == "-" else ""


def _fitted(crr: Crr, conditions: str, values: dict[str, SQLiteValue]) -> str:
    """Return the conditions for one CRR, with its name and with its key for a packed ``pk``."""
    found = _KEY_CONDITION.sub(lambda match: _has_key(crr, values[match[1]]), conditions)
    return found.replace("{table}", literal(crr.name))


def _has_key(crr: Crr, packed: SQLiteValue) -> str:
    try:
        key = unpack(packed) if isinstance(packed, bytes) else ()
    except InvalidChange:
        key = ()
    if len(key) != len(crr.key):
        return "0"
    same = (f"{ident(name)} IS {apsw.format_sql_value(value)}" for name, value in zip(crr.key, key, strict=True))
    return f"c.key IN (SELECT {KEY} FROM {main(crr.name + PKS)} WHERE {' AND '.join(same)})"


def _query(crr: Crr, number: int, used: int, conditions: str) -> str:
    """Return the query for the changes of one CRR.

    Unused columns are NULL, so that the base table may not have to be read.
    """
    columns = [
        (_TABLE, literal(crr.name)),
        (_PK, f"crsql_pack_columns({idents(crr.key, prefix='p.')})"),
        (_CID, "c.col_name"),
        (_VAL, value_of(crr)),
        (_COL_VERSION, "c.col_version"),
        (_DB_VERSION, "c.db_version"),
        (_SITE_ID, "o.site_id"),
        (_CL, _LENGTH),
        (_SEQ, "c.seq"),
    ]
    needed = used | 1 << _CID | 1 << _DB_VERSION | 1 << _SEQ
    wanted = ", ".join(sql if needed >> column & 1 else "NULL" for column, sql in columns)
    more = f" AND {conditions}" if conditions else ""
    return (
        f"SELECT {wanted}, {number}, c.key {source(crr)}"
        f" LEFT JOIN main.crsql_site_id AS o ON o.ordinal = c.site_id WHERE {known_cells(crr)}{more}"
    )
