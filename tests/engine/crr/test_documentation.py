"""What the documentation of cr-sqlite shows, statement by statement: quick start, sync of whole tables, tracked peers,
migrations, schema files, and the page of each function. Tables and data are our own.

Every example takes a way to open databases, so that the published engine runs the same (tests/peers).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw
import pytest

from engine.change import SQLiteValue
from engine.crr import connect

Run = Callable[..., list[tuple[Any, ...]]]
"""run(sql, args) -> the rows."""
Open = Callable[[], Run]
"""Opens a new, empty database."""

CHANGES = '"table", "pk", "cid", "val", "col_version", "db_version", COALESCE("site_id", crsql_site_id()), "cl", "seq"'
MERGE = "INSERT INTO crsql_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


def quick_start(open_one: Open) -> None:
    run = open_one()
    run("CREATE TABLE pet (a PRIMARY KEY NOT NULL, b)")
    run("CREATE TABLE tree (a PRIMARY KEY NOT NULL, b, c, d)")
    assert run("SELECT crsql_as_crr('pet')") == [("OK",)]
    assert run("SELECT crsql_as_crr('tree')") == [("OK",)]
    run("INSERT INTO pet (a, b) VALUES (1, 2)")
    run("INSERT INTO tree (a, b, c, d) VALUES ('a', 'oak', 'elm', 'ash')")
    ((me,),) = run("SELECT crsql_site_id()")
    written = [
        ("pet", b"\x01\x09\x01", "b", 2, 1, 1, me, 1, 0),
        ("tree", b"\x01\x0b\x01a", "b", "oak", 1, 2, me, 1, 0),
        ("tree", b"\x01\x0b\x01a", "c", "elm", 1, 2, me, 1, 1),
        ("tree", b"\x01\x0b\x01a", "d", "ash", 1, 2, me, 1, 2),
    ]
    assert run(f"SELECT {CHANGES} FROM crsql_changes") == written

    peer = bytes.fromhex("7096E2D505314699A59C95FABA14ABB5")
    listed = '"table", "pk", "cid", "val", "col_version", "db_version", "site_id", "cl", "seq"'
    run(
        f"INSERT INTO crsql_changes ({listed})"
        " VALUES ('pet', x'010905', 'b', 'cat', 5, 5, x'7096E2D505314699A59C95FABA14ABB5', 1, 0)"
    )
    run(
        f"INSERT INTO crsql_changes ({listed})"
        " VALUES ('tree', x'010b0161', 'b', 123, 101, 233, x'7096E2D505314699A59C95FABA14ABB5', 1, 0)"
    )
    assert run("SELECT * FROM pet") == [(1, 2), (5, "cat")]
    assert run("SELECT * FROM tree") == [("a", 123, "elm", "ash")]
    assert run("SELECT crsql_db_version()") == [(233,)]

    # Changes of our own: older pages ask for NULL, which no change of 0.16 has.
    assert run(f"SELECT {CHANGES} FROM crsql_changes WHERE db_version > ? AND site_id IS NULL", [0]) == []
    own = f"SELECT {CHANGES} FROM crsql_changes WHERE db_version > ? AND site_id = crsql_site_id()"
    assert run(own, [1]) == [written[2], written[3]]
    # Changes that some site did not make.
    others = f"SELECT {CHANGES} FROM crsql_changes WHERE db_version > ? AND site_id IS NOT ?"
    assert run(others, [0, peer]) == [written[0], written[2], written[3]]
    assert [row[4:8] for row in run(others, [0, me])] == [(5, 5, peer, 1), (101, 233, peer, 1)]
    assert run("SELECT crsql_finalize()") == [("finalized",)]


SLIDES = (
    'CREATE TABLE IF NOT EXISTS "deck" ("id" PRIMARY KEY NOT NULL, "name")',
    'CREATE TABLE IF NOT EXISTS "slide" ("id" PRIMARY KEY NOT NULL, "deck_id", "order")',
    'CREATE TABLE IF NOT EXISTS "component" ("id" PRIMARY KEY NOT NULL, "slide_id", "type", "content", "x", "y", "w")',
    'CREATE TABLE IF NOT EXISTS "selected" ("deck" NOT NULL, "slide" NOT NULL, PRIMARY KEY ("deck", "slide"))',
    "SELECT crsql_as_crr('deck')",
    "SELECT crsql_as_crr('slide')",
    "SELECT crsql_as_crr('component')",
)


def slides(run: Run) -> list[list[tuple[Any, ...]]]:
    return [run(f"SELECT * FROM {table} ORDER BY id") for table in ("deck", "slide", "component")]


def merge(run: Run, changes: Sequence[Sequence[SQLiteValue]]) -> None:
    """In one transaction, as the guide has it."""
    run("BEGIN")
    for change in changes:
        run(MERGE, change)
    run("COMMIT")


def whole_tables(open_one: Open) -> None:
    one, two = open_one(), open_one()
    for run in (one, two):
        for statement in SLIDES:
            run(statement)
    names = {name for (name,) in one("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {"deck", "slide", "component", "selected", "crsql_tracked_peers", "crsql_site_id"} < names
    assert {name for name in names if name.endswith("__crsql_clock")} == {
        "deck__crsql_clock",
        "slide__crsql_clock",
        "component__crsql_clock",
    }

    one('INSERT INTO "deck" ("id", "name") VALUES (\'d\', \'Spring\')')
    one('INSERT INTO "slide" ("id", "deck_id", "order") VALUES (\'s1\', \'d\', 0)')
    one('INSERT INTO "slide" ("id", deck_id, "order") VALUES (\'s2\', \'d\', 1)')
    one("INSERT INTO component (id, slide_id, \"type\", content, x, y, w) VALUES ('c', 's1', 'text', 'A', 0, 9, 6)")
    one("INSERT INTO selected VALUES ('d', 's1')")
    seen = one('SELECT "table", hex("pk"), "cid", "val", "col_version", "db_version" FROM "crsql_changes"')
    assert seen[:3] == [
        ("deck", "010B0164", "name", "Spring", 1, 1),
        ("slide", "010B027331", "deck_id", "d", 1, 2),
        ("slide", "010B027331", "order", 0, 1, 2),
    ]
    assert two("SELECT * FROM deck, slide, component") == []

    changes = one("SELECT * FROM crsql_changes WHERE db_version > 0 AND site_id = crsql_site_id()")
    assert len(changes) == 1 + 4 + 6
    merge(two, changes)
    assert slides(two) == slides(one)
    assert two("SELECT * FROM selected") == []
    newer = one("SELECT * FROM crsql_changes WHERE db_version > ? AND site_id = crsql_site_id()", [3])
    assert [row[0] for row in newer] == ["component"] * 6
    assert [row[2] for row in newer] == ["slide_id", "type", "content", "x", "y", "w"]

    # Edits of both at a time: cell by cell; of two edits of one cell the greater value stays.
    one("UPDATE deck SET name = 'Summer'")
    two("UPDATE deck SET name = 'Autumn'")
    one("UPDATE component SET x = 5")
    two("UPDATE component SET y = 7")
    two("DELETE FROM slide WHERE id = 's2'")
    ours = one("SELECT * FROM crsql_changes WHERE db_version > 4")
    merge(one, two("SELECT * FROM crsql_changes WHERE db_version > 4"))
    merge(two, ours)
    assert (
        slides(one)
        == slides(two)
        == [
            [("d", "Summer")],
            [("s1", "d", 0)],
            [("c", "s1", "text", "A", 5, 7, 6)],
        ]
    )


def tracked_peers(open_one: Open) -> None:
    one, two = open_one(), open_one()
    for run in (one, two):
        run("CREATE TABLE todo (id INTEGER PRIMARY KEY NOT NULL, what TEXT)")
        run("SELECT crsql_as_crr('todo')")
    columns = one("SELECT name, type, \"notnull\", pk FROM pragma_table_info('crsql_tracked_peers')")
    assert columns == [
        ("site_id", "BLOB", 1, 1),
        ("version", "INTEGER", 1, 0),
        ("seq", "INTEGER", 0, 0),
        ("tag", "INTEGER", 1, 2),
        ("event", "INTEGER", 1, 3),
    ]
    ((first,),), ((second,),) = one("SELECT crsql_site_id()"), two("SELECT crsql_site_id()")
    seen = "SELECT version FROM crsql_tracked_peers WHERE site_id = ? AND tag = 0 AND event = ?"
    record = (
        "INSERT INTO crsql_tracked_peers (site_id, version, seq, tag, event) VALUES (?, ?, 0, 0, ?)"
        " ON CONFLICT DO UPDATE SET version = max(version, excluded.version)"
    )

    def pull() -> int:
        """All of ``one`` that ``two`` has not seen; how many changes that were."""
        ((since,),) = two(f"SELECT ifnull(({seen}), 0)", [first, 0])
        found = one("SELECT * FROM crsql_changes WHERE db_version > ? AND site_id IS NOT ?", [since, second])
        two("BEGIN")
        for change in found:
            two(MERGE, change)
        two(record, [first, max((change[5] for change in found), default=since), 0])
        two("COMMIT")
        one(record, [second, since, 1])
        return len(found)

    assert two(seen, [first, 0]) == []
    one("INSERT INTO todo VALUES (1, 'sow'), (2, 'reap')")
    assert pull() == 2
    assert two(seen, [first, 0]) == [(1,)]
    assert pull() == 0
    assert one(seen, [second, 1]) == [(1,)]
    one("UPDATE todo SET what = 'reap and bind' WHERE id = 2")
    assert pull() == 1
    assert two("SELECT * FROM todo") == [(1, "sow"), (2, "reap and bind")]
    assert two(seen, [first, 0]) == [(2,)]
    two(record, [first, 1, 0])  # never back
    assert two(seen, [first, 0]) == [(2,)]


def migrations(open_one: Open) -> None:
    one, two = open_one(), open_one()
    for run in (one, two):
        run("CREATE TABLE foo (a PRIMARY KEY NOT NULL, b)")
        run("CREATE TABLE bar (a PRIMARY KEY NOT NULL, old)")
        run("SELECT crsql_as_crr('foo')")
        run("SELECT crsql_as_crr('bar')")
    one("INSERT INTO foo VALUES (1, 'kept')")
    one("INSERT INTO bar VALUES (1, 'gone')")
    for run in (one, two):
        assert run("SELECT crsql_begin_alter('foo')") == [("OK",)]
        run("ALTER TABLE foo ADD COLUMN c TEXT")
        run("SELECT crsql_commit_alter('foo')")
        # two nested, inside a transaction: a column added and one dropped, one renamed, an index
        run("BEGIN")
        run("SELECT crsql_begin_alter('foo')")
        run("SELECT crsql_begin_alter('bar')")
        run("ALTER TABLE bar ADD COLUMN baz TEXT")
        run("ALTER TABLE bar DROP COLUMN old")
        run("SELECT crsql_commit_alter('bar')")
        run("ALTER TABLE foo RENAME COLUMN b TO word")
        run("CREATE INDEX by_word ON foo (word)")
        run("SELECT crsql_commit_alter('foo')")
        run("COMMIT")
    one("UPDATE foo SET c = 'new'")
    one("UPDATE bar SET baz = 'new too'")
    merge(two, one("SELECT * FROM crsql_changes"))
    for run in (one, two):
        assert run("SELECT a, word, c FROM foo") == [(1, "kept", "new")]
        assert run("SELECT a, baz FROM bar") == [(1, "new too")]
    assert sorted(row[2] for row in one("SELECT * FROM crsql_changes")) == ["baz", "c", "word"]


def schema_files(open_one: Open) -> None:
    """Automatic migration, and where the published client keeps which schema a file has."""
    run = open_one()
    first = "CREATE TABLE IF NOT EXISTS note (id PRIMARY KEY NOT NULL, body);\nSELECT crsql_as_crr('note');\n"
    run(first)
    run("INSERT OR REPLACE INTO crsql_master (key, value) VALUES ('schema_name', 'notes.sql'), ('schema_version', 1)")
    run("INSERT INTO note VALUES (1, 'kept')")
    second = (
        "CREATE TABLE IF NOT EXISTS note (id PRIMARY KEY NOT NULL, body, color TEXT DEFAULT 'red');\n"
        "SELECT crsql_as_crr('note');\n"
        "CREATE TABLE IF NOT EXISTS label (id PRIMARY KEY NOT NULL, word);\n"
        "SELECT crsql_as_crr('label');\n"
    )
    assert run("SELECT crsql_automigrate(?)", [second]) == [("migration complete",)]
    run("INSERT OR REPLACE INTO crsql_master (key, value) VALUES ('schema_version', 2)")
    assert run("SELECT * FROM note") == [(1, "kept", "red")]
    run("INSERT INTO label VALUES (1, 'home')")
    assert [(row[0], row[2], row[3]) for row in run("SELECT * FROM crsql_changes")] == [
        ("note", "body", "kept"),
        ("label", "word", "home"),
    ]
    keys = "SELECT key, value FROM crsql_master WHERE key LIKE 'schema%' ORDER BY key"
    assert run(keys) == [("schema_name", "notes.sql"), ("schema_version", 2)]


def single_functions(open_one: Open) -> None:
    """crsql_site_id, crsql_db_version, crsql_next_db_version, crsql_as_crr in a transaction, crsql_changes by table."""
    run = open_one()
    ((site_id,),) = run("SELECT crsql_site_id()")
    assert len(site_id) == 16
    assert run("SELECT crsql_db_version()") == [(0,)]
    run("BEGIN")
    run("CREATE TABLE foo (a PRIMARY KEY NOT NULL, b)")
    run("CREATE TABLE items (id INTEGER PRIMARY KEY NOT NULL, content TEXT, age INTEGER)")
    run("SELECT crsql_as_crr('foo')")
    run("SELECT crsql_as_crr('items')")
    run("COMMIT")
    run("BEGIN")
    run("INSERT INTO items VALUES (1, 'cup', 3), (2, 'jug', 4)")
    assert run("SELECT crsql_next_db_version()") == [(1,)]
    assert run("SELECT crsql_db_version()") == [(0,)]
    run("INSERT INTO foo VALUES (1, 2)")
    run("COMMIT")
    assert run("SELECT crsql_db_version()") == [(1,)]
    run("DELETE FROM items WHERE id = 2")
    assert run("SELECT crsql_db_version()") == [(2,)]
    of_items = run("SELECT hex(pk), cid, cl, seq FROM crsql_changes WHERE \"table\" = 'items' AND db_version > 0")
    assert of_items == [("010901", "content", 1, 0), ("010901", "age", 1, 1), ("010902", "-1", 2, 0)]


EXAMPLES = (quick_start, whole_tables, tracked_peers, migrations, schema_files, single_functions)


@pytest.fixture
def open_one(tmp_path: Path) -> Iterator[Open]:
    connections: list[apsw.Connection] = []

    def new() -> Run:
        connection = connect(tmp_path / f"{len(connections)}.db", create=True)
        connections.append(connection)
        return lambda sql, args=(): connection.execute(sql, args).fetchall()

    yield new
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("example", EXAMPLES)
def test_documentation(open_one: Open, example: Callable[[Open], None]) -> None:
    example(open_one)
