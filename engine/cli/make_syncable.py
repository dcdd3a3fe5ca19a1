"""``syncline make-syncable DB [TABLE...]``: syncs tables from now on, or no longer."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from engine.cli import hidden_file
from engine.cli.cautions import warn_of
from engine.cli.options import add_database
from engine.cli.output import print_line, rows, terminal
from engine.cli.reference_answers import OPTIONS as ANSWERS
from engine.cli.reference_answers import Answers, add_answers
from engine.errors import NotEligible, UsageError
from engine.replica import Replica
from engine.settings import data_dir
from engine.storage.backup import Backups
from engine.tables import TableStatus
from engine.text import Text, layout, sentences, t


async def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit status.

    It is 1 if ``--all`` finds no table that can be synced, or if ``--extension`` could not turn an ordinary table.
    """
    path: Path = arguments.database
    answers = Answers.of(arguments)
    if bool(arguments.tables) is arguments.all:
        raise UsageError(t("Name the tables, or give --all for all that can be synced."))
    if arguments.extension and arguments.without_triggers:
        raise UsageError(t("--without-triggers does not apply to cr-sqlite tables."))
    if answers and (arguments.extension or arguments.undo):
        raise UsageError(
            t("{options} are for tables to which any program writes.", options=", ".join(ANSWERS)),
        )
    with Replica.open(path, readonly=True, recover=True) as replica:
        found = replica.tables(extension=arguments.extension)
        otherwise = {table.name for table in replica.tables(extension=True) if table.eligible}
    chosen = found if arguments.all else _named(path, arguments.tables, found)
    if arguments.undo:
        return _undo(path, chosen, every=arguments.all, hidden_to=arguments.hidden_to)
    if arguments.hidden_to is not None:
        raise UsageError(t("--hidden-to goes with --undo."))
    to_make, to_turn, left = [], [], []
    other_kind = "ordinary" if arguments.extension else "cr-sqlite"
    for table in chosen:
        if arguments.without_triggers and table.without_triggers:
            to_make.append(table)
        elif table.syncable and not arguments.all and table.kind == other_kind:
            to_turn.append(table)
        elif table.syncable:
            print_line(t("{table} is already syncable.", table=table.name))
        elif arguments.all and not table.proposed:
            left.append(table)
        elif table.eligible:
            to_make.append(table)
        else:
            raise _refusal(table, by_extension=not arguments.extension and table.name in otherwise)
    for table in left:
        state = t("not proposed") if table.not_proposed else t("cannot be synced")
        print_line(layout("{table}: {state}", table=table.name, state=state))
        for reason in (table.not_proposed,) if table.not_proposed else table.reasons:
            print_line(reason, indent=4)
        if table.without_triggers:
            print_line(_remedy(table), indent=4)
    for caution in (caution for table in to_make for caution in table.cautions):
        print_line(caution)
    if to_make or to_turn:
        warn_of(path)
        if not arguments.extension:
            answers = answers.to(path, [table.name for table in to_make])
        ordinary = partial(Replica.make_ordinary, without_triggers=arguments.without_triggers)
        make = Replica.make_crr if arguments.extension else ordinary
        freed = () if arguments.extension else to_turn
        tables = to_make + to_turn
        changed = _change(path, tables, make, lambda table: _freed(table) if table in freed else _made(table), answers)
        if arguments.extension:
            if changed:
                print_line(t("Programs that write to this table must now load cr-sqlite, or write through engine.crr."))
            return 0 if len(changed) == len(tables) else 1
        if terminal():
            print_line(t("To sync it with another machine: syncline pair {path}", path=path))
    return 0 if to_make or any(table.syncable for table in chosen) else 1


def _undo(path: Path, chosen: Sequence[TableStatus], *, every: bool, hidden_to: Path | None) -> int:
    synced = [table for table in chosen if table.kind is not None]
    for table in chosen:
        if table.kind is None and not every:
            print_line(t("{table} is not syncable.", table=table.name))
    if synced:
        with Replica.open(path, readonly=True) as replica:
            hidden = [row for table in synced for row in replica.hidden_rows(table.name)]
            if hidden_to is None:
                hidden_file.check(path, len(hidden))
            else:
                hidden_file.write(hidden_to, hidden_file.described(replica, hidden))
        make_plain = partial(Replica.make_plain, saved=hidden)
        _change(path, _children_first(path, synced), make_plain, _undone, Answers())
    return 0


