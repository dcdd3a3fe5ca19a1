"""Rows of one shape are merged together, and what comes of it is as row by row."""

from __future__ import annotations

import shutil
from random import Random

import pytest

from engine.change import Change
from engine.errors import InvalidChange
from engine.ordinary import merge
from engine.ordinary.records import slots_of
from engine.tables import pack_columns
from engine.tables.grouping import shapes
from tests import budget
from tests.engine.ordinary import test_app_triggers as beside
from tests.engine.ordinary import test_merge, test_merge_both_kinds
from tests.engine.ordinary.conftest import File, Open

SCHEMAS = {
    "text": "CREATE TABLE notes (id TEXT PRIMARY KEY, a, b INTEGER DEFAULT 7, c TEXT)",
    "no case": "CREATE TABLE notes (id TEXT COLLATE NOCASE PRIMARY KEY, a, b INTEGER, c TEXT)",
    "numbers": "CREATE TABLE notes (id INTEGER PRIMARY KEY, a, b INTEGER, c TEXT) WITHOUT ROWID",
    "any": "CREATE TABLE notes (id PRIMARY KEY, a, b INTEGER, c TEXT)",
    "two": "CREATE TABLE notes (id TEXT, at REAL, a, b INTEGER, c TEXT, PRIMARY KEY (id, at)) WITHOUT ROWID",
}
LARGE = (2.0**63, 1e300, -1e300, float("inf"))
"""Reals that no integer equals."""

AUTHORS = (b"t" * 16, b"o" * 16)
VALUES = (None, 0, 1, 1.0, -0.0, 2**40, "x", "y", "x" * 9, "y" * 40, b"z", b"z" * 40, "12", "ä" * 20)


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also a few rows are merged together."""
    monkeypatch.setattr(merge, "CROSSOVER", 1)
    monkeypatch.setattr(shapes, "FEWEST", 1)


def drawn(choose: Random, schema: str) -> list[Change]:
    """A batch, of which most is alike."""
    batch: list[Change] = []
    whole = choose.random() < 0.7
    author, version, length = choose.choice(AUTHORS), choose.randrange(4), choose.choice((1, 1, 1, 2, 3, 4))
    for _ in range(choose.randrange(1, 12)):
        key: tuple[object, ...] = (choose.choice("abcdef"),)
        if schema in ("numbers", "any"):
            key = (choose.choice((1, 2, 3, 1.0, 300)),)
        if schema == "any" and choose.random() < 0.2:
            key = (choose.choice(LARGE),)
        if schema == "two":
            key = (choose.choice("abc"), choose.choice((1, 1.5, 2.0, *LARGE)))
        odd = choose.random() < 0.2
        db_version = choose.randrange(1, 30)
        this = choose.choice((1, 2, 3, 4, 5)) if odd else length
        columns = [name for name in "abc" if whole or choose.random() < 0.5] if this % 2 else ["-1"]
        for name in columns or ["-1"]:
            col_version = choose.randrange(5) if odd and choose.random() < 0.5 else version
            by = choose.choice(AUTHORS) if odd and choose.random() < 0.3 else author
            value = None if name == "-1" else choose.choice(VALUES)
            pk = pack_columns(key)  # type: ignore[arg-type]
            batch.append(Change("notes", pk, name, value, col_version, db_version, by, this, 0))
        if choose.random() < 0.05 and batch:
            batch.append(batch[-1])
    return batch


@pytest.mark.parametrize("schema", SCHEMAS)
def test_as_row_by_row(new: Open, schema: str, together: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for case in budget.cases(f"ordinary rows in groups, {schema}", seconds=2):
        choose = case.random
        file = new(SCHEMAS[schema])
        for _ in range(choose.randrange(1, 6)):
            if choose.random() < 0.3:
                file.app("UPDATE notes SET a = 'app', b = b + 1 WHERE b < 3", "DELETE FROM notes WHERE b > 5")
            file.capture()
            other = copy(file)
            batch = drawn(choose, schema)
            monkeypatch.setattr(merge, "CROSSOVER", 10**9)
            expected = other.merge(batch)
            monkeypatch.setattr(merge, "CROSSOVER", 1)
            case.found(expected[0])
            assert file.merge(batch) == expected
            assert sorted(map(repr, file.applied)) == sorted(map(repr, other.applied))
            assert repr(held(file)) == repr(held(other))
            other.db.close()
        version = file.capture()
        file.compare_all()
        assert file.state.db_version() == version
        file.db.close()


def held(file: File) -> list[object]:
    """The rows, the cells with their authors, and what is remembered of each row."""
    db = file.db
    authors = dict(db.execute("SELECT ordinal, site_id FROM crsql_site_id"))
    cells = {(r, slot): cell for r, slot, *cell in db.execute("SELECT * FROM crsql_syncline_cells_1")}
    known = {}
    for r, pk, length, covers, *stamp, a, b, c in db.execute("SELECT * FROM crsql_syncline_rows_1"):
        slots = {slot: cells.pop((r, slot), stamp) for slot in slots_of(covers)}
        told = {slot: (*versions, authors[site]) for slot, (*versions, site) in slots.items()}
        known[pk] = length, told or (*stamp[:2], authors[stamp[2]]), a, b, c
    return [db.execute("SELECT * FROM notes ORDER BY 1, 2").fetchall(), sorted(known.items()), cells]


def copy(file: File) -> File:
    """Another file with the same in it."""
    path = file.path.with_suffix(".copy")
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    file.db.execute("PRAGMA wal_checkpoint")
    shutil.copy(file.path, path)
    return File(path)


def test_a_mesh(new: Open, together: None, tmp_path: object) -> None:
    """As cr-sqlite merges, also so."""
    test_merge_both_kinds.test_as_cr_sqlite_merges(new, tmp_path)  # type: ignore[arg-type]


def test_triggers(new: Open, together: None) -> None:
    """What an app's triggers do is left out, also so."""
    beside.test_replicas_end_equal_whatever_triggers_they_have(new)
    for name in budget.pick(list(beside.TRIGGERS)[::3], list(beside.TRIGGERS)):
        beside.test_a_synced_table_holds_what_was_merged(new, name, turned=False)


