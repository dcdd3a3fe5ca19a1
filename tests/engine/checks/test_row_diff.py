"""Which rows differ: found over real sockets, in few bytes, and named with what each side has."""

from __future__ import annotations

import random
import shutil
from itertools import pairwise
from pathlib import Path

import apsw
import pytest

from engine.api import Engine
from engine.checks.repair import Side
from engine.checks.row_diff import RowDifference
from engine.checks.verify import verify
from engine.replica import Replica, table_digests
from engine.session import Verdict
from engine.session.row_queries import answer
from engine.sqlite.steps import at_once, step
from engine.tables import Received, pack_columns, unpack_columns
from engine.wire import Values, ValuesRequest
from tests import budget
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, write

ITEMS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})"


def twins(one: Path, other: Path, rows: int) -> None:
    """Two files with the same rows, in sync with each other."""
    make_file(one)
    write(one, ITEMS.format(rows) + " INSERT INTO item SELECT i, 'name ' || i, i * 7, NULL FROM n")
    other.parent.mkdir(exist_ok=True)
    shutil.copyfile(one, other)
    with Replica.open(other) as replica:
        replica.new_site_id()
    with Replica.open(one) as a, Replica.open(other) as b:
        for here, there in ((a, b), (b, a)):
            here.merge((), received=Received(there.site_id, there.db_version(), 0, ("item",)))
            here.record_sent(there.site_id, here.db_version())


def untracked(path: Path, *statements: str) -> None:
    """Writes that no trigger records, as when stock's sync bit is stuck."""
    with Replica.open(path) as replica:
        replica._state.sync_bit = 1
        for sql in statements:
            replica.connection.execute(sql)
        replica._state.sync_bit = 0


async def connected(client: Engine, server: Engine, one: Path, room: Path) -> str:
    hub = await server.serving.start(room.parent)
    peer = await add_peer(client, one, hub.url)
    await client.peers.wait_in_sync(timeout=PATIENCE)
    return peer


def traffic(client: Engine, peer: str) -> int:
    attempt = client._links[peer].attempt
    assert attempt is not None
    assert attempt.driver is not None
    return attempt.driver.traffic.bytes_in + attempt.driver.traffic.bytes_out


@on_loop
async def test_rows_are_named_with_what_each_side_has(tmp_path: Path) -> None:
    one, room = tmp_path / "a.db", tmp_path / "hub" / "room"
    twins(one, room, 2_000)
    untracked(one, "UPDATE item SET name = 'mine' WHERE id = 700", "DELETE FROM item WHERE id = 1234")
    untracked(room, "UPDATE item SET n = 1.0, extra = 1 WHERE id = 701", "INSERT INTO item (id) VALUES (-5)")
    async with plain_engine() as server, plain_engine() as client:
        peer = await connected(client, server, one, room)
        found = await client.checks.verify(peer, timeout=PATIENCE)
        assert found.verdict is Verdict.DIFFERENT
        assert found.summary == "different: 4 rows in item"
        [table] = found.tables
        assert (table.here, table.there, table.more) == (1_999, 2_001, False)
        shown = [(row.key, row.differing, row.here, row.there) for row in found.differing]
        assert sorted(shown) == [
            ((-5,), (), None, (None, None, None)),
            ((700,), ("name",), (None, 4900, "mine"), (None, 4900, "name 700")),
            ((701,), ("extra", "n"), (None, 4907, "name 701"), (1, 1, "name 701")),
            ((1234,), (), None, (None, 8638, "name 1234")),
        ]
        assert [row.columns for row in found.differing] == [("extra", "n", "name")] * 4


@on_loop
async def test_where_all_differ_some_are_named(tmp_path: Path) -> None:
    one, room = tmp_path / "a.db", tmp_path / "hub" / "room"
    twins(one, room, 5_000)
    untracked(one, "DELETE FROM item")
    async with plain_engine() as server, plain_engine() as client:
        peer = await connected(client, server, one, room)
        found = await verify(client._links[peer], PATIENCE, named=100)
        assert found.summary == "different: 100 rows or more in item"
        assert {row.here for row in found.differing} == {None}
        assert [row.key for row in found.differing] == [(number,) for number in range(1, 101)]


