"""``syncline check``: finds damage to a file's sync records, and repairs it on request."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from engine.cli.options import add_database
from engine.cli.output import print_json, print_line, rows
from engine.replica import Replica
from engine.settings import data_dir
from engine.storage.backup import Backups
from engine.tables import Damage, Finding, SuspendedDeletion
from engine.text import Text, layout, t

LEFT = {
    Damage.ORPHANS: t("Up to you: delete these rows in the app, or restore the rows that they refer to."),
    Damage.NO_NAMES: t("Up to you: recreate the table, with names and defaults that are valid text."),
    Damage.NO_TEXT: t("Up to you: correct the text, or store it as a BLOB. The row is then sent automatically."),
}


async def check(arguments: argparse.Namespace) -> int:
    """Run ``syncline check DB [--repair | --bring-back TABLE | --delete-everywhere TABLE] [--json]``.

    The exit status is 1 if something was found and not repaired.
    """
    path: Path = arguments.database
    if arguments.bring_back is not None or arguments.delete_everywhere is not None:
        return _answer(path, arguments.bring_back, arguments.delete_everywhere)
    with Replica.open(path, readonly=True, recover=arguments.repair) as replica:
        found, asked = replica.check(), replica.suspended_deletions()
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
    for one in asked:
        _ask(one, path, as_json=arguments.json)
    left = [finding for finding in found if backup is None or not finding.remedy]
    if arguments.json:
        return 1 if left or asked else 0
    if not found and not asked:
        print_line(t("{path} is intact.", path=path))
    elif backup:
        print_line(t("Backup of the previous state: {backup}", backup=backup))
    elif any(finding.remedy for finding in left):
        print_line(t("To repair it: syncline check --repair {path}", path=path))
    return 1 if left or asked else 0


def _ask(asked: SuspendedDeletion, path: Path, *, as_json: bool) -> None:
    if as_json:
        print_json({"table": asked.table, "damage": "suspended-deletion", "count": asked.gone, "mended": False})
        return
    print_line(question(asked))
    name, file = shlex.quote(asked.table), shlex.quote(str(path))
    bring_back = f"syncline check {file} --bring-back {name}"
    delete = f"syncline check {file} --delete-everywhere {name}"
    print_line(t("To get them back from the other machines: {command}", command=bring_back), indent=4)
    print_line(t("To delete them there too: {command}", command=delete), indent=4)


def question(asked: SuspendedDeletion) -> Text:
    """Return the question that a person is asked about a suspended deletion."""
    return t(
        "{table}: {gone:,} of its {known:,} rows are gone. Until you say whether that is intended, the table is not "
        "synced.",
        table=asked.table,
        gone=asked.gone,
        known=asked.known,
    )


def _answer(path: Path, bring_back: str | None, delete: str | None) -> int:
    with Replica.open(path, readonly=True, recover=True):
        pass  # a file that cannot be used gets no backup
    backup = Backups(data_dir() / "backups").make(path)
    with Replica.open(path) as replica:
        if delete is not None:
            asked = replica.answer_suspended(delete, delete=True)
            print_line(
                t(
                    "{table}: the next sync deletes its rows on the other machines too ({rows}).",
                    table=asked.table,
                    rows=rows(asked.gone),
                )
            )
        else:
            asked = replica.answer_suspended(bring_back or "", delete=False)
            print_line(
                t(
                    "{table}: the next sync gets its rows back from the other machines ({rows}).",
                    table=asked.table,
                    rows=rows(asked.gone),
                )
            )
    print_line(t("Backup of the previous state: {backup}", backup=backup))
    return 0


def _remedy(finding: Finding, repaired: bool) -> Text:
    if not finding.remedy:
        return LEFT[finding.damage]
    if repaired:
        return t("Repaired: {remedy}.", remedy=finding.remedy)
    return t("To be repaired: {remedy}.", remedy=finding.remedy)


def check_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``check`` to ``parser``."""
    parser.set_defaults(run=check)
    add_database(parser)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--repair", action="store_true", help=t("repair the damage, after a backup of the file"))
    text = t("most rows of this table are gone, and should not be: get them back from the other machines")
    how.add_argument("--bring-back", metavar="TABLE", help=text)
    text = t("most rows of this table are gone, as they should be: delete them on the other machines too")
    how.add_argument("--delete-everywhere", metavar="TABLE", help=text)
    parser.add_argument("--json", action="store_true", help=t("print one JSON object per line"))
