"""``syncline forget DB``: makes a file as if it had never been synced."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from engine.cli import hidden_file
from engine.cli.options import add_database
from engine.cli.output import print_line
from engine.cli.settings_owner import window_is_open
from engine.errors import TokenStoreError, UsageError
from engine.replica import Replica, find_traces, remove_traces
from engine.settings import DatabaseConfig, SettingsFile, data_dir
from engine.settings.credentials import TokenStore
from engine.sqlite.paths import resolved
from engine.storage.backup import Backups
from engine.storage.in_use import PROCESS
from engine.text import t


async def run(arguments: argparse.Namespace) -> int:
    """Run ``syncline forget DB --yes``; return the exit status."""
    path: Path = arguments.database
    with Replica.open(path, readonly=True, recover=arguments.yes) as replica:
        found = find_traces(replica.connection)
        hidden = hidden_file.described(replica, replica.hidden_rows())
    known = [database for database in SettingsFile().load().databases if database.path == resolved(path)]
    if not found and not known:
        print_line(t("{path} has nothing of Syncline in it.", path=path))
        return 0
    if not arguments.yes:
        raise UsageError(
            t(
                "Everything that Syncline has added to {path} would be removed. Its rows stay here, and are no "
                "longer synced. Changes that no peer has yet stay on this machine.",
                path=path,
            ),
            hint=t("To do so, close the programs that use it, then: syncline forget {path} --yes", path=path),
        )
    if arguments.hidden_to is None:
        hidden_file.check(path, len(hidden))
    if known and window_is_open():
        raise UsageError(
            t("Syncline's window is open and manages the peers."),
            hint=t("Remove the database there, or quit Syncline, and try again."),
        )
    with PROCESS.alone(path):
        if arguments.hidden_to is not None:
            hidden_file.write(arguments.hidden_to, hidden)  # before the backup, which replaces an older one
        backup = Backups(data_dir() / "backups").make(path)
        remove_traces(path)
        if known:  # last, once changing the file has succeeded
            await _leave_out(known)
    if known:
        print_line(t("{path} and its peers are no longer in the settings.", path=path))
    print_line(t("Nothing of Syncline is left in {path}. Its rows are as they were.", path=path))
    print_line(t("Backup of the previous state: {backup}", backup=backup))
    return 0


async def _leave_out(known: list[DatabaseConfig]) -> None:
    """Remove the file and its peers from the settings, or a window that is opened later would sync it again."""
    file, ids = SettingsFile(), {database.id for database in known}
    settings = file.load()
    databases = tuple(database for database in settings.databases if database.id not in ids)
    peers = tuple(peer for peer in settings.peers if peer.database not in ids)
    file.save(replace(settings, databases=databases, peers=peers))
    store = TokenStore()
    for peer in settings.peers:
        if peer.database in ids:
            try:
                await store.delete(peer.id)
            except TokenStoreError as error:
                print_line(error.advice)


def forget_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``forget`` to ``parser``."""
    parser.set_defaults(run=run)
    add_database(parser)
    text = t("write hidden rows into this new file first, as JSON; without it, nothing is removed while there are any")
    parser.add_argument("--hidden-to", metavar="FILE", type=Path, help=text)
    parser.add_argument("--yes", action="store_true", help=t("do it, instead of only saying what would happen"))
