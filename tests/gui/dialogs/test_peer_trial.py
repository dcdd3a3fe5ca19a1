"""Trying out a peer before it is added: each step in words, and how a try ends."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtCore import Qt

from engine.checks.probe import Step
from engine.hub import HubOptions
from engine.pairing.certificate import Certificate, own_certificate
from engine.transport.tls_pinning import in_pairs
from gui.dialogs import add_peer
from gui.dialogs.add_peer import PeerDialog
from tests.engine.live import PATIENCE, make_file, plain_engine, until
from tests.gui.aio import on_gui_loop
from tests.gui.dialogs.answers import asking, click, press, type_into
from tests.gui.dialogs.test_add_peer import fill, findings_of, world
from tests.ports import free_port
from tests.streams import stream_server


@on_gui_loop
async def test_the_test_tells_in_words(tmp_path: Path) -> None:
    async with (
        world(tmp_path, token="right") as (engine, url, server),
        asking(PeerDialog, add_peer.ask(None, engine)) as (dialog, _),
    ):

        async def try_out() -> str:
            click(dialog.connection_test.button)
            assert dialog.connection_test.busy
            await until(lambda: not dialog.connection_test.busy, "the test is over")
            return dialog.connection_test.verdict.text

        fill(dialog, url, token="right")
        assert await try_out() == "Ready to sync."
        assert findings_of(dialog)[Step.SCHEMA] == "Both sides have “item”."
        assert all(note.isVisible() for note in dialog.connection_test.lines.values())
        type_into(dialog.form.token.line, "wrong")
        assert set(findings_of(dialog).values()) == {""}, "what was found was about something else"
        assert await try_out() == "Not ready to sync."
        assert "does not accept the token" in findings_of(dialog)[Step.TOKEN]
        assert findings_of(dialog)[Step.ROOM] == "Not tried."
        fill(dialog, url, "nowhere", "right")
        assert await try_out() == "Not ready to sync."
        assert findings_of(dialog)[Step.ROOM] == "This hub has no room “nowhere”."
        assert engine.peers.statuses() == []
        await server.serving.stop()
        fill(dialog, url, token="right")
        assert await try_out() == "Not ready to sync."
        assert "connection refused" in findings_of(dialog)[Step.REACHABLE]
        dialog.reject()


@on_gui_loop
async def test_a_certificate_is_trusted_by_its_fingerprint(tmp_path: Path) -> None:
    """It is kept with the peer, for its address alone; another one is shown, and can be trusted in its place."""
    made = [await asyncio.to_thread(own_certificate, tmp_path / name) for name in ("first", "second")]
    first, second = (certificate.fingerprint for certificate in made)
    make_file(tmp_path / "rooms/room")
    async with plain_engine() as server, plain_engine() as engine:
        port = free_port()

        async def serve(certificate: Certificate) -> str:
            options = HubOptions(tls=certificate.tls)
            return (await server.serving.start(tmp_path / "rooms", port=port, options=options)).url

        async def trust(dialog: PeerDialog, fingerprint: str) -> None:
            panel = dialog.connection_test
            click(panel.button)
            await until(lambda: not panel.busy, "the test is over")
            assert panel.verdict.text == "Not ready to sync."
            assert in_pairs(fingerprint) in panel.certificate.text.replace("\n", ":")
            click(panel.trust)
            await until(lambda: not panel.busy, "it is tested again")
            assert panel.verdict.text == "Ready to sync."
            assert not panel.trust.isVisible()

        url = await serve(made[0])
        await engine.databases.add(make_file(tmp_path / "here.db"))
        async with asking(PeerDialog, add_peer.ask(None, engine)) as (dialog, answer):
            fill(dialog, url)
            await trust(dialog, first)
            type_into(dialog.form.address.line, url.replace("127.0.0.1", "localhost"))
            assert dialog.form.draft().trusted == "", "it is not known who answers there"
            type_into(dialog.form.address.line, url)
            dialog.accept()
            await until(answer.done, "it is added")
        assert engine.settings.peers[0].trusted == first
        await engine.peers.wait_in_sync(timeout=PATIENCE)
        await server.serving.stop()
        await serve(made[1])
        async with asking(PeerDialog, add_peer.ask(None, engine, engine.settings.peers[0])) as (dialog, answer):
            await trust(dialog, second)
            dialog.accept()
            await until(answer.done, "it is changed")
        assert engine.settings.peers[0].trusted == second
        assert engine.settings.peers[0].fingerprint == "", "it is not taken for a paired one"
        await engine.peers.wait_in_sync(timeout=PATIENCE)


@on_gui_loop
async def test_a_test_can_be_stopped_and_ends_with_the_dialog(tmp_path: Path) -> None:
    asked: list[bytes] = []
    gone: list[bytes] = []

    async def say_nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        gone.append(await reader.read())

    async with stream_server(say_nothing) as silent, world(tmp_path) as (engine, _, _):
        url = f"ws://127.0.0.1:{silent.sockets[0].getsockname()[1]}/sync"
        async with asking(PeerDialog, add_peer.ask(None, engine)) as (dialog, answer):
            fill(dialog, url)
            click(dialog.connection_test.button)
            await until(lambda: len(asked) == 1, "it is asked")
            click(dialog.connection_test.button)
            assert not dialog.connection_test.busy
            await until(lambda: len(gone) == 1, "it hangs up")
            click(dialog.connection_test.button)
            await until(lambda: len(asked) == 2, "it is asked again")
            press(dialog, Qt.Key.Key_Escape)
        assert answer.result() is None
        await until(lambda: len(gone) == 2, "it hangs up")
