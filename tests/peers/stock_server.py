"""The published server (``@vlcn.io/ws-server`` 0.2.3), unmodified but for its SQLite, in a Node process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from engine.change import SQLiteValue
from tests.peers.process import TIMEOUT, NodeProcess, poll_rows
from tests.ports import free_port


class StockServer:
    """Serves rooms on loopback.

    Args:
        schema_dir: where the schema files are; the name of a schema is its file's name.
        db_dir: where the rooms' database files go; None keeps them in memory.
        port: 0 picks a free one, which is nobody else's when it starts again.

    A broken frame, or a schema that does not match, can wedge or end it, as in real life: see ``events``.
    """

    def __init__(self, schema_dir: Path, db_dir: Path | None = None, *, port: int = 0) -> None:
        self.schema_dir = schema_dir
        self.db_dir = db_dir
        self.port = port or free_port()
        self._start()

    def _start(self) -> None:
        folders = [str(folder) for folder in (self.schema_dir, self.db_dir) if folder is not None]
        self.process = NodeProcess("stock-server/server.mjs", str(self.port), *folders)
        try:
            self.port = self.process.wait_event("ready")["port"]
        except BaseException:
            self.process.close()
            raise

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/vlcn-ws"

    @property
    def events(self) -> list[dict[str, Any]]:
        """What the server's process told since its last start."""
        return self.process.events

    def exec(
        self, room: str, sql: str, args: Sequence[SQLiteValue] = (), *, schema: str = "main.sql"
    ) -> list[tuple[Any, ...]]:
        """Run one statement on the server's own connection to ``room``."""
        reply = self.process.request("exec", room=room, schema=schema, sql=sql, args=list(args))
        return [tuple(row) for row in reply["rows"]]

    def wait(
        self,
        room: str,
        sql: str,
        rows: list[tuple[Any, ...]] | None = None,
        *,
        schema: str = "main.sql",
        timeout: float = TIMEOUT,
    ) -> list[tuple[Any, ...]]:
        """Repeat a query until it gives just ``rows`` (None: any row), or fail after ``timeout`` seconds."""
        return poll_rows(lambda: self.exec(room, sql, schema=schema), rows, timeout)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self.process.kill()

    def restart(self) -> None:
        """Crash it if it runs, then start it again on the same port and folders."""
        self.kill()
        self._start()

    def close(self) -> None:
        self.process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
