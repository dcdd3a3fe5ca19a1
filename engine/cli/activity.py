"""Print what the journal has of past syncs: activity."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime

from engine.cli.output import count, say
from engine.history.export import read_syncs, write_csv, write_json
from engine.settings import journal_path
from engine.text import t


async def activity(arguments: argparse.Namespace) -> int:
    """``syncline activity [--json | --csv]``"""
    lines = list(reversed(read_syncs(journal_path())))
    if arguments.json:
        write_json(lines, sys.stdout)
    elif arguments.csv:
        write_csv(lines, sys.stdout)
    else:
        for line in lines:
            when = datetime.fromtimestamp(line.time).strftime("%Y-%m-%d %H:%M:%S")
            moved = t(
                "sent {sent}, received {received}",
                sent=count(line.sent, "change"),
                received=count(line.received, "change"),
            )
            result = f": {line.error}" if line.error else t(" in {seconds:.1f} s", seconds=line.seconds)
            say(f"{when}  {line.peer_name}  {moved}{result}")
        if not lines:
            say(t("Nothing was synced in the last 30 days."))
    return 0


def activity_options(parser: argparse.ArgumentParser) -> None:
    """Make ``parser`` that of ``activity``."""
    parser.set_defaults(run=activity)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help=t("a JSON array"))
    form.add_argument("--csv", action="store_true", help=t("CSV with a heading"))
