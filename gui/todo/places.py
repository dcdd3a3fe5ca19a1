"""Where the demo's windows stand: Syncline's between those of the two apps, or above them."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtWidgets import QWidget

SYNCLINE = "syncline"
"""Stands for Syncline's own window among the places."""

BAR = 34
"""Pixels that a title takes, which no window knows before it is shown."""

APP = QSize(330, 250)
"""The least that an app's window is given."""

WIDEST = 1180
"""The most that Syncline's window is given: more says no more."""


def places(area: QRect, apps: tuple[str, str]) -> dict[str, QRect]:
    """Where each window goes.

    Args:
        area: that the desktop leaves to windows. apps: their names, the left one first.
    """
    left, right = apps
    if area.width() >= WIDEST + 2 * APP.width():
        wide = max(APP.width(), (area.width() - WIDEST) // 2)
        high = min(area.height(), 720)
        inner = area.width() - 2 * wide
        return {
            left: _titled(QRect(area.left(), area.top(), wide, high)),
            SYNCLINE: _titled(QRect(area.left() + wide, area.top(), inner, high)),
            right: _titled(QRect(area.right() + 1 - wide, area.top(), wide, high)),
        }
    low = min(APP.height(), area.height() // 2)
    half = area.width() // 2
    bottom = area.bottom() + 1 - low
    return {
        SYNCLINE: _titled(QRect(area.left(), area.top(), area.width(), area.height() - low)),
        left: _titled(QRect(area.left(), bottom, half, low)),
        right: _titled(QRect(area.left() + half, bottom, half, low)),
    }


def place(window: QWidget, name: str, apps: tuple[str, str]) -> None:
    """Put a window in its place on its screen; it may be larger than that if it must."""
    where = places(window.screen().availableGeometry(), apps)[name]
    window.resize(where.size())
    window.move(where.left(), where.top() - BAR)


def _titled(whole: QRect) -> QRect:
    return whole.adjusted(0, BAR, 0, 0)
