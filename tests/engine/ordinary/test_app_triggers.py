"""An app's triggers: what a merge leaves in synced tables is what was merged, and all else follows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import pairwise
from random import Random

import apsw
import pytest

from engine.change import Change
from engine.errors import SchemaMismatch
from tests.budget import cases
from tests.engine.ordinary.conftest import File, Open

SCHEMA = """
CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT NOT NULL, n INTEGER, updated_at);
CREATE TABLE log (id TEXT PRIMARY KEY, what, n INTEGER);
CREATE TABLE tags (note TEXT, tag TEXT, n, PRIMARY KEY (note, tag)) WITHOUT ROWID;
CREATE TABLE seen (what);
CREATE VIEW logs AS SELECT id, what FROM log;
INSERT INTO log VALUES ('old', 'old', 0), ('older', 'older', 0);
INSERT INTO tags VALUES ('old', 'x', 0);
"""
SYNCED = ("notes", "log", "tags")

TRIGGERS = {
    "INSERT": "CREATE TRIGGER a AFTER INSERT ON notes BEGIN"
    " INSERT INTO log VALUES (NEW.id || random(), 'made', 1); END",
    "INSERT OR REPLACE": "CREATE TRIGGER a AFTER UPDATE ON notes BEGIN"
    " INSERT OR REPLACE INTO log VALUES ('old', random(), 1);"
    " REPLACE INTO notes VALUES (OLD.id, 'replaced', 0, 0); END",
    "upsert": "CREATE TRIGGER a AFTER INSERT ON notes BEGIN INSERT INTO log VALUES ('old', 'x', 0)"
    " ON CONFLICT (id) DO UPDATE SET n = n + 1; END",
    "DELETE": "CREATE TRIGGER a AFTER INSERT ON notes BEGIN DELETE FROM log WHERE id = 'old'; END",
    "DELETE of all": "CREATE TRIGGER a BEFORE UPDATE ON notes BEGIN DELETE FROM log; DELETE FROM tags; END",
    "DELETE of the row": "CREATE TRIGGER a AFTER INSERT ON notes WHEN NEW.n = 2 BEGIN DELETE FROM notes; END",
    "DELETE of other rows": "CREATE TRIGGER a AFTER DELETE ON notes BEGIN DELETE FROM notes WHERE n = OLD.n; END",
    "INSTEAD OF DELETE": "CREATE TRIGGER a INSTEAD OF DELETE ON logs BEGIN DELETE FROM log WHERE id = OLD.id; END;"
    " CREATE TRIGGER b AFTER UPDATE ON notes BEGIN DELETE FROM logs; END",
    "INSTEAD OF INSERT": "CREATE TRIGGER a INSTEAD OF INSERT ON logs BEGIN"
    " INSERT INTO log VALUES (NEW.id || random(), NEW.what, 5); END;"
    " CREATE TRIGGER b AFTER UPDATE ON notes BEGIN INSERT INTO logs VALUES (OLD.id, 'view'); END",
    "updated_at": "CREATE TRIGGER a AFTER UPDATE ON notes BEGIN"
    " UPDATE notes SET updated_at = random() WHERE id = NEW.id; END",
    "updated_at, of some": "CREATE TRIGGER a AFTER UPDATE OF title, n ON notes WHEN OLD.updated_at IS NEW.updated_at"
    " BEGIN UPDATE notes SET updated_at = random(), n = n + 1 WHERE id = NEW.id; END",
    "UPDATE of another table": "CREATE TRIGGER a AFTER INSERT ON notes BEGIN"
    " UPDATE log SET n = n + 1, what = NEW.id; END",
    "UPDATE of a text key": "CREATE TRIGGER a AFTER INSERT ON notes BEGIN"
    " UPDATE OR REPLACE log SET id = 'old', n = n + 1; END",
    "UPDATE of the row's own key": "CREATE TRIGGER a AFTER INSERT ON notes BEGIN"
    " UPDATE OR IGNORE notes SET id = 'moved' WHERE id = NEW.id; END",
    "UPDATE of a rowid": "CREATE TRIGGER a AFTER INSERT ON notes BEGIN UPDATE OR REPLACE log SET rowid = 1; END",
    "UPDATE of a key WITHOUT ROWID": "CREATE TRIGGER a AFTER UPDATE ON notes BEGIN"
    " UPDATE OR REPLACE tags SET tag = tag || 'y', n = 9; END",
    "UPDATE FROM": "CREATE TRIGGER a AFTER UPDATE ON notes BEGIN UPDATE log SET n = s.n + 1 FROM notes AS s; END",
    "nested": "CREATE TRIGGER a AFTER INSERT ON notes BEGIN INSERT INTO seen VALUES (NEW.id); END;"
    " CREATE TRIGGER b AFTER INSERT ON seen BEGIN INSERT INTO log VALUES (NEW.what || random(), 'nested', 1);"
    " UPDATE tags SET n = n + 1; DELETE FROM log WHERE id = 'older'; END",
    "one sets off the other": "CREATE TRIGGER a AFTER UPDATE ON notes BEGIN UPDATE log SET n = n + 1; END;"
    " CREATE TRIGGER b AFTER UPDATE ON log BEGIN UPDATE notes SET n = n + 1; UPDATE tags SET n = n + 1; END",
    "before": "CREATE TRIGGER a BEFORE INSERT ON notes BEGIN UPDATE notes SET n = n + 1; DELETE FROM tags; END",
}


def writes(choose: Random) -> str:
    k, v, n = choose.choice("abc"), choose.choice("XYZ"), choose.randrange(4)
    return choose.choice(
        (
            f"INSERT OR IGNORE INTO notes VALUES ('{k}', '{v}', {n}, 0)",
            f"UPDATE notes SET title = '{v}' WHERE id = '{k}'",
            f"UPDATE notes SET n = {n}, title = '{v}'",
            f"DELETE FROM notes WHERE id = '{k}'",
            f"INSERT OR IGNORE INTO log VALUES ('{k}', '{v}', {n})",
            f"UPDATE log SET n = {n} WHERE id = '{k}'",
            "DELETE FROM log WHERE id = 'old'",
            f"INSERT OR IGNORE INTO tags VALUES ('{k}', '{v}', {n})",
        )
    )


def changes(file: File, since: int = 0) -> list[Change]:
    return [one for name in SYNCED for one in file.changes(since, name)]


def held(file: File) -> list[object]:
    return [sorted(file.db.execute(f"SELECT * FROM {name}").fetchall(), key=repr) for name in SYNCED]


def has_told_nothing(file: File) -> None:
    """A comparison of everything finds nothing that it would tell as the app's."""
    version = file.capture()
    file.compare_all()
    assert file.state.db_version() == version


