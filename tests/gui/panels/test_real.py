"""The panels on a real engine: two files, a hub, and the bridge between."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from engine.api import Engine
from engine.events import ChangesMoved, FlowDirection
from engine.settings import PeerConfig
from gui.bridge import Bridge
from gui.models.flow import LINE_ROLE
from gui.models.peer_columns import Column
from gui.panels.clocks import ClocksPanel
from gui.panels.flow import FlowPanel
from gui.panels.peers import PeersPanel
from tests.engine.live import make_file, plain_engine, until, write
from tests.gui.aio import on_gui_loop


@on_gui_loop
async def test_what_happens_is_shown(tmp_path: Path) -> None:
    files = {side: make_file(tmp_path / f"{side}.db") for side in ("laptop", "desktop")}
    make_file(tmp_path / "hub" / "room")
    peers, flow, clocks = PeersPanel(), FlowPanel(), ClocksPanel()
    flow.cells.setChecked(True)
    for panel in (peers, flow, clocks):
        panel.resize(900, 240)
        panel.show()
    async with plain_engine() as engine, bridged(engine, peers, flow):
        hub = await engine.serving.start(tmp_path / "hub")
        for side, path in files.items():
            database = await engine.databases.add(path, side)
            await engine.peers.add(PeerConfig.new(database.id, hub.url, room="room", name=f"{side} to hub"))
        await until(lambda: states(peers) == ["In sync", "In sync"], "both are shown in sync")
        flow.set_peer_names({status.peer: status.name for status in engine.peers.statuses()})

        await asyncio.to_thread(write, files["laptop"], "INSERT INTO item (id, name) VALUES (1, 'apple')")
        await asyncio.to_thread(write, files["laptop"], "UPDATE item SET name = 'pear' WHERE id = 1")
        seen = {
            (FlowDirection.IN, "desktop to hub", "pear"),
            (FlowDirection.OUT, "laptop to hub", "pear"),
            (FlowDirection.LOCAL, "–", "pear"),
        }
        await until(lambda: seen <= set(lines_of(flow)), "the write is seen to be made, to leave and to arrive")

        await until(lambda: clock(peers, "desktop to hub") > 0, "the clock moved")
        assert clock(peers, "laptop to hub") >= 0
        desktop = engine.settings.databases[1]
        own = next(status for status in engine.peers.statuses() if status.database == desktop.id)
        assert own.site_id is not None
        kept = await engine.databases.clocks(desktop.id)
        clocks.set_databases({desktop.id: desktop.name})
        clocks.model.set_clocks(b"\0" * 16, 1, kept, {own.site_id: own.name})
        whose = [clocks.proxy.index(row, 1).data() for row in range(clocks.proxy.rowCount())]
        assert own.name in whose
    for panel in (peers, flow, clocks):
        panel.close()
        panel.deleteLater()


@contextlib.asynccontextmanager
async def bridged(engine: Engine, peers: PeersPanel, flow: FlowPanel):  # type: ignore[no-untyped-def]
    """The bridge as the window connects it."""
    bridge = Bridge(engine)
    bridge.peers_changed.connect(peers.model.update)
    bridge.peer_removed.connect(peers.model.remove)
    bridge.flow.connect(flow.append)
    task = asyncio.create_task(bridge.run())
    await asyncio.sleep(0)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def states(peers: PeersPanel) -> list[str]:
    return [peers.proxy.index(row, Column.STATE).data() for row in range(peers.proxy.rowCount())]


def clock(peers: PeersPanel, name: str) -> int:
    found = [status.received for status in peers.model.statuses() if status.name == name]
    return found[0]


def lines_of(flow: FlowPanel) -> list[tuple[FlowDirection, str, str]]:
    """Direction, peer and value of every line that is shown."""
    lines = []
    for row in range(flow.model.rowCount()):
        event: ChangesMoved = flow.model.index(row, 0).data(LINE_ROLE)[0]
        peer, value = (flow.model.index(row, column).data() for column in (2, 6))
        lines.append((event.way, peer, value))
    return lines
