"""Paints a topology, and what moves over it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QIcon, QPainter, QPalette, QPen

from gui import theme
from gui.language import tr
from gui.topology import words
from gui.topology.graph import Kind, Link, away
from gui.topology.layout import Measures, Picture, Place, Side
from gui.topology.pulses import Pulse

DOT = 3.5
"""The radius of a pulse, in pixels."""

LINE = 2.0
"""The width of a link, in pixels."""


@dataclass(frozen=True, slots=True)
class PicturePainter:
    """Paints in the colours of a palette."""

    painter: QPainter
    picture: Picture
    measures: Measures
    palette: QPalette

    def paint(self) -> None:
        """Paint everything that does not move."""
        self._paint_box()
        for link in self.picture.topology.links:
            ends = self._ends(link.near, link.far)
            if ends is not None:
                self.painter.setPen(self._pen(link))
                self.painter.drawLine(*ends)
        for place in self.picture.places:
            self._paint_node(place)
            if self.measures.line:
                self._paint_label(place)

    def paint_pulse(self, pulse: Pulse, part: float, *, moves: bool) -> None:
        """Paint a change on its way.

        Args:
            pulse: the change.
            part: the fraction of the way that it has travelled.
            moves: whether it is shown moving; otherwise the whole link is drawn thicker.
        """
        ends = self._ends(pulse.near, pulse.far)
        if ends is None:
            return  # it is another picture by now
        color = theme.tone_color(theme.BUSY if pulse.outward else theme.GOOD)
        if not moves:
            self.painter.setPen(QPen(color, 2 * LINE))
            self.painter.drawLine(*ends)
            return
        eased = part * part * (3 - 2 * part)
        at = ends[0] + (ends[1] - ends[0]) * (eased if pulse.outward else 1 - eased)
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.painter.setBrush(color)
        self.painter.drawEllipse(at, DOT, DOT)

    def paint_focus(self, place: Place) -> None:
        """Paint the focus ring around a node."""
        radius = self.measures.radius + 3.5
        self.painter.setPen(QPen(self.palette.color(QPalette.ColorRole.Highlight), 1.5))
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        self.painter.drawEllipse(QPointF(place.x, place.y), radius, radius)

    def _ends(self, near: str, far: str) -> tuple[QPointF, QPointF] | None:
        begin, end = self.picture.place(near), self.picture.place(far)
        return None if begin is None or end is None else (QPointF(begin.x, begin.y), QPointF(end.x, end.y))

    def _paint_box(self) -> None:
        box = self.picture.box
        if box is None:
            return
        frame = QRectF(box.x, box.y, box.width, box.height)
        edge = theme.tone_color(theme.QUIET)
        edge.setAlpha(110)
        self.painter.setPen(QPen(edge, 1))
        self.painter.setBrush(self.palette.color(QPalette.ColorRole.AlternateBase))
        self.painter.drawRoundedRect(frame, 6, 6)
        if self.measures.line:
            where = QRectF(frame.left() + 8, frame.top() + 3, frame.width() - 16, self.measures.line)
            self._write(tr("this machine"), where, Qt.AlignmentFlag.AlignLeft, theme.tone_color(theme.QUIET))

    def _paint_node(self, place: Place) -> None:
        radius = self.measures.radius * (0.6 if place.node.kind is Kind.UNSEEN else 1.0)
        self.painter.setBrush(self.palette.color(QPalette.ColorRole.Base))
        self.painter.setPen(QPen(self._node_color(place), LINE))
        self.painter.drawEllipse(QPointF(place.x, place.y), radius, radius)
        drawing = self._drawing(place)
        if drawing is not None:
            edge = round(1.25 * radius)
            drawing.paint(self.painter, QRect(round(place.x - edge / 2), round(place.y - edge / 2), edge, edge))

    def _paint_label(self, place: Place) -> None:
        beside, line, room = self.measures.radius + 6, self.measures.line, place.room
        match place.label:
            case Side.BELOW:
                where = QRectF(place.x - room / 2, place.y + self.measures.radius + 2, room, line)
                flag = Qt.AlignmentFlag.AlignHCenter
            case Side.LEFT:
                where = QRectF(place.x - beside - room, place.y - line / 2, room, line)
                flag = Qt.AlignmentFlag.AlignRight
            case Side.RIGHT:
                where = QRectF(place.x + beside, place.y - line / 2, room, line)
                flag = Qt.AlignmentFlag.AlignLeft
        quiet = place.node.kind in (Kind.UNSEEN, Kind.MORE)
        if place.label is Side.BELOW:  # lines may run there
            self._clear_behind(words.label(place.node), where)
        color = theme.tone_color(theme.QUIET) if quiet else self.palette.color(QPalette.ColorRole.WindowText)
        self._write(words.label(place.node), where, flag, color)

    def _clear_behind(self, text: str, where: QRectF) -> None:
        width = min(QFontMetricsF(self.painter.font()).horizontalAdvance(text) + 4, where.width())
        ground = QRectF(where.center().x() - width / 2, where.top() + 1, width, where.height() - 2)
        self.painter.fillRect(ground, self.palette.color(QPalette.ColorRole.Window))

    def _write(self, text: str, where: QRectF, flag: Qt.AlignmentFlag, color: QColor) -> None:
        metrics = QFontMetricsF(self.painter.font())
        self.painter.setPen(color)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, where.width())
        self.painter.drawText(where, flag | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip, shown)

    def _pen(self, link: Link) -> QPen:
        pen = QPen(self._color(link), LINE)
        if link.known_only:
            pen.setStyle(Qt.PenStyle.DotLine)
        elif link.apart:
            pen.setStyle(Qt.PenStyle.DashLine)
        return pen

    def _color(self, *links: Link) -> QColor:
        """Return the colour of the worst state of these links; guests that are away do not count."""
        state = theme.worst(peer.state for link in links for peer in link.peers if not away(peer))
        return theme.tone_color(theme.QUIET) if state is None else theme.state_color(state)

    def _node_color(self, place: Place) -> QColor:
        if place.node.kind is Kind.HERE:
            return self.palette.color(QPalette.ColorRole.Highlight)
        return self._color(*self.picture.topology.links_of(place.node.key))

    def _drawing(self, place: Place) -> QIcon | None:
        match place.node.kind:
            case Kind.HERE:
                return theme.icon("local")
            case Kind.DATABASE:
                return theme.icon("database")
            case Kind.PEER | Kind.GUEST:
                links = self.picture.topology.links_of(place.node.key)
                state = theme.worst(state for link in links for state in link.states)
                return theme.state_icon(state) if state is not None else None
        return None
