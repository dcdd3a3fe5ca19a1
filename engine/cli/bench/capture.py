"""How an app is affected when Syncline records what it writes to an ordinary table.

The app is a process with the standard library's sqlite3 that does not wait for locks, and reports each one that it
meets. For comparison, the same app writes to a plain table, with nobody else using the file.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from engine.errors import SynclineError
from engine.replica import Replica
from engine.storage.replica_host import ReplicaHost

WRITES = 150
"""How many commits, of one row each, an app makes that writes several times in a row now and then."""

AGAIN = 0.8
"""The probability that a write follows the one before within milliseconds; otherwise the app pauses."""

BULK = 10
"""One row in so many comes in a bulk insert."""

GOAL_LOCK = 0.1
"""The longest lock that is acceptable, in seconds."""

GOALS = {"single": 0.6, "bulk": 0.4}
"""What share of its speed with a plain table an app should reach."""

CREATE = "CREATE TABLE item (id TEXT PRIMARY KEY, a INTEGER, b TEXT, c REAL)"
INSERT = "INSERT INTO item VALUES (?, ?, ?, ?)"

_APP = f"""
import json, random, sqlite3, sys, time

path, kind, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
choose, spent, busy, longest = random.Random(7), 0.0, 0, 0.0
db = sqlite3.connect(path, isolation_level=None, timeout=0)


def timed(*work):
    global spent, busy, longest
    began = time.perf_counter()
    try:
        for call, *arguments in work:
            call(*arguments)
    except sqlite3.OperationalError as error:
        busy += 1
        if db.in_transaction:
            db.execute("ROLLBACK")
    else:
        took = time.perf_counter() - began
        spent, longest = spent + took, max(longest, took)


if kind == "bulk":
    rows = [(f"new {{n}}", n, f"some text {{n}}", n / 7) for n in range(count)]
    timed((db.execute, "BEGIN IMMEDIATE"), (db.executemany, {INSERT!r}, rows), (db.execute, "COMMIT"))
else:
    for n in range(count):
        row = (f"new {{n}}", n, f"some text {{n}}", n / 7)
        timed(choose.choice([
            (db.execute, {INSERT!r}, row),
            (db.execute, "UPDATE item SET b = ? WHERE id = ?", (f"other {{n}}", f"row {{n}}")),
            (db.execute, "DELETE FROM item WHERE id = ?", (f"row {{2 * n}}",)),
        ]))
        time.sleep(choose.uniform(0.002, 0.02) if choose.random() < {AGAIN} else choose.uniform(0.1, 0.4))
print(json.dumps([spent, busy, longest]))
"""


@dataclass(frozen=True, slots=True)
class Felt:
    """How an app was affected.

    Attributes:
        case: what it did, and in which journal mode.
        writes, busy: its transactions, and how many of them met a lock.
        share: its speed as a share of that with a plain table, for transactions that met no lock.
        longest: the most seconds that Syncline kept the file locked.
        in_commit: how many of them were the commit, which waits for the disk.
        own: the most seconds that a write of the app took, alone with the plain table.
    """

    case: str
    writes: int
    busy: int
    share: float
    longest: float
    in_commit: float
    own: float


CASES = tuple(f"{kind}-{journal}" for kind in GOALS for journal in ("wal", "rollback"))
"""The names of all cases."""


def missing() -> str:
    """Return why it cannot be measured here; '' if it can."""
    return "the bundle has no Python for an app of its own" if getattr(sys, "frozen", False) else ""


async def measure(case: str, rows: int, rounds: int) -> Felt:
    """Run an app beside Syncline and alone, in turn.

    Args:
        rows: how many the table has.

    Raises:
        SynclineError: the app failed.
    """
    kind, _, journal = case.partition("-")
    count = max(1, rows // BULK) if kind == "bulk" else min(WRITES, rows)
    writes = 1 if kind == "bulk" else count
    alone: list[float] = []
    beside: list[float] = []
    busy, own, longest = 0, 0.0, (0.0, 0.0)
    with tempfile.TemporaryDirectory(prefix="syncline-bench-") as folder:
        plain = _plain(Path(folder) / "plain.db", rows, journal)
        synced = Path(shutil.copy(plain, Path(folder) / "synced.db"))
        _make_ordinary(synced)
        for _ in range(rounds):
            path = Path(shutil.copy(plain, Path(folder) / "app.db"))
            spent, _, took = await _app(path, kind, count)
            alone.append(spent / writes)
            own = max(own, took)
            shutil.copy(synced, path)
            async with ReplicaHost(path) as host:
                locks = _Locks(every=journal == "rollback")
                await host.snapshot()
                await host.run(locks.watch)
                spent, met, _ = await _app(path, kind, count)
                await host.snapshot()  # waits until everything is recorded
                await host.run(lambda replica: replica.connection.trace_v2(0))
            if met < writes:
                beside.append(spent / (writes - met))
            busy, longest = busy + met, max(longest, locks.longest)
            path.unlink()
    share = statistics.median(alone) / statistics.median(beside) if beside else 0.0
    return Felt(case, rounds * writes, busy, share, *longest, own)


class _Locks:
    """The longest time for which a connection locked its file, and how much of it was the commit.

    Args:
        every: whether read transactions get in an app's way too, as they do without WAL.
    """

    def __init__(self, *, every: bool) -> None:
        self.longest = (0.0, 0.0)
        self._begins = ("BEGIN", "SAVEPOINT") if every else ("BEGIN IMMEDIATE",)
        self._since: float | None = None
        self._committing = 0.0

    def watch(self, replica: Replica) -> None:
        """Trace all statements from now on."""
        replica.connection.trace_v2(apsw.SQLITE_TRACE_STMT | apsw.SQLITE_TRACE_PROFILE, self._look)

    def _look(self, statement: dict[str, Any]) -> None:
        sql, now = statement.get("sql") or "", time.perf_counter()
        ends = sql in ("COMMIT", "ROLLBACK")
        if statement["code"] == apsw.SQLITE_TRACE_STMT:
            if ends:
                self._committing = now
        elif sql.startswith(self._begins):
            self._since = now
        elif ends and self._since is not None:
            self.longest = max(self.longest, (now - self._since, now - self._committing))
            self._since = None


def _plain(path: Path, rows: int, journal: str) -> Path:
    db = apsw.Connection(str(path))
    try:
        db.execute(f"PRAGMA journal_mode = {'WAL' if journal == 'wal' else 'DELETE'}").fetchall()
        db.execute(CREATE)
        with db:
            db.executemany(INSERT, ((f"row {n}", n, f"some text {n}", n / 7) for n in range(rows)))
    finally:
        db.close()
    return path


def _make_ordinary(path: Path) -> None:
    with Replica.open(path) as replica:
        replica.make_ordinary("item")


async def _app(path: Path, kind: str, count: int) -> tuple[float, int, float]:
    """Run the app; return the seconds its writes took, how many more met a lock, and the seconds of the longest."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _APP, str(path), kind, str(count), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    if process.returncode:
        raise SynclineError("The app to be measured failed.")
    spent, busy, longest = json.loads(out)
    return float(spent), int(busy), float(longest)
