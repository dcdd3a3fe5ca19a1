"""Warnings about a file that any command prints beside its own output."""

from __future__ import annotations

import shlex
from pathlib import Path

from engine.cli.output import print_line, print_to_stderr
from engine.errors import SynclineError
from engine.replica import Replica
from engine.storage.other_sync import caution_of
from engine.text import counted, printable, t

NAMED = 5
"""How many tables are named; of more, only the number is printed."""


def warn_of(path: Path) -> None:
    """Warn if another program syncs the folder that a file is in."""
    if caution := caution_of(path):
        print_to_stderr(caution)


def print_unsynced(path: Path) -> None:
    """Print which tables of a file are not synced though they could be: an app may have made them since."""
    try:
        with Replica.open(path, readonly=True) as replica:
            tables = replica.tables()
    except SynclineError:
        return  # what the command does with the file has been said
    names = [table.name for table in tables if table.kind is None and table.eligible and not table.not_proposed]
    if not names:
        return
    count, shown = len(names), ", ".join(printable(name, 40) for name in names)
    if count > NAMED:
        print_line(t("{count:,} tables are not synced. To see them: syncline tables {path}", count=count, path=path))
        return
    command = f"syncline make-syncable {shlex.quote(str(path))} {' '.join(map(shlex.quote, names))}"
    print_line(
        counted(
            count,
            t("The table {names} is not synced. To sync it, too: {command}", names=shown, command=command),
            t("The tables {names} are not synced. To sync them, too: {command}", names=shown, command=command),
        )
    )
