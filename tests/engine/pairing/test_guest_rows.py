"""Guests of what a machine shares have rows there: both owners see the same clocks, and the same truth."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.api import Engine
from engine.checks import verify
from engine.checks.repair import Side
from engine.errors import PeerUnreachable, UsageError
from engine.events import GuestChanged, GuestRemoved
from engine.history.journal import Journal
from engine.ids import PeerId
from engine.pairing.pairing_link import parse
from engine.peer_state import PeerStatus, Remedy, State
from engine.session import Verdict
from engine.settings import PeerConfig, Settings, SettingsFile
from engine.settings.credentials import TokenStore
from tests.engine.checks.test_row_diff import untracked
from tests.engine.live import PATIENCE, make_file, on_loop, rows, until, write
from tests.ports import free_port


def machine(home: Path, name: str = "a machine") -> Engine:
    """A Syncline with settings, tokens and data of its own, that remembers what happened."""
    store, journal = SettingsFile(home / "settings.toml"), Journal(home / "journal.db")
    engine = Engine(store=store, token_store=TokenStore(home, keyring=False), data=home / "data", journal=journal)
    engine.sharing.machine = name
    return engine


async def share(there: Engine, path: Path) -> str:
    """Share a file; return a link to it."""
    database = await there.databases.add(path)
    await there.sharing.start([database.id], port=free_port())  # nobody else's until it starts again
    return there.sharing.invite(database.id).text()


async def pair(here: Engine, link: str, path: Path) -> PeerConfig:
    return await here.pairing.pair(parse(link), (await here.databases.add(path)).id)


def guest_of(there: Engine) -> PeerStatus | None:
    return next(iter(there.sharing.statuses()), None)


def state_of(there: Engine) -> State | None:
    guest = guest_of(there)
    return guest.state if guest is not None else None


@on_loop
async def test_both_owners_see_the_same_clocks(tmp_path: Path) -> None:
    theirs, ours = make_file(tmp_path / "theirs.db"), make_file(tmp_path / "ours.db")
    write(theirs, "INSERT INTO item (id, name) VALUES (1, 'theirs')")
    async with machine(tmp_path / "there") as there:
        async with machine(tmp_path / "here", "studio") as here:
            await pair(here, await share(there, theirs), ours)
            await here.peers.wait_in_sync(timeout=PATIENCE)
            write(ours, "INSERT INTO item (id, name) VALUES (2, 'ours')")

            def alike() -> bool:
                guest, [peer] = guest_of(there), here.peers.statuses()
                return (
                    guest is not None
                    and guest.state is peer.state is State.IN_SYNC
                    and 0 < guest.received == peer.confirmed
                    and 0 < guest.confirmed == peer.received
                    and (guest.to_send, guest.to_receive) == (0, 0)
                )

            await until(lambda: len(rows(theirs)) == 2 and alike(), "what one has seen, the other knows of")
            guest = guest_of(there)
            assert guest is not None
            assert (guest.peer, guest.name, guest.guest, guest.room) == ("studio", "studio", True, "theirs")
            assert guest.last_success is not None
        await until(lambda: state_of(there) is State.IDLE, "it has gone, and nothing is due to it")
        write(theirs, "INSERT INTO item (id, name) VALUES (3, 'meanwhile')")
        await until(lambda: state_of(there) is State.WAITING, "something is due to it")
        guest = guest_of(there)
        assert guest is not None
        assert guest.to_send > 0
        await until(lambda: (known := guest_of(there)) is not None and known.changes_to_send, "it is counted")
        async with machine(tmp_path / "here") as here:
            await until(lambda: state_of(there) is State.IN_SYNC, "it has come again")
            assert rows(ours) == rows(theirs)
    async with machine(tmp_path / "there") as there:
        guest = guest_of(there)
        assert guest is not None
        assert (guest.state, guest.site_id) == (State.IDLE, None), "it has not come since the start"
        assert guest.last_success is not None, "but when it was in sync is remembered"


@on_loop
@pytest.mark.parametrize("side", Side)
async def test_a_guest_is_compared_and_mended_over_its_own_connection(tmp_path: Path, side: Side) -> None:
    theirs, ours = make_file(tmp_path / "theirs.db"), make_file(tmp_path / "ours.db")
    for number in range(20):
        write(theirs, "INSERT INTO item (id, name) VALUES (?, 'row')", number)
    studio = PeerId("studio")
    async with machine(tmp_path / "there") as there, machine(tmp_path / "here", studio) as here:
        await pair(here, await share(there, theirs), ours)
        await until(lambda: state_of(there) is State.IN_SYNC, "it has a row")
        found = await there.checks.verify(studio, timeout=PATIENCE)
        assert (found.verdict, found.tables[0].here, found.tables[0].there) == (Verdict.IDENTICAL, 20, 20)
        untracked(theirs, "INSERT INTO item (id, name) VALUES (100, 'not recorded')")
        wanted = rows(theirs if side is Side.MINE else ours)
        found = await there.checks.verify(studio, timeout=PATIENCE)
        assert [row.key for row in found.differing] == [(100,)]
        await there.checks.send_again(studio, side, timeout=PATIENCE)
        found = await there.checks.verify(studio, timeout=PATIENCE)
        assert len(found.differing) == 1, "it has no clock"
        assert (await there.checks.resolve_rows(studio, found.differing, side)).written == 1
        assert (await there.checks.verify(studio, timeout=PATIENCE)).verdict is Verdict.IDENTICAL
        assert rows(theirs) == rows(ours) == wanted


@on_loop
async def test_a_guest_that_is_away_is_not_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "BACK", 0.0)
    studio = PeerId("studio")
    async with machine(tmp_path / "there") as there:
        async with machine(tmp_path / "here", studio) as here:
            await pair(here, await share(there, make_file(tmp_path / "theirs.db")), make_file(tmp_path / "ours.db"))
            await until(lambda: state_of(there) is State.IN_SYNC, "it has a row")
        await until(lambda: state_of(there) is State.IDLE, "it has gone")
        with pytest.raises(PeerUnreachable, match="studio is not connected") as away:
            await there.checks.verify(studio, timeout=PATIENCE)
        assert "connects to this machine by itself" in str(away.value.hint)
        with pytest.raises(UsageError):
            await there.checks.verify(PeerId("nobody"), timeout=PATIENCE)


@on_loop
async def test_its_row_goes_with_its_access_and_with_sharing(tmp_path: Path) -> None:
    async with machine(tmp_path / "there") as there, machine(tmp_path / "here") as here:
        await pair(here, await share(there, make_file(tmp_path / "theirs.db")), make_file(tmp_path / "ours.db"))
        await until(lambda: state_of(there) is State.IN_SYNC, "it has a row")
        with there.subscribe() as events:
            await there.sharing.stop()
            assert there.sharing.statuses() == []
            await there.change_settings(share=True)
            await until(lambda: state_of(there) is State.IN_SYNC, "it comes again")
            [guest] = there.sharing.statuses()
            await there.sharing.revoke(guest.peer)
            await until(lambda: here.peers.statuses()[0].state is State.NEEDS_YOU, "it is thrown out")
            assert there.sharing.statuses() == []
            told = [type(event) for event in events.drain() if isinstance(event, GuestChanged | GuestRemoved)]
        assert told.count(GuestRemoved) == 2
        assert told[-1] is GuestRemoved


@on_loop
async def test_a_guest_that_is_a_peer_too_has_one_row(tmp_path: Path) -> None:
    theirs, ours = make_file(tmp_path / "theirs.db"), make_file(tmp_path / "ours.db")
    async with machine(tmp_path / "there") as there, machine(tmp_path / "here") as here:
        await pair(here, await share(there, theirs), ours)
        await until(lambda: state_of(there) is State.IN_SYNC, "it has a row")
        [database] = here.settings.databases
        await here.sharing.start([database.id])
        link = here.sharing.invite(database.id).text()
        peer = await there.pairing.pair(parse(link), there.settings.databases[0].id)
        await there.peers.wait_in_sync(timeout=PATIENCE)
        await until(lambda: there.sharing.statuses() == [], "its row is the peer's")
        await there.peers.remove(peer.id)
        await until(lambda: state_of(there) is State.IN_SYNC, "it is a guest only, again")


@on_loop
async def test_what_is_wrong_between_the_two_is_said_here_too(tmp_path: Path) -> None:
    theirs, ours, old = make_file(tmp_path / "theirs.db"), make_file(tmp_path / "ours.db"), tmp_path / "old.db"
    async with machine(tmp_path / "there") as there:
        async with machine(tmp_path / "here") as here:
            await pair(here, await share(there, theirs), ours)
            await here.peers.wait_in_sync(timeout=PATIENCE)
        shutil.copy(ours, old)
        async with machine(tmp_path / "here") as here:
            await here.peers.wait_in_sync(timeout=PATIENCE)
            write(ours, "INSERT INTO item (id, name) VALUES (1, 'lost by the backup')")
            await until(lambda: len(rows(theirs)) == 1, "it arrives")
        shutil.move(old, ours)
        write(ours, "INSERT INTO item (id, name) VALUES (2, 'written in the restored file')")
        async with machine(tmp_path / "here"):
            await until(lambda: state_of(there) is State.NEEDS_YOU, "a copy is noticed")
            [guest] = there.sharing.statuses()
            assert guest.remedy is Remedy.NEW_ID
            assert guest.reason.startswith("The file on the other side was copied, or restored")


@on_loop
async def test_a_machine_has_the_name_that_its_owner_gave_it(tmp_path: Path) -> None:
    theirs, ours = make_file(tmp_path / "theirs.db"), make_file(tmp_path / "ours.db")
    async with Engine(Settings(discover=False), data=tmp_path / "there") as there, Engine(Settings()) as here:
        await here.change_settings(machine_name="Anna’s laptop")
        await pair(here, await share(there, theirs), ours)
        await until(lambda: guest_of(there) is not None, "it is a guest")
        guest = guest_of(there)
        assert guest is not None
        assert guest.name == "Anna’s laptop"
        for name, wrong in (("x" * 41, "at most 40 characters"), ("two\nlines", "one line"), (" x", "one line")):
            with pytest.raises(UsageError, match=wrong):
                await here.change_settings(machine_name=name)
