"""A parser of arguments that speaks the system's language, in its help and where it complains."""

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
"""What ``argparse`` says by itself, for the translators."""


ALIKE = 0.7
"""How like a word must be to what was typed to have been meant; 1.0 is the same."""


def translate_argparse() -> None:
    """Have ``argparse`` look up its own words in our catalogue, and not in gettext's default domain."""
    argparse._ = catalogue(system_language())  # type: ignore[attr-defined]


class Parser(argparse.ArgumentParser):
    """As its base class, with help in the system's language; that of the texts it is given.

    Attributes:
        examples: commands with which its help ends.
    """

    examples: tuple[str, ...] = ()

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=_HelpFormatter, allow_abbrev=False, **options)

    @property
    def commands(self) -> dict[str, Parser]:
        """The parsers of its commands, by their names."""
        found = (action.choices for action in self._actions if isinstance(action, argparse._SubParsersAction))
        return dict(next(found, {}))

    def command_helps(self) -> dict[str, str]:
        """What each of its commands does."""
        found = (action for action in self._actions if isinstance(action, argparse._SubParsersAction))
        return {one.dest: one.help or "" for action in found for one in action._choices_actions}

    def visible_options(self) -> list[argparse.Action]:
        """The options that its help has."""
        return [one for one in self._actions if one.option_strings and one.help != argparse.SUPPRESS]

    def positionals(self) -> list[argparse.Action]:
        """Its arguments that are no options and no commands."""
        others = (one for one in self._actions if not one.option_strings)
        return [one for one in others if not isinstance(one, argparse._SubParsersAction)]

    def give_examples(self, name: str, examples: Mapping[str, tuple[str, ...]]) -> None:
        """Take the examples of the command ``name`` and those of its commands."""
        self.examples = examples.get(name, ())
        for word, one in self.commands.items():
            one.give_examples(f"{name} {word}", examples)

    def format_help(self) -> str:
        """As in the base class, which calls it; with the examples."""
        lines = "".join(f"  {line}\n" for line in self.examples)
        heading = said(t("examples"))
        return super().format_help() + (f"\n{heading}:\n{lines}" if lines else "")

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As in the base class. What the last argument has more of may also follow options (``make-syncable FILE --undo
        TABLE``); what is unknown is told with what it may have meant, where that is like it."""
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
        """Add words to the argument of which there may be several; returns False where there is none, or one of them is
        no such word."""
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
    """Return the sentence that asks whether something known was meant; '' if nothing is like it."""
    near = difflib.get_close_matches(word, list(known), 1, ALIKE)
    return ". " + said(t("Did you mean {word}?", word=near[0])) if near else ""


class _HelpFormatter(argparse.HelpFormatter):
    def start_section(self, heading: str | None) -> None:
        super().start_section(heading and said(heading))

    def add_text(self, text: str | None) -> None:
        super().add_text(text and said(text))

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help and said(action.help)
