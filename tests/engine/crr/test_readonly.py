"""Files that are only read, beside a program that ends its transactions, and after one that never could."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from engine.crr import connect
from engine.errors import UnfinishedTransaction
from engine.replica import Replica
from engine.sqlite import readonly
from engine.storage.backup import Backups
from engine.storage.host_pool import HostPool
from tests import budget
from tests.engine.crr.conftest import FOO
from tests.engine.live import on_loop
from tests.engine.programs import Command

BEGIN = "PRAGMA cache_size = 1; BEGIN IMMEDIATE; UPDATE plain SET b = 'half'; SELECT * FROM plain"
"""So that the rows are in the file before they are committed."""

PROGRAM = """
import os, sys, apsw
db = apsw.Connection(sys.argv[1])
db.set_busy_timeout(20_000)
db.execute("PRAGMA synchronous = OFF")
if len(sys.argv) > 3:
    db.execute(sys.argv[2]).fetchall()
    os.abort()
print("ready", flush=True)
while True:
    db.execute(sys.argv[2]).fetchall()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "a.db"
    db = connect(file, create=True)
    db.execute(FOO + "; SELECT crsql_as_crr('foo')").fetchall()
    db.execute("INSERT INTO foo VALUES (1, 1, 1); CREATE TABLE plain (a INTEGER PRIMARY KEY, b)").fetchall()
    with db:  # of many pages
        db.executemany("INSERT INTO plain (b) VALUES (?)", (("x" * 500,) for _ in range(200)))
    db.close()
    return file


def crash(path: Path) -> None:
    """Have another program die in the middle of a transaction."""
    subprocess.run([sys.executable, "-c", PROGRAM, str(path), BEGIN, "crash"], stderr=subprocess.DEVNULL, check=False)
    assert path.with_name("a.db-journal").stat().st_size > 0


@contextmanager
def writing_on(path: Path, sql: str) -> Iterator[None]:
    """Another program that runs the SQL again and again."""
    other = subprocess.Popen([sys.executable, "-c", PROGRAM, str(path), sql], stdout=subprocess.PIPE)
    assert other.stdout is not None
    try:
        assert other.stdout.readline() == b"ready\n"
        yield
        assert other.poll() is None
    finally:
        other.kill()
        other.communicate()


def whole(path: Path, *, recover: bool = False) -> bool:
    with Replica.open(path, readonly=True, recover=recover) as replica:
        return replica.connection.execute("SELECT DISTINCT b FROM plain").fetchall() == [("x" * 500,)]


def test_beside_a_program_that_ends_transactions(path: Path) -> None:
    """Without looking again, a read of some thousands takes the journal at its end for one that was left."""
    with writing_on(path, "BEGIN IMMEDIATE; UPDATE plain SET b = 'never' WHERE a = 1; ROLLBACK"):
        until, opened = time.monotonic() + budget.pick(1, 2.5), 0
        while time.monotonic() < until or opened < 10:
            with Replica.open(path, readonly=True) as replica:
                opened += 1
                for _ in range(300):
                    assert replica.connection.execute("SELECT b FROM plain WHERE a = 1").get == "x" * 500


def test_a_journal_that_goes_while_one_looks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([None, None, path])
    monkeypatch.setattr(readonly.time, "sleep", lambda _: (mended := next(looks)) and readonly.roll_back(mended))
    crash(path)
    assert whole(path)
    assert next(looks, None) is None


def test_what_a_crash_left_half_written(path: Path, tmp_path: Path) -> None:
    """Who only reads says so and leaves it; who is about to write takes it back, before the copy is made."""
    crash(path)
    before = path.read_bytes()
    syncline = Command(tmp_path / "home")
    said = syncline("tables", path, status=1)
    assert "was left half written by a program that crashed" in said
    assert "Open it in the program that it belongs to" in said
    assert path.read_bytes() == before
    with pytest.raises(UnfinishedTransaction):
        Replica.open(path, readonly=True)
    assert whole(path, recover=True)
    assert whole(path)
    crash(path)
    assert "foo is already syncable" in syncline("make-syncable", path, "foo")
    crash(path)
    assert whole(Backups(tmp_path / "copies").make(path))
    assert whole(path)


@on_loop
async def test_a_database_that_a_crash_left_half_written(path: Path, tmp_path: Path) -> None:
    crash(path)
    async with HostPool(backups=Backups(tmp_path / "copies")).use(path) as host:
        assert host.version == 1
    [copy] = Backups(tmp_path / "copies").find(path)
    assert whole(copy)


def test_what_it_cannot_be_written_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another reason to refuse writing is told at once."""
    waits: list[float] = []
    monkeypatch.setattr(readonly.time, "sleep", waits.append)
    db = connect(path, readonly=True)
    with pytest.raises(apsw.ReadOnlyError):
        db.execute("DELETE FROM foo")
    assert waits == []
    db.close()