@pytest.mark.parametrize("name", TRIGGERS)
@pytest.mark.parametrize("turned", [False, True])
def test_a_synced_table_holds_what_was_merged(new: Open, name: str, turned: bool) -> None:
    there, here = (new(f"{SCHEMA}; {TRIGGERS[name]}", *SYNCED) for _ in range(2))
    first = changes(there)
    for sql in (
        "INSERT INTO notes VALUES ('a', 'A', 1, 0), ('b', 'B', 2, 0), ('c', 'C', 2, 0)",
        "UPDATE notes SET title = title || 'x', n = 2 WHERE id != 'a'",
        "UPDATE notes SET n = 7 WHERE id = 'a'",
        "DELETE FROM notes WHERE id = 'b'",
    ):
        there.app(sql)
        found = changes(there)
        here.merge(found[::-1] if turned else found)
        assert held(here) == held(there)
        assert here.tables.up_to_date()
    assert first
    has_told_nothing(here)
    assert {one.pk for one in changes(here)} == {one.pk for one in changes(there)}
    here.app("UPDATE notes SET title = 'mine'; INSERT INTO notes VALUES ('d', 'D', 2, 0)")
    there.merge(changes(here))
    assert held(here) == held(there)
    has_told_nothing(there)


@pytest.mark.parametrize("name", TRIGGERS)
def test_other_tables_stay_as_they_are(new: Open, name: str) -> None:
    """Whatever a trigger would do to them: their own changes are still to come."""
    there, here = new(SCHEMA, *SYNCED), new(f"{SCHEMA}; {TRIGGERS[name]}", *SYNCED)
    before = held(here)[1:]
    for sql in (
        "INSERT INTO notes VALUES ('a', 'A', 1, 0), ('b', 'B', 2, 0)",
        "UPDATE notes SET title = title || 'x', n = 2",
        "DELETE FROM notes WHERE id = 'b'",
    ):
        there.app(sql)
        here.merge(there.changes())
        assert held(here) == [held(there)[0], *before]
        has_told_nothing(here)


