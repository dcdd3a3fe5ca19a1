"""Our own icons in the current colours, and the choice of light or dark.

The drawings are SVG files in ``assets/icons`` with one colour, ``currentColor``. They are painted when they are shown,
in the palette and the resolution of that moment, so that a change of scheme needs no new icons.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QIcon,
    QIconEngine,
    QImage,
    QPainter,
    QPalette,
    QPixmap,
    QPixmapCache,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QWidget

from engine.peer_state import State


@dataclass(frozen=True, slots=True)
class Tone:
    """A colour with a meaning, readable on a light and on a dark background."""

    on_light: str
    on_dark: str

    def color(self, dark: bool) -> QColor:
        """Return the colour for a dark or light background."""
        return QColor(self.on_dark if dark else self.on_light)


TEXT = Tone("#2b2f36", "#e6e8eb")
QUIET = Tone("#667080", "#98a2b0")
GOOD = Tone("#1a7f37", "#3fb950")
BUSY = Tone("#0b62d6", "#58a6ff")
WAIT = Tone("#9a6200", "#e0a929")
BAD = Tone("#cf222e", "#ff6b62")

_STATES: dict[State, tuple[str, Tone, str]] = {
    State.NEEDS_YOU: ("needs-you", BAD, "badge-alert"),
    State.WAITING: ("waiting", WAIT, "badge-clock"),
    State.PAUSED: ("paused", QUIET, "badge-pause"),
    State.CONNECTING: ("connecting", BUSY, "badge-dots"),
    State.SYNCING: ("syncing", BUSY, "badge-syncing"),
    State.SENT: ("sent", GOOD, "badge-up"),
    State.IDLE: ("idle", QUIET, ""),
    State.IN_SYNC: ("in-sync", GOOD, "badge-check"),
}
"""The icon, tone and tray badge of each state, worst first."""

_TONES = {"in": GOOD, "out": BUSY, "local": QUIET, "overwrote": WAIT}
_SIZES = (16, 22, 24, 32, 48, 64, 128, 256)


# Icons


def icon(name: str) -> QIcon:
    """Return an icon by the name of its drawing, such as ``"sync-now"``.

    Raises:
        KeyError: there is no such drawing.
    """
    _drawing(name)
    return QIcon(_Drawing(name, _TONES.get(name, TEXT)))


def state_icon(state: State) -> QIcon:
    """Return the icon of a peer's state, which can be told by its shape as well as its colour."""
    name, tone, _ = _STATES[state]
    return QIcon(_Drawing(name, tone))


def state_color(state: State) -> QColor:
    """Return the colour of a peer's state on the current window background."""
    return tone_color(_STATES[state][1])


def tray_icon(state: State | None, dark_bar: bool) -> QIcon:
    """Return the icon for the tray.

    Args:
        state: the worst state of all peers; None if there is no peer.
        dark_bar: whether the bar that it is shown on is dark.
    """
    made = QIcon()
    for size in _SIZES[:5]:
        made.addPixmap(QPixmap.fromImage(_tray_image(state, dark_bar, size)))
    return made


def worst(states: Iterable[State]) -> State | None:
    """Return the state that a person should hear about first; None if there is none."""
    return min(states, key=rank, default=None)


def rank(state: State) -> int:
    """Return how soon a person should attend to a state; 0 is the worst."""
    return list(_STATES).index(state)


def urgency(state: State) -> int:
    """Return ``rank`` in fewer steps, so that sorted rows do not move whenever a peer is tried again."""
    steps = {State.NEEDS_YOU: 0, State.WAITING: 1, State.CONNECTING: 1, State.PAUSED: 2}
    return steps.get(state, 3)


class _Drawing(QIconEngine):
    """An icon engine that paints a drawing in its tone, for the current palette and screen."""

    def __init__(self, name: str, tone: Tone) -> None:
        super().__init__()
        self._name = name
        self._tone = tone

    def clone(self) -> QIconEngine:
        return _Drawing(self._name, self._tone)

    def availableSizes(self, mode: QIcon.Mode = QIcon.Mode.Normal, state: QIcon.State = QIcon.State.Off) -> list[QSize]:  # noqa: N802
        return [QSize(size, size) for size in _SIZES]

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        scale = painter.device().devicePixelRatio()
        pixmap = self.pixmap(rect.size() * scale, mode, state)
        pixmap.setDevicePixelRatio(scale)
        painter.drawPixmap(rect.topLeft(), pixmap)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        color = self._color(mode)
        key = f"syncline {self._name} {color.name(QColor.NameFormat.HexArgb)} {size.width()}x{size.height()}"
        found = QPixmap()
        if not QPixmapCache.find(key, found):
            found = QPixmap.fromImage(_render(self._name, color, size))
            QPixmapCache.insert(key, found)
        return found

    def _color(self, mode: QIcon.Mode) -> QColor:
        palette = QGuiApplication.palette()
        if mode is QIcon.Mode.Selected:
            return palette.color(QPalette.ColorRole.HighlightedText)
        if mode is QIcon.Mode.Disabled:
            return palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText)
        if self._tone is TEXT:
            return palette.color(QPalette.ColorRole.WindowText)
        return self._tone.color(is_dark(palette))


