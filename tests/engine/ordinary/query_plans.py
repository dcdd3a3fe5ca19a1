"""Sees that no statement goes through all records of a table again and again: for each row of another one, an index is
to lead to its record."""

from __future__ import annotations

import re
from collections.abc import Iterable

import apsw

_RECORDS = re.compile(r"crsql_syncline_rows_\d+(?: AS (\w+))?")
_EACH_FILE = re.compile(r"[0-9a-f]{20,}|_\d+\b")
"""What differs between the statements of two files: collections, and the numbers of tables."""

_seen: set[str] = set()


class QueryPlans:
    """Watches a connection. A statement that was looked at once is not looked at again, in any file."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._statements: set[str] = set()
        db.trace_v2(apsw.SQLITE_TRACE_STMT, self._began)

    def _began(self, told: dict[str, object]) -> None:
        sql = str(told["sql"])
        if "crsql_syncline_rows_" in sql and not told["trigger"] and _EACH_FILE.sub("", sql) not in _seen:
            self._statements.add(sql)

    def bad(self) -> list[str]:
        """Return what goes through all records repeatedly, of the statements since the last call; nothing for a
        connection that was closed."""
        found, self._statements = self._statements, set()
        try:
            self._db.trace_v2(0)
        except apsw.ConnectionClosedError:
            return []
        try:
            return [problem for sql in found for problem in self._problems(sql)]
        finally:
            self._db.trace_v2(apsw.SQLITE_TRACE_STMT, self._began)

    def _problems(self, sql: str) -> Iterable[str]:
        _seen.add(_EACH_FILE.sub("", sql))
        try:
            plan = list(apsw.Cursor(self._db).execute(f"EXPLAIN QUERY PLAN {sql}", [None] * _parameters(sql)))
        except apsw.SQLError:  # about what is gone by now
            return
        text = {at: str(told) for at, _, _, told in plan}
        records = {alias or name for name, alias in ((one.group(), one.group(1)) for one in _RECORDS.finditer(sql))}
        first: set[int] = set()
        for _, under, _, told in plan:
            step = str(told).removeprefix("SCAN ").removeprefix("SEARCH ").split(" ")[0].removeprefix("main.")
            outermost = under not in first and "CORRELATED" not in text.get(under, "")
            if told.startswith(("SCAN ", "SEARCH ")):
                first.add(under)
            whole = told.startswith("SCAN ") or "AUTOMATIC" in told or re.search(r"_pk \(pk[<>]", told)
            if whole and step in records and not outermost:
                yield f"{told}: {sql}"


def _parameters(sql: str) -> int:
    """Return how many parameters a statement has (https://www.sqlite.org/lang_expr.html#varparam)."""
    count = 0
    for number in re.findall(r"\?(\d*)", sql):
        count = max(count, int(number) if number else count + 1)
    return count
