"""What all dialogs share."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import QCoreApplication, QEvent
from shiboken6 import isValid

from gui.dialogs.base import AsyncDialog
from tests.gui.aio import on_gui_loop


@on_gui_loop
async def test_a_dialog_is_there_until_its_own_work_has_ended() -> None:
    """What is told while it ends (a machine that goes, as the search for machines is closed) may still be shown."""
    dialog = AsyncDialog(None)
    working, may_end = asyncio.Event(), asyncio.Event()
    there: list[bool] = []

    async def work() -> None:
        try:
            working.set()
            await asyncio.Event().wait()
        finally:
            await may_end.wait()
            there.append(isValid(dialog))

    dialog.start(work())
    answer = asyncio.create_task(dialog.answered())
    await working.wait()
    dialog.reject()
    for _ in range(5):
        await asyncio.sleep(0)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert not answer.done()
    may_end.set()
    assert await answer is False
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert (there, isValid(dialog)) == ([True], False)