def test_only_the_row_that_is_refused_is_hidden(new: Open, together: None) -> None:
    file = new("CREATE TABLE notes (id TEXT PRIMARY KEY, title, body, stars CHECK (stars < 50))")
    there = new()
    there.app(
        "WITH RECURSIVE up(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM up WHERE n < 60)"
        " INSERT INTO notes SELECT 'k' || n, n, n, n FROM up"
    )
    file.merge(there.changes())
    assert file.rows().keys() == {f"k{n}" for n in range(1, 50)}
    assert {(row.shown_key, row.reason) for row in file.hidden()} == {(f"“k{n}”", "check") for n in range(50, 61)}


def test_beside_text_that_nobody_can_read(new: Open, together: None) -> None:
    """It is beaten by whatever comes."""
    file, there = new(), new()
    there.app("INSERT INTO notes VALUES ('a', 'A', 1, 1), ('b', 'B', 1, 1)")
    file.merge(there.changes())
    file.app("UPDATE notes SET title = CAST(x'ff' AS TEXT) WHERE id = 'b'")
    there.app("UPDATE notes SET title = title || 'x', body = 2, stars = 2")
    assert file.merge(there.changes())[0] == 6
    assert file.rows() == there.rows()


def test_text_that_cannot_be_written(new: Open) -> None:
    file = new()
    for title in ("\ud800", "x" * 50 + "\ud800"):
        with pytest.raises(InvalidChange, match="UTF-8"):
            file.merge(
                [
                    test_merge.change("a", "title", title),
                    *(test_merge.change(f"b{n}", "title", "t") for n in range(200)),
                ]
            )
    assert file.rows() == {}
