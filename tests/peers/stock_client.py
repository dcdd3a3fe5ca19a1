"""The published browser client (``@vlcn.io/ws-client`` 0.2.0), unmodified, in a Node process."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.change import SQLiteValue
from tests.peers.process import TIMEOUT, NodeProcess, poll_rows


@dataclass(frozen=True)
class Frame:
    """One WebSocket frame: ``direction`` is "in" or "out", ``type`` the published codec's name for it."""

    direction: str
    type: str | None
    content: bytes


class StockClient(NodeProcess):
    """A client with one in-memory database, syncing with ``room`` at ``url`` until it is stopped.

    Args:
        url: ``ws://host:port/path``.
        room: the name of the database on the server.
        schema: SQL text, which calls ``crsql_as_crr`` itself; peers must have the very same text.
        schema_name: the name it is announced by.
        auth: a token to send.
        frames: record every frame (see `frames`).
        start: connect at once; else when `start` is called.

    ``events`` has ``ws-open``, ``ws-close`` (``status``, ``reason``), ``ws-error``, ``listener-error``,
    ``unhandledRejection`` and ``uncaughtException``: the published client throws where nobody listens.
    """

    def __init__(
        self,
        url: str,
        room: str,
        schema: str,
        auth: str | None = None,
        *,
        schema_name: str = "main.sql",
        frames: bool = False,
        start: bool = True,
    ) -> None:
        config: dict[str, object] = {"url": url, "room": room, "schema": schema, "schemaName": schema_name}
        config |= {"auth": auth, "frames": frames, "start": start}
        super().__init__("client.mjs", json.dumps({k: v for k, v in config.items() if v is not None}))
        try:
            self.site_id = bytes.fromhex(self.wait_event("ready")["site_id"])
        except BaseException:
            self.close()
            raise

    def exec(self, sql: str, args: Sequence[SQLiteValue] = ()) -> list[tuple[Any, ...]]:
        """Run SQL on the app's connection; the rows of the last statement that has columns."""
        return [tuple(row) for row in self.request("exec", sql=sql, args=list(args))["rows"]]

    def wait(
        self,
        sql: str,
        rows: list[tuple[Any, ...]] | None = None,
        args: Sequence[SQLiteValue] = (),
        *,
        timeout: float = TIMEOUT,
    ) -> list[tuple[Any, ...]]:
        """Repeat a query until it gives just ``rows`` (None: any row), or fail after ``timeout`` seconds."""
        return poll_rows(lambda: self.exec(sql, args), rows, timeout)

    def start(self) -> None:
        """Connect, after `stop` or ``start=False``."""
        self.request("start")

    def stop(self) -> None:
        """Disconnect; the database stays."""
        self.request("stop")

    @property
    def frames(self) -> list[Frame]:
        """Every frame so far, if the client was made with ``frames=True``."""
        return [Frame(e["direction"], e["type"], e["bytes"]) for e in self.events if e["event"] == "frame"]