@on_loop
async def test_rows_that_are_too_large_are_named(tmp_path: Path) -> None:
    one, room = tmp_path / "a.db", tmp_path / "hub" / "room"
    twins(one, room, 3)
    untracked(one, "UPDATE item SET extra = 1 WHERE id = 2")
    untracked(room, "UPDATE item SET extra = zeroblob(2000000) WHERE id > 1")
    async with plain_engine() as server, plain_engine() as client:
        peer = await connected(client, server, one, room)
        found = await client.checks.verify(peer, timeout=PATIENCE)
        assert [(row.key, row.there) for row in found.differing] == [((2,), ()), ((3,), ())]


SPELLED = """
CREATE TABLE one (id NOT NULL PRIMARY KEY, v);
CREATE TABLE two (a NOT NULL, b ANY NOT NULL COLLATE NOCASE, v, PRIMARY KEY (b, a)) WITHOUT ROWID;
SELECT crsql_as_crr('one');
SELECT crsql_as_crr('two');
"""


def spelled(path: Path, *keys: object, name: str = "x", value: object = "") -> Path:
    """A file with rows whose keys are written so."""
    make_file(path, SPELLED)
    for key in keys:
        write(path, "INSERT INTO one VALUES (?, ?)", key, value)
        write(path, "INSERT INTO two VALUES (?, ?, ?)", key, name, value)
    return path


def as_tuple(row: RowDifference) -> tuple[object, ...]:
    return row.table, repr(row.key), None if row.key_there is None else repr(row.key_there), row.differing


@on_loop
async def test_keys_that_are_one_number_in_two_spellings(tmp_path: Path) -> None:
    """Both sides keep their own: the row is named, once, with both, and with what else differs."""
    one = spelled(tmp_path / "a.db", 1, 2.0, 3, 0, -0.0 + 5, 2**53, "1", b"1")
    room = spelled(tmp_path / "hub/room", 1.0, 2, 3, -0.0, 5, float(2**53), "1", b"1")
    async with plain_engine() as server, plain_engine() as client:
        peer = await connected(client, server, one, room)
        untracked(room, "UPDATE one SET v = 'there' WHERE id IN (2, 3)")
        found = await client.checks.verify(peer, timeout=PATIENCE)
        assert sorted(as_tuple(row) for row in found.differing) == [
            ("one", "(0,)", "(-0.0,)", ()),
            ("one", "(1,)", "(1.0,)", ()),
            ("one", "(2.0,)", "(2,)", ("v",)),
            ("one", "(3,)", None, ("v",)),
            ("one", "(5.0,)", "(5,)", ()),
            ("one", f"({2**53},)", f"({float(2**53)},)", ()),
            ("two", "('x', 0)", "('x', -0.0)", ()),
            ("two", "('x', 1)", "('x', 1.0)", ()),
            ("two", "('x', 2.0)", "('x', 2)", ()),
            ("two", "('x', 5.0)", "('x', 5)", ()),
            ("two", f"('x', {2**53})", f"('x', {float(2**53)})", ()),
        ]
        assert found.summary == "different: 11 rows in one, two"
        mine = await client.checks.resolve_rows(peer, found.differing, Side.MINE)
        assert (mine.written, mine.left) == (1, 10)
        assert mine.why.startswith("A row of “one” spells its key differently on the other side")
        await client.peers.wait_in_sync(timeout=PATIENCE)
        theirs = await client.checks.resolve_rows(
            peer, (await client.checks.verify(peer, timeout=PATIENCE)).differing, Side.THEIRS
        )
        assert (theirs.written, theirs.left) == (10, 0)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        assert (await client.checks.verify(peer, timeout=PATIENCE)).verdict is Verdict.IDENTICAL
    assert rows(one, "one") == rows(room, "one")
    assert rows(one, "two") == rows(room, "two")


