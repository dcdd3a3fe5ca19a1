"""``syncline demo --once`` and ``--p2p``: the scripted demos, without a window or in three processes with one each."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from engine.api import Engine
from engine.cli.demo.hub import Demo
from engine.cli.demo.p2p import RingDemo
from engine.cli.demo.windows import ThreeWindows
from engine.cli.output import print_line
from engine.cli.window import demo
from engine.errors import PeerUnreachable, UsageError
from engine.settings import Settings
from engine.storage.in_use import PROCESS
from engine.text import t


async def run(arguments: argparse.Namespace) -> int:
    """Run the script and compare; the last line says ``identical`` if all rows are. Return the exit status."""
    if arguments.windows:
        if not arguments.p2p:
            raise UsageError(t("--windows needs --p2p."), hint=t("Use: syncline demo --p2p --windows"))
        return await _windows(arguments.keep, once=arguments.window is None)
    if arguments.p2p:
        return await _without_hub(arguments.keep)
    with folder_for(arguments.keep) as folder:
        async with Engine(Settings()) as engine:
            demo = Demo(engine, folder, print_line)
            await run_script(demo)
        return await verdict(demo)


async def _without_hub(keep: Path | None) -> int:
    with folder_for(keep) as folder:
        print_line(t("Three todo lists in {folder}, without a hub:", folder=folder))
        same = await RingDemo(folder, print_line).run()
    print_line(t("identical") if same else t("different"))
    return 0 if same else 1


async def _windows(keep: Path | None, *, once: bool) -> int:
    with folder_for(keep) as folder:
        print_line(t("Three windows in {folder}, each a machine of its own, without a hub:", folder=folder))
        async with ThreeWindows(folder, print_line) as windows:
            await windows.pair()
            if not once:
                print_line(t("Write in any of them. To end, close the windows or press Ctrl-C here."))
                await windows.closed()
                return 0
            await windows.script()
        same = await windows.compare()
    print_line(t("identical") if same else t("different"))
    return 0 if same else 1


@contextlib.contextmanager
def folder_for(keep: Path | None) -> Iterator[Path]:
    """Yield the folder for the demo's files: ``keep``, or one that is removed afterwards.

    Nothing else is left behind.
    """
    PROCESS.folder = None
    if keep is not None:
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="syncline-demo-") as folder:
        yield Path(folder)


async def run_script(demo: Demo) -> None:
    """Set up the demo, run its script, and describe it. The engine must be open."""
    await demo.set_up()
    hub = demo.engine.serving.hub
    print_line(
        t("Two todo lists and a hub in {folder}, the hub at {url}", folder=demo.folder, url=hub.url if hub else "")
    )
    try:
        await demo.script()
    except PeerUnreachable as error:
        print_line(error.sentence)


async def verdict(demo: Demo) -> int:
    """Compare all rows after the engine was closed, print ``identical`` or ``different``; return the exit status."""
    same = await demo.compare()
    print_line(t("identical") if same else t("different"))
    return 0 if same else 1


def demo_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``demo`` to ``parser``, which opens a window if there can be one."""
    parser.set_defaults(
        run=run, window=demo, endless=lambda arguments: arguments.windows and arguments.window is not None
    )
    text = t("run the script once without a window, compare the files, and exit")
    parser.add_argument("--once", dest="window", action="store_const", const=None, help=text)
    text = t("show three machines that find each other and pair, without a hub or a window")
    parser.add_argument("--p2p", action="store_true", help=text)
    parser.add_argument("--windows", action="store_true", help=t("with --p2p: open a window for each machine"))
    parser.add_argument("--keep", metavar="DIR", type=Path, help=t("keep the files in this folder"))
    for hidden in ("--write", "--machine", "--app"):  # the demo asks itself, in another process
        parser.add_argument(hidden, nargs=2, help=argparse.SUPPRESS)
