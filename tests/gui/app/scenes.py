"""A window on a real engine, a real file and a real hub, and what tests look at in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QLabel, QWidget

from engine.api import Engine
from engine.history.journal import Journal
from engine.settings import DatabaseConfig, Mode, PeerConfig, Settings, SettingsFile
from gui.app import shell
from gui.models.peer_columns import Column
from gui.window import Window
from tests.engine.live import make_file, plain_engine, until, write

W = TypeVar("W", bound=QWidget)

DEAD = "ws://127.0.0.1:9/sync"
"""The address of a hub that nobody runs."""


class Scene:
    """A window on one file with one peer, the hub that it syncs with, and what the test may look at."""

    def __init__(self, window: Window, engine: Engine, mine: Path, room: Path, quit_asked: asyncio.Event) -> None:
        self.window, self.engine, self.mine, self.room, self.quit_asked = window, engine, mine, room, quit_asked

    def cell(self, column: Column, row: int = 0) -> str:
        """What stands in the peers table."""
        return str(self.window.peers.proxy.index(row, column).data())

    async def state(self, word: str) -> None:
        await until(lambda: self.cell(Column.STATE) == word, f"the peer's row says {word}")

    @property
    def line(self) -> str:
        """The status bar's line."""
        return next(
            label.text() for label in self.window.findChildren(QLabel) if label.accessibleName() == "State of all peers"
        )


@asynccontextmanager
async def scene(
    folder: Path, *, mode: Mode = Mode.LIVE, url: str = "", peers: int = 1, window_settings: QSettings | None = None
) -> AsyncIterator[Scene]:
    room = make_file(folder / "hub" / "room")
    mine = make_file(folder / "todo.db")
    write(mine, "INSERT INTO item (id, name) VALUES (1, 'one')")
    database = DatabaseConfig.new(mine)
    async with plain_engine() as other:
        hub = await other.serving.start(room.parent)
        configs = tuple(
            PeerConfig.new(database.id, url or hub.url, room="room", name=f"hub {number}", mode=mode)
            for number in range(peers)
        )
        store = SettingsFile(folder / "settings.toml")
        store.save(Settings(databases=(database,), peers=configs))
        quit_asked = asyncio.Event()
        engine = Engine(store=store, journal=Journal())
        async with shell(engine, quit_asked, window_settings=window_settings) as window:
            yield Scene(window, engine, mine, room, quit_asked)


def flow_texts(window: Window) -> set[str]:
    """All values that stand in the change flow, which lists them as cells from now on."""
    window.flow.cells.setChecked(True)
    model = window.flow.model
    return {str(model.index(row, 6).data()) for row in range(model.rowCount())}


async def dialog(window: Window, kind: type[W]) -> W:
    """The dialog that the window opens."""
    found: Callable[[], list[W]] = lambda: [one for one in window.findChildren(kind) if one.isVisible()]  # noqa: E731
    await until(found, f"a {kind.__name__} opens")
    return found()[0]
