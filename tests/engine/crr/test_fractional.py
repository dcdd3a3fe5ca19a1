"""Fractional index keys, and the tables that are ordered by them (cr-sqlite.md 3.4)."""

from __future__ import annotations

from bisect import bisect_left, insort

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.crr.sql_api.fractional import key_between
from engine.errors import UsageError
from tests import budget
from tests.engine.crr.conftest import MakeReplica

LARGEST = "z" + 26 * "~"
SMALLEST = "A" + 26 * " "
TODO = "CREATE TABLE todo (id INTEGER PRIMARY KEY NOT NULL, list, place, txt)"

digits = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=4)


@st.composite
def keys(draw: st.DrawFn) -> str:
    """A valid key; its integer is often at one of its ends, where carries and borrows are."""
    head = draw(st.sampled_from("AYZabcz"))
    length = ord(head) - ord("a") + 1 if head >= "a" else ord("Z") - ord(head) + 1
    whole = draw(st.sampled_from([" " * length, "~" * length, " " * (length - 1) + "!", "~" * (length - 1) + "}"]))
    fraction = draw(digits).rstrip(" ")
    key = head + whole + fraction
    return key if key != SMALLEST else key + "P"


@pytest.mark.parametrize(
    ("low", "high", "between"),
    [
        (None, None, "a "), ("a ", None, "a!"), (None, "a ", "Z~"), ("a ", "a!", "a P"), ("a!", "a#", 'a"'),
        ("a~", None, "b  "), (None, "b  ", "a~"), ("Z~", None, "a "), (None, "Z ", "Y~~"), ("Y~~", None, "Z "),
        ("a P", "a!", "a h"), ("a ", "a !", "a  P"), (LARGEST, None, LARGEST + "P"),
        (LARGEST + "~~", None, LARGEST + "~~P"), (None, "A" + 25 * " " + "!", SMALLEST + "P"),
        (None, SMALLEST + "!", SMALLEST + " P"), ("a !", 'a "', "a !P"), ("a ~", "b  ", "a!"), (None, "a P", "a "),
        ("a !", 'a "#', 'a "'), ("a !~~P", 'a "', "a !~~h"),
    ],
)  # fmt: skip
def test_examples(low: str | None, high: str | None, between: str) -> None:
    assert key_between(low, high) == between


@pytest.mark.parametrize(
    "bad", ["", "a", "1 ", " a", "{  ", "b ", "a  ", "a x ", SMALLEST, "aé", "a\n", "a \x7f", "z", "-1", "\ud800"]
)
def test_what_is_no_key(bad: str) -> None:
    for low, high in ((bad, None), (None, bad), (bad, "zz"), ("A", bad)):
        with pytest.raises(UsageError, match="no order key"):
            key_between(low, high)


@pytest.mark.parametrize(("low", "high"), [("a ", "a "), ("a!", "a "), ("b  ", "a~")])
def test_keys_in_the_wrong_order(low: str, high: str) -> None:
    with pytest.raises(UsageError, match="smaller"):
        key_between(low, high)


@settings(max_examples=500, deadline=None)
@given(st.none() | keys(), st.none() | keys())
def test_a_new_key_lies_strictly_between(one: str | None, other: str | None) -> None:
    low, high = (one, other) if one is None or other is None or one < other else (other, one)
    if low is not None and low == high:
        high = None
    new = key_between(low, high)
    assert low is None or low < new
    assert high is None or new < high
    assert key_between(new, high) > new > key_between(low, new), "and it is a key itself"


def test_thousands_of_inserts_keep_their_order() -> None:
    for case in budget.cases("fractional inserts", seconds=2):
        ordered: list[str] = []
        favourite = case.random.random()
        for _ in range(3000):
            # Often at one place, where keys grow longest; sometimes at the ends, sometimes anywhere.
            at = int(case.random.choice([favourite, favourite, 0.0, 1.0, case.random.random()]) * len(ordered))
            new = key_between(ordered[at - 1] if at else None, ordered[at] if at < len(ordered) else None)
            assert bisect_left(ordered, new) == at, case.seed
            assert new not in ordered[at : at + 1], case.seed
            insort(ordered, new)


@pytest.fixture
def todo(make: MakeReplica) -> apsw.Connection:
    db = make("todo", TODO, ("todo",)).connection
    db.execute("SELECT crsql_fract_as_ordered('todo', 'place', 'list')").fetchall()
    return db


def ids(db: apsw.Connection, of: str = "1") -> list[object]:
    return [row[0] for row in db.execute(f"SELECT id FROM todo WHERE list IS {of} ORDER BY place")]


@pytest.mark.parametrize("start", ["-1", "'-1'"])
def test_one_and_minus_one_mean_the_ends_of_a_list(todo: apsw.Connection, start: str) -> None:
    todo.execute(f"INSERT INTO todo VALUES (1, 1, 1, ''), (2, 1, '1', ''), (3, 1, {start}, ''), (4, 2, 1, '')")
    todo.execute("INSERT INTO todo VALUES (5, NULL, 1, ''), (6, NULL, -1, '')")
    assert (ids(todo), ids(todo, "2"), ids(todo, "NULL")) == ([3, 1, 2], [4], [6, 5])
    todo.execute(f"UPDATE todo SET place = {start} WHERE id = 2; UPDATE todo SET place = 1 WHERE id = 3")
    assert ids(todo) == [2, 1, 3]