def test_replicas_end_equal_whatever_triggers_they_have(new: Open) -> None:
    """Each file has triggers of its own; random writes of apps, in random parts and orders."""
    for case in cases("ordinary with triggers", seconds=5):
        choose = case.random
        files = [
            new(f"{SCHEMA}; {'; '.join(_named(choose.sample(sorted(TRIGGERS), choose.randrange(3))))}", *SYNCED)
            for _ in range(3)
        ]
        clocks: dict[tuple[int, int], int] = {}

        def sync(one: int, other: int, files: list[File] = files, clocks: dict[tuple[int, int], int] = clocks) -> None:
            found = changes(files[one], clocks.get((one, other), 0))
            clocks[one, other] = files[one].state.db_version()
            rows = sorted({(change.table, change.pk) for change in found}, key=lambda _: choose.random())  # noqa: B023
            found.sort(key=lambda change: rows.index((change.table, change.pk)))
            cuts = sorted(choose.sample(range(len(found) + 1), min(2, len(found))))  # noqa: B023
            for start, end in pairwise((0, *cuts, len(found))):
                if start < end:
                    files[other].merge(found[start:end])

        for _ in range(choose.randrange(3, 20)):
            one = choose.randrange(3)
            if choose.random() < 0.6:
                files[one].app(writes(choose))
                files[one].capture()
            else:
                sync(one, (one + choose.choice((1, 2))) % 3)
        for _ in range(3):
            for one in range(3):
                for other in range(3):
                    if one != other:
                        sync(one, other)
        assert held(files[0]) == held(files[1]) == held(files[2])
        for file in files:
            has_told_nothing(file)
            file.db.close()


def _named(chosen: list[str]) -> list[str]:
    """The triggers, with names of their own."""
    return [
        TRIGGERS[name].replace("TRIGGER a ", f"TRIGGER a{n} ").replace("TRIGGER b ", f"TRIGGER b{n} ")
        for n, name in enumerate(chosen)
    ]


FTS = """
CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT NOT NULL, body TEXT, updated_at);
CREATE VIRTUAL TABLE found USING fts5 (title, body, content = 'notes', content_rowid = 'rowid');
CREATE TABLE audit (what);
CREATE TRIGGER found_i AFTER INSERT ON notes BEGIN
    INSERT INTO found (rowid, title, body) VALUES (NEW.rowid, NEW.title, NEW.body); END;
CREATE TRIGGER found_d AFTER DELETE ON notes BEGIN
    INSERT INTO found (found, rowid, title, body) VALUES ('delete', OLD.rowid, OLD.title, OLD.body); END;
CREATE TRIGGER found_u AFTER UPDATE ON notes BEGIN
    INSERT INTO found (found, rowid, title, body) VALUES ('delete', OLD.rowid, OLD.title, OLD.body);
    INSERT INTO found (rowid, title, body) VALUES (NEW.rowid, NEW.title, NEW.body); END;
CREATE TRIGGER touched AFTER UPDATE OF title, body ON notes BEGIN
    UPDATE notes SET updated_at = random() WHERE id = NEW.id; INSERT INTO audit VALUES (NEW.title); END;
"""


@pytest.mark.parametrize("rows", [3, 700])
def test_a_search_index_follows(new: Open, rows: int) -> None:
    """FTS5 with its content in the synced table: a merge that left its triggers out would leave it damaged."""
    there, here = new(FTS), new(FTS)
    numbers = f"WITH RECURSIVE up(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM up WHERE n < {rows})"
    for sql in (
        f"{numbers} INSERT INTO notes SELECT 'k' || n, 'title ' || n, 'body of ' || n, 0 FROM up",
        "UPDATE notes SET body = 'other words' WHERE title LIKE '%1'",
        "UPDATE notes SET title = 'new', body = title",
        "DELETE FROM notes WHERE id LIKE '%2'",
        "INSERT INTO notes VALUES ('k2', 'again', 'here', 0)",
    ):
        there.app(sql)
        here.merge(there.changes())
        here.db.execute("INSERT INTO found (found, rank) VALUES ('integrity-check', 1)")
        for word in ("new", "words", "again", "title"):
            assert matches(here, word) == matches(there, word)
        assert here.rows() == there.rows()
    has_told_nothing(here)
    with closing(sqlite3.connect(here.path)) as app:
        assert app.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def matches(file: File, word: str) -> list[object]:
    sql = "SELECT id FROM notes WHERE rowid IN (SELECT rowid FROM found WHERE found MATCH ?) ORDER BY id"
    return file.db.execute(sql, (word,)).fetchall()