@functools.cache
def _drawing(name: str) -> str:
    file = resources.files("assets").joinpath("icons", f"{name}.svg")
    if not file.is_file():
        raise KeyError(f"There is no icon “{name}”.")
    return file.read_text(encoding="utf-8")


def _render(name: str, color: QColor, size: QSize) -> QImage:
    """Return an image with the drawing in a centred square on a transparent background."""
    image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    edge = min(size.width(), size.height())
    corner = QPoint((size.width() - edge) // 2, (size.height() - edge) // 2)
    painter = QPainter(image)
    _renderer(name, color).render(painter, QRectF(QRect(corner, QSize(edge, edge))))
    painter.end()
    return image


def _renderer(name: str, color: QColor) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_drawing(name).replace("currentColor", color.name()).encode()))


def _tray_image(state: State | None, dark_bar: bool, size: int) -> QImage:
    """Return the logo with a badge at the lower right, set off by a clear ring."""
    ground = TEXT if state is not None else QUIET
    image = _render("mark", ground.color(dark_bar), QSize(size, size))
    _, tone, badge = _STATES[state] if state is not None else ("", QUIET, "")
    if badge:
        edge = round(size * 9 / 16)
        place = QRectF(size - edge, size - edge, edge, edge)
        gap = size / 16
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
        painter.setBrush(Qt.GlobalColor.black)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(place.adjusted(-gap, -gap, gap, gap))
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        _renderer(badge, QColor(tone.on_light)).render(painter, place)  # white on it reads best on the deeper tone
        painter.end()
    return image


# Light and dark


def is_dark(palette: QPalette | None = None) -> bool:
    """Return whether windows are dark at the moment."""
    return (palette or QGuiApplication.palette()).color(QPalette.ColorRole.Window).lightness() < 128


def tone_color(tone: Tone) -> QColor:
    """Return the colour of a tone on the current window background."""
    return tone.color(is_dark())


def show_boxes(widget: QWidget) -> None:
    """Make the check boxes in a widget visible: Fusion frames them darker than the window, even on a dark one."""
    palette = QPalette()
    if is_dark():
        palette.setColor(QPalette.ColorRole.Window, tone_color(QUIET))
    widget.setPalette(palette)


def apply_scheme(scheme: str, app: QApplication) -> None:
    """Show light or dark windows, or follow the desktop.

    Where the desktop's own style cannot follow (Linux without a desktop theme), Fusion is used with our own colours.

    Args:
        scheme: ``light``, ``dark`` or ``system``, as in the settings.
        app: the application.
    """
    wanted = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark, "system": Qt.ColorScheme.Unknown}[scheme]
    hints = app.styleHints()
    hints.setColorScheme(wanted)
    if scheme == "system":
        app.setPalette(QPalette())
    elif hints.colorScheme() is not wanted:
        app.setStyle("Fusion")
        app.setPalette(_palette(dark=scheme == "dark"))
    QPixmapCache.clear()


def _palette(dark: bool) -> QPalette:
    role, off = QPalette.ColorRole, QPalette.ColorGroup.Disabled
    window, base, stripe, button, text, dim, accent, link = (
        ("#24272c", "#1b1d21", "#212429", "#33373e", "#e6e8eb", "#7b8492", "#2f6fd0", "#58a6ff")
        if dark
        else ("#f3f4f6", "#ffffff", "#f7f8fa", "#fbfbfc", "#1f2328", "#8a929d", "#2467c9", "#0b62d6")
    )
    palette = QPalette(QColor(button), QColor(window))
    for colored, roles in (
        (window, (role.Window,)),
        (base, (role.Base, role.ToolTipBase)),
        (stripe, (role.AlternateBase,)),
        (button, (role.Button,)),
        (text, (role.WindowText, role.Text, role.ButtonText, role.ToolTipText)),
        (dim, (role.PlaceholderText,)),
        (accent, (role.Highlight, role.Accent)),
        ("#ffffff", (role.HighlightedText, role.BrightText)),
        (link, (role.Link, role.LinkVisited)),
    ):
        for one in roles:
            palette.setColor(one, QColor(colored))
    for one in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(off, one, QColor(dim))
    palette.setColor(off, role.Highlight, QColor(dim))
    return palette
