"""Trying out a peer before it is added: each step in words, and how a try ends."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtCore import Qt

from engine.checks.probe import Step
from gui.dialogs import add_peer
from gui.dialogs.add_peer import PeerDialog
from tests.engine.live import until
from tests.gui.aio import on_gui_loop
from tests.gui.dialogs.answers import asking, click, press, type_into
from tests.gui.dialogs.test_add_peer import fill, findings_of, world
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
