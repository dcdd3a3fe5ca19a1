"""``syncline changes``: prints a file's changes. The file is opened read-only, except to record what programs wrote."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import suppress

from engine.cli.options import add_database
from engine.cli.output import change_json, change_line, print_json, print_line, print_to_stderr
from engine.errors import FileBusy, ReadOnlyFile, UsageError
from engine.history.event_stream import flow_of
from engine.replica import Replica
from engine.storage.file_watch import FileWatch
from engine.text import t

READ_LIMIT = 10_000
"""How many changes are read at a time."""


_UNRECORDED = t("What programs wrote last is not recorded yet, as the file cannot be written to at the moment.")


async def changes(arguments: argparse.Namespace) -> int:
    """Run ``syncline changes DB [--since V] [--follow] [--json]``; return the exit status."""
    since: int = arguments.since
    if since < 0:
        raise UsageError(t("--since needs a version, 0 or higher."))
    named: set[str] = set()
    with Replica.open(arguments.database, readonly=True) as replica:
        since = _print_changes(replica, since, arguments.json, named)
        if arguments.follow:
            moved = asyncio.Event()
            async with FileWatch(arguments.database, moved.set):
                while True:
                    since = _print_changes(replica, since, arguments.json, named)
                    await moved.wait()
                    moved.clear()
    return 0


def _capture(replica: Replica) -> None:
    """Record what programs wrote to ordinary tables, which a read-only replica cannot do."""
    if not replica.is_captured():
        with suppress(ReadOnlyFile, FileBusy), Replica.open(replica.path) as writing:
            writing.capture()


def _print_changes(replica: Replica, since: int, as_json: bool, named: set[str]) -> int:
    """Print what is above ``since``, and on stderr which rows cannot be sent; return the version reached.

    Args:
        named: what was already said about such rows, which is not repeated.
    """
    _capture(replica)
    while True:
        found = replica.changes(since, limit=READ_LIMIT)
        here = replica.numbers_here(change[:4] for change in found.changes)
        for line in flow_of(found.changes, here):
            if as_json:
                print_json(change_json(line))
            else:
                print_line(change_line(line))
        since = max(since, found.until)
        if not found.more:
            break
    replica.refresh()
    reasons = set(replica.waiting.reasons)
    if reasons - named:
        print_to_stderr(replica.waiting.sentence)
    if not replica.is_captured():
        if _UNRECORDED not in named:
            print_to_stderr(_UNRECORDED)
        reasons.add(_UNRECORDED)
    named.clear()
    named.update(reasons)
    return since


def changes_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``changes`` to ``parser``."""
    parser.set_defaults(run=changes, endless=lambda arguments: bool(arguments.follow))
    add_database(parser)
    parser.add_argument("--since", metavar="V", type=int, default=0, help=t("only changes above this version"))
    parser.add_argument("--follow", action="store_true", help=t("keep printing new changes as they are made"))
    parser.add_argument("--json", action="store_true", help=t("print one JSON object per line"))
