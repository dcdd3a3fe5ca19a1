"""Parses the command line and runs one command.

Exit status: 0, 1 (could not), 2 (used wrongly). A person reads a sentence and a hint, never a traceback.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from engine import __version__
from engine.cli import (
    backups,
    bench,
    check,
    demo,
    identity,
    inspect,
    pair,
    schema,
    serve,
    sync,
    token,
    verify,
    window,
)
from engine.errors import SynclineError, UsageError
from engine.sharing.link import is_link

Command = Callable[[argparse.Namespace], Awaitable[int]]
Window = Callable[[argparse.Namespace], int | None]
"""A command that opens a window: it brings its own loop. None when it opened none, and the ``Command`` is to run."""


def run(argv: Sequence[str] | None = None) -> int:
    """See ``engine.cli.main``."""
    _log_to_stderr(os.environ.get("SYNCLINE_LOG", "ERROR").upper())
    words = list(sys.argv[1:] if argv is None else argv)
    if words and (is_link(words[0]) or _is_file(words[0])):
        words.insert(0, "open")
    arguments = parser().parse_args(words)
    try:
        status = arguments.window(arguments) if arguments.window is not None else None
        if status is not None:  # it ran Qt's loop, and ended in good order by itself
            return int(status)
        return asyncio.run(_until_told(arguments.run, arguments))
    except UsageError as error:
        return _say(error, 2)
    except SynclineError as error:
        return _say(error, 1)
    except BrokenPipeError:
        # whoever read our output has gone; there is nobody to tell
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _is_file(word: str) -> bool:
    """Whether this is a file, and cannot be meant as a command: no name of one holds a dot or a slash."""
    return any(mark in word for mark in (".", "/", os.sep)) and os.path.isfile(word)


def _log_to_stderr(level: str) -> None:
    handler = logging.StreamHandler()
    handler.setLevel(level)  # loggers with a level of their own do not ask the root's
    logging.basicConfig(level=level, format="%(name)s: %(message)s", handlers=[handler])


async def _until_told(run: Command, arguments: argparse.Namespace) -> int:
    """Run a command; SIGINT and SIGTERM end it in good order."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None
    told = False

    def stop() -> None:
        nonlocal told
        if told:  # asked twice: at once; what is on disk is whole at any moment
            os._exit(1)
        told = True
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # no such signals on this system's loop
            loop.add_signal_handler(number, stop)
    try:
        return await run(arguments)
    except asyncio.CancelledError:
        if not told:
            raise
        return 0 if arguments.endless(arguments) else 1


