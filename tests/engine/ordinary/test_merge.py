"""Ordinary tables merge as cr-sqlite's do: what comes in, what wins, what is refused."""

from __future__ import annotations

import pytest

from engine.change import Change
from engine.errors import InvalidChange, SchemaMismatch
from engine.ordinary.read import Reading
from engine.tables import pack_columns
from engine.tables.ranges import Share
from engine.tables.reading import Fill
from tests.engine.ordinary.conftest import NOTES, Open

THEM = b"t" * 16
OTHERS = b"o" * 16


def change(key: str, cid: str, val: object, col_version: int = 1, **more: int | bytes) -> Change:
    """A change of notes by THEM."""
    fields = {"db_version": 7, "site_id": THEM, "cl": 1, "seq": 0, **more}
    return Change("notes", pack_columns((key,)), cid, val, col_version, **fields)  # type: ignore[arg-type]


def test_a_row_comes_in_and_is_not_taken_for_the_apps(new: Open) -> None:
    file = new()
    assert file.merge([change("a", "title", "A"), change("a", "body", b"x" * 50), change("a", "stars", 3)]) == (3, 7)
    assert file.rows() == {"a": ("A", b"x" * 50, 3)}
    assert file.capture() == 7
    assert file.cells() == {("a",): (1, {"title": (1, 7), "body": (1, 7), "stars": (1, 7)})}
    file.compare_all()
    assert file.state.db_version() == 7


def test_what_the_app_wrote_just_before_is_told_before_the_merge(new: Open) -> None:
    """It has a version of its own, below the merge's: what came over a link is never told to it again."""
    file = new(f"{NOTES}; INSERT INTO notes VALUES ('a', 'A', 0, 0)")
    assert file.capture() == 1
    file.app("UPDATE notes SET body = 'mine'")
    assert file.merge([change("a", "stars", 9, 5, db_version=1)]) == (1, 3)
    assert file.rows() == {"a": ("A", "mine", 9)}
    assert file.cells()["a",][1] == {"title": (1, 1), "body": (2, 2), "stars": (5, 3)}


def test_a_write_of_the_app_that_loses_was_told_all_the_same(new: Open) -> None:
    file = new(f"{NOTES}; INSERT INTO notes VALUES ('a', 'A', 0, 0)")
    file.app("UPDATE notes SET title = 'M'")
    file.merge([change("a", "title", "Z", 2)])
    assert file.rows()["a"][0] == "Z"
    assert file.cells()["a",][1]["title"] == (2, 7)


def test_equal_versions_go_by_value(new: Open) -> None:
    file = new(f"{NOTES}; INSERT INTO notes VALUES ('a', 'M', 0, 0)")
    assert file.merge([change("a", "title", "B")])[0] == 0
    assert file.merge([change("a", "title", "M")])[0] == 0
    assert file.merge([change("a", "title", "N")])[0] == 1
    assert file.merge([change("a", "body", "text"), change("a", "stars", 0.5)])[0] == 0  # INTEGER beats both


def test_long_values_are_compared_whole(new: Open) -> None:
    low, high = "x" * 60 + "a", "x" * 60 + "b"
    file = new(f"{NOTES}; INSERT INTO notes VALUES ('a', '{low}', 0, 0)")
    assert file.merge([change("a", "title", high)])[0] == 1
    assert file.merge([change("a", "title", low)])[0] == 0


@pytest.mark.usefixtures("how_merged")
@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
def test_long_numbers_in_every_encoding(new: Open, encoding: str) -> None:
    """A number is kept as it is, also where its text is long: a merge and a comparison see the same of it."""
    values = [0.1234567890123456, 9007199254740992.0, -(2**63)]
    at, file = new(f"PRAGMA encoding = '{encoding}'; {NOTES}"), new(f"PRAGMA encoding = '{encoding}'; {NOTES}")
    for key, value in zip("abc", values, strict=True):
        at.app(f"INSERT INTO notes VALUES ('{key}', 'T', {value!r}, 1)")
    changes = at.changes()
    assert file.merge(changes)[0] == len(changes)
    assert [row[1] for row in file.rows().values()] == values
    before = file.cells()
    file.compare_all()
    assert file.cells() == before
    assert at.merge(file.changes())[0] == 0
    at.app("UPDATE notes SET body = 0.1234567890123457 WHERE id = 'a'")
    assert [change.val for change in at.changes(1)] == [0.1234567890123457]


