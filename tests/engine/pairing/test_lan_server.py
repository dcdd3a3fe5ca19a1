"""Sharing and pairing through the engine: two engines as on two machines, real files and sockets."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from engine.api import Engine
from engine.errors import SynclineError, UsageError
from engine.events import AttentionNeeded, ChangesMoved, FlowDirection, Paired, SharingChanged
from engine.history.journal import Journal
from engine.pairing.discovery import mark, offer
from engine.pairing.lan_server import room_for
from engine.pairing.pairing_link import PairingLink, parse
from engine.peer_state import Remedy, State
from engine.settings import PeerConfig, Settings, SettingsFile
from engine.settings.credentials import TokenStore
from engine.table_shape import Shape
from tests.engine.live import PATIENCE, make_file, on_loop, plain_engine, rows, until, write
from tests.ports import free_port
from tests.streams import stream_server


def machine(home: Path) -> Engine:
    """A Syncline with settings, tokens and data of its own."""
    store = SettingsFile(home / "settings.toml")
    return Engine(store=store, token_store=TokenStore(home, keyring=False), data=home / "data")


async def pair(here: Engine, link: PairingLink, path: Path) -> PeerConfig:
    database = await here.databases.add(path)
    return await here.pairing.pair(parse(link.text()), database.id)


@on_loop
async def test_two_machines_from_nothing(tmp_path: Path) -> None:
    theirs, ours = make_file(tmp_path / "theirs.db"), make_file(tmp_path / "ours.db")
    write(theirs, "INSERT INTO item (id, name) VALUES (1, 'theirs')")
    write(ours, "INSERT INTO item (id, name) VALUES (2, 'ours')")
    async with machine(tmp_path / "there") as there, machine(tmp_path / "here") as here:
        database = await there.databases.add(theirs)
        with pytest.raises(UsageError, match="not shared"):
            there.sharing.invite(database.id)
        await there.sharing.start([database.id], port=free_port())  # nobody else's until it starts again
        link = there.sharing.invite(database.id)
        with there.subscribe() as events:
            await pair(here, link, ours)
            async for event in events:
                if isinstance(event, Paired):
                    assert event.words == link.words
                    break
        await here.peers.wait_in_sync(timeout=PATIENCE)
        await until(lambda: rows(theirs) == rows(ours), "both hold both")
        assert len(rows(ours)) == 2
        [guest] = there.sharing.guests()
        assert (guest.room, guest.connected) == ("theirs", True)
        assert guest.seen is not None

    async with machine(tmp_path / "there") as there, machine(tmp_path / "here") as here:
        await here.peers.wait_in_sync(timeout=PATIENCE)  # both remember, the port too
        write(theirs, "INSERT INTO item (id, name) VALUES (3, 'later')")
        await until(lambda: rows(theirs) == rows(ours), "it goes on after a start")
        await there.sharing.revoke(there.sharing.guests()[0].name)
        await until(lambda: here.peers.statuses()[0].state is State.NEEDS_YOU, "who is thrown out is cut and told")
        assert there.sharing.guests() == []
        [known] = here.peers.statuses()
        assert known.remedy is Remedy.PAIR
        await pair(here, there.sharing.invite(there.settings.databases[0].id), ours)
        await here.peers.wait_in_sync(timeout=PATIENCE)
        assert [peer.peer for peer in here.peers.statuses()] == [known.peer], "the same peer goes on"
        assert here.peers.statuses()[0].remedy is None


@on_loop
async def test_what_guests_bring_is_shown_and_can_be_put_back(tmp_path: Path) -> None:
    """Where it is shared, nobody has a row for it: changes go by the guest's name."""
    theirs, ours = make_file(tmp_path / "theirs.db"), make_file(tmp_path / "ours.db")
    write(theirs, "INSERT INTO item (id, name) VALUES (1, 'before')")
    journal = Journal(tmp_path / "journal.db")
    there = Engine(data=tmp_path / "there", journal=journal)
    async with there, machine(tmp_path / "here") as here:
        database = await there.databases.add(theirs)
        await there.sharing.start([database.id])
        await pair(here, there.sharing.invite(database.id), ours)
        await here.peers.wait_in_sync(timeout=PATIENCE)
        [guest] = there.sharing.guests()
        moved: set[tuple[str, FlowDirection]] = set()
        with there.subscribe() as events:

            def told() -> bool:
                moved.update((event.peer, event.way) for event in events.drain() if isinstance(event, ChangesMoved))
                return len(moved) == 3

            write(ours, "UPDATE item SET name = 'after'")
            await until(lambda: rows(theirs) == rows(ours), "it arrives")
            write(theirs, "INSERT INTO item (id, name) VALUES (2, 'x')")
            await until(lambda: rows(theirs) == rows(ours), "it arrives")
            await until(told, "all three are told")
        assert moved == {
            (guest.name, FlowDirection.IN),
            ("", FlowDirection.LOCAL),
            (guest.name, FlowDirection.OUT),
        }
        [line] = await journal.overwritten()
        assert (line.peer_name, line.old, line.new) == (guest.name, "before", "after")
        await there.history.restore_value(database.id, line.table, line.key, line.column, line.old, instead_of=line.new)
        await until(lambda: rows(theirs) == rows(ours), "it is synced as any write")
        assert rows(ours)[0][1][0] == (str, "before")


