"""Two machines that each made rows of their own meet for the first time: through real processes and a hub."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from engine.api import Engine
from engine.language import catalogue
from engine.peer_state import PeerStatus, Remedy, State
from engine.replica import Replica
from engine.table_shape import BEGUN_EMPTY, Join, JoinCount, Where
from engine.text import translated
from tests import budget
from tests.engine.apps import App, running
from tests.engine.live import PATIENCE, add_peer, on_loop, plain_engine, until
from tests.engine.ordinary.test_synced import NOTES, make_ordinary
from tests.engine.programs import Command
from tests.faults.write_moments import written

HERE = ("INSERT INTO notes VALUES ('a', 'A', NULL, 1)", "INSERT INTO notes VALUES ('b', 'B', NULL, 1)")
THERE = ("INSERT INTO notes VALUES ('b', 'other', NULL, 1)", "INSERT INTO notes VALUES ('c', 'C', NULL, 1)")
WHY = (
    "The rows of “notes” here and on the other side have never met: 0 the same, 1 different, 1 only here, 1 only there."
)


def made_apart(path: Path, *rows: str) -> Path:
    """A file of an app's with rows, whose tables were then made syncable."""
    return make_ordinary(path, ";".join((NOTES, *rows)))


def notes(app: App) -> list[tuple[object, ...]]:
    return sorted(app.do("SELECT id, title FROM notes"))


def status_of(engine: Engine) -> PeerStatus:
    return engine.peers.statuses()[0]


@contextlib.contextmanager
def two_machines(
    folder: Path, mine: Sequence[str] = HERE, theirs: Sequence[str] = THERE
) -> Iterator[tuple[Command, str, tuple[Path, App], tuple[Path, App]]]:
    """The command, the address of a hub, and the files of two machines with rows of their own, each with an app that
    writes to it."""
    syncline, hub = Command(folder / "home"), folder / "hub"
    hub.mkdir()
    one, two = made_apart(folder / "one.db", *mine), made_apart(folder / "two.db", *theirs)
    with (
        syncline.running("serve", hub, "--port", "0", "--allow-create") as server,
        running(one) as here,
        running(two) as there,
    ):
        yield syncline, server.line.split(" at ")[1].split(";")[0], (one, here), (two, there)


def test_asked_about_and_answered_at_the_command_line(tmp_path: Path) -> None:
    with two_machines(tmp_path) as (syncline, url, (one, here), (two, there)):
        there.do("INSERT INTO tags VALUES ('c', 'red')")
        syncline("sync", two, url, "--room", "room")
        error = syncline("sync", one, url, "--room", "room", status=1)
        assert WHY in error
        assert "“sync --join both”" in error
        assert here.do("SELECT * FROM tags") == [("c", "red")], "the other table goes on"
        assert notes(here) == [("a", "A"), ("b", "B")]
        process = syncline.start("sync", one, url, "--room", "room", "--json")
        told = [json.loads(line) for line in process.communicate(timeout=PATIENCE)[0].splitlines()]
        [parked] = told[-1]["parked"]
        assert parked["found"] == {"same": 0, "differ": 1, "here": 1, "there": 1, "deleted": 0}
        lines = syncline("sync", one, url, "--room", "room", "--join", "same", "--json").splitlines()
        assert json.loads(lines[-1])["parked"] == []
        assert notes(here) == [("a", "A"), ("b", "other"), ("c", "C")]
        assert "one" in syncline("backups", "list")
        here.do("UPDATE notes SET title = 'later' WHERE id = 'b'")
        for file in (one, two):
            syncline("sync", file, url, "--room", "room")
        assert notes(there) == [("a", "A"), ("b", "later"), ("c", "C")]


def test_replaced_after_a_backup(tmp_path: Path) -> None:
    with two_machines(tmp_path) as (syncline, url, (one, here), (two, there)):
        syncline("sync", two, url, "--room", "room")
        before = syncline("backups", "list").count("one")
        syncline("sync", one, url, "--room", "room", "--join", "replace")
        assert syncline("backups", "list").count("one") > before
        assert notes(here) == notes(there) == [("b", "other"), ("c", "C")]
        here.do("INSERT INTO notes VALUES ('d', 'D', NULL, 1)")
        for file in (one, two):
            syncline("sync", file, url, "--room", "room")
        assert notes(there) == [("b", "other"), ("c", "C"), ("d", "D")]


