"""The language of the window: which translation is in force, and how plain functions ask for theirs.

Widgets and other objects use ``self.tr``, in a method that they pass to ``spoken``: it is called again when the
language changes. Functions use ``tr`` from here, whose texts have no context. Texts of the engine are looked up with
``marked_text`` when they stand alone, or matched by ``gui.models.translation``.
The translations lie in ``assets/languages``; ``.ci/languages.py`` brings them up to date.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from weakref import WeakMethod

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator
from shiboken6 import isValid

_installed: list[QTranslator] = []
_translated = False
generation = 0
"""Counts the changes: what was put into words before another one may be out of date."""


_speakers: list[WeakMethod[Callable[[], object]]] = []


def spoken(speak: Callable[[], object]) -> None:
    """Call this method now, and again whenever the language changes, as long as its object lives.

    Args:
        speak: a method of a QObject that sets all texts that do not change by themselves.
    """
    speak()
    _speakers[:] = [speaker for speaker in _speakers if _living(speaker) is not None]  # menus and dialogs come and go
    _speakers.append(WeakMethod(speak))


def _living(speaker: WeakMethod[Callable[[], object]]) -> Callable[[], object] | None:
    speak = speaker()
    # Qt may have deleted the object while Python still knows it
    return speak if speak is not None and isValid(speak.__self__) else None


def _speak_again() -> None:
    for speaker in tuple(_speakers):  # one may make others as it speaks, which have the new words already
        speak = _living(speaker)
        if speak is not None:
            speak()


def tr(text: str) -> str:
    """A text of a plain function in the person's language."""
    return QCoreApplication.translate("", text)


def marked_text(context: str, text: str) -> str:
    """A text that was marked elsewhere."""
    return QCoreApplication.translate(context, text)


def has_translation() -> bool:
    """Whether texts of ours are translated now."""
    return _translated


def install(app: QCoreApplication, language: str) -> None:
    """Show everything in this language from now on.

    Args:
        language: ``en`` or ``de``; ``system`` for the one that the system asks for, if there is a translation.
    """
    global _translated, generation
    generation += 1
    for translator in _installed:
        app.removeTranslator(translator)
    _installed.clear()
    _translated = False
    locale = QLocale.system() if language == "system" else QLocale(language)
    QLocale.setDefault(locale)
    folder = resources.files("assets").joinpath("languages")
    qt = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    for name, path in (("qtbase", qt), ("syncline", str(folder))):
        translator = QTranslator(app)
        if translator.load(locale, name, "_", path):
            app.installTranslator(translator)
            _installed.append(translator)
            _translated = _translated or name == "syncline"
    _speak_again()
