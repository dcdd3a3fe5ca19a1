"""``syncline demo``: the real window on two todo lists and a hub of its own, with a button to write on each side.

Everything lies in a folder that is removed at the end (unless it is to be kept); the person's own databases, settings
and tray are not touched.
"""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from engine.api import Engine
from engine.change import SQLiteValue
from engine.cli.demo.command import folder_for, run_script, verdict
from engine.cli.demo.hub import SIDES, Demo
from engine.crr import connect
from engine.history.journal import Journal
from engine.settings import Settings
from gui.app import shell
from gui.commands import Commands
from gui.language import on_language_change, tr
from gui.lifecycle import make_application, run_coroutine
from gui.theme import icon

THINGS = (
    "Water the plants", "Send the letter", "Buy bread", "Call grandma", "Fix the bike", "Read the manual",
    "Sweep the stairs", "Book the train", "Return the books", "Bake a cake", "Charge the lamp", "Feed the cat",
)  # fmt: skip
DRAWN = 0.5
"""Seconds for the bridge's last batch and the panels' timers, before the picture is taken."""


def run(keep: Path | None) -> int:
    """Open the demo's window, and stay until it is closed.

    Args:
        keep: where the files go and stay; None for a folder that is removed.
    """
    app = make_application()
    with folder_for(keep) as folder:
        return run_coroutine(app, lambda quit_asked: _show(folder, quit_asked))


def run_once(keep: Path | None, print_line: Callable[[str], None]) -> int:
    """Run the demo's script under a window that nobody sees, compare, and paint the window into a picture."""
    app = make_application()
    with folder_for(keep) as folder:
        return run_coroutine(app, lambda quit_asked: _run_script(folder, quit_asked, print_line, kept=keep is not None))


async def _show(folder: Path, quit_asked: asyncio.Event) -> int:
    engine = Engine(Settings(), journal=Journal())
    async with shell(engine, quit_asked) as window:
        demo = Demo(engine, folder, lambda line: window.commands.status_message.emit(" ".join(line.split())))
        window.setWindowTitle(tr("Syncline demo: two todo lists and a hub"))
        window.tuck_away = quit_asked.set  # what a demo shows, it shows in the window
        await demo.set_up()
        window.add_top_bar(WriteBar(demo, window.commands))
        await quit_asked.wait()
    return 0


async def _run_script(folder: Path, quit_asked: asyncio.Event, print_line: Callable[[str], None], *, kept: bool) -> int:
    engine = Engine(Settings(), journal=Journal())
    demo = Demo(engine, folder, print_line)
    async with shell(engine, quit_asked) as window:
        story = asyncio.create_task(run_script(demo))
        asked = asyncio.create_task(quit_asked.wait())
        await asyncio.wait([story, asked], return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if not story.done():
            story.cancel()
            await asyncio.gather(story, return_exceptions=True)
            return 1
        story.result()
        await asyncio.sleep(DRAWN)
        picture = window.grab()
    status = await verdict(demo)
    path = _picture_file(folder if kept else None)
    picture.save(str(path))
    print_line(f"The window: {path}")
    return status


def _picture_file(folder: Path | None) -> Path:
    """Where the picture goes: beside the demo's files if they are kept, else to a file of its own."""
    if folder is not None:
        return folder / "window.png"
    descriptor, name = tempfile.mkstemp(prefix="syncline-demo-", suffix=".png")
    os.close(descriptor)
    return Path(name)


class WriteBar(QFrame):
    """A bar with a button that writes something at random, for each side, and one for the script.

    Args:
        demo: set up. commands: runs the writes and tells of what went wrong.
    """

    def __init__(self, demo: Demo, commands: Commands, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._demo = demo
        self._commands = commands
        self._random = random.Random()
        self.setFrameShape(QFrame.Shape.NoFrame)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 10, 6)
        self._text = QLabel()
        self._text.setWordWrap(True)
        row.addWidget(self._text, 1)
        self.buttons: dict[str, QPushButton] = {}
        for side in SIDES:
            button = QPushButton(icon("edit"), "")
            button.clicked.connect(lambda _=False, side=side: commands.start(self.write(side)))
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
            self.buttons[side] = button
        self.script = QPushButton(icon("sync-now"), "")
        self.script.clicked.connect(lambda: commands.start(self.play()))
        row.addWidget(self.script, 0, Qt.AlignmentFlag.AlignVCenter)
        on_language_change(self._retranslate)

    def _retranslate(self) -> None:
        self._text.setText(tr("Two todo lists, each in a file of its own, kept in sync through a hub on this machine."))
        for side, button in self.buttons.items():
            button.setText(tr("Write something on the {machine}", machine=side))
            button.setToolTip(tr("Adds, changes or deletes a todo over a connection of its own, as an app would"))
        self.script.setText(tr("Run the script"))
        self.script.setToolTip(tr("Both sides write, connected and disconnected, and sync again"))

    async def play(self) -> None:
        """Run the demo's script; once, for it brings its own keys."""
        self.script.setEnabled(False)
        await self._demo.script()

    async def write(self, side: str) -> None:
        """Write something on one side, as its app would."""
        await asyncio.to_thread(write_something, self._demo.files[side], self._random)


def write_something(path: Path, chance: random.Random) -> str:
    """Insert a todo, or change or delete one that is there; return the SQL that did it."""
    connection = connect(path)
    try:
        ids = [row[0] for row in connection.execute("SELECT id FROM todo ORDER BY id")]
        act = chance.choices(("insert", "update", "done", "delete"), (5, 3, 2, 1 if len(ids) > 3 else 0))[0]
        thing = chance.choice(THINGS)
        bindings: tuple[SQLiteValue, ...]
        if act == "insert" or not ids:
            new = chance.randrange(1, 1 << 31)  # both sides insert at the same time without taking each other's id
            statement, bindings = "INSERT INTO todo (id, text) VALUES (?, ?)", (new, thing)
        elif act == "update":
            statement, bindings = "UPDATE todo SET text = ? WHERE id = ?", (thing, chance.choice(ids))
        elif act == "done":
            statement, bindings = "UPDATE todo SET done = 1 - done WHERE id = ?", (chance.choice(ids),)
        else:
            statement, bindings = "DELETE FROM todo WHERE id = ?", (chance.choice(ids),)
        connection.execute(statement, bindings)
        return statement
    finally:
        connection.close()