def test_deletions_and_revivals(new: Open) -> None:
    file = new(f"{NOTES}; INSERT INTO notes VALUES ('a', 'A', 1, 1)")
    assert file.merge([change("a", "-1", None, 2, cl=2)])[0] == 1
    assert file.rows() == {}
    assert file.merge([change("a", "title", "late", 9)])[0] == 0
    assert file.merge([change("a", "title", "again", cl=3)])[0] == 1
    assert file.rows() == {"a": ("again", None, None)}
    assert file.merge([change("a", "title", "once more", 0, cl=5, site_id=OTHERS)])[0] == 1
    assert file.rows() == {"a": ("once more", None, None)}
    file.compare_all()
    assert file.versions() == {("a",): (5, {"title": 0})}


def test_columns_that_nobody_sent_are_not_told(new: Open) -> None:
    """What the table shows in them is a default: it beats nobody's value."""
    file = new("CREATE TABLE notes (id TEXT PRIMARY KEY, title, stars DEFAULT 5)")
    file.merge([change("a", "title", "A")])
    assert file.rows() == {"a": ("A", 5)}
    assert [c.cid for c in file.changes()] == ["title"]
    assert file.merge([change("a", "stars", None, 0)])[0] == 1
    assert file.rows() == {"a": ("A", None)}


def test_values_of_published_clients_take_the_type_of_their_column(new: Open) -> None:
    """Of others, too, but the row is hidden (``test_hidden_types``): JavaScript does not tell 1 from 1.0."""
    file = new("CREATE TABLE notes (id TEXT PRIMARY KEY, a INTEGER, b REAL, c TEXT)")
    changes = [change("x", "a", "12"), change("x", "b", 1), change("x", "c", 5)]
    file.merge(changes, js_numbers=True)
    assert file.rows() == {"x": (12, 1.0, "5")}
    assert file.merge(changes, js_numbers=True)[0] == 0
    assert file.capture() == 7


def test_numbers_that_are_equal_and_yet_differ(new: Open) -> None:
    """-0.0 and 0.0 are one value, NaN is NULL; 1 and 1.0 differ where the column keeps them apart."""
    file = new("CREATE TABLE notes (id TEXT PRIMARY KEY, a, b REAL, c NUMERIC)")
    file.merge([change("x", "a", -0.0), change("x", "b", -0.0), change("x", "c", float("nan"))])
    assert file.rows() == {"x": (0.0, 0.0, None)}
    assert file.capture() == 7
    for zero in (0.0, -0.0):
        assert file.merge([change("x", "a", zero), change("x", "b", zero)])[0] == 0
    file.app("UPDATE notes SET a = -0.0, b = 0")
    assert file.capture() == 7
    assert file.merge([change("x", "a", 0)])[0] == 1  # an integer beats a float
    assert file.merge([change("x", "a", 0.0)])[0] == 0
    assert file.merge([change("x", "b", 1), change("x", "c", 1.0)], js_numbers=True)[0] == 2
    assert [(type(value), value) for value in file.rows()["x"]] == [(int, 0), (float, 1.0), (int, 1)]
    file.compare_all()
    assert file.versions() == {("x",): (1, {"a": 1, "b": 1, "c": 1})}


def test_a_row_that_is_deleted_and_comes_back_in_one_batch(new: Open) -> None:
    """It is another row: what nobody sends of it has its default again."""
    file = new("CREATE TABLE notes (id TEXT PRIMARY KEY, title, stars DEFAULT 5)")
    file.merge([change("a", "title", "A"), change("a", "stars", 1)])
    again = [change("a", "-1", None, 2, cl=2), change("a", "title", "B", cl=3)]
    assert file.merge(again)[0] == 2
    assert file.rows() == {"a": ("B", 5)}
    assert [one.old for one in file.applied] == [None, None]
    assert file.merge([change("a", "-1", None, 4, cl=4), change("a", "title", "C", 1, cl=3)])[0] == 1
    assert file.rows() == {}
    file.compare_all()
    assert file.versions() == {("a",): (4, {})}


def test_what_is_told_of_a_merge(new: Open) -> None:
    file = new(f"{NOTES}; INSERT INTO notes VALUES ('a', 'A', 0, 0)")
    file.merge([change("a", "title", "B", 2), change("b", "title", "C"), change("a", "stars", 9, 0)])
    assert [(one.key, one.change.cid, one.old, one.had_old, one.local_version) for one in file.applied] == [
        (("a",), "title", "A", True, 7),
        (("b",), "title", None, False, 7),
    ]


