"""The languages that texts can be said in: one gettext catalogue for the engine, the command line and the window.

The catalogues lie in ``assets/languages``, one ``.po`` for each language and the ``.mo`` that is made of it;
``.ci/languages.py`` brings both up to date.
"""

from __future__ import annotations

import functools
import gettext
import locale
import os
from importlib import resources

from engine.text import Lookup, Number, t

ENGLISH = "en"

_THOUSAND_AND_A_HALF = t("1,000.5")
"""For translators: a number as the language writes it."""


@functools.cache
def catalogue(language: str) -> Lookup:
    """Return what finds the translation of a template; it returns English where there is none.

    Args:
        language: as in a locale's name: ``de``, ``de_AT``, ``de_AT.UTF-8``.
    """
    file = resources.files("assets").joinpath("languages", f"{base(language)}.mo")
    if not file.is_file():
        return _as_it_is
    with file.open("rb") as opened:
        translations = gettext.GNUTranslations(opened)
    return lambda text: translations.gettext(text) if text else text  # "" stands for the catalogue's header


def has_catalogue(language: str) -> bool:
    """Return whether there is a catalogue for this language."""
    return catalogue(language) is not _as_it_is


def is_template(text: str) -> bool:
    """Return whether this is the template of one of our texts, as every catalogue contains all of them."""
    return bool(text) and bool(_templates().gettext(text))


def number_format(language: str) -> Number:
    """Return what writes a number with the separators of a language; its catalogue has an example."""
    example = catalogue(language)(_THOUSAND_AND_A_HALF.template)
    separators = {ord(","): example[1], ord("."): example[-2]}
    return lambda text: text.translate(separators)


def base(language: str) -> str:
    """Return the language of a locale's name: ``de`` for ``de_AT.UTF-8``."""
    return language.replace("-", "_").partition(".")[0].partition("@")[0].partition("_")[0].lower()


def system_language() -> str:
    """Return the language that the environment asks messages to be in, as gettext's manual says ("Locale Environment
    Variables"): LC_ALL before LC_MESSAGES before LANG; LANGUAGE lists choices unless that is C."""
    named = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    if not named:
        named = locale.getlocale()[0] or ""  # not every system speaks through the environment
    if base(named) in ("", "c", "posix"):
        return ENGLISH
    for choice in (*os.environ.get("LANGUAGE", "").split(":"), named):
        if base(choice) == ENGLISH or (choice and has_catalogue(choice)):
            return base(choice)
    return ENGLISH


def _as_it_is(text: str) -> str:
    return text


class _Nothing(gettext.NullTranslations):
    """Has no text."""

    def gettext(self, message: str) -> str:
        return ""


@functools.cache
def _templates() -> gettext.NullTranslations:
    """Return a catalogue that has '' for whatever is no template of ours."""
    folder = resources.files("assets").joinpath("languages")
    file = next((file for file in folder.iterdir() if file.name.endswith(".mo")), None)
    if file is None:
        return _Nothing()
    with file.open("rb") as opened:
        translations = gettext.GNUTranslations(opened)
    translations.add_fallback(_Nothing())
    return translations
