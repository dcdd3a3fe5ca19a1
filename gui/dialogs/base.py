"""What all dialogs share: no nested event loop, an awaitable answer, and tasks that end with the dialog."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import QEvent
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QDialog, QListWidget, QRadioButton, QTreeWidget, QWidget
from shiboken6 import isValid

from engine.errors import SynclineError
from gui.language import said
from gui.theme import show_boxes


async def closed(dialog: QDialog) -> int:
    """Open a dialog, wait until it is closed, and delete it.

    ``exec()`` would run an event loop inside the event loop, and tasks would miss their wake-ups.

    Returns:
        the result code of its ``finished`` signal.
    """
    try:
        return await _shown(dialog)
    finally:
        _drop(dialog)


async def _shown(dialog: QDialog) -> int:
    """Open a dialog and wait until it is closed; return the result code of its ``finished`` signal."""
    done: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def finished(code: int) -> None:
        if not done.done():
            done.set_result(code)

    dialog.finished.connect(finished)
    dialog.open()
    try:
        return await done
    finally:
        if isValid(dialog):  # it goes with its window
            dialog.hide()


def _drop(dialog: QDialog) -> None:
    if isValid(dialog):
        dialog.deleteLater()


FRAME = 40
"""Pixels of the screen's height that are left for the dialog's title bar."""


class AsyncDialog(QDialog):
    """A dialog that runs tasks on the event loop while it is open.

    Args:
        parent: the window that it belongs to, and is modal for.
    """

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._tasks: set[asyncio.Task[None]] = set()
        self._whole: set[asyncio.Task[None]] = set()
        self._fault: BaseException | None = None

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine while the dialog is open; an exception closes the dialog and is raised by ``answered``."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def whole(self, work: Coroutine[Any, Any, None]) -> asyncio.Future[None]:
        """Start work that must not be interrupted, and return a future for it; a closed dialog waits for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._whole.add(task)
        task.add_done_callback(self._whole.discard)
        return asyncio.shield(task)

    async def answered(self) -> bool:
        """Open the dialog and wait until it is closed; return whether it was accepted.

        It is deleted only after its tasks have ended: until then they may still update it.
        """
        try:
            try:
                code = await _shown(self)
            finally:
                tasks = tuple(self._tasks)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.gather(*self._whole)  # nobody else is left to hear what goes wrong
        finally:
            _drop(self)
        if self._fault is not None:
            raise self._fault
        return code == QDialog.DialogCode.Accepted.value

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Make every check box and radio button visible."""
        self._show_boxes()
        super().showEvent(event)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Follow the colour scheme, light or dark."""
        if event.type() is QEvent.Type.PaletteChange:
            self._show_boxes()
        super().changeEvent(event)

    def _show_boxes(self) -> None:
        for kind in (QCheckBox, QRadioButton, QListWidget, QTreeWidget):
            for widget in self.findChildren(kind):
                show_boxes(widget)

    def event(self, event: QEvent) -> bool:
        """Grow when a child needs more room, which it reports a moment after its text changed."""
        taken = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self.fit()
        return taken

    def fit(self) -> None:
        """Grow until everything can be read, or the screen is full.

        It never shrinks, lest things jump about while one types.
        """
        layout = self.layout()
        if layout is None:
            return
        layout.activate()
        needed = layout.totalHeightForWidth(self.width()) if layout.hasHeightForWidth() else layout.sizeHint().height()
        needed = min(needed, self.room())
        if needed > self.height():
            self.resize(self.width(), needed)

    def room(self) -> int:
        """Return the most height, in pixels, that the dialog may have on its screen."""
        return max(self.minimumHeight(), self.screen().availableGeometry().height() - FRAME)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._fault = task.exception()
            QDialog.reject(self)


def in_words(error: SynclineError) -> str:
    """Return the message of an error and its hint, translated."""
    return said(error.advice)
