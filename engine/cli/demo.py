"""``syncline demo --once``: the scripted demo, headless."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from engine.cli.output import say
from engine.demo import Demo
from engine.engine import Engine
from engine.errors import PeerUnreachable, UsageError
from engine.settings import Settings


async def run(arguments: argparse.Namespace) -> int:
    """Run the script, compare, and say ``identical`` as the last line if all rows are."""
    if not arguments.once:
        raise UsageError("The demo runs headless so far.", hint="Start it as: syncline demo --once")
    if arguments.keep is not None:
        return await _run_in(arguments.keep)
    with tempfile.TemporaryDirectory(prefix="syncline-demo-") as folder:
        return await _run_in(Path(folder))


async def _run_in(folder: Path) -> int:
    async with Engine(Settings()) as engine:
        demo = Demo(engine, folder, say)
        await demo.set_up()
        say(f"Two todo lists and a hub in {folder}, the hub at {engine.hub.url if engine.hub else ''}")
        try:
            await demo.script()
        except PeerUnreachable as error:
            say(str(error))
    same = await demo.compare()
    say("identical" if same else "different")
    return 0 if same else 1
