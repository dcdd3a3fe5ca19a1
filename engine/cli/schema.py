"""``syncline schema DB [URL]``: how the tables differ from a peer's; adds what is missing here, and undoes that."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from engine.checks.schema_diff import SchemaLine, ask_plans, compare
from engine.cli.cautions import print_unsynced
from engine.cli.options import add_certificate, add_database, add_token_file
from engine.cli.output import print_json, print_line, shown
from engine.cli.sync import kept, named
from engine.replica import Replica
from engine.settings import data_dir
from engine.storage.backup import Backups
from engine.tables import Addition
from engine.text import Text, joined, t


async def run(arguments: argparse.Namespace) -> int:
    """Run the command. The exit status is 0 if nothing differs (any more), else 1."""
    path: Path = arguments.database
    if arguments.undo:
        return _undo(path)
    [(peer, token), *_] = named(arguments) if arguments.url is not None else await kept(arguments)
    there = await ask_plans(peer, token)
    with Replica.open(path, readonly=True, recover=arguments.add) as replica:
        lines = compare(replica, there).lines
    addable = any(line.addable for line in lines)
    if arguments.add and addable:
        backup = Backups(data_dir() / "backups").make(path)
        with Replica.open(path) as replica:
            added = replica.add_missing(there)
            lines = compare(replica, there).lines
        if not arguments.json:
            print_line(t("Added: {names}. Backup of the previous state: {backup}", names=_names(added), backup=backup))
            print_line(t("To undo this while it is unused: syncline schema {path} --undo", path=path))
        addable = any(line.addable for line in lines)
    for line in lines:
        _print_as_json(line) if arguments.json else print_line(_line(line))
    if not arguments.json:
        if not lines:
            print_line(t("The synced tables are the same on both sides."))
        elif addable:
            print_line(t("To add what is marked with + here, after a backup: --add"))
        print_unsynced(path)
    return 1 if lines else 0


def _undo(path: Path) -> int:
    backup = Backups(data_dir() / "backups").make(path)
    with Replica.open(path) as replica:
        dropped, left = replica.take_back_added()
    if dropped:
        print_line(t("Removed: {names}. Backup of the previous state: {backup}", names=_names(dropped), backup=backup))
    if left:
        print_line(t("Still in use, so kept: {names}.", names=_names(left)))
        print_line(
            t("You can restore a backup from before they were added, and make it a new replica: syncline new-id")
        )
    if not dropped and not left:
        print_line(t("Nothing was added that could be undone."))
    return 1 if left else 0


def _names(additions: Sequence[Addition]) -> Text:
    return joined(", ", (shown(f"{one.table}.{one.column}" if one.column else one.table) for one in additions))


def _line(line: SchemaLine) -> Text:
    name = f"{line.table}.{line.column}" if line.column else line.table
    return t(
        "{mark} {name}: {here} here, {there} there; {cure}",
        mark="+" if line.addable else " ",
        name=shown(name),
        here=line.here,
        there=line.there,
        cure=line.cure.value,
    )


def _print_as_json(line: SchemaLine) -> None:
    values = {"table": line.table, "column": line.column or None, "here": line.here, "there": line.there}
    print_json({**values, "addable": line.addable, "cure": line.cure.value})


def schema_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``schema`` to ``parser``."""
    parser.set_defaults(run=run)
    add_database(parser)
    parser.add_argument("url", metavar="URL", nargs="?", help=t("the peer's URL (default: the configured peer)"))
    parser.add_argument(
        "--room", help=t("the database's name there, where the URL does not say it (default: the file's name)")
    )
    add_token_file(parser)
    add_certificate(parser)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--add", action="store_true", help=t("add the tables and columns that are missing here"))
    how.add_argument("--undo", action="store_true", help=t("remove what was added this way, unless it is in use"))
    parser.add_argument("--json", action="store_true", help=t("print one JSON object per line"))