def test_a_row_that_a_constraint_refuses_is_hidden(new: Open) -> None:
    file = new("CREATE TABLE notes (id TEXT PRIMARY KEY, stars CHECK (stars < 10), title NOT NULL DEFAULT 'T')")
    file.merge([change("a", "stars", 11), change("b", "stars", 1)])
    assert file.rows() == {"b": (1, "T")}
    assert [(row.reason, row.values) for row in file.hidden()] == [("check", {"stars": 11, "title": "T"})]
    file.merge([change("a", "stars", 9, 2), change("b", "title", None, 2)])
    assert file.rows() == {"a": (9, "T")}
    assert [(row.reason, row.values) for row in file.hidden()] == [("not null", {"stars": 1, "title": None})]
    version = file.state.db_version()
    file.compare_all()
    assert file.state.db_version() == version


def test_an_update_asks_for_no_other_column(new: Open) -> None:
    file = new(f"{NOTES}; INSERT INTO notes VALUES ('a', 'A', 0, 0)")
    assert file.merge([change("a", "stars", 5, 2)])[0] == 1
    assert file.rows() == {"a": ("A", 0, 5)}


def test_a_new_row_whose_cells_come_one_after_the_other(new: Open) -> None:
    """No rule is broken in between, and what stands there until then is nobody's value."""
    file = new(
        "CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT NOT NULL, stars INTEGER NOT NULL, body BLOB NOT NULL,"
        " due REAL NOT NULL DEFAULT 7)"
    )
    file.merge([change("a", "title", "A", 2)])
    assert file.rows() == {"a": ("A", 0, b"", 7.0)}
    assert [one.cid for one in file.changes()] == ["title"]
    file.merge([change("a", "body", b"B"), change("a", "stars", 0)])
    assert file.rows() == {"a": ("A", 0, b"B", 7.0)}
    assert {one.cid: one.val for one in file.changes()} == {"title": "A", "stars": 0, "body": b"B"}
    before = file.cells()
    file.compare_all()
    assert file.cells() == before


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (change("a", "nothing", 1), SchemaMismatch),
        (change("a", "title", 1)._replace(table="other"), SchemaMismatch),
        (change("a", "title", 1)._replace(pk=b""), InvalidChange),
        (change("a", "title", 1)._replace(pk=pack_columns((None,))), InvalidChange),
        (change("a", "title", 1)._replace(pk=pack_columns(("a", "b"))), InvalidChange),
        (change("a", "title", 1, cl=2**53), InvalidChange),
        (change("a", "title", 1, site_id=b"short"), InvalidChange),
    ],
)
def test_what_no_honest_peer_sends(new: Open, wrong: Change, error: type[Exception]) -> None:
    file = new()
    with pytest.raises(error):
        file.merge([change("b", "title", "B"), wrong])
    assert file.rows() == {}


def test_a_version_of_far_away_moves_ours_by_one(new: Open) -> None:
    file = new(f"{NOTES}; INSERT INTO notes VALUES ('a', 'A', 0, 0)")
    assert file.merge([change("a", "stars", 5, 2, db_version=2**52)])[1] < 10


def test_rows_come_whole_and_in_parts_of_any_size(new: Open) -> None:
    file = new()
    file.app("INSERT INTO notes VALUES ('a', 'A', 1, 1), ('b', 'B', 2, 2)")
    file.capture()
    file.app("UPDATE notes SET stars = 7 WHERE id = 'a'; DELETE FROM notes WHERE id = 'b'")
    everything = file.changes()
    assert [(c.cid, c.db_version) for c in everything] == [("title", 1), ("body", 1), ("stars", 2), ("-1", 2)]
    assert [(c.cid, c.val) for c in file.changes(1)] == [("-1", None), ("stars", 7)]
    for most in (1, 2, 3, 4):
        assert file.changes(0, most=most) == everything


def test_what_moves_between_two_parts_comes_all_the_same(new: Open) -> None:
    """A row is written whole after the first part: its old cells, if any are left, come in the second phase."""
    file = new()
    file.app("INSERT INTO notes VALUES ('a', 'A', 1, 1), ('b', 'B', 2, 2)")
    file.capture()

    def part(place: bytes | None) -> tuple[bytes | None, list[Change]]:
        fill = Fill(changes=3)
        return Reading(file.db, {"notes": file.tables.entries()[0]}, 1, fill).read(
            Share("notes"), place, 0, None
        ), fill.found

    place, first = part(None)
    assert [c.cid for c in first] == ["title", "body", "stars"]
    assert place is not None
    file.app("UPDATE notes SET title = 'BB', body = 'BB' WHERE id = 'b'")
    file.capture()
    rest = []
    while place is not None:
        place, found = part(place)
        rest += found
    assert [(c.cid, c.val) for c in rest] == [("stars", 2)]
    assert sorted((c.cid, c.val) for c in file.changes(1)) == [("body", "BB"), ("title", "BB")]
