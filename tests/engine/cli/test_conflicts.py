"""``syncline conflicts``: all that waits for somebody is listed, and nothing is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.replica import Replica
from tests.engine.cli.test_withheld import CORRECT, spoil
from tests.engine.cli.test_withheld import SCHEMA as CRR
from tests.engine.live import exchange, make_file, on_loop, plain_engine, writing
from tests.engine.programs import Command

NOTES = "CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT)"


@pytest.fixture
def syncline(tmp_path: Path) -> Command:
    return Command(tmp_path / "home")


def listed(syncline: Command, path: Path) -> list[dict[str, object]]:
    """What it says as JSON."""
    process = syncline.start("conflicts", path, "--json")
    out, err = process.communicate()
    assert not err
    found = [json.loads(line) for line in out.splitlines()]
    assert process.returncode == bool(found)
    return found


def told(syncline: Command, path: Path) -> str:
    """What it says to a person."""
    process = syncline.start("conflicts", path)
    out, err = process.communicate()
    assert not err
    assert process.returncode == (0 if "Nothing in" in out else 1)
    return out


def test_nothing(syncline: Command, tmp_path: Path) -> None:
    path = make_file(tmp_path / "a.db", NOTES)
    assert told(syncline, path) == f"Nothing in {path} waits for a decision.\n"
    assert listed(syncline, path) == []
    assert "does not exist" in syncline("conflicts", tmp_path / "none.db", status=1)


def test_rows_that_cannot_be_sent(syncline: Command, tmp_path: Path) -> None:
    """All of them by name, also where other commands name some; those that can be by now are left out."""
    path = spoil(make_file(tmp_path / "a.db", CRR))
    bad = range(11, 16)
    with writing(path) as db:
        for number in bad:
            db.execute("INSERT INTO item VALUES (?, CAST(x'ff' AS TEXT), 1)", (number,))
    with Replica.open(path) as replica:
        replica.changes()
    before = path.read_bytes()
    found = listed(syncline, path)
    assert {(one["kind"], one["table"], one["key"]) for one in found} == {
        ("withheld", "item", str(number)) for number in (3, 4, 5, *bad)
    }
    assert found[0]["sentence"] == "“item”, row 3 cannot be sent: “name” is not valid text."
    out = told(syncline, path)
    assert out.count("cannot be sent: ") == 8
    assert f"    {CORRECT}\n" in out
    assert path.read_bytes() == before
    with writing(path) as db:
        db.execute("UPDATE item SET name = 'good' WHERE id = 3 OR id > 10")
    assert {one["key"] for one in listed(syncline, path)} == {"4", "5"}


def test_suspended_deletions(syncline: Command, tmp_path: Path) -> None:
    path = make_file(tmp_path / "a.db", NOTES)
    with writing(path) as db:
        db.execute("WITH RECURSIVE n (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n LIMIT 30)"
                   " INSERT INTO notes SELECT 'n' || v, v FROM n")  # fmt: skip
    syncline("make-syncable", path, "notes")
    with writing(path) as db:
        db.execute(f"{NOTES.replace('notes', 'other')}; INSERT INTO other SELECT * FROM notes LIMIT 2;"
                   "DROP TABLE notes; ALTER TABLE other RENAME TO notes")  # fmt: skip
    with Replica.open(path) as replica:
        replica.capture()
    assert listed(syncline, path) == [{"kind": "suspended-deletion", "table": "notes", "gone": 28, "known": 30}]
    out = told(syncline, path)
    assert "notes: 28 of its 30 rows are gone." in out
    assert f"    To decide: syncline check {path}\n" in out
    syncline("check", path, "--delete-everywhere", "notes")
    assert listed(syncline, path) == []


FOLDERS = (
    "CREATE TABLE folders (id {key} PRIMARY KEY NOT NULL, name TEXT COLLATE NOCASE UNIQUE, color TEXT);"
    "CREATE TABLE notes (id {key} PRIMARY KEY NOT NULL, folder {key} REFERENCES folders ON DELETE CASCADE, n);"
    "CREATE UNIQUE INDEX by_n ON notes (folder, n)"
)
TABLES = ("folders", "notes")


@pytest.fixture(params=["TEXT", "INTEGER"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    """Two files that both made a folder of one name, with a note; they have not met yet."""
    paths = tmp_path / "one.db", tmp_path / "two.db"
    for n, path in enumerate(paths):
        with writing(make_file(path, FOLDERS.format(key=request.param))) as db:
            for table in TABLES:
                with Replica.open(path) as replica:
                    replica.make_ordinary(table)
            key = n + 1 if request.param == "TEXT" else None
            db.execute("INSERT INTO folders VALUES (?, ?, ?)", (key, ["Inbox", "inbox"][n], ["red", "blue"][n]))
            db.execute("INSERT INTO notes VALUES (?, (SELECT id FROM folders), ?)", (key, n))
    return paths


def content(path: Path) -> list[tuple[object, ...]]:
    """The names of the folders that are shown, and the notes in each."""
    sql = "SELECT name, color, n FROM folders LEFT JOIN notes ON folder = folders.id ORDER BY n"
    with writing(path) as db:
        return db.execute(sql).fetchall()


def clash(syncline: Command, path: Path) -> dict[str, object]:
    """The only row that another one is in the way of; what refers to it may wait behind it."""
    [one] = [one for one in listed(syncline, path) if one["reason"] == "unique"]
    return one


def test_a_hidden_row_is_listed(syncline: Command, pair: tuple[Path, Path]) -> None:
    exchange(*pair)
    for path in pair:
        one = clash(syncline, path)
        assert {name: one[name] for name in ("kind", "table", "reason")} == {
            "kind": "hidden",
            "table": "folders",
            "reason": "unique",
        }
        colors = {"Inbox": "red", "inbox": "blue"}
        name = one["values"]["name"]  # type: ignore[index]
        assert one["values"] == {"name": name, "color": colors.pop(name)}
        assert one["differs"] == {"name": next(iter(colors)), "color": next(iter(colors.values()))}
        out = told(syncline, path)
        row, other = one["key"], one["in_the_way"]
        same = f"“folders”, row {row} counts as the same as row {other}: what refers to it refers to that one.\n"
        apart = f"“folders”, row {row} is hidden: row {other} is in its way.\n"
        assert (same if one["same"] else apart) in out
        assert one["same"] is row.isdecimal()  # numbers that SQLite hands out, and no text
        assert f"    name: {name}; there: {next(iter(colors))}\n" in out


def test_the_hidden_row_is_kept(syncline: Command, pair: tuple[Path, Path]) -> None:
    """On all sides, with the notes of both."""
    exchange(*pair)
    path = pair[0]
    one = clash(syncline, path)
    values = one["values"]
    key = str(one["key"]).strip("“”")
    before = content(path)
    assert "would be deleted on all machines" in syncline("conflicts", path, "--keep", "folders", key, status=2)
    assert content(path) == before
    assert "is shown now" in syncline("conflicts", path, "--keep", "folders", key, "--yes")
    exchange(*pair)
    for each in pair:
        assert content(each) == [(values["name"], values["color"], n) for n in (0, 1)]  # type: ignore[index]
        assert listed(syncline, each) == []
    assert "has no hidden row" in syncline("conflicts", path, "--keep", "folders", key, "--yes", status=2)


def test_the_hidden_row_becomes_one_with_the_other(syncline: Command, pair: tuple[Path, Path]) -> None:
    """On all sides, with the notes of both."""
    exchange(*pair)
    path = pair[1]
    one = clash(syncline, path)
    key = str(one["key"]).strip("“”")
    before = content(path)
    assert "would be deleted on all machines" in syncline("conflicts", path, "--merge", "folders", key, status=2)
    assert content(path) == before
    assert "is deleted" in syncline("conflicts", path, "--merge", "folders", key, "--yes")
    exchange(*pair)
    for each in pair:
        assert listed(syncline, each) == []
        shown = (one["differs"]["name"], one["differs"]["color"])  # type: ignore[index]
        assert content(each) == [(*shown, n) for n in (0, 1)]


def test_the_hidden_row_is_deleted(syncline: Command, pair: tuple[Path, Path]) -> None:
    exchange(*pair)
    path = pair[1]
    one = clash(syncline, path)
    key = str(one["key"])
    assert "would be deleted on all machines" in syncline("conflicts", path, "--delete", "folders", key, status=2)
    assert clash(syncline, path) == one
    assert "the next sync deletes it on all machines" in syncline(
        "conflicts", path, "--delete", "folders", key, "--yes"
    )
    exchange(*pair)
    for each in pair:
        [note] = listed(syncline, each)  # it waits for the folder
        assert (note["reason"], note["awaits"]) == ("parent", {"table": "folders", "key": key, "deleted": True})
        assert [name for name, *_ in content(each)] == [one["differs"]["name"]]  # type: ignore[index]


def test_rows_that_cannot_refer_to_the_other(syncline: Command, pair: tuple[Path, Path]) -> None:
    """They are lost by nothing: the later one of those is hidden then."""
    for path in pair:
        with writing(path) as db:
            db.execute("UPDATE notes SET n = 1")
    exchange(*pair)
    [folder] = [one for one in listed(syncline, pair[1]) if one["table"] == "folders"]
    key = str(folder["key"]).strip("“”")
    assert "is deleted" in syncline("conflicts", pair[1], "--merge", "folders", key, "--yes")
    exchange(*pair)
    for path in pair:
        assert [(row[0] is not None, row[2]) for row in content(path)] == [(True, 1)]
        assert len([one for one in listed(syncline, path) if one["table"] == "notes"]) == 1


def test_forget_writes_hidden_rows_first(syncline: Command, pair: tuple[Path, Path], tmp_path: Path) -> None:
    exchange(*pair)
    path, kept = pair[0], tmp_path / "kept.json"
    hidden = listed(syncline, path)
    before = content(path)
    assert "hidden, and would be gone" in syncline("forget", path, "--yes", status=2)
    kept.write_text("something")
    assert "already exists" in syncline("forget", path, "--yes", "--hidden-to", kept, status=2)
    assert kept.read_text() == "something"
    assert listed(syncline, path) == hidden
    kept.unlink()
    assert f"Hidden rows: {kept}\n" in syncline("forget", path, "--yes", "--hidden-to", kept)
    assert json.loads(kept.read_text()) == hidden
    assert content(path) == before


def test_undo_writes_hidden_rows_first(syncline: Command, pair: tuple[Path, Path], tmp_path: Path) -> None:
    exchange(*pair)
    path, kept = pair[0], tmp_path / "kept.json"
    hidden = listed(syncline, path)
    before = content(path)
    undo = "make-syncable", path, "--all", "--undo"
    assert "To have them in a file: --hidden-to FILE.json" in syncline(*undo, status=2)
    assert "goes with --undo" in syncline("make-syncable", path, "--all", "--hidden-to", kept, status=2)
    assert listed(syncline, path) == hidden
    assert f"Hidden rows: {kept}\n" in syncline(*undo, "--hidden-to", kept)
    assert sorted(json.loads(kept.read_text()), key=str) == sorted(hidden, key=str)
    assert content(path) == before
    assert listed(syncline, path) == []


@on_loop
async def test_the_engine_lists_and_decides(pair: tuple[Path, Path]) -> None:
    """As the window does."""
    exchange(*pair)
    async with plain_engine() as engine:
        one, two = [await engine.databases.add(path) for path in pair]
        [row] = [row for row in await engine.databases.hidden_rows(one.id) if row.reason == "unique"]
        differs = await engine.databases.hidden_differences(one.id, row)
        assert {*differs["color"]} == {"red", "blue"}
        assert await engine.databases.keep_hidden(one.id, row) is None
        assert await engine.databases.hidden_rows(one.id) == ()
        with pytest.raises(UsageError, match="is not hidden any more"):
            await engine.databases.delete_hidden(one.id, row)
        [row] = [row for row in await engine.databases.hidden_rows(two.id) if row.reason == "unique"]
        await engine.databases.delete_hidden(two.id, row)
        [note] = await engine.databases.hidden_rows(two.id)
        assert note.awaits is not None
        assert (note.reason, note.awaits.key) == ("parent", row.key)


def test_through_a_hub(syncline: Command, pair: tuple[Path, Path], tmp_path: Path) -> None:
    """The hub has the same row hidden; nothing differs, before it is decided and afterwards."""
    hub = tmp_path / "hub"
    hub.mkdir()
    with syncline.running("serve", hub, "--port", "0", "--allow-create") as running:
        url = running.line.split(" at ")[1].split(";")[0]

        def sync() -> None:
            for path in (*pair, pair[0]):
                assert "In sync" in syncline("sync", path, url, "--room", "room")

        sync()
        one, two = (clash(syncline, path) for path in pair)
        assert (one["values"], one["reason"]) == (two["values"], "unique")
        assert content(pair[0]) == content(pair[1])
        for path in pair:
            assert "differ" not in syncline("verify", path, url, "--room", "room")
        key = str(two["key"]).strip("“”")
        assert "is shown now" in syncline("conflicts", pair[1], "--keep", "folders", key, "--yes")
        sync()
        assert [listed(syncline, path) for path in pair] == [[], []]
        values = two["values"]
        assert content(pair[0]) == [(values["name"], values["color"], n) for n in (0, 1)]  # type: ignore[index]
        assert content(pair[1]) == content(pair[0])


LINKS = "https://example.com/articles/2026/11/30/page-{}"


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """A file where two rows are hidden, with long keys that begin alike."""
    paths = tmp_path / "strict.db", tmp_path / "lax.db"
    for path, rule in zip(paths, ("CHECK (v > 0)", ""), strict=True):
        make_file(path, f"CREATE TABLE links (url TEXT PRIMARY KEY NOT NULL, v {rule})")
        with Replica.open(path) as replica:
            replica.make_ordinary("links")
    with writing(paths[1]) as db:
        for n in (1, 2):
            db.execute("INSERT INTO links VALUES (?, -?)", (LINKS.format(n), n))
    exchange(*paths)
    return paths[0]


def test_long_keys_of_hidden_rows_are_written_whole(syncline: Command, links: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    syncline("make-syncable", links, "links", "--undo", "--hidden-to", kept)
    assert {(one["key_columns"]["url"], one["values"]["v"]) for one in json.loads(kept.read_text())} == {
        (LINKS.format(1), -1),
        (LINKS.format(2), -2),
    }


@pytest.mark.parametrize("command", [("forget",), ("make-syncable", "--undo", "--all")])
def test_what_failed_after_the_file_was_written_can_be_tried_again(
    syncline: Command, links: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    kept = tmp_path / "kept.json"
    verb, *options = command
    arguments = (verb, links, *options, *(["--yes"] if verb == "forget" else []), "--hidden-to", kept)
    backups = syncline.home / "data" / "backups"
    backups.parent.mkdir(parents=True, exist_ok=True)
    backups.write_text("in the way of a backup")
    process = syncline.start(*arguments)
    process.communicate()
    assert process.returncode != 0
    before = kept.read_text()
    backups.unlink()
    kept.write_text("[]")
    assert "already exists" in syncline(*arguments, status=2)
    kept.write_text(before)
    assert "Hidden rows" in syncline(*arguments)
    assert kept.read_text() == before
