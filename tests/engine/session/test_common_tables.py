"""What two sides make of each other's tables: which are synced, which are parked, and what is told of them."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest

from engine.crr import connect
from engine.replica import Replica
from engine.session.common_tables import Comparison, compare
from engine.session.table_differences import stores_alike
from engine.table_plan import Kind
from engine.table_shape import ColumnType, Parked, ParkedTable, Shape, Where
from tests.engine.live import make_file

VALUES = (
    None, 0, 1, -5, 2**53 + 1, 2**63 - 1, 1.5, 1.0, 1e300,
    "01067", "1.0", "1e3", " 7 ", "x", "", "0x10", b"01067", b"",
)  # fmt: skip

DECLARED = ("", "BLOB", "TEXT", "VARCHAR(20)", "INTEGER", "INT", "BIGINT", "BOOLEAN", "DECIMAL(10, 2)", "DATETIME",
            "REAL", "DOUBLE", "ANY", "FLOATING POINT")  # fmt: skip


def shapes(path: Path, *tables: str) -> tuple[Shape, ...]:
    """The shapes of tables, told by their columns and options."""
    path.unlink(missing_ok=True)
    sql = "".join(f"CREATE TABLE {table}; SELECT crsql_as_crr('{table.split()[0]}');" for table in tables)
    with Replica.open(make_file(path, sql)) as replica:
        return replica.shapes()


def shape(path: Path, columns: str, options: str = "") -> tuple[Shape, ...]:
    return shapes(path, f"t ({columns}) {options}")


def compared(here: tuple[Shape, ...], there: tuple[Shape, ...]) -> Comparison:
    """What this side finds; the other finds the same."""
    one, other = compare(here, there), compare(there, here)
    assert (one.common, one.only_here, one.only_there) == (other.common, other.only_there, other.only_here)
    assert [held.table for held in one.parked] == [held.table for held in other.parked]
    assert (one.problem, one.elsewhere) == (other.elsewhere, other.problem)
    return one


@pytest.mark.parametrize("strict", [False, True])
def test_types_are_alike_just_where_they_store_all_values_alike(tmp_path: Path, strict: bool) -> None:
    """Every pair of types, asked of SQLite itself: what both take must be the same value on both."""
    names = ("INT", "INTEGER", "REAL", "TEXT", "ANY") if strict else DECLARED
    options = "STRICT" if strict else ""
    columns = ", ".join(f"c{n} {name}" for n, name in enumerate(names))
    db = connect(tmp_path / "values.db", create=True)
    db.execute(f"CREATE TABLE plain (k INTEGER PRIMARY KEY NOT NULL, {columns}) {options}")
    stored: list[dict[int, str]] = []
    for n in range(len(names)):
        kept = {}
        for at, value in enumerate(VALUES):
            try:
                kept[at] = repr(db.execute(f"INSERT INTO plain (c{n}) VALUES (?) RETURNING c{n}", (value,)).get)
            except Exception:  # a STRICT table refuses it
                assert strict
        stored.append(kept)
    db.close()
    [made] = shape(tmp_path / "made.db", f"k INTEGER PRIMARY KEY NOT NULL, {columns}", options)
    for (a, one), (b, other) in itertools.combinations(enumerate(made.types[1:]), 2):
        both = stored[a].keys() & stored[b].keys()
        alike = all(stored[a][at] == stored[b][at] for at in both)
        assert stores_alike(one.kind, other.kind) is alike, (names[a], names[b])


@pytest.mark.parametrize(
    ("here", "there", "sentence"),
    [
        ("TEXT", "INTEGER", "has the type TEXT on this side and INTEGER on the other, which would change values"),
        ("", "NUMERIC", "has the type BLOB (values of any type) on this side and NUMERIC on the other"),
        ("BIGINT", "REAL", "has the type INTEGER on this side and REAL on the other"),
    ],
)
@pytest.mark.parametrize("key", [False, True])
def test_another_type_parks_the_table(tmp_path: Path, here: str, there: str, sentence: str, key: bool) -> None:
    columns = "a {} PRIMARY KEY NOT NULL, b" if key else "k INTEGER PRIMARY KEY NOT NULL, a {}"
    good = "u (k INTEGER PRIMARY KEY NOT NULL)"
    one = shapes(tmp_path / "one.db", f"t ({columns.format(here)})", good)
    other = shapes(tmp_path / "other.db", f"t ({columns.format(there)})", good)
    found = compared(one, other)
    assert (found.common, found.problem) == (("u",), "")
    [(table, why, where, _)] = found.parked
    assert (table, where) == ("t", Where.BETWEEN)
    assert f"The column “a” of the table “t” {sentence}" in why


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (("a INT PRIMARY KEY NOT NULL, b BOOLEAN", ""), ("a BIGINT PRIMARY KEY NOT NULL, b INTEGER", "")),
        (("a INTEGER PRIMARY KEY NOT NULL, b", ""), ("a INTEGER PRIMARY KEY NOT NULL, b BLOB", "")),
        (("a TEXT PRIMARY KEY NOT NULL, b ANY", "STRICT"), ("a VARCHAR PRIMARY KEY NOT NULL, b", "")),
        (("a TEXT PRIMARY KEY NOT NULL, b TEXT COLLATE NOCASE", ""), ("a TEXT PRIMARY KEY NOT NULL, b TEXT", "")),
        (("a TEXT PRIMARY KEY NOT NULL, b DEFAULT 5", ""), ("a TEXT PRIMARY KEY NOT NULL, b DEFAULT (5)", "")),
        (("a PRIMARY KEY NOT NULL, b TEXT DEFAULT '5'", ""), ("a PRIMARY KEY NOT NULL, b TEXT DEFAULT 5", "")),
        (("a TEXT PRIMARY KEY NOT NULL, b", ""), ("a TEXT PRIMARY KEY NOT NULL, b DEFAULT NULL", "")),
        (("a TEXT PRIMARY KEY NOT NULL, b DEFAULT x", ""), ("a TEXT PRIMARY KEY NOT NULL, b DEFAULT 'x'", "")),
        (("a TEXT NOT NULL, PRIMARY KEY (a)", "WITHOUT ROWID"), ("a TEXT PRIMARY KEY NOT NULL", "")),
    ],
)
def test_what_stores_the_same_is_synced(tmp_path: Path, here: tuple[str, str], there: tuple[str, str]) -> None:
    found = compared(shape(tmp_path / "one.db", *here), shape(tmp_path / "other.db", *there))
    assert (found.common, found.parked) == (("t",), ())
    assert [said for said in found.differences if "accepts only" not in said] == []


def test_an_any_that_is_none_parks_the_table(tmp_path: Path) -> None:
    """ANY keeps values as they are in a STRICT table; elsewhere it is numeric."""
    one = shape(tmp_path / "one.db", "k TEXT PRIMARY KEY NOT NULL, a ANY", "STRICT")
    other = shape(tmp_path / "other.db", "k TEXT PRIMARY KEY NOT NULL, a ANY")
    assert "NUMERIC on the other" in compared(one, other).problem


def test_another_collation_of_a_key_parks_the_table(tmp_path: Path) -> None:
    one = shape(tmp_path / "one.db", "a TEXT COLLATE NOCASE PRIMARY KEY NOT NULL")
    other = shape(tmp_path / "other.db", "a TEXT PRIMARY KEY NOT NULL")
    found = compared(one, other)
    assert "The key column “a” of the table “t” has the collation NOCASE on this side and BINARY" in found.problem
    assert "has the collation BINARY on this side and NOCASE" in found.elsewhere


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        (("b DEFAULT 0", ""), ("b DEFAULT 1", ""), "has the default 0 on this side and 1 on the other"),
        (("b", ""), ("b DEFAULT 1", ""), "has the default NULL on this side and 1 on the other"),
        (("b DEFAULT ''", ""), ("b DEFAULT (random())", ""), "the default “” on this side and random() on the other"),
        (("b DEFAULT 1", ""), ("b DEFAULT '1'", ""), "has the default 1 on this side and “1” on the other"),
        (("b TEXT", "STRICT"), ("b TEXT", ""), "On this side, the table “t” accepts only values of its columns' types"),
        (("b", "WITHOUT ROWID"), ("b", ""), "On the other side, the table “t” accepts only integer keys"),
    ],
)
def test_other_differences_are_told(tmp_path: Path, here: tuple[str, str], there: tuple[str, str], said: str) -> None:
    one, other = (
        shape(tmp_path / f"{name}.db", f"a INTEGER PRIMARY KEY NOT NULL, {columns}", options)
        for name, (columns, options) in (("one", here), ("other", there))
    )
    found = compared(one, other)
    assert (found.common, found.parked, found.problem) == (("t",), (), "")
    [sentence] = found.differences
    assert said in sentence
    assert sentence in found.note


def test_long_defaults_are_told_apart_without_being_told(tmp_path: Path) -> None:
    long = "x" * 5_000
    texts = [f"'{long}'", f"'{long}y'", f"(lower('{long}'))", f"(lower('{long}y'))"]
    made = [shape(tmp_path / "one.db", f"a INTEGER PRIMARY KEY NOT NULL, b DEFAULT {text}") for text in texts]
    assert all(len(repr(one)) < 1_000 for one in made)
    for one, other in itertools.product(range(4), repeat=2):
        assert bool(compared(made[one], made[other]).differences) is (one != other)


def test_columns_that_one_side_lacks_are_told_for_each_side() -> None:
    one = (Shape("a", ("k",), ("x", "y")), Shape("b", ("k",), ("x", "mine")), Shape("c", ("k",), ("z",)))
    other = (Shape("a", ("k",), ("x",)), Shape("b", ("k",), ("x", "theirs")), Shape("c", ("k",), ()))
    found = compare(one, other, partly=True)
    assert (found.common, found.parked) == (("a", "b", "c"), ())
    assert found.columns == {"a": {"x"}, "b": {"x"}, "c": set()}
    assert found.one_sided == (
        "These columns stay on this side until the other side has them too: “y” of “a”; “mine” of “b”; “z” of “c”.",
        "The column “theirs” of “b” stays on the other side until this side has it too.",
    )
    assert found.note == " ".join(found.one_sided)


def test_an_older_syncline_has_such_a_table_parked(tmp_path: Path) -> None:
    one = shape(tmp_path / "one.db", "a INTEGER PRIMARY KEY NOT NULL, b, mine")
    other = shape(tmp_path / "other.db", "a INTEGER PRIMARY KEY NOT NULL, c, b, d")
    found = compared(one, other)
    assert "“t” lacks the column “mine” on the other side." in found.problem
    assert "“t” lacks the columns “c”, “d” on this side." in found.problem


def test_who_tells_no_types_is_compared_by_names(tmp_path: Path) -> None:
    one = shape(tmp_path / "one.db", "a INTEGER PRIMARY KEY NOT NULL, b TEXT")
    old = tuple(Shape(*each[:3]) for each in shape(tmp_path / "other.db", "a TEXT PRIMARY KEY NOT NULL, b INT"))
    assert compared(one, old).common == compared(old, one).common == ("t",)


def test_parked_tables_are_named_where_both_have_them() -> None:
    here = (Shape("a", ("k",), ()), Shape("b", ("k",), ()), Shape("mine", ("k",), ()))
    there = (Shape("a", ("k",), ()), Shape("c", ("k",), ()), Shape("theirs", ("k",), ()))
    found = compare(here, there, [Parked("c", "it is so"), Parked("x", "alone")], [Parked("b", "it is\x1b so")])
    assert found.common == ("a",)
    assert found.parked == (
        ParkedTable("b", "The table “b” cannot be synced on the other side: it is\\x1b so.", Where.THERE),
        ParkedTable("c", "The table “c” cannot be synced: it is so.", Where.HERE),
    )
    assert (found.only_here, found.only_there) == (("mine",), ("theirs",))


def test_without_a_table_left_it_says_why_to_both() -> None:
    tables = (Shape("a", ("k",), ()),)
    found = compare((), tables, [Parked("a", "it is so")])
    assert found.problem == "The table “a” cannot be synced: it is so."
    assert found.elsewhere == "The table “a” cannot be synced on the other side: it is so."
    assert "no table in common" in compare(tables, ()).problem


def test_a_few_sentences_stand_for_many() -> None:
    here = [Shape(f"t{n}", ("k",), (f"c{n}",)) for n in range(9)]
    there = [Shape(f"t{n}", ("k",), ("other",)) for n in range(9)]
    found = compare(here, there).problem
    assert "“t2” lacks" in found
    assert "“t3” lacks" not in found
    assert found.endswith("Nor can “t3”, “t4”, “t5”, “t6”, “t7” and 1 more.")


def test_both_sides_always_find_the_same() -> None:
    choose = random.Random(17)

    def side() -> tuple[list[Shape], list[Parked]]:
        tables, parked = [], []
        for name in "abcdef":
            kind = choose.randrange(6)
            if kind == 0:
                parked.append(Parked(name, "so"))
            elif kind > 1:
                columns = choose.choice([("x",), ("x", "y")])
                tables.append(Shape(name, choose.choice([("k",), ("k", "l")]), columns))
        return tables, parked

    for _ in range(500):
        (here, out), (there, out_there) = side(), side()
        one, other = compare(here, there, out, out_there), compare(there, here, out_there, out)
        assert one.common == other.common
        assert [held.table for held in one.parked] == [held.table for held in other.parked]
        assert (one.problem, one.only_here) == (other.elsewhere, other.only_there)
        names = [*one.common, *one.only_here, *one.only_there, *(held.table for held in one.parked)]
        assert len(set(names)) == len(names)


def test_a_table_to_which_others_refer_may_have_another_name() -> None:
    """One side's app has renamed it: a hub has both, and who refers to the one or the other is synced."""
    number, text = ColumnType(Kind.INTEGER), ColumnType(Kind.TEXT)

    def side(*parents: str) -> tuple[Shape, ...]:
        notes = Shape("notes", ("id",), ("folder",), (text, number._replace(refers=parents[0])))
        return notes, *(Shape(name, ("id",), (), (number._replace(refers=name),)) for name in parents)

    for here, there in [(("folders",), ("boxes",)), (("folders", "boxes"), ("boxes",)), (("a",), ("a",))]:
        assert "notes" in compared(side(*here), side(*there)).common
    [parked] = compared(side("folders", "boxes"), side("boxes", "folders")).parked
    assert "refers to" in parked.sentence


