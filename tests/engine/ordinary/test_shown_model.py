"""The model of what tables show, on states that were thought out by hand."""

from __future__ import annotations

from tests.engine.ordinary.shown_model import Hidden, Reference, Rule, Table, Values, shown

NAME = Rule(("name",), frozenset({"name"}), same=True)


def folder(**more: object) -> Table:
    columns = {"id": "TEXT", "name": "TEXT", "up": "TEXT"}
    return Table("folder", columns, **{"rules": (NAME,), **more})  # type: ignore[arg-type]


def rows(**values: tuple[object, ...]) -> dict[bytes, Values]:
    return {key.encode(): {"id": key, "name": row[0], "up": row[1]} for key, row in values.items()}


def test_the_first_by_key_is_shown() -> None:
    found = shown([folder()], {"folder": rows(c=("x", None), a=("X", None), b=(None, None), d=(None, None))})
    assert [*found.shown["folder"]] == [b"a", b"b", b"d"]
    assert found.hidden["folder"] == {b"c": Hidden("unique", b"a", same=True)}


def test_a_hidden_row_is_in_nobodys_way() -> None:
    both = Rule(("up",))
    found = shown([folder(rules=(NAME, both))], {"folder": rows(a=("x", 1), b=("x", 2), c=("y", 2))})
    assert [*found.shown["folder"]] == [b"a", b"c"]
    assert found.hidden["folder"] == {b"b": Hidden("unique", b"a", same=True)}


def test_a_rule_that_holds_for_some_rows() -> None:
    found = shown(
        [folder(rules=(Rule(("name",), where="up = 1"),))],
        {"folder": rows(a=("x", "1"), b=("x", "0"), c=("x", None), d=("x", "1"))},
    )
    assert found.hidden["folder"] == {b"d": Hidden("unique", b"a")}


def test_what_a_row_is_by_itself_comes_first() -> None:
    table = folder(checks=("length(name) < 3",), not_null=("name",))
    found = shown([table], {"folder": rows(a=("long", None), b=(None, None), c=("x", None))})
    assert found.hidden["folder"] == {b"a": Hidden("check"), b"b": Hidden("not null")}
    assert [*found.shown["folder"]] == [b"c"]


NOTE = Table(
    "note",
    {"id": "TEXT", "name": "TEXT", "up": "TEXT"},
    (Rule(("up", "name")),),
    references=(Reference(("up",), "folder", ("id",)),),
)


def test_references_lead_to_the_same() -> None:
    """And so rows can be in each other's way that were not before."""
    state = {
        "folder": rows(a=("x", None), b=("x", None)),
        "note": rows(n=("t", "a"), o=("t", "b"), p=("u", "b"), q=("v", "nobody")),
    }
    found = shown([NOTE, folder()], state)
    assert found.hidden["note"] == {b"o": Hidden("unique", b"n"), b"q": Hidden("parent")}
    assert found.shown["note"][b"p"] == {"id": "p", "name": "u", "up": "a"}
    apart = shown([NOTE, folder(rules=(Rule(("name",)),))], state)
    assert apart.hidden["note"] == {b"o": Hidden("parent"), b"p": Hidden("parent"), b"q": Hidden("parent")}


def test_a_reference_that_may_be_empty() -> None:
    table = Table("note", NOTE.columns, NOTE.rules, references=(Reference(("up",), "folder", ("id",), set_null=True),))
    found = shown([folder(), table], {"folder": {}, "note": rows(n=("t", "a"), o=("t", "b"))})
    assert found.shown["note"] == rows(n=("t", None), o=("t", None))


TREE = folder(rules=(Rule(("up", "name")),), references=(Reference(("up",), "folder", ("id",)),))


def test_parents_are_decided_before_children() -> None:
    """Whatever their keys are."""
    found = shown([TREE], {"folder": rows(z=("r", None), m=("x", "z"), a=("x", "m"), b=("y", "gone"), c=("y", "b"))})
    assert [*found.shown["folder"]] == [b"z", b"m", b"a"]
    assert found.hidden["folder"] == {b"b": Hidden("parent"), b"c": Hidden("parent")}


def test_circles_of_rows_come_last() -> None:
    found = shown([TREE], {"folder": rows(a=("x", "b"), b=("x", "a"), c=("x", "a"), z=("r", None), d=("s", "d"))})
    assert found.shown["folder"].keys() == {b"z", b"a", b"b", b"d"}
    assert found.hidden["folder"] == {b"c": Hidden("unique", b"b")}


def test_tables_in_a_circle() -> None:
    one = Table("one", {"id": "TEXT", "name": "", "up": "TEXT"}, references=(Reference(("up",), "two", ("id",)),))
    two = Table("two", one.columns, (NAME,), references=(Reference(("up",), "one", ("id",)),))
    state = {"one": rows(a=("n", None), b=("n", "y"), c=("n", "x")), "two": rows(x=("X", "a"), y=("x", "a"))}
    found = shown([one, two], state)
    assert found.hidden == {"one": {}, "two": {b"y": Hidden("unique", b"x", same=True)}}
    assert found.shown["one"][b"b"]["up"] == "x"
