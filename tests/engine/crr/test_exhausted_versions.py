"""Versions that are used up: the row freezes alone, in words; ``check`` names it, and mending it brings all replicas
that do it to the same rows, in whatever order they do it and sync."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from engine.change import FAR, MAX_READ, MAX_VERSION, SENTINEL, Change
from engine.replica import Replica
from engine.tables import Damage, pack_columns, unpack_columns, used_up
from tests import budget
from tests.engine.session.test_vlcn import connect_pair
from tests.engine.session.world import make_replica, own_pair, rows

THEM = bytes(range(16))
HIGHEST = MAX_VERSION - 1


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Replica]:
    replica = make_replica(tmp_path / "one.db")
    yield replica
    replica.close()


def change(row: int, cid: str = "name", *, cv: int = 1, cl: int = 1, seq: int = 0, dbv: int = 1) -> Change:
    value = None if cid == SENTINEL else "theirs"
    return Change("item", pack_columns((row,)), cid, value, cv, dbv, THEM, cl, seq)


def sync(one: Replica, other: Replica) -> None:
    wire = own_pair(one, other)
    wire.run()
    assert all(end.session.in_sync for end in wire.ends)


def sent(replica: Replica, since: int = 0) -> set[object]:
    """The ids of the rows that are sent."""
    return {unpack_columns(change.pk)[0] for change in replica.changes(since).changes}


@pytest.mark.parametrize("many", [1, 200])
def test_a_cell_freezes_alone(replica: Replica, many: int) -> None:
    """That at the highest version goes on; the next write of it can be sent to nobody."""
    replica.merge([change(row, cv=HIGHEST) for row in range(many)])
    replica.connection.execute("INSERT INTO item (id, name) VALUES (1000, 'mine')")
    assert sent(replica) == {*range(many), 1000}
    replica.connection.execute("UPDATE item SET name = 'mine' WHERE id = 0")
    replica.connection.execute("UPDATE item SET name = 'mine' WHERE id = 1000")
    assert sent(replica) == {*range(1, many), 1000}
    assert str(replica.waiting) == (
        f"“item”, row 0 cannot be sent: its version is exhausted. To repair it: syncline check --repair {replica.path}"
    )
    replica.connection.execute("UPDATE item SET n = 5 WHERE id = 0")
    assert 0 not in sent(replica), "its other columns wait with it"
    replica.connection.execute("DELETE FROM item WHERE id = 0; INSERT INTO item (id, name) VALUES (0, 'anew')")
    assert sent(replica) == {*range(many), 1000}, "in a new life it counts from the beginning"
    assert not replica.waiting


def test_a_causal_length_freezes_alone(replica: Replica) -> None:
    replica.merge([change(0, cl=HIGHEST), change(1)])
    assert sent(replica) == {0, 1}
    replica.connection.execute("DELETE FROM item")
    assert sent(replica) == {1}
    assert "row 0 cannot be sent: its version is exhausted" in str(replica.waiting)


@pytest.mark.parametrize(
    ("field", "number"),
    [(f, n) for f in ("col_version", "seq") for n in (MAX_VERSION, MAX_READ - 1, 2**63 - 1, -1, 9.3e18, "x")]
    + [("cl", n) for n in (MAX_VERSION + 1, MAX_READ - 1)],
)
@pytest.mark.parametrize("many", [3, 300])
def test_whatever_a_file_holds(replica: Replica, field: str, number: object, many: int) -> None:
    """Written by somebody who took more than peers do now, or who meddled: read one by one, and together."""
    with replica.connection:
        for row in range(many):
            replica.connection.execute("INSERT INTO item VALUES (?, 'name', ?, 'extra')", (row, row))
    clock = "item__crsql_clock"
    if field == "cl":
        replica.connection.execute(f"INSERT INTO {clock} VALUES (2, '-1', ?, 1, 0, 0)", (number,))
    else:
        replica.connection.execute(f"UPDATE {clock} SET {field} = ? WHERE key = 2 AND col_name = 'n'", (number,))
    assert sent(replica) == {*range(many)} - {1}
    assert "row 1 cannot be sent: its version is exhausted" in str(replica.waiting)
    [finding] = replica.check()
    assert (finding.damage, finding.count) == (Damage.USED_UP, 1)
    assert replica.repair() == [finding]
    assert replica.check() == []
    assert sent(replica) == {*range(many)}
    assert rows(replica)[1] == (1, "text", "name", "integer", 1, "text", "extra")
    replica.connection.execute("UPDATE item SET n = 7 WHERE id = 1; DELETE FROM item WHERE id = 1")
    assert not replica.waiting
    with make_replica(replica.path.with_name("other.db")) as other:
        sync(replica, other)
        assert rows(other) == rows(replica)


def test_the_rule_for_causal_lengths() -> None:
    """Odd or even as before; and in the order of those near it, wherever somebody may have begun to count."""
    import apsw

    db = apsw.Connection(":memory:")

    def lowered(length: float) -> int:
        found: int = db.execute(
            f"SELECT {used_up.lowered('col_version')} FROM (SELECT ? AS col_version)", (length,)
        ).get
        return found

    for start in (FAR, MAX_VERSION, MAX_READ, 2**60, 2**54 - 3):
        near = [lowered(start + n) for n in range(-5, 6)]
        assert near == list(range(near[0], near[0] + 11))
        assert all((start + n) % 2 == length % 2 for n, length in zip(range(-5, 6), near, strict=True))
    for length in (2**63 - 1, -1, 9.3e18, FAR + 12345):
        assert 0 < lowered(length) < FAR
        assert lowered(lowered(length)) > 0


def spoil(replica: Replica, choose: random.Random) -> None:
    """Versions as they were taken once."""
    high = choose.choice([FAR, MAX_VERSION - 2, MAX_VERSION, MAX_READ - 1, 2**61 + 12345]) + choose.randrange(4)
    clock = "item__crsql_clock"
    if choose.random() < 0.5:
        where = f"col_name IN ('name', 'n') AND key % 3 = {choose.randrange(3)}"
        replica.connection.execute(f"UPDATE {clock} SET col_version = ? WHERE {where}", (high,))
    else:
        replica.connection.execute(
            f"INSERT INTO {clock} SELECT DISTINCT key, '-1', ?, db_version, 0, 0 FROM {clock}"
            f" WHERE key % 3 = {choose.randrange(3)} AND NOT EXISTS"
            f" (SELECT 1 FROM {clock} AS s WHERE s.key = {clock}.key AND s.col_name = '-1')",
            (high | 1,),
        )


def write(replica: Replica, choose: random.Random) -> None:
    row, value = choose.randrange(9), f"v{choose.randrange(99)}"
    sql = choose.choice(
        [
            "INSERT OR REPLACE INTO item (id, name) VALUES (?1, ?2)",
            "UPDATE item SET name = ?2 WHERE id = ?1",
            "UPDATE item SET n = ?1, name = ?2 WHERE id = ?1",
            "DELETE FROM item WHERE id = ?1",
        ]
    )
    replica.connection.execute(sql, (row, value)[: 1 if "?2" not in sql else 2])


def test_what_lost_to_a_length_so_high_is_asked_for_again(replica: Replica) -> None:
    """The clock of the peer has passed it when the length is made lower, and then it should win."""
    with make_replica(replica.path.with_name("other.db")) as other:
        write_row(other, 0)
        sync(replica, other)
        for one in (replica, other):
            one.connection.execute("DELETE FROM item")
            one.connection.execute("UPDATE item__crsql_clock SET col_version = ? WHERE col_name = '-1'", (2**60,))
        write_row(other, 0)
        other.repair()
        sync(replica, other)
        assert rows(replica) == []
        replica.repair()
        sync(replica, other)
        assert len(rows(other)) == 1
        assert rows(replica) == rows(other)


@pytest.mark.soak
def test_all_who_mend_come_out_alike(tmp_path: Path) -> None:
    for case in budget.cases("versions that are used up", seconds=4, at_least=4):
        choose = case.random
        replicas = [make_replica(tmp_path / f"{case.seed}-{n}.db") for n in range(3)]
        pairs = list(itertools.combinations(replicas, 2))
        for row in range(6):
            write_row(replicas[0], row)
        meet(replicas, pairs)
        for _ in range(choose.randrange(1, 3)):
            state = choose.getstate()
            for replica in choose.sample(replicas, choose.randrange(1, 4)):  # perhaps the others were away
                choose.setstate(state)
                spoil(replica, choose)
        for _ in range(choose.randrange(12)):
            write(choose.choice(replicas), choose)
            if choose.random() < 0.3:
                sync(*choose.choice(pairs))
        to_mend = choose.sample(replicas, 3)
        while to_mend:
            if choose.random() < 0.5:
                sync(*choose.choice(pairs))
            else:
                to_mend.pop().repair()
            if choose.random() < 0.3:
                write(choose.choice(replicas), choose)
        for _ in range(2):  # what came from one that had not done it yet
            meet(replicas, pairs)
            for replica in replicas:
                replica.repair()
        meet(replicas, pairs)
        found = [rows(replica) for replica in replicas]
        assert found[0] == found[1] == found[2], case.seed
        for replica in replicas:
            assert (replica.check(), str(replica.waiting)) == ([], ""), case.seed
            replica.close()


def write_row(replica: Replica, row: int) -> None:
    replica.connection.execute("INSERT INTO item VALUES (?, 'name', ?, 'extra')", (row, row))


def meet(replicas: Sequence[Replica], pairs: Sequence[tuple[Replica, Replica]]) -> None:
    for _ in replicas:
        for one, other in pairs:
            sync(one, other)


# The file's own counter


@pytest.mark.parametrize("highest", [MAX_VERSION, MAX_READ - 1, 2**63 - 10])
def test_a_files_counter_that_is_used_up(replica: Replica, highest: int) -> None:
    """What was written before goes on, what comes in too; what is written now waits, and is sent once it is mended."""
    other = make_replica(replica.path.with_name("other.db"))
    replica.connection.execute("INSERT INTO item (id, name) VALUES (1, 'before')")
    replica.connection.execute("INSERT INTO item (id, name) VALUES (2, 'beyond')")
    replica.connection.execute("UPDATE item__crsql_clock SET db_version = ? WHERE db_version = 2", (highest,))
    assert replica.db_version() == MAX_VERSION - 1
    other.connection.execute("INSERT INTO item (id, name) VALUES (3, 'theirs')")
    sync(replica, other)
    replica.connection.execute("INSERT INTO item (id, name) VALUES (4, 'now')")
    sync(replica, other)
    assert [row[0] for row in rows(other)] == [1, 3]
    assert [row[0] for row in rows(replica)] == [1, 2, 3, 4]
    replica.refresh()
    assert str(replica.waiting) == (
        "The file's version counter is exhausted: what is written now cannot be sent."
        f" To repair it: syncline check --repair {replica.path}"
    )
    assert {finding.damage for finding in replica.check()} == {Damage.COUNTER}
    site_id = replica.site_id
    replica.repair()
    assert replica.site_id not in (site_id, other.site_id)
    assert replica.site_id == replica.site_id_on_disk() == replica.connection.execute("SELECT crsql_site_id()").get
    assert replica.db_version() < 10
    assert replica.check() == []
    sync(replica, other)
    assert rows(other) == rows(replica)
    replica.connection.execute("UPDATE item SET name = 'later' WHERE id = 1")
    sync(replica, other)
    assert rows(other) == rows(replica)
    assert not replica.waiting
    other.close()


def test_the_order_of_versions_stays(replica: Replica) -> None:
    for row in range(1, 6):
        write_row(replica, row)
    replica.connection.execute("UPDATE item__crsql_clock SET db_version = db_version + ? WHERE db_version > 2", (FAR,))
    replica.connection.execute("INSERT OR REPLACE INTO crsql_master VALUES ('pre_compact_dbversion', ?)", (FAR * 3,))
    found = {finding.table: finding.count for finding in replica.repair()}
    assert found == {"item": 9, "crsql_master": 1}
    versions = [unpack_columns(change.pk)[0] for change in replica.changes().changes if change.cid == "name"]
    assert versions == [1, 2, 3, 4, 5]
    assert [change.db_version for change in replica.changes().changes if change.cid == "name"] == [1, 2, 3, 4, 5]
    write_row(replica, 6)
    assert replica.db_version() == 6


def test_a_repair_that_fails_takes_all_of_it_back(replica: Replica) -> None:
    write_row(replica, 1)
    db = replica.connection
    db.execute("UPDATE item__crsql_clock SET db_version = ?; UPDATE item__crsql_clock SET col_version = ?", (FAR, FAR))
    db.execute("CREATE TRIGGER nobody BEFORE UPDATE ON crsql_site_id BEGIN SELECT RAISE(ABORT, 'no'); END")
    site_id, before = replica.site_id, db.execute("SELECT * FROM item__crsql_clock").fetchall()
    with pytest.raises(Exception, match="no"):
        replica.repair()
    assert replica.site_id == site_id == db.execute("SELECT crsql_site_id()").get
    assert db.execute("SELECT * FROM item__crsql_clock").fetchall() == before


# The published dialect


def test_published_peers_are_spared_too(replica: Replica) -> None:
    """No frozen row is sent to one, and what it holds so high is refused in words."""
    name = "INSERT OR REPLACE INTO crsql_master VALUES ('schema_name', 'main.sql'), ('schema_version', 7)"
    other = make_replica(replica.path.with_name("other.db"))
    for each in (replica, other):
        each.connection.execute(name)
    replica.merge([change(0, cv=HIGHEST), change(1, cl=HIGHEST)])
    replica.connection.execute("UPDATE item SET name = 'mine'; INSERT INTO item (id) VALUES (2)")
    connect_pair(replica, other).run()
    assert [row[0] for row in rows(other)] == [1, 2]
    replica.connection.execute("DELETE FROM item WHERE id = 0; INSERT INTO item (id, name) VALUES (0, 'anew')")
    connect_pair(replica, other).run()
    assert rows(other) == rows(replica)
    other.close()
