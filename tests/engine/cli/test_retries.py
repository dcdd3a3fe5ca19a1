"""``syncline sync`` beside a hub that says no for a while: once it fails at once, to watch goes on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from subprocess import Popen

import pytest

from engine.api import Engine
from engine.settings import Mode, PeerConfig, SettingsFile
from engine.settings.credentials import TokenStore
from tests.engine.fake_proxy import FakeProxy
from tests.engine.live import PATIENCE, make_file, on_loop, plain_engine, rows, until, write, writing
from tests.engine.programs import Command


@pytest.fixture
def syncline(tmp_path: Path) -> Command:
    return Command(tmp_path / "home")


class Watching:
    """A program that stays, told to end in the end."""

    def __init__(self, process: Popen[str]) -> None:
        self.process = process

    async def line(self) -> str:
        """The next line that it prints."""
        assert self.process.stdout is not None
        return (await asyncio.to_thread(self.process.stdout.readline)).rstrip("\n")

    async def trouble(self) -> str:
        """The first trouble; where the machine is slow, it may say before that it connects."""
        line = await self.line()
        return await self.line() if line.startswith("Connecting: ") else line


@contextlib.asynccontextmanager
async def watching(process: Popen[str]) -> AsyncIterator[Watching]:
    try:
        yield Watching(process)
        assert process.poll() is None, "it has ended by itself"
    finally:
        process.send_signal(signal.SIGTERM)
        _, err = await asyncio.to_thread(process.communicate, timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")


@on_loop
async def test_once_fails_at_once(syncline: Command, tmp_path: Path) -> None:
    a = make_file(tmp_path / "a.db")
    async with FakeProxy(0) as proxy:
        for says in ("404 Not Found", "302 Found\r\nLocation: http://portal.example/login", "401 Unauthorized"):
            proxy.answer(says)
            err = await asyncio.to_thread(syncline, "sync", a, proxy.url, "--once", status=1)
            assert says[:3] in err or "does not accept the token" in err
            assert len(proxy.asked) == 1


@pytest.mark.parametrize("how", [("--watch",), ("--every", "60")])
@on_loop
async def test_watching_goes_on(syncline: Command, tmp_path: Path, how: tuple[str, ...]) -> None:
    """It tells each new trouble once, never ends by itself, and comes back with what was written meanwhile."""
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent)
        async with FakeProxy(hub.port) as proxy:
            proxy.answer("404 Not Found")
            async with watching(syncline.start("sync", a, proxy.url, "--room", "room", *how)) as program:
                first = await program.trouble()
                assert first.startswith("Needs you: ")
                assert "HTTP 404" in first
                await until(lambda: len(proxy.asked) > 1, "it goes on")
                proxy.answer("511 Network Authentication Required")
                assert "HTTP 511" in await program.line()
                write(a, "INSERT INTO item (id, name) VALUES (1, 'meanwhile')")
                proxy.answer("")
                said = [await program.line()]
                while not said[-1].startswith("In sync: "):
                    said.append(await program.line())
                assert not [one for one in said if "HTTP" in one or one.startswith(("Connecting", "Waiting"))]
                await until(lambda: rows(room) == rows(a) != [], "what was written")


@on_loop
async def test_watching_in_json_says_no_line_twice(syncline: Command, tmp_path: Path) -> None:
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent)
        async with FakeProxy(hub.port) as proxy:
            proxy.answer("404 Not Found")
            async with watching(syncline.start("sync", a, proxy.url, "--room", "room", "--watch", "--json")) as program:
                await until(lambda: len(proxy.asked) > 1, "it goes on")
                proxy.answer("")
                said = [json.loads(await program.line())]
                while said[-1].get("state") != "In sync":
                    said.append(json.loads(await program.line()))
    assert [one for one in said if one.get("state") == "Needs you"]
    assert all(one != other for one, other in pairwise(said))


@on_loop
async def test_watching_waits_for_a_file_that_is_locked_at_start(syncline: Command, tmp_path: Path) -> None:
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent)
        arguments = "sync", a, hub.url, "--room", "room"
        with writing(a) as app:
            app.execute("BEGIN EXCLUSIVE")
            assert "is locked by another program" in await asyncio.to_thread(syncline, *arguments, status=1)
            async with watching(syncline.start(*arguments, "--watch")) as program:
                assert "is locked by another program" in await program.trouble()
                app.execute("ROLLBACK")
                while not (await program.line()).startswith("In sync: "):
                    pass


@on_loop
async def test_watching_goes_on_where_tokens_cannot_be_read(syncline: Command, tmp_path: Path) -> None:
    """The peer is one that the settings keep, and so is its token."""
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    store = SettingsFile(syncline.home / "config" / "settings.toml")
    tokens = TokenStore(syncline.home / "data", keyring=False)
    async with plain_engine() as server, Engine(store=store, token_store=tokens) as window:
        hub = await server.serving.start(room.parent, token="secret")
        database = await window.databases.add(a)
        await window.peers.add(PeerConfig.new(database.id, hub.url, room="room", mode=Mode.MANUAL), token="secret")
        assert "Caught up with" in await asyncio.to_thread(syncline, "sync", a)
        file = syncline.home / "data" / "tokens.json"
        kept = file.read_text()
        file.write_text("{")
        err = await asyncio.to_thread(syncline, "sync", a, status=1)
        assert "tokens.json" in err
        async with watching(syncline.start("sync", a, "--watch")) as program:
            assert (await program.trouble()).startswith("Needs you: ")
            file.write_text(kept)


@on_loop
async def test_watching_reads_a_token_file_again_that_was_put_right(syncline: Command, tmp_path: Path) -> None:
    room, a, file = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db"), tmp_path / "token"
    file.write_text("wrong")
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent, token="secret")
        arguments = "sync", a, hub.url, "--room", "room", "--token-file", file
        async with watching(syncline.start(*arguments, "--watch")) as program:
            assert "does not accept the token" in await program.trouble()
            file.write_text("two words")  # read while it is being written
            file.write_text("secret")
            while not (await program.line()).startswith("In sync: "):
                pass
    assert file.read_text() == "secret"
