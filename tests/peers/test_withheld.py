"""Rows that cannot be sent, with the published programs at the other end, and in the file itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.change import MAX_VERSION
from engine.replica import Replica
from engine.wire.schema_hash import cryb64
from tests.engine.live import make_file, write, writing
from tests.engine.programs import Command
from tests.peers.oracle import Oracle
from tests.peers.stock_client import StockClient
from tests.peers.stock_server import StockServer
from tests.ports import free_port

SCHEMA = """CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY NOT NULL, name TEXT, n INTEGER);
CREATE TABLE IF NOT EXISTS word (id TEXT PRIMARY KEY NOT NULL, v TEXT);
SELECT crsql_as_crr('item');
SELECT crsql_as_crr('word');
"""
IDENTITY = f"""INSERT INTO crsql_master (key, value) VALUES
('schema_name', 'main.sql'), ('schema_version', {cryb64(SCHEMA)});"""
ITEMS, WORDS = "SELECT id, name, n FROM item ORDER BY id", "SELECT id, v FROM word ORDER BY id"
HIGHEST = MAX_VERSION - 1
BAD = "CAST(x'4aff' AS TEXT)"
KEY = "key = (SELECT __crsql_key FROM item__crsql_pks WHERE id = {})"
Rows = list[tuple[Any, ...]]


@pytest.fixture
def syncline(tmp_path: Path) -> Command:
    return Command(tmp_path / "home")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file in which the version of a cell is the last that can be sent."""
    path = make_file(tmp_path / "hub" / "room", SCHEMA + IDENTITY)
    with writing(path) as db:
        for number in range(1, 8):
            db.execute("INSERT INTO item VALUES (?, 'name', 1)", (number,))
        db.execute("INSERT INTO word VALUES ('good', 'v'), ('bad', 'v')")
        db.execute(f"UPDATE item__crsql_clock SET col_version = {HIGHEST} WHERE col_name = 'name' AND {KEY.format(4)}")
    return path


BEFORE: Rows = [(number, "name", 1) for number in range(1, 8)]


def spoil(path: Path, oracle: Oracle) -> None:
    """Text that is none, in a key and beside it, by the published extension; a write and a deletion too many."""
    with oracle.open(path, create=False) as db:
        db.exec(f"UPDATE item SET name = {BAD} WHERE id = 3")
        db.exec("UPDATE item SET name = 'mine' WHERE id = 4")
        length = f"key, '-1', {HIGHEST}, db_version, 0, 0 FROM item__crsql_clock WHERE col_name = 'n'"
        db.exec(f"INSERT INTO item__crsql_clock SELECT {length} AND {KEY.format(5)}")
        db.exec("DELETE FROM item WHERE id = 5")
        db.exec(f"UPDATE word SET id = {BAD} WHERE id = 'bad'")
        db.exec("INSERT INTO item VALUES (8, 'good', 1)")


def by_us(path: Path, oracle: Oracle, sql: str) -> None:
    write(path, sql)


def by_the_extension(path: Path, oracle: Oracle, sql: str) -> None:
    with oracle.open(path, create=False) as db:
        db.exec(sql)


Writer = Callable[[Path, Oracle, str], None]


def rows_of(path: Path) -> tuple[Rows, Rows]:
    """All of both tables."""
    with Replica.open(path, readonly=True) as replica:
        return replica.connection.execute(ITEMS).fetchall(), replica.connection.execute(WORDS).fetchall()


class OurHub:
    """The published client on ``syncline serve``."""

    def __init__(self, syncline: Command, file: Path) -> None:
        self._syncline, self._file, self._port = syncline, file, free_port()
        self._client: StockClient | None = None

    def sync(self, items: Rows, words: Rows) -> str:
        """Sync until the other end holds these rows; what was said meanwhile of those that cannot be sent."""
        options = ("--port", str(self._port), "--log-json")
        with self._syncline.running("serve", self._file.parent, *options) as hub:
            if self._client is None:
                self._client = StockClient(f"ws://127.0.0.1:{self._port}/sync", "room", SCHEMA)
            else:
                self._client.start()
            self._client.wait(ITEMS, items)
            self._client.wait(WORDS, words)
            self._client.stop()
        assert not [event for event in self._client.events if "Exception" in event["event"]]
        return hub.err

    def close(self) -> None:
        if self._client is not None:
            self._client.close()