CHILDREN = """
CREATE TABLE notes (id TEXT PRIMARY KEY, title);
CREATE TABLE tags (note TEXT REFERENCES notes ON DELETE CASCADE ON UPDATE CASCADE, tag TEXT, PRIMARY KEY (note, tag));
CREATE TABLE parts (id TEXT PRIMARY KEY, note REFERENCES notes ON DELETE SET NULL ON UPDATE CASCADE);
"""


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("enforced", [False, True])
def test_what_foreign_keys_do_arrives_as_rows(new: Open, turned: bool, enforced: bool) -> None:
    """They are not enforced in a merge, whose rows come in any order, also if a program has switched them on."""
    names = ("notes", "tags", "parts")
    there, here = (new(CHILDREN, *names) for _ in range(2))
    here.db.execute(f"PRAGMA foreign_keys = {enforced}")
    for sql in (
        "INSERT INTO notes VALUES ('a', 1), ('b', 2); INSERT INTO tags VALUES ('a', 'x'), ('b', 'x');"
        "INSERT INTO parts VALUES ('p', 'a'), ('q', 'b')",
        "UPDATE notes SET id = 'c' WHERE id = 'b'",
        "DELETE FROM notes WHERE id = 'a'",
    ):
        there.app(f"PRAGMA foreign_keys = ON; {sql}")
        found = [one for name in names for one in there.changes(0, name)]
        here.merge(found[::-1] if turned else found)
        for name in names:
            assert sorted(here.db.execute(f"SELECT * FROM {name}")) == sorted(there.db.execute(f"SELECT * FROM {name}"))
    assert here.db.pragma("foreign_keys") == enforced
    assert here.db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_triggers_that_would_never_end(new: Open) -> None:
    """An update that is left out never makes its WHEN false: where triggers may set off themselves, it would go on."""
    schema = f"{SCHEMA}; {TRIGGERS['updated_at, of some']}"
    there, here = new(schema, *SYNCED), new(schema, *SYNCED)
    here.db.execute("PRAGMA recursive_triggers = ON")
    there.app("INSERT INTO notes VALUES ('a', 'A', 1, 0)")
    here.merge(changes(there))
    there.app("UPDATE notes SET title = 'B'")
    here.merge(changes(there))
    assert held(here) == held(there)
    assert here.db.pragma("recursive_triggers") == 1


def test_the_apps_own_writes_are_under_no_rule(new: Open) -> None:
    """On our connection, too: there, statements and guards of a merge are none of the app's."""
    file = new(f"{SCHEMA}; {TRIGGERS['nested']}", *SYNCED)
    said: list[int] = []

    def others(action: int, *_: object) -> int:
        said.append(action)
        return apsw.SQLITE_OK

    insert = 'INSERT INTO main."notes" ("id", "title") VALUES (?, ?)'
    file.db.execute(insert, ("a", "A"))
    assert file.db.execute("SELECT count(*) FROM log WHERE what = 'nested'").get == 1
    file.db.authorizer = others
    other = new(SCHEMA, *SYNCED)
    other.app("INSERT INTO notes VALUES ('z', 'Z', 0, 0)")
    file.merge(changes(other))
    assert file.db.authorizer is others
    assert apsw.SQLITE_INSERT in said
    assert file.db.execute("SELECT count(*) FROM log WHERE what = 'nested'").get == 1
    file.db.execute(insert, ("b", "B"))
    assert file.db.execute("SELECT count(*) FROM log WHERE what = 'nested'").get == 2
    assert file.db.execute("SELECT count(*) FROM log WHERE id = 'older'").get == 0


def test_a_statement_that_a_merge_has_had_compiled(new: Open) -> None:
    """To an app on our connection that runs the same, to the letter, the rule does not apply."""
    there, here = new(SCHEMA, *SYNCED), new(f"{SCHEMA}; {TRIGGERS['INSERT']}", *SYNCED)
    there.app("INSERT INTO notes VALUES ('a', 'A', 1, 0)")
    said: list[str] = []
    here.db.exec_trace = lambda _, sql, __: not said.append(sql)
    here.merge(changes(there))
    here.db.exec_trace = None
    [insert] = {sql for sql in said if sql.startswith('INSERT INTO main."notes"')}
    assert len(held(here)[1]) == 2  # type: ignore[arg-type]
    here.db.execute(insert, ("b", "B", 2, 0))
    assert len(held(here)[1]) == 3  # type: ignore[arg-type]


def test_guards_follow_the_schema(new: Open) -> None:
    """They are made anew with each other schema, and after a rollback that took them away."""
    there, here = new(SCHEMA, *SYNCED), new(SCHEMA, *SYNCED)
    for n, trigger in enumerate(
        (
            "CREATE TRIGGER a AFTER INSERT ON notes BEGIN DELETE FROM log; END",
            "CREATE TRIGGER b AFTER INSERT ON notes BEGIN DELETE FROM tags; END",
            "DROP TRIGGER a; ALTER TABLE log ADD COLUMN more",
            "CREATE TRIGGER a AFTER INSERT ON notes BEGIN UPDATE OR REPLACE log SET rowid = 5; END; DROP TRIGGER b",
        )
    ):
        here.app(trigger)
        there.app(f"INSERT INTO notes VALUES ('{n}', 'A', 1, 0)")
        with pytest.raises(SchemaMismatch):
            here.merge([*changes(there), Change("notes", changes(there)[0].pk, "no", None, 9, 1, b"t" * 16, 9, 0)])
        here.merge(changes(there))
        assert [row[:3] for row in held(here)[1]] == held(there)[1]  # type: ignore[index, attr-defined]
        assert held(here)[2] == held(there)[2]
        has_told_nothing(here)
