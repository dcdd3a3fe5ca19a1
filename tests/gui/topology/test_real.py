"""The picture in the window, beside real files and a hub."""

from __future__ import annotations

import asyncio
from pathlib import Path

from engine.api import Engine
from engine.cli.demo.hub import Demo
from engine.settings import Settings
from gui.app import shell
from gui.topology.graph import Kind
from gui.topology.view import TopologyView
from gui.window import Window
from tests.engine.live import until
from tests.gui.aio import on_gui_loop


def kinds(view: TopologyView) -> list[Kind]:
    return [node.kind for node in view.topology.nodes]


@on_gui_loop
async def test_databases_their_hub_and_changes_on_their_way(tmp_path: Path) -> None:
    async with shell(Engine(Settings()), asyncio.Event()) as window:
        page, header = window.centre.topology, window.header.topology
        window.tabs.setCurrentWidget(page)
        demo = Demo(window.commands.engine, tmp_path, lambda _: None)
        await demo.set_up()
        await demo.wait_in_sync()
        [laptop, desktop] = [known.id for known in window.commands.engine.settings.databases]
        two = [Kind.DATABASE, Kind.DATABASE, Kind.PEER]
        await until(lambda: kinds(page) == kinds(header) == two, "two databases and one hub")
        assert len(page.topology.links) == 2
        begun: list[bool] = []
        window.bridge.flow.connect(lambda _: begun.append(page.moving and header.moving))
        await demo.write("laptop", "INSERT INTO todo (id, text) VALUES (1, 'Buy bread')")
        await until(lambda: any(begun), "pulses, as the change moves")
        await until(lambda: not page.moving and not header.moving, "then it is still")
        window.choice.choose(laptop)
        await until(lambda: kinds(page)[:2] == [Kind.HERE, Kind.PEER], "the laptop and its hub")
        await sites_of(window, laptop, desktop)
        page.database_requested.emit(desktop)
        assert window.choice.database == desktop


async def sites_of(window: Window, *databases: str) -> None:
    """Wait until all clocks that were to be read have been."""
    await until(lambda: window.topology_reader.rests, "the clocks are read")
    assert set(window.topology_reader._sites) <= set(databases)
