"""Displays, trays and programs for the tests of the whole."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.engine.live import PATIENCE
from tests.gui.app.program import Program, wait


@dataclass
class Display:
    """A real X display without a window manager."""

    name: str
    server: subprocess.Popen[bytes]

    def end(self) -> None:
        """The display goes, under whatever is shown on it."""
        self.server.terminate()
        self.server.wait(PATIENCE)

    def ask(self, *command: str) -> str:
        """Run ``xdotool`` on the display and return what it prints."""
        environment = os.environ | {"DISPLAY": self.name}
        done = subprocess.run(["xdotool", *command], env=environment, capture_output=True, text=True, timeout=PATIENCE)
        return done.stdout

    def windows(self, program: str) -> list[str]:
        """The visible windows of a program, its tray icon and menus among them."""
        return self.ask("search", "--onlyvisible", "--class", program).split()

    def place(self, window: str) -> tuple[int, int, int, int]:
        """Left, top, width and height of a window."""
        told = dict(line.split("=") for line in self.ask("getwindowgeometry", "--shell", window).split())
        return int(told["X"]), int(told["Y"]), int(told["WIDTH"]), int(told["HEIGHT"])

    def click(self, x: int, y: int, button: int = 1) -> None:
        """Click somewhere on the screen; not so soon after the last click that it would count as a double click."""
        time.sleep(0.6)
        self.ask("mousemove", str(x), str(y), "click", str(button))


@pytest.fixture
def display() -> Iterator[Display]:
    """An empty X display."""
    read, write = os.pipe()
    # Without -noreset it starts anew when its last client leaves, and the next one may meet that moment.
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as told:
        number = told.readline().strip()
    assert number, "Xvfb did not start"
    shown = Display(f":{number}", server)
    yield shown
    shown.end()


StartTray = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def start_tray(display: Display) -> Iterator[StartTray]:
    """Start a tray on the display, as often as called; returns its process."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        tray = subprocess.Popen(
            ["trayer", "--edge", "bottom", "--align", "right", "--widthtype", "request", "--height", "24"],
            env=os.environ | {"DISPLAY": display.name},
            stderr=subprocess.DEVNULL,
        )
        started.append(tray)
        wait(lambda: display.windows("trayer"), "the tray is there")
        return tray

    yield start
    for tray in started:
        tray.kill()
        tray.wait(PATIENCE)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Start the program with its home below ``tmp_path``; killed at the end if it still runs."""
    started: list[Program] = []

    def one(*arguments: str, display: str = "", temporary: Path | None = None, forked: bool = False) -> Program:
        started.append(Program(tmp_path / "home", *arguments, display=display, temporary=temporary, forked=forked))
        return started[-1]

    yield one
    for program in started:
        program.kill()
