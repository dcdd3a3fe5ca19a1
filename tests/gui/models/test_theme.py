"""Icons and schemes: everything is drawn, and can be seen on its ground."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.peer_state import State
from gui import theme

FILES = [file.name for file in resources.files("assets").joinpath("icons").iterdir() if file.name.endswith(".svg")]
NAMES = sorted(name.removesuffix(".svg") for name in FILES)
SMALL = QSize(16, 16)


@pytest.fixture(autouse=True)
def afterwards(qapp: QApplication) -> Iterator[None]:
    style = qapp.style().objectName()
    yield
    theme.apply_scheme("system", qapp)
    qapp.setStyle(style)


def picture(icon: QIcon, size: QSize = SMALL) -> QImage:
    return icon.pixmap(size).toImage().convertToFormat(QImage.Format.Format_ARGB32)


def contrast(image: QImage, ground: QColor) -> int:
    """The greatest difference in lightness of any well covered pixel from the ground."""
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return max((abs(pixel.lightness() - ground.lightness()) for pixel in pixels if pixel.alpha() > 160), default=0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_drawing_is_seen(qapp: QApplication, name: str, scheme: str) -> None:
    theme.apply_scheme(scheme, qapp)
    assert contrast(picture(theme.icon(name)), qapp.palette().window().color()) > 60


def test_an_icon_follows_the_scheme(qapp: QApplication) -> None:
    icon = theme.icon("settings")
    theme.apply_scheme("light", qapp)
    light = picture(icon)
    theme.apply_scheme("dark", qapp)
    assert picture(icon) != light
    assert theme.is_dark()


def test_an_icon_is_sharp_on_dense_screens(qapp: QApplication) -> None:
    dense = theme.icon("settings").pixmap(SMALL, 2.0)
    assert (dense.size(), dense.devicePixelRatio()) == (QSize(32, 32), 2.0)


def test_no_two_states_look_the_same(qapp: QApplication) -> None:
    def shapes(icons: list[QIcon]) -> set[bytes]:
        masks = [picture(icon).convertToFormat(QImage.Format.Format_Alpha8) for icon in icons]
        return {bytes(mask.constBits()) for mask in masks}

    assert len(shapes([theme.state_icon(state) for state in State])) == len(State), "told apart without colour too"


@pytest.mark.parametrize("state", [None, *State])
@pytest.mark.parametrize(("dark", "bar"), [(False, "#f0f0f0"), (True, "#202020")])
def test_the_tray_icon_is_seen(qapp: QApplication, state: State | None, dark: bool, bar: str) -> None:
    assert contrast(picture(theme.tray_icon(state, dark)), QColor(bar)) > 80


def test_tray_icons_differ(qapp: QApplication) -> None:
    images = [picture(theme.tray_icon(state, False)) for state in (None, *State)]
    assert all(one != other for place, one in enumerate(images) for other in images[:place])


def test_the_worst_state_comes_first() -> None:
    assert theme.worst([State.IN_SYNC, State.WAITING, State.NEEDS_YOU, State.PAUSED]) is State.NEEDS_YOU
    assert theme.worst([State.IN_SYNC, State.SYNCING]) is State.SYNCING
    assert theme.worst([]) is None
    assert {theme.rank(state) for state in State} == set(range(len(State)))


def test_an_unknown_icon_is_refused(qtbot: QtBot) -> None:
    with pytest.raises(KeyError, match="no icon"):
        theme.icon("nothing")
