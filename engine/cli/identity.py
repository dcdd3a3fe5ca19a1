"""``syncline new-id``: the mend for a file that peers refuse because it was copied or restored."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.options import add_database
from engine.cli.output import say
from engine.errors import UsageError
from engine.replica import Replica
from engine.settings import data_dir
from engine.storage.backup import Backups


async def new_id(arguments: argparse.Namespace) -> int:
    """``syncline new-id DB --yes``"""
    path: Path = arguments.database
    with Replica.open(path, readonly=True, recover=arguments.yes) as replica:
        old = replica.site_id
    if not old:
        raise UsageError(f"{path} has no site id yet: it was never synced.", hint="It gets one when it is.")
    if not arguments.yes:
        raise UsageError(
            f"{path} would become a new replica to all its peers: no row changes, and with each of them it syncs once"
            " more from the start.",
            hint=f"If that is meant, close the programs that use it, then: syncline new-id {path} --yes",
        )
    backup = Backups(data_dir() / "backups").make(path)
    with Replica.open(path) as replica:
        new = replica.new_site_id()
    say(f"{path} has a new site id: {new.hex()} (it was {old.hex()}). The backup of before: {backup}")
    say("If another copy of the file has synced too, give that one a new id as well.")
    return 0


def new_id_options(parser: argparse.ArgumentParser) -> None:
    """Make ``parser`` that of ``new-id``."""
    parser.set_defaults(run=new_id)
    add_database(parser)
    parser.add_argument("--yes", action="store_true", help="do it: it becomes a new replica to all its peers")
