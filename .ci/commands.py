"""Writes docs/commands.md from the parser of the command line, so that it cannot say anything else.

python .ci/commands.py          after a command or an option changed
python .ci/commands.py --check  ends with 1 when the page is not up to date
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "commands.md"

HEAD = """# Commands

Written by `.ci/commands.py` from the program itself; a test sees to it that it is up to date. `syncline` alone opens
the window, and `syncline FILE` opens it with a database to add, `syncline syncline://…` with a pairing link. Any
command tells the same with `--help`. From a checkout, write `./syncline`; there are two more commands there:
`./syncline test` runs the checks and tests, `./syncline bundle` makes a folder that runs on a machine without Python.

Every command ends with 0 when it did what it was to do, 1 when it could not (a sentence on stderr says why), 2 when
it was used wrongly. Ctrl-C or SIGTERM ends a command in good order. `--json` is for programs.

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
    value = "" if action.nargs == 0 else " " + str(action.metavar or "|".join(action.choices or [action.dest.upper()]))
    return action.option_strings[-1] + value


def _explained(action: argparse.Action) -> str:
    text = action.help or ("the table" if action.dest == "table" else "")
    return text % {"default": action.default} if "%(" in text else text.replace("%%", "%")


def _in_cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> int:
    """See above."""
    sys.path.insert(0, str(ROOT))
    if "--check" in sys.argv:
        if PAGE.read_text("utf-8") == page():
            return 0
        print("docs/commands.md is not up to date: run python .ci/commands.py")
        return 1
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
