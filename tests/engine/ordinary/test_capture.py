"""What any program writes is found, and stamped as it was written."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from engine.errors import NotEligible
from engine.ordinary.shadow import packed
from engine.tables.pack import pack
from tests.budget import cases
from tests.engine.ordinary.conftest import NOTES, Open

ALL = {"title": 1, "body": 1, "stars": 1}


def test_rows_that_were_there_are_recorded_as_written(new: Open) -> None:
    file = new(f"{NOTES}; INSERT INTO notes VALUES ('a', 'A', 'text', 1), ('b', 'B', NULL, 2)")
    assert file.versions() == {("a",): (1, ALL), ("b",): (1, ALL)}
    assert file.state.db_version() == 1


def test_inserts_updates_and_deletions(new: Open) -> None:
    file = new()
    file.app("INSERT INTO notes VALUES ('a', 'A', 'text', 1), ('b', 'B', NULL, 2)")
    assert file.capture() == 1
    file.app("UPDATE notes SET title = 'AA' WHERE id = 'a'", "DELETE FROM notes WHERE id = 'b'")
    assert file.capture() == 2
    assert file.cells() == {
        ("a",): (1, {"title": (2, 2), "body": (1, 1), "stars": (1, 1)}),
        ("b",): (2, {}),
    }
    file.app("INSERT INTO notes VALUES ('b', 'B', 'again', 3)")
    assert file.capture() == 3
    assert file.versions()["b",] == (3, ALL)


def test_what_is_taken_back_before_a_capture_is_nothing(new: Open) -> None:
    file = new(f"{NOTES}; INSERT INTO notes VALUES ('a', 'A', 'text', 1)")
    before = file.cells()
    file.app(
        "UPDATE notes SET title = 'B'; UPDATE notes SET title = 'A'",
        "INSERT INTO notes VALUES ('x', 'X', 0, 0); DELETE FROM notes WHERE id = 'x'",
        "DELETE FROM notes WHERE id = 'a'; INSERT INTO notes VALUES ('a', 'A', 'text', 1)",
    )
    assert file.capture() == 1
    assert file.cells() == before


def test_a_capture_that_finds_nothing_takes_no_version(new: Open) -> None:
    file = new(f"{NOTES}; INSERT INTO notes VALUES ('a', 'A', 'text', 1)")
    assert file.capture() == 1
    file.app("UPDATE notes SET title = title")
    assert file.capture() == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("1", "1.0"),
        ("'1'", "1"),
        ("x'31'", "'1'"),
        ("NULL", "''"),
        ("'a' || char(0) || 'b'", "'a'"),
        ("zeroblob(40)", "zeroblob(41)"),
        ("replace(hex(zeroblob(40)), '0', 'ä')", "replace(hex(zeroblob(40)), '0', 'ö')"),
        ("CAST(replace(hex(zeroblob(40)), '0', 'a') AS BLOB)", "replace(hex(zeroblob(40)), '0', 'a')"),
        ("NULL", "zeroblob(100)"),
        ("9223372036854775807", "9223372036854775806"),
        ("CAST(x'ff' AS TEXT)", "CAST(x'fe' AS TEXT)"),
        ("'a'", "'A'"),
    ],
)
def test_values_that_are_nearly_the_same_differ(new: Open, before: str, after: str) -> None:
    schema = "CREATE TABLE notes (id TEXT PRIMARY KEY, body COLLATE NOCASE)"
    file = new(f"{schema}; INSERT INTO notes VALUES ('a', {before})")
    file.app(f"UPDATE notes SET body = {after}")
    assert file.capture() == 2
    assert file.versions() == {("a",): (1, {"body": 2})}
    file.app(f"UPDATE notes SET body = {after}")
    assert file.capture() == 2


def test_minus_nought_is_nought(new: Open) -> None:
    file = new("CREATE TABLE notes (id TEXT PRIMARY KEY, body REAL); INSERT INTO notes VALUES ('a', 0.0)")
    file.app("UPDATE notes SET body = -0.0")
    assert file.capture() == 1


def test_a_key_that_changes_its_letter_case_is_logged_under_both(new: Open) -> None:
    file = new("CREATE TABLE notes (id TEXT PRIMARY KEY COLLATE NOCASE, body); INSERT INTO notes VALUES ('a', 1)")
    file.app("UPDATE notes SET id = 'A'")
    assert sorted(k0 for (k0,) in file.db.execute("SELECT k0 FROM crsql_syncline_log_1")) == ["A", "a"]


def test_only_the_keys_are_logged(new: Open) -> None:
    file = new()
    file.app("INSERT INTO notes VALUES ('a', 'A', 'text', 1); UPDATE notes SET id = 'b'")
    assert sorted(k0 for (k0,) in file.db.execute("SELECT k0 FROM crsql_syncline_log_1")) == ["a", "a", "b"]
    file.capture()
    assert file.versions() == {("b",): (1, ALL)}


KEYS = {
    "text": ("id TEXT PRIMARY KEY", "'k' || {n}"),
    "real": ("id REAL PRIMARY KEY", "{n} / 2.0"),
    "blob": ("id BLOB PRIMARY KEY", "CAST('k' || {n} AS BLOB)"),
    "no type": ("id PRIMARY KEY", "{n}"),
    "any case": ("id TEXT PRIMARY KEY COLLATE NOCASE", "char({n} + 64)"),
    "number that the app hands out": ("id INT PRIMARY KEY", "{n}"),
    "without rowid": ("id INTEGER NOT NULL", "{n}"),
}


@pytest.mark.parametrize("kind", KEYS)
def test_keys_of_every_kind(new: Open, kind: str) -> None:
    column, value = KEYS[kind]
    without = ", PRIMARY KEY (id)) WITHOUT ROWID" if kind == "without rowid" else ")"
    file = new(f"CREATE TABLE notes ({column}, body{without}")
    for n in (1, 2, 3):
        file.app(f"INSERT INTO notes VALUES ({value.format(n=n)}, {n})")
    file.capture()
    file.app(
        f"UPDATE notes SET body = 9 WHERE id = {value.format(n=1)}; DELETE FROM notes WHERE id = {value.format(n=2)}"
    )
    file.app(f"UPDATE notes SET id = {value.format(n=4)} WHERE id = {value.format(n=3)}")
    file.capture()
    found = sorted((length, cells.get("body")) for length, cells in file.versions().values())
    assert found == [(1, 1), (1, 2), (2, None), (2, None)]
    before = file.cells()
    file.compare_all()
    assert file.cells() == before


def test_a_key_in_another_letter_case_is_another_row(new: Open) -> None:
    file = new("CREATE TABLE notes (id TEXT PRIMARY KEY COLLATE NOCASE, body); INSERT INTO notes VALUES ('a', 1)")
    file.app("UPDATE notes SET id = 'A'")
    file.capture()
    assert file.versions() == {("a",): (2, {}), ("A",): (1, {"body": 1})}


def test_two_columns_and_a_swap(new: Open) -> None:
    file = new("CREATE TABLE notes (a, b TEXT, body, PRIMARY KEY (b, a)); INSERT INTO notes VALUES (1, 'x', 0)")
    file.app("INSERT INTO notes VALUES (2, 'x', 5), (1, 'y', 6)")
    file.capture()
    file.app("UPDATE notes SET a = 9 WHERE body = 5; UPDATE notes SET a = 2 WHERE body = 0")
    file.app("UPDATE notes SET a = 1 WHERE body = 5")
    file.capture()
    rows = dict(file.db.execute("SELECT json_array(b, a), body FROM notes"))
    assert rows == {'["x",2]': 0, '["x",1]': 5, '["y",1]': 6}
    assert file.versions() == {("x", 1): (1, {"body": 2}), ("x", 2): (1, {"body": 2}), ("y", 1): (1, {"body": 1})}


def test_rows_with_null_in_the_key_stay_here(new: Open) -> None:
    file = new("CREATE TABLE notes (id TEXT PRIMARY KEY, body); INSERT INTO notes VALUES (NULL, 1), ('a', 2)")
    file.app("INSERT INTO notes VALUES (NULL, 3); UPDATE notes SET id = NULL WHERE id = 'a'")
    file.capture()
    assert file.versions() == {("a",): (2, {})}
    file.app("UPDATE notes SET id = 'c' WHERE body = 1")
    file.capture()
    assert file.versions() == {("a",): (2, {}), ("c",): (1, {"body": 1})}


def test_a_table_of_keys_alone(new: Open) -> None:
    file = new("CREATE TABLE notes (id TEXT PRIMARY KEY) WITHOUT ROWID; INSERT INTO notes VALUES ('a')")
    file.app("INSERT INTO notes VALUES ('b'); DELETE FROM notes WHERE id = 'a'")
    file.capture()
    assert file.versions() == {("a",): (2, {}), ("b",): (1, {})}
    file.app("INSERT INTO notes VALUES ('a')")
    file.capture()
    assert file.versions()["a",] == (3, {})


def test_more_columns_than_a_number_has_bits(new: Open) -> None:
    columns = [f"c{n}" for n in range(90)]
    file = new(f"CREATE TABLE notes (id TEXT PRIMARY KEY, {', '.join(columns)}); INSERT INTO notes (id) VALUES ('a')")
    file.app("UPDATE notes SET c0 = 1, c63 = 1, c64 = 1, c89 = 1")
    file.capture()
    assert {c for c, version in file.versions()["a",][1].items() if version == 2} == {"c0", "c63", "c64", "c89"}


def test_slices_take_versions_of_their_own(new: Open) -> None:
    file = new()
    numbers = "WITH RECURSIVE n (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n LIMIT 12)"
    file.app(f"{numbers} INSERT INTO notes SELECT v, 'T', NULL, v FROM n")
    more, slices = True, 0
    while more:
        with file.db:
            more = file.tables.capture(5)
        slices += 1
    assert slices == 3
    assert sorted(cells["title"][1] for _, cells in file.cells().values()) == [1] * 5 + [2] * 5 + [3] * 2


def test_a_full_log_says_compare_everything(new: Open) -> None:
    file = new(f"{NOTES}; INSERT INTO notes VALUES ('a', 'A', 0, 0)")
    file.db.execute("INSERT INTO crsql_syncline_log_1 (id, k0) VALUES (100000, 'x')")
    file.app("INSERT INTO notes VALUES ('b', 'B', 0, 0); UPDATE notes SET stars = 1 WHERE id = 'a'")
    assert file.db.execute("SELECT count(*) FROM crsql_syncline_log_1").get == 1
    file.capture()
    assert file.versions() == {("a",): (1, {**ALL, "stars": 2}), ("b",): (1, ALL)}
    assert file.db.execute("SELECT count(*) FROM crsql_syncline_log_1").get == 0


def test_not_eligible(new: Open) -> None:
    for schema, word in {
        "CREATE TABLE t (a, b)": "no primary key",
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (id TEXT PRIMARY KEY, b REAL REFERENCES p)": "stores",
        "CREATE TABLE p (id INTEGER PRIMARY KEY REFERENCES t);"
        "CREATE TABLE t (id INTEGER PRIMARY KEY REFERENCES p)": "refer to each other",
        'CREATE TABLE p (id INTEGER PRIMARY KEY, "-1");'
        "CREATE TABLE t (id TEXT PRIMARY KEY, b INT REFERENCES p)": "refers to “p”: A column is called",
        "CREATE VIEW t AS SELECT 1": "view",
        'CREATE TABLE t (id TEXT PRIMARY KEY, "-1")': "reserved for the row itself",
    }.items():
        file = new(f"{NOTES}; {schema}")
        with pytest.raises(NotEligible, match=word):
            file.make("t")
        assert [entry.name for entry in file.tables.entries()] == ["notes"]


def test_a_unique_index_can_be_the_key(new: Open) -> None:
    file = new("CREATE TABLE notes (a TEXT NOT NULL UNIQUE, b); INSERT INTO notes VALUES ('x', 1)")
    file.app("INSERT OR REPLACE INTO notes VALUES ('x', 2)")
    file.capture()
    assert file.versions() == {("x",): (1, {"b": 2})}


def test_a_row_that_replace_displaces(new: Open) -> None:
    """An index that came later makes REPLACE delete a row, and no trigger fires."""
    file = new(f"{NOTES}; INSERT INTO notes VALUES ('a', 'A', 0, 0), ('b', 'B', 0, 0)")
    file.app("CREATE UNIQUE INDEX one_title ON notes (title)")
    file.capture()
    file.app("INSERT OR REPLACE INTO notes VALUES ('c', 'A', 0, 0)")
    file.capture()
    assert {key: length for (key,), (length, _) in file.versions().items()} == {"a": 2, "b": 1, "c": 1}


def test_undo_leaves_the_file_as_it_was(new: Open) -> None:
    file = new(f"{NOTES}; INSERT INTO notes VALUES ('a', 'A', 0, 0)")
    with file.db:
        file.tables.undo("notes")
    left = [name for (name,) in file.db.execute("SELECT name FROM sqlite_master WHERE name LIKE 'crsql_syncline_%'")]
    assert left == []
    assert file.db.execute("SELECT * FROM notes").fetchall() == [("a", "A", 0, 0)]
    assert file.state.db_version() >= 1


WRITES = (
    "INSERT INTO notes VALUES ('{k}', '{v}', {n}, {n})",
    "INSERT OR REPLACE INTO notes VALUES ('{k}', '{v}', {n}, {n})",
    "INSERT OR IGNORE INTO notes VALUES ('{k}', '{v}', {n}, {n})",
    "REPLACE INTO notes (id, title) VALUES ('{k}', '{v}')",
    "INSERT INTO notes VALUES ('{k}', '{v}', {n}, {n}) ON CONFLICT (id) DO UPDATE SET title = excluded.title",
    "INSERT INTO notes VALUES ('{k}', '{v}', {n}, {n}) ON CONFLICT DO NOTHING",
    "UPDATE notes SET title = '{v}' WHERE id = '{k}'",
    "UPDATE notes SET body = zeroblob({n}), stars = stars + 1",
    "UPDATE OR REPLACE notes SET id = '{k}' WHERE id = '{l}'",
    "UPDATE OR IGNORE notes SET id = '{k}', stars = {n} WHERE id = '{l}'",
    "UPDATE OR ABORT notes SET id = id || 'x' WHERE id = '{k}'",
    "DELETE FROM notes WHERE id = '{k}'",
    "DELETE FROM notes WHERE stars > {n}",
    "DELETE FROM notes",
    "BEGIN; UPDATE notes SET title = 'no'; DELETE FROM notes; ROLLBACK",
    "SAVEPOINT a; DELETE FROM notes WHERE id = '{k}'; SAVEPOINT b; DELETE FROM notes; ROLLBACK TO b; RELEASE a",
    "PRAGMA recursive_triggers = ON; INSERT OR REPLACE INTO notes VALUES ('{k}', '{v}', {n}, {n})",
)


def test_the_net_effect_of_any_writes(new: Open) -> None:
    """Random statements of an app, captures in between: each cell that changed has one version more, and comparing
    everything finds nothing."""
    for case in cases("captured writes", seconds=4):
        file, choose = new(), case.random
        expected: dict[tuple[object, ...], tuple[int, dict[str, int]]] = {}
        shown: dict[tuple[object, ...], dict[str, object]] = {}
        for _ in range(choose.randrange(2, 12)):
            with closing(sqlite3.connect(file.path, isolation_level=None)) as app:
                for _ in range(choose.randrange(1, 5)):
                    k, other = choose.choice("abc"), choose.choice("abc")
                    sql = choose.choice(WRITES).format(k=k, l=other, v=choose.choice("XYZ"), n=choose.randrange(4))
                    try:
                        app.executescript(sql)
                    except sqlite3.IntegrityError:
                        case.found()
            file.capture()
            now = {
                (key,): dict(zip(ALL, values, strict=True))
                for key, *values in file.db.execute("SELECT id, title, body, stars FROM notes")
            }
            for key in now.keys() | shown.keys():
                length, cells = expected.get(key, (0, {}))
                if key not in now:
                    expected[key] = (length + 1, {})
                elif key not in shown:
                    expected[key] = (length + 1, dict(ALL))
                else:
                    changed = {c: cells[c] + (shown[key][c] != now[key][c]) for c in ALL}
                    expected[key] = (length, changed)
            shown = now
            assert file.versions() == expected
        before = file.cells()
        file.compare_all()
        assert file.cells() == before


def test_keys_that_are_large_numbers(new: Open) -> None:
    """No integer is as large as they are, or they stand for one."""
    file = new("CREATE TABLE notes (id REAL PRIMARY KEY, body)")
    file.app(
        "INSERT INTO notes VALUES (1e300, 1), (-1e19, 2), (9e15, 3), (9e999, 4), (0.5, 5), (9223372036854775807, 6)"
    )
    file.capture()
    before = file.cells()
    assert len(before) == 6
    file.app("UPDATE notes SET body = 0")
    file.capture()
    assert {version for _, cells in file.versions().values() for version in cells.values()} == {2}
    other = new("CREATE TABLE notes (id REAL PRIMARY KEY, body)")
    other.merge(file.changes())
    assert other.rows() == file.rows()
    other.compare_all()
    assert {length for length, _ in other.versions().values()} == {1}


def test_keys_are_packed_alike_in_sql_and_in_python(new: Open) -> None:
    """Whatever is in them: the way within SQLite knows when to leave it to Python."""
    file = new()
    values: list[object] = ["", "a", "ä", "a\0b", "x" * 127, "x" * 128, "~", " ", "\x7f", "\n", b"", b"a", 0, -1, 1.5]
    values += [sign * 2**n + more for n in (1, 7, 8, 16, 24, 31, 32, 40, 62) for more in (-1, 0, 1) for sign in (1, -1)]
    for width in (1, 2, 3):
        columns = [f"c{n}" for n in range(width)]
        sql = f"SELECT {packed(file.db, columns)} FROM (SELECT {', '.join(f'? AS {c}' for c in columns)})"
        for n in range(len(values)):
            key = [values[(n + 7 * place) % len(values)] for place in range(width)]
            assert file.db.execute(sql, key).get == pack(key), key


@pytest.mark.parametrize("columns", [1, 2, 3, 5])
def test_many_rows_at_once_as_one_by_one(new: Open, columns: int) -> None:
    """Stamps are the same whether a capture finds rows that are alike or not, in one slice or in many."""
    names = [f"c{n}" for n in range(columns)]
    schema = f"CREATE TABLE notes (id TEXT PRIMARY KEY, {', '.join(names)})"
    for case in cases("captured at once", seconds=2):
        choose, files = case.random, [new(schema), new(schema)]
        for _ in range(choose.randrange(2, 7)):
            some = choose.sample(names, choose.randrange(1, columns + 1))
            where = choose.choice(("1", "id % 2", "id % 3 = 0", f"id < {choose.randrange(20)}"))
            sql = choose.choice(
                (
                    f"UPDATE notes SET {', '.join(f'{c} = ifnull({c}, 0) + 1' for c in some)} WHERE {where}",
                    f"DELETE FROM notes WHERE {where}",
                    "WITH RECURSIVE n (v) AS (SELECT 0 UNION ALL SELECT v + 1 FROM n"
                    f" LIMIT {choose.randrange(5, 25)}) INSERT OR IGNORE INTO notes (id) SELECT v FROM n",
                )
            )
            for file, limit in zip(files, (5000, 1), strict=True):
                file.app(sql)
                with file.db:
                    while file.tables.capture(limit):
                        pass
        assert files[0].versions() == files[1].versions()
        before = files[0].cells()
        files[0].compare_all()
        assert files[0].cells() == before
        for file in files:
            file.db.close()
