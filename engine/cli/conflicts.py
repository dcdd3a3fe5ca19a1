"""``syncline conflicts DB``: what in a file waits for a person.

These are rows that are hidden, rows that cannot be sent, and deletions that were suspended.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from engine.change import SQLiteValue
from engine.cli.check import question
from engine.cli.options import add_database
from engine.cli.output import as_json, print_json, print_line, shown
from engine.cli.restore_row import restore
from engine.errors import UsageError
from engine.replica import (
    Replica,
    delete_hidden,
    delete_warning,
    hidden_differences,
    hidden_sentence,
    keep_hidden,
    keep_warning,
    merge_hidden,
    merge_warning,
)
from engine.settings import data_dir
from engine.storage.backup import Backups
from engine.tables import AwaitedRow, HiddenRow, SuspendedDeletion, Waiting, matching_keys
from engine.text import Text, t

_MOST_AWAITED = 5
"""How many deleted rows are named at the end of the list, with how to restore them."""

Differences = Mapping[str, tuple[SQLiteValue, SQLiteValue]]
"""By column, the value of a hidden row, and that of the row in its way."""


async def run(arguments: argparse.Namespace) -> int:
    """Run ``syncline conflicts DB [--keep | --merge | --delete | --restore TABLE KEY [--yes]] [--json]``.

    The exit status is 1 if something waits.
    """
    path: Path = arguments.database
    if arguments.json and (arguments.keep or arguments.merge or arguments.delete):
        raise UsageError(t("--json goes with --restore, or alone."))
    if arguments.keep is not None:
        return _keep(path, _chosen(path, *arguments.keep), yes=arguments.yes)
    if arguments.merge is not None:
        return _merge(path, _chosen(path, *arguments.merge), yes=arguments.yes)
    if arguments.delete is not None:
        return _delete(path, _chosen(path, *arguments.delete), yes=arguments.yes)
    if arguments.restore is not None:
        return await restore(path, *arguments.restore, yes=arguments.yes, json=arguments.json)
    with Replica.open(path, readonly=True) as replica:
        suspended = replica.suspended_deletions()
        withheld = replica.withheld_rows()
        hidden = [(row, hidden_differences(replica, row)) for row in replica.hidden_rows()]
    if arguments.json:
        for row, differs in hidden:
            print_json(hidden_json(row, differs))
        _print_json(withheld, suspended)
    else:
        _print(path, hidden, withheld, suspended)
    return 1 if hidden or withheld or suspended else 0


def _print(
    path: Path,
    hidden: Sequence[tuple[HiddenRow, Differences]],
    withheld: Waiting,
    suspended: Sequence[SuspendedDeletion],
) -> None:
    for row, differs in hidden:
        print_line(hidden_sentence(row))
        for column, (own, other) in differs.items():
            text = t("{column}: {value}; there: {other}", column=column, value=shown(own), other=shown(other))
            print_line(text, indent=4)
    file = shlex.quote(str(path))
    if any(row.in_the_way is not None for row, _ in hidden):
        print_line(
            t("To show one instead of the row in its way: syncline conflicts {file} --keep TABLE KEY", file=file)
        )
        print_line(t("To merge it with the row in its way: syncline conflicts {file} --merge TABLE KEY", file=file))
    awaited = dict.fromkeys(row.awaits for row, _ in hidden if row.awaits is not None and row.awaits.deleted)
    for parent in islice(awaited, _MOST_AWAITED):
        text = t(
            "To bring back row {key} of “{table}”, with what waits for it: {command}",
            key=parent.shown_key,
            table=parent.table,
            command=_restoring(file, parent),
        )
        print_line(text)
    if hidden:
        print_line(t("To delete one on all machines: syncline conflicts {file} --delete TABLE KEY", file=file))
    for reason in withheld.reasons:
        print_line(reason)
    for hint in withheld.hints:
        print_line(hint, indent=4)
    for one in suspended:
        print_line(question(one))
        print_line(t("To decide: syncline check {path}", path=file), indent=4)
    if not hidden and not withheld and not suspended:
        print_line(t("Nothing in {path} waits for a decision.", path=path))


def _restoring(file: str, row: AwaitedRow) -> str:
    return f"syncline conflicts {file} --restore {shlex.quote(row.table)} {shlex.quote(row.shown_key)}"


def hidden_json(row: HiddenRow, differs: Differences) -> dict[str, Any]:
    """Return a hidden row as a JSON object."""
    return {
        "kind": "hidden",
        "table": row.table,
        "key": row.shown_key,
        "key_columns": {column: as_json(value) for column, value in row.key_columns},
        "reason": row.reason,
        "in_the_way": row.shown_in_the_way or None,
        "same": row.same,
        "awaits": _awaits_json(row.awaits),
        "values": {column: as_json(value) for column, value in row.values.items()},
        "differs": {column: as_json(other) for column, (_, other) in differs.items()},
    }


def _awaits_json(row: AwaitedRow | None) -> dict[str, Any] | None:
    return None if row is None else {"table": row.table, "key": row.shown_key, "deleted": row.deleted}


def _print_json(withheld: Waiting, suspended: Sequence[SuspendedDeletion]) -> None:
    if withheld.counter:
        print_json({"kind": "version-counter", "sentence": withheld.counter})
    for row in withheld.rows:
        print_json({"kind": "withheld", "table": row.table, "key": row.key, "sentence": row.reason})
    for one in suspended:
        print_json({"kind": "suspended-deletion", "table": one.table, "gone": one.gone, "known": one.known})


def _keep(path: Path, row: HiddenRow, *, yes: bool) -> int:
    done = t("“{table}”, row {key} is shown now.", table=row.table, key=row.shown_key)
    return _decide(path, row, keep_hidden, keep_warning(row), done, sure=yes or row.in_the_way is None)


def _merge(path: Path, row: HiddenRow, *, yes: bool) -> int:
    done = t(
        "“{table}”: what referred to row {key} refers to row {other}, and row {key} is deleted.",
        table=row.table,
        key=row.shown_key,
        other=row.shown_in_the_way,
    )
    return _decide(path, row, merge_hidden, merge_warning(row), done, sure=yes or row.in_the_way is None)


def _delete(path: Path, row: HiddenRow, *, yes: bool) -> int:
    table, key = row.table, row.shown_key
    done = t("“{table}”, row {key}: the next sync deletes it on all machines.", table=table, key=key)
    return _decide(path, row, delete_hidden, delete_warning(row), done, sure=yes)


def _decide(
    path: Path,
    row: HiddenRow,
    decide: Callable[[Replica, HiddenRow], HiddenRow | None],
    warning: Text,
    done: Text,
    *,
    sure: bool,
) -> int:
    """Carry out a person's decision about a hidden row, after a backup; return the exit status.

    Args:
        decide: returns the row if it is still hidden.
        warning: the error unless the person is ``sure``.
    """
    if not sure:
        raise UsageError(warning, hint=t("To do so, give the option --yes, too."))
    backup = Backups(data_dir() / "backups").make(path)
    with Replica.open(path) as replica:
        left = decide(replica, row)
    print_line(done if left is None else hidden_sentence(left))
    print_line(t("Backup of the previous state: {backup}", backup=backup))
    return 0 if left is None else 1


def _chosen(path: Path, table: str, key: str) -> HiddenRow:
    """Return the hidden row with a key as it is listed, with or without its quotation marks."""
    with Replica.open(path, readonly=True, recover=True) as replica:
        hidden = [row for row in replica.hidden_rows() if row.table == table]
    keys = [tuple(value for _, value in row.key_columns) for row in hidden]
    _, named = matching_keys(keys, key)
    found = [row for row, own in zip(hidden, keys, strict=True) if own in named]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            t("Several hidden rows of “{table}” have the key {key}.", table=table, key=key),
            hint=t("Write the key whole, with quotation marks."),
        )
    raise UsageError(
        t("“{table}” has no hidden row {key}.", table=table, key=key),
        hint=t("To list them: syncline conflicts {file}", file=shlex.quote(str(path))),
    )


def conflicts_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``conflicts`` to ``parser``."""
    parser.set_defaults(run=run)
    add_database(parser)
    how = parser.add_mutually_exclusive_group()
    text = t("show this hidden row, and delete the row in its way on all machines, after a backup of the file")
    how.add_argument("--keep", nargs=2, metavar=("TABLE", "KEY"), help=text)
    text = t("delete this hidden row; what refers to it refers to the row in its way then; after a backup of the file")
    how.add_argument("--merge", nargs=2, metavar=("TABLE", "KEY"), help=text)
    text = t("delete this hidden row on all machines, after a backup of the file")
    how.add_argument("--delete", nargs=2, metavar=("TABLE", "KEY"), help=text)
    text = t(
        "bring back this row that others have deleted, as the newest backup has it, or what they have overwritten in "
        "it; after a backup of the file"
    )
    how.add_argument("--restore", nargs=2, metavar=("TABLE", "KEY"), help=text)
    parser.add_argument("--json", action="store_true", help=t("print one JSON object per line"))
    parser.add_argument("--yes", action="store_true", help=t("do it, instead of only saying what would happen"))
