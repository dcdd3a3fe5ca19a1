"""Faults that others have met, reproduced against ours: real files, sessions without I/O."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from engine.change import Change
from engine.replica import Replica
from engine.tables import Received, pack_columns
from tests.engine.session.world import make_replica, own_pair, rows

CELLS = int(os.environ.get("SYNCLINE_CELLS", 20_000))
"""Cells that share one (db_version, seq). A million takes a few minutes: SYNCLINE_CELLS=1000000."""

AUTHOR = bytes(range(16))


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Replica, Replica]]:
    one, other = make_replica(tmp_path / "one.db"), make_replica(tmp_path / "other.db")
    yield one, other
    one.close()
    other.close()


def wide_version(replica: Replica, cells: int) -> None:
    """Merge that many cells that all came with one seq: they get one (db_version, seq)."""
    replica.merge(
        (Change("item", pack_columns((row,)), "name", "x", 1, 1, AUTHOR, 1, 7) for row in range(cells)),
        received=Received(AUTHOR, 1),
    )


def test_many_cells_with_one_version_and_seq(pair: tuple[Replica, Replica]) -> None:
    """(db_version, seq) is no position: a stream that goes on from one would lose the rest, or never get past it."""
    one, other = pair
    wide_version(one, CELLS)
    positions = "SELECT count(*), count(DISTINCT db_version || ' ' || seq) FROM item__crsql_clock"
    assert one.connection.execute(positions).get == (CELLS, 1)
    wire = own_pair(one, other)
    clocks = set()
    rng = random.Random(2)
    while wire.step(rng):
        clock = other.received_clock(one.site_id)
        if clock not in clocks:
            clocks.add(clock)
            held = other.connection.execute("SELECT count(*) FROM item").get
            assert clock == 0 or held == CELLS, "a clock is ahead of its data"
    assert clocks == {0, one.db_version()}
    assert rows(one) == rows(other)


@pytest.mark.parametrize("seed", range(5))
def test_many_cells_with_one_version_and_seq_cut_again_and_again(pair: tuple[Replica, Replica], seed: int) -> None:
    """However often it is cut: no clock before everything is there, and in the end everything is."""
    one, other = pair
    wide_version(one, 5_000)
    rng = random.Random(seed)
    for _ in range(6):
        wire = own_pair(one, other)
        for _ in range(rng.randrange(5, 25)):
            wire.step(rng)
            held = other.connection.execute("SELECT count(*) FROM item").get
            assert other.received_clock(one.site_id) == 0 or held == 5_000
    own_pair(one, other).run()
    assert rows(one) == rows(other)
    assert other.received_clock(one.site_id) == one.db_version()


def test_a_range_that_is_rewritten_while_it_is_read(pair: tuple[Replica, Replica]) -> None:
    """Cells leave the range upward between two reads; they come with the next one, and nothing joins from below."""
    one, other = pair
    for first in range(0, 12_000, 1_000):
        with one.connection as db:
            ids = range(first, first + 1_000)
            db.executemany("INSERT INTO item VALUES (?, 'old', 1, NULL)", [(number,) for number in ids])
    rng = random.Random(3)
    wire = own_pair(one, other)
    rewritten = checked = 0
    for step in range(100_000):
        if step % 5 == 0 and rewritten < 30:
            rewritten += 1
            what = rng.randrange(3)
            row = rng.randrange(12_000)
            if what == 0:
                one.connection.execute("UPDATE item SET name = 'new' WHERE id BETWEEN ? AND ?", (row, row + 50))
            elif what == 1:
                one.connection.execute("DELETE FROM item WHERE id = ?", (row,))
            else:
                one.connection.execute("INSERT OR IGNORE INTO item (id, name) VALUES (?, 'more')", (20_000 + row,))
            wire.ends[0].local()
        if not wire.step(rng):
            break
        clock = other.received_clock(one.site_id)
        if clock > checked:
            lacking = [cell for cell in item_cells(one, checked, clock) if not holds(other, cell)]
            assert lacking == [], "a clock is ahead of its data"
            checked = clock
    assert rewritten == 30
    assert rows(one) == rows(other)
    assert wire.ends[0].session.in_sync


def item_cells(replica: Replica, since: int, until: int) -> list[tuple[int, str, int]]:
    """(row, column, version) of what the file holds now in (since, until]."""
    return list(
        replica.connection.execute(
            "SELECT p.id, c.col_name, c.col_version FROM item__crsql_clock AS c"
            " JOIN item__crsql_pks AS p ON p.__crsql_key = c.key WHERE c.db_version > ? AND c.db_version <= ?",
            (since, until),
        )
    )


def holds(replica: Replica, cell: tuple[int, str, int]) -> bool:
    """Whether the file has the cell in this version or a later one, or has seen its row deleted."""
    return (
        replica.connection.execute(
            "SELECT 1 FROM item__crsql_pks AS p JOIN item__crsql_clock AS c ON c.key = p.__crsql_key"
            " WHERE p.id = ?1 AND (c.col_name = ?2 AND c.col_version >= ?3 OR c.col_name = '-1') LIMIT 1",
            cell,
        ).fetchone()
        is not None
    )


def test_two_that_rewrite_the_same_cells_at_once(pair: tuple[Replica, Replica]) -> None:
    """Both send while both write: it ends, equal, and without endless echo."""
    one, other = pair
    for replica in pair:
        with replica.connection as db:
            db.executemany("INSERT INTO item VALUES (?, ?, 1, NULL)", [(n, replica.path.name) for n in range(2_000)])
    wire = own_pair(one, other)
    rng = random.Random(4)
    for round_ in range(10):
        for end in wire.ends:
            end.replica.connection.execute("UPDATE item SET n = n + ?", (round_,))
            end.local()
        for _ in range(rng.randrange(5, 40)):
            wire.step(rng)
    wire.run(rng)
    assert rows(one) == rows(other)
    assert wire.ends[0].session.in_sync
    made = 2 * (2_000 * 3 + 10 * 2_000)
    assert sum(end.changes_sent for end in wire.ends) <= made


def test_a_peer_restored_from_a_backup(pair: tuple[Replica, Replica]) -> None:
    """Its numbers are used a second time: refused on both sides, until it is a replica of its own; then it heals."""
    one, other = pair
    one.connection.execute("INSERT INTO item (id, name) VALUES (1, 'kept')")
    own_pair(one, other).run()
    backup = apsw.Connection(":memory:")
    with backup.backup("main", one.connection, "main") as copying:
        copying.step()
    for number in range(2, 12):
        one.connection.execute("INSERT INTO item (id, name) VALUES (?, 'lost')", (number,))
    own_pair(one, other).run()

    with one.connection.backup("main", backup, "main") as copying:
        copying.step()
    wire = own_pair(one, other)
    wire.run()
    for end in wire.ends:
        assert end.closed is not None
        assert not end.closed.retry
        assert "restored from an older copy" in end.closed.reason
    assert len(rows(other)) == 11

    one.connection.execute("UPDATE crsql_site_id SET site_id = ? WHERE ordinal = 0", (bytes(16),))
    one.close()
    with Replica.open(one.path) as again:
        again.connection.execute("INSERT INTO item (id, name) VALUES (50, 'new')")
        own_pair(again, other).run()
        assert rows(again) == rows(other)
        assert len(rows(again)) == 12


@pytest.fixture
def three(tmp_path: Path) -> Iterator[tuple[Replica, Replica, Replica]]:
    one, hub, other = (make_replica(tmp_path / f"{name}.db") for name in ("one", "hub", "other"))
    yield one, hub, other
    for replica in (one, hub, other):
        replica.close()


def in_sync(*replicas: Replica) -> None:
    """Twice over the chain, so that everything has come from end to end."""
    for _ in range(2):
        for one, other in itertools.pairwise(replicas):
            wire = own_pair(one, other)
            wire.run()
            assert [end.closed for end in wire.ends] == [None, None]
    assert len({replica.digests() for replica in replicas}) == 1
    for one, other in itertools.pairwise(replicas):
        assert one.received_clock(other.site_id) == other.db_version()
        assert other.received_clock(one.site_id) == one.db_version()


def test_a_column_rename_staggered_over_three_peers(three: tuple[Replica, Replica, Replica]) -> None:
    """Everybody writes all the time; the column waits on each link until both ends have its new name, and nothing is
    lost."""
    for number, replica in enumerate(three):
        replica.connection.execute("INSERT INTO item (id, name, n) VALUES (?, 'before', 1)", (number,))
    in_sync(*three)
    renamed: list[Replica] = []
    for number, replica in enumerate(three):
        with replica.altering("item") as db:
            db.execute("ALTER TABLE item RENAME COLUMN n TO amount")
        renamed.append(replica)
        for row, writer in enumerate(three):
            column = "amount" if writer in renamed else "n"
            sql = f"INSERT INTO item (id, name, {column}) VALUES (?, 'during', ?)"
            writer.connection.execute(sql, (10 * (number + 1) + row, number))
            writer.connection.execute(f"UPDATE item SET {column} = {column} + 1 WHERE id = ?", (row,))
        for one, other in itertools.pairwise(three):
            wire = own_pair(one, other)
            wire.run()
            told = ["stays on" in end.session.note for end in wire.ends]
            assert told == [(one in renamed) != (other in renamed)] * 2
    in_sync(*three)
    found = three[0].connection.execute("SELECT id, amount FROM item ORDER BY id").fetchall()
    assert [row for row, _ in found] == [0, 1, 2, *range(10, 13), *range(20, 23), *range(30, 33)]
    assert all(amount is not None for _, amount in found)


def test_a_table_that_appears_on_one_side_later(three: tuple[Replica, Replica, Replica]) -> None:
    """It is left out, named, as long as a side lacks it, and comes whole afterwards, also through a hub."""
    one, hub, other = three
    one.connection.execute("INSERT INTO item (id, name) VALUES (1, 'a')")
    in_sync(*three)
    for number, replica in enumerate((one, other, hub)):
        replica.connection.execute("CREATE TABLE note (id INTEGER PRIMARY KEY NOT NULL, text)")
        replica.connection.execute("INSERT INTO note VALUES (?, 'there before it was synced')", (number,))
        replica.make_crr("note")
        replica.connection.execute("INSERT INTO note VALUES (?, 'written since')", (10 + number,))
        one.connection.execute("INSERT INTO item (id, name) VALUES (?, 'b')", (10 + number,))
        for left, right in itertools.pairwise(three):
            wire = own_pair(left, right)
            wire.run()
            told = ["note" in end.session.note for end in wire.ends]
            assert told == [("note" in left.synced_tables()) != ("note" in right.synced_tables())] * 2
    in_sync(*three)
    assert other.connection.execute("SELECT count(*) FROM note").get == 6
    assert other.connection.execute("SELECT count(*) FROM item").get == 4