@on_loop
async def test_a_restored_file_of_a_guest_is_told_of_on_both_sides(tmp_path: Path) -> None:
    theirs, ours, old = make_file(tmp_path / "theirs.db"), make_file(tmp_path / "ours.db"), tmp_path / "old.db"
    async with machine(tmp_path / "there") as there:
        database = await there.databases.add(theirs)
        await there.sharing.start([database.id])
        async with machine(tmp_path / "here") as here:
            await pair(here, there.sharing.invite(database.id), ours)
            await here.peers.wait_in_sync(timeout=PATIENCE)
        shutil.copy(ours, old)
        async with machine(tmp_path / "here") as here:
            await here.peers.wait_in_sync(timeout=PATIENCE)
            write(ours, "INSERT INTO item (id, name) VALUES (1, 'lost by the backup')")
            await until(lambda: len(rows(theirs)) == 1, "it arrives")
        ours.unlink()
        shutil.move(old, ours)
        write(ours, "INSERT INTO item (id, name) VALUES (2, 'written in the restored file')")
        [guest] = there.sharing.guests()
        with there.subscribe() as events:
            async with machine(tmp_path / "here") as here:
                await until(lambda: here.peers.statuses()[0].state is State.NEEDS_YOU, "it is noticed")
                [peer] = here.peers.statuses()
                assert peer.remedy is Remedy.NEW_ID
                assert peer.reason.startswith("This file was copied, or restored from an older copy")
                assert " restore its latest state. If this file is the copy, " in peer.reason, "nothing is cut off"
                async for event in events:
                    if isinstance(event, AttentionNeeded):
                        break
                assert event.peer == guest.name
                assert event.sentence.startswith("The file on the other side was copied, or restored")
                assert "New id…" in event.hint
                await here.databases.new_site_id(peer.database)
                assert list((await here.peers.sync_now()).values()) == [None]
                assert len(rows(ours)) == 2
                assert rows(theirs) == rows(ours)


@on_loop
async def test_sharing_ends_and_begins_again(tmp_path: Path) -> None:
    theirs, ours = make_file(tmp_path / "theirs.db"), make_file(tmp_path / "ours.db")
    async with machine(tmp_path / "there") as there, machine(tmp_path / "here") as here:
        database = await there.databases.add(theirs)
        other = await there.databases.add(make_file(tmp_path / "other.db"))
        await there.sharing.start([database.id], port=free_port())
        await pair(here, there.sharing.invite(database.id), ours)
        await here.peers.wait_in_sync(timeout=PATIENCE)
        with there.subscribe() as events:
            await there.sharing.stop()
            await until(lambda: here.peers.statuses()[0].state is State.WAITING, "the peer waits")
            assert not there.settings.share
            await there.change_settings(share=True)
            await here.peers.wait_in_sync(timeout=PATIENCE)
            await there.sharing.start([database.id, other.id])
            await here.peers.wait_in_sync(timeout=PATIENCE)
            events.close()
            ports = [event.port async for event in events if isinstance(event, SharingChanged)]
        assert 0 in ports
        assert there.settings.share_port in ports
        await there.databases.remove(other.id)
        with pytest.raises(UsageError):
            there.sharing.invite(other.id)
        await here.peers.wait_in_sync(timeout=PATIENCE)


