"""The to-do app's file, through Python's own sqlite3."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gui.todo.store import FIRST, TodoFile


@pytest.fixture
def file(tmp_path: Path) -> Iterator[TodoFile]:
    file = TodoFile(tmp_path / "todo.db")
    yield file
    file.close()


def shown(file: TodoFile) -> list[tuple[str, bool, str]]:
    return [(todo.text, todo.done, todo.list) for todo in file.todos()]


def test_what_is_written_is_there(file: TodoFile) -> None:
    file.add("Buy bread", "Home")
    file.add("Call grandma")
    bread, grandma = (todo.number for todo in file.todos())
    file.rename(bread, "Buy rye bread")
    file.set_done(bread, True)
    file.move(grandma, "Home")
    assert shown(file) == [("Buy rye bread", True, "Home"), ("Call grandma", False, "Home")]
    file.delete(bread)
    file.move(grandma, "")
    assert shown(file) == [("Call grandma", False, "")]


def test_a_new_file_begins_with_something_and_once(file: TodoFile) -> None:
    file.begin()
    file.begin()
    assert [(text, name) for text, _, name in shown(file)] == list(FIRST)


def test_two_lists_of_one_name_are_one(file: TodoFile, tmp_path: Path) -> None:
    file.add("a", "Home")
    file.add("b", "Home")
    other = sqlite3.connect(tmp_path / "todo.db")
    assert other.execute("SELECT count(*) FROM list").fetchall() == [(1,)]
    other.close()


def test_others_commits_are_noticed(file: TodoFile, tmp_path: Path) -> None:
    before = file.changed_by_others()
    file.add("mine")
    assert file.changed_by_others() == before
    other = TodoFile(tmp_path / "todo.db")
    other.add("theirs")
    other.close()
    assert file.changed_by_others() != before


def test_it_loads_nothing_of_syncline() -> None:
    code = "import sys; import gui.todo.store; sys.exit(any(n in sys.modules for n in ('apsw', 'PySide6', 'engine')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
