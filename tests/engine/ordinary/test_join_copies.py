"""Two sides have copies of the same rows, whose numbers each has handed out for itself, and meet for the first time."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from engine.session.join_pairs import Copies, Pair
from engine.table_shape import JoinCount
from engine.tables import pack_columns
from engine.tables.row_names import name
from tests import budget
from tests.engine.apps import App, running
from tests.engine.live import PATIENCE
from tests.engine.ordinary.test_synced import make_ordinary
from tests.engine.programs import Command
from tests.faults.write_moments import written

SCHEMA = (
    "CREATE TABLE folders (id INTEGER PRIMARY KEY AUTOINCREMENT, name, parent INTEGER REFERENCES folders);"
    "CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, folder INTEGER REFERENCES folders, title, body);"
    "CREATE TABLE tags (note INTEGER REFERENCES notes, folder INTEGER REFERENCES folders, weight,"
    " PRIMARY KEY (note, folder));"
)
TABLES = ("folders", "notes", "tags")
BOTH = (
    "INSERT INTO folders VALUES (1, 'Home', NULL), (2, 'Inbox', 1), (3, 'Work', NULL), (4, 'Inbox', 3)",
    "WITH RECURSIVE n (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n LIMIT 12)"
    " INSERT INTO notes SELECT v, 1 + v % 4, 'note ' || v, 'text ' || v FROM n",
    "INSERT INTO tags SELECT id, 1 + id % 3, id FROM notes WHERE id % 2",
)
HERE = (
    "UPDATE notes SET title = 'note 3 here' WHERE id = 3",
    "INSERT INTO notes VALUES (13, 2, 'only here', '')",
    "UPDATE tags SET weight = 'here' WHERE note = 1",
    "INSERT INTO tags VALUES (13, 2, 'only here')",
)
THERE = (
    "UPDATE notes SET body = 'text 5 there' WHERE id = 5",
    "INSERT INTO folders VALUES (5, 'only there', 3)",
    "INSERT INTO notes VALUES (13, 5, 'only there', ''), (14, 4, 'only there, too', '')",
    "INSERT INTO tags VALUES (13, 5, 'only there')",
)
CONTENT = (
    "SELECT 'f', f.name, p.name, '', '' FROM folders f LEFT JOIN folders p ON p.id = f.parent UNION ALL"
    " SELECT 'n', f.name, p.name, title, body FROM notes LEFT JOIN folders f ON f.id = folder"
    " LEFT JOIN folders p ON p.id = f.parent UNION ALL"
    " SELECT 't', title, name, weight, '' FROM tags t LEFT JOIN notes n ON n.id = note"
    " LEFT JOIN folders f ON f.id = t.folder ORDER BY 1, 2, 3, 4, 5"
)
ROOM = "--room", "room"


def content(app: App) -> list[tuple[object, ...]]:
    """All rows, with names in place of numbers."""
    return app.do(CONTENT)


@contextlib.contextmanager
def two_machines(
    folder: Path, mine: tuple[str, ...] = (*BOTH, *HERE), theirs: tuple[str, ...] = (*BOTH, *THERE)
) -> Iterator[tuple[Command, str, tuple[Path, App], tuple[Path, App]]]:
    """The command, the address of a hub, and the files of two machines, each with an app that writes to it."""
    syncline, hub = Command(folder / "home"), folder / "hub"
    hub.mkdir()
    one, two = (
        make_ordinary(folder / f"{who}.db", ";".join((SCHEMA.rstrip(";"), *rows)), *TABLES)
        for who, rows in (("one", mine), ("two", theirs))
    )
    with (
        syncline.running("serve", hub, "--port", "0", "--allow-create") as server,
        running(one) as here,
        running(two) as there,
    ):
        yield syncline, server.line.split(" at ")[1].split(";")[0], (one, here), (two, there)


def test_as_the_same(tmp_path: Path) -> None:
    """No row is there twice, theirs hold where the two differ, and no number changes that an app knows."""
    with two_machines(tmp_path) as (syncline, url, (one, here), (two, there)):
        before = here.do("SELECT id FROM notes"), here.do("SELECT id, name FROM folders")
        syncline("sync", two, url, *ROOM)
        error = syncline("sync", one, url, *ROOM, status=1)
        assert "“notes” here and on the other side have never met: 10 the same, 2 different, 1 only here, 2" in error
        assert "with “both”, rows that are the same appear twice" in error
        assert "“folders” here and on the other side have never met: 4 the same, 0 different, 0 only here, 1" in error
        assert here.do("SELECT count(*) FROM notes") == [(13,)]
        syncline("sync", one, url, *ROOM, "--join", "same")
        assert "one" in syncline("backups", "list")
        assert here.do("SELECT id FROM notes WHERE id <= 13") == before[0]
        assert here.do("SELECT id, name FROM folders WHERE id <= 4") == before[1]
        syncline("sync", two, url, *ROOM)
        assert content(here) == content(there)
        assert there.do("SELECT count(*), count(DISTINCT title) FROM notes") == [(15, 15)]
        assert there.do("SELECT count(*) FROM folders") == [(5,)]
        assert there.do("SELECT title, body FROM notes WHERE id IN (3, 5)") == [
            ("note 3", "text 3"),
            ("note 5", "text 5 there"),
        ]
        assert there.do("SELECT weight FROM tags ORDER BY note, folder")[0] == (1,)
        here.do("UPDATE notes SET title = 'later' WHERE id = 3", "DELETE FROM tags WHERE note = 5")
        there.do("INSERT INTO notes (folder, title) SELECT id, 'new' FROM folders WHERE name = 'only there'")
        for file in (one, two, one):
            syncline("sync", file, url, *ROOM)
        assert content(here) == content(there)
        assert there.do("SELECT title FROM notes WHERE id = 3") == [("later",)]
        assert here.do("PRAGMA foreign_key_check") == there.do("PRAGMA foreign_key_check") == []
        for file in (one, two):
            assert "identical" in syncline("verify", file, url, *ROOM)
            syncline("check", file)


def test_as_both_all_are_kept(tmp_path: Path) -> None:
    with two_machines(tmp_path) as (syncline, url, (one, here), (two, there)):
        syncline("sync", two, url, *ROOM)
        syncline("sync", one, url, *ROOM, "--join", "both")
        syncline("sync", two, url, *ROOM)
        assert content(here) == content(there)
        assert here.do("SELECT count(*) FROM notes") == [(27,)]
        assert here.do("PRAGMA foreign_key_check") == []


def test_refused_where_few_are_alike(tmp_path: Path) -> None:
    mine = ("INSERT INTO folders VALUES (1, 'Home', NULL), (2, 'a', NULL), (3, 'b', NULL)",)
    theirs = ("INSERT INTO folders VALUES (1, 'Home', NULL), (2, 'x', NULL), (3, 'y', NULL)",)
    with two_machines(tmp_path, mine, theirs) as (syncline, url, (one, here), (two, _)):
        syncline("sync", two, url, *ROOM)
        error = syncline("sync", one, url, *ROOM, "--join", "same", status=1)
        assert "Fewer than half of the rows are alike: they cannot be joined as “same”." in error
        backups = syncline("backups", "list")
        syncline("sync", one, url, *ROOM, "--join", "same", status=1)
        assert syncline("backups", "list") == backups, "nothing was about to change"
        assert here.do("SELECT count(*) FROM folders") == [(3,)]
        syncline("sync", one, url, *ROOM)
        assert here.do("SELECT count(*) FROM folders") == [(6,)], "and nobody is asked about such rows"


def test_replaced_after_a_backup(tmp_path: Path) -> None:
    """All of theirs, and nothing of what was here; restoring the backup undoes it."""
    with two_machines(tmp_path) as (syncline, url, (one, here), (two, there)):
        before = content(here)
        syncline("sync", two, url, *ROOM)
        syncline("sync", one, url, *ROOM, "--join", "replace")
        assert content(here) == content(there)
        assert "identical" in syncline("verify", one, url, *ROOM)
        here.do("INSERT INTO notes (folder, title) SELECT id, 'later' FROM folders WHERE name = 'Home'")
        for file in (one, two):
            syncline("sync", file, url, *ROOM)
        assert content(here) == content(there)
        assert there.do("SELECT count(*) FROM notes") == [(15,)]
        syncline("backups", "restore", one, "--yes")
        assert content(here) == before


def test_refused_where_others_have_the_rows(tmp_path: Path) -> None:
    """They would find them under other numbers."""
    with two_machines(tmp_path) as (syncline, url, (one, here), (two, _)):
        syncline("sync", one, url, "--room", "other")
        syncline("sync", two, url, *ROOM)
        error = syncline("sync", one, url, *ROOM, "--join", "same", status=1)
        assert "cannot be joined as “same” from here: choose that on the other side, or “both”." in error
        assert here.do("SELECT count(*) FROM notes") == [(13,)]


def test_three_sides_by_way_of_a_hub(tmp_path: Path) -> None:
    with two_machines(tmp_path) as (syncline, url, (one, here), (two, there)):
        rows = (*BOTH, "INSERT INTO notes VALUES (13, 1, 'third', '')")
        three = make_ordinary(tmp_path / "three.db", ";".join((SCHEMA.rstrip(";"), *rows)), *TABLES)
        syncline("sync", two, url, *ROOM)
        for file in (one, three):
            syncline("sync", file, url, *ROOM, "--join", "same")
        for file in (one, two):
            syncline("sync", file, url, *ROOM)
        with running(three) as third:
            assert content(here) == content(there) == content(third)
            assert third.do("SELECT count(*), count(DISTINCT title) FROM notes") == [(16, 16)]
            assert third.do("SELECT title FROM notes WHERE id = 13") == [("third",)]


def test_undone_by_the_backup_it_is_asked_again(tmp_path: Path) -> None:
    with two_machines(tmp_path) as (syncline, url, (one, here), (two, _)):
        before = content(here)
        syncline("sync", two, url, *ROOM)
        syncline("sync", one, url, *ROOM, "--join", "same")
        syncline("backups", "restore", one, "--yes")
        assert content(here) == before
        assert "11 the same, 2 different, 0 only here" in syncline("sync", one, url, *ROOM, status=1)
        syncline("sync", one, url, *ROOM, "--join", "same")
        assert here.do("SELECT count(*), count(DISTINCT title) FROM notes") == [(15, 15)]


@pytest.mark.parametrize("how", ["same", pytest.param("replace", marks=pytest.mark.full)])
def test_killed_at_any_moment_no_row_is_there_twice(how: str, tmp_path: Path) -> None:
    rng, most = random.Random(budget.seed()), 12 if how == "same" else 4
    fill = (
        "WITH RECURSIVE n (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n LIMIT 2000)"
        " INSERT INTO notes SELECT v, 1 + v % 4, 'note ' || v, '{}' FROM n"
    )
    with two_machines(tmp_path, (BOTH[0], fill.format("ours")), (BOTH[0], fill.format("theirs"))) as machines:
        syncline, url, (one, here), (two, there) = machines
        syncline("sync", two, url, *ROOM)
        kills = 0
        for _ in range(4):
            process = syncline.start("sync", one, url, *ROOM, "--join", how)
            asyncio.run(written(one, rng.randrange(1, most), lambda process=process: process.poll() is not None))
            process.kill()
            process.communicate(timeout=PATIENCE)
            kills += process.returncode == -signal.SIGKILL
            [(count, titles)] = here.do("SELECT count(*), count(DISTINCT title) FROM notes")
            assert count == titles
            assert count == 2_000 or how == "replace", "theirs may be on their way"
        assert kills, "none fell into it: the test proves nothing"
        syncline("sync", one, url, *ROOM, "--join", how)
        syncline("sync", two, url, *ROOM)
        assert content(here) == content(there)
        assert here.do("SELECT count(*), min(body) FROM notes") == [(2_000, "theirs")]


OURS, THEIRS = b"o" * 16, b"t" * 16


def key(collection: bytes, number: int) -> bytes:
    return pack_columns((name(collection, number),))


def pairs(here: dict[int, tuple[object, ...]], there: dict[int, tuple[object, ...]]) -> tuple[set[Pair], JoinCount]:
    found = Copies((True, True, False), shared=False)
    for number, row in here.items():
        found.add(key(OURS, number), row)  # type: ignore[arg-type]
    for number, row in there.items():
        found.offer(key(THEIRS, number), row)  # type: ignore[arg-type]
    return set(found.finish()), found.count


def pair(here: int, there: int, *, equal: bool = True) -> Pair:
    return Pair(key(OURS, here), key(THEIRS, there), equal)


@pytest.mark.parametrize(
    ("here", "there", "expected", "count"),
    [
        ({1: "aax", 2: "aax"}, {2: "aay", 1: "aay"}, {pair(1, 1), pair(2, 2)}, (2, 0, 0, 0)),
        ({1: "aax", 2: "bbx"}, {1: "bbx", 2: "aax"}, {pair(1, 2), pair(2, 1)}, (2, 0, 0, 0)),
        ({1: "abx"}, {1: "acx"}, {pair(1, 1, equal=False)}, (0, 1, 0, 0)),
        ({1: "abx"}, {1: "cdx"}, set(), (0, 0, 1, 1)),
        ({1: "abx", 2: "afx"}, {1: "acx"}, set(), (0, 0, 2, 1)),
        ({1: ("", "b", "x")}, {1: ("", "c", "x")}, set(), (0, 0, 1, 1)),
        ({1: (0, None, "x")}, {1: (0, "c", "x")}, set(), (0, 0, 1, 1)),
        ({1: "abx", 2: "acx"}, {1: "acx"}, {pair(2, 1)}, (1, 0, 1, 0)),
        ({1: "aax"}, {1: "aax", 2: "aax"}, {pair(1, 1)}, (1, 0, 0, 1)),
        ({}, {1: "aax"}, set(), (0, 0, 0, 1)),
    ],
)
def test_which_are_pairs(
    here: dict[int, Sequence[object]], there: dict[int, Sequence[object]], expected: set[Pair], count: tuple[int, ...]
) -> None:
    """Equal ones, first those of one number; then those of one number that are equal by half."""
    found = pairs(*({number: tuple(row) for number, row in rows.items()} for rows in (here, there)))
    assert found == (expected, JoinCount(*count))


def test_rows_of_two_machines_have_one_number() -> None:
    found = Copies((True, True), shared=False)
    found.add(key(OURS, 1), ("a", "b"))
    for collection, row in ((THEIRS, ("a", "c")), (b"x" * 16, ("a", "d"))):
        found.offer(key(collection, 1), row)
    assert (found.finish(), found.count) == ([pair(1, 1, equal=False)], JoinCount(0, 1, 0, 1))