def test_undone_by_the_backup_it_is_asked_again(tmp_path: Path) -> None:
    with two_machines(tmp_path) as (syncline, url, (one, here), (two, _)):
        syncline("sync", two, url, "--room", "room")
        syncline("sync", one, url, "--room", "room", "--join", "same")
        assert notes(here) == [("a", "A"), ("b", "other"), ("c", "C")]
        syncline("backups", "restore", one, "--yes")
        assert notes(here) == [("a", "A"), ("b", "B")]
        error = syncline("sync", one, url, "--room", "room", status=1)
        assert "have never met: 1 the same, 1 different, 0 only here, 1 only there." in error
        assert notes(here) == [("a", "A"), ("b", "B")]


@pytest.mark.parametrize("how", [Join.SAME, Join.REPLACE])
def test_killed_at_any_moment_nothing_is_lost(tmp_path: Path, how: Join) -> None:
    """The next try goes on, or asks again; what was not taken over by then is as it was."""
    rng = random.Random(budget.seed())
    fill = (
        "WITH RECURSIVE n (v) AS (SELECT {} UNION ALL SELECT v + 1 FROM n LIMIT 3000)"
        " INSERT INTO notes SELECT 'n' || v, '{}', NULL, v FROM n"
    )
    ours, theirs = [fill.format(1, "ours")], [fill.format(1_001, "theirs")]
    with two_machines(tmp_path, ours, theirs) as (syncline, url, (one, here), (two, there)):
        syncline("sync", two, url, "--room", "room")
        kept = {f"n{v}" for v in range(1 if how is Join.SAME else 1_001, 4_001)}
        kills = tries = 0
        while tries < 4 or not kills:  # on a busy machine a kill may come too late
            assert tries < 40, "none fell into it: the test proves nothing"
            tries += 1
            process = syncline.start("sync", one, url, "--room", "room", "--join", how.value)
            asyncio.run(written(one, rng.randrange(1, 20), lambda process=process: process.poll() is not None))
            process.kill()
            process.communicate(timeout=PATIENCE)
            kills += process.returncode == -signal.SIGKILL
            rows = dict(here.do("SELECT id, title FROM notes"))
            assert rows.keys() >= {f"n{v}" for v in range(1, 3_001)} or how is Join.REPLACE
            assert {rows[key] for key in rows if int(key[1:]) <= 1_000} <= {"ours"}
            assert there.do("SELECT count(*), count(DISTINCT title) FROM notes") == [(3_000, 1)]
        syncline("sync", one, url, "--room", "room", "--join", how.value)
        rows = dict(here.do("SELECT id, title FROM notes"))
        assert rows.keys() == kept
        assert {key: title for key, title in rows.items() if int(key[1:]) > 1_000 and title != "theirs"} == {}
        syncline("sync", two, url, "--room", "room")
        assert dict(there.do("SELECT id, title FROM notes")) == rows


@on_loop
@pytest.mark.parametrize("table", ["notes", ""], ids=["of this table", "of all"])
async def test_asked_about_and_answered_while_all_are_connected(tmp_path: Path, table: str) -> None:
    room, one = made_apart(tmp_path / "room", *THERE), made_apart(tmp_path / "one.db", *HERE)
    with running(one) as here, running(room) as there:
        async with plain_engine() as server, plain_engine() as client:
            await server.databases.add(room)
            hub = await server.serving.start(tmp_path)
            peer = await add_peer(client, one, hub.url)
            await until(lambda: status_of(client).remedy is Remedy.JOIN, "it asks")
            assert status_of(client).state is State.NEEDS_YOU
            assert WHY in status_of(client).reason
            assert "sind sich noch nie begegnet" in translated(status_of(client).reason, catalogue("de"))
            [parked] = status_of(client).parked
            assert (parked.table, parked.where) == ("notes", Where.JOIN)
            assert parked.found == JoinCount(same=0, differ=1, here=1, there=1)
            here.do("INSERT INTO tags VALUES ('b', 'red')")
            await until(lambda: there.do("SELECT * FROM tags") == [("b", "red")], "the other table goes on")
            assert notes(there) == [("b", "other"), ("c", "C")]
            await client.peers.join(client.peers.statuses()[0].peer, Join.BOTH, table)
            await client.peers.wait_in_sync([status_of(client).peer], timeout=PATIENCE)
            assert peer == status_of(client).peer
            await until(lambda: status_of(client).state is State.IN_SYNC, "and nothing is asked any more")
            assert (status_of(client).parked, status_of(client).remedy) == ((), None)
            assert notes(here) == notes(there) == [("a", "A"), ("b", "other"), ("c", "C")]
            here.do("DELETE FROM notes WHERE id = 'a'")
            await until(lambda: notes(there) == [("b", "other"), ("c", "C")], "what follows is synced as ever")


