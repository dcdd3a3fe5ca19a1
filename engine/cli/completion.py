"""``syncline completion SHELL``: prints a script that completes commands and options in bash, zsh or fish.

It is generated from the parsers, and calls nothing when it runs.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.cli.output import said
from engine.cli.parser import Parser
from engine.text import t


@dataclass(frozen=True, slots=True)
class _Place:
    """What can follow the words of a command.

    Attributes:
        path: these words; '' at the beginning.
        commands, options: what may follow, each with its description.
        values: by option, the words that it accepts as its value.
        free: options that accept any value, such as a file.
    """

    path: str
    commands: dict[str, str]
    options: dict[str, str]
    values: dict[str, list[str]]
    free: list[str]


async def run(arguments: argparse.Namespace) -> int:
    """Print the script for a shell; return the exit status."""
    from engine.cli.commandline import parser  # it loads every command

    places = {place.path: place for place in _places(parser(), "")}
    places["help"].commands.update(places[""].commands)
    print(_SHELLS[arguments.shell](list(places.values())), end="")
    return 0


def _places(one: Parser, path: str) -> Iterator[_Place]:
    commands = {name: _help(text) for name, text in one.command_helps().items()}
    options: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    free: list[str] = []
    for action in one.visible_options():
        for option in action.option_strings:
            options[option] = _help(action.help)
            if action.choices:
                values[option] = list(map(str, action.choices))
            elif action.nargs != 0:
                free.append(option)
    words = {word: "" for action in one.positionals() for word in map(str, action.choices or ())}
    yield _Place(path, commands | words, options, values, free)
    for name, command in one.commands.items():
        yield from _places(command, f"{path} {name}".strip())


def _help(text: str | None) -> str:
    return said(text or "").replace("%%", "%").split("\n")[0]


def _bash(places: list[_Place]) -> str:
    paths = "|".join(f'"{place.path}"' for place in places if place.path)
    values = "".join(
        f'        "{place.path} {option}") COMPREPLY=($(compgen -W "{" ".join(words)}" -- "$cur")); return ;;\n'
        for place in places
        for option, words in place.values.items()
    )
    free = "|".join(f'"{place.path} {option}"' for place in places for option in place.free)
    words = "".join(
        f'        "{place.path}") commands="{" ".join(place.commands)}" options="{" ".join(place.options)}" ;;\n'
        for place in places
    )
    return f"""# bash completion for syncline
_syncline() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD - 1]}} at= word commands= options=
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case "${{at:+$at }}$word" in
        {paths}) at="${{at:+$at }}$word" ;;
        esac
    done
    COMPREPLY=()
    case "$at $prev" in
{values}        {free}) return ;;
    esac
    case "$at" in
{words}    esac
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$cur"))
    else
        COMPREPLY=($(compgen -W "$commands" -- "$cur"))
    fi
}}
complete -o bashdefault -o default -F _syncline syncline
"""


def _zsh(places: list[_Place]) -> str:
    paths = "|".join(f'"{place.path}"' for place in places if place.path)
    values = "".join(
        f'        "{place.path} {option}") compadd -- {" ".join(words)}; return ;;\n'
        for place in places
        for option, words in place.values.items()
    )
    free = "|".join(f'"{place.path} {option}"' for place in places for option in place.free)

    def described(words: dict[str, str]) -> str:
        return " ".join(shlex.quote(f"{word}:{text}" if text else word) for word, text in words.items())

    words = "".join(
        f'        "{place.path}") commands=({described(place.commands)})'
        f"\n            options=({described(place.options)}) ;;\n"
        for place in places
    )
    return f"""#compdef syncline
_syncline() {{
    local at= word
    local -a commands options
    for word in "${{(@)words[2,CURRENT-1]}}"; do
        case "${{at:+$at }}$word" in
        {paths}) at="${{at:+$at }}$word" ;;
        esac
    done
    case "$at $words[CURRENT-1]" in
{values}        {free}) _files; return ;;
    esac
    case "$at" in
{words}    esac
    if [[ $words[CURRENT] == -* ]]; then
        _describe -o option options
    elif (( $#commands )); then
        _describe command commands
    else
        _files
    fi
}}
if [[ $funcstack[1] == _syncline ]]; then
    _syncline "$@"
else
    compdef _syncline syncline
fi
"""


def _fish(places: list[_Place]) -> str:
    lines = [
        "# fish completion for syncline",
        "function __syncline_at",
        "    set -l at",
        "    for word in (commandline -opc)[2..-1]",
        f'        if contains -- (string trim -- "$at $word") {_quoted(place.path for place in places if place.path)}',
        '            set at (string trim -- "$at $word")',
        "        end",
        "    end",
        '    test "$at" = "$argv[1]"',
        "end",
    ]
    for place in places:
        start = f"complete -c syncline -n {_quoted([f'__syncline_at {_quoted([place.path])}'])}"
        lines += [f"{start} -f -a {_quoted([word])} -d {_quoted([text])}" for word, text in place.commands.items()]
        for option, text in place.options.items():
            name = f"-l {option[2:]}" if option.startswith("--") else f"-s {option[1:]}"
            takes = " -r" if option in place.free else ""
            if option in place.values:
                takes = f" -x -a {_quoted([' '.join(place.values[option])])}"
            lines.append(f"{start} {name}{takes} -d {_quoted([text])}")
    return "\n".join(lines) + "\n"


def _quoted(words: Iterator[str] | list[str]) -> str:
    """Return words between single quotes, as fish takes them."""
    return " ".join("'" + word.replace("\\", "\\\\").replace("'", "\\'") + "'" for word in words)


_SHELLS: dict[str, Callable[[list[_Place]], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}


def completion_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``completion`` to ``parser``."""
    parser.set_defaults(run=run)
    parser.add_argument("shell", metavar="SHELL", choices=list(_SHELLS), help=t("bash, zsh or fish"))
