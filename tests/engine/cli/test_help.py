"""What helps a person at the command line: help, examples, what was meant, colour."""

from __future__ import annotations

import os
import pty
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.cli.colours import Colour, painted
from engine.cli.commandline import parse, parser
from engine.cli.examples import EXAMPLES
from engine.cli.parser import Parser
from tests.engine.live import PATIENCE
from tests.engine.programs import Command

WHOLE = parser()


def every(one: Parser, path: str = "") -> Iterator[tuple[str, Parser]]:
    for name, command in one.commands.items():
        yield f"{path} {name}".strip(), command
        yield from every(command, f"{path} {name}".strip())


COMMANDS = dict(every(WHOLE))


def test_every_command_has_examples_at_the_end_of_its_help() -> None:
    assert sorted(EXAMPLES) == sorted(COMMANDS)
    for name, command in COMMANDS.items():
        end = "".join(f"  {line}\n" for line in EXAMPLES[name])
        assert command.format_help().endswith(f"\nexamples:\n{end}"), name


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_one(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "todo.db").touch()
    for line in EXAMPLES[name]:
        words = shlex.split(line.partition(" > ")[0])
        assert words[0] == "syncline"
        asked = [os.path.expanduser(word) for word in words[1:]]
        if name == "help":
            with pytest.raises(SystemExit) as ended:
                parse(asked)
            assert ended.value.code == 0
            continue
        arguments = parse(asked)
        assert arguments.run or arguments.window, line
        assert name.split()[0] in (*words, "open"), "it is about this command"


@pytest.mark.parametrize(("words", "same"), [("help sync", "sync --help"), ("help token make", "token make --help")])
def test_help_is_that_of_the_command(capsys: pytest.CaptureFixture[str], words: str, same: str) -> None:
    told = []
    for line in (words, same):
        with pytest.raises(SystemExit) as ended:
            parse(line.split())
        assert ended.value.code == 0
        told.append(capsys.readouterr().out)
    assert told[0] == told[1]
    assert told[0].startswith(f"usage: syncline {same.removesuffix(' --help')}")


@pytest.mark.parametrize("words", ["--undo a.db todo list", "a.db --undo todo list", "a.db todo --undo list"])
def test_options_may_stand_anywhere(words: str) -> None:
    found = parse(["make-syncable", *words.split()])
    assert (found.database, found.tables, found.undo) == (Path("a.db"), ["todo", "list"], True)


def test_help_alone_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    for line in (["help"], ["help", "help"]):
        with pytest.raises(SystemExit):
            parse(line)
    out = capsys.readouterr().out
    assert all(f"    {name}" in out for name in WHOLE.commands)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("snyc a.db", "Did you mean sync?"),
        ("help snyc", "Did you mean sync?"),
        ("make-synable a.db", "Did you mean make-syncable?"),
        ("token mak", "Did you mean make?"),
        ("sync a.db --wacth", "Did you mean --watch?"),
        ("sync a.db --token-fil=x", "Did you mean --token-file?"),
        ("token make x --tokens t --read-onyl", "Did you mean --read-only?"),
        ("sync a.db --join boht", "Did you mean both?"),
        ("xyzzy", ""),
        ("sync a.db --frobnicate", ""),
        ("make-syncable a.db --undoo todo", "Did you mean --undo?"),
        ("demo --machin", ""),  # what is hidden is not offered
    ],
)
def test_what_may_have_been_meant(capsys: pytest.CaptureFixture[str], words: str, meant: str) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(words.split())
    assert ended.value.code == 2
    err = capsys.readouterr().err.rstrip()
    assert err.endswith(meant)
    assert ("Did you mean" in err) is bool(meant)


def test_german(syncline: Command) -> None:
    german = {"LC_ALL": "", "LC_MESSAGES": "", "LANGUAGE": "", "LANG": "de_DE.UTF-8"}
    assert "Meinten Sie sync?" in syncline("snyc", status=2, env=german)
    assert "\nBeispiele:\n  syncline sync ~/todo.db\n" in syncline("help", "sync", env=german)


@pytest.fixture
def syncline(tmp_path: Path) -> Command:
    return Command(tmp_path / "home")


def on_terminal(**variables: str) -> str:
    """What a command that fails says on a terminal."""
    ours, theirs = pty.openpty()
    variables = {"TERM": "xterm", "NO_COLOR": ""} | variables
    process = subprocess.Popen(
        [sys.executable, "-m", "engine.cli", "tables", "none.db"], env=os.environ | variables, stdin=subprocess.DEVNULL,
        stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 1_000)
        except OSError:  # the other end is closed
            part = b""
        if not part:
            break
        said += part
    os.close(ours)
    assert process.wait(PATIENCE) == 1
    return said.decode()


def test_colour_is_for_terminals_and_can_be_off(syncline: Command) -> None:
    assert on_terminal().startswith("\033[31msyncline: ")
    for plain in (on_terminal(NO_COLOR="1"), on_terminal(TERM="dumb"), syncline("tables", "none.db", status=1)):
        assert "\033" not in plain
        assert plain.startswith("syncline: ")


def test_what_has_no_colour_stays_as_it_is() -> None:
    assert painted("text", None, sys.stdout) == "text"
    with open(os.devnull, "w") as no_terminal:
        assert painted("text", Colour.RED, no_terminal) == "text"
