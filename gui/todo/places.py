"""The positions of the demo's windows: Syncline's is between those of the two apps, or above them."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtWidgets import QWidget

SYNCLINE = "syncline"
"""The key of Syncline's own window."""

BAR = 34
"""Pixels for a title bar, whose height no window knows before it is shown."""

APP = QSize(330, 250)
"""The least size of an app's window."""

WIDEST = 1180
"""The greatest width of Syncline's window; more would show no more."""


def places(area: QRect, apps: tuple[str, str]) -> dict[str, QRect]:
    """Return the rectangle of each window.

    Args:
        area: the area that the desktop leaves to windows.
        apps: the names of the apps, the left one first.
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
    """Move a window to its place on its screen, and resize it as far as it allows."""
    where = places(window.screen().availableGeometry(), apps)[name]
    window.resize(where.size())
    window.move(where.left(), where.top() - BAR)


def _titled(whole: QRect) -> QRect:
    return whole.adjusted(0, BAR, 0, 0)
