"""``syncline new-id``: repairs a file that peers refuse because it was copied or restored."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.options import add_database
from engine.cli.output import print_line
from engine.errors import UsageError
from engine.replica import Replica
from engine.settings import data_dir
from engine.storage.backup import Backups
from engine.text import t


async def new_id(arguments: argparse.Namespace) -> int:
    """Run ``syncline new-id DB --yes``; return the exit status."""
    path: Path = arguments.database
    with Replica.open(path, readonly=True, recover=arguments.yes) as replica:
        old = replica.site_id
    if not old:
        raise UsageError(
            t("{path} has no site id yet, because it was never synced.", path=path),
            hint=t("It gets one at its first sync."),
        )
    if not arguments.yes:
        raise UsageError(
            t(
                "{path} would become a new replica to all its peers. No row changes; it syncs with "
                "each peer once more from the start.",
                path=path,
            ),
            hint=t("To do so, close the programs that use it, then: syncline new-id {path} --yes", path=path),
        )
    backup = Backups(data_dir() / "backups").make(path)
    with Replica.open(path) as replica:
        new = replica.new_site_id()
    print_line(
        t(
            "{path} has a new site id: {new} (was {old}). Backup of the previous state: {backup}",
            path=path,
            new=new.hex(),
            old=old.hex(),
            backup=backup,
        )
    )
    print_line(t("If another copy of the file was synced too, give it a new id as well."))
    return 0


def new_id_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``new-id`` to ``parser``."""
    parser.set_defaults(run=new_id)
    add_database(parser)
    parser.add_argument("--yes", action="store_true", help=t("do it: the file becomes a new replica to all its peers"))
