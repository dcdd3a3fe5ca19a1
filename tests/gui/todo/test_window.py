"""The to-do app's window: what is typed is in the file, and what others write is seen."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from pytestqt.qtbot import QtBot

from gui.todo import store
from gui.todo.model import Column
from gui.todo.places import places
from gui.todo.store import TodoFile
from gui.todo.window import TodoWindow
from tests.gui.aio import QT_PATIENCE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "todo.db"


@pytest.fixture
def file(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TodoFile]:
    monkeypatch.setattr(store, "LOCKED", 0.0)
    file = TodoFile(path)
    file.begin()
    yield file
    file.close()


@pytest.fixture
def other(path: Path, file: TodoFile) -> Iterator[TodoFile]:
    """Another program on the same file."""
    other = TodoFile(path)
    yield other
    other.close()


@pytest.fixture
def window(qtbot: QtBot, path: Path, file: TodoFile) -> TodoWindow:
    window = TodoWindow("laptop", path, file, lambda: closed.append(True))
    qtbot.addWidget(window)
    window.show()
    return window


closed: list[bool] = []


def texts(file: TodoFile) -> list[str]:
    return [todo.text for todo in file.todos()]


def test_what_is_typed_is_in_the_file(window: TodoWindow, other: TodoFile, qtbot: QtBot) -> None:
    qtbot.keyClicks(window.list, "Garden")
    qtbot.keyClicks(window.text, "Plant a tree")
    qtbot.keyClick(window.text, Qt.Key.Key_Return)
    assert [(todo.text, todo.list) for todo in other.todos()][-1] == ("Plant a tree", "Garden")
    assert window.text.text() == ""
    qtbot.mouseClick(window.add, Qt.MouseButton.LeftButton)
    assert len(other.todos()) == 4, "nothing typed, nothing added"


def test_texts_ticks_and_lists_are_changed_in_place(window: TodoWindow, other: TodoFile) -> None:
    model = window.model
    assert model.setData(model.index(0, Column.TEXT), "Water the cactus")
    assert model.setData(model.index(0, Column.TEXT), Qt.CheckState.Checked.value, Qt.ItemDataRole.CheckStateRole)
    assert model.setData(model.index(0, Column.LIST), "Office")
    assert not model.setData(model.index(1, Column.TEXT), "  ")
    assert not model.setData(model.index(1, Column.TEXT), "Buy bread")
    first, second, _ = other.todos()
    assert (first.text, first.done, first.list) == ("Water the cactus", True, "Office")
    assert second.text == "Buy bread"


@pytest.mark.parametrize("by_key", [True, False])
def test_the_chosen_one_is_deleted(window: TodoWindow, other: TodoFile, qtbot: QtBot, by_key: bool) -> None:
    assert not window.delete.isEnabled()
    window.activateWindow()
    window.table.setFocus()
    window.table.selectRow(1)
    if by_key:
        qtbot.waitUntil(window.table.hasFocus, timeout=QT_PATIENCE)
        qtbot.keyClick(window.table, Qt.Key.Key_Delete)
    else:
        qtbot.mouseClick(window.delete, Qt.MouseButton.LeftButton)
    assert texts(other) == ["Water the plants", "Send the letter"]


def test_what_another_program_writes_is_seen_and_what_was_chosen_stays(
    window: TodoWindow, other: TodoFile, qtbot: QtBot
) -> None:
    window.table.selectRow(2)
    other.delete(other.todos()[0].number)
    qtbot.waitUntil(lambda: window.model.rowCount() == 2, timeout=QT_PATIENCE)
    other.add("From elsewhere")
    qtbot.waitUntil(lambda: window.model.rowCount() == 3, timeout=QT_PATIENCE)
    other.rename(other.todos()[1].number, "Send it by air")
    qtbot.waitUntil(lambda: window.model.todos[1].text == "Send it by air", timeout=QT_PATIENCE)
    [chosen] = window.table.selectionModel().selectedRows()
    assert chosen.row() == 1


def test_a_locked_file_is_told_in_words(window: TodoWindow, path: Path, other: TodoFile) -> None:
    with other._writing():
        assert not window.model.add("too late", "")
        assert "could not be saved: database is locked" in window.message.text()
    assert window.model.add("in time", "")
    assert "could not" not in window.message.text()


def test_it_ends_with_its_window(window: TodoWindow) -> None:
    closed.clear()
    window.close()
    assert closed == [True]


@pytest.mark.parametrize("area", [(1920, 1040), (2560, 1400), (1280, 760), (853, 500), (1024, 700)])
def test_the_windows_stand_beside_each_other(area: tuple[int, int]) -> None:
    whole = QRect(0, 0, *area)
    found = places(whole, ("laptop", "desktop"))
    assert len(found) == 3
    assert all(whole.contains(one) for one in found.values())
    for first, second in itertools.combinations(found.values(), 2):
        assert not first.intersects(second)
