"""Times as people write them."""

from __future__ import annotations

import time
from datetime import datetime

from PySide6.QtCore import QDateTime, QLocale

from gui.language import tr

NEVER = "–"

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_STEP = 10
"""The step of relative times in seconds; they need not be more exact, and text that stays the same costs nothing."""

TICK = 5_000
"""Milliseconds between updates of the visible relative times."""


def relative(when: float | None, now: float | None = None) -> str:
    """Return a time relative to now, such as ``2 min ago``.

    Args:
        when: seconds since the epoch; None for never.
        now: the present in seconds since the epoch; by default that of the clock.
    """
    if when is None:
        return NEVER
    passed = (time.time() if now is None else now) - when
    if passed < _STEP:  # clocks may be set back: nothing has happened in the future
        return tr("just now")
    if passed < _MINUTE:
        return tr("{seconds} s ago", seconds=int(passed // _STEP) * _STEP)
    if passed < _HOUR:
        return tr("{minutes} min ago", minutes=int(passed / _MINUTE))
    if passed < _DAY:
        return tr("{hours} h ago", hours=int(passed / _HOUR))
    if passed < 2 * _DAY:
        return tr("1 day ago")
    if passed < 60 * _DAY:
        return tr("{days} days ago", days=int(passed / _DAY))
    return datetime.fromtimestamp(when).strftime("%Y-%m-%d")


def exact(when: float | None) -> str:
    """Return a date and time to the second, in the person's language; "never" for None."""
    if when is None:
        return tr("never")
    return QLocale().toString(QDateTime.fromMSecsSinceEpoch(int(when * 1000)), "ddd d MMM yyyy, HH:mm:ss")


def short(when: float, *, seconds: bool = True) -> str:
    """Return a day and a time, in the person's language; the day is left out today.

    Args:
        when: seconds since the epoch.
        seconds: whether the time includes the seconds.
    """
    moment = QDateTime.fromMSecsSinceEpoch(int(when * 1000))
    today = moment.date() == QDateTime.currentDateTime().date()
    return QLocale().toString(moment, ("" if today else "ddd d MMM, ") + ("HH:mm:ss" if seconds else "HH:mm"))


def to_midnight() -> int:
    """Return the milliseconds until midnight, when times that ``short`` gave without a day need it."""
    now = QDateTime.currentDateTime()
    return now.msecsTo(now.date().addDays(1).startOfDay())


def duration(seconds: float) -> str:
    """Return a length of time, such as ``1.2 s`` or ``3 min 20 s``."""
    if seconds < 60:
        return tr("{seconds} s", seconds=QLocale().toString(seconds, "f", 1))
    minutes, left = divmod(int(seconds), 60)
    if minutes < 60:
        return tr("{minutes} min {seconds} s", minutes=minutes, seconds=left)
    hours, minutes = divmod(minutes, 60)
    return tr("{hours} h {minutes} min", hours=hours, minutes=minutes)


def about(seconds: int) -> str:
    """Return an estimated length of time, such as ``12 s`` or ``3 min``."""
    if seconds < 60:
        return tr("{seconds} s", seconds=seconds)
    minutes = round(seconds / 60)
    if minutes < 60:
        return tr("{minutes} min", minutes=minutes)
    return tr("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)


def clock(when: float, now: float | None = None) -> str:
    """Return the local time of day to the millisecond; for another day, the day and the time to the minute.

    Args:
        when: seconds since the epoch.
        now: the present in seconds since the epoch; by default that of the clock.
    """
    moment = datetime.fromtimestamp(when)
    if moment.date() == datetime.fromtimestamp(time.time() if now is None else now).date():
        return moment.strftime("%H:%M:%S.%f")[:-3]
    return QLocale().toString(QDateTime.fromMSecsSinceEpoch(int(when * 1000)), "d MMM HH:mm")
