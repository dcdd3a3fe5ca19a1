"""Opens a dialog by its ``ask`` and answers it as a person would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QDialog,
    QLineEdit,
    QWidget,
)

from tests.engine.live import until
from tests.gui.aio import application

D = TypeVar("D", bound=QDialog)
R = TypeVar("R")


@asynccontextmanager
async def asking(kind: type[D], question: Coroutine[Any, Any, R]) -> AsyncIterator[tuple[D, asyncio.Task[R]]]:
    """Ask, and give the open dialog with the task that will have the answer; both are over after the block."""
    before = set(_open(kind))
    task = asyncio.create_task(question)
    await until(lambda: task.done() or set(_open(kind)) - before, f"a {kind.__name__} opens")
    if task.done():
        await task
        raise AssertionError("it was answered without a dialog")
    (dialog,) = set(_open(kind)) - before
    try:
        yield dialog, task
        await until(task.done, "the dialog is answered")
        await asyncio.sleep(0)
        assert dialog not in _open(kind)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _open(kind: type[D]) -> list[D]:
    return [widget for widget in application().topLevelWidgets() if isinstance(widget, kind) and widget.isVisible()]


def type_into(line: QLineEdit, text: str) -> None:
    """Replace what stands in a line, key by key."""
    line.selectAll()
    QTest.keyClick(line, Qt.Key.Key_Backspace)
    QTest.keyClicks(line, text)


def press(widget: QWidget, key: Qt.Key) -> None:
    QTest.keyClick(widget, key)


def click(button: QAbstractButton) -> None:
    assert button.isVisible()
    assert button.isEnabled()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def unnamed(dialog: QDialog) -> list[QWidget]:
    """The controls that a screen reader could not name."""
    return [
        widget
        for kind in (QLineEdit, QComboBox, QAbstractSpinBox, QAbstractItemView, QAbstractButton)
        for widget in dialog.findChildren(kind)
        if widget.window() is dialog
        and not widget.objectName().startswith("qt_")
        and not widget.accessibleName()
        and not getattr(widget, "text", str)()
        and widget.focusPolicy() is not Qt.FocusPolicy.NoFocus
    ]
