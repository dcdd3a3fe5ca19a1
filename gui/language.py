"""The language of the window: which catalogue is in force, and how everything gets its texts.

``tr`` returns a text of the window in the person's language, and ``said`` what the engine said; where that names
commands, the window names its buttons instead. Texts that are not fetched each time are set in a method that is passed
to ``on_language_change``: it is called again when the language changes. The catalogues are those of
``engine.language``; Qt's own texts come with Qt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MethodType
from weakref import WeakMethod

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator
from shiboken6 import isValid

from engine.language import ENGLISH, base, catalogue, has_catalogue
from engine.text import Lookup, translated

_installed: list[QTranslator] = []
_lookup: Lookup = catalogue(ENGLISH)
_translated = False
generation = 0
"""Counts the changes of language: words from before the latest may be out of date."""

Retranslate = Callable[[], object]
"""A bound method of a QObject that sets texts."""

_retranslators: list[WeakMethod[Retranslate]] = []


def on_language_change(retranslate: Retranslate) -> None:
    """Call this method now, and again whenever the language changes, while its object lives.

    Args:
        retranslate: a method of a QObject that sets all texts that do not change by themselves.
    """
    retranslate()
    _retranslators[:] = [one for one in _retranslators if _living(one) is not None]  # menus and dialogs come and go
    _retranslators.append(WeakMethod(retranslate))


def _living(reference: WeakMethod[Retranslate]) -> Retranslate | None:
    method = reference()
    # Qt may have deleted the object while Python still knows it
    return method if method is not None and isinstance(method, MethodType) and isValid(method.__self__) else None


def _retranslate_all() -> None:
    for reference in tuple(_retranslators):  # one may add others, which have the new words already
        retranslate = _living(reference)
        if retranslate is not None:
            retranslate()


def tr(template: str, /, **arguments: object) -> str:
    """Return a text of the window in the person's language.

    Args:
        template: a literal, with a gap for each argument, as for ``engine.text.t``.
        arguments: the values for the gaps, ready to be shown.
    """
    text = _lookup(template)
    return text.format(**arguments) if arguments else text


def said(text: str) -> str:
    """Return what the engine said in the person's language; only texts with a template are translated."""
    return translated(text, _in_the_window, _number)


def _in_the_window(template: str) -> str:
    words = _BUTTONS.get(template)
    return words() if words is not None else _lookup(template)


_BUTTONS: Mapping[str, Callable[[], str]] = {
    "Nothing of it is synced until you choose how they are joined: “sync --join both”, “same” or “replace”.": lambda: (
        tr("Nothing of it is synced until you choose, with “Join…”, how they are joined.")
    ),
    "Nothing of it is synced until the other side has chosen how they are joined.": lambda: tr(
        "Nothing of it is synced until you choose, with “Join…”, how they are joined, or the other side does."
    ),
    "{gone:,} of its {known:,} rows are gone. “check --bring-back {table}” gets them back from the other machines,"
    " “check --delete-everywhere {table}” deletes them there too": lambda: tr(
        "{gone:,} of its {known:,} rows are gone. “Answer…” gets them back from the other machines, or deletes them"
        " there too"
    ),
}
"""What the window says instead of the engine's sentences that name commands; the gaps are the same, filled later."""


def _number(text: str) -> str:
    locale = QLocale()
    return text.translate({ord(","): locale.groupSeparator(), ord("."): locale.decimalPoint()})


def has_translation() -> bool:
    """Return whether our texts are translated now."""
    return _translated


def install(app: QCoreApplication, language: str) -> None:
    """Show everything in this language from now on.

    Args:
        language: ``en`` or ``de``; ``system`` for the first of the system's languages that there is a catalogue for.
    """
    global _lookup, _translated, generation
    generation += 1
    for translator in _installed:
        app.removeTranslator(translator)
    _installed.clear()
    locale = QLocale.system() if language == "system" else QLocale(language)
    QLocale.setDefault(locale)
    wanted = locale.uiLanguages() if language == "system" else [language]
    chosen = next((one for one in wanted if base(one) == ENGLISH or has_catalogue(one)), ENGLISH)
    _lookup, _translated = catalogue(chosen), has_catalogue(chosen)
    translator = QTranslator(app)
    if translator.load(locale, "qtbase", "_", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        app.installTranslator(translator)
        _installed.append(translator)
    _retranslate_all()
