"""Which tables can be ordinary ones, and what is said of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import NotEligible
from engine.replica import Replica
from tests.engine.apps import running

APP = """
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.create_function("shout", 1, lambda text: text and text.upper(), deterministic=True)
db.create_collation("backwards", lambda one, other: (one < other) - (one > other))
for line in sys.stdin:
    found = [row for statement in json.loads(line) for row in [db.execute(statement).fetchall()]][-1]
    print(json.dumps(["", found]), flush=True)
"""
"""A program with a function and a collation of its own."""

NEEDS = {
    "CREATE TABLE t (id TEXT PRIMARY KEY, a TEXT COLLATE backwards); CREATE INDEX i ON t (a)": "collation “backwards”",
    "CREATE TABLE t (id TEXT PRIMARY KEY COLLATE backwards)": "collation “backwards”",
    "CREATE TABLE t (id TEXT PRIMARY KEY, a CHECK (shout(a) = a))": "function “shout”",
    "CREATE TABLE t (id TEXT PRIMARY KEY, a, b AS (shout(a)) STORED)": "function “shout”",
    "CREATE TABLE t (id TEXT PRIMARY KEY, a); CREATE INDEX i ON t (shout(a))": "function “shout”",
}


@pytest.mark.parametrize("schema", NEEDS)
def test_what_only_the_app_has_is_named(schema: str, tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with running(path, APP) as app:
        app.do(*schema.split(";"), "INSERT INTO t (id) VALUES ('x')")
        with Replica.open(path) as replica:
            [table] = replica.tables()
            assert not table.eligible
            assert f"It needs the {NEEDS[schema]} of its app, which Syncline does not have." in table.reasons
            with pytest.raises(NotEligible, match=NEEDS[schema]):
                replica.make_ordinary("t")
        app.do("UPDATE t SET id = 'y'")


def test_a_row_is_tried_and_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with running(path) as app, Replica.open(path, create=True) as replica:
        app.do(
            "CREATE TABLE t (id TEXT PRIMARY KEY, a NOT NULL)",
            "CREATE TABLE log (what)",
            "CREATE TRIGGER logged AFTER DELETE ON t BEGIN INSERT INTO log VALUES (old.id); END",
            "CREATE TABLE kept (id TEXT PRIMARY KEY)",
            "CREATE TRIGGER keeps BEFORE DELETE ON kept BEGIN SELECT RAISE(ABORT, 'never'); END",
            "CREATE TABLE broken (id TEXT PRIMARY KEY, a)",
            "CREATE TRIGGER breaks AFTER UPDATE ON broken BEGIN SELECT json_extract('{', '$'); END",
            *(f"INSERT INTO {name} (id{more}) VALUES ('x'{more and ', 1'})" for name, more in TABLES.items()),
        )
        replica.make_ordinary("t")
        replica.make_ordinary("kept")
        with pytest.raises(NotEligible, match="malformed JSON"):
            replica.make_ordinary("broken")
        assert app.do("SELECT id, a FROM t") == [("x", 1)]
        assert app.do("SELECT * FROM log") == []


TABLES = {"t": ", a", "kept": "", "broken": ", a"}
