"""``syncline check``: finds, and on request repairs, damage to a file's sync records."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.options import add_database
from engine.cli.output import print_json, print_line
from engine.replica import Replica
from engine.settings import data_dir
from engine.storage.backup import Backups
from engine.tables import Damage, Finding
from engine.text import Text, layout, t

LEFT = {
    Damage.ORPHANS: t("Up to you: delete these rows in the app, or restore the rows that they refer to."),
    Damage.NO_NAMES: t("Up to you: make the table anew, with names and defaults that are valid text."),
    Damage.NO_TEXT: t("Up to you: correct the text, or store it as a BLOB. The row is then sent automatically."),
}


async def check(arguments: argparse.Namespace) -> int:
    """``syncline check DB [--repair] [--json]``

    The exit status is 1 when something was found and is left so.
    """
    path: Path = arguments.database
    with Replica.open(path, readonly=True, recover=arguments.repair) as replica:
        found = replica.check()
    backup = None
    if arguments.repair and any(finding.remedy for finding in found):
        backup = Backups(data_dir() / "backups").make(path)
        with Replica.open(path) as replica:
            found = [*replica.repair(), *(finding for finding in found if not finding.remedy)]
    for finding in found:
        repaired = backup is not None and bool(finding.remedy)
        if arguments.json:
            kind = finding.damage.name.lower().replace("_", "-")
            print_json({"table": finding.table, "damage": kind, "count": finding.count, "mended": repaired})
        else:
            print_line(layout("{table}: {damage}", table=finding.table, damage=finding.sentence))
            print_line(_remedy(finding, repaired), indent=4)
    left = [finding for finding in found if backup is None or not finding.remedy]
    if arguments.json:
        return 1 if left else 0
    if not found:
        print_line(t("{path} is intact.", path=path))
    elif backup:
        print_line(t("Backup of the previous state: {backup}", backup=backup))
    elif any(finding.remedy for finding in left):
        print_line(t("To repair it: syncline check --repair {path}", path=path))
    return 1 if left else 0


def _remedy(finding: Finding, repaired: bool) -> Text:
    if not finding.remedy:
        return LEFT[finding.damage]
    if repaired:
        return t("Repaired: {remedy}.", remedy=finding.remedy)
    return t("To be repaired: {remedy}.", remedy=finding.remedy)


def check_options(parser: argparse.ArgumentParser) -> None:
    """Make ``parser`` that of ``check``."""
    parser.set_defaults(run=check)
    add_database(parser)
    parser.add_argument("--repair", action="store_true", help=t("repair the damage, after a backup of the file"))
    parser.add_argument("--json", action="store_true", help=t("print one JSON object per line"))
