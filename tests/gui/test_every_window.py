"""Walks every window and dialog: each control has a name and can be reached with Tab, and nothing is cut."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSizePolicy,
    QTabBar,
    QWidget,
)

from engine.crr import connect
from engine.demo import Demo
from engine.engine import Engine
from engine.journal import Journal
from engine.settings import Settings
from gui import language
from gui.app import shell
from gui.demo import WriteBar
from gui.dialogs import add_database, add_peer, confirm, settings, value, verify
from gui.window import SIZE, Window
from tests.gui.aio import application, run_async, until

CONTROLS = (QLineEdit, QComboBox, QAbstractSpinBox, QAbstractItemView, QAbstractButton, QPlainTextEdit, QTabBar)
ROOT = Path(__file__).parents[2]

TABLES = """
CREATE TABLE note (id INTEGER PRIMARY KEY NOT NULL, text TEXT);
SELECT crsql_as_crr('note');
CREATE TABLE tag (name TEXT PRIMARY KEY NOT NULL, color TEXT);
CREATE TABLE person (id INTEGER PRIMARY KEY NOT NULL, mail TEXT UNIQUE);
"""

pytestmark = pytest.mark.slow

Look = Callable[[QWidget, str], None]


async def each_window(folder: Path, inspect: Look) -> None:
    """Show every window and dialog in its states, and have ``inspect`` look at each."""

    async def look(window: QWidget, where: str) -> None:
        window.activateWindow()
        await asyncio.sleep(0.1)
        low = window.minimumSizeHint()
        window.resize(max(window.width(), low.width()), low.height() if isinstance(window, Window) else window.height())
        await asyncio.sleep(0.05)
        inspect(window, where)

    async with shell(Engine(Settings(), journal=Journal()), asyncio.Event()) as window:
        await asyncio.sleep(0.1)
        await look(window, "the empty window")
    async with shell(Engine(Settings(), journal=Journal()), asyncio.Event()) as window:
        engine = window.commands.engine
        demo = Demo(engine, folder, lambda _: None)
        await demo.set_up()
        await demo.script()
        await asyncio.sleep(0.3)
        window.notices.say("One notice.", "and its details")
        window.notices.say("Another notice.")
        for tab in range(window.tabs.count()):
            window.tabs.setCurrentIndex(tab)
            await asyncio.sleep(0.1)
            await look(window, f"the window, {window.tabs.tabText(tab)}")
        window.activity.choice.setCurrentIndex(1)
        await look(window, "overwritten values")
        notes = folder / "notes.db"
        connection = connect(notes, create=True)
        connection.execute(TABLES).fetchall()
        connection.close()
        laptop = demo.peers["laptop"]
        cell = value.Cell(laptop.database, "todo", (1,), "text", "new " * 400, "old", had_old=True)
        async with opened(window, settings.ask(window, engine, window.wishes.autostart, window.wishes.links)) as dialog:
            await look(dialog, "settings")
        async with opened(window, add_peer.ask(window, engine)) as dialog:
            await look(dialog, "add peer")
        async with opened(window, add_peer.ask(window, engine, laptop)) as dialog:
            assert isinstance(dialog, add_peer.PeerDialog)
            dialog.mode.setCurrentIndex(1)
            dialog.trial.button.click()
            await until(lambda: not dialog.trial.busy, "the test is over")
            await look(dialog, "edit peer, tested")
            for field in (dialog.address, dialog.room):
                field.line.setText("../not good")
                field.line.textEdited.emit("")
            dialog.room.changed.emit()
            await asyncio.sleep(0.05)
            await look(dialog, "edit peer, wrong")
        async with opened(window, add_database.ask(window, engine, notes)) as dialog:
            await look(dialog, "add database")
        async with opened(window, value.show(window, engine, cell)) as dialog:
            await look(dialog, "a value")
        async with opened(window, verify.show(window, engine, laptop.id, laptop.name)) as dialog:
            assert isinstance(dialog, verify.VerifyDialog)
            await until(lambda: not dialog.busy, "it has compared")
            await look(dialog, "verify")
        async with opened(window, confirm.confirm(window, "Title", "Is this what you want?", "Yes")) as dialog:
            await look(dialog, "a question")
        window.notices.dismiss()
        window.notices.dismiss()
        window.add_top_bar(WriteBar(demo, window.commands))
        await asyncio.sleep(0.05)
        await look(window, "the demo")


@asynccontextmanager
async def opened(window: Window, question: Coroutine[Any, Any, object]) -> AsyncIterator[QDialog]:
    """Ask, give the open dialog, and close it."""
    asking = asyncio.create_task(question)
    await until(lambda: [one for one in window.findChildren(QDialog) if one.isVisible()], "the dialog opens")
    [dialog] = [one for one in window.findChildren(QDialog) if one.isVisible()]
    await asyncio.sleep(0.1)
    yield dialog
    dialog.reject()
    await asking


def ours(window: QWidget, kind: type[QWidget] | tuple[type[QWidget], ...]) -> Iterator[QWidget]:
    """The visible widgets of a kind, without the parts that Qt makes its own of."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    for widget in (one for each in kinds for one in window.findChildren(each)):
        inner = isinstance(widget.parent(), CONTROLS) or widget.objectName().startswith("qt_")
        if widget.isVisible() and widget.window() is window and not inner:
            yield widget