@on_loop
async def test_one_table_alone_is_asked_about_too(tmp_path: Path) -> None:
    """With nothing else to sync, both sides hang up, and look again when it is said how."""
    room = make_ordinary(tmp_path / "room", ";".join((NOTES, *THERE)), "notes")
    one = made_apart(tmp_path / "one.db", *HERE)
    with running(one) as here, running(room) as there:
        async with plain_engine() as server, plain_engine() as client:
            hub = await server.serving.start(tmp_path)
            peer = await add_peer(client, one, hub.url)
            await until(lambda: status_of(client).remedy is Remedy.JOIN, "it asks")
            assert status_of(client).state is State.NEEDS_YOU
            await client.peers.join(peer, Join.REPLACE)
            await until(lambda: status_of(client).state is State.IN_SYNC, "it is joined")
            assert notes(here) == notes(there) == [("b", "other"), ("c", "C")]


@on_loop
async def test_those_who_are_connected_learn_of_a_join(tmp_path: Path) -> None:
    """Else they would not know the rows of whoever was joined with a third side, should they meet."""
    one, two = made_apart(tmp_path / "one" / "room", HERE[0]), make_ordinary(tmp_path / "two" / "room")
    three = made_apart(tmp_path / "three" / "room", THERE[1])
    with running(three) as there:
        async with plain_engine() as first, plain_engine() as second, plain_engine() as third:
            await first.databases.add(one)
            await add_peer(second, two, (await first.serving.start(one.parent)).url)
            await second.peers.wait_in_sync(timeout=PATIENCE)
            await add_peer(first, one, (await third.serving.start(three.parent)).url)

            def ids(path: Path) -> frozenset[bytes]:
                with Replica.open(path, readonly=True) as replica:
                    return replica.dataset_ids().get("notes", frozenset())

            await until(lambda: len(ids(three)) == 2, "the two are joined")
            await until(lambda: ids(one) == ids(two) - {BEGUN_EMPTY} == ids(three), "and all three know it")
            await second.peers.wait_in_sync(timeout=PATIENCE)
            await until(lambda: len(notes(there)) == 2, "they have the rows of both")


@on_loop
async def test_two_apps_that_begin_at_once_are_not_asked(tmp_path: Path) -> None:
    """Both write to tables that were empty when they became syncable, before anything has met."""
    one, two = make_ordinary(tmp_path / "one.db"), make_ordinary(tmp_path / "two.db")
    (tmp_path / "hub").mkdir()
    with Command(tmp_path / "home").running("serve", tmp_path / "hub", "--port", "0", "--allow-create") as server:
        url = server.line.split(" at ")[1].split(";")[0]
        with running(one) as here, running(two) as there:
            here.do(*HERE)
            there.do(*THERE)
            async with plain_engine() as left, plain_engine() as right:
                for engine, path in ((left, one), (right, two)):
                    await add_peer(engine, path, url, room="room")
                    await engine.peers.wait_in_sync(timeout=PATIENCE)
                await until(lambda: notes(here) == notes(there), "both hold the same")
            assert notes(here) == [("a", "A"), ("b", "other"), ("c", "C")]


