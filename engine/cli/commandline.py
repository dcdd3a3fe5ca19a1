"""Parses the command line."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from engine import __version__
from engine.cli.examples import EXAMPLES
from engine.cli.parser import Parser, translate_argparse
from engine.text import sentences, t

COMMANDS = {
    "open": ("window", t("Open the window, and add databases or a peer to it.")),
    "demo": ("demo.command", t("Watch two todo lists sync through a hub.")),
    "screenshots": ("window", t("Save pictures of the window, light and dark.")),
    "sync": ("sync", t("Sync a database with a peer.")),
    "verify": ("verify", t("Sync with a peer and compare every row; optionally repair what differs.")),
    "schema": ("schema", t("Show how the tables differ from a peer's; optionally add what is missing here.")),
    "serve": ("serve", t("Serve the databases of a folder as rooms.")),
    "token": ("token", t("Create, list and revoke the tokens of a hub.")),
    "pair": ("pair", t("Pair two machines: create a link here, open it on the other one.")),
    "share": ("pair", t("Serve databases to the machines paired with this one.")),
    "status": ("inspect", t("Show the configured databases and peers, and their clocks.")),
    "activity": ("activity", t("Show what the window has synced in the last 30 days.")),
    "tables": ("inspect", t("Show which tables of a database are, or can be made, syncable.")),
    "make-syncable": ("make_syncable", t("Make tables syncable, after a backup of the file.")),
    "relate": ("relate", t("Declare that a column refers to rows by numbers that SQLite hands out.")),
    "new-id": ("identity", t("Give a database that was copied or restored a site id of its own.")),
    "forget": ("forget", t("Remove everything that Syncline has added to a database, after a backup of the file.")),
    "backups": ("backups", t("List the backups of databases, and restore one.")),
    "check": ("check", t("Find damage to a database's sync records; optionally repair it.")),
    "conflicts": (
        "conflicts",
        t("List what waits for a decision: rows that are hidden or cannot be sent, deletions to be confirmed."),
    ),
    "changes": ("changes", t("Print a database's changes.")),
    "help": ("commandline", t("Explain a command.")),
    "completion": ("completion", t("Print a script by which a shell completes commands and options.")),
    "bench": ("bench.command", t("Measure the engine, each figure beside a baseline from the same run.")),
}
"""Each command's module and description. In the module, ``status_options`` for example takes the parser of ``status``,
adds the options, and sets what to run in its defaults. Only the module of the given command is loaded, as loading all
takes most of a second."""


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse ``argv``; end the program if it asks for help or is invalid."""
    words = list(sys.argv[1:] if argv is None else argv)
    command = next((word for word in words if not word.startswith("-")), "")
    if not words or (command == words[0] and command not in COMMANDS and _can_be_opened(command)):
        command = "open"
        words.insert(0, command)
    if words[0] == "help":
        words = [*words[1:], "--help"]
        command = words[0]
    arguments: argparse.Namespace = parser(command).parse_args(words)
    return arguments


def _can_be_opened(word: str) -> bool:
    """Return whether this is a pairing link or a file, and not a command, as none has a dot or slash in it."""
    from engine.pairing.pairing_link import is_link

    return is_link(word) or (any(mark in word for mark in (".", "/", os.sep)) and os.path.isfile(word))


def parser(only: str | None = None) -> Parser:
    """Return the parser of the whole command line; with ``only``, it knows the options of this command alone."""
    translate_argparse()
    parser = Parser(
        prog="syncline",
        usage="syncline [COMMAND ...]",
        description=t("Keeps SQLite databases in sync. Without a command, it opens the window."),
        epilog=sentences(
            t(
                "To keep a file the same on two machines: “syncline make-syncable FILE --all”, then “syncline pair "
                "FILE”; it says what to run on the other machine."
            ),
            t("syncline help COMMAND explains a command. The docs folder of the source has guides."),
        ),
    )
    parser.add_argument("--version", action="version", version=f"syncline {__version__}")
    parser.set_defaults(run=None, window=None, endless=lambda _: False)
    commands = parser.add_subparsers(title=t("commands"), metavar="COMMAND", prog="syncline", required=True)
    for name, (module, text) in COMMANDS.items():
        one = commands.add_parser(name, help=text, description=text)
        if only in (None, name):
            add_options = f"{name.replace('-', '_')}_options"
            getattr(importlib.import_module(f"engine.cli.{module}"), add_options)(one)
            one.give_examples(name, EXAMPLES)
    return parser


def help_options(parser: argparse.ArgumentParser) -> None:
    """Add the argument of ``help`` to ``parser``; ``parse`` turns the command into ``COMMAND --help``."""
    parser.add_argument("words", metavar="COMMAND", nargs="*", help=t("the command to explain (default: all of them)"))
