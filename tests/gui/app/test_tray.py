"""The tray icon in a real tray, on a real X display: there, clicked, its menu used, gone and late."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from tests.engine.live import PATIENCE
from tests.gui.app.conftest import Display, StartTray
from tests.gui.app.program import Program, wait

Start = Callable[..., Program]

PROGRAM = "syncline"


def icon_of(display: Display) -> tuple[int, int]:
    """Wait for the icon, and return where to click it."""
    wait(lambda: [w for w in display.windows(PROGRAM) if display.place(w)[2] <= 24], "the icon is in the tray")
    [icon] = [w for w in display.windows(PROGRAM) if display.place(w)[2] <= 24]
    left, top, width, height = display.place(icon)
    assert top > 700, "the icon sits in the tray's panel, at the bottom"
    return left + width // 2, top + height // 2


def open_windows(display: Display) -> list[str]:
    return [w for w in display.windows(PROGRAM) if display.place(w)[2] > 100]


def test_click_toggles_and_the_menu_acts(display: Display, start_tray: StartTray, start: Start) -> None:
    start_tray()
    program = start(display=display.name)
    wait(lambda: open_windows(display), "the window opens")
    icon = icon_of(display)

    display.click(*icon)
    wait(lambda: not open_windows(display), "a click hides the window")
    assert program.alive
    display.click(*icon)
    wait(lambda: open_windows(display), "another click opens it again")

    choose(display, icon, "Up", "Return")  # the last entry
    assert program.ends_well() == ""


def test_the_menu_opens_a_window_that_was_closed(display: Display, start_tray: StartTray, start: Start) -> None:
    start_tray()
    program = start(display=display.name)
    wait(lambda: open_windows(display), "the window opens")
    icon = icon_of(display)
    [window] = open_windows(display)
    display.ask("windowfocus", "--sync", window, "key", "ctrl+w")
    wait(lambda: not open_windows(display), "closing hides the window")
    assert program.alive
    choose(display, icon, "Up", "Up", "Up", "Return")  # "Open", above "Settings" and "Quit"
    wait(lambda: open_windows(display), "the menu opens it")
    choose(display, icon, "Up", "Return")
    program.ends_well()


def test_a_tray_that_goes_away_gives_the_window_back(display: Display, start_tray: StartTray, start: Start) -> None:
    tray = start_tray()
    program = start(display=display.name)
    wait(lambda: open_windows(display), "the window opens")
    display.click(*icon_of(display))
    wait(lambda: not open_windows(display), "a click hides the window")
    end(tray)
    wait(lambda: open_windows(display), "without a tray the window is there again")
    program.process.terminate()
    program.ends_well()


def test_a_tray_that_comes_late(display: Display, start_tray: StartTray, start: Start) -> None:
    program = start("open", "--hidden", display=display.name)
    wait(lambda: open_windows(display), "hidden, but there is no tray: the window is not lost")
    start_tray()
    icon = icon_of(display)
    display.click(*icon)  # brings it up from minimised, which shows no difference without a window manager
    display.click(*icon)
    wait(lambda: not open_windows(display), "the late icon works")
    program.process.terminate()
    program.ends_well()


def test_a_second_start_opens_the_window(display: Display, start_tray: StartTray, start: Start) -> None:
    start_tray()
    program = start(display=display.name)
    wait(lambda: open_windows(display), "the window opens")
    display.click(*icon_of(display))
    wait(lambda: not open_windows(display), "a click hides the window")
    assert start(display=display.name).ends_well() == ""
    wait(lambda: open_windows(display), "the second start brought the first one's window back")
    program.process.terminate()
    program.ends_well()


def choose(display: Display, icon: tuple[int, int], *keys: str) -> None:
    """Open the icon's menu and press keys in it."""
    before = set(display.windows(PROGRAM))
    display.click(*icon, 3)
    wait(lambda: set(display.windows(PROGRAM)) - before, "the menu is there")
    display.ask("key", *keys)


def end(tray: subprocess.Popen[bytes]) -> None:
    tray.terminate()
    tray.wait(PATIENCE)
