"""The hub that the engine runs, if any."""

from __future__ import annotations

import contextlib
from pathlib import Path

from engine.api.core import Core
from engine.events import HubChanged
from engine.hub import Hub, HubOptions


class Serving:
    """At most one hub.

    Args:
        core: the engine's.

    Attributes:
        hub: the one that is running; None if there is none.
    """

    def __init__(self, core: Core) -> None:
        self.hub: Hub | None = None
        self._core = core
        self._stack = contextlib.AsyncExitStack()

    async def start(
        self,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
        options: HubOptions | None = None,
    ) -> Hub:
        """Serve the rooms of ``folder`` (see ``Hub``) until ``stop``, or the end of the engine."""
        await self.stop()
        hub = Hub(
            folder,
            self._core.hosts,
            host=host,
            port=port,
            token=token,
            options=options,
            backups=self._core.backups,
            on_guests=self._report,
            inbound=self._core.inbound,
        )
        self.hub = await self._stack.enter_async_context(hub)
        self._report()
        return self.hub

    async def stop(self) -> None:
        """Close the hub, if there is one, and tell its guests."""
        if self.hub is not None:
            self.hub = None
            await self._stack.aclose()
            self._core.emit(HubChanged("", ()))

    async def close(self) -> None:
        """Close the hub at the end of the engine."""
        await self._stack.aclose()

    def _report(self) -> None:
        if self.hub is not None:
            self._core.emit(HubChanged(self.hub.url, tuple(sorted(self.hub.guests.items()))))
