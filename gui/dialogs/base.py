"""What all dialogs share: opened without a nested loop, waited for as a coroutine, their own tasks ended with them."""

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
    """Open a dialog, wait until it is closed, and drop it.

    ``exec()`` would run a loop inside the loop, and tasks would miss their wake-ups.

    Returns:
        what its signal ``finished`` says.
    """
    try:
        return await _shown(dialog)
    finally:
        _drop(dialog)


async def _shown(dialog: QDialog) -> int:
    """Open a dialog and wait until it is closed; returns what its signal ``finished`` says."""
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
"""Pixels of a screen's height that a dialog leaves to its own title."""


class AsyncDialog(QDialog):
    """A dialog that does work on the loop while it is open.

    Args:
        parent: the window that it belongs to, and is modal for.
    """

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._tasks: set[asyncio.Task[None]] = set()
        self._whole: set[asyncio.Task[None]] = set()
        self._fault: BaseException | None = None

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine as long as the dialog is open; what it raises closes the dialog and comes out of ``ask``."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def whole(self, work: Coroutine[Any, Any, None]) -> asyncio.Future[None]:
        """Begin what must not be left half done; returns what to wait for. A dialog that is closed ends after it."""
        task = asyncio.get_running_loop().create_task(work)
        self._whole.add(task)
        task.add_done_callback(self._whole.discard)
        return asyncio.shield(task)

    async def answered(self) -> bool:
        """Open it and wait until it is closed; returns whether it was accepted.

        It is dropped once its tasks have ended: until then they may still show something in it.
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
        """Let every box to tick be seen."""
        self._show_boxes()
        super().showEvent(event)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Follow the scheme, light or dark."""
        if event.type() is QEvent.Type.PaletteChange:
            self._show_boxes()
        super().changeEvent(event)

    def _show_boxes(self) -> None:
        for kind in (QCheckBox, QRadioButton, QListWidget, QTreeWidget):
            for widget in self.findChildren(kind):
                show_boxes(widget)

    def event(self, event: QEvent) -> bool:
        """Grow when something inside wants more room; it says so a moment after its text changed."""
        taken = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self.fit()
        return taken

    def fit(self) -> None:
        """Grow until everything can be read, or the screen is full; never shrink, so that nothing jumps about while one
        types."""
        layout = self.layout()
        if layout is None:
            return
        layout.activate()
        needed = layout.totalHeightForWidth(self.width()) if layout.hasHeightForWidth() else layout.sizeHint().height()
        needed = min(needed, self.room())
        if needed > self.height():
            self.resize(self.width(), needed)

    def room(self) -> int:
        """How high it may be on its screen."""
        return max(self.minimumHeight(), self.screen().availableGeometry().height() - FRAME)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._fault = task.exception()
            QDialog.reject(self)


def in_words(error: SynclineError) -> str:
    """The sentence of an error, and its hint."""
    return said(error.advice)
