"""The demo without a hub: three machines' todo lists that find each other, pair, and sync in a ring.

Each machine is an engine with its own file, certificate, tokens and port; they meet over real sockets, on this machine
only. The demo carries the pairing link from one to the next, as a person would.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path

from engine.api import Engine
from engine.cli.demo.hub import PATIENCE, Rows, describe, write
from engine.crr import connect
from engine.errors import PeerUnreachable, StorageFailed
from engine.history.journal import Journal
from engine.pairing.discovery import Discovery, Found, mark, offer
from engine.pairing.pairing_link import PairingLink, parse
from engine.replica import Replica
from engine.settings import DatabaseConfig, Pause, Settings
from engine.table_shape import Shape
from engine.text import layout, t

MACHINES = ("laptop", "desktop", "tablet")


class Machine:
    """One of the three machines.

    Args:
        name: the machine's.
        folder: for its file and data; created when needed.
        journal: as for ``Engine``.
    """

    def __init__(self, name: str, folder: Path, journal: Journal | None = None) -> None:
        self.name = name
        self.path = file_of(folder)
        self.engine = Engine(Settings(), data=folder / "data", journal=journal)
        self.database: DatabaseConfig | None = None

    async def set_up(self) -> None:
        """Create the file, and share it. The engine must be open."""
        await asyncio.to_thread(_make_file, self.path)
        self.database = await self.engine.databases.add(self.path)
        await self.engine.sharing.start([self.database.id])

    def invite(self) -> PairingLink:
        """Make a pairing link to its database."""
        assert self.database is not None
        return self.engine.sharing.invite(self.database.id)

    async def pair(self, link: PairingLink, name: str, print_line: Callable[[str], None]) -> None:
        """Find another machine in the network by its certificate, and use its link.

        Raises:
            PeerUnreachable: it was not found within ``PATIENCE`` seconds.
        """
        assert self.database is not None
        changed = asyncio.Event()
        async with self.engine.pairing.discover(changed.set, here=True) as discovery:
            found = await _find(discovery, changed, link, name)
        if offer(self.shapes()) in found.offers:
            line = t(
                "  {machine:<8} finds {peer} at port {port}; its tables match",
                machine=self.name,
                peer=name,
                port=found.port,
            )
        else:
            line = t(
                "  {machine:<8} finds {peer} at port {port}; its tables do not match",
                machine=self.name,
                peer=name,
                port=found.port,
            )
        print_line(line)
        await self.engine.pairing.pair(link, self.database.id, name=name)
        print_line(t("  {machine:<8} pairs with it; both show: {words}", machine=self.name, words=" ".join(link.words)))

    def shapes(self) -> tuple[Shape, ...]:
        """Return the shapes of its tables."""
        with Replica.open(self.path, readonly=True) as replica:
            return tuple(replica.shapes())


class RingDemo:
    """The three machines.

    Args:
        folder: where the files are created.
        print_line: called with each line of the story.
    """

    def __init__(self, folder: Path, print_line: Callable[[str], None]) -> None:
        self.machines = {name: Machine(name, folder / name) for name in MACHINES}
        self._print_line = print_line

    async def run(self) -> bool:
        """Run the whole story, and return whether all three hold the same rows at its end.

        Raises:
            PeerUnreachable: they did not find each other, or did not become equal, within ``PATIENCE`` seconds.
        """
        async with contextlib.AsyncExitStack() as stack:
            for machine in self.machines.values():
                await stack.enter_async_context(machine.engine)
                await machine.set_up()
            await self._pair()
            await self._script()
        rows = []
        for machine in self.machines.values():
            text, found = await asyncio.to_thread(describe, machine.name, machine.path)
            self._print_line(text)
            rows.append(found)
        return all(found == rows[0] for found in rows)

    async def _pair(self) -> None:
        """Let each machine find the next one, and use its link."""
        laptop, desktop, tablet = self.machines.values()
        for here, there in ((laptop, desktop), (desktop, tablet), (tablet, laptop)):
            await here.pair(parse(there.invite().text()), there.name, self._print_line)

    async def _script(self) -> None:
        """Write everywhere, both connected and with nobody connected."""
        self._print_line(t("All three write, connected in a ring:"))
        await self._write("laptop", "INSERT INTO list (id, name) VALUES (1, 'Home')")
        await self._write("laptop", "INSERT INTO todo (id, text, list) VALUES (1, 'Water the plants', 1)")
        await self._write("desktop", "INSERT INTO todo (id, text) VALUES (2, 'Send the letter'), (3, 'Buy bread')")
        await self._write("tablet", "INSERT INTO todo (id, text) VALUES (4, 'Call grandma')")
        await self._wait_in_sync()
        self._print_line(t("Without the link between tablet and laptop, the desktop relays the changes:"))
        await self.machines["tablet"].engine.peers.pause(Pause.FOREVER)
        await self._write("laptop", "DELETE FROM todo WHERE id = 3")
        await self._write("tablet", "UPDATE todo SET done = 1 WHERE id = 1")
        await self._wait_in_sync()
        self._print_line(t("All three write, with no connection between them:"))
        for machine in self.machines.values():
            await machine.engine.peers.pause(Pause.FOREVER)
        await self._write("laptop", "UPDATE todo SET text = 'Send the letter today' WHERE id = 2")
        await self._write("desktop", "UPDATE todo SET text = 'Send the letter by air' WHERE id = 2")
        await self._write("tablet", "UPDATE todo SET text = 'Forget the letter' WHERE id = 2")
        await self._write("laptop", "DELETE FROM todo WHERE id = 4")
        await self._write("tablet", "UPDATE todo SET text = 'Call grandma at five' WHERE id = 4")
        await self._write("desktop", "INSERT INTO todo (id, text) VALUES (5, 'Fix the bike')")
        for machine in self.machines.values():
            await machine.engine.peers.pause(None)
        await self._wait_in_sync()

    async def _write(self, name: str, sql: str) -> None:
        self._print_line(layout("  {machine:<8} {sql}", machine=name, sql=sql))
        await asyncio.to_thread(write, self.machines[name].path, sql)

    async def _wait_in_sync(self) -> None:
        await come_together([machine.path for machine in self.machines.values()])


def file_of(folder: Path) -> Path:
    """Return the file of a machine's todo list."""
    return folder / "todo.db"


