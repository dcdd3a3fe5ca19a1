"""The demo: two to-do apps in processes of their own beside the window, and the pictures."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import apsw
import pytest

from engine.api import Engine
from engine.cli.demo.two_apps import set_up
from engine.history.journal import Journal
from engine.peer_state import State
from engine.settings import Settings
from gui.app import shell
from gui.demo import TryBar, app_ended
from gui.demo_apps import TodoApps
from gui.todo.store import FIRST, TodoFile
from gui.window import Window
from tests.engine.live import PATIENCE, until
from tests.gui.aio import on_gui_loop
from tests.gui.app.program import HERE, Program, wait
from tests.gui.app.test_exits import plain

BOTH = ("laptop", "desktop")


# In this process: its window and its engine


@asynccontextmanager
async def demo(folder: Path, quit_asked: asyncio.Event) -> AsyncIterator[tuple[Window, TryBar, TodoApps]]:
    async with shell(Engine(Settings(discover=False), journal=Journal()), quit_asked) as window:
        bar = TryBar(window.commands)
        window.add_top_bar(bar)
        files = await set_up(window.commands.engine, folder)
        async with TodoApps(files, folder / "home", partial(app_ended, window, quit_asked)) as apps:
            yield window, bar, apps


async def as_app(path: Path, statement: str) -> None:
    """Do something with a ``TodoFile``, in a process that knows only the file."""
    opened = f"from pathlib import Path; from gui.todo.store import TodoFile; f = TodoFile(Path({str(path)!r}))"
    code = f"{opened}; {statement}; f.close()"
    command = [sys.executable, "-c", code]
    await asyncio.to_thread(subprocess.run, command, check=True, timeout=PATIENCE, cwd=HERE)


def todos(path: Path) -> list[tuple[str, str]]:
    """Text and list of each to-do, by text."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    connection.set_busy_timeout(round(1000 * PATIENCE))
    try:
        sql = "SELECT text, coalesce(name, '') FROM todo LEFT JOIN list ON list.id = list ORDER BY text"
        return list(connection.execute(sql))
    finally:
        connection.close()


@on_gui_loop
async def test_conflicts_and_same_names_can_be_tried(tmp_path: Path) -> None:
    async with demo(tmp_path, asyncio.Event()) as (window, bar, _):
        laptop, desktop = (tmp_path / f"{name}.db" for name in BOTH)
        await until(lambda: todos(desktop) == sorted(FIRST), "what the laptop's app begins with is on the desktop")
        bar.apart.click()
        states = window.commands.engine.peers.statuses
        await until(lambda: {peer.state for peer in states()} == {State.PAUSED}, "they are apart")
        assert bar.apart.text() == "Connect again"
        first = "f.todos()[0].number"
        await as_app(laptop, f"f.rename({first}, 'Water all plants'); f.add('Pack', 'Trip')")
        await as_app(desktop, f"f.rename({first}, 'Water no plants'); f.add('Book the train', 'Trip')")
        assert "Pack" not in dict(todos(desktop))
        bar.apart.click()
        await until(lambda: todos(laptop) == todos(desktop) and len(todos(laptop)) == 5, "both agree again")
        now = dict(todos(laptop))
        assert (now["Pack"], now["Book the train"]) == ("Trip", "Trip")
        assert len({"Water all plants", "Water no plants"} & set(now)) == 1
        await as_app(desktop, "f.delete(next(t.number for t in f.todos() if t.text == 'Pack'))")
        await until(lambda: "Pack" not in dict(todos(laptop)), "what one deletes is gone on the other")


@on_gui_loop
async def test_an_app_that_is_killed_is_told_of_and_one_that_is_closed_ends_all(tmp_path: Path) -> None:
    quit_asked = asyncio.Event()
    async with demo(tmp_path, quit_asked) as (window, _, apps):
        await until(lambda: todos(tmp_path / "desktop.db"), "the apps are up")
        apps.processes["desktop"].kill()
        await until(lambda: "The to-do app on the desktop ended unexpectedly." in window.notices.text, "it is told")
        assert not quit_asked.is_set()
        apps.processes["laptop"].terminate()
        await asyncio.wait_for(quit_asked.wait(), PATIENCE)


# As a person starts it


def apps_of(folder: Path) -> dict[str, int]:
    """The apps that run on files in this folder, by machine."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue  # it has just ended
            if "--app" in words and words[words.index("--app") + 2].startswith(str(folder)):
                found[words[words.index("--app") + 1]] = int(entry.name)
    return found


def texts(file: Path) -> list[str]:
    """What an app sees in a file, by plain sqlite3; nothing before there is one."""
    if not file.exists():
        return []
    opened = TodoFile(file)
    try:
        return sorted(todo.text for todo in opened.todos())
    finally:
        opened.close()


@pytest.mark.slow
def test_two_apps_stay_the_same_and_end_with_the_window(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    program = Program(tmp_path / "home", "demo", "--keep", str(kept))
    try:
        wait(lambda: set(apps_of(kept)) == set(BOTH), "both apps run")
        wait(lambda: len(texts(kept / "desktop.db")) == 3, "what the one begins with is in the other")
        desktop = TodoFile(kept / "desktop.db")
        desktop.add("Fix the bike")
        desktop.close()
        wait(lambda: "Fix the bike" in texts(kept / "laptop.db"), "what the other writes comes back")
        assert program.ends_well(signal.SIGINT) == ""
        assert apps_of(kept) == {}
    finally:
        program.kill()


@pytest.mark.slow
def test_apps_end_when_the_window_is_killed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    program = Program(tmp_path / "home", "demo", "--keep", str(kept))
    try:
        wait(lambda: set(apps_of(kept)) == set(BOTH), "both apps run")
        os.kill(program.process.pid, signal.SIGKILL)
        wait(lambda: apps_of(kept) == {}, "they end by themselves")
    finally:
        program.kill()
        program.process.communicate()


# Pictures


@pytest.mark.full
@pytest.mark.slow
def test_the_pictures(tmp_path: Path) -> None:
    done = plain(tmp_path / "home", "screenshots", str(tmp_path / "pictures"), timeout=400)
    assert (done.returncode, done.stderr) == (0, "")
    pictures = [Path(line) for line in done.stdout.splitlines()]
    assert {picture.name.split("-")[-1] for picture in pictures} == {"light.png", "dark.png"}
    assert {"empty", "states", "window", "demo"} <= {picture.name.split("-")[0] for picture in pictures}
    pictures = [one for one in pictures if not one.name.startswith("tray-icons-")]  # which shows both grounds always
    contents = [picture.read_bytes() for picture in pictures]
    assert all(content.startswith(b"\x89PNG") for content in contents)
    same = [picture.name for picture, content in zip(pictures, contents, strict=True) if contents.count(content) > 1]
    assert same == [], "no two pictures are the same"
    assert len(pictures) >= 40