def test_rows_are_placed_through_the_view(todo: apsw.Connection) -> None:
    todo.execute("INSERT INTO todo VALUES (1, 1, 1, ''), (2, 1, 1, ''), (9, 2, 1, '')")
    place = "INSERT INTO todo_fractindex (id, list, txt, after_id) VALUES "
    todo.execute(f"{place} (3, 1, 'x', 1); {place} (4, 1, 'x', 1); {place} (5, 1, 'x', NULL); {place} (6, 1, 'x', 777)")
    assert ids(todo) == [6, 5, 1, 4, 3, 2]
    todo.execute(f"{place} (7, 1, 'x', 9)")
    assert ids(todo)[0] == 7, "a row of another list is no place in this one"
    todo.execute("UPDATE todo_fractindex SET after_id = 2 WHERE id = 6")
    todo.execute("UPDATE todo_fractindex SET after_id = 7, id = 70 WHERE id = 3")
    assert ids(todo) == [7, 70, 5, 1, 4, 2, 6]
    assert todo.execute("SELECT txt FROM todo WHERE id = 70").get == "x"


def test_a_place_that_two_rows_share(todo: apsw.Connection) -> None:
    todo.execute("INSERT INTO todo VALUES (1, 1, 1, ''), (2, 1, 1, ''), (3, 1, 1, '')")
    todo.execute("UPDATE todo SET place = (SELECT place FROM todo WHERE id = 2)")  # as a merge may leave it
    todo.execute("INSERT INTO todo_fractindex (id, list, txt, after_id) VALUES (4, 1, '', 2)")
    order = ids(todo)
    assert order.index(4) == order.index(2) + 1
    todo.execute("UPDATE todo_fractindex SET after_id = 1 WHERE id = 4")
    order = ids(todo)
    assert order.index(4) == order.index(1) + 1


def test_odd_names_and_composite_keys(make: MakeReplica) -> None:
    columns = 'k1, "k 2" TEXT, "order", g AS (1), PRIMARY KEY ("k 2", k1)'
    db = make("odd", f'CREATE TABLE "its ""so""" ({columns}) WITHOUT ROWID', ('its "so"',)).connection
    for _ in range(2):  # again is fine
        db.execute("SELECT crsql_fract_as_ordered(?, 'ORDER')", ('ITS "so"',)).fetchall()
    name = '"its ""so"""'
    db.execute(f"INSERT INTO {name} VALUES (1, 'a', 1), (2, 'a', 1)")
    view = '"its ""so""_fractindex"'
    db.execute(f"INSERT INTO {view} (k1, \"k 2\", after_k1, \"after_k 2\") VALUES (3, 'a', 1, 'a')")
    assert db.execute(f'SELECT k1 FROM {name} ORDER BY "order"').fetchall() == [(1,), (3,), (2,)]


def test_the_order_travels(make: MakeReplica, todo: apsw.Connection) -> None:
    todo.execute("INSERT INTO todo VALUES (1, 1, 1, ''), (2, 1, -1, ''), (3, 1, 1, '')")
    other = make("other", TODO, ("todo",))
    other.connection.execute("SELECT crsql_fract_as_ordered('todo', 'place', 'list')").fetchall()
    other.connection.executemany(
        "INSERT INTO crsql_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        todo.execute("SELECT * FROM crsql_changes").fetchall(),
    )
    assert ids(other.connection) == [2, 1, 3]
    assert other.connection.execute("SELECT group_concat(place) FROM todo").get == todo.execute(
        "SELECT group_concat(place) FROM todo"
    ).get  # fmt: skip


@pytest.mark.parametrize(
    "call",
    [
        "as_ordered()", "as_ordered('todo')", "as_ordered('nope', 'place')", "as_ordered('todo', 'nope')",
        "as_ordered('todo', 'place', 'nope')", "as_ordered(NULL, NULL)", "as_ordered('todo_fractindex', 'txt')",
        "key_between(1, NULL)", "key_between(NULL, x'6120')",
        *(f"fix_conflict_return_old_key({args})" for args in (
            "", "'todo', 'place'", "'todo', 'place', -1", "'todo', 'place', -1, 'id'", "'todo', 'place', -1, 'id', 7",
            "'todo', 'place', -1, 'nope', 1", "'todo', -1, 'id', 1", "'nope', 'place', -1, 'id', 1",
        )),
    ],
)  # fmt: skip
def test_wrong_arguments(todo: apsw.Connection, call: str) -> None:
    before = todo.execute("SELECT name, sql FROM sqlite_master").fetchall()
    with pytest.raises(UsageError):
        todo.execute(f"SELECT crsql_fract_{call}").fetchall()
    assert todo.execute("SELECT name, sql FROM sqlite_master").fetchall() == before