@pytest.mark.parametrize(("here", "there"), [("TEXT", "INTEGER"), ("INTEGER", "REAL"), ("", "NUMERIC")])
def test_ordinary_tables_hide_what_another_type_would_change(tmp_path: Path, here: str, there: str) -> None:
    """Which is told; rows are told apart by their keys, whose types must be alike."""
    one = shape(tmp_path / "one.db", f"a INTEGER PRIMARY KEY NOT NULL, b {here}")
    other = shape(tmp_path / "other.db", f"a INTEGER PRIMARY KEY NOT NULL, b {there}")
    assert compare(one, other).parked
    for mine, theirs in ((one, other), (other, one)):
        found = compare(mine, theirs, ordinary={"t"})
        assert (found.common, found.parked) == (("t",), ())
        assert "a row whose value one of them would change is hidden on that side" in found.note
    one = shape(tmp_path / "one.db", f"a {here} PRIMARY KEY NOT NULL, b")
    other = shape(tmp_path / "other.db", f"a {there} PRIMARY KEY NOT NULL, b")
    assert compare(one, other, ordinary={"t"}).parked


def test_what_a_strict_table_does_not_take_is_hidden(tmp_path: Path) -> None:
    one = shape(tmp_path / "one.db", "a INTEGER PRIMARY KEY NOT NULL, b TEXT", "STRICT")
    other = shape(tmp_path / "other.db", "a INTEGER PRIMARY KEY NOT NULL, b TEXT", "WITHOUT ROWID")
    for ordinary, said in (((), "syncing stops at any other"), (("t",), "any other row is hidden")):
        differences = compare(one, other, ordinary=ordinary).differences
        assert [said in each for each in differences] == [True, True], differences