@on_loop
async def test_databases_of_one_name_have_rooms_of_their_own(tmp_path: Path) -> None:
    """Also where the second one was shared first."""
    async with machine(tmp_path / "there") as there:
        one, two = [await there.databases.add(make_file(tmp_path / folder / "todo.db")) for folder in ("a", "b")]
        await there.sharing.start([two.id])
        await there.sharing.start([one.id, two.id])
        assert there.sharing.server is not None
        assert there.sharing.server.rooms == {"todo": two.path, "todo-2": one.path}


@on_loop
async def test_what_is_wished_at_once_is_done_one_after_the_other(tmp_path: Path) -> None:
    async with machine(tmp_path / "there") as there:
        one, two = [await there.databases.add(make_file(tmp_path / name)) for name in ("one.db", "two.db")]
        await asyncio.gather(there.sharing.start([one.id, two.id], port=free_port()), there.databases.remove(one.id))
        assert there.sharing.server is not None
        assert set(there.sharing.server.rooms) == {"two"}
        await asyncio.gather(there.sharing.start([two.id]), there.sharing.stop())
        assert (there.settings.share, there.sharing.server) == (False, None)
        await asyncio.gather(there.sharing.stop(), there.sharing.start([two.id]))
        assert (there.settings.share, there.sharing.server is not None) == (True, True)


@on_loop
async def test_a_token_that_stays_keeps_nothing_else_from_going_or_going_on(tmp_path: Path) -> None:
    async with machine(tmp_path / "there") as there:
        one, two = [await there.databases.add(make_file(tmp_path / name)) for name in ("one.db", "two.db")]
        await there.sharing.start([one.id, two.id])
        for room in ("a", "b"):
            await there.peers.add(PeerConfig.new(one.id, "ws://127.0.0.1:1/sync", room=room), token="secret")
        tokens = tmp_path / "there" / "tokens.json"
        tokens.unlink()
        tokens.mkdir()
        with pytest.raises(SynclineError, match="tokens"):
            await there.databases.remove(one.id)
        assert (there.settings.databases[0].id, len(there.settings.databases), there.peers.statuses()) == (
            two.id,
            1,
            [],
        )
        assert there.sharing.server is not None
        assert set(there.sharing.server.rooms) == {"two"}


@on_loop
async def test_a_port_that_is_taken_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    async with stream_server(lambda _, writer: writer.close()) as taken:
        port = taken.sockets[0].getsockname()[1]
        async with machine(tmp_path / "there") as there:
            database = await there.databases.add(make_file(tmp_path / "theirs.db"))
            with there.subscribe() as events:
                with pytest.raises(UsageError, match=f"port {port}"):
                    await there.sharing.start([database.id], port=port)
                await there.change_settings(share_lan=False, share=False)
                await there.change_settings(share=True)
                events.close()
                told = [event.problem async for event in events if isinstance(event, SharingChanged)]
            assert any(str(port) in problem for problem in told)
        async with machine(tmp_path / "there") as there:
            assert there.sharing.server is None
            assert len(there.settings.databases) == 1


