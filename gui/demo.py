"""``syncline demo``: two to-do apps in windows of their own, and beside them the real window, with its own hub.

Everything is kept in a folder that is removed at the end (unless it is to be kept); the person's own databases,
settings and tray are not touched.
"""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from engine.api import Engine
from engine.change import SQLiteValue
from engine.cli.demo.command import folder_for, run_script, verdict
from engine.cli.demo.hub import Demo
from engine.cli.demo.two_apps import set_up
from engine.crr import connect
from engine.history.journal import Journal
from engine.settings import Pause, Settings
from gui.app import shell
from gui.commands import Commands
from gui.demo_apps import TodoApps
from gui.language import on_language_change, tr
from gui.lifecycle import make_application, run_coroutine
from gui.models.values import as_tip
from gui.status_line import ElidedLabel
from gui.theme import icon
from gui.todo.app import APPS
from gui.todo.places import SYNCLINE, place
from gui.window import Window

THINGS = (
    "Water the plants", "Send the letter", "Buy bread", "Call grandma", "Fix the bike", "Read the manual",
    "Sweep the stairs", "Book the train", "Return the books", "Bake a cake", "Charge the lamp", "Feed the cat",
)  # fmt: skip
DRAWN = 0.5
"""Seconds to wait for the bridge's last batch and the panels' timers before the picture is taken."""


def run(keep: Path | None) -> int:
    """Open the demo's window, and return the exit status when it is closed.

    Args:
        keep: the folder for the files, which are kept; None for one that is removed.
    """
    app = make_application()
    with folder_for(keep) as folder:
        return run_coroutine(app, lambda quit_asked: _show(folder, quit_asked))


def run_once(keep: Path | None, print_line: Callable[[str], None]) -> int:
    """Run the demo's script under an invisible window, compare the sides, and save a picture of the window.

    Args:
        keep: the folder for the files, which are kept; None for one that is removed.
        print_line: prints a line of the story.

    Returns:
        the exit status.
    """
    app = make_application()
    with folder_for(keep) as folder:
        return run_coroutine(app, lambda quit_asked: _run_script(folder, quit_asked, print_line, kept=keep is not None))


async def _show(folder: Path, quit_asked: asyncio.Event) -> int:
    engine = Engine(Settings(discover=False), journal=Journal())
    async with shell(engine, quit_asked) as window:
        window.setWindowTitle(tr("Syncline demo: two to-do apps"))
        window.tuck_away = quit_asked.set  # what a demo shows, it shows in the window
        window.add_top_bar(TryBar(window.commands))
        window.tabs.setCurrentWidget(window.centre.topology)
        place(window, SYNCLINE, APPS)
        files = await set_up(engine, folder)
        async with TodoApps(files, folder / "home", partial(app_ended, window, quit_asked)):
            await quit_asked.wait()
    return 0


def app_ended(window: Window, quit_asked: asyncio.Event, name: str, status: int) -> None:
    """Quit if an app was closed; if it ended otherwise, show a message.

    Args:
        name: the machine of the app.
        status: its exit status; negative for a signal.
    """
    if status == 0:
        quit_asked.set()
        return
    window.notices.show_message(
        tr(
            "The to-do app on the {machine} ended unexpectedly. What it had saved is kept, and synced. To end the demo,"
            " close this window.",
            machine=name,
        )
    )


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
    """Return where the picture is saved: beside the demo's files if they are kept, or else in a temporary file."""
    if folder is not None:
        return folder / "window.png"
    descriptor, name = tempfile.mkstemp(prefix="syncline-demo-", suffix=".png")
    os.close(descriptor)
    return Path(name)


class TryBar(QFrame):
    """A bar that suggests what to try, with a button that disconnects the machines.

    Args:
        commands: pauses and resumes.
    """

    def __init__(self, commands: Commands, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._commands = commands
        self.setFrameShape(QFrame.Shape.NoFrame)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 10, 6)
        self._text = ElidedLabel()
        row.addWidget(self._text, 1)
        self.apart = QPushButton(icon("pause"), "")
        self.apart.setCheckable(True)
        self.apart.toggled.connect(self._take_apart)
        row.addWidget(self.apart, 0, Qt.AlignmentFlag.AlignVCenter)
        on_language_change(self._retranslate)

    def _retranslate(self) -> None:
        text = tr(
            "Two to-do apps, each with a file of its own, kept the same by Syncline. Write in both. Disconnect them,"
            " change the same to-do in both, and connect them again."
        )
        self._text.setText(text)
        self._text.setToolTip(as_tip(text))
        self.apart.setText(tr("Connect again") if self.apart.isChecked() else tr("Disconnect"))
        self.apart.setToolTip(tr("While they are disconnected, both apps go on, and what they write is sent later"))

    def _take_apart(self, apart: bool) -> None:
        self._commands.pause(Pause.FOREVER if apart else None)
        self.apart.setIcon(icon("resume" if apart else "pause"))
        self._retranslate()


def write_something(path: Path, chance: random.Random) -> str:
    """Insert, change or delete a to-do at random, and return the SQL that did it."""
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
