"""Changes per second over the last minute: incoming ones above the line, outgoing ones below it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.events import ChangesMoved, FlowDirection
from gui import theme
from gui.language import on_language_change, tr
from gui.models.values import number

SECONDS = 60

TICK = 1_000
"""Milliseconds between repaints, while anything moves."""


class RatesGraph(QWidget):
    """A small graph; its timer runs only while it is visible and something happened in the last minute.

    Args:
        now: a clock that returns seconds.
    """

    def __init__(self, parent: QWidget | None = None, *, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self._now = now
        self._counts: deque[tuple[int, int, int]] = deque()  # (second, in, out), only those with any
        self._timer = QTimer(self, interval=TICK)
        self._timer.setTimerType(Qt.TimerType.CoarseTimer)
        self._timer.timeout.connect(self._tick)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        on_language_change(self._retranslate)

    def _retranslate(self) -> None:
        self.setAccessibleName(tr("Changes per second"))
        self._update_description()

    @Slot(list)
    def append(self, events: Iterable[ChangesMoved]) -> None:
        """Count these changes as of now."""
        came = gone = 0
        for event in events:
            came += len(event.changes) if event.way is FlowDirection.IN else 0
            gone += len(event.changes) if event.way is FlowDirection.OUT else 0
        if not came and not gone:
            return
        second = int(self._now())
        if self._counts and self._counts[-1][0] == second:
            _, before_in, before_out = self._counts.pop()
            came, gone = came + before_in, gone + before_out
        self._counts.append((second, came, gone))
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()
            self._tick()

    def rates(self) -> list[tuple[int, int]]:
        """Return (in, out) for each of the last 60 seconds, oldest first; the last one is not over yet."""
        end = int(self._now())
        found = {second: (came, gone) for second, came, gone in self._counts}
        return [found.get(second, (0, 0)) for second in range(end - SECONDS + 1, end + 1)]

    @property
    def moving(self) -> bool:
        """Whether the graph changes by itself."""
        return self._timer.isActive()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(SECONDS * 2 + 2, self.fontMetrics().height() + 6)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._tick()
        if self._counts:
            self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        self._timer.stop()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        whole = QRectF(self.rect()).adjusted(0, 1, 0, -1)
        middle = whole.center().y()
        rates = self.rates()
        top = max(1, *(max(rate) for rate in rates))
        width, half = whole.width() / SECONDS, whole.height() / 2 - 1
        came, gone = theme.tone_color(theme.GOOD), theme.tone_color(theme.BUSY)
        for place, (into, out) in enumerate(rates):
            left = place * width
            for count, color, up in ((into, came, True), (out, gone, False)):
                if count:
                    height = max(1.0, half * count / top)
                    y = middle - height if up else middle + 1
                    painter.fillRect(QRectF(left, y, max(1.0, width - 0.5), height), color)
        painter.fillRect(QRectF(0, middle, whole.width(), 1), theme.tone_color(theme.QUIET))
        painter.end()

    def _tick(self) -> None:
        oldest = int(self._now()) - SECONDS
        while self._counts and self._counts[0][0] <= oldest:
            self._counts.popleft()
        if not self._counts:
            self._timer.stop()
        self._update_description()
        self.update()

    def _update_description(self) -> None:
        rates = self.rates()
        most_in, most_out = (max(rate[way] for rate in rates) for way in (0, 1))
        text = tr(
            "Changes per second in the last minute: up to {received} in, up to {sent} out",
            received=number(most_in),
            sent=number(most_out),
        )
        if text != self.toolTip():
            self.setToolTip(text)
            self.setAccessibleDescription(text)
