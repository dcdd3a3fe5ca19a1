"""Every text can be translated, is translated, and is seen translated."""

from __future__ import annotations

import ast
import asyncio
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QComboBox, QDialog, QLabel, QLineEdit, QWidget

from engine.api import Engine
from engine.history.journal import Journal
from engine.settings import Settings
from gui import language
from gui.app import shell
from gui.dialogs import add_peer, settings
from gui.models import translation
from gui.models.peers import Column
from tests.gui.aio import application, on_gui_loop, until
from tests.gui.app.test_window import DEAD, scene

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / ".ci"))
from sentences import ELSEWHERE  # noqa: E402
from sentences import sentences as all_sentences  # noqa: E402

GERMAN = ROOT / "assets" / "languages" / "syncline_de.ts"
SHOWS = {
    "setText", "setToolTip", "setWindowTitle", "setPlaceholderText", "setAccessibleName", "setAccessibleDescription",
    "addAction", "addMenu", "addTab", "addItem", "addRow", "addSection", "setTitle", "setSuffix", "setHeaderLabels",
    "QLabel", "QPushButton", "QCheckBox", "QGroupBox", "QMenu", "QAction", "say",
}  # fmt: skip
"""Calls whose texts a person reads."""

EXCEPT = ("language.py", "scenes.py")
"""The one asks with what it was given, the other makes up what stands in pictures."""

FILES = [file.relative_to(ROOT).as_posix() for file in (ROOT / "gui").rglob("*.py") if file.name not in EXCEPT]

NO_WORDS = re.compile(r"[\W\d_]*|Syncline|CSV.*|JSON.*|wss?://.*")


def sources() -> dict[str, str]:
    """All texts of the German file with their translations."""
    messages = ET.parse(GERMAN).getroot().iter("message")
    return {one.findtext("source", ""): one.findtext("translation", "") for one in messages}


@pytest.fixture
def german() -> Iterator[None]:
    language.install(application(), "de")
    yield
    language.install(application(), "en")


def test_the_files_are_complete_and_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "languages.py"), "--check"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_placeholders_and_keys_survive_translation() -> None:
    for text, translated in sources().items():
        assert sorted(re.findall(r"\{\d\}|%1", text)) == sorted(re.findall(r"\{\d\}|%1", translated)), text
        assert text.count("&") == translated.count("&"), text
        assert (text[-1] in ".…: ?") == (translated[-1] in ".…: ?"), text


