"""What a peer says last is heard, though its connection is gone before we come to it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import apsw
from websockets.asyncio.client import connect as dial_raw
from websockets.asyncio.server import ServerConnection

from engine.errors import SynclineError
from engine.session import SynclineSession
from engine.session.close_codes import CloseCode
from engine.storage.replica_host import ReplicaHost
from engine.table_shape import Dataset, Parked, Shape
from engine.transport.driver import Driver
from engine.transport.keepalive import ClientSocket
from tests.engine.live import make_file, on_loop, stranger_server, until, write, writing


class _App:
    """Locks a file as soon as it has moved, before anybody reads what is new in it."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def version_moved(self, version: int) -> None:
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN EXCLUSIVE")

    def schema_changed(self, tables: tuple[Shape, ...], parked: tuple[Parked, ...]) -> None: ...

    def datasets_changed(self, datasets: Mapping[str, Dataset]) -> None: ...

    def replaced(self) -> None: ...

    def troubled(self, error: SynclineError | None) -> None: ...


@on_loop
async def test_a_refusal_that_comes_during_a_read_is_heard(tmp_path: Path) -> None:
    """An app keeps our file locked, so that a read takes its time; the other side says meanwhile why it hangs up."""
    room, a = make_file(tmp_path / "room"), make_file(tmp_path / "a.db")
    write(a, "PRAGMA journal_mode = DELETE")
    loop = asyncio.get_running_loop()
    drivers: list[Driver] = []
    async with ReplicaHost(room) as there, ReplicaHost(a) as here:

        async def hub(socket: ServerConnection) -> None:
            drivers.append(Driver(socket, SynclineSession(await there.snapshot(), now=loop.time), there))
            await drivers[0].run()

        async with stranger_server(hub) as url:
            socket = await dial_raw(url, compression=None, create_connection=ClientSocket)
            session = SynclineSession(await here.snapshot(), now=loop.time)
            with writing(a) as connection:
                stop = here.listen(_App(connection))
                running = asyncio.create_task(Driver(socket, session, here).run())
                await until(lambda: session.in_sync and drivers[0].session.in_sync, "in sync")
                write(a, "INSERT INTO item (id) VALUES (1)")
                await until(lambda: session.outbound.reading, "reading")
                drivers[0].hang_up(CloseCode.POLICY_VIOLATION, "Too much.", retry=True)
                await until(socket.connection_lost_waiter.done, "hung up")
                stop()
                connection.execute("ROLLBACK")
            closed = await running
        assert session.refusal is not None, closed
        assert closed.retry
