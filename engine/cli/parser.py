"""A parser of arguments that speaks the system's language, in its help and where it complains."""

from __future__ import annotations

import argparse
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


def translate_argparse() -> None:
    """Have ``argparse`` look up its own words in our catalogue, and not in gettext's default domain."""
    argparse._ = catalogue(system_language())  # type: ignore[attr-defined]


class Parser(argparse.ArgumentParser):
    """As its base class, with help in the system's language; that of the texts it is given."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=_HelpFormatter, allow_abbrev=False, **options)


class _HelpFormatter(argparse.HelpFormatter):
    def start_section(self, heading: str | None) -> None:
        super().start_section(heading and said(heading))

    def add_text(self, text: str | None) -> None:
        super().add_text(text and said(text))

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help and said(action.help)
