"""``syncline check``: finds, and on request mends, damage to a file's sync records."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.options import add_database
from engine.cli.output import say, say_json
from engine.replica import Replica
from engine.settings import data_dir
from engine.storage.backup import Backups
from engine.tables import Damage
from engine.text import t

LEFT = {
    Damage.ORPHANS: t("Left to you: delete them where the app does, or bring back what they refer to."),
    Damage.NO_TEXT: t("Left to you: correct the text, or store it as a BLOB; then the row is sent by itself."),
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
        mended = backup is not None and bool(finding.remedy)
        if arguments.json:
            kind = finding.damage.name.lower().replace("_", "-")
            say_json({"table": finding.table, "damage": kind, "count": finding.count, "mended": mended})
        else:
            say(f"{finding.table}: {finding}")
            done = "Mended" if mended else t("To be mended")
            say(f"    {f'{done}: {finding.remedy}.' if finding.remedy else LEFT[finding.damage]}")
    left = [finding for finding in found if backup is None or not finding.remedy]
    if arguments.json:
        return 1 if left else 0
    if not found:
        say(t("{path} is in good order.", path=path))
    elif backup:
        say(t("The backup of before: {backup}", backup=backup))
    elif any(finding.remedy for finding in left):
        say(t("To mend it: syncline check --repair {path}", path=path))
    return 1 if left else 0


def check_options(parser: argparse.ArgumentParser) -> None:
    """Make ``parser`` that of ``check``."""
    parser.set_defaults(run=check)
    add_database(parser)
    parser.add_argument("--repair", action="store_true", help=t("mend what is found, after a backup of the file"))
    parser.add_argument("--json", action="store_true", help=t("one JSON object a line"))
