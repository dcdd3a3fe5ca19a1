"""``syncline backups``: the copies that were made of a database, and how to put one back."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

from engine.cli.output import say, say_json
from engine.errors import UsageError
from engine.settings import data_dir
from engine.storage.backup import Backup, Backups
from engine.storage.restore import put_back_file


async def run(arguments: argparse.Namespace) -> int:
    """Do what ``arguments.action`` says."""
    backups = Backups(arguments.folder or data_dir() / "backups")
    {"list": _list, "restore": _restore}[arguments.action](arguments, backups)
    return 0


def _list(arguments: argparse.Namespace, backups: Backups) -> None:
    found = backups.all()
    if arguments.database is not None:
        found = [one for one in found if one.path == _resolved(arguments.database)]
    for one in found:
        if arguments.json:
            say_json({"backup": str(one.copy), "database": str(one.path), "made": _when(one), "bytes": one.size})
        else:
            say(f"{_when(one)}  {one.size:>13,} bytes  {one.copy.name}  of {one.path}")
    if not found and not arguments.json:
        say("There are no backups.")


def _restore(arguments: argparse.Namespace, backups: Backups) -> None:
    path = _resolved(arguments.database)
    found = [one for one in backups.all() if one.path == path]
    if not found:
        raise UsageError(f"There is no backup of {path}.", hint="See what there is: syncline backups list")
    chosen = next((one for one in found if one.copy.name == arguments.backup), None) if arguments.backup else found[-1]
    if chosen is None:
        hint = f"There are: {', '.join(one.copy.name for one in found)}."
        raise UsageError(f"There is no backup “{arguments.backup}” of {path}.", hint=hint)
    if not arguments.yes:
        raise UsageError(
            f"{path} would be set back to {_when(chosen)}, as a new replica: what peers hold that is newer comes back"
            " when it syncs.",
            hint=f"If that is meant: syncline backups restore {arguments.database} --backup {chosen.copy.name} --yes",
        )
    site_id, before = put_back_file(path, chosen.copy, backups)
    new = f", with a new site id: {site_id.hex()}" if site_id else ""
    was = f" The backup of before: {before}" if before is not None else ""
    say(f"{path} is as it was at {_when(chosen)}{new}.{was}")


def _resolved(path: Path) -> Path:
    return path.expanduser().resolve()


def _when(backup: Backup) -> str:
    return datetime.fromtimestamp(backup.made).astimezone().isoformat(" ", "seconds")


def backups_options(parser: argparse.ArgumentParser) -> None:
    """Make ``parser`` that of ``backups``, with its actions."""
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        one = actions.add_parser(name, help=text, description=text, allow_abbrev=False)
        text = "where the backups are (default: those of this user)"
        one.add_argument("--folder", metavar="DIR", type=Path, help=text)
        return one

    one = action("list", "List the backups, oldest first.")
    one.add_argument("database", metavar="DB", nargs="?", type=Path, help="only those of this file")
    one.add_argument("--json", action="store_true", help="one JSON object a line")

    one = action("restore", "Set a database back to a backup; it counts as a new replica. A backup is made before.")
    one.add_argument("database", metavar="DB", type=Path, help="the SQLite file, or where it was")
    one.add_argument("--backup", metavar="NAME", help="which one, by its name in the list (default: the newest)")
    one.add_argument("--yes", action="store_true", help="do it")