def _say(error: SynclineError, status: int) -> int:
    print(f"syncline: {error}", file=sys.stderr)
    if error.hint:
        print(f"          {error.hint}", file=sys.stderr)
    return status


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="syncline",
        usage="syncline [COMMAND ...]",
        description="Keeps cr-sqlite databases in sync. Without a command it opens the window.",
        epilog="COMMAND --help tells more of each. The folder docs of the source has guides to all of it.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"syncline {__version__}")
    parser.set_defaults(endless=lambda _: False, window=window.open_window, files=[], hidden=False)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", prog="syncline")

    def command(name: str, run: Command | None, text: str, window: Window | None = None) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
        one.set_defaults(run=run, window=window)
        return one

    def database(one: argparse.ArgumentParser) -> None:
        one.add_argument("database", metavar="DB", type=Path, help="the SQLite file")

    one = command("open", None, "Open the window, and add these databases, or the peer of a link.", window.open_window)
    one.add_argument("files", metavar="FILE|LINK", nargs="*", help="a SQLite file to add, or a pairing link")
    one.add_argument("--hidden", action="store_true", help="start in the tray")

    one = command("demo", demo.run, "Two todo lists in sync through a hub, before your eyes.", window.demo)
    text = "run the script once without a window, compare, and end"
    one.add_argument("--once", dest="window", action="store_const", const=None, help=text)
    text = "three machines that find each other and pair, without a hub and without a window"
    one.add_argument("--p2p", action="store_true", help=text)
    one.add_argument("--windows", action="store_true", help="with --p2p: a window for each of the three")
    one.add_argument("--keep", metavar="DIR", type=Path, help="put the files there and leave them")
    for hidden in ("--write", "--machine"):  # the demo asks itself, in another process
        one.add_argument(hidden, nargs=2, help=argparse.SUPPRESS)
    one.set_defaults(endless=lambda arguments: arguments.windows and arguments.window is not None)

    one = command("screenshots", None, "Paint the window into pictures, light and dark.", window.screenshots)
    one.add_argument("folder", metavar="DIR", type=Path, help="where the pictures go")
    text = "those of two machines that pair, which share in the local network meanwhile, and no others"
    one.add_argument("--pairing", action="store_true", help=text)

    one = command("sync", sync.run, "Sync a database with a peer.")
    database(one)
    text = "the peer's address, as ws://host:port/sync (default: the peers that are kept for it)"
    one.add_argument("url", metavar="URL", nargs="?", help=text)
    one.add_argument("--room", help="the database's name there (default: the file's name)")
    one.add_argument("--schema", metavar="FILE", type=Path, help="the schema file of a published vlcn server")
    text = "a file with the token that the peer asks for (or set SYNCLINE_TOKEN)"
    one.add_argument("--token-file", metavar="FILE", type=Path, help=text)
    how = one.add_mutually_exclusive_group()
    how.add_argument("--once", action="store_true", help="until both sides are caught up (the default)")
    how.add_argument("--watch", action="store_true", help="stay connected; send every write at once")
    how.add_argument("--every", metavar="MINUTES", type=int, help="pull again and again, at this distance")
    one.add_argument("--json", action="store_true", help="one JSON object a line")
    one.set_defaults(endless=lambda arguments: bool(arguments.watch or arguments.every))

    text = "Sync with a peer, compare every row, and mend what differs if asked to."
    verify.add_options(command("verify", verify.run, text))

    text = "Show how the tables differ from a peer's, and add what is missing here if asked to."
    schema.add_options(command("schema", schema.run, text))

    one = command("serve", serve.run, "Serve the databases of a folder as rooms.")
    serve.add_options(one)
    one.set_defaults(endless=lambda _: True)

    token.add_options(command("token", token.run, "Make, list and revoke the tokens of a hub."))

    text = "Pair two machines: make a link to a database here, open it on the other one."
    one = command("pair", pair.pair, text)
    pair.add_pair_options(one)
    one.set_defaults(endless=lambda arguments: arguments.database is None or bool(arguments.watch))

    one = command("share", pair.share, "Serve databases to the machines that were paired with this one.")
    one.add_argument("databases", metavar="DB", type=Path, nargs="+", help="a SQLite file")
    pair.add_share_options(one)
    one.set_defaults(endless=lambda _: True)

    one = command("status", inspect.status, "Show the configured databases and peers, and their clocks.")
    one.add_argument("--json", action="store_true", help="one JSON object")

    one = command("activity", inspect.activity, "Show what the window has synced in the last 30 days.")
    form = one.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="a JSON array")
    form.add_argument("--csv", action="store_true", help="CSV with a heading")

    one = command("tables", inspect.tables, "Show which tables of a database are, or can be made, syncable.")
    database(one)
    one.add_argument("--json", action="store_true", help="one JSON object a line")

    one = command("make-syncable", inspect.make_syncable, "Make a table syncable, after a backup of the file.")
    database(one)
    one.add_argument("table", metavar="TABLE")
    text = "take it back: its rows stay, and are synced no more; any program can write to it again"
    one.add_argument("--undo", action="store_true", help=text)

    one = command("new-id", identity.new_id, "Give a database that was copied or restored a site id of its own.")
    database(one)
    one.add_argument("--yes", action="store_true", help="do it: it becomes a new replica to all its peers")

    backups.add_options(command("backups", backups.run, "List the backups of databases, and put one back."))

    one = command("check", check.check, "Find damage to a database's sync records, and mend it.")
    database(one)
    one.add_argument("--repair", action="store_true", help="mend what is found, after a backup of the file")
    one.add_argument("--json", action="store_true", help="one JSON object a line")

    one = command("changes", inspect.changes, "Print a database's changes.")
    database(one)
    one.add_argument("--since", metavar="V", type=int, default=0, help="only those above this version")
    one.add_argument("--follow", action="store_true", help="go on with new ones as they are made")
    one.add_argument("--json", action="store_true", help="one JSON object a line")
    one.set_defaults(endless=lambda arguments: bool(arguments.follow))

    one = command("bench", bench.bench, "Measure the engine, each figure beside its baseline in the same run.")
    text = "merge, read, capture, codec; stall, growth; hub; gui idle"
    one.add_argument("benches", metavar="BENCH", nargs="*", help=text)
    one.add_argument("--case", metavar="PATTERN", default="*", help="only the cases with such a name, as in 'empty*'")
    one.add_argument("--rows", metavar="N", type=int, default=100_000, help="default: 100000")
    one.add_argument("--rounds", metavar="N", type=int, default=3, help="the median of so many; 3 or more")
    one.add_argument("--seconds", metavar="S", type=float, help="for hub and gui: how long each case is watched")
    one.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser
