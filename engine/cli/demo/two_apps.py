"""What the demo with two to-do apps syncs: their files, as such apps would create them, and a hub between them."""

from __future__ import annotations

import asyncio
from importlib import resources
from pathlib import Path

import apsw

from engine.api import Engine
from engine.cli.demo.hub import ROOM, SIDES
from engine.errors import StorageFailed
from engine.replica import Replica
from engine.settings import Mode, PeerConfig
from engine.text import t

TABLES = ("list", "todo")
"""The tables, parents first."""


async def set_up(engine: Engine, folder: Path) -> dict[str, Path]:
    """Create the files and make their tables syncable, start a hub, and link both to it, live.

    Args:
        engine: open, and without anything of the person's.
        folder: where the files are created.

    Returns:
        the apps' files, by the machine that each is said to be on.

    Raises:
        StorageFailed: they cannot be created there.
    """
    files = {side: folder / f"{side}.db" for side in SIDES}
    hub_file = folder / "hub" / ROOM
    await asyncio.to_thread(_make_files, [*files.values(), hub_file])
    await asyncio.to_thread(_make_syncable, hub_file)
    hub = await engine.serving.start(hub_file.parent)
    for side, path in files.items():
        database = await engine.databases.add(path, side)
        for table in TABLES:
            await engine.databases.make_syncable(database.id, table)
        peer = PeerConfig.new(database.id, f"{hub.url}/", room=ROOM, name="hub", mode=Mode.LIVE)
        await engine.peers.add(peer)
    return files


def _make_files(paths: list[Path]) -> None:
    schema = resources.files("assets").joinpath("todo.sql").read_text(encoding="utf-8")
    for path in paths:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageFailed(
                t(
                    "The demo's files cannot be created in {folder}: {reason}.",
                    folder=path.parent,
                    reason=error.strerror,
                )
            ) from None
        if path.exists():
            raise StorageFailed(t("{path} already exists.", path=path), hint=t("Give the demo an empty folder."))
        connection = apsw.Connection(str(path))
        try:
            connection.execute(schema).fetchall()  # runs every statement
        finally:
            connection.close()


def _make_syncable(path: Path) -> None:
    with Replica.open(path) as replica:
        for table in TABLES:
            replica.make_ordinary(table)