@on_loop
async def test_the_side_that_was_dialled_can_answer_too(tmp_path: Path) -> None:
    """Over the connection that the other has opened, also where it cannot dial itself."""
    one, two = made_apart(tmp_path / "one" / "room", *HERE), made_apart(tmp_path / "two" / "room", *THERE)
    with running(one) as here, running(two) as there:
        async with plain_engine() as left, plain_engine() as right:
            await right.databases.add(two)
            listening = await right.serving.start(two.parent)
            await left.databases.add(one)
            await add_peer(right, two, (await left.serving.start(one.parent)).url)
            await add_peer(left, one, listening.url)
            asked = {Where.JOIN, Where.THERE}

            def places() -> set[Where]:
                statuses = (*left.peers.statuses(), *right.peers.statuses())
                return {parked.where for status in statuses for parked in status.parked if status.remedy is Remedy.JOIN}

            await until(lambda: places() == asked, "one asks, the other could answer")
            [dialled] = [one for one in (left, right) if status_of(one).parked[0].where is Where.THERE]
            await (left if dialled is right else right).serving.stop()
            await until(lambda: places() == asked, "nobody has noticed")
            await dialled.peers.join(status_of(dialled).peer, Join.SAME, "notes")
            await until(lambda: notes(here) == notes(there) and len(notes(here)) == 3, "it is joined")
            theirs = "other" if dialled is left else "B"
            assert notes(here) == [("a", "A"), ("b", theirs), ("c", "C")]
            await until(lambda: not (status_of(left).parked or status_of(right).parked), "nothing is asked any more")


@on_loop
async def test_an_answer_goes_with_its_peer(tmp_path: Path) -> None:
    """It was meant for that one, as it was then."""
    one, two = made_apart(tmp_path / "one" / "room", *HERE), made_apart(tmp_path / "two" / "room", *THERE)
    with running(one) as here, running(two):
        async with plain_engine() as dialling, plain_engine() as dialled:
            await dialled.databases.add(two)
            await dialling.databases.add(one)
            peer = await add_peer(dialled, two, (await dialling.serving.start(one.parent)).url)
            await until(lambda: status_of(dialled).remedy is Remedy.JOIN, "it asks")
            await dialling.serving.stop()
            await dialled.peers.join(peer, Join.REPLACE)
            await dialled.peers.remove(peer)
            await add_peer(dialling, one, (await dialled.serving.start(two.parent)).url)
            await until(lambda: status_of(dialling).remedy is Remedy.JOIN, "it is asked as ever")
            assert notes(here) == [("a", "A"), ("b", "B")]


@on_loop
async def test_answered_where_whoever_connects_is_no_peer(tmp_path: Path) -> None:
    """The side that was dialled only lets others in, and dials nobody."""
    one, two = made_apart(tmp_path / "one.db", *HERE), made_apart(tmp_path / "two" / "room", *THERE)
    with running(one) as here, running(two) as there:
        async with plain_engine() as dialling, plain_engine() as dialled:
            database = await dialled.databases.add(two)
            hub = await dialled.serving.start(two.parent)
            await add_peer(dialling, one, hub.url)
            await until(lambda: status_of(dialling).remedy is Remedy.JOIN, "it asks")
            await dialled.sharing.join(database.id, Join.SAME)
            await until(lambda: notes(there) == [("a", "A"), ("b", "B"), ("c", "C")], "it is joined")
            await until(lambda: not status_of(dialling).parked, "nothing is asked any more")
            await until(lambda: notes(here) == notes(there), "both hold the same")


@on_loop
async def test_only_the_first_who_connects_replaces_all_rows(tmp_path: Path) -> None:
    """Else the rows of two would replace each other whenever one of them came."""
    one, other = made_apart(tmp_path / "one.db", *HERE), made_apart(tmp_path / "other.db", *HERE[:1], *THERE[:1])
    two = made_apart(tmp_path / "two" / "room", *THERE)
    with running(two) as there:
        async with plain_engine() as first, plain_engine() as second, plain_engine() as dialled:
            database = await dialled.databases.add(two)
            await dialled.sharing.join(database.id, Join.REPLACE)
            hub = await dialled.serving.start(two.parent)
            await add_peer(first, one, hub.url)
            await until(lambda: status_of(first).state is State.IN_SYNC, "the first replaces them")
            await add_peer(second, other, hub.url)
            await until(lambda: status_of(second).remedy is Remedy.JOIN, "the second is asked as ever")
            assert notes(there) == [("a", "A"), ("b", "B")]
