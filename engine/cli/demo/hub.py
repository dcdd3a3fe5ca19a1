"""The demo: a laptop's and a desktop's todo list, synced through a hub, with real files and sockets.

Nothing is simulated. The scripted writes go through ordinary connections, one of them in a process of its own, just as
an app would write.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from engine import relaunch
from engine.api import Engine
from engine.change import SQLiteValue
from engine.cli import output
from engine.crr import connect
from engine.errors import PeerUnreachable, StorageFailed
from engine.ids import SiteId
from engine.replica import Replica
from engine.settings import DatabaseConfig, Mode, Pause, PeerConfig
from engine.text import Text, joined, layout, t

ROOM = "todo"
SIDES = ("laptop", "desktop")
PATIENCE = 60.0
"""Seconds without progress after which a demo has failed."""

Rows = dict[str, list[tuple[tuple[SQLiteValue, ...], tuple[SQLiteValue, ...]]]]


def make_files(folder: Path) -> dict[str, Path]:
    """Create the three databases below ``folder``, each with its own site id.

    Returns:
        the files of the laptop, the desktop and the hub's room.
    """
    hub = folder / "hub"
    try:
        hub.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageFailed(
            t("The demo's files cannot be created in {folder}: {reason}.", folder=folder, reason=error.strerror)
        ) from None
    files = {side: folder / f"{side}.db" for side in SIDES} | {"hub": hub / ROOM}
    taken = [path for path in files.values() if path.exists()]
    if taken:
        raise StorageFailed(t("{path} already exists.", path=taken[0]), hint=t("Give the demo an empty folder."))
    schema = resources.files("assets").joinpath("demo.sql").read_text(encoding="utf-8")
    for path in files.values():
        connection = connect(path, create=True)
        try:
            connection.execute(schema).fetchall()  # runs every statement
        finally:
            connection.close()
    return files


class Demo:
    """Two databases and a hub in one engine.

    Args:
        engine: open, and without anything of the person's.
        folder: where the files are created.
        print_line: called with each line of the story.
    """

    def __init__(self, engine: Engine, folder: Path, print_line: Callable[[str], None]) -> None:
        self.engine = engine
        self.folder = folder
        self.files: dict[str, Path] = {}
        self.databases: dict[str, DatabaseConfig] = {}
        self.peers: dict[str, PeerConfig] = {}
        self._print_line = print_line

    async def set_up(self) -> None:
        """Create the files, start the hub, and link both sides to it, live."""
        self.files = await asyncio.to_thread(make_files, self.folder)
        hub = await self.engine.serving.start(self.folder / "hub")
        for side in SIDES:
            self.databases[side] = await self.engine.databases.add(self.files[side], side)
            peer = PeerConfig.new(
                self.databases[side].id, f"{hub.url}/", room=ROOM, name=f"{side} → hub", mode=Mode.LIVE
            )
            self.peers[side] = await self.engine.peers.add(peer)

    async def write(self, side: str, sql: str) -> None:
        """Write to one side as its app would, through a connection of its own."""
        self._print_line(layout("  {machine:<8} {sql}", machine=side, sql=sql))
        await asyncio.to_thread(write, self.files[side], sql)

    async def write_elsewhere(self, side: str, sql: str) -> None:
        """Write to one side from another process."""
        self._print_line(t("  {machine:<8} {sql}  (another process)", machine=side, sql=sql))
        command = relaunch.command("demo", "--write", str(self.files[side]), sql)
        await asyncio.to_thread(subprocess.run, command, check=True, timeout=PATIENCE)

    async def script(self) -> None:
        """Write on both sides: inserts, updates, conflicts, deletes, and from another process."""
        self._print_line(t("Both sides write, connected:"))
        await self.write("laptop", "INSERT INTO list (id, name) VALUES (1, 'Home')")
        await self.write("laptop", "INSERT INTO todo (id, text, list) VALUES (1, 'Water the plants', 1)")
        await self.write("desktop", "INSERT INTO todo (id, text) VALUES (2, 'Send the letter'), (3, 'Buy bread')")
        await self.wait_in_sync()
        await self.write("desktop", "UPDATE todo SET done = 1 WHERE id = 1")
        await self.write("laptop", "DELETE FROM todo WHERE id = 3")
        await self.wait_in_sync()
        self._print_line(t("Both sides write, with no connection between them:"))
        await self.engine.peers.pause(Pause.FOREVER)
        await self.write("laptop", "UPDATE todo SET text = 'Send the letter today' WHERE id = 2")
        await self.write("desktop", "UPDATE todo SET text = 'Send the letter by air' WHERE id = 2")
        await self.write("laptop", "DELETE FROM todo WHERE id = 1")
        await self.write("desktop", "UPDATE todo SET text = 'Water the cactus' WHERE id = 1")
        await self.write("desktop", "INSERT INTO todo (id, text) VALUES (4, 'Call grandma')")
        await self.write_elsewhere("laptop", "INSERT INTO todo (id, text) VALUES (5, 'Fix the bike')")
        await self.engine.peers.pause(None)
        await self.wait_in_sync()

    async def wait_in_sync(self) -> None:
        """Wait until both sides are in sync and hold everything that the hub holds.

        Raises:
            PeerUnreachable: that took more than ``PATIENCE`` seconds.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE
        ids = [peer.id for peer in self.peers.values()]
        while True:
            # an app's write is noticed a moment after it is made, so what counts is what is on disk
            await self.engine.peers.wait_in_sync(ids, timeout=max(0.1, end - loop.time()))
            if await self._level():
                return
            if loop.time() > end:
                raise PeerUnreachable(
                    t("The two sides did not reach the same state within {seconds:.0f} s.", seconds=PATIENCE)
                )
            await asyncio.sleep(0.05)

    async def _level(self) -> bool:
        """Return whether the clocks say that each side and the hub hold everything of each other."""
        hub_site, hub_version, _ = await asyncio.to_thread(_clocks, self.files["hub"])
        _, _, hub_holds = await asyncio.to_thread(_clocks, self.files["hub"])
        for side in SIDES:
            site, version, holds = await asyncio.to_thread(_clocks, self.files[side])
            if holds.get(hub_site, 0) < hub_version or hub_holds.get(site, 0) < version:
                return False
        return True

    async def compare(self) -> bool:
        """Print the site id, clocks and row counts of each replica, and return whether all rows are equal.

        Call it after the engine was closed, when everything has been written.
        """
        rows: dict[str, Rows] = {}
        for name, path in self.files.items():
            text, rows[name] = await asyncio.to_thread(describe, name, path)
            self._print_line(text)
        return all(of == rows["hub"] for of in rows.values())


