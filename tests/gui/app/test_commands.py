"""What a click starts, from the window to the engine."""

from __future__ import annotations

import inspect

from engine.api import Engine
from gui.commands import Commands
from tests.gui.aio import on_gui_loop


@on_gui_loop
async def test_what_was_started_just_before_the_end_is_put_away() -> None:
    """Python would warn of a coroutine that nobody awaited."""
    commands = Commands(Engine())
    commands.begin()
    work = commands.engine.peers.suspend_auto_sync("")
    commands.start(work)
    await commands.end()
    assert inspect.getcoroutinestate(work) == inspect.CORO_CLOSED