async def come_together(paths: Sequence[Path]) -> None:
    """Wait until these files hold the same rows.

    Raises:
        PeerUnreachable: that took more than ``PATIENCE`` seconds.
    """
    end = asyncio.get_running_loop().time() + PATIENCE
    while True:
        rows = [await asyncio.to_thread(_rows, path) for path in paths]
        if all(found == rows[0] for found in rows):
            return
        if asyncio.get_running_loop().time() > end:
            raise PeerUnreachable(
                t("The three machines did not reach the same state within {seconds:.0f} s.", seconds=PATIENCE)
            )
        await asyncio.sleep(0.05)


def _rows(path: Path) -> Rows:
    with Replica.open(path, readonly=True) as replica:
        return {table: list(replica.live_rows(table)) for table in replica.synced_tables()}


async def _find(discovery: Discovery, changed: asyncio.Event, link: PairingLink, name: str) -> Found:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while True:
                for found in discovery.found:
                    if found.certificate == mark(link.fingerprint):
                        return found
                changed.clear()
                await changed.wait()
    why = discovery.problem or t("Multicast may be disabled here.")
    raise PeerUnreachable(
        t("{machine} was not found within {seconds:.0f} s. {reason}", machine=name, seconds=PATIENCE, reason=why)
    )


def _make_file(path: Path) -> None:
    if path.exists():
        raise StorageFailed(t("{path} already exists.", path=path), hint=t("Give the demo an empty folder."))
    schema = resources.files("assets").joinpath("demo.sql").read_text(encoding="utf-8")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageFailed(
            t("The demo's files cannot be created in {folder}: {reason}.", folder=path.parent, reason=error.strerror)
        ) from None
    connection = connect(path, create=True)
    try:
        connection.execute(schema).fetchall()  # runs every statement
    finally:
        connection.close()
