"""The demo's window with its buttons, and the pictures."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.api import Engine
from engine.cli.demo.hub import SIDES, Demo
from engine.replica import Replica
from engine.settings import Settings
from gui.app import shell
from gui.demo import WriteBar
from gui.models.peers import Column
from tests.engine.live import until
from tests.gui.aio import on_gui_loop
from tests.gui.app.test_exits import plain


@on_gui_loop
async def test_writing_on_both_sides_and_the_script(tmp_path: Path) -> None:
    async with shell(Engine(Settings()), asyncio.Event()) as window:
        said: list[str] = []
        demo = Demo(window.commands.engine, tmp_path, said.append)
        await demo.set_up()
        bar = WriteBar(demo, window.commands)
        window.add_top_bar(bar)
        for _ in range(5):
            for side in SIDES:
                bar.buttons[side].click()
        bar.script.click()
        await until(lambda: not bar.script.isEnabled(), "it can be run once")
        await until(lambda: any("another process" in line for line in said), "the script comes to its end")
        await until(lambda: tables(demo, "laptop") == tables(demo, "desktop") != [], "both sides agree")
        await demo.wait_in_sync()
        assert tables(demo, "laptop") == tables(demo, "desktop") == tables(demo, "hub")
        states = [window.peers.proxy.index(row, Column.STATE) for row in range(2)]
        await until(lambda: [state.data() for state in states] == ["In sync"] * 2, "and the window says so")
        assert window.notices.text == ""
        assert window.flow.groups.held > 20


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


def tables(demo: Demo, name: str) -> list[object]:
    """All rows of one file."""
    with Replica.open(demo.files[name], readonly=True) as replica:
        return [(table, list(replica.live_rows(table))) for table in ("todo", "list")]