@on_loop
async def test_minus_zero_is_zero(tmp_path: Path) -> None:
    """In keys as in values, also beside rows that do differ, and in one that differs otherwise."""
    one = spelled(tmp_path / "a.db", 0.0, 1, value=-0.0)
    room = spelled(tmp_path / "hub/room", -0.0, 1, value=0.0)
    async with plain_engine() as server, plain_engine() as client:
        peer = await connected(client, server, one, room)
        assert (await client.checks.verify(peer, timeout=PATIENCE)).verdict is Verdict.IDENTICAL
        untracked(room, "UPDATE one SET v = 'there' WHERE id = 1")
        found = await client.checks.verify(peer, timeout=PATIENCE)
        assert [as_tuple(row) for row in found.differing] == [("one", "(1,)", None, ("v",))]
        untracked(room, "UPDATE one SET v = 'there' WHERE id = 0")
        found = await client.checks.verify(peer, timeout=PATIENCE)
        assert [as_tuple(row)[2:] for row in found.differing] == [(None, ("v",)), (None, ("v",))]


@on_loop
async def test_keys_under_a_collation_are_named_one_by_one(tmp_path: Path) -> None:
    one = spelled(tmp_path / "a.db", 1, name="x")
    room = spelled(tmp_path / "hub/room", 1, name="X")
    async with plain_engine() as server, plain_engine() as client:
        peer = await connected(client, server, one, room)
        found = await client.checks.verify(peer, timeout=PATIENCE)
        assert [(row.key, row.here is None, row.there is None) for row in found.differing] == [
            (("x", 1), False, True),
            (("X", 1), True, False),
        ]


@on_loop
async def test_keys_in_two_spellings_among_many(tmp_path: Path) -> None:
    """Where ranges are cut, and their bounds are such keys."""
    one, room = make_file(tmp_path / "a.db", SPELLED), make_file(tmp_path / "hub/room", SPELLED)
    write(one, ITEMS.format(3_000) + " INSERT INTO one SELECT i, 0 FROM n")
    write(room, ITEMS.format(3_000) + " INSERT INTO one SELECT iif(i % 500, i, i * 1.0), 0 FROM n")
    async with plain_engine() as server, plain_engine() as client:
        peer = await connected(client, server, one, room)
        found = await client.checks.verify(peer, timeout=PATIENCE)
        assert [as_tuple(row) for row in found.differing] == [
            ("one", f"({number},)", f"({number}.0,)", ()) for number in range(500, 3_001, 500)
        ]


KEYS = """
CREATE TABLE mixed (a TEXT NOT NULL COLLATE NOCASE, b NOT NULL, v, PRIMARY KEY (b DESC, a)) WITHOUT ROWID;
SELECT crsql_as_crr('mixed');
"""


