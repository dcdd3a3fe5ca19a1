"""``syncline relate``, and what ``make-syncable`` asks about columns that look like references."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.cli import main
from engine.crr import connect
from engine.replica import Replica

SCHEMA = """
CREATE TABLE folders (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE notes (id INTEGER PRIMARY KEY, folder_id INTEGER, title TEXT);
INSERT INTO folders VALUES (1, 'a'), (2, 'b');
INSERT INTO notes VALUES (1, 1, 'x'), (2, 2, 'y'), (3, NULL, 'z')
"""


def write(path: Path, schema: str) -> None:
    app = connect(path, create=True)
    app.execute(schema)
    app.close()


def refers(path: Path) -> dict[str, Mapping[str, str]]:
    with Replica.open(path) as replica:
        return {shape.name: shape.refers for shape in replica.shapes()}


def test_relate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "app.db"
    write(path, "CREATE TABLE notes (id INTEGER PRIMARY KEY, t); CREATE TABLE cards (id INTEGER PRIMARY KEY, nid, x)")
    assert main(["relate", str(path), "nid", "notes.id"]) == 2
    assert "does not name a column" in capsys.readouterr().err
    for nonsense in (["relate", str(path)], ["relate", str(path), "a.b"], ["relate", str(path), "a.b", "c", "--none"]):
        assert main(nonsense) == 2
        assert "Name a column" in capsys.readouterr().err
    assert main(["relate", str(path), "--list"]) == 0
    assert "Nothing is declared" in capsys.readouterr().out
    assert main(["relate", str(path), "cards.nid", "notes.id"]) == 0
    assert "“nid” of “cards” refers to rows of “notes”" in capsys.readouterr().out
    assert main(["relate", str(path), "cards.x", "--none"]) == 0
    assert main(["relate", str(path), "--list"]) == 0
    out = capsys.readouterr().out
    assert "cards.nid refers to notes.id: declared." in out
    assert "cards.x refers to no rows: declared." in out
    assert main(["make-syncable", str(path), "cards"]) == 0
    assert "notes is syncable now, too: cards refers to its rows." in capsys.readouterr().out
    assert refers(path) == {"cards": {"id": "cards", "nid": "notes"}, "notes": {"id": "notes"}}
    assert main(["relate", str(path), "cards.nid", "notes.id"]) == 0, "said once more of a synced table"
    assert "“nid” of “cards” refers to rows of “notes”" in capsys.readouterr().out


def test_likely_references_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "app.db"
    write(path, SCHEMA)
    evidence = "“folder_id” looks like a reference: 2 of 2 values are rows of “folders”."
    assert main(["relate", str(path), "--list"]) == 0
    out = capsys.readouterr().out
    assert "notes.folder_id is undecided." in out
    assert evidence in out
    assert main(["tables", str(path)]) == 0
    assert evidence in capsys.readouterr().out
    assert main(["tables", str(path), "--json"]) == 0
    assert '"likely_references": [{"column": "folder_id", "parent": "folders", "values": 2}]' in capsys.readouterr().out


@pytest.mark.parametrize("tables", [["notes"], ["--all"]])
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (["--relate"], {"id": "notes", "folder_id": "folders"}),
        (["--relate", "notes.folder_id"], {"id": "notes", "folder_id": "folders"}),
        (["--relate", "notes.folder_id=folders"], {"id": "notes", "folder_id": "folders"}),
        (["--no-relate"], {"id": "notes"}),
        (["--no-relate", "notes.folder_id"], {"id": "notes"}),
        (["--no-relate", "--relate", "notes.folder_id"], {"id": "notes", "folder_id": "folders"}),
    ],
)
def test_it_is_answered_with_make_syncable(
    tables: list[str],
    answer: list[str],
    expected: dict[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "app.db"
    write(path, SCHEMA)
    assert main(["make-syncable", str(path), *tables]) == 2
    err = capsys.readouterr().err
    assert "2 of 2 values are rows of “folders”" in err
    assert "--relate notes.folder_id=folders" in err
    assert refers(path) == {}, "nothing was made"
    assert main(["make-syncable", str(path), *tables, *answer]) == 0
    assert refers(path)["notes"] == expected
    capsys.readouterr()


def test_answers_that_say_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "app.db"
    write(path, f"{SCHEMA}; ALTER TABLE notes ADD COLUMN weight REAL")
    for options, told in (
        (["notes", "--relate", "--no-relate"], "cannot both be given"),
        (["notes", "--relate", "notes.title"], "does not look like a reference"),
        (["notes", "--relate", "notes.weight=folders", "--no-relate"], "does not hold numbers"),
        (["--relate", "notes"], "does not name a column"),
        (["notes", "--relate", "--extension"], "any program writes"),
    ):
        assert main(["make-syncable", str(path), *options]) == 2
        assert told in capsys.readouterr().err
    assert refers(path) == {}