class OurLink:
    """``syncline sync`` with the published server."""

    def __init__(self, syncline: Command, file: Path) -> None:
        self._syncline, self._file = syncline, file
        schemas, rooms = file.parents[1] / "schemas", file.parents[1] / "rooms"
        schemas.mkdir()
        rooms.mkdir()
        (schemas / "main.sql").write_text(SCHEMA, encoding="utf-8")
        self._server = StockServer(schemas, rooms)

    def sync(self, items: Rows, words: Rows) -> str:
        """As there."""
        out = self._syncline("sync", self._file, self._server.url)
        self._server.wait("room", ITEMS, items)
        self._server.wait("room", WORDS, words)
        return out

    def close(self) -> None:
        self._server.close()


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "writer"), [(OurHub, by_the_extension), (OurLink, by_us)])
def test_the_others_go_on_and_these_go_once_they_can(
    oracle: Oracle, syncline: Command, file: Path, kind: type[OurHub | OurLink], writer: Writer
) -> None:
    other = kind(syncline, file)
    try:
        assert "cannot be sent" not in other.sync(BEFORE, [("bad", "v"), ("good", "v")])
        spoil(file, oracle)
        said = other.sync([*BEFORE, (8, "good", 1)], [("good", "v")])
        assert "“item”, row 3 cannot be sent: “name” is not valid text." in said
        assert "“item”, row 4 cannot be sent: its version is exhausted." in said
        assert "“item”, row 5 cannot be sent: its version is exhausted." in said
        assert "1 more row cannot be sent." in said

        writer(file, oracle, "UPDATE item SET name = 'Ja' WHERE id = 3")
        writer(file, oracle, f"UPDATE word SET id = 'bad' WHERE id = {BAD}")
        corrected = [row if row[0] != 3 else (3, "Ja", 1) for row in [*BEFORE, (8, "good", 1)]]
        said = other.sync(corrected, [("bad", "v"), ("good", "v")])
        assert "row 3" not in said
        assert "row 4 cannot be sent" in said

        assert "2 rows have exhausted" in syncline("check", "--repair", file)
        items, words = rows_of(file)
        assert items == [row if row[0] != 4 else (4, "mine", 1) for row in corrected if row[0] != 5]
        assert "cannot be sent" not in other.sync(items, words)
    finally:
        other.close()


def test_the_published_engine_agrees_with_what_was_repaired(oracle: Oracle, syncline: Command, file: Path) -> None:
    """One that knew the rows before, one that is new, and the file itself, whoever writes next."""
    knew, new = oracle.open(), oracle.open()
    for db in (knew, new):
        db.exec(SCHEMA)
    with oracle.open(file, create=False) as db:
        knew.apply(db.changes())
    spoil(file, oracle)
    write(file, "UPDATE item SET name = 'Ja' WHERE id = 3")
    write(file, f"UPDATE word SET id = 'bad' WHERE id = {BAD}")
    write(file, "INSERT INTO item VALUES (9, 'of the counter', 1)")
    write(file, "UPDATE item__crsql_clock SET db_version = ? WHERE db_version = (SELECT max(db_version) FROM"
          " item__crsql_clock)", MAX_VERSION)  # fmt: skip
    syncline("check", "--repair", file)
    assert syncline("check", file) == f"{file} is intact.\n"
    repaired = rows_of(file)
    with oracle.open(file, create=False) as db:
        for other in (knew, new):
            other.apply(db.changes())
            assert (other.exec(ITEMS), other.exec(WORDS)) == repaired
        knew.exec("UPDATE item SET name = 'theirs' WHERE id = 4")
        knew.exec("INSERT INTO item VALUES (5, 'again', 1)")
        db.exec("UPDATE item SET n = 7 WHERE id = 9")
        for one, another in ((knew, db), (db, knew), (db, new)):
            another.apply(one.changes())
        assert knew.exec(ITEMS) == new.exec(ITEMS) == db.exec(ITEMS)
        assert [row[1] for row in db.exec(ITEMS) if row[0] in (4, 5)] == ["theirs", "again"]
    with Replica.open(file) as ours:
        assert (ours.check(), str(ours.waiting)) == ([], "")
        fresh = oracle.open()
        fresh.exec(SCHEMA)
        fresh.apply(ours.changes().changes)
        assert fresh.exec(ITEMS) == knew.exec(ITEMS)
    for db in (knew, new, fresh):
        db.close()
