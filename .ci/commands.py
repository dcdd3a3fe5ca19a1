"""Writes docs/commands.md and the manual page from the parser of the command line, so that they say nothing else.

python .ci/commands.py          after a command or an option changed
python .ci/commands.py --check  ends with 1 when one of them is not up to date
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.cli.parser import Parser

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "commands.md"
MANUAL = ROOT / "assets" / "syncline.1"

HEAD = """# Commands

Written by `.ci/commands.py` from the program itself; a test sees to it that it is up to date. `syncline` alone opens
the window, and `syncline FILE` opens it with a database to add, `syncline syncline://…` with a pairing link. Any
command tells the same with `--help`. From a checkout, write `./syncline`; there are two more commands there:
`./syncline test` runs the checks and tests, `./syncline bundle` makes a folder that runs on a machine without Python.

Every command ends with 0 when it did what it was to do, 1 when it could not (a sentence on stderr says why), 2 when
it was used wrongly. `check` and `conflicts` end with 1 while something is left to be done, too. Ctrl-C or SIGTERM ends
a command in good order. `--json` is for programs.

| variable | |
|---|---|
| `SYNCLINE_HOME` | one folder for settings and data, in place of the user's own |
| `SYNCLINE_TOKEN` | the token for a peer, where no `--token-file` is given |
| `SYNCLINE_PEER_TOKEN` | the token for the other hubs, of `serve --peer` |
| `SYNCLINE_LOG` | how much is logged on stderr: `debug`, `info`, `warning`, `error` (the default) |
| `SSL_CERT_FILE` | a file of certificates to trust |
"""


def page() -> str:
    """The whole page."""
    from engine.cli.commandline import parser

    return HEAD + "".join(line + "\n" for line in _commands(parser(), "syncline"))


VARIABLES = re.findall(r"^\| `(\w+)` \| (.*) \|$", HEAD, re.MULTILINE)

MANUAL_HEAD = """.\\" Written by .ci/commands.py.
.TH SYNCLINE 1
.SH NAME
syncline \\- keeps the SQLite databases of apps in sync between machines
.SH SYNOPSIS
.B syncline
.RI [ COMMAND " ...]"
.SH DESCRIPTION
Without a command, the window is opened; with a FILE, it is opened with a database to add, and with a link that begins
with syncline: with a peer to add.
.B syncline help
.I COMMAND
explains a command.
.SH COMMANDS
"""

MANUAL_END = """.SH EXIT STATUS
0: it did what it was to do. 1: it could not; a sentence on stderr says why. 2: it was used wrongly.
.SH FILES
.TP
.I ~/.config/syncline
the settings
.TP
.I ~/.local/share/syncline
backups, the journal, the certificate and the log
"""


def manual() -> str:
    """The manual page."""
    from engine.cli.commandline import parser

    lines = [line for name, one in parser().commands.items() for line in _manual_of(one, name)]
    lines.append(".SH ENVIRONMENT")
    for name, text in VARIABLES:
        lines += [".TP", f".B {_roff(name)}", _roff(text.replace("`", ""))]
    return MANUAL_HEAD + "".join(line + "\n" for line in lines) + MANUAL_END


def _manual_of(one: Parser, name: str) -> Iterator[str]:
    shown = [*one.positionals(), *(each for each in one.visible_options() if each.dest != "help")]
    use = " ".join(["syncline", name, *map(_use, shown), *(["COMMAND"] if one.commands else [])])
    yield from (f".SS {_roff(name)}", _roff(one.description or ""), ".PP", f".B {_roff(use)}")
    for action in shown:
        yield from (".TP", f".B {_roff(_named(action))}", _roff(_explained(action)))
    if one.examples:
        yield from (".PP", "Examples:", ".PP", ".nf", *(_roff(f"    {line}") for line in one.examples), ".fi")
    for word, command in one.commands.items():
        yield from _manual_of(command, f"{name} {word}")


def _roff(text: str) -> str:
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text


def _commands(one: argparse.ArgumentParser, name: str) -> Iterator[str]:
    for action in one._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, command in action.choices.items():
                yield from _command(command, f"{name} {word}")


def _command(one: argparse.ArgumentParser, name: str) -> Iterator[str]:
    actions = [
        action
        for action in one._actions
        if not isinstance(action, argparse._HelpAction | argparse._SubParsersAction)
        and action.help != argparse.SUPPRESS
    ]
    commands = [action for action in one._actions if isinstance(action, argparse._SubParsersAction)]
    yield from ("", f"## {name}", "", one.description or "", "", "```usage")
    yield " ".join([name, *map(_use, actions), *(["COMMAND"] if commands else [])])
    yield "```"
    if actions:
        yield from ("", "| | |", "|---|---|")
        yield from (f"| `{_in_cell(_named(action))}` | {_in_cell(_explained(action))} |" for action in actions)
    yield from _commands(one, name)


def _use(action: argparse.Action) -> str:
    """How an argument stands in the line of use."""
    if not action.option_strings:
        return {"?": "[{}]", "*": "[{} ...]", "+": "{} ..."}.get(str(action.nargs), "{}").format(action.metavar)
    return _named(action) if action.required else f"[{_named(action)}]"


def _named(action: argparse.Action) -> str:
    if not action.option_strings:
        return str(action.metavar)
    value = str(action.metavar or "|".join(action.choices or [action.dest.upper()]))
    form = {"0": "{}", "?": "{} [{}]"}.get(str(action.nargs), "{} {}")
    return form.format(action.option_strings[-1], value)


def _explained(action: argparse.Action) -> str:
    text = action.help or ("the table" if action.dest == "table" else "")
    return text % {"default": action.default} if "%(" in text else text.replace("%%", "%")


def _in_cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> int:
    """See above."""
    sys.path.insert(0, str(ROOT))
    old = 0
    for file, text in ((PAGE, page()), (MANUAL, manual())):
        if "--check" not in sys.argv:
            file.write_text(text, "utf-8")
        elif not file.exists() or file.read_text("utf-8") != text:
            print(f"{file.relative_to(ROOT)} is not up to date: run python .ci/commands.py")
            old = 1
    return old


if __name__ == "__main__":
    sys.exit(main())
