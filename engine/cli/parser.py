"""An argument parser whose help and error messages are in the system's language."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.cli.output import said
from engine.language import catalogue, system_language
from engine.text import t

ARGPARSE = (
    t("usage: "),
    t("options"),
    t("positional arguments"),
    t("show this help message and exit"),
    t("show program's version number and exit"),
    t("%(prog)s: error: %(message)s\n"),
    t("argument %(argument_name)s: %(message)s"),
    t("the following arguments are required: %s"),
    t("one of the arguments %s is required"),
    t("unrecognized arguments: %s"),
    t("invalid choice: %(value)r (choose from %(choices)s)"),
    t("invalid %(type)s value: %(value)r"),
    t("not allowed with argument %s"),
    t("ignored explicit argument %r"),
    t("expected one argument"),
    t("expected at least one argument"),
)
"""The texts of ``argparse`` itself, for translators."""


ALIKE = 0.7
"""How similar a word must be to what was typed to be suggested; 1.0 means equal."""


def translate_argparse() -> None:
    """Make ``argparse`` look up its own texts in our catalogue, rather than in gettext's default domain."""
    argparse._ = catalogue(system_language())  # type: ignore[attr-defined]


class Parser(argparse.ArgumentParser):
    """An argument parser that translates its help, including the texts that it is given.

    Attributes:
        examples: commands with which its help ends.
    """

    examples: tuple[str, ...] = ()

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=_HelpFormatter, allow_abbrev=False, **options)

    @property
    def commands(self) -> dict[str, Parser]:
        """The parsers of its commands, by name."""
        found = (action.choices for action in self._actions if isinstance(action, argparse._SubParsersAction))
        return dict(next(found, {}))

    def command_helps(self) -> dict[str, str]:
        """Return the description of each of its commands."""
        found = (action for action in self._actions if isinstance(action, argparse._SubParsersAction))
        return {one.dest: one.help or "" for action in found for one in action._choices_actions}

    def visible_options(self) -> list[argparse.Action]:
        """Return the options that its help lists."""
        return [one for one in self._actions if one.option_strings and one.help != argparse.SUPPRESS]

    def positionals(self) -> list[argparse.Action]:
        """Return its arguments that are neither options nor commands."""
        others = (one for one in self._actions if not one.option_strings)
        return [one for one in others if not isinstance(one, argparse._SubParsersAction)]

    def give_examples(self, name: str, examples: Mapping[str, tuple[str, ...]]) -> None:
        """Set the examples of the command ``name`` and of its commands."""
        self.examples = examples.get(name, ())
        for word, one in self.commands.items():
            one.give_examples(f"{name} {word}", examples)

    def format_help(self) -> str:
        """Return the help of the base class, followed by the examples."""
        lines = "".join(f"  {line}\n" for line in self.examples)
        heading = said(t("examples"))
        return super().format_help() + (f"\n{heading}:\n{lines}" if lines else "")

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse arguments like the base class.

        More values of the last argument may also follow options (``make-syncable FILE --undo TABLE``). An error about
        something unknown suggests what may have been meant.
        """
        found, rest = self.parse_known_args(args, namespace)
        if rest:
            one = self
            for word in args or ():
                one = one.commands.get(word, one)
            if one._take_more(found, rest):
                return found
            options = [option for action in one.visible_options() for option in action.option_strings]
            unknown = argparse._("unrecognized arguments: %s") % " ".join(rest)  # type: ignore[attr-defined]
            one.error(f"{unknown}{_meant(rest[0].partition('=')[0], options)}")
        return found

    def _take_more(self, found: argparse.Namespace, rest: Sequence[str]) -> bool:
        """Add words to the argument that accepts several; return False if there is none, or one is an option."""
        several = next((one for one in self.positionals() if one.nargs in ("*", "+")), None)
        if several is None or any(word.startswith("-") for word in rest):
            return False
        more = [self._get_value(several, word) for word in rest]
        setattr(found, several.dest, [*getattr(found, several.dest), *more])
        return True

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            error.message += _meant(str(value), map(str, action.choices or ()))
            raise


def _meant(word: str, known: Iterable[str]) -> str:
    """Return a sentence that suggests a similar known word; '' if there is none."""
    near = difflib.get_close_matches(word, list(known), 1, ALIKE)
    return ". " + said(t("Did you mean {word}?", word=near[0])) if near else ""


class _HelpFormatter(argparse.HelpFormatter):
    def start_section(self, heading: str | None) -> None:
        super().start_section(heading and said(heading))

    def add_text(self, text: str | None) -> None:
        super().add_text(text and said(text))

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help and said(action.help)
