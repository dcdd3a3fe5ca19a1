"""Walks every window and dialog: each control has a name and can be reached with Tab, and nothing is cut."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QRadioButton,
    QSizePolicy,
    QTabBar,
    QWidget,
)

from gui import language
from gui.dialogs.add_peer import PeerDialog
from gui.dialogs.share import ShareDialog
from gui.ui_gallery import SCALED, Gallery
from gui.window import SIZE, Window
from tests.engine.live import PATIENCE
from tests.gui.aio import application, run_async

CONTROLS = (QLineEdit, QComboBox, QAbstractSpinBox, QAbstractItemView, QAbstractButton, QPlainTextEdit, QTabBar)
ROOT = Path(__file__).parents[2]

SCREENS = (SCALED, QSize(960, 507), QSize(SIZE.width(), 687))
"""What windows have on screens of 1280x800 at 150 %, and of 1920x1080 at 200 and 150 %, without a title and a bar of
the desktop's: at 100 % they have more."""

BARS = {"demo": 33, "notice": 33}
"""Scenes, by how they begin, with a bar above everything: these may be as much higher, which is all of the screen."""

pytestmark = pytest.mark.slow

WindowState = Callable[[QWidget, str], None]


async def each_window(folder: Path, inspect: WindowState, screens: Sequence[QSize] = ()) -> list[str]:
    """Play every scene, and have ``inspect`` look at each, the window as low as it gets, and as large as each of the
    screens lets it be; returns what does not fit on one."""
    too_large: list[str] = []

    async def inspect_scene(where: str, window: QWidget) -> None:
        if isinstance(window, QMenu):
            return  # reached by its keys, and as wide as its texts
        window.activateWindow()
        await asyncio.sleep(0.1)
        low = window.minimumSizeHint()
        before = window.size()
        if isinstance(window, Window):
            window.resize(max(min(before.width(), SIZE.width()), low.width()), low.height())
            await asyncio.sleep(0.05)
        inspect(window, where)
        highest = window.maximumHeight()
        for screen in screens:
            more = next((height for name, height in BARS.items() if where.startswith(name)), 0)
            # What comes in meanwhile makes a dialog grow, as far as its screen goes; the least it needs still counts.
            window.setMaximumHeight(screen.height() + more)
            window.resize(before.boundedTo(screen))
            await asyncio.sleep(0.02)
            size = f"{window.width()}x{window.height()}"
            if window.width() > screen.width() or window.height() > screen.height() + more:
                too_large.append(f"{where}: is {size}, more than {screen.width()}x{screen.height()}")
            inspect(window, f"{where} as {size}")
        window.setMaximumHeight(highest)
        window.resize(before)

    await Gallery(inspect_scene, folder).all()
    return too_large


