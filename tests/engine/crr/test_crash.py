"""A program that dies at any statement of a schema change: the file is as it was, or as it shall be; never between."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.replica import Replica
from engine.tables import Received
from tests import budget
from tests.engine.crr.altering import dump
from tests.engine.crr.conftest import FOO

PEER = bytes(range(16))
WIDER = FOO.replace("TABLE foo", "TABLE IF NOT EXISTS foo").replace("c)", "d DEFAULT 5)")


def alter(replica: Replica) -> None:
    with replica.altering("foo"):
        replica.connection.execute("ALTER TABLE foo RENAME COLUMN b TO bb; DELETE FROM foo WHERE a = 1").fetchall()


def by_sql(replica: Replica) -> None:
    """Each statement for itself, as an app runs them: begin_alter begins the transaction."""
    for sql in ("SELECT crsql_begin_alter('foo')", "UPDATE foo SET b = 9", "SELECT crsql_commit_alter('foo')"):
        replica.connection.execute(sql).fetchall()


def migrate(replica: Replica) -> None:
    replica.migrate(f"{WIDER}; SELECT crsql_as_crr('foo')", identity=("foo.sql", 7))


def repair(replica: Replica) -> None:
    replica.repair()


def make_crr(replica: Replica) -> None:
    replica.make_crr("plain")


def as_table(replica: Replica) -> None:
    replica.connection.execute("SELECT crsql_as_table('foo')").fetchall()


def new_id(replica: Replica) -> None:
    replica.new_site_id()


WORK = [alter, by_sql, migrate, repair, make_crr, as_table, new_id]


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "template.db"
    with Replica.open(path, create=True) as replica:
        db = replica.connection
        db.execute(f"{FOO}; CREATE TABLE plain (x INTEGER PRIMARY KEY NOT NULL, y); INSERT INTO plain VALUES (1, 1)")
        replica.make_crr("foo")
        db.execute("INSERT INTO foo VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3); DELETE FROM foo WHERE a = 3")
        db.execute("SELECT crsql_internal_sync_bit(1)").fetchall()
        db.execute("INSERT INTO foo VALUES (4, 4, 4)")
        replica.merge([], received=Received(PEER, 5, tables=("foo",)))
    return path


def run(path: Path, work: Callable[[Replica], None], dies_at: int) -> bool:
    """Work on the file in a process of its own that dies at that statement; False when it came to the end before."""
    child = os.fork()
    if child:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert code in (0, 1)
        return code == 1
    try:
        left = dies_at

        def count(*_: object) -> bool:
            nonlocal left
            left -= 1
            if left < 0:
                os._exit(1)
            return True

        replica = Replica.open(path)
        replica.connection.pragma("synchronous", "OFF")  # the process dies, not the machine
        replica.connection.exec_trace = count
        work(replica)
        os._exit(0)
    finally:
        os._exit(2)


def state(path: Path) -> list[tuple[object, ...]]:
    """The whole file, but for random ids."""
    with Replica.open(path) as replica:
        assert replica.connection.pragma("integrity_check") == "ok"
        return [row for row in dump(replica.connection) if row[0] != "crsql_site_id"]


@pytest.mark.soak
def test_killed_at_any_statement(tmp_path: Path, template: Path) -> None:
    path = tmp_path / "a.db"
    before = state(template)
    after: dict[str, list[tuple[object, ...]]] = {}
    for case in budget.cases("killed in a schema change", seconds=4, at_least=2 * len(WORK), looks_for="half way"):
        work = case.random.choice(WORK)
        if work.__name__ not in after:
            shutil.copy(template, path)
            assert not run(path, work, 10_000)
            after[work.__name__] = state(path)
            assert after[work.__name__] != before
        shutil.copy(template, path)
        if run(path, work, case.random.randrange(60)):
            case.found()
            assert state(path) in (before, after[work.__name__])
