"""Tables that refer to each other's numbers in a circle."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from engine.errors import NotEligible, UsageError
from engine.ordinary.tables import OrdinaryTables
from engine.replica import Replica
from tests.engine.ordinary.conftest import File, Open

SCHEMA = """
CREATE TABLE albums (id INTEGER PRIMARY KEY, cover INTEGER REFERENCES photos, name);
CREATE TABLE photos (id INTEGER PRIMARY KEY, album INTEGER REFERENCES albums, name);
CREATE TABLE tags (album INTEGER REFERENCES albums, photo INTEGER REFERENCES photos, n, PRIMARY KEY (album, photo));
"""
TABLES = ("albums", "photos", "tags")
MEANT = (
    "SELECT a.name, p.name FROM albums a LEFT JOIN photos p ON p.id = a.cover UNION ALL"
    " SELECT p.name, a.name FROM photos p LEFT JOIN albums a ON a.id = p.album UNION ALL"
    " SELECT a.name || '/' || p.name, n FROM tags t JOIN albums a ON a.id = t.album JOIN photos p ON p.id = photo"
)


def new_pair(name: str) -> str:
    """An album and a photo that refer to each other, as an app inserts them."""
    return (
        f"INSERT INTO albums (name) VALUES ('A{name}');"
        f" INSERT INTO photos (album, name) SELECT max(id), 'P{name}' FROM albums;"
        " UPDATE albums SET cover = (SELECT max(id) FROM photos) WHERE id = (SELECT max(id) FROM albums);"
        " INSERT INTO tags SELECT max(a.id), max(p.id), 't' FROM albums a, photos p;"
    )


def pair(name: str) -> set[tuple[str, str]]:
    """What is meant by it."""
    return {(f"A{name}", f"P{name}"), (f"P{name}", f"A{name}"), (f"A{name}/P{name}", "t")}


def meant(file: File) -> set[tuple[str, str]]:
    return set(file.db.execute(MEANT))


def give(source: File, to: File, tables: tuple[str, ...] = TABLES) -> None:
    for table in tables:
        changes = source.changes(0, table)
        if changes:
            to.merge(changes)


@pytest.mark.parametrize("table", TABLES)
def test_one_brings_all(table: str, tmp_path: Path) -> None:
    with Replica.open(tmp_path / "a.db", create=True) as replica:
        replica.connection.execute(SCHEMA)
        replica.connection.execute(new_pair("x"))
        replica.make_ordinary(table)
        refers = {shape.name: shape.refers for shape in replica.shapes()}
        assert refers.pop("tags", {}) in ({}, {"album": "albums", "photo": "photos"})
        assert refers == {
            "albums": {"id": "albums", "cover": "photos"},
            "photos": {"id": "photos", "album": "albums"},
        }
        replica.make_ordinary("tags")
        with pytest.raises(UsageError, match="“tags” refers to rows of “albums”"):
            replica.make_plain("photos")
        replica.make_plain("tags")
        replica.make_plain("photos")
        assert replica.synced_tables() == (), "nor can the other stay alone"
        replica.make_ordinary("tags")
        assert replica.check() == []
        with Replica.open(tmp_path / "b.db", create=True) as other:
            assert other.create_tables(replica.plans(), equal_values=False) == ()
            assert {shape.name: shape.refers for shape in other.shapes()} == {
                shape.name: shape.refers for shape in replica.shapes()
            }
        with Replica.open(tmp_path / "c.db", create=True) as third:
            third.connection.execute("CREATE TABLE x (id TEXT PRIMARY KEY)")
            third.make_ordinary("x")
            assert {one.table for one in third.add_missing(replica.plans())} == set(TABLES)
            assert set(third.synced_tables()) == {"x", *TABLES}


@pytest.mark.parametrize("order", list(permutations(TABLES)))
def test_references_lead_to_what_was_meant(order: tuple[str, ...], new: Open, how_merged: None) -> None:
    one, two = new(SCHEMA + new_pair("1"), *TABLES), new(SCHEMA + new_pair("2"), *TABLES)
    one.app(new_pair("3"))
    two.app(new_pair("4"), new_pair("5"))
    give(one, two, order)
    give(two, one, order)
    everything = set.union(*map(pair, "12345"))
    for file in (one, two):
        assert meant(file) == everything
        version = file.capture()
        file.compare_all()
        assert file.state.db_version() == version, "all of it was as it was seen"
    assert [{(c.pk, c.cid, c.val) for c in one.changes(0, table)} for table in TABLES] == [
        {(c.pk, c.cid, c.val) for c in two.changes(0, table)} for table in TABLES
    ]


def use_again(one: File, two: File, *, captured: bool, limit: int) -> None:
    """SQLite hands out a number again, and another table refers to it; they are captured in slices of so many rows."""
    give(one, two)
    for table, other, column, key in (("photos", "albums", "cover", "A1"), ("albums", "photos", "album", "P1")):
        one.app(f"DELETE FROM tags; DELETE FROM {table} WHERE id = (SELECT max(id) FROM {table})")
        if captured:
            one.capture()
        one.app(
            f"INSERT INTO {table} (name) VALUES ('new {table}')",
            f"UPDATE {other} SET {column} = (SELECT max(id) FROM {table}) WHERE name = '{key}'",
        )
        there = meant(one)
        more = True
        while more:
            with one.transaction():
                more = one.tables.capture(limit)
        give(one, two)
        give(two, one)
        assert meant(one) == there, "nothing has changed under the app"
        assert (key, f"new {table}") in meant(two)


@pytest.mark.parametrize("captured", [True, False])
@pytest.mark.parametrize("limit", [1, 5_000])
def test_a_number_that_is_used_again_in_a_circle_is_another_row(captured: bool, limit: int, new: Open) -> None:
    """Whichever table is captured first: what refers to it now means the new row, and what did before the old one."""
    one, two = new(SCHEMA + new_pair("1") + new_pair("2"), *TABLES), new(SCHEMA, *TABLES)
    use_again(one, two, captured=captured, limit=limit)


def test_a_fault_is_noticed(new: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """One table is captured before it is known which numbers of the other are used again."""
    monkeypatch.setattr(OrdinaryTables, "_make_room", lambda self, entries: [*entries])
    with pytest.raises(AssertionError):
        test_a_number_that_is_used_again_in_a_circle_is_another_row(False, 5_000, new)


def test_a_row_that_waits_for_its_number_in_a_circle(new: Open) -> None:
    """The app gets a number first that was kept for a row that is still to come."""
    one, two = new(SCHEMA + new_pair("1"), *TABLES), new(SCHEMA, *TABLES)
    two.merge(one.changes(0, "albums"))
    two.app("INSERT INTO photos (id, name) SELECT cover, 'mine' FROM albums")
    two.app("INSERT INTO albums (name, cover) SELECT 'of mine', id FROM photos")
    give(two, one)
    give(one, two)
    for file in (one, two):
        assert meant(file) >= {*pair("1"), ("of mine", "mine")}


def test_three_in_a_circle_and_one_beside_it(new: Open) -> None:
    schema = "".join(
        f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, up INT REFERENCES {name}, to_{other} INT REFERENCES {other}, n);"
        for name, other in (("a", "b"), ("b", "c"), ("c", "a"), ("d", "a"))
    )
    rows = (
        "INSERT INTO a VALUES ({n}, {n}, {n}, '{v}'); INSERT INTO b VALUES ({n}, NULL, {n}, '{v}');"
        " INSERT INTO c VALUES ({n}, NULL, {n}, '{v}'); INSERT INTO d VALUES ({n}, {n}, {n}, '{v}');"
    )
    one, two = new(schema + rows.format(n=1, v="x"), *"dabc"), new(schema + rows.format(n=1, v="y"), *"abcd")
    for source, to in ((one, two), (two, one)):
        give(source, to, tuple("cdab"))
    for file in (one, two):
        found = file.db.execute(
            "SELECT d.n, u.n, a.n, b.n, c.n, back.n FROM d JOIN d u ON u.id = d.up JOIN a ON a.id ="
            " d.to_a JOIN b ON b.id = a.to_b JOIN c ON c.id = b.to_c JOIN a back ON back.id = c.to_a"
        ).fetchall()
        assert sorted(found) == [("x",) * 6, ("y",) * 6]


def test_keys_that_refer_to_each_other_are_refused(tmp_path: Path) -> None:
    with Replica.open(tmp_path / "a.db", create=True) as replica:
        replica.connection.execute(
            "CREATE TABLE a (id INTEGER PRIMARY KEY REFERENCES b);"
            "CREATE TABLE b (id INTEGER PRIMARY KEY REFERENCES a);"
            "CREATE TABLE c (x INTEGER REFERENCES d (x), y, PRIMARY KEY (x, y));"
            "CREATE TABLE d (x INTEGER REFERENCES c (x), y, PRIMARY KEY (x, y))"
        )
        with pytest.raises(NotEligible, match="Its key and that of “b” refer to each other"):
            replica.make_ordinary("a")
        replica.make_ordinary("c")
        assert [shape.refers for shape in replica.shapes() if shape.refers] == [], "they are no numbers of rows"
