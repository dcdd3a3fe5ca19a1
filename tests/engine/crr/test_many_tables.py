"""Files of many tables: what one of them costs does not grow with how many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from engine.crr import create_tables
from engine.replica import Replica
from engine.sqlite.steps import at_once
from engine.table_plan import ColumnPlan, Kind, TablePlan

FEW, MANY = 15, 90


def plans(count: int, *columns: str) -> tuple[TablePlan, ...]:
    key = ColumnPlan("k", Kind.ANY, key=1)
    return tuple(TablePlan(f"t{n}", (key, *(ColumnPlan(name, Kind.ANY) for name in columns))) for n in range(count))


def make(replica: Replica, count: int) -> None:
    with replica.connection as db:
        at_once(create_tables(db, plans(count, "a", "b"), equal_values=False))


def plain(replica: Replica, count: int) -> None:
    with replica.connection as db:
        for n in range(count):
            db.execute(f"CREATE TABLE t{n} (k PRIMARY KEY NOT NULL, a, b); INSERT INTO t{n} VALUES (1, 2, 3)")


def nothing(_: Replica, __: int) -> None: ...


def become_syncable(replica: Replica, count: int) -> None:
    calls = "".join(f"SELECT crsql_as_crr('t{n}');" for n in range(count))
    replica.connection.execute(f"BEGIN; {calls} COMMIT").fetchall()


def one_by_one(replica: Replica, count: int) -> None:
    for n in range(count):
        replica.make_crr(f"t{n}")


def opened(replica: Replica, _: int) -> None:
    with Replica.open(replica.path) as again:
        again.shapes()
        again.db_version()


Work = Callable[[Replica, int], object]
CASES: dict[str, tuple[Work, Work]] = {
    "made of plans": (nothing, make),
    "made syncable": (plain, become_syncable),
    "made syncable, one by one": (plain, one_by_one),
    "added": (nothing, lambda replica, count: replica.add_missing(plans(count, "a"))),
    "given columns": (make, lambda replica, count: replica.add_missing(plans(count, "a", "b", "c"))),
    "opened": (make, opened),
    "described": (make, lambda replica, _: (replica.tables(), replica.plans())),
    "read": (make, lambda replica, _: replica.changes()),
}


@pytest.fixture
def ran() -> Iterator[list[int]]:
    """How many statements have run so far, on whatever connection; also those that our functions run."""
    count = [0]

    def one_more(_: object) -> None:
        count[0] += 1

    def follow(connection: apsw.Connection) -> None:
        connection.trace_v2(apsw.SQLITE_TRACE_STMT, one_more)

    apsw.connection_hooks.append(follow)
    yield count
    apsw.connection_hooks.remove(follow)


@pytest.mark.parametrize("case", CASES)
def test_a_table_costs_the_same_among_many(tmp_path: Path, case: str, ran: list[int]) -> None:
    prepare, work = CASES[case]
    costs = []
    for count in (FEW, MANY):
        with Replica.open(tmp_path / f"{count}.db", create=True) as replica:
            prepare(replica, count)
            before = ran[0]
            work(replica, count)
            costs.append((ran[0] - before) / count)
            assert len(replica.synced_tables()) == count
    assert 0 < costs[1] <= 1.2 * costs[0], costs
