"""A token that cannot be had when the program starts: its link says why, asks again at each try, and goes on."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import keyring
import keyring.backends.fail
import pytest

from engine.api import Engine
from engine.errors import SynclineError, TokenStoreError
from engine.events import AttentionNeeded
from engine.links.retry_policy import POLICIES, Policies
from engine.peer_state import Remedy, State
from engine.settings import PeerConfig, Settings, SettingsFile
from engine.settings.credentials import TokenStore
from engine.settings.system_keyring import SystemKeyring
from tests.engine.live import HASTY, PATIENCE, make_file, on_loop, until
from tests.engine.settings.keyrings import Vault, ring

__all__ = ["ring"]

SECRET = "s3cret-t0ken"


@dataclass(frozen=True)
class Before:
    """What runs before have left: settings with peers by name, and a hub that asks for SECRET."""

    folder: Path
    settings: SettingsFile
    peers: dict[str, PeerConfig]

    @contextlib.asynccontextmanager
    async def started(self, timeout: float = 20.0, policies: Policies = HASTY) -> AsyncIterator[Engine]:
        """The program, started anew; nothing of the tokens is known to it."""
        store = TokenStore(self.folder, keyring=True, timeout=timeout)
        async with Engine(store=self.settings, token_store=store, policies=policies) as engine:
            yield engine


@contextlib.asynccontextmanager
async def before(folder: Path, **tokens: str) -> AsyncIterator[Before]:
    """Peers of these names with these tokens, of a hub that runs; '' for none."""
    (folder / "rooms").mkdir()
    make_file(folder / "rooms/room")
    async with Engine(Settings()) as server:
        hub = await server.serving.start(folder / "rooms", token=SECRET)
        made = Before(folder, SettingsFile(folder / "settings.toml"), {})
        async with made.started() as engine:
            await engine.change_settings(auto_sync=False)
            database = await engine.databases.add(make_file(folder / "a.db"))
            for name, token in tokens.items():
                peer = PeerConfig.new(database.id, hub.url, room="room", name=name)
                made.peers[name] = await engine.peers.add(peer, token=token)
            await engine.change_settings(auto_sync=True)
        yield made


def said(engine: Engine, name: str) -> str:
    """The state of a peer, with its sentence."""
    return next(
        f"{status.state.value}: {status.sentence()}" for status in engine.peers.statuses() if status.name == name
    )


async def reason_shows(engine: Engine, name: str, words: str) -> None:
    """Wait until a peer needs a person, in these words."""
    await until(lambda: words in said(engine, name), f"{name} says “{words}”")
    assert said(engine, name).startswith(State.NEEDS_YOU.value)


@on_loop
async def test_a_keyring_that_is_locked_at_login(ring: Vault, tmp_path: Path) -> None:
    async with before(tmp_path, one=SECRET, two=SECRET, none="") as run:
        ring.locked = True
        ring.asked.clear()
        with_token = [run.peers["one"].id, run.peers["two"].id]
        async with run.started() as engine:
            with engine.subscribe() as events:
                await reason_shows(engine, "one", "keyring: it is locked")
                await reason_shows(engine, "two", "keyring: it is locked")
                await reason_shows(engine, "none", "does not accept the token")
                attention: dict[str, str] = {}
                async for event in events:  # the keyring and the hub answer in any order
                    if isinstance(event, AttentionNeeded):
                        attention[event.peer] = event.sentence
                        if len(attention) == len(run.peers):
                            break
                for peer, sentence in attention.items():
                    assert ("keyring: it is locked" in sentence) == (peer in with_token)
            asked = len(ring.asked)
            await until(lambda: len(ring.asked) > asked, "it is asked again")
            with pytest.raises(SynclineError, match="locked"):
                await engine.peers.add(replace(run.peers["one"], id="new"), token=SECRET)
            assert len(engine.peers.statuses()) == 3
            ring.locked = False
            await engine.peers.wait_in_sync(with_token, timeout=PATIENCE)
            assert engine.peers.tokens.of(with_token[0]) == SECRET
        assert run.peers["none"].id not in ring.asked


@on_loop
async def test_sync_now_asks_at_once(ring: Vault, tmp_path: Path) -> None:
    async with before(tmp_path, one=SECRET) as run:
        peer = run.peers["one"]
        ring.locked = True
        async with run.started(policies=POLICIES) as engine:
            await reason_shows(engine, "one", "keyring: it is locked")
            assert "keyring: it is locked" in str((await engine.peers.sync_now())[peer.id])
            ring.locked = False
            assert await engine.peers.sync_now() == {peer.id: None}
            ring.locked = True  # a desktop that locks it again stops nothing: the token is at hand
            await engine.peers.update(replace(peer, minutes=7))
            await engine.peers.wait_in_sync(timeout=PATIENCE)


@on_loop
async def test_many_peers_ask_a_person_once(ring: Vault) -> None:
    ring.locked = True
    ring.gate.clear()
    keys = SystemKeyring(20)
    assert await keys.find() == "keyrings Ring"
    asking = [asyncio.create_task(keys.get(f"peer{number}")) for number in range(5)]
    await until(lambda: bool(ring.asked), "the keyring is asked")
    ring.gate.set()
    for answer in await asyncio.gather(*asking, return_exceptions=True):
        assert isinstance(answer, TokenStoreError)
        assert "keyring: it is locked" in str(answer)
    assert ring.asked == ["peer0"]
    ring.locked = False
    assert await keys.get("peer1") is None


@on_loop
async def test_a_slow_keyring_holds_one_thread(ring: Vault, tmp_path: Path) -> None:
    async with before(tmp_path, one=SECRET, two=SECRET) as run:
        ring.gate.clear()
        ring.asked.clear()
        async with run.started(timeout=0.2) as engine:
            await reason_shows(engine, "one", "it did not answer within")
            await reason_shows(engine, "two", "it did not answer within")
            first = engine.peers.statuses()[0].next_attempt
            await until(lambda: engine.peers.statuses()[0].next_attempt not in (None, first), "it tries again")
            assert len(ring.asked) == 1
            ring.gate.set()
            await engine.peers.wait_in_sync(timeout=PATIENCE)


@on_loop
async def test_a_keyring_that_comes_after_syncline(ring: Vault, tmp_path: Path) -> None:
    async with before(tmp_path, one=SECRET) as run:
        ring.there = False
        keyring.set_keyring(keyring.backends.fail.Keyring())  # what python-keyring settles for
        async with run.started() as engine:
            await reason_shows(engine, "one", "which is not available now")
            ring.there = True
            await engine.peers.wait_in_sync(timeout=PATIENCE)


@on_loop
async def test_a_keyring_that_breaks(ring: Vault, tmp_path: Path) -> None:
    async with before(tmp_path, one=SECRET) as run:
        held = ring.kept
        ring.kept = None  # type: ignore[assignment]
        async with run.started() as engine:
            await reason_shows(engine, "one", "it failed (AttributeError)")
            ring.kept = held
            await engine.peers.wait_in_sync(timeout=PATIENCE)


@on_loop
async def test_an_entry_that_is_lost_and_comes_back(ring: Vault, tmp_path: Path) -> None:
    async with before(tmp_path, one=SECRET) as run:
        held = dict(ring.kept)
        ring.kept.clear()
        async with run.started() as engine:
            await reason_shows(engine, "one", "no longer has the token")
            assert engine.peers.statuses()[0].remedy is Remedy.EDIT
            ring.kept.update(held)
            await engine.peers.wait_in_sync(timeout=PATIENCE)


@on_loop
async def test_a_file_of_tokens_that_is_damaged_and_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    async with before(tmp_path, one=SECRET) as run:
        file = tmp_path / "tokens.json"
        whole = file.read_text()
        assert json.loads(whole) == {run.peers["one"].id: SECRET}
        file.write_text(whole[:-5])
        async with run.started() as engine:
            await reason_shows(engine, "one", "the file is damaged")
            file.write_text(whole)
            await engine.peers.wait_in_sync(timeout=PATIENCE)


@on_loop
async def test_a_token_that_was_not_read_yet_can_be_removed(ring: Vault, tmp_path: Path) -> None:
    async with before(tmp_path, one=SECRET) as run:
        ring.locked = True
        async with run.started() as engine:
            await reason_shows(engine, "one", "keyring: it is locked")
            ring.locked = False
            await engine.peers.update(run.peers["one"], token="")
            assert not ring.kept
            await reason_shows(engine, "one", "does not accept the token")


@pytest.mark.parametrize("wrong", ["another", "with a space", ""])
@on_loop
async def test_a_token_that_was_wrong_where_it_is_kept_is_asked_for_anew(
    ring: Vault, tmp_path: Path, wrong: str
) -> None:
    async with before(tmp_path, one=SECRET) as run:
        held = dict(ring.kept)
        ring.kept.update(dict.fromkeys(ring.kept, wrong))
        async with run.started() as engine:
            await reason_shows(engine, "one", "token")
            ring.kept.update(held)
            await engine.peers.wait_in_sync(timeout=PATIENCE)


@on_loop
async def test_a_file_of_tokens_that_is_gone_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gone, it says of nobody that there is a token; what the program knew before still counts."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    async with before(tmp_path, one=SECRET) as run:
        file, aside = tmp_path / "tokens.json", tmp_path / "aside.json"
        file.rename(aside)
        async with run.started() as engine:
            await reason_shows(engine, "one", "does not accept the token")
            aside.rename(file)
            await engine.peers.wait_in_sync(timeout=PATIENCE)
            file.rename(aside)
            peer = run.peers["one"]
            assert await engine.peers.tokens.get(peer.id, anew=True) == SECRET