def write(path: Path, sql: str) -> None:
    """Write to a file as its app would, through a connection of its own."""
    connection = connect(path)
    try:
        connection.execute(sql)
    finally:
        connection.close()


def _clocks(path: Path) -> tuple[SiteId, int, dict[SiteId, int]]:
    """Return the site id, the version, and how much of others is held."""
    with Replica.open(path, readonly=True) as replica:
        return replica.site_id, replica.db_version(), dict(replica.announcements())


def describe(name: str, path: Path) -> tuple[Text, Rows]:
    """Return a replica's site id, clocks and row counts for a person, and its rows."""
    with Replica.open(path, readonly=True) as replica:
        rows: Rows = {table: list(replica.live_rows(table)) for table in replica.synced_tables()}
        lines = [
            t(
                "{machine:<8} site {site_id}  version {version}",
                machine=name,
                site_id=replica.site_id.hex(),
                version=replica.db_version(),
            )
        ]
        for peer in replica.tracked_peers():
            sent = "–" if peer.sent is None else peer.sent
            received = "–" if peer.received is None else peer.received
            lines.append(
                t(
                    "           with {site_id}: received {received}, confirmed {confirmed}",
                    site_id=peer.site_id.hex()[:8],
                    received=received,
                    confirmed=sent,
                )
            )
        tables = [layout("{table}: {rows}", table=table, rows=output.rows(len(found))) for table, found in rows.items()]
        lines.append(layout("           {tables}", tables=joined(", ", tables)))
    return joined("\n", lines), rows
