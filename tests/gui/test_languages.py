"""Every text can be translated, is translated, and is seen translated."""

from __future__ import annotations

import ast
import asyncio
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QComboBox, QDialog, QLabel, QLineEdit, QWidget

from engine.api import Engine
from engine.history.journal import Journal
from engine.settings import Settings
from gui import language
from gui.app import shell
from gui.dialogs import add_peer, settings
from gui.models.peer_columns import Column
from tests.engine.live import until
from tests.gui.aio import application, on_gui_loop
from tests.gui.app.scenes import DEAD, scene

ROOT = Path(__file__).parents[2]
SHOWS = {
    "setText", "setToolTip", "setWindowTitle", "setPlaceholderText", "setAccessibleName", "setAccessibleDescription",
    "addAction", "addMenu", "addTab", "addItem", "addRow", "addSection", "setTitle", "setSuffix", "setHeaderLabels",
    "QLabel", "QPushButton", "QCheckBox", "QGroupBox", "QMenu", "QAction", "say",
}  # fmt: skip
"""Calls whose texts a person reads."""

EXCEPT = ("language.py", "ui_gallery.py", "gallery_samples.py")
"""The one asks with what it was given, the others make up what stands in pictures."""

FILES = [file.relative_to(ROOT).as_posix() for file in (ROOT / "gui").rglob("*.py") if file.name not in EXCEPT]

NO_WORDS = re.compile(r"[\W\d_]*|Syncline|CSV.*|JSON.*|wss?://.*")


@cache
def sources() -> dict[str, str]:
    """All texts of the German file with their translations."""
    with (ROOT / "assets/languages/de.po").open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file, locale="de") if one.id}


@pytest.fixture
def german() -> Iterator[None]:
    language.install(application(), "de")
    yield
    language.install(application(), "en")


def test_no_text_goes_past_the_translators() -> None:
    wrong = [f"{name}:{line}" for name in FILES for line in untranslated(ast.parse((ROOT / name).read_text("utf-8")))]
    assert wrong == []


def untranslated(tree: ast.AST) -> Iterator[str]:
    """Lines where a text cannot be translated, or is not, and why."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield from (f"{call.lineno}: hidden in an f-string" for call in calls(node) if called(call) == "tr")
        if isinstance(node, ast.Call) and called(node) == "tr":
            first = node.args[0]
            if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
                yield f"{node.lineno}: tr() of something that is no literal"
        if isinstance(node, ast.Call) and called(node) in SHOWS:
            for argument in node.args:
                words = isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value
                if words and not NO_WORDS.fullmatch(words):
                    yield f"{node.lineno}: {words!r} is not translated"


def calls(node: ast.AST) -> list[ast.Call]:
    return [one for one in ast.walk(node) if isinstance(one, ast.Call)]


def called(call: ast.Call) -> str:
    """The name of the function that is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def texts(window: QWidget) -> Iterator[str]:
    """Every text that a person could read in a window, with its tooltips and names."""
    for widget in (window, *window.findChildren(QWidget)):
        if widget.objectName().startswith("qt_"):
            continue
        yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription(), widget.windowTitle())
        if isinstance(widget, QLabel | QAbstractButton):
            yield widget.text()
        if isinstance(widget, QLineEdit):
            yield widget.placeholderText()
        if isinstance(widget, QComboBox):
            yield from (widget.itemText(place) for place in range(widget.count()))
    for action in window.findChildren(QAction):
        yield from (action.text(), action.toolTip())


def english(window: QWidget) -> set[str]:
    """The texts that should have been translated."""
    known = {text: translated for text, translated in sources().items() if text != translated}
    return {text for text in texts(window) if text in known}


@on_gui_loop
async def open_everything(tmp_path: Path) -> None:
    async with shell(Engine(Settings(), journal=Journal()), asyncio.Event()) as window:
        await asyncio.sleep(0.2)
        assert english(window) == set(), "the empty window"
    async with scene(tmp_path, url=DEAD) as it:
        window = it.window
        await it.state("Wartet")
        line = next(one for one in window.findChildren(QLabel) if "aller Gegen" in one.accessibleName())
        told = "Wartet: hub 0. 127.0.0.1:9: Verbindung abgelehnt."
        await until(lambda: line.text() == told, "the status bar says so")
        assert english(window) == set()
        menu = window.peers.menu_for([it.engine.settings.peers[0].id])
        assert english(menu) == set()
        menu.close()
        heading = window.peers.model.headerData(Column.STATE, Qt.Orientation.Horizontal)
        assert heading == "Zustand"
        for question in (
            settings.ask(window, it.engine, window.dialogs.autostart, window.dialogs.links),
            add_peer.ask(window, it.engine, it.engine.settings.peers[0]),
        ):
            asking = asyncio.create_task(question)
            await until(lambda: [one for one in window.findChildren(QDialog) if one.isVisible()], "the dialog")
            [dialog] = [one for one in window.findChildren(QDialog) if one.isVisible()]
            assert english(dialog) == set()
            dialog.reject()
            await asking


def test_the_window_is_german(tmp_path: Path, german: None) -> None:
    open_everything(tmp_path)


def test_the_language_can_be_switched() -> None:
    app = application()
    for name, expected in (("de", "gerade eben"), ("en", "just now"), ("de", "gerade eben"), ("en", "just now")):
        language.install(app, name)
        assert language.tr("just now") == expected
    assert not language.has_translation()
