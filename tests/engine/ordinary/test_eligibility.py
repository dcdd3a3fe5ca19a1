"""Which tables can be ordinary ones, and what is said of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import NotEligible
from engine.ordinary.eligibility import obstacles
from engine.replica import Replica
from engine.table_plan import check_plans
from engine.tables.app_triggers import app_triggers, effects
from engine.tables.introspect import describe
from engine.tables.omitted_triggers import sort_out
from engine.tables.pack import pack
from tests.engine.apps import running
from tests.engine.ordinary.conftest import NOTES, Open

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


def test_rows_without_a_key_are_counted(tmp_path: Path) -> None:
    """They stay on this machine; SQLite lets them be in keys that are not declared NOT NULL."""
    path = tmp_path / "a.db"
    with running(path) as app, Replica.open(path, create=True) as replica:
        app.do(
            "CREATE TABLE t (id TEXT PRIMARY KEY, a)",
            "CREATE TABLE two (a TEXT, b TEXT, PRIMARY KEY (a, b))",
            "CREATE TABLE numbered (id INTEGER PRIMARY KEY, a)",
            "CREATE TABLE whole (id TEXT PRIMARY KEY, a)",
            "INSERT INTO t VALUES ('x', 1), (NULL, 2)",
            "INSERT INTO two VALUES ('x', 'y'), (NULL, 'y'), ('x', NULL)",
            "INSERT INTO numbered VALUES (NULL, 1)",
            "INSERT INTO whole VALUES ('x', NULL)",
        )

        def said() -> dict[str, tuple[str, ...]]:
            return {one.name: one.cautions for one in replica.tables()}

        told = {
            "t": ("1 row has NULL in its key, and stays on this machine.",),
            "two": ("2 rows have NULL in their key, and stay on this machine.",),
            "numbered": (),
            "whole": (),
        }
        assert said() == told
        replica.make_ordinary("t")
        assert said() == told
        replica.make_ordinary("two")
        for table, there in (("t", ["x"]), ("two", ["x", "y"])):
            rows, more = replica.rows_between(table, b"", b"")
            assert ([key for key, _ in rows], more) == ([pack(there)], False), "none of them is compared with a peer's"


def test_a_key_without_a_type_is_told(tmp_path: Path) -> None:
    """As it is: an integral real in it is an integer elsewhere."""
    schema = (
        "CREATE TABLE t (id PRIMARY KEY, v); CREATE TABLE u (id ANY UNIQUE NOT NULL, v ANY) STRICT;"
        "CREATE TABLE typed (id REAL PRIMARY KEY, v); CREATE TABLE blobs (id BLOB PRIMARY KEY, v)"
    )
    with Replica.open(tmp_path / "a.db", create=True) as one, Replica.open(tmp_path / "b.db", create=True) as other:
        for replica in (one, other):
            replica.connection.execute(schema)
            told = {table.name for table in replica.tables() if any("1.0 is 1" in said for said in table.cautions)}
            assert told == {"t", "u"}
            for name in ("t", "typed"):
                replica.make_ordinary(name)
        one.connection.execute("INSERT INTO t VALUES (1.0, 'x'); INSERT INTO typed VALUES (1, 'x')")
        other.merge(one.changes().changes)
        spelled = {name: other.connection.execute(f"SELECT typeof(id) FROM {name}").get for name in ("t", "typed")}
        assert spelled == {"t": "integer", "typed": "real"}


def test_an_index_of_some_rows_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with running(path) as app, Replica.open(path, create=True) as replica:
        app.do("CREATE TABLE t (a TEXT NOT NULL, gone)", "CREATE UNIQUE INDEX i ON t (a) WHERE gone IS NULL")
        assert [one.eligible for one in replica.tables()] == [False]
        app.do("CREATE UNIQUE INDEX j ON t (a)")
        assert [one.eligible for one in replica.tables()] == [True]
        replica.make_ordinary("t")
        assert [shape.key for shape in replica.shapes()] == [("a",)]


@pytest.mark.parametrize("key", ["code TEXT NOT NULL UNIQUE", "code INTEGER UNIQUE NOT NULL DEFAULT 7"])
def test_a_table_without_a_primary_key_is_made_elsewhere(key: str, tmp_path: Path) -> None:
    """Where a unique index stands for the key it is the primary key there, and the two have the same shape."""
    with Replica.open(tmp_path / "a.db", create=True) as here, Replica.open(tmp_path / "b.db", create=True) as there:
        here.connection.execute(f"CREATE TABLE t (a, {key}); INSERT INTO t VALUES (1, 5), (2, 1.5), (3, 'x')")
        here.make_ordinary("t")
        plans = here.plans()
        check_plans(plans)
        there.add_missing(plans)
        assert [shape.key for shape in there.shapes()] == [("code",)]
        assert here.shapes() == there.shapes()
        there.merge(here.changes().changes)
        found = [sorted(one.connection.execute("SELECT * FROM t")) for one in (here, there)]
        assert found[0] == found[1]
        assert len(found[0]) == 3


def test_no_statement_is_kept_that_was_only_compiled(new: Open) -> None:
    """Another program may alter the schema before it is listed again: it would list what is not in memory any more."""
    file = new(f"{NOTES}; CREATE TABLE log (id); CREATE TRIGGER a AFTER INSERT ON notes BEGIN DELETE FROM log; END")
    table = describe(file.db, "notes")
    assert table is not None
    assert obstacles(file.db, table, turning=True) == ()
    assert sort_out(file.db).omitted == []
    assert [write.target for write in effects(file.db, table, app_triggers(file.db)).writes] == ["log"]
    kept = [entry["query"] for entry in file.db.cache_stats(True)["entries"]]
    assert kept
    assert not any(query.startswith("EXPLAIN") for query in kept)
