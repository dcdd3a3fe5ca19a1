"""``syncline make-syncable DB [TABLE...]``: tables are synced from now on, or no more."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.cli.options import add_database
from engine.cli.output import print_line, rows
from engine.errors import NotEligible, UsageError
from engine.replica import Replica
from engine.settings import data_dir
from engine.storage.backup import Backups
from engine.tables import TableStatus
from engine.text import layout, sentences, t


async def run(arguments: argparse.Namespace) -> int:
    """The exit status is 1 where ``--all`` finds no table that can be synced."""
    path: Path = arguments.database
    if bool(arguments.tables) is arguments.all:
        raise UsageError(t("Name the tables, or give --all for all that can be synced."))
    with Replica.open(path, readonly=True, recover=True) as replica:
        found = replica.tables(extension=arguments.extension)
        otherwise = {table.name for table in replica.tables(extension=True) if table.eligible}
    chosen = found if arguments.all else _named(path, arguments.tables, found)
    if arguments.undo:
        return _undo(path, chosen, every=arguments.all)
    to_make, to_turn, left = [], [], []
    for table in chosen:
        if table.syncable and not arguments.all and table.kind == ("ordinary" if arguments.extension else "cr-sqlite"):
            to_turn.append(table)
        elif table.syncable:
            print_line(t("{table} is already syncable.", table=table.name))
        elif table.eligible:
            to_make.append(table)
        elif arguments.all:
            left.append(table)
        else:
            raise _refusal(table, by_extension=not arguments.extension and table.name in otherwise)
    for table in left:
        print_line(layout("{table}: {state}", table=table.name, state=t("cannot be synced")))
        for reason in table.reasons:
            print_line(reason, indent=4)
    for caution in (caution for table in to_make for caution in table.cautions):
        print_line(caution)
    if to_make or to_turn:
        make = Replica.make_crr if arguments.extension else Replica.make_ordinary
        freed = () if arguments.extension else to_turn
        _change(path, to_make + to_turn, make, lambda table: _freed(table) if table in freed else _made(table))
        if arguments.extension:
            print_line(t("Programs that write to this table must now load cr-sqlite, or write through engine.crr."))
    return 0 if to_make or any(table.syncable for table in chosen) else 1


def _undo(path: Path, chosen: Sequence[TableStatus], *, every: bool) -> int:
    synced = [table for table in chosen if table.kind is not None]
    for table in chosen:
        if table.kind is None and not every:
            print_line(t("{table} is not syncable.", table=table.name))
    if synced:
        _change(path, synced, Replica.make_plain, _undone)
    return 0


def _named(path: Path, names: Sequence[str], found: Sequence[TableStatus]) -> list[TableStatus]:
    known = {table.name: table for table in found}
    for name in names:
        if name not in known:
            hint = t("Its tables: {tables}.", tables=", ".join(sorted(known))) if known else t("It has no tables.")
            raise UsageError(t("{path} has no table “{table}”.", path=path, table=name), hint=hint)
    return [known[name] for name in dict.fromkeys(names)]


def _change(
    path: Path,
    tables: Sequence[TableStatus],
    change: Callable[[Replica, str], None],
    describe: Callable[[TableStatus], str],
) -> None:
    """Change the tables, after a backup; each in a transaction of its own, so that programs can write in between."""
    backup = Backups(data_dir() / "backups").make(path)
    with Replica.open(path) as replica:
        for table in tables:
            try:
                change(replica, table.name)
            except NotEligible as error:
                if table.kind is None:
                    raise
                print_line(t("{table} is already syncable.", table=table.name))  # it stays of the kind that it is
                print_line(sentences(*error.reasons), indent=4)
            else:
                print_line(describe(table))
    print_line(t("Backup of the previous state: {backup}", backup=backup))


def _made(table: TableStatus) -> str:
    return t("{table} is now syncable ({rows}).", table=table.name, rows=rows(table.rows))


def _freed(table: TableStatus) -> str:
    return t("{table}: other programs can write to it again ({rows}).", table=table.name, rows=rows(table.rows))


def _undone(table: TableStatus) -> str:
    return t("{table} is no longer synced ({rows}).", table=table.name, rows=rows(table.rows))


def _refusal(table: TableStatus, *, by_extension: bool) -> NotEligible:
    error = NotEligible.because(table.name, table.reasons)
    if by_extension:
        other = t("If all programs that write to it load cr-sqlite, it can be synced with --extension.")
        error.hint = sentences(error.hint, other)
    return error


def make_syncable_options(parser: argparse.ArgumentParser) -> None:
    """Make ``parser`` that of ``make-syncable``."""
    parser.set_defaults(run=run)
    add_database(parser)
    parser.add_argument("tables", metavar="TABLE", nargs="*")
    parser.add_argument("--all", action="store_true", help=t("all tables that can be synced"))
    text = t("for programs that load cr-sqlite, or write through engine.crr; others cannot write to the table any more")
    parser.add_argument("--extension", action="store_true", help=text)
    text = t("stop syncing the table: its rows stay, and what was added to the file for it is removed")
    parser.add_argument("--undo", action="store_true", help=text)
