"""The widget that shows a topology: small in the header, or as a page. It is animated only while changes move."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QSizePolicy, QStyle, QToolTip, QWidget

from engine.events import ChangesMoved
from gui.language import on_language_change, tr
from gui.models.values import as_tip
from gui.topology import words
from gui.topology.graph import Kind, Topology
from gui.topology.layout import Measures, Picture, Place, arrange
from gui.topology.paint import PicturePainter
from gui.topology.pulses import Pulses

FRAME = 33
"""Milliseconds between frames, while anything moves."""

FLASH = 330
"""Milliseconds between frames where the desktop asks for less motion."""

SMALL, LARGE = QSize(330, 84), QSize(600, 260)
"""The preferred size in the header, and as a page."""

LABELLED = 56
"""The least height, in pixels, at which nodes have names."""

STEPS = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}


class TopologyView(QWidget):
    """The picture of what syncs with what.

    Args:
        small: whether it is shown in the header.
        now: a clock that returns seconds.
    """

    shown = Signal()
    """Emitted when the view becomes visible."""
    database_requested = Signal(str)
    """Emitted with the id of a database that a person wants to see."""
    peer_requested = Signal(str)
    """Emitted with the id of a peer that a person wants to see."""

    def __init__(
        self, parent: QWidget | None = None, *, small: bool = False, now: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self._small = small
        self._now = now
        self.topology = Topology()
        self.picture = Picture()
        """The layout of the part that is shown."""
        self._pulses = Pulses()
        self._still: QPixmap | None = None
        self.focused = ""
        """The key of the node with the keyboard focus."""
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._move)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if small else Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        policy = QSizePolicy.Policy.Preferred if small else QSizePolicy.Policy.Expanding
        self.setSizePolicy(policy, policy)
        on_language_change(self._retranslate)

    def _retranslate(self) -> None:
        self._describe()
        self._redraw()

    # What it is told

    @Slot(object)
    def show_topology(self, topology: Topology) -> None:
        """Show this topology from now on."""
        if topology != self.topology:
            self.topology = topology
            self._describe()
            self._arrange()

    @Slot(list)
    def append(self, events: Iterable[ChangesMoved]) -> None:
        """Show changes as they move; does nothing while the view is not visible."""
        if not self.isVisible() or self.window().isMinimized():
            return
        if self._pulses.append(events, self.picture.topology.links, self._now()) and not self._timer.isActive():
            self._timer.start(FRAME if self.animated else FLASH)
            self.update()

    @property
    def moving(self) -> bool:
        """Whether the picture changes by itself."""
        return self._timer.isActive()

    @property
    def animated(self) -> bool:
        """Whether things may move; if the desktop asks for less motion, links are drawn thicker for a moment."""
        return self.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration, None, self) > 0

    def save_state(self) -> bytes:
        """Return nothing: no state is kept for the next start."""
        return b""

    def restore_state(self, _: object) -> None:
        """Do nothing; see ``save_state``."""

    # Size and places

    def sizeHint(self) -> QSize:  # noqa: N802
        return SMALL if self._small else LARGE

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(160, 36) if self._small else QSize(200, 80)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Follow the font, and the colour scheme, light or dark."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._arrange()
        elif event.type() == QEvent.Type.PaletteChange:
            self._redraw()

    def _measures(self) -> Measures:
        line = float(self.fontMetrics().height())
        labelled = self.height() >= LABELLED
        radius = 0.6 * line + (1 if self._small else 2) if labelled else 0.45 * line
        names = max((self.fontMetrics().horizontalAdvance(node.name) for node in self.topology.here), default=0)
        return Measures(self.width(), self.height(), radius, line if labelled else 0.0, names, self._small)

    def _arrange(self) -> None:
        self.picture = arrange(self.topology, self._measures())
        if self.picture.place(self.focused) is None:
            self.focused = self.picture.places[0].node.key if self.picture.places else ""
        self._redraw()

    def _describe(self) -> None:
        self.setAccessibleName(tr("Connections"))
        text = words.description(self.topology)
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)

    # Motion

    def _move(self) -> None:
        if not self._pulses.under_way(self._now()):
            self._timer.stop()
        self.update()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.shown.emit()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Stop all motion."""
        super().hideEvent(event)
        self._timer.stop()
        self._pulses.clear()

    # Painting

    def _redraw(self) -> None:
        self._still = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint what does not move from a cached image, and what moves on top."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._painted(painter.device().devicePixelRatio()))
        paints = PicturePainter(painter, self.picture, self._measures(), self.palette())
        for pulse, part in self._pulses.under_way(self._now()):
            paints.paint_pulse(pulse, part, moves=self.animated)
        place = self.picture.place(self.focused)
        if self.hasFocus() and place is not None:
            paints.paint_focus(place)
        painter.end()

    def _painted(self, scale: float) -> QPixmap:
        if self._still is None or self._still.devicePixelRatio() != scale:
            self._still = QPixmap(self.size() * scale)
            self._still.setDevicePixelRatio(scale)
            self._still.fill(Qt.GlobalColor.transparent)
            painter = QPainter(self._still)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(self.font())
            PicturePainter(painter, self.picture, self._measures(), self.palette()).paint()
            painter.end()
        return self._still

    # Pointer and keys

    def tip_at(self, where: QPointF) -> str:
        """Return the tooltip of the node at a point; '' if there is none."""
        place = self._at(where)
        return as_tip(words.tip(self.picture.topology, place.node)) if place is not None else ""

    def event(self, event: QEvent) -> bool:
        """Show the tooltip of a node."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        place = self._at(event.position())
        leads = place is not None and any(self._destination(place))
        self.setCursor(Qt.CursorShape.PointingHandCursor if leads else Qt.CursorShape.ArrowCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        place = self._at(event.position())
        if place is not None and event.button() == Qt.MouseButton.LeftButton:
            self.focused = place.node.key
            self.update()
            self._activate(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Move between nodes with the arrow keys, and open one with Enter or Space."""
        place = self.picture.place(self.focused)
        key = Qt.Key(event.key())
        if place is not None and key in STEPS:
            places = self.picture.places
            self._focus(places[(places.index(place) + STEPS[key]) % len(places)])
        elif place is not None and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._activate(place)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        self.update()

    def _focus(self, place: Place) -> None:
        self.focused = place.node.key
        self.update()
        corner = self.mapToGlobal(QPoint(round(place.x), round(place.y + self._measures().radius)))
        QToolTip.showText(corner, as_tip(words.tip(self.picture.topology, place.node)), self)

    def _at(self, where: QPointF) -> Place | None:
        return self.picture.at(where.x(), where.y(), self._measures().radius)

    def _destination(self, place: Place) -> tuple[str, str]:
        """Return the database or the peer that a node leads to, as (database, peer); '' for none."""
        links = self.picture.topology.links_of(place.node.key)
        if place.node.kind is Kind.DATABASE:
            return place.node.key.removeprefix("database "), ""
        if place.node.kind in (Kind.PEER, Kind.GUEST) and links and links[0].peers:
            return "", links[0].peers[0].peer
        return "", ""

    def _activate(self, place: Place) -> None:
        database, peer = self._destination(place)
        if database:
            self.database_requested.emit(database)
        elif peer:
            self.peer_requested.emit(peer)
