"""``crsql_changes`` has ordinary tables too, on connections of ``engine.crr``."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from engine.change import Change
from engine.crr import connect
from engine.errors import SchemaMismatch, TableBroken
from engine.replica import Replica
from tests.engine.apps import running

SCHEMA = (
    "CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT, body)",
    "CREATE TABLE tags (note TEXT, tag TEXT, n INTEGER, PRIMARY KEY (note, tag)) WITHOUT ROWID",
    "CREATE TABLE theirs (id INT PRIMARY KEY NOT NULL, name TEXT)",
    "CREATE TABLE numbered (id INTEGER PRIMARY KEY, name TEXT)",
)
LONG = "a text that is longer than what is kept of it whole"
WRITES = (
    "INSERT INTO notes VALUES ('a', 'one', 1), ('b', NULL, x'00'), ('c', 'gone', 2)",
    "INSERT INTO tags VALUES ('a', 'x', 1), ('b', 'x', 2.5)",
    "UPDATE notes SET title = 'two' WHERE id = 'a'",
    "DELETE FROM notes WHERE id = 'c'",
    f"UPDATE notes SET body = '{LONG}' WHERE id = 'b'",
    "INSERT INTO notes VALUES ('c', 'back', NULL)",
)
SELECT = "SELECT * FROM crsql_changes"


def make(path: Path, *more: str, tables: Sequence[str] = ("notes", "tags")) -> Path:
    with closing(sqlite3_app(path)) as app:
        for sql in (*SCHEMA, *more):
            app(sql)
    with Replica.open(path) as replica:
        for name in tables:
            replica.make_ordinary(name)
        replica.make_crr("theirs")
    return path


class sqlite3_app:  # noqa: N801
    """A program of its own that writes."""

    def __init__(self, path: Path) -> None:
        self._running = running(path)
        self._app = self._running.__enter__()

    def __call__(self, sql: str) -> list[tuple[Any, ...]]:
        return self._app.do(sql)

    def close(self) -> None:
        self._running.__exit__(None, None, None)


def cells(changes: Iterable[Sequence[Any]]) -> set[tuple[Any, ...]]:
    """Without what differs from file to file: the versions."""
    return {(*one[:5], *one[6:8]) for one in changes}


def test_it_reads_what_a_session_sends(tmp_path: Path) -> None:
    path = make(tmp_path / "a.db")
    with closing(sqlite3_app(path)) as app, closing(connect(path)) as db:
        db.execute("INSERT INTO theirs VALUES (1, 'one')")
        for sql in WRITES:
            app(sql)
            latest = db.execute(f"{SELECT} ORDER BY db_version, seq").fetchall()  # captured by this very statement
        with Replica.open(path, readonly=True) as replica:
            sent = replica.changes().changes
        assert {one.table for one in sent} == {"notes", "tags", "theirs"}
        assert {Change(*one) for one in latest} == set(sent)
        assert [(one[5], one[8]) for one in latest] == [(one.db_version, one.seq) for one in sent]
        for condition, bindings in (
            ("db_version > ?", (2,)),
            ("db_version = ?", (3,)),
            ("db_version >= ? AND db_version < ?", (2, 5)),
            ("db_version IS ? OR cid = 'title'", (3,)),
            ("[table] = ?", ("tags",)),
            ("[table] = ? AND db_version <= ?", ("notes", 4)),
            ("pk = ?", (sent[-1].pk,)),
            ("site_id IS NOT ?", (replica.site_id,)),
            ("cl > ? AND val IS NULL", (1,)),
            ("db_version > ?", ("text",)),
        ):
            found = db.execute(f"{SELECT} WHERE {condition}", bindings).fetchall()
            with closing(sqlite3.connect(":memory:")) as plain:
                plain.execute(
                    "CREATE TABLE crsql_changes ([table], pk, cid, val, col_version, db_version, site_id, cl, seq)"
                )
                plain.executemany(f"INSERT INTO crsql_changes VALUES ({', '.join('?' * 9)})", latest)
                expected = plain.execute(f"{SELECT} WHERE {condition}", bindings).fetchall()
            assert sorted(found, key=repr) == sorted(expected, key=repr), condition


@pytest.mark.parametrize("together", [False, True])
def test_inserting_merges_as_a_session_does(together: bool, tmp_path: Path) -> None:
    there, here, other = (make(tmp_path / name) for name in ("a.db", "b.db", "c.db"))
    with (
        closing(sqlite3_app(there)) as app,
        closing(sqlite3_app(here)) as app_here,
        closing(sqlite3_app(other)) as third,
    ):
        for one in (app_here, third):
            one("INSERT INTO notes VALUES ('a', 'mine', 9), ('d', 'here', NULL)")
        with Replica.open(other) as replica, closing(connect(there)) as source, closing(connect(here)) as db:
            at = 0
            for sql in WRITES:
                app(sql)
                changes = source.execute(f"{SELECT} WHERE db_version > ? ORDER BY db_version", (at,)).fetchall()
                at = max(one[5] for one in changes)
                replica.merge([Change(*one) for one in changes])
                if together:
                    db.execute("BEGIN")
                for one in changes:
                    db.execute("INSERT INTO crsql_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", one)
                if together:
                    db.execute("COMMIT")
            ours = replica.site_id
            with Replica.open(here) as mine:
                merged = [
                    one if one.site_id != mine.site_id else one._replace(site_id=ours) for one in mine.changes().changes
                ]
            assert cells(merged) == cells(replica.changes().changes)
            for name in ("notes", "tags"):
                assert app_here(f"SELECT * FROM {name} ORDER BY 1, 2") == third(f"SELECT * FROM {name} ORDER BY 1, 2")
            assert db.execute("SELECT count(*) FROM notes WHERE id = 'd'").get == 1


def test_what_waits_for_a_row_comes_in_once_sql_has_merged_it(tmp_path: Path) -> None:
    """Inside a statement nothing can be tried: the next capture does, though it captures nothing."""
    children = "CREATE TABLE children (id TEXT PRIMARY KEY, note TEXT REFERENCES notes)"
    here, there = (make(tmp_path / name, children, tables=("notes", "children")) for name in ("a.db", "b.db"))
    with closing(sqlite3_app(here)) as app, closing(sqlite3_app(there)) as other:
        app("INSERT INTO notes VALUES ('a', 'one', 1)")
        with Replica.open(here) as mine, Replica.open(there) as replica:
            replica.merge(mine.changes().changes)
            app("INSERT INTO children VALUES ('c', 'a')")
            other("DELETE FROM notes")
            mine.merge(replica.changes().changes)
            mine.changes()
            assert [row.reason for row in mine.hidden_rows()] == ["parent"]
            other("INSERT INTO notes VALUES ('a', 'back', 2)")
            assert app("SELECT * FROM children") == []
            with closing(connect(here)) as db:
                for change in replica.changes().changes:
                    db.execute("INSERT INTO crsql_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", change)
            mine.changes()
            assert mine.hidden_rows() == ()
        assert app("SELECT * FROM children") == [("c", "a")]


def test_only_what_is_captured_is_read(tmp_path: Path) -> None:
    """A value that is taken back before anybody captured it would stay for good at whoever had read it."""
    path = make(tmp_path / "a.db")
    with closing(sqlite3_app(path)) as app, closing(connect(path)) as db:
        for sql in WRITES:
            app(sql)
        before = set(db.execute(SELECT).fetchall())
        app("UPDATE notes SET title = 'for a moment', body = 'and this' WHERE id = 'a'")
        app("DELETE FROM notes WHERE id = 'b'")
        app("INSERT INTO notes VALUES ('new', 1, 1)")
        app("UPDATE tags SET n = 2.0 WHERE tag = 'x' AND note = 'a'")
        db.execute("BEGIN")  # nothing is captured in a transaction that reads
        inside = set(db.execute(SELECT).fetchall())
        with Replica.open(path, readonly=True) as reader:
            assert {tuple(one) for one in reader.changes().changes} == inside
            assert not reader.is_captured()
        db.execute("COMMIT")
        touched = {
            one for one in before if one[0] == "notes" and (one[1].endswith(b"\x0b\x01a") or one[1].endswith(b"b"))
        }
        touched |= {one for one in before if one[0] == "tags" and one[3] == 1}
        assert inside == before - touched
        app("UPDATE notes SET title = 'two', body = 1 WHERE id = 'a'")
        app("UPDATE tags SET n = 1 WHERE tag = 'x' AND note = 'a'")
        after = set(db.execute(SELECT).fetchall())
        assert {one for one in before if not one[1].endswith(b"b")} <= after
        assert {one[2] for one in after - before if one[1].endswith(b"new")} == {"title", "body"}


TRIGGERS = (
    "CREATE TABLE audit (what)",
    "CREATE TRIGGER audits AFTER INSERT ON notes BEGIN INSERT INTO audit VALUES (NEW.id);"
    " INSERT INTO tags VALUES (NEW.id, 'stray', 0); END",
    "CREATE TRIGGER keeps BEFORE DELETE ON notes BEGIN SELECT RAISE(IGNORE); END",
)


def test_triggers_are_under_the_rule_and_a_refusal_takes_all_back(tmp_path: Path) -> None:
    there, here = make(tmp_path / "a.db"), make(tmp_path / "b.db", *TRIGGERS)
    with closing(sqlite3_app(there)) as app, closing(connect(there)) as source, closing(connect(here)) as db:
        app("INSERT INTO notes VALUES ('a', 'one', 1)")
        insert = "INSERT INTO crsql_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        db.executemany(insert, source.execute(SELECT).fetchall())
        assert db.execute("SELECT * FROM audit").fetchall() == [("a",)]
        assert db.execute("SELECT * FROM tags").fetchall() == [], "what is synced arrives as rows"
        before = db.execute(SELECT).fetchall()
        app("DELETE FROM notes WHERE id = 'a'")
        [change] = source.execute(f"{SELECT} WHERE db_version > 1").fetchall()
        for begin in ("SELECT 1", "BEGIN"):
            db.execute(begin)
            with pytest.raises(TableBroken, match="keeps out or changes a row"):
                db.execute(insert, change)
            assert not db.in_transaction
            assert db.execute(SELECT).fetchall() == before
        db.execute("INSERT INTO tags VALUES ('a', 'by the app', 1)")
        assert db.execute(f"{SELECT} WHERE [table] = 'tags'").fetchall()


def test_nothing_of_it_keeps_a_connection_open(tmp_path: Path) -> None:
    path = make(tmp_path / "a.db")
    with closing(sqlite3_app(path)) as app, closing(connect(path)) as other:
        app(WRITES[0])
        changes = other.execute(SELECT).fetchall()
        before = len(apsw.connections())
        db = connect(path)
        insert = "INSERT INTO crsql_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        for sql in ("SELECT 1", "BEGIN IMMEDIATE", "BEGIN"):
            db.execute(sql)
            assert db.execute(SELECT).fetchall() == changes
            if sql != "BEGIN":
                db.execute(insert, changes[0])
            if db.in_transaction:
                db.execute("COMMIT")
        del db
        gc.collect()
        assert len(apsw.connections()) == before


def test_what_it_does_not_have(tmp_path: Path) -> None:
    path = make(tmp_path / "a.db")
    with closing(connect(path)) as db:
        change = ("nothing", b"\x01\x0b\x01a", "title", 1, 1, 1, bytes(16), 1, 0)
        with pytest.raises((SchemaMismatch, apsw.Error), match="nothing"):
            db.execute("INSERT INTO crsql_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", change)
        with pytest.raises(SchemaMismatch):
            db.execute(
                "INSERT INTO crsql_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                ("notes", *change[1:2], "x", *change[3:]),
            )