@on_loop
async def test_no_secret_is_kept_where_it_is_shared_or_in_settings(tmp_path: Path) -> None:
    ours = make_file(tmp_path / "ours.db")
    async with machine(tmp_path / "there") as there, machine(tmp_path / "here") as here:
        database = await there.databases.add(make_file(tmp_path / "theirs.db"))
        await there.sharing.start([database.id])
        link = there.sharing.invite(database.id)
        peer = await pair(here, link, ours)
        await here.peers.wait_in_sync(timeout=PATIENCE)
        lasting = here.peers.tokens.of(peer.id)
        assert lasting
        assert "which only you can read" in await here.peers.tokens.where()
    for path in (tmp_path / "there").rglob("*"):
        if path.is_file() and path.suffix != ".db":
            assert path.stat().st_mode & 0o077 == 0 or path.name == "guests-seen.json"
            assert lasting.encode() not in path.read_bytes()
            assert link.token.encode() not in path.read_bytes()
    assert lasting not in (tmp_path / "here" / "settings.toml").read_text()
    assert json.loads((tmp_path / "here" / "tokens.json").read_text()) == {peer.id: lasting}


@on_loop
async def test_who_shares_is_found_unless_it_is_switched_off(tmp_path: Path) -> None:
    """Both have the same tables, and see it by the hash."""
    async with machine(tmp_path / "there") as there, machine(tmp_path / "here") as here:
        database = await there.databases.add(make_file(tmp_path / "theirs.db"))
        await there.sharing.start([database.id])
        assert there.sharing.server is not None
        wanted = mark(there.sharing.server.fingerprint)
        async with here.pairing.discover(here=True) as discovery:
            offers = (offer([Shape("item", ("id",), ("name", "n", "extra"))]),)

            def told() -> list[tuple[int, tuple[str, ...]]]:
                return [(found.port, found.offers) for found in discovery.found if found.certificate == wanted]

            await until(lambda: told() == [(there.settings.share_port, offers)], "it is found, with what it offers")
            await there.change_settings(discover=False)
            await until(lambda: all(found.certificate != wanted for found in discovery.found), "it goes")
            assert there.sharing.server is not None
        with pytest.raises(UsageError, match="switched off"):
            there.pairing.discover()


@on_loop
async def test_a_file_that_was_away_is_announced_once_it_is_there(tmp_path: Path) -> None:
    """At the start, and while it is shared; and when its tables change."""
    path, away = make_file(tmp_path / "theirs.db"), tmp_path / "away.db"
    async with machine(tmp_path / "there") as there:
        database = await there.databases.add(path)
        await there.sharing.start([database.id])
    path.rename(away)
    fits = offer([Shape("item", ("id",), ("name", "n", "extra"))])
    async with machine(tmp_path / "there") as there, machine(tmp_path / "here") as here:
        assert there.sharing.server is not None
        wanted = mark(there.sharing.server.fingerprint)

        def offers() -> list[tuple[str, ...]]:
            return [found.offers for found in discovery.found if found.certificate == wanted]

        async with here.pairing.discover(here=True) as discovery:
            await until(lambda: offers() == [()], "the machine is found, with nothing to offer")
            away.rename(path)
            await until(lambda: offers() == [(fits,)], "what it offers is told")
            await there.databases.make_plain(database.id, "item")
            await until(lambda: offers() == [(offer([]),)], "its tables are others now")


@on_loop
async def test_an_engine_that_shares_nothing_makes_nothing(tmp_path: Path) -> None:
    async with Engine(Settings(), data=tmp_path / "data") as engine:
        await engine.databases.add(make_file(tmp_path / "a.db"))
        await engine.sharing.stop()
        assert engine.sharing.guests() == []
        with pytest.raises(UsageError):
            await engine.sharing.revoke("nobody")
    assert not (tmp_path / "data").exists()
    async with plain_engine() as engine:
        with pytest.raises(UsageError, match="no database"):
            await engine.sharing.start(["unknown"])


def test_rooms_are_named_after_databases() -> None:
    assert room_for("todo") == "todo"
    assert room_for("My list (2).old") == "My list -2--old"
    assert room_for("ü/..,=") == "ü"
    assert room_for("清单") == "database"
    assert room_for("x-wal") == "database"
    assert room_for("todo", {"todo", "todo-2"}) == "todo-3"
