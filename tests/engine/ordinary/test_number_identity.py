"""Numbers that are the same row on every machine: keys that are random, or come from elsewhere."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from engine.cli import main
from engine.errors import UsageError
from engine.replica import Replica
from engine.session.table_differences import difference
from tests.engine.ordinary.conftest import Open

SCHEMA = (
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT);"
    " CREATE TABLE cards (id INTEGER PRIMARY KEY, note_id INTEGER REFERENCES notes, front TEXT);"
)
RANDOM = random.Random(3).sample(range(1, 2**53), 20)
COUNTED = range(1, 21)


def rows(numbers: Iterable[int], table: str = "notes") -> str:
    """Statements for rows with these numbers."""
    return ";".join(f"INSERT INTO {table} (id) VALUES ({number})" for number in numbers)


def refers(path: Path, *tables: str, schema: str = "") -> dict[str, Mapping[str, str]]:
    """Make tables syncable; which columns hold numbers that each machine hands out."""
    with Replica.open(path, create=True) as replica:
        replica.connection.execute(schema)
        for table in tables:
            replica.make_ordinary(table)
        return {shape.name: shape.refers for shape in replica.shapes()}


OWN = {"notes": {"id": "notes"}, "cards": {"id": "cards", "note_id": "notes"}}
SAME: dict[str, Mapping[str, str]] = {"notes": {}, "cards": {"id": "cards"}}


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((), OWN),
        (RANDOM, SAME),
        ([1_700_000_000_000 + 61_003 * n for n in range(20)], SAME),
        ([-(2**63), *RANDOM, 2**63 - 1], SAME),
        (RANDOM[:9], OWN),
        (COUNTED, OWN),
        (range(10**9, 10**9 + 20), OWN),
        (range(1, 2000, 100), OWN),
        ([*COUNTED, 2**40], OWN),
        ([*RANDOM, *(RANDOM[0] + n for n in range(1, 9))], OWN),
    ],
)
def test_numbers_that_are_far_apart(numbers: Iterable[int], expected: object, tmp_path: Path) -> None:
    assert refers(tmp_path / "a.db", "cards", "notes", schema=SCHEMA + rows(numbers)) == expected


def test_numbers_of_autoincrement_are_handed_out(tmp_path: Path) -> None:
    schema = SCHEMA.replace("PRIMARY KEY, title", "PRIMARY KEY AUTOINCREMENT, title")
    assert refers(tmp_path / "a.db", "cards", schema=schema + rows(RANDOM)) == OWN


def test_a_row_that_goes_with_another_has_its_number(tmp_path: Path) -> None:
    details = "CREATE TABLE details (n INTEGER PRIMARY KEY REFERENCES notes, t); INSERT INTO details VALUES (1, 'a')"
    assert refers(tmp_path / "a.db", "details", "notes", schema=f"{SCHEMA}{rows(RANDOM)};{details}") == {
        "details": {},
        "notes": {},
    }
    counted = f"{SCHEMA}{rows(COUNTED)};{details}"
    assert refers(tmp_path / "b.db", "details", schema=counted)["details"] == {"n": "notes"}


@pytest.mark.parametrize(("numbers", "same", "expected"), [(COUNTED, True, SAME), (RANDOM, False, OWN)])
def test_a_person_chooses(numbers: Iterable[int], same: bool, expected: object, tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with Replica.open(path, create=True) as replica:
        replica.connection.execute(SCHEMA + rows(numbers))
        replica.keep_numbers("Notes", same=same)
        for wrong in ("nothing", "sqlite_master"):
            with pytest.raises(UsageError):
                replica.keep_numbers(wrong, same=same)
    assert refers(path, "cards", "notes") == expected
    with Replica.open(path) as replica, pytest.raises(UsageError, match="synced already"):
        replica.keep_numbers("notes", same=not same)


@pytest.mark.parametrize("numbers", [COUNTED, RANDOM])
def test_a_table_that_is_synced_again_keeps_to_it(numbers: Iterable[int], tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    before = refers(path, "notes", schema=SCHEMA + rows(numbers))
    with Replica.open(path) as replica:
        replica.make_plain("notes")
        replica.connection.execute("DELETE FROM notes")
        replica.connection.execute(rows(RANDOM if numbers is COUNTED else COUNTED))
    assert refers(path, "notes") == before


def test_one_number_is_one_row(new: Open, how_merged: None) -> None:
    """As a text key is; and what refers to it needs no foreign key."""
    schema = f"{SCHEMA.replace(' REFERENCES notes', '')}{rows(RANDOM)}"
    one, two = new(schema, "notes", "cards"), new(schema, "notes", "cards")
    one.app(f"UPDATE notes SET title = 'mine' WHERE id = {RANDOM[0]}", "INSERT INTO notes VALUES (77, 'new')")
    one.app("INSERT INTO cards VALUES (1, 77, 'of 77')")
    two.app(f"INSERT INTO cards VALUES (1, {RANDOM[0]}, 'of the first')", f"DELETE FROM notes WHERE id = {RANDOM[1]}")
    for source, to in ((one, two), (two, one)):
        for table in ("cards", "notes"):
            to.merge(source.changes(0, table))
    for file in (one, two):
        found = file.db.execute("SELECT front, title FROM cards JOIN notes n ON n.id = note_id ORDER BY 1").fetchall()
        assert found == [("of 77", "new"), ("of the first", "mine")]
        assert file.db.execute("SELECT count(*) FROM notes").get == 20
    assert one.rows("notes") == two.rows("notes")


def test_sides_that_chose_differently_are_told(tmp_path: Path) -> None:
    with Replica.open(tmp_path / "a.db", create=True) as one, Replica.open(tmp_path / "b.db", create=True) as two:
        for replica, numbers in ((one, RANDOM), (two, COUNTED)):
            replica.connection.execute(SCHEMA + rows(numbers))
            replica.make_ordinary("notes")
        [here], [there] = one.shapes(), two.shapes()
        told = difference(here, there)
    assert "each machine hands out the numbers that are the key of the table “notes”" in told
    assert "--own-numbers or --same-numbers" in told


def test_it_is_part_of_the_plan(tmp_path: Path) -> None:
    """A file that is made after another has the numbers that that one has, and any program writes to it."""
    with Replica.open(tmp_path / "a.db", create=True) as one, Replica.open(tmp_path / "b.db", create=True) as two:
        one.connection.execute(SCHEMA + rows(RANDOM))
        one.make_ordinary("cards")
        one.make_ordinary("notes")
        assert two.create_tables(one.plans(), equal_values=False) == ()
        assert {shape.name: shape.refers for shape in two.shapes()} == SAME
        assert {table.kind for table in two.tables()} == {"ordinary"}


def test_it_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.db"
    with Replica.open(path, create=True) as replica:
        replica.connection.execute(SCHEMA.replace(" REFERENCES notes", "") + rows(RANDOM))
        assert not replica.likely_references(["cards"]), "it holds what is the same everywhere"
    caution = "A number in “id” means the same row on every machine: no two machines may hand out the same one."
    assert main(["tables", str(path)]) == 0
    assert capsys.readouterr().out.count(caution) == 1
    assert main(["make-syncable", str(path), "nothing", "--same-numbers", "notes"]) == 2
    options = ["--same-numbers", "cards", "--own-numbers", "notes", "--no-relate", "cards.note_id"]
    assert main(["make-syncable", str(path), "notes", *options]) == 0
    assert main(["relate", str(path), "--list"]) == 0
    out = capsys.readouterr().out
    assert "notes.id: each machine hands out its own numbers: declared." in out
    assert "cards.id: a row has the same number on every machine: declared." in out
    assert refers(path, "cards") == {"notes": {"id": "notes"}, "cards": {}}
    assert main(["relate", str(path), "notes.title", "cards"]) == 2
