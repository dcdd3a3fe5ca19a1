"""Most rows of a table are gone: nothing is told of that before a person has said whether they are meant to be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.api import Engine
from engine.errors import UsageError
from engine.language import catalogue
from engine.peer_state import PeerStatus, Remedy, State
from engine.table_shape import Where
from engine.tables import SuspendedDeletion
from engine.text import translated
from tests.engine.apps import App, running
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until
from tests.engine.ordinary.test_synced import ROOM, make_ordinary
from tests.engine.programs import Command

FILL = (
    "WITH RECURSIVE n (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n LIMIT 30)"
    " INSERT INTO notes SELECT 'n' || v, 'T' || v, NULL, v FROM n"
)
ANEW = (
    "CREATE TABLE other (id TEXT PRIMARY KEY, title TEXT NOT NULL, body, stars INTEGER NOT NULL DEFAULT 0)",
    "INSERT INTO other SELECT * FROM notes WHERE stars < 3",
    "DROP TABLE notes",
    "ALTER TABLE other RENAME TO notes",
)
"""An app makes the table anew, and loses 28 of its 30 rows."""

WHY = "“notes” cannot be synced: 28 of its 30 rows are gone."


def status_of(engine: Engine) -> PeerStatus:
    return engine.peers.statuses()[0]


def notes(app: App) -> list[tuple[object, ...]]:
    return sorted(app.do("SELECT id, title FROM notes"))


@on_loop
@pytest.mark.parametrize("delete", [False, True])
async def test_the_answer_is_given_while_all_are_connected(tmp_path: Path, delete: bool) -> None:
    room = make_file(tmp_path / "hub/room", ROOM)
    one, two = make_ordinary(tmp_path / "one.db"), make_ordinary(tmp_path / "two.db")
    with running(one) as here, running(two) as there:
        here.do(FILL)
        async with plain_engine() as server, plain_engine() as left, plain_engine() as right:
            hub = await server.serving.start(room.parent)
            await add_peer(left, one, hub.url)
            await add_peer(right, two, hub.url)
            await until(lambda: len(notes(there)) == 30, "the other machine has them")
            before = notes(there)
            here.do(*ANEW)
            await until(lambda: status_of(left).remedy is Remedy.ANSWER, "it asks")
            assert status_of(left).state is State.NEEDS_YOU
            assert WHY in status_of(left).reason
            assert "„check --bring-back notes“" in translated(status_of(left).reason, catalogue("de"))
            assert [one.where for one in status_of(left).parked] == [Where.SUSPENDED]
            here.do("INSERT INTO notes VALUES ('late', 'L', NULL, 0)")
            there.do("UPDATE notes SET title = 'theirs' WHERE id = 'n9'", "INSERT INTO tags VALUES ('n9', 'red')")
            await until(lambda: here.do("SELECT * FROM tags") == [("n9", "red")], "the other table goes on")
            assert len(notes(there)) == 30
            [database] = left.settings.databases
            assert await left.databases.suspended_deletions(database.id) == (SuspendedDeletion("notes", 28, 30),)
            await left.databases.answer_suspended(database.id, "notes", delete=delete)
            for engine in (left, right):
                await engine.peers.wait_in_sync(timeout=PATIENCE)
            await until(lambda: notes(here) == notes(there), "both hold the same")
            if delete:
                assert [key for key, _ in notes(here)] == ["late", "n1", "n2"]
            else:
                changed = [(key, "theirs" if key == "n9" else title) for key, title in before]
                assert notes(here) == sorted([*changed, ("late", "L")])
            assert status_of(left).remedy is None
            with pytest.raises(UsageError, match="There is nothing to decide"):
                await left.databases.answer_suspended(database.id, "notes", delete=delete)


@on_loop
@pytest.mark.parametrize("delete", [False, True])
async def test_answered_on_a_machine_that_dials_nobody(tmp_path: Path, delete: bool) -> None:
    """It only lets others in: what is answered goes over the connection that the other side opens."""
    one, two = make_ordinary(tmp_path / "here" / "room"), make_ordinary(tmp_path / "two.db")
    with running(one) as here, running(two) as there:
        here.do(FILL)
        async with plain_engine() as dialled, plain_engine() as dialling:
            database = await dialled.databases.add(one)
            await add_peer(dialling, two, (await dialled.serving.start(one.parent)).url)
            await until(lambda: len(notes(there)) == 30, "the other machine has them")
            before = notes(there)
            here.do(*ANEW)
            await until(lambda: [one.where for one in status_of(dialling).parked] == [Where.THERE], "it is told")
            assert await dialled.databases.suspended_deletions(database.id) == (SuspendedDeletion("notes", 28, 30),)
            await dialled.databases.answer_suspended(database.id, "notes", delete=delete)
            left = [("n1", "T1"), ("n2", "T2")] if delete else before
            await until(lambda: notes(here) == notes(there) == left, "both hold what was answered")
            await until(lambda: not status_of(dialling).parked, "nothing is left out any more")


@pytest.fixture
def syncline(tmp_path: Path) -> Command:
    return Command(tmp_path / "home")


@pytest.mark.parametrize(("option", "left"), [("--bring-back", 30), ("--delete-everywhere", 2)])
def test_the_answer_is_typed(tmp_path: Path, syncline: Command, option: str, left: int) -> None:
    hub = tmp_path / "hub"
    make_file(hub / "room", ROOM)
    file = make_ordinary(tmp_path / "my notes.db")
    with syncline.running("serve", hub, "--port", "0") as server, running(file) as app:
        sync = "sync", file, server.line.split(" at ")[1].split(";")[0], "--room", "room"
        app.do(FILL)
        syncline(*sync)
        app.do(*ANEW)
        error = syncline(*sync, status=1)
        assert WHY in error
        assert "“check --bring-back notes”" in error
        told = checked(syncline, file)
        assert f"syncline check '{file}' {option} notes" in told
        [line] = [json.loads(line) for line in checked(syncline, file, "--json").splitlines()]
        assert line == {"table": "notes", "damage": "suspended-deletion", "count": 28, "mended": False}
        assert "There is nothing to decide about the rows of “tags”" in syncline(
            "check", file, option, "tags", status=2
        )
        assert "(28 rows)" in syncline("check", file, option, "notes")
        assert syncline("check", file) == f"{file} is intact.\n"
        syncline(*sync)
        assert len(notes(app)) == left
    assert len(rows(hub / "room", "notes")) == left
    assert "my notes" in syncline("backups", "list")


def checked(syncline: Command, file: Path, *more: str) -> str:
    """What ``check`` prints that finds something."""
    process = syncline.start("check", file, *more)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (1, "")
    return out
