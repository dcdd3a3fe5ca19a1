"""A paired machine at a new address is followed there, if it proves to be the one; real TLS and multicast."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.api import Engine
from engine.pairing.certificate import own_certificate
from engine.pairing.discovery import Announcement
from engine.peer_state import State
from engine.settings import Mode, SettingsFile
from tests.engine.live import PATIENCE, make_file, on_loop, rows, until, write
from tests.engine.pairing.test_lan_server import machine
from tests.ports import free_port
from tests.streams import stream_server


async def paired(there: Engine, here: Engine, folder: Path, mode: Mode = Mode.LIVE) -> None:
    database = await there.databases.add(make_file(folder / "theirs.db"))
    await there.sharing.start([database.id], port=free_port())  # another one may listen there later
    ours = await here.databases.add(make_file(folder / "ours.db"))
    await here.pairing.pair(there.sharing.invite(database.id), ours.id, mode=mode)
    if mode is Mode.LIVE:
        await here.peers.wait_in_sync(timeout=PATIENCE)


@pytest.mark.parametrize("mode", [Mode.LIVE, Mode.MANUAL])
def test_a_machine_at_another_port_is_followed(tmp_path: Path, mode: Mode) -> None:
    @on_loop
    async def test() -> None:
        async with machine(tmp_path / "there") as there, machine(tmp_path / "here") as here:
            await paired(there, here, tmp_path, mode)
            [database], before = there.settings.databases, here.settings.peers[0]
            await there.sharing.stop()
            if mode is Mode.MANUAL:
                assert (await here.peers.sync_now())[before.id] is not None
            else:
                await until(lambda: here.peers.statuses()[0].state is State.WAITING, "it is lost")
            port = free_port()
            await there.sharing.start([database.id], port=port)
            await until(
                lambda: here.settings.peers[0].url == f"wss://127.0.0.1:{port}/sync/{before.room}", "it is followed"
            )
            write(tmp_path / "theirs.db", "INSERT INTO item (id, name) VALUES (1, 'from the new place')")
            if mode is Mode.MANUAL:
                assert await here.peers.sync_now() == {before.id: None}
            await until(lambda: len(rows(tmp_path / "ours.db")) == 1, "and synced with")
            after = here.settings.peers[0]
            assert (after.id, after.fingerprint, after.room) == (before.id, before.fingerprint, before.room)
            await until(lambda: not here.pairing.searching, "nobody is lost, so nobody is looked for")
        kept = SettingsFile(tmp_path / "here" / "settings.toml").load()
        assert kept.peers[0].url == after.url

    test()


@on_loop
async def test_who_only_says_to_be_the_machine_is_not_followed(tmp_path: Path) -> None:
    """Somebody announces its mark, and listens there with a certificate of its own; nothing is said to it."""
    async with machine(tmp_path / "there") as there, machine(tmp_path / "here") as here:
        await paired(there, here, tmp_path)
        before = here.settings.peers[0]
        await there.sharing.stop()
        heard: list[bytes] = []

        async def take(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            heard.append(await reader.read(100))

        tls = (await asyncio.to_thread(own_certificate, tmp_path / "stranger")).tls.context()
        hellos: list[str | None] = []
        tls.sni_callback = lambda connection, name, context: hellos.append(name)
        async with stream_server(take, tls=tls) as server:
            port = server.sockets[0].getsockname()[1]
            async with Announcement("theirs", ["127.0.0.1"], port, before.fingerprint, []):
                await until(lambda: bool(hellos), "its certificate is looked at")
                await asyncio.sleep(0.2)
        assert set(heard) <= {b""}
        assert here.settings.peers[0] == before
        assert here.peers.statuses()[0].state is State.WAITING


@on_loop
async def test_another_machine_at_the_old_address_is_no_end(tmp_path: Path) -> None:
    """It shows another certificate, which stops the link and asks; until the paired one is found elsewhere."""
    async with machine(tmp_path / "there") as there, machine(tmp_path / "here") as here:
        await paired(there, here, tmp_path)
        [database], port = there.settings.databases, there.settings.share_port
        await there.sharing.stop()
        async with machine(tmp_path / "stranger") as stranger:
            other = await stranger.databases.add(make_file(tmp_path / "other.db"))
            await stranger.sharing.start([other.id], port=port)
            await until(lambda: here.peers.statuses()[0].state is State.NEEDS_YOU, "a person is asked")
            assert "another certificate" in here.peers.statuses()[0].reason
            await there.sharing.start([database.id], port=free_port())
            await here.peers.wait_in_sync(timeout=PATIENCE)


@on_loop
async def test_where_looking_is_switched_off_nobody_is_followed(tmp_path: Path) -> None:
    async with machine(tmp_path / "there") as there, machine(tmp_path / "here") as here:
        await paired(there, here, tmp_path)
        await here.change_settings(discover=False)
        await there.sharing.stop()
        await until(lambda: here.peers.statuses()[0].state is State.WAITING, "it is lost")
        assert not here.pairing.searching
        await here.change_settings(discover=True)
        await until(lambda: here.pairing.searching, "now it is looked for")
