"""Rows that cr-sqlite's own extension gave another key: their cells keep the versions that they had at the old one,
below the clocks of all who hold these. Whoever is sent the new key's sentinel is sent them with it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from engine.change import Change
from engine.replica import Replica
from engine.session import VlcnClientSession, VlcnHubSession
from engine.tables import Span, unpack_columns
from tests import budget
from tests.engine.session.world import End, Wire, own_pair, snapshot
from tests.peers.oracle import CommandFailed, Oracle

WIDE = ", ".join(f"c{n:02}" for n in range(40))
SCHEMAS = {
    "two columns": "CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, c00, c01)",
    "names before the sentinel's": 'CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, "!" DEFAULT 5, "~", c00, c01)',
    "without rowid": "CREATE TABLE t (id INT, k NOT NULL DEFAULT 'k', c00, c01, PRIMARY KEY (k, id)) WITHOUT ROWID",
    "forty columns": f"CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, {WIDE})",
    "only a key": "CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL)",
}
WAYS = ("own", "published client", "published hub")


class File:
    """A file that a program with the extension writes to, and that we sync."""

    def __init__(self, oracle: Oracle, path: Path, schema: str) -> None:
        self.oracle, self.path = oracle, path
        self.native(schema, "SELECT crsql_as_crr('t')")
        with Replica.open(path) as replica:
            self.columns = replica.shapes()[0].columns

    def native(self, *statements: str) -> None:
        with self.oracle.open(self.path) as db:
            for sql in statements:
                db.exec(sql)

    def insert(self, key: int, text: str) -> str:
        names = "".join(f', "{name}"' for name in self.columns)
        return f"INSERT INTO t (id{names}) VALUES ({key}{f', {text!r}' * len(self.columns)})"

    def rows(self) -> list[object]:
        with Replica.open(self.path) as replica:
            return list(replica.live_rows("t"))


@pytest.fixture(params=SCHEMAS)
def pair(request: pytest.FixtureRequest, oracle: Oracle, tmp_path: Path) -> tuple[File, File]:
    one, other = (File(oracle, tmp_path / name, SCHEMAS[request.param]) for name in ("one.db", "other.db"))
    return one, other


def connect(one: Replica, other: Replica, way: str) -> Wire:
    """Connect two replicas in one of the dialects; the first one is the sender that matters."""
    if way == "own":
        return own_pair(one, other)
    client, hub = (one, other) if way == "published client" else (other, one)
    return Wire(
        End(client, VlcnClientSession(snapshot(client), now=lambda: 0.0)),
        End(hub, VlcnHubSession(snapshot(hub), now=lambda: 0.0)),
    )


def sync(one: File, other: File, way: str) -> None:
    with Replica.open(one.path) as here, Replica.open(other.path) as there:
        wire = connect(here, there, way)
        wire.run()
        assert all(end.closed is None for end in wire.ends)


@pytest.mark.parametrize("way", WAYS)
def test_a_row_that_was_moved(pair: tuple[File, File], way: str) -> None:
    one, other = pair
    one.native(one.insert(1, "first"), one.insert(2, "second"))
    sync(one, other, way)
    one.native("UPDATE t SET id = 10 WHERE id = 1")
    sync(one, other, way)
    assert other.rows() == one.rows()
    one.native("UPDATE t SET id = 11 WHERE id = 10", "UPDATE t SET id = 12 WHERE id = 11")
    sync(one, other, way)
    assert other.rows() == one.rows()
    assert len(one.rows()) == 2


@pytest.mark.parametrize("way", WAYS)
def test_no_filter_hides_what_the_other_side_wrote_at_the_old_key(pair: tuple[File, File], way: str) -> None:
    one, other = pair
    other.native(other.insert(1, "theirs"))
    sync(one, other, way)
    one.native("UPDATE t SET id = 10")
    sync(one, other, way)
    assert other.rows() == one.rows()


@pytest.mark.parametrize("way", WAYS)
def test_written_there_and_moved_here_within_a_connection(pair: tuple[File, File], way: str) -> None:
    """The cells came over this very connection, at the old key."""
    one, other = pair
    with Replica.open(one.path) as here, Replica.open(other.path) as there:
        wire = connect(here, there, way)
        wire.run()
        there.connection.execute(other.insert(1, "theirs"))
        for end in wire.ends:
            end.local()
        wire.run()
        assert list(here.live_rows("t")) == list(there.live_rows("t")) != []
        one.native("UPDATE t SET id = 10")
        for end in wire.ends:
            end.local()
        wire.run()
        assert [key[-1] for key, _ in here.live_rows("t")] == [10]
        assert list(there.live_rows("t")) == list(here.live_rows("t"))


def in_parts(replica: Replica, since: int, changes: int, size: int) -> list[Change]:
    """A range read in parts, each by a reader of its own."""
    span, place, found = Span(since, None, ("t",)), b"", []
    while True:
        part = replica.part(span, place=place, changes=changes, size=size)
        assert len(part.changes) <= changes
        found += part.changes
        if not part.place:
            return found
        span, place = Span(since, part.until, ("t",)), part.place


@pytest.mark.parametrize("around", [0, 3, budget.pick(40, 200)])
def test_cut_anywhere(pair: tuple[File, File], around: int) -> None:
    """Every part is bounded, also in the middle of a moved row, and together they are the range."""
    one, other = pair
    one.native("BEGIN", *(one.insert(1000 + n, "around") for n in range(around)), one.insert(1, "x" * 50), "COMMIT")
    sync(one, other, "own")
    later = [f"UPDATE t SET {name} = 'new' WHERE id = 11" for name in one.columns if name == "c01"]
    others = [one.insert(5000 + n, "around") for n in range(around)]
    one.native("BEGIN", *others, "UPDATE t SET id = 11 WHERE id = 1", "COMMIT", *later)
    with Replica.open(one.path) as here:
        whole = here.changes(1).changes
        moved = [change.cid for change in whole if unpack_columns(change.pk)[-1] == 11]
        assert sorted(moved) == sorted(("-1", *one.columns))
        for changes, size in ((1, 1 << 20), (2, 1 << 20), (7, 1 << 20), (10_000, 1), (10_000, 300), (10_000, 1 << 20)):
            parts = in_parts(here, 1, changes, size)
            assert sorted(map(repr, parts)) == sorted(map(repr, whole)), (changes, size)


def test_moved_rows_among_many(pair: tuple[File, File]) -> None:
    """Those read many at once: some of a thousand rows were moved, at once and one by one."""
    one, other = pair
    one.native("BEGIN", *(one.insert(n, f"row {n}") for n in range(1, 1001)), "COMMIT")
    sync(one, other, "own")
    moves = (f"UPDATE t SET id = -{n} WHERE id = {n}" for n in (3, 4))
    one.native("UPDATE t SET id = id + 5000 WHERE id % 50 = 0", *moves)
    one.native("BEGIN", *(one.insert(n, f"row {n}") for n in range(2001, 3001)), "COMMIT")
    sync(one, other, "own")
    assert other.rows() == one.rows()
    assert len(one.rows()) == 2000


@pytest.mark.parametrize("way", WAYS)
def test_any_history(oracle: Oracle, tmp_path: Path, way: str) -> None:
    """Inserts, updates, moves and deletions by the extension, synced now and then to one who only listens."""
    for case in budget.cases(f"moved rows: {way}", seconds=2, at_least=3):
        choose = case.random
        schema = choose.choice([schema for schema in SCHEMAS.values() if "c01" in schema])
        one, other = (File(oracle, tmp_path / f"{case.seed}-{way[:11]}-{n}.db", schema) for n in range(2))
        for _ in range(4):
            script = []
            for _ in range(choose.randrange(1, 8)):
                key, to, column = choose.randrange(8), choose.randrange(8), choose.choice(["c00", "c01"])
                script.append(
                    choose.choice(
                        [
                            one.insert(key, f"v{choose.randrange(99)}"),
                            f"UPDATE t SET {column} = 'u{choose.randrange(99)}' WHERE id = {key}",
                            f"UPDATE t SET id = {to} WHERE id = {key}",
                            f"DELETE FROM t WHERE id = {key}",
                        ]
                    )
                )
            for sql in script:
                with suppress(CommandFailed):  # the key is taken
                    one.native(sql)
            sync(one, other, way)
            assert other.rows() == one.rows(), (case.seed, script)
