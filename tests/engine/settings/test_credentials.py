"""Where tokens are kept: the system's keyring (here one of our own making stands in for it), or a private file."""

from __future__ import annotations

import logging
import stat
import threading
from dataclasses import replace
from pathlib import Path

import keyring
import keyring.backends.null
import pytest

from engine.api import Engine
from engine.errors import SynclineError
from engine.peer_state import State
from engine.settings import PeerConfig, Settings, SettingsFile
from engine.settings.credentials import TokenStore
from tests.engine.live import PATIENCE, make_file, on_loop, until
from tests.engine.settings.keyrings import Vault, ring

__all__ = ["ring"]

SECRET = "s3cret-t0ken"


@on_loop
async def test_the_keyring_keeps_tokens(ring: Vault, tmp_path: Path) -> None:
    store = TokenStore(tmp_path, keyring=True)
    assert await store.get("a") is None
    await store.set("a", SECRET)
    assert ring.kept == {("syncline", "a"): SECRET}
    assert await TokenStore(tmp_path, keyring=True).get("a") == SECRET
    await store.delete("a")
    await store.delete("a")
    assert await store.get("a") is None
    assert not ring.kept
    assert "keyring" in await store.where()
    assert SECRET not in (tmp_path / "tokens.json").read_text()
    assert threading.main_thread().name not in ring.threads


@on_loop
async def test_a_private_file_stands_in(ring: Vault, tmp_path: Path) -> None:
    keyring.set_keyring(keyring.backends.null.Keyring())
    folder = tmp_path / "data"
    store = TokenStore(folder, keyring=True)
    await store.set("a", SECRET)
    await store.set("b", "other")
    await store.delete("b")
    file = folder / "tokens.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "no usable keyring" in await store.where()
    assert str(file) in await store.where()
    again = TokenStore(folder, keyring=True)
    assert (await again.get("a"), await again.get("b")) == (SECRET, None)
    assert [path.name for path in folder.iterdir()] == ["tokens.json"]
    assert not ring.kept


@on_loop
async def test_a_token_moves_into_the_keyring_that_came_later(ring: Vault, tmp_path: Path) -> None:
    await TokenStore(tmp_path, keyring=False).set("a", SECRET)
    store = TokenStore(tmp_path, keyring=True)
    assert await store.get("a") == SECRET
    await store.set("a", "newer")
    assert ring.kept == {("syncline", "a"): "newer"}
    assert "newer" not in (tmp_path / "tokens.json").read_text()


@on_loop
async def test_who_has_no_token_is_never_asked_to_unlock_the_keyring(ring: Vault, tmp_path: Path) -> None:
    ring.locked = True
    store = TokenStore(tmp_path, keyring=True)
    assert await store.get("a") is None
    await store.delete("a")
    assert not ring.threads


def test_one_folder_for_everything_uses_no_keyring(
    ring: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNCLINE_HOME", str(tmp_path))

    @on_loop
    async def go() -> None:
        await TokenStore().set("a", SECRET)

    go()
    assert not ring.kept
    assert SECRET in (tmp_path / "data/tokens.json").read_text()


@on_loop
async def test_troubles_are_told_without_the_token(ring: Vault, tmp_path: Path) -> None:
    store = TokenStore(tmp_path, keyring=True)
    await store.set("a", SECRET)
    ring.locked = True
    for trouble in (store.get("a"), store.set("a", SECRET), store.delete("a")):
        with pytest.raises(SynclineError, match=r"keyring: it is locked\.$") as told:
            await trouble
        assert SECRET not in str(told.value) + told.value.hint + repr(told.value)
        assert "Unlock" in told.value.hint
    keyring.set_keyring(keyring.backends.null.Keyring())
    with pytest.raises(SynclineError, match="is not available"):
        await TokenStore(tmp_path, keyring=True).get("a")


@on_loop
async def test_a_keyring_that_hangs_is_not_waited_for(ring: Vault, tmp_path: Path) -> None:
    store = TokenStore(tmp_path, keyring=True, timeout=0.2)
    await store.set("a", SECRET)
    ring.gate.clear()
    with pytest.raises(SynclineError, match="did not answer"):
        await store.get("a")


@on_loop
async def test_a_damaged_or_forbidden_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "tokens.json").write_text('["a"')
    store = TokenStore(tmp_path, keyring=False)
    for work in (store.get("a"), store.set("a", SECRET)):
        with pytest.raises(SynclineError, match="damaged"):
            await work
    assert (tmp_path / "tokens.json").read_text() == '["a"'
    (tmp_path / "file").touch()
    with pytest.raises(SynclineError, match="could not be") as told:
        await TokenStore(tmp_path / "file", keyring=False).set("a", SECRET)
    assert SECRET not in str(told.value)


# The engine


@on_loop
async def test_the_engine_keeps_tokens_between_runs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    (tmp_path / "rooms").mkdir()
    make_file(tmp_path / "rooms/room")
    settings = SettingsFile(tmp_path / "settings.toml")
    tokens = TokenStore(tmp_path / "data", keyring=False)
    async with Engine(Settings()) as server:
        hub = await server.serving.start(tmp_path / "rooms", token=SECRET)
        async with Engine(store=settings, token_store=tokens) as engine:
            database = await engine.databases.add(make_file(tmp_path / "a.db"))
            peer = PeerConfig.new(database.id, hub.url, room="room")
            await engine.peers.add(peer, token=SECRET)
            await engine.peers.wait_in_sync(timeout=PATIENCE)
            assert SECRET not in repr(engine) + repr(vars(engine)) + repr(tokens)
        async with Engine(store=settings, token_store=tokens) as engine:
            await engine.peers.wait_in_sync(timeout=PATIENCE)
            await engine.peers.update(replace(peer, name="renamed"))
            assert await tokens.get(peer.id) == SECRET
            await engine.peers.update(peer, token="")
            assert await tokens.get(peer.id) is None
            await until(lambda: engine.peers.statuses()[0].state is State.NEEDS_YOU, "the hub refuses")
            await engine.peers.update(peer, token=SECRET)
            await engine.peers.wait_in_sync(timeout=PATIENCE)
            await engine.peers.remove(peer.id)
            assert await tokens.get(peer.id) is None
    assert SECRET not in settings.path.read_text()
    assert SECRET not in caplog.text
    for file in tmp_path.rglob("*"):
        assert file.is_dir() or SECRET.encode() not in file.read_bytes(), file


@on_loop
async def test_leaving_while_the_keyring_is_asked(ring: Vault, tmp_path: Path) -> None:
    settings = SettingsFile(tmp_path / "settings.toml")
    async with Engine(store=settings) as engine:
        database = await engine.databases.add(make_file(tmp_path / "a.db"))
        peer = await engine.peers.add(PeerConfig.new(database.id, "ws://127.0.0.1:1/sync", room="room"))
    await TokenStore(tmp_path, keyring=True).set(peer.id, SECRET)
    ring.threads.clear()
    ring.gate.clear()
    async with Engine(store=settings, token_store=TokenStore(tmp_path, keyring=True)):
        await until(lambda: "tokens" in ring.threads, "the keyring is asked")
