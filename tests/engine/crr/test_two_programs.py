"""Two processes on one file at once: each re-reads the version and the schema that the other wrote."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.crr import connect
from engine.replica import Replica
from tests.engine.crr.conftest import FOO
from tests.engine.live import PATIENCE

WRITER = """
import sys
from engine.crr import connect
db = connect(sys.argv[1])
first, count = int(sys.argv[2]), int(sys.argv[3])
print("ready", flush=True)
for line in sys.stdin:
    if line == "all\\n":
        for n in range(first, first + count):
            db.execute("INSERT INTO foo VALUES (?, ?, 'x')", (n, n))
    else:
        db.execute(line).fetchall()
    print(db.execute("SELECT crsql_db_version()").get, flush=True)
db.close()
"""


class Program:
    """Another program with the file open; it runs the SQL it is sent and answers with its db_version."""

    def __init__(self, path: Path, first: int = 1000, count: int = 150) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(first), str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._read() == "ready"

    def send(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def version(self) -> int:
        return int(self._read())

    def run(self, sql: str) -> int:
        self.send(sql)
        return self.version()

    def stop(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        assert self._process.wait(PATIENCE) == 0


@pytest.fixture(params=["delete", "wal"])
def path(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    file = tmp_path / "a.db"
    db = connect(file, create=True)
    db.execute(f"PRAGMA journal_mode = {request.param}").fetchall()
    db.execute(FOO)
    db.execute("SELECT crsql_as_crr('foo')").fetchall()
    db.close()
    return file


def test_in_turn(path: Path) -> None:
    other = Program(path)
    with Replica.open(path) as replica:
        replica.connection.execute("INSERT INTO foo VALUES (1, 1, 1)")
        assert other.run("UPDATE foo SET b = 2") == 2
        assert replica.db_version() == 2
        replica.connection.execute("UPDATE foo SET b = 2")
        assert other.run("SELECT 1") == 2, "a no-op leaves no phantom version on either side"
        replica.connection.execute("UPDATE foo SET b = 3")
        assert (replica.db_version(), other.run("SELECT 1")) == (3, 3)
        replica.ensure_durable()
        assert other.run("CREATE TABLE bar (x INTEGER PRIMARY KEY NOT NULL, y)") == 3
        assert other.run("SELECT crsql_as_crr('bar')") == 3
        assert other.run("INSERT INTO bar VALUES (1, 1)") == 4
        assert replica.synced_tables() == ("foo", "bar")
        replica.connection.execute("INSERT INTO bar VALUES (2, 2)")
        assert [(c.table, c.val) for c in replica.changes(3).changes] == [("bar", 1), ("bar", 2)]
        assert other.run("SELECT 1") == 5
    other.stop()


def test_at_once(path: Path) -> None:
    other = Program(path)
    with Replica.open(path) as replica:
        other.send("all")
        for n in range(150):
            replica.connection.execute("INSERT INTO foo VALUES (?, ?, 'y')", (n, n))
        other.version()
        assert replica.db_version() == 300
        found = replica.changes().changes
        assert sorted({c.db_version for c in found}) == list(range(1, 301)), "each transaction has its own version"
        assert len(found) == 600
        assert replica.connection.execute("PRAGMA integrity_check").get == "ok"
    other.stop()
