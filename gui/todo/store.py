"""The to-do app's file, through Python's own ``sqlite3``: what any small app would do, without extension or sync.

It must not be opened in a process in which Syncline has it open.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

LOCKED = 5.0
"""Seconds that a statement waits for another program's lock."""

FIRST = (("Water the plants", "Home"), ("Buy bread", "Home"), ("Send the letter", "Office"))
"""The to-dos of a new file, each with its list."""


@dataclass(frozen=True, slots=True)
class Todo:
    """One to-do.

    Attributes:
        number: its key, assigned by SQLite.
        list: the name of its list; '' for none.
    """

    number: int
    text: str
    done: bool
    list: str


class TodoFile:
    """A file of to-dos; every method passes on ``sqlite3.Error``.

    Args:
        path: the file; created if needed.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, timeout=LOCKED)
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.executescript(resources.files("assets").joinpath("todo.sql").read_text(encoding="utf-8"))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def begin(self) -> None:
        """Write the first to-dos, if there are none."""
        if not self.todos():
            for text, name in FIRST:
                self.add(text, name)

    def todos(self) -> list[Todo]:
        """Return all to-dos, ordered by number."""
        rows = self._connection.execute(
            "SELECT todo.id, text, done, coalesce(name, '') FROM todo LEFT JOIN list ON list.id = list ORDER BY todo.id"
        )
        return [Todo(number, str(text), bool(done), str(name)) for number, text, done, name in rows]

    def changed_by_others(self) -> int:
        """Return a number that changes with every commit of another program."""
        [version] = self._connection.execute("PRAGMA data_version").fetchone()
        return int(version)

    def add(self, text: str, name: str = "") -> None:
        """Add a to-do, to the list of this name if one is given."""
        with self._writing():
            self._connection.execute("INSERT INTO todo (text, list) VALUES (?, ?)", (text, self._list(name)))

    def rename(self, number: int, text: str) -> None:
        """Change the text of a to-do."""
        with self._writing():
            self._connection.execute("UPDATE todo SET text = ? WHERE id = ?", (text, number))

    def set_done(self, number: int, done: bool) -> None:
        """Mark a to-do as done, or as not done."""
        with self._writing():
            self._connection.execute("UPDATE todo SET done = ? WHERE id = ?", (int(done), number))

    def move(self, number: int, name: str) -> None:
        """Move a to-do to the list of this name; '' for none."""
        with self._writing():
            self._connection.execute("UPDATE todo SET list = ? WHERE id = ?", (self._list(name), number))

    def delete(self, number: int) -> None:
        """Delete a to-do."""
        with self._writing():
            self._connection.execute("DELETE FROM todo WHERE id = ?", (number,))

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield

    def _list(self, name: str) -> int | None:
        """Return the key of the list of this name, which is created if needed; None for ''."""
        if not name:
            return None
        self._connection.execute("INSERT INTO list (name) VALUES (?) ON CONFLICT (name) DO NOTHING", (name,))
        [number] = self._connection.execute("SELECT id FROM list WHERE name = ?", (name,)).fetchone()
        return int(number)