@pytest.mark.parametrize("name", FILES)
def test_no_text_goes_past_the_translators(name: str) -> None:
    file = ROOT / name
    wrong = []
    tree = ast.parse(file.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            wrong += [f"{call.lineno}: hidden in an f-string" for call in calls(node) if called(call) == "tr"]
        if isinstance(node, ast.Call) and called(node) == "tr":
            first = node.args[0]
            if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
                wrong.append(f"{node.lineno}: tr() of something that is no literal")
        if isinstance(node, ast.Call) and called(node) in SHOWS:
            wrong += [
                f"{node.lineno}: {argument.value!r} is not translated"
                for argument in node.args
                if isinstance(argument, ast.Constant)
                and isinstance(argument.value, str)
                and not NO_WORDS.fullmatch(argument.value)
            ]
    assert wrong == []


def calls(node: ast.AST) -> list[ast.Call]:
    return [one for one in ast.walk(node) if isinstance(one, ast.Call)]


def called(call: ast.Call) -> str:
    """The name of the function that is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def texts(window: QWidget) -> Iterator[str]:
    """Every text that a person could read in a window, with its tooltips and names."""
    for widget in (window, *window.findChildren(QWidget)):
        if widget.objectName().startswith("qt_"):
            continue
        yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription(), widget.windowTitle())
        if isinstance(widget, QLabel | QAbstractButton):
            yield widget.text()
        if isinstance(widget, QLineEdit):
            yield widget.placeholderText()
        if isinstance(widget, QComboBox):
            yield from (widget.itemText(place) for place in range(widget.count()))
    for action in window.findChildren(QAction):
        yield from (action.text(), action.toolTip())


def english(window: QWidget) -> set[str]:
    """The texts that should have been translated."""
    known = {text: translated for text, translated in sources().items() if text != translated}
    return {text for text in texts(window) if text in known}


@on_gui_loop
async def look_at_everything(tmp_path: Path) -> None:
    async with shell(Engine(Settings(), journal=Journal()), asyncio.Event()) as window:
        await asyncio.sleep(0.2)
        assert english(window) == set(), "the empty window"
    async with scene(tmp_path, url=DEAD) as it:
        window = it.window
        await it.state("Wartet")
        line = next(one.text() for one in window.findChildren(QLabel) if "aller Gegen" in one.accessibleName())
        assert line.startswith("Wartet: hub 0. 127.0.0.1:9: Verbindung abgelehnt.")
        assert line.endswith("127.0.0.1:9: Verbindung abgelehnt.")
        assert english(window) == set()
        menu = window.peers.menu_for([it.engine.settings.peers[0].id])
        assert english(menu) == set()
        menu.close()
        heading = window.peers.model.headerData(Column.STATE, Qt.Orientation.Horizontal)
        assert heading == "Zustand"
        for question in (
            settings.ask(window, it.engine, window.wishes.autostart, window.wishes.links),
            add_peer.ask(window, it.engine, it.engine.settings.peers[0]),
        ):
            asking = asyncio.create_task(question)
            await until(lambda: [one for one in window.findChildren(QDialog) if one.isVisible()], "the dialog")
            [dialog] = [one for one in window.findChildren(QDialog) if one.isVisible()]
            assert english(dialog) == set()
            dialog.reject()
            await asking


def test_the_window_is_german(tmp_path: Path, german: None) -> None:
    look_at_everything(tmp_path)


def test_the_language_can_be_switched() -> None:
    app = application()
    for name, expected in (("de", "gerade eben"), ("en", "just now"), ("de", "gerade eben"), ("en", "just now")):
        language.install(app, name)
        assert language.tr("just now") == expected
    assert not language.has_translation()


@pytest.mark.parametrize(
    ("english_text", "german_text"),
    [
        ("Everything is on both disks.", "Alles ist auf beiden Platten."),
        (
            "Next try in 12 s: 127.0.0.1:9: connection refused. Is the hub running, and is the port right?",
            "Nächster Versuch in 12 s: 127.0.0.1:9: Verbindung abgelehnt. Läuft der Hub, und stimmt der Port?",
        ),
        ("Auto-sync is off. Press Sync now.", "Automatisch ist ausgeschaltet. Drücken Sie „Jetzt abgleichen“."),
        ("Confirmed up to 41 at 14:02.", "Bestätigt bis 41 um 14:02."),
        ("Words of others. Press Sync now.", "Words of others. Drücken Sie „Jetzt abgleichen“."),
        (
            "hub.example does not accept the token. It says: The token was revoked. Enter the token that the hub's"
            " owner gave you.",
            "hub.example nimmt das Token nicht an. Er sagt: Das Token wurde widerrufen. Geben Sie das Token ein, das"
            " Sie vom Betreiber des Hubs haben.",
        ),
        ("Paused until 15:10.", "Angehalten bis 15:10."),
        ("1,240 of 9,000 versions.", "1.240 von 9.000 Versionen."),
        ("It lets us in without a token, for reading only.", "Er lässt uns ohne Token ein, nur zum Lesen."),
        (
            "The room name “a b” ends like the files that SQLite keeps beside a database.",
            "Der Raumname „a b“ endet wie die Dateien, die SQLite neben einer Datenbank führt.",
        ),
        (
            "The settings in /a b/settings.toml, line 3 cannot be used: in entry 1 of peers, the key “mode” should be"
            " one of live, every, manual. Correct the file, or move it away to start with new settings; it was not"
            " changed.",
            "Die Einstellungen in /a b/settings.toml, Zeile 3, können nicht verwendet werden: im Eintrag 1 von peers:"
            " der Schlüssel „mode“ sollte eines von live, every, manual sein. Berichtigen Sie die Datei, oder räumen"
            " Sie sie weg, um mit neuen Einstellungen zu beginnen; sie wurde nicht geändert.",
        ),
        ("", ""),
    ],
)
def test_what_the_engine_says(german: None, english_text: str, german_text: str) -> None:
    assert translation.told(english_text) == german_text


def test_every_sentence_of_the_engine_is_known_again(german: None) -> None:
    """Whatever stands in its gaps; and no other template takes its place."""
    translated = sources()
    wrong = []
    for template in translation.templates():
        names = [f"n{number}" for number in range(template.count("{"))]
        expected = translated[template].format(*names)
        if translation.told(template.format(*names)) != expected:
            wrong.append((template, translation.told(template.format(*names))))
    assert wrong == []
    assert len(translation.templates()) > 500


def errors_of_the_tree() -> set[str]:
    """The names of ``SynclineError`` and of all that come from it, in whatever module."""
    kinds = {
        node.name: {getattr(base, "id", "") for base in node.bases}
        for file in (ROOT / "engine").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef)
    }
    found = {"SynclineError"}
    while more := {name for name, bases in kinds.items() if bases & found} - found:
        found |= more
    return found


def shown_errors() -> Iterator[tuple[str, str]]:
    """(where, sentence or hint) of each error that is made in a room that speaks to the window; gaps hold ``n``."""
    errors = errors_of_the_tree()
    for file in (ROOT / "engine").rglob("*.py"):
        name = file.relative_to(ROOT / "engine").as_posix()
        if name.startswith(ELSEWHERE):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and called(node) in errors:
                hints = [keyword.value for keyword in node.keywords if keyword.arg in ("hint", "elsewhere")]
                for argument in (*node.args[:1], *hints):
                    if text := re.sub(r"^n (?=[A-Z])", "", filled(argument)):
                        yield f"{name}:{node.lineno}", text


def filled(node: ast.AST) -> str:
    """A literal, an f-string with ``n`` in its gaps, or ''."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=values):
            return "".join(filled(value) if isinstance(value, ast.Constant) else "n" for value in values)
    return ""


def test_every_error_has_a_german_sentence(german: None) -> None:
    """Found by walking the code, another way than the templates are."""
    texts = {where: text for where, text in shown_errors() if re.search(r"[a-z]{2,} ", text)}
    assert len(texts) > 200
    assert {where: text for where, text in texts.items() if translation.told(text) == text} == {}


def test_a_sentence_nobody_translated_is_found(tmp_path: Path) -> None:
    (tmp_path / "new.py").write_text(
        'log.info("For the log only.")\n'
        "def f(name):\n"
        '    """No sentence of ours."""\n'
        "    sql = f'SELECT * FROM {name}'\n"
        "    size = 'very big' if name else 'quite small'\n"
        "    raise UsageError(f'The gadget {name} is {size}.', hint='Turn it. Or not.')\n"
    )
    assert all_sentences(tmp_path) == ["Or not.", "The gadget {0} is {1}.", "Turn it.", "quite small", "very big"]
