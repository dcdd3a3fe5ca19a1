"""``syncline activity``: prints the past syncs in the journal."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime

from engine.cli.encoding import is_unicode
from engine.cli.output import changes, print_line
from engine.history.export import read_syncs, write_csv, write_json
from engine.settings import journal_path
from engine.text import layout, t


async def activity(arguments: argparse.Namespace) -> int:
    """Run ``syncline activity [--json | --csv]``; return the exit status."""
    lines = list(reversed(read_syncs(journal_path())))
    if arguments.json:
        write_json(lines, sys.stdout, ascii_only=not is_unicode(sys.stdout))
    elif arguments.csv:
        write_csv(lines, sys.stdout)
    else:
        for line in lines:
            when = datetime.fromtimestamp(line.time).strftime("%Y-%m-%d %H:%M:%S")
            moved = t("sent {sent}, received {received}", sent=changes(line.sent), received=changes(line.received))
            if line.error:
                result = layout("{moved}: {reason}", moved=moved, reason=line.error)
            else:
                result = t("{moved} in {seconds:.1f} s", moved=moved, seconds=line.seconds)
            print_line(layout("{when}  {peer}  {result}", when=when, peer=line.peer_name, result=result))
        if not lines:
            print_line(t("Nothing was synced in the last 30 days."))
    return 0


def activity_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``activity`` to ``parser``."""
    parser.set_defaults(run=activity)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help=t("print a JSON array"))
    form.add_argument("--csv", action="store_true", help=t("print CSV with a header row"))
