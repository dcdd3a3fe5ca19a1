"""Replicas that run the same schema changes at different times: parted while their tables differ, equal in the end."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from engine.replica import Replica
from engine.tables import Received
from tests import budget
from tests.engine.crr.conftest import MakeReplica

Row = tuple[tuple[object, ...], tuple[object, ...]]

REBUILD = (
    "CREATE TABLE new (id INTEGER NOT NULL, name DEFAULT 'none', c NOT NULL DEFAULT 0, PRIMARY KEY (id, c));"
    "INSERT INTO new SELECT id, name, c FROM item; DROP TABLE item; ALTER TABLE new RENAME TO item"
)
CHANGES = [
    "ALTER TABLE item RENAME COLUMN title TO name",
    "ALTER TABLE item ADD COLUMN c NOT NULL DEFAULT 0",
    "UPDATE item SET c = ifnull(length(name), 0)",
    "ALTER TABLE item DROP COLUMN b; DELETE FROM item WHERE id = 3",
    "UPDATE item SET name = upper(name) WHERE id < 3; UPDATE OR REPLACE item SET id = 4 WHERE id = 2",
    REBUILD,
    "ALTER TABLE item DROP COLUMN name",
    "ALTER TABLE item ADD COLUMN last DEFAULT 'x'",
]


@pytest.fixture
def three(make: MakeReplica) -> list[Replica]:
    schema = "CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL, title DEFAULT 'none', b)"
    replicas = [make(str(n), schema, ("item",)) for n in range(3)]
    for replica in replicas:
        replica.connection.execute("PRAGMA synchronous = OFF")
    return replicas


def alter(replica: Replica, sql: str) -> None:
    with replica.altering("item") as db:
        db.execute(sql)


def pull(to: Replica, source: Replica) -> bool:
    """What is new at ``source``; nothing, as on a parked link, while the tables differ."""
    if to.shapes() != source.shapes():
        return False
    found = source.changes(to.received_clock(source.site_id), exclude_site=to.site_id)
    to.merge(found.changes, received=Received(source.site_id, found.until))
    return bool(found.changes)


def settle(replicas: list[Replica]) -> list[Row]:
    """Sync by version until nothing moves; returns the rows, which are the same everywhere."""
    rounds = 0
    while sum(pull(to, source) for to in replicas for source in replicas if to is not source):
        rounds += 1
        assert rounds < 100, "they never come to rest"
    found = [list(replica.live_rows("item")) for replica in replicas]
    assert found[1:] == found[:-1]
    assert len({replica.digests()[0].rows for replica in replicas}) == 1
    for replica in replicas:
        assert replica.check() == []
    return found[0]


def test_a_column_renamed_at_three_times(three: list[Replica]) -> None:
    """What was in sync before keeps its value, and what anybody writes after his own rename wins over it."""
    a, b, c = three
    a.connection.execute("INSERT INTO item VALUES (1, 'one', 1), (2, 'two', NULL), (3, 'three', 3), (4, NULL, 4)")
    settle(three)
    b.connection.execute("UPDATE item SET title = 'zwei' WHERE id = 2; UPDATE item SET b = 44 WHERE id = 4")
    settle(three)
    rename = CHANGES[0]
    alter(a, rename)
    a.connection.execute("UPDATE item SET name = 'A' WHERE id = 1")  # less than 'one': the version decides
    c.connection.execute("UPDATE item SET b = 33 WHERE id = 3; INSERT INTO item VALUES (5, 'fünf', 5)")
    pull(b, c)
    assert not pull(a, c)
    alter(b, rename)
    b.connection.execute("UPDATE item SET name = 'B' WHERE id = 2; DELETE FROM item WHERE id = 4")
    pull(a, b)
    pull(b, a)
    assert not pull(c, a)
    alter(c, rename)
    assert settle(three) == [
        ((1,), ("A", 1)), ((2,), ("B", None)), ((3,), ("three", 33)), ((5,), ("fünf", 5)),
    ]  # fmt: skip


def test_data_changed_in_the_alter_of_one_replica_only(three: list[Replica]) -> None:
    a = three[0]
    a.connection.execute("INSERT INTO item VALUES (1, 'one', 1), (2, 'two', 2), (3, 'three', 3)")
    settle(three)
    alter(a, "UPDATE item SET title = upper(title); DELETE FROM item WHERE id = 2; UPDATE item SET id = 9 WHERE id = 3")
    assert settle(three) == [((1,), ("ONE", 1)), ((9,), ("THREE", 3))]


def _write(replica: Replica, choose: random.Random) -> None:
    """One random statement, whatever columns the table has now."""
    (shape,) = replica.shapes()
    number, value = choose.randrange(6), choose.choice([None, 0, 1.5, "x", "none", b"\0"])
    column = choose.choice([name for name in shape.columns if name != "c"] or ["id"])
    value = choose.randrange(6) if column == "id" else value
    sql = choose.choice(
        [
            "INSERT OR IGNORE INTO item (id) VALUES (?1)",
            f"INSERT OR REPLACE INTO item (id, {column}) VALUES (?1, ?2)" if column != "id" else "SELECT ?1",
            f"UPDATE OR REPLACE item SET {column} = ?2 WHERE id = ?1",
            f"UPDATE OR REPLACE item SET {column} = ?2 WHERE id >= ?1",
            "DELETE FROM item WHERE id = ?1",
        ]
    )
    replica.connection.execute(sql, (number, value)[: sql.count("?")])


def test_random_changes_at_random_times(tmp_path: Path) -> None:
    for case in budget.cases("staggered alters", seconds=4):
        choose = case.random
        replicas = []
        for n in range(3):
            replica = Replica.open(tmp_path / f"{case.seed}-{n}.db", create=True)
            replica.connection.execute("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY").fetchall()
            replica.connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL, title DEFAULT 'none', b)")
            replica.make_crr("item")
            replicas.append(replica)
        done = dict.fromkeys(replicas, 0)
        for _ in range(choose.randrange(10, 60)):
            replica = choose.choice(replicas)
            action = choose.random()
            if action < 0.55:
                _write(replica, choose)
            elif action < 0.75:
                pull(*choose.sample(replicas, 2))
            elif done[replica] < len(CHANGES):
                alter(replica, CHANGES[done[replica]])
                done[replica] += 1
        for replica in replicas:
            for change in CHANGES[done[replica] :]:
                alter(replica, change)
        settle(replicas)
        for replica in replicas:
            replica.close()