def test_ranges_of_any_keys_are_whole(tmp_path: Path) -> None:
    """Cut anywhere, by keys of any type and collation, every row is in exactly one range."""
    path = make_file(tmp_path / "a.db", KEYS)
    values = [-(2**63), -1.5, 0, 1, 2**62, 0.5, "", "a", "B", "b\0", "é", b"", b"\xff"]
    with Replica.open(path) as replica:
        for value in values:
            for text in ("", "x", "Y", "z"):
                replica.connection.execute("INSERT INTO mixed VALUES (?, ?, 1)", (text, value))
        [whole] = replica.digests()
        for rows in (1, 2, 7, 100):
            parts = at_once(table_digests.split(replica, "mixed", b"", b"", rows, 4096))
            assert sum(part.digest.rows for part in parts) == whole.rows == 4 * len(values)
            total = sum(int.from_bytes(part.digest.live) for part in parts) % 2**128
            assert total.to_bytes(16) == whole.live
            bounds = [b"", *(part.high for part in parts)]
            again = at_once(table_digests.ranges(replica, "mixed", bounds))
            assert again == tuple(part.digest for part in parts)
        keys = [key for key, _ in replica.rows_between("mixed", b"", b"")[0]]
        assert keys[0] == pack_columns((-(2**63), ""))
        assert keys[-1] == pack_columns((b"\xff", "z"))
        assert replica.values_at("mixed", [pack_columns((0, "y")), pack_columns((0, "Y"))]) == [None, (1,)]


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
def test_any_ranges_cost_one_pass(tmp_path: Path, encoding: str) -> None:
    """Whatever the bounds, in whatever order, each range is what its rows are, and no row is read twice."""
    path = make_file(tmp_path / "a.db", f"PRAGMA encoding = '{encoding}'; {KEYS}")
    texts = ["", "a", "B", "z", "é", "\uffff", "\U00010000", "Ā"]
    with Replica.open(path) as replica:
        for b in (-(2**63), -1.5, 0, 2**53, 2.0**53 + 2, 2**53 + 1, *texts, *(text.encode() for text in texts)):
            replica.connection.executemany("INSERT INTO mixed VALUES (?, ?, 1)", [(text, b) for text in texts])
        everything = [key for key, _ in replica.rows_between("mixed", b"", b"")[0]]
        rng = random.Random(encoding)
        for count in (0, 1, 2, 5, 300):
            bounds = [rng.choice((b"", *everything, pack_columns((rng.choice(texts), 7)))) for _ in range(count)]
            bounds = [key if not key or len(unpack_columns(key)) == 2 else b"" for key in bounds]
            asked = table_digests.ranges(replica, "mixed", bounds)
            steps, found = 0, None
            while found is None:
                done, result = step(asked)
                steps, found = steps + (not done), result if done else None
            assert steps <= 1
            for (low, high), digest in zip(pairwise(bounds), found, strict=True):
                rows = replica.rows_between("mixed", low, high)[0]
                total = sum(one for _, one in rows) % 2**128
                assert (digest.rows, digest.live) == (len(rows), total.to_bytes(16)), (low, high)


def test_rows_that_are_too_large_are_not_read(tmp_path: Path) -> None:
    path = make_file(tmp_path / "a.db")
    write(path, "INSERT INTO item (id, name, extra) VALUES (1, 'x', zeroblob(3000000)), (2, 'y', 'é'), (3, NULL, NULL)")
    with Replica.open(path) as replica:
        keys = [pack_columns((n,)) for n in range(1, 5)]
        before = apsw.status(apsw.SQLITE_STATUS_MALLOC_SIZE)[1]
        apsw.status(apsw.SQLITE_STATUS_MALLOC_SIZE, True)
        answered = at_once(answer(replica, ValuesRequest(1, "item", tuple(keys * 20))))
        assert apsw.status(apsw.SQLITE_STATUS_MALLOC_SIZE)[1] < 1_000_000 <= before
        rows = [b"", pack_columns(("é", None, "y")), pack_columns((None, None, None)), b""]
        assert answered == Values(1, tuple(zip([True, True, True, False], rows, strict=True)) * 20)


@pytest.mark.slow
def test_one_row_in_a_million(tmp_path: Path) -> None:
    """Under 200 KB; 30,000 rows in a quick run."""
    rows = budget.pick(30_000, 1_000_000)
    one, room = tmp_path / "a.db", tmp_path / "hub" / "room"
    twins(one, room, rows)
    untracked(room, f"UPDATE item SET n = -1 WHERE id = {rows // 3}")

    async def run() -> None:
        async with plain_engine() as server, plain_engine() as client:
            peer = await connected(client, server, one, room)
            before = traffic(client, peer)
            found = await client.checks.verify(peer, timeout=PATIENCE * PATIENCE)
            used = traffic(client, peer) - before
            assert [(row.key, row.differing) for row in found.differing] == [((rows // 3,), ("n",))]
            print(f"{used:,} bytes for one row in {rows:,}")
            assert used < 200_000

    on_loop(run, seconds=60 * PATIENCE)()
