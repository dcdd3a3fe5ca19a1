"""The harness around the published packages works: they sync with each other, nothing of ours between."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.peers.oracle import CommandFailed, Oracle
from tests.peers.process import PeerError
from tests.peers.stock_client import StockClient
from tests.peers.stock_server import StockServer

SCHEMA = """CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY NOT NULL, body TEXT);
SELECT crsql_as_crr('note');
"""
NOTES = "SELECT id, body FROM note ORDER BY id"


def test_oracle_tracks_and_merges(oracle: Oracle) -> None:
    a, b = oracle.open(), oracle.open()
    for db in (a, b):
        db.exec(SCHEMA)
    a.executemany("INSERT INTO note VALUES (?, ?)", [(1, "one"), (2, None)])
    changes = a.changes()
    assert [(c.table, c.pk.hex(), c.cid, c.val, c.db_version, c.cl) for c in changes] == [
        ("note", "010901", "body", "one", 1, 1),
        ("note", "010902", "body", None, 2, 1),
    ]
    assert changes[0].site_id == a.site_id != b.site_id
    assert b.apply(changes) == 2
    assert a.sync(b) == 2
    assert b.exec(NOTES) == a.exec(NOTES) == [(1, "one"), (2, None)]


INTEGERS = [0, -1, 2**53 + 1, 2**63 - 1, -(2**63)]
REALS = [0.0, -0.0, 5.0, 0.1, 1e300, float("inf"), float("-inf")]


@pytest.mark.parametrize("value", [None, *INTEGERS, *REALS, "", "é\0x", b"", b"\0\xff"])
def test_oracle_keeps_values_exact(oracle: Oracle, value: object) -> None:
    with oracle.open() as db:
        ((back, kind),) = db.exec("SELECT ?1, typeof(?1)", [value])  # type: ignore[list-item]
    assert (back, type(back), str(back)) == (value, type(value), str(value))
    names = {type(None): "null", int: "integer", float: "real", str: "text", bytes: "blob"}
    assert kind == names[type(value)]


def test_oracle_batch_goes_on_after_an_error(oracle: Oracle) -> None:
    with oracle.open() as db:
        statements = ("SELECT 1", "SELECT nothing", "SELECT 2.0")
        replies = oracle.batch([db.command("exec", sql=sql) for sql in statements])
    assert [r.get("rows") for r in replies] == [[[1]], None, [[2.0]]]
    assert "nothing" in replies[1]["error"]


def test_oracle_real_files(oracle: Oracle, tmp_path: Path) -> None:
    file = tmp_path / "notes.db"
    with oracle.open(file) as db:
        db.exec(SCHEMA)
        db.exec("INSERT INTO note VALUES (1, 'kept')")
        site_id = db.site_id
    with oracle.open(file) as again, oracle.load(file.read_bytes()) as copy:
        assert again.exec(NOTES) == copy.exec(NOTES) == [(1, "kept")]
        assert again.site_id == copy.site_id == site_id
        assert copy.export() == file.read_bytes()
    with pytest.raises(CommandFailed):
        oracle.open(tmp_path / "missing.db", create=False)


def test_oracle_reports_errors_in_its_own_words(oracle: Oracle) -> None:
    with oracle.open() as db:
        db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL)")
        with pytest.raises(CommandFailed, match=r"(?i:auto)"):
            db.exec("SELECT crsql_as_crr('t')")


def test_a_dead_process_is_told_and_leaves_nothing() -> None:
    oracle = Oracle()
    oracle.info()
    oracle.kill()
    with pytest.raises(PeerError, match="oracle"):
        oracle.info()
    with pytest.raises(ProcessLookupError):
        os.kill(oracle.pid, 0)


def test_client_and_server_sync(tmp_path: Path) -> None:
    schemas, rooms = tmp_path / "schemas", tmp_path / "rooms"
    schemas.mkdir()
    rooms.mkdir()
    (schemas / "main.sql").write_text(SCHEMA)
    with StockServer(schemas, rooms) as server, StockClient(server.url, "room", SCHEMA, frames=True) as one:
        one.exec("INSERT INTO note VALUES (1, 'from one')")
        server.wait("room", NOTES, [(1, "from one")])
        assert one.events[0]["event"] != "ws-error"
        assert {(f.direction, f.type) for f in one.frames} >= {
            ("out", "AnnouncePresence"),
            ("in", "StartStreaming"),
            ("out", "Changes"),
        }
        one.stop()
        with StockClient(server.url, "room", SCHEMA) as two:
            assert two.site_id != one.site_id
            two.wait(NOTES, [(1, "from one")])
            two.exec("UPDATE note SET body = 'from two'")
            server.wait("room", NOTES, [(1, "from two")])

            server.restart()  # the rooms are files, so the same port serves the same rows
            assert server.exec("room", NOTES) == [(1, "from two")]
            one.start()
            one.wait(NOTES, [(1, "from two")])
