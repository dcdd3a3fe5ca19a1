"""``syncline relate DB TABLE.COLUMN PARENT``: declares a reference that has no foreign key."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.options import add_database
from engine.cli.output import print_line
from engine.cli.reference_answers import column_of
from engine.errors import UsageError
from engine.replica import Replica
from engine.settings import data_dir
from engine.storage.backup import Backups
from engine.text import counted, t


async def run(arguments: argparse.Namespace) -> int:
    """Run ``syncline relate DB TABLE.COLUMN PARENT``; return the exit status."""
    path: Path = arguments.database
    if arguments.list:
        _list(path)
        return 0
    if arguments.column is None or bool(arguments.parent) is arguments.none:
        raise UsageError(t("Name a column, and the table that it refers to, or --none. To see all: --list"))
    table, column = column_of(arguments.column)
    if arguments.none:
        Backups(data_dir() / "backups").make(path)
        with Replica.open(path) as replica:
            replica.unrelate(table, column)
        print_line(
            t("“{column}” of “{table}” refers to no rows; its values are sent as is.", column=column, table=table)
        )
        return 0
    parent, key = column_of(arguments.parent) if "." in arguments.parent else (arguments.parent, "")
    Backups(data_dir() / "backups").make(path)
    with Replica.open(path) as replica:
        elsewhere = replica.relate(table, column, parent, key)
    if elsewhere is not None:
        print_line(
            t(
                "“{column}” of “{table}” refers to rows of “{parent}” from now on. Until that is declared on another"
                " machine, “{table}” is not synced with it.",
                column=column,
                table=table,
                parent=parent,
            )
        )
        if elsewhere:
            print_line(
                counted(
                    elsewhere,
                    t(
                        "1 row has a number that was written elsewhere: it refers to its row once it is received"
                        " from there."
                    ),
                    t(
                        "{count:,} rows have numbers that were written elsewhere: they refer to their rows once "
                        "they are received from there.",
                        count=elsewhere,
                    ),
                )
            )
        return 0
    print_line(
        t(
            "“{column}” of “{table}” refers to rows of “{parent}”. Declare that on each machine before you sync it.",
            column=column,
            table=table,
            parent=parent,
        )
    )
    return 0


def _list(path: Path) -> None:
    with Replica.open(path, readonly=True, recover=True) as replica:
        declared = replica.relations()
        keys = {table.name: table.key for table in replica.tables()}
        likely = [one for table in replica.tables() for one in table.likely_references]
    for table, relation in declared:
        name = f"{table}.{relation.column}"
        if keys.get(table) == (relation.column,) and relation.table in ("", table):
            if relation.table:
                print_line(t("{column}: each machine hands out its own numbers: declared.", column=name))
            else:
                print_line(t("{column}: a row has the same number on every machine: declared.", column=name))
        elif relation.table:
            to = f"{relation.table}.{relation.to}"
            print_line(t("{column} refers to {parent}: declared.", column=name, parent=to))
        else:
            print_line(t("{column} refers to no rows: declared.", column=name))
    for one in likely:
        name = f"{one.table}.{one.column}"
        print_line(t("{column} is undecided.", column=name))
        print_line(one.sentence, indent=4)
    if not declared and not likely:
        print_line(t("Nothing is declared, and no column looks like a reference without a foreign key."))


def relate_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``relate`` to ``parser``."""
    parser.set_defaults(run=run)
    add_database(parser)
    text = t("the column that holds numbers of another table's rows")
    parser.add_argument("column", metavar="TABLE.COLUMN", nargs="?", help=text)
    text = t("that other table, whose key SQLite hands out; its column may follow, after a full stop")
    parser.add_argument("parent", metavar="PARENT", nargs="?", help=text)
    text = t("the column refers to no rows, though it looks like it: its values are sent as they are")
    parser.add_argument("--none", action="store_true", help=text)
    text = t("list what is declared, and columns that look like references without a foreign key")
    parser.add_argument("--list", action="store_true", help=text)
