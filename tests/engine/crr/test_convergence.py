"""Replicas that write at random and sync by version in random pairs end up with the same rows."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from engine.change import SQLiteValue
from engine.crr import Received, Replica
from tests import budget

SCHEMA = """
CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b, c REAL, d TEXT DEFAULT 'd');
CREATE TABLE pair (x TEXT NOT NULL, y NOT NULL, z NUMERIC, PRIMARY KEY (y, x));
CREATE TABLE only (k INTEGER PRIMARY KEY NOT NULL) STRICT;
"""
TABLES = ("foo", "pair", "only")
VALUES: list[SQLiteValue] = [None, 0, 1, 5, -3, 2**60, 0.0, 5.0, 1.5, "", "a", "5", "é", b"", b"a", b"\xff"]
TEXTS = ["x", "y", ""]


def write(replica: Replica, choose: random.Random) -> None:
    """One random statement; one that a constraint refuses counts as none."""
    key, other, value = choose.randrange(5), choose.randrange(5), choose.choice
    statements: list[tuple[str, tuple[SQLiteValue, ...]]] = [
        ("INSERT OR IGNORE INTO foo VALUES (?, ?, ?, ?)", (key, value(VALUES), value(VALUES), value(VALUES))),
        ("INSERT OR REPLACE INTO foo (a, b) VALUES (?, ?)", (key, value(VALUES))),
        ("UPDATE foo SET b = ? WHERE a = ?", (value(VALUES), key)),
        ("UPDATE foo SET c = ?, d = ? WHERE a >= ?", (value(VALUES), value(VALUES), key)),
        ("UPDATE OR REPLACE foo SET a = ? WHERE a = ?", (other, key)),
        ("UPDATE OR IGNORE foo SET a = ?, d = 'moved' WHERE a = ?", (other, key)),
        ("DELETE FROM foo WHERE a = ?", (key,)),
        ("INSERT OR REPLACE INTO pair VALUES (?, ?, ?)", (value(TEXTS), key, value(VALUES))),
        ("UPDATE pair SET z = ? WHERE y = ?", (value(VALUES), key)),
        ("UPDATE OR REPLACE pair SET x = ? WHERE y = ?", (value(TEXTS), key)),
        ("DELETE FROM pair WHERE x = ?", (value(TEXTS),)),
        ("INSERT OR REPLACE INTO only VALUES (?)", (key,)),
        ("UPDATE OR REPLACE only SET k = ? WHERE k = ?", (other, key)),
        ("DELETE FROM only WHERE k = ?", (key,)),
    ]
    sql, values = choose.choice(statements)
    replica.connection.execute(sql, values)


def transaction(replica: Replica, choose: random.Random) -> None:
    db = replica.connection
    db.execute("BEGIN")
    for _ in range(choose.randrange(1, 5)):
        if choose.random() < 0.15:
            db.execute("SAVEPOINT s")
            write(replica, choose)
            db.execute("ROLLBACK TO s; RELEASE s")
        write(replica, choose)
    db.execute("COMMIT" if choose.random() < 0.9 else "ROLLBACK")


def pull(to: Replica, source: Replica, choose: random.Random) -> bool:
    """Everything new at ``source``, in slices of any size, some twice; says whether there was any."""
    since = to.received_clock(source.site_id)
    found = source.changes(since, exclude_site=choose.choice([None, to.site_id]), limit=choose.choice([None, 1, 5]))
    batch = list(found.changes)
    if choose.random() < 0.3:
        choose.shuffle(batch)
    if choose.random() < 0.2:
        batch += found.changes
    result = to.merge(batch, received=Received(source.site_id, found.until))
    assert to.received_clock(source.site_id) == found.until
    assert result.after >= result.before
    stamped = {c.db_version for c in to.changes(result.before).changes}
    assert stamped <= {applied.local_version for applied in result.applied}, "only this merge is in its interval"
    assert not to.merge(batch).applied, "a batch that came before changes nothing"
    return found.more or bool(found.changes)


def contents(replica: Replica) -> list[tuple[str, tuple[object, ...]]]:
    return [
        (table, tuple((type(v).__name__, v) for values in row for v in values))
        for table in TABLES
        for row in replica.live_rows(table)
    ]


def test_three_replicas_converge() -> None:
    for case in budget.cases("CRR convergence", seconds=4):
        choose = case.random
        with tempfile.TemporaryDirectory() as folder:
            replicas = [Replica.open(Path(folder) / f"{n}.db", create=True) for n in range(3)]
            for replica in replicas:
                replica.connection.execute("PRAGMA synchronous = OFF")
                replica.connection.execute(SCHEMA)
                for table in TABLES:
                    replica.make_crr(table)
            for _ in range(choose.randrange(5, 60)):
                if choose.random() < 0.6:
                    transaction(choose.choice(replicas), choose)
                else:
                    pull(*choose.sample(replicas, 2), choose)
            rounds = 0
            pairs = [(to, source) for to in replicas for source in replicas if to is not source]
            while sum(pull(to, source, choose) for to, source in pairs):
                rounds += 1
                assert rounds < 500, "the replicas never come to rest"
            first = contents(replicas[0])
            assert all(contents(replica) == first for replica in replicas)
            for replica in replicas:
                assert replica.connection.execute("PRAGMA integrity_check").get == "ok"
                replica.close()