def said(widget: QWidget) -> str:
    """How a failing test names a widget."""
    return f"{type(widget).__name__} {widget.accessibleName() or getattr(widget, 'text', str)()!r}"


# Keyboard and screen readers


def test_every_control_has_a_name_and_is_reached_with_tab(tmp_path: Path) -> None:
    wrong: list[str] = []

    def look(window: QWidget, where: str) -> None:
        reached = walk(window)
        for control in ours(window, CONTROLS):
            name = control.accessibleName() or getattr(control, "text", str)() or isinstance(control, QTabBar)
            if not name:
                wrong.append(f"{where}: {said(control)} has no name")
            if control.isEnabled() and control not in reached and not (set(control.findChildren(QWidget)) & reached):
                wrong.append(f"{where}: {said(control)} is not reached")

    run_async(each_window(tmp_path, look))
    assert not wrong, "\n".join(wrong)


def walk(window: QWidget) -> set[QWidget]:
    """Press Tab until the focus is back where it was before; return what had it."""
    reached: set[QWidget] = set()
    for _ in range(100):
        focus = QApplication.focusWidget()
        if focus in reached:
            break
        if focus is not None:
            reached.add(focus)
        QTest.keyClick(focus or window, Qt.Key.Key_Tab)
    return reached


# Nothing is cut


@pytest.mark.parametrize("larger", [1.0, 1.3], ids=["font", "larger font"])
@pytest.mark.parametrize("spoken", ["en", "de"])
def test_nothing_is_cut(tmp_path: Path, spoken: str, larger: float) -> None:
    app = application()
    usual = app.font()
    font = app.font()
    font.setPointSizeF(usual.pointSizeF() * larger)
    language.install(app, spoken)
    app.setFont(font)
    wrong: list[str] = []

    def look(window: QWidget, where: str) -> None:
        if window.width() > SIZE.width() * larger:
            wrong.append(f"{where}: is {window.width()} wide")
        wrong.extend(f"{where}: {one}" for one in cut(window))

    try:
        run_async(each_window(tmp_path, look))
    finally:
        app.setFont(usual)
        language.install(app, "en")
    assert not wrong, "\n".join(sorted(set(wrong)))


def cut(window: QWidget) -> Iterator[str]:
    """What cannot be read whole."""
    for label in ours(window, QLabel):
        assert isinstance(label, QLabel)
        if label.sizePolicy().horizontalPolicy() is QSizePolicy.Policy.Ignored or not label.text():
            continue  # a long line that has a tooltip
        needed = label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
        if needed > label.height() or (not label.wordWrap() and label.sizeHint().width() > label.width()):
            yield f"label {label.text()!r}: {label.size().toTuple()} of {label.sizeHint().toTuple()}"
    for button in ours(window, QAbstractButton):
        if button.sizeHint().width() > button.width() or button.sizeHint().height() > button.height() + 2:
            yield f"{said(button)}: {button.size().toTuple()} of {button.sizeHint().toTuple()}"
    for box in ours(window, QComboBox):
        assert isinstance(box, QComboBox)
        icon = box.iconSize().width() + 4 if not box.itemIcon(box.currentIndex()).isNull() else 0
        if box.fontMetrics().horizontalAdvance(box.currentText()) + 26 + icon > box.width():
            yield f"box {box.currentText()!r}: {box.width()}"
    for line in ours(window, QLineEdit):
        assert isinstance(line, QLineEdit)
        if line.fontMetrics().horizontalAdvance(line.placeholderText()) + 8 > line.width():
            yield f"placeholder {line.placeholderText()!r}"
    for header in window.findChildren(QHeaderView):
        if not header.isVisible() or header.orientation() is Qt.Orientation.Vertical:
            continue
        for section in range(header.count()):
            if not header.isSectionHidden(section) and header.sectionSizeHint(section) > header.sectionSize(section):
                yield f"heading {header.model().headerData(section, header.orientation())!r}"
    for tabs in ours(window, QTabBar):
        assert isinstance(tabs, QTabBar)
        if tabs.sizeHint().width() > tabs.width():
            yield "the tabs"


@pytest.mark.parametrize("scale", ["1.5", "2"])
def test_nothing_is_cut_on_screens_of_high_density(scale: str) -> None:
    """The scale is taken over when Qt starts, so these are looked at in a process of their own."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", "nothing_is_cut and de-font"],
        cwd=ROOT,
        env=os.environ | {"QT_SCALE_FACTOR": scale},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "1 passed" in done.stdout, done.stdout[:3000]
