"""One of the three windows of ``syncline demo --p2p --windows``: a machine of its own, in its own process.

The program that opened it (``engine.cli.demo.windows``) sends orders, which stand for a person's actions, as lines of
JSON on standard input, and reads the results from standard output. When the orders end, so does this process.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import random
import sys
import threading
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from engine.cli.demo.p2p import MACHINES, Machine
from engine.errors import SynclineError
from engine.history.journal import Journal
from engine.pairing.pairing_link import parse
from gui.app import shell
from gui.commands import Commands, in_words
from gui.demo import write_something
from gui.language import said, tr
from gui.lifecycle import make_application, run_coroutine
from gui.theme import icon
from gui.window import Window

log = logging.getLogger(__name__)


def run(name: str, folder: Path) -> int:
    """Open the window of the machine ``name``, whose files are in ``folder``, and return the exit status at the end."""
    app = make_application()
    return run_coroutine(app, lambda quit_asked: _show(Machine(name, folder, Journal()), quit_asked))


async def _show(machine: Machine, quit_asked: asyncio.Event) -> int:
    orders: asyncio.Queue[str] = asyncio.Queue()
    threading.Thread(target=_listen, args=(asyncio.get_running_loop(), orders), daemon=True).start()
    async with shell(machine.engine, quit_asked) as window:
        window.setWindowTitle(tr("{machine} – Syncline demo", machine=machine.name))
        window.tuck_away = quit_asked.set  # what a demo shows, it shows in the window
        _place(window, MACHINES.index(machine.name))
        await machine.set_up()
        bar = MachineBar(machine, window.commands)
        window.add_top_bar(bar)
        obeying = asyncio.create_task(_obey(machine, bar, orders, quit_asked))
        try:
            await quit_asked.wait()
        finally:
            obeying.cancel()
            await asyncio.gather(obeying, return_exceptions=True)
    return 0


def _listen(loop: asyncio.AbstractEventLoop, orders: asyncio.Queue[str]) -> None:
    """Pass on each line, and an empty one at the end; runs on its own thread."""
    rest = b""
    with contextlib.suppress(RuntimeError):  # the loop has ended
        while data := os.read(sys.stdin.fileno(), 65536):  # not sys.stdin: its lock would be held at the program's end
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                loop.call_soon_threadsafe(orders.put_nowait, line.decode())
        loop.call_soon_threadsafe(orders.put_nowait, "")


async def _obey(machine: Machine, bar: MachineBar, orders: asyncio.Queue[str], quit_asked: asyncio.Event) -> None:
    while line := await orders.get():
        try:
            answer = await _do(machine, bar, json.loads(line))
        except SynclineError as error:
            answer = {"problem": in_words(error)}
        except Exception as error:  # a defect of ours: whoever waits for the answer has to hear of it
            log.exception("An order failed")
            problem = tr(
                "Something unexpected went wrong ({error}). Syncline keeps running.", error=type(error).__name__
            )
            answer = {"problem": problem}
        print(json.dumps(answer), flush=True)
    quit_asked.set()


async def _do(machine: Machine, bar: MachineBar, order: dict[str, str]) -> dict[str, Any]:
    match order["do"]:
        case "invite":
            return {"link": machine.invite().text()}
        case "pair":
            lines: list[str] = []
            await machine.pair(parse(order["link"]), order["name"], lambda line: lines.append(said(line)))
            return {"said": lines}
        case "write":
            return {"sql": await bar.write()}
        case _:
            return {"states": [peer.state.value for peer in machine.engine.peers.statuses()]}


def _place(window: Window, number: int) -> None:
    """Spread the windows over the screen, each a little lower than the one before."""
    area = window.screen().availableGeometry()
    window.resize(min(window.width(), area.width() * 2 // 3), min(window.height(), area.height() * 2 // 3))
    right, down = area.width() - window.width(), area.height() - window.height()
    window.move(area.left() + number * right // 2, area.top() + number * down // 2)


class MachineBar(QFrame):
    """A bar with a button that writes something at random on this machine.

    Args:
        machine: the machine, already set up.
        commands: runs the writes and reports errors.
    """

    def __init__(self, machine: Machine, commands: Commands, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._machine = machine
        self._random = random.Random()
        self.setFrameShape(QFrame.Shape.NoFrame)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 10, 6)
        text = QLabel(tr("One of three machines that found each other, each in its own window; no hub."))
        text.setWordWrap(True)
        row.addWidget(text, 1)
        self.button = QPushButton(icon("edit"), tr("Write something on the {machine}", machine=machine.name))
        self.button.setToolTip(tr("Adds, changes or deletes a todo over a connection of its own, as an app would"))
        self.button.clicked.connect(lambda: commands.start(self._clicked()))
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignVCenter)

    async def _clicked(self) -> None:
        await self.write()

    async def write(self) -> str:
        """Write something as this machine's app would, and return the SQL."""
        return await asyncio.to_thread(write_something, self._machine.path, self._random)
