"""``syncline backups``: lists the copies that were made of a database, and restores one."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

from engine.cli.output import print_json, print_line
from engine.errors import UsageError
from engine.settings import data_dir
from engine.sqlite.paths import resolved
from engine.storage.backup import Backup, Backups
from engine.storage.restore import restore_file
from engine.text import sentences, t


async def run(arguments: argparse.Namespace) -> int:
    """Run the action ``arguments.action``; return the exit status."""
    backups = Backups(arguments.folder or data_dir() / "backups")
    {"list": _list, "restore": _restore}[arguments.action](arguments, backups)
    return 0


def _list(arguments: argparse.Namespace, backups: Backups) -> None:
    found = backups.all()
    if arguments.database is not None:
        found = [one for one in found if one.path == resolved(arguments.database)]
    for one in found:
        if arguments.json:
            print_json({"backup": str(one.copy), "database": str(one.path), "made": _when(one), "bytes": one.size})
        else:
            print_line(
                t(
                    "{made}  {size:>13,} bytes  {name}  of {path}",
                    made=_when(one),
                    size=one.size,
                    name=one.copy.name,
                    path=one.path,
                )
            )
    if not found and not arguments.json:
        print_line(t("There are no backups."))


def _restore(arguments: argparse.Namespace, backups: Backups) -> None:
    path = resolved(arguments.database)
    found = [one for one in backups.all() if one.path == path]
    if not found:
        raise UsageError(t("There is no backup of {path}.", path=path), hint=t("List them all: syncline backups list"))
    chosen = next((one for one in found if one.copy.name == arguments.backup), None) if arguments.backup else found[-1]
    if chosen is None:
        hint = t("There are: {names}.", names=", ".join(one.copy.name for one in found))
        raise UsageError(t("There is no backup “{backup}” of {path}.", backup=arguments.backup, path=path), hint=hint)
    if not arguments.yes:
        raise UsageError(
            t(
                "{path} would be set back to {time} and become a new replica. Newer changes that its "
                "peers hold come back when it syncs.",
                path=path,
                time=_when(chosen),
            ),
            hint=t(
                "To do so: syncline backups restore {path} --backup {name} --yes",
                path=arguments.database,
                name=chosen.copy.name,
            ),
        )
    site_id, before = restore_file(path, chosen.copy, backups)
    if site_id:
        restored = t(
            "{path} is restored as of {time}, with the new site id {site_id}.",
            path=path,
            time=_when(chosen),
            site_id=site_id.hex(),
        )
    else:
        restored = t("{path} is restored as of {time}.", path=path, time=_when(chosen))
    kept = t("Backup of the previous state: {backup}", backup=before) if before is not None else ""
    print_line(sentences(restored, kept))


def _when(backup: Backup) -> str:
    return datetime.fromtimestamp(backup.made).astimezone().isoformat(" ", "seconds")


def backups_options(parser: argparse.ArgumentParser) -> None:
    """Add the actions of ``backups``, and their options, to ``parser``."""
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(title=t("actions"), metavar="ACTION", dest="action", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        one = actions.add_parser(name, help=text, description=text)
        text = t("the folder of backups (default: this user's)")
        one.add_argument("--folder", metavar="DIR", type=Path, help=text)
        return one

    one = action("list", t("List the backups, oldest first."))
    one.add_argument("database", metavar="DB", nargs="?", type=Path, help=t("only those of this database"))
    one.add_argument("--json", action="store_true", help=t("print one JSON object per line"))

    one = action(
        "restore", t("Restore a database from a backup, as a new replica. The current file is backed up first.")
    )
    one.add_argument("database", metavar="DB", type=Path, help=t("the SQLite file, or where it was"))
    one.add_argument("--backup", metavar="NAME", help=t("the backup's name in the list (default: the newest)"))
    one.add_argument("--yes", action="store_true", help=t("do it, instead of only saying what would happen"))
