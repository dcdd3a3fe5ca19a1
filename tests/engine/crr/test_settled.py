"""What must keep a merge in groups from taking rows for settled, one by one: each time just as row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import apsw
import pytest

from engine.change import MAX_VERSION, Change, SQLiteValue
from engine.crr.merge import merger
from engine.errors import SchemaMismatch, TableBroken
from engine.replica import Replica
from engine.sqlite.sql import idents
from engine.tables import pack_columns
from engine.tables.types import Applied
from tests.engine.crr.conftest import FOO, MakeReplica
from tests.engine.crr.test_merge import THEM, change

OTHER = bytes(range(50, 66))
TABLES = ("foo", "foo__crsql_clock", "foo__crsql_pks")
LAST = range(2**63 - 200, 2**63)
ODD = ("b", "a,b", "ā", "é,")
"""Names with commas, whose order in UTF-16 is another than in UTF-8."""


def rows(
    cids: Iterable[str] = "bc",
    numbers: Iterable[int] = range(200),
    *,
    cv: int = 1,
    cl: int = 1,
    site: Callable[[int], bytes] = lambda n: THEM,
    val: Callable[[int], SQLiteValue] = lambda n: n,
    seq: Callable[[int], int] = lambda n: 2 * n,
) -> list[Change]:
    return [
        change(cid, val(n), cv=cv, cl=cl, site=site(n), seq=seq(n) + place, pk=pack_columns([n]))
        for n in numbers
        for place, cid in enumerate(cids)
    ]


@dataclass
class Case:
    """Batches to merge one after the other; what is done to the file before the last, as a merge's own write would be;
    and its table and encoding."""

    batches: list[list[Change]]
    before: str = ""
    schema: str = FOO
    encoding: str = "UTF-8"


CASES = {
    "two authors": Case([rows(), rows(cv=2, site=lambda n: THEM if n < 90 else OTHER)]),
    "an author here and there": Case([rows(), rows(cv=2, site=lambda n: OTHER if n % 50 == 7 else THEM)]),
    "columns of two authors": Case([rows(), rows("b", cv=2) + rows("c", cv=2, site=lambda n: OTHER)]),
    "columns of two versions": Case(
        [rows(), rows("b", cv=2) + [one._replace(db_version=70) for one in rows("c", cv=2)], rows(cv=3)]
    ),
    "base rows that are gone": Case([rows(), rows(cv=2)], "DELETE FROM foo WHERE a % 40 = 3"),
    "no base row at all": Case([rows(), rows(cv=2)], "DELETE FROM foo"),
    "rows that live again, without a sentinel": Case([rows(), rows(cl=3)]),
    "rows that live again, of newer cells": Case([rows(), rows(cv=2, cl=3)]),
    "names in another order": Case(
        [rows(ODD), rows(ODD[1:3], range(0, 200, 3), cv=3), rows(ODD, cv=2)],
        schema=f"CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, {idents(ODD)})",
        encoding="UTF-16le",
    ),
    "negative zeros": Case([rows(val=lambda n: -0.0 if n % 9 else 0), rows(cv=2)]),
    "as many other keys": Case(
        [rows(), rows(numbers=[*range(100), *range(110, 200)], cv=2)],
        "DELETE FROM foo WHERE a BETWEEN 50 AND 59; DELETE FROM foo__crsql_clock WHERE key BETWEEN 51 AND 60;"
        "DELETE FROM foo__crsql_pks WHERE a BETWEEN 50 AND 59",
    ),
    "numbers with gaps": Case([rows(), rows(numbers=range(0, 200, 2)), rows(numbers=range(0, 200, 2), cv=2)]),
    "numbers in another order": Case([rows(numbers=range(199, -1, -1)), rows(cv=2)]),
    "keys at the end of the integers": Case(
        [rows(numbers=LAST, seq=lambda n: 0), rows(numbers=LAST, cv=2, seq=lambda n: 2**63 - n)]
    ),
    "huge steps": Case(
        [rows(), rows(cv=2, seq=lambda n: n << 45), rows(cv=3, seq=lambda n: MAX_VERSION - 9 - (n << 45))]
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_as_row_by_row(make: MakeReplica, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    case = CASES[name]
    states: list[object] = []
    for way, crossover in (("grouped", 1), ("single", 10**9)):
        empty = apsw.Connection(str(tmp_path / f"{way}.db"))
        empty.execute(f"PRAGMA encoding = '{case.encoding}'; CREATE TABLE log (a)")
        empty.close()
        replica = make(way, case.schema)
        monkeypatch.setattr(merger, "CROSSOVER", crossover)
        told: list[Iterable[Applied]] = []
        for n, batch in enumerate(case.batches):
            if case.before and n == len(case.batches) - 1:
                quietly(replica, case.before)
            told.append(replica.merge(batch).applied)
        # What is told is made now, after everything that came later.
        found = [sorted(map(repr, replica.connection.execute(f"SELECT * FROM {table}"))) for table in TABLES]
        states.append((found, [list(map(repr, some)) for some in told]))
    assert states[0] == states[1]


def quietly(replica: Replica, sql: str) -> None:
    db = replica.connection
    for one in ("SELECT crsql_internal_sync_bit(1)", sql, "SELECT crsql_internal_sync_bit(0)"):
        db.execute(one).fetchall()


@pytest.mark.parametrize("refusal", ["CHECK", "ABORT", "ROLLBACK"])
def test_one_row_of_a_group_is_refused(make: MakeReplica, refusal: str) -> None:
    """Nothing of it is written then, and what comes next is merged as ever."""
    check = "CHECK (b != -150)" if refusal == "CHECK" else ""
    replica = make("a", f"CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b {check}, c)")
    db = replica.connection
    if refusal != "CHECK":
        db.execute(
            "CREATE TRIGGER person AFTER UPDATE ON foo WHEN NEW.b = -150"
            f" BEGIN SELECT RAISE({refusal}, 'not this one'); END"
        )
    replica.merge(rows())
    before = replica.changes().changes
    with pytest.raises(SchemaMismatch if refusal == "CHECK" else TableBroken):
        replica.merge(rows(cv=2, val=lambda n: -n))
    assert not db.in_transaction
    assert replica.changes().changes == before
    assert len(replica.merge(rows(cv=2)).applied) == 400