def ours(window: QWidget, kind: type[QWidget] | tuple[type[QWidget], ...]) -> Iterator[QWidget]:
    """The visible widgets of a kind, without the parts that Qt makes its own of."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    for widget in (one for each in kinds for one in window.findChildren(each)):
        inner = isinstance(widget.parent(), CONTROLS) or widget.objectName().startswith("qt_")
        if widget.isVisible() and widget.window() is window and not inner:
            yield widget


def said(widget: QWidget) -> str:
    """How a failing test names a widget."""
    return f"{type(widget).__name__} {widget.accessibleName() or getattr(widget, 'text', str)()!r}"


def dialogs() -> set[str]:
    """The names of all classes of ours that are a dialog or come from one."""
    kinds = {
        node.name: {getattr(base, "id", "") for base in node.bases}
        for file in (ROOT / "gui").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef)
    }
    found = {"QDialog", "QMessageBox"}
    while more := {name for name, bases in kinds.items() if bases & found} - found:
        found |= more
    return found - {"QDialog", "QMessageBox"}


# Keyboard and screen readers


def test_every_control_has_a_name_and_is_reached_with_tab(tmp_path: Path) -> None:
    """In every dialog that there is: one that is in no scene is looked at by nobody, whoever wrote it."""
    wrong: list[str] = []
    shown: set[str] = set()

    def inspect_window(window: QWidget, where: str) -> None:
        shown.update(one.__name__ for one in type(window).__mro__)
        reached = walk(window)
        for radio in [one for one in reached if isinstance(one, QRadioButton)]:  # arrows lead to the others
            reached |= set(radio.parent().findChildren(QRadioButton))
        for control in ours(window, CONTROLS):
            name = control.accessibleName() or getattr(control, "text", str)() or isinstance(control, QTabBar)
            if not name:
                wrong.append(f"{where}: {said(control)} has no name")
            if control.isEnabled() and control not in reached and not (set(control.findChildren(QWidget)) & reached):
                wrong.append(f"{where}: {said(control)} is not reached")

    run_async(each_window(tmp_path, inspect_window))
    assert not wrong, "\n".join(wrong)
    assert len(dialogs()) >= 8
    assert dialogs() - shown == {"AsyncDialog"} - shown


def walk(window: QWidget) -> set[QWidget]:
    """Press Tab until the focus is back where it was before; return what had it."""
    reached: set[QWidget] = set()
    for _ in range(100):
        focus = QApplication.focusWidget()
        if focus in reached:
            break
        if focus is not None:
            reached.add(focus)
        QTest.keyClick(focus or window, Qt.Key.Key_Tab)
    return reached


# Nothing is cut


@pytest.mark.parametrize(
    ("spoken", "larger"),
    [
        pytest.param("de", 1.3, id="de-larger font"),  # what is longest
        pytest.param("de", 1.0, id="de-font", marks=pytest.mark.full),
        pytest.param("en", 1.0, id="en-font", marks=pytest.mark.full),
        pytest.param("en", 1.3, id="en-larger font", marks=pytest.mark.full),
    ],
)
def test_nothing_is_cut(tmp_path: Path, spoken: str, larger: float) -> None:
    app = application()
    usual = app.font()
    font = app.font()
    font.setPointSizeF(usual.pointSizeF() * larger)
    language.install(app, spoken)
    app.setFont(font)
    wrong: list[str] = []

    def inspect_window(window: QWidget, where: str) -> None:
        if window.width() > SIZE.width() * larger:
            wrong.append(f"{where}: is {window.width()} wide")
        if where.endswith("-scaled") and window.width() > SCALED.width() * larger:
            wrong.append(f"{where}: is {window.width()} wide, more than a screen of 1280 at 150 % has")
        wrong.extend(f"{where}: {one}" for one in [*cut(window), *out_of_sight(window)])

    try:
        wrong += run_async(each_window(tmp_path, inspect_window, [screen * larger for screen in SCREENS]))
    finally:
        app.setFont(usual)
        language.install(app, "en")
    assert not wrong, "\n".join(sorted(set(wrong)))


def out_of_sight(window: QWidget) -> Iterator[str]:
    """What a dialog is there for and is not seen whole before one scrolls."""
    main: tuple[QWidget, ...] = ()
    if isinstance(window, ShareDialog):
        shown = window.invitation
        main = (shown.make, shown.link, shown.copy, shown.code, shown.words)
    elif isinstance(window, PeerDialog):
        main = (window.form.address.line, window.ok)
    for widget in main:
        if widget.isVisible() and widget.visibleRegion().boundingRect() != widget.rect():
            yield f"{said(widget)}: {widget.visibleRegion().boundingRect().toTuple()} of {widget.size().toTuple()}"


def cut(window: QWidget) -> Iterator[str]:
    """What cannot be read whole."""
    for label in ours(window, QLabel):
        assert isinstance(label, QLabel)
        if label.sizePolicy().horizontalPolicy() is QSizePolicy.Policy.Ignored or not label.text():
            continue  # a long line that has a tooltip
        needed = label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
        if needed > label.height() or (not label.wordWrap() and label.sizeHint().width() > label.width()):
            yield f"label {label.text()!r}: {label.size().toTuple()} of {label.sizeHint().toTuple()}"
    for button in ours(window, QAbstractButton):
        if button.sizeHint().width() > button.width() or button.sizeHint().height() > button.height() + 2:
            yield f"{said(button)}: {button.size().toTuple()} of {button.sizeHint().toTuple()}"
    for box in ours(window, QComboBox):
        assert isinstance(box, QComboBox)
        icon = box.iconSize().width() + 4 if not box.itemIcon(box.currentIndex()).isNull() else 0
        if box.fontMetrics().horizontalAdvance(box.currentText()) + 26 + icon > box.width():
            yield f"box {box.currentText()!r}: {box.width()}"
    for line in ours(window, QLineEdit):
        assert isinstance(line, QLineEdit)
        if line.fontMetrics().horizontalAdvance(line.placeholderText()) + 8 > line.width():
            yield f"placeholder {line.placeholderText()!r}"
    for header in window.findChildren(QHeaderView):
        if not header.isVisible() or header.orientation() is Qt.Orientation.Vertical:
            continue
        for section in range(header.count()):
            if not header.isSectionHidden(section) and header.sectionSizeHint(section) > header.sectionSize(section):
                yield f"heading {header.model().headerData(section, header.orientation())!r}"
    for tabs in ours(window, QTabBar):
        assert isinstance(tabs, QTabBar)
        if tabs.sizeHint().width() > tabs.width():
            yield "the tabs"


@pytest.mark.full
@pytest.mark.parametrize("scale", ["1.5", "2"])
def test_nothing_is_cut_on_screens_of_high_density(scale: str, tmp_path: Path) -> None:
    """The scale is taken over when Qt starts, so these are looked at in a process of their own. Its screen is a real
    one's size: Qt makes messages as narrow as the screen wants them, and 800x800 is what there is otherwise."""
    screen = {"name": "one", "x": 0, "y": 0, "width": 1920, "height": 1080, "logicalDpi": 96, "logicalBaseDpi": 96}
    config = tmp_path / "screen.json"
    config.write_text(json.dumps({"screens": [screen | {"dpr": 1}]}))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            __file__,
            "--full",
            "-k",
            "nothing_is_cut and font and not larger",
        ],
        cwd=ROOT,
        env=os.environ | {"QT_SCALE_FACTOR": scale, "QT_QPA_PLATFORM": f"offscreen:configfile={config}"},
        capture_output=True,
        text=True,
        timeout=20 * PATIENCE,
    )
    assert "2 passed" in done.stdout, done.stdout[:3000]
