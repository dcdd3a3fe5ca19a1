"""The to-do app as a program of its own; it ends with its window, or when the program that started it is gone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import sys
import threading
from pathlib import Path

from engine.errors import StorageFailed
from engine.text import t
from gui.lifecycle import make_application, run_coroutine
from gui.todo.places import place
from gui.todo.store import TodoFile
from gui.todo.window import TodoWindow

APPS = ("laptop", "desktop")
"""The machines that the apps pretend to run on, the left one first."""


def run(name: str, path: Path) -> int:
    """Open the app's window on the machine ``name``, with this file, and return the exit status when it is closed.

    Raises:
        StorageFailed: the file cannot be used.
    """
    app = make_application()
    try:
        file = TodoFile(path)
        if name == APPS[0]:
            file.begin()
    except sqlite3.Error as error:
        raise StorageFailed(t("{path} cannot be opened: {reason}.", path=path, reason=error)) from None
    try:
        return run_coroutine(app, lambda quit_asked: _show(name, path, file, quit_asked))
    finally:
        file.close()


async def _show(name: str, path: Path, file: TodoFile, quit_asked: asyncio.Event) -> int:
    loop = asyncio.get_running_loop()
    threading.Thread(target=_wait_for_end, args=(loop, quit_asked), daemon=True).start()
    window = TodoWindow(name, path, file, quit_asked.set)
    place(window, name, APPS)
    window.show()
    try:
        await quit_asked.wait()
    finally:
        window.hide()
        window.deleteLater()
    return 0


def _wait_for_end(loop: asyncio.AbstractEventLoop, quit_asked: asyncio.Event) -> None:
    """Quit when standard input is closed, as by the end of the program that started this; runs on its own thread."""
    with contextlib.suppress(RuntimeError, OSError):  # the loop has ended; there is no input
        while os.read(sys.stdin.fileno(), 4096):  # not sys.stdin: its lock would be held at the program's end
            pass
        loop.call_soon_threadsafe(quit_asked.set)