def _children_first(path: Path, tables: Sequence[TableStatus]) -> list[TableStatus]:
    """Sort tables so that each comes before those that it refers to, which must stay synced as long as it is."""
    sql = 'SELECT lower("table") FROM pragma_foreign_key_list(?)'
    with Replica.open(path, readonly=True) as replica:
        parents = {table.name: {name for (name,) in replica.connection.execute(sql, (table.name,))} for table in tables}
        for shape in replica.shapes():
            parents.setdefault(shape.name, set()).update(name.lower() for name in shape.refers.values())
    ordered: list[TableStatus] = []
    left = list(tables)
    while left:
        referred = {name for table in left for name in parents[table.name] - {table.name.lower()}}
        free = [table for table in left if table.name.lower() not in referred] or left[:1]
        ordered += free
        left = [table for table in left if table not in free]
    return ordered


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
    answers: Answers,
) -> list[TableStatus]:
    """Change the tables after a backup, each in a transaction of its own, so that programs can write in between.

    Returns:
        Those that were changed. One that cannot be turned into the other kind stays as it is, and is reported.
    """
    changed = []
    backup = Backups(data_dir() / "backups").make(path)
    with Replica.open(path) as replica:
        answers.give(replica)
        for table in tables:
            before = {*replica.synced_tables(), *(other.name for other in tables)}
            try:
                change(replica, table.name)
            except NotEligible as error:
                if table.kind is None:
                    raise
                print_line(_kept(table))
                print_line(sentences(*error.reasons), indent=4)
            else:
                changed.append(table)
                print_line(describe(table))
                for other in sorted({*replica.synced_tables()} - before):
                    text = t("{other} is syncable now, too: {table} refers to its rows.", other=other, table=table.name)
                    print_line(text)
                for other in sorted(before - {*replica.synced_tables(), *(other.name for other in tables)}):
                    text = t(
                        "{other} is no longer synced, too: it and {table} refer to each other.",
                        other=other,
                        table=table.name,
                    )
                    print_line(text)
    print_line(t("Backup of the previous state: {backup}", backup=backup))
    return changed


def _made(table: TableStatus) -> str:
    return t("{table} is now syncable ({rows}).", table=table.name, rows=rows(table.rows))


def _freed(table: TableStatus) -> str:
    return t("{table}: other programs can write to it again ({rows}).", table=table.name, rows=rows(table.rows))


def _kept(table: TableStatus) -> str:
    if table.kind == "ordinary":
        return t(
            "{table} stays as it is: any program can write to it. It cannot be one of cr-sqlite's:", table=table.name
        )
    return t("{table} is already syncable.", table=table.name)


def _undone(table: TableStatus) -> str:
    return t("{table} is no longer synced ({rows}).", table=table.name, rows=rows(table.rows))


def _refusal(table: TableStatus, *, by_extension: bool) -> NotEligible:
    error = NotEligible.because(table.name, table.reasons)
    if table.without_triggers:
        error.hint = _remedy(table)
    elif by_extension:
        other = t("If all programs that write to it load cr-sqlite, it can be synced with --extension.")
        error.hint = sentences(error.hint, other)
    return error


def _remedy(table: TableStatus) -> Text:
    return sentences(table.without_triggers, t("To agree to that: --without-triggers"))


def make_syncable_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``make-syncable`` to ``parser``."""
    parser.set_defaults(run=run)
    add_database(parser)
    parser.add_argument("tables", metavar="TABLE", nargs="*")
    text = t("all tables that can be synced, except those that a framework keeps for itself")
    parser.add_argument("--all", action="store_true", help=text)
    text = t("for programs that load cr-sqlite, or write through engine.crr; others cannot write to the table any more")
    parser.add_argument("--extension", action="store_true", help=text)
    text = t(
        "merge changes without triggers that only work in their app; what these maintain, such as a search, may lag"
    )
    parser.add_argument("--without-triggers", action="store_true", help=text)
    add_answers(parser)
    text = t("stop syncing the table: its rows stay, and what was added to the file for it is removed")
    parser.add_argument("--undo", action="store_true", help=text)
    text = t(
        "with --undo: write hidden rows into this new file first, as JSON; otherwise nothing is undone if there are any"
    )
    parser.add_argument("--hidden-to", metavar="FILE", type=Path, help=text)
