"""``syncline serve DIR``: a hub on this machine."""

from __future__ import annotations

import argparse

from engine.backup import Backups
from engine.cli.output import say
from engine.engine import Engine
from engine.errors import UsageError
from engine.events import HubChanged
from engine.settings import Settings, data_dir


async def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop."""
    if not 0 <= arguments.port <= 65535:
        raise UsageError(f"{arguments.port} is no port.", hint="Ports go from 0 to 65535.")
    async with Engine(Settings(), backups=Backups(data_dir() / "backups")) as engine:
        with engine.subscribe() as events:
            hub = await engine.serve(arguments.folder, port=arguments.port)
            say(f"Serving {arguments.folder} at {hub.url}; stop with Ctrl-C.")
            async for event in events:
                if isinstance(event, HubChanged) and event.url:
                    rooms = ", ".join(f"{room}: {guests}" for room, guests in event.rooms) or "nobody"
                    say(f"Connected: {rooms}")
    return 0
