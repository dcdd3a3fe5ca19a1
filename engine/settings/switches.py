"""The switches of ``Settings`` as a table: one place for reading them, checking them and showing them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.settings.model import Settings


@dataclass(frozen=True, slots=True)
class Setting:
    """One switch: how it is read from the file and shown to a person.

    ``cast`` turns what TOML gave into the value, or raises ValueError; ``validate`` returns what is wrong with the
    value, or ''. ``label`` and ``help`` are for the window; ``help`` is also its comment in a new file.
    """

    name: str
    default: Any
    cast: Callable[[object], Any]
    validate: Callable[[Any], str]
    label: str
    help: str

    def read(self, value: object) -> Any:
        """The value, checked. Raises ValueError with what is wrong, to follow "auto_sync: "."""
        cast = self.cast(value)
        problem = self.validate(cast)
        if problem:
            raise ValueError(problem)
        return cast


def as_bool(value: object) -> bool:
    """A TOML bool; anything else raises ValueError."""
    if not isinstance(value, bool):
        raise ValueError("should be true or false")
    return value


def as_int(value: object) -> int:
    """A TOML integer; anything else raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("should be a whole number")
    return value


def as_str(value: object) -> str:
    """A TOML string; anything else raises ValueError."""
    if not isinstance(value, str):
        raise ValueError("should be a text in quotes")
    return value


def days_problem(days: int) -> str:
    """What is wrong with a number of days, or ''."""
    return "" if 1 <= days <= 3650 else "should be from 1 to 3650 days"


LOG_LEVELS = ("debug", "info", "warning", "error")


def _fine(_: object) -> str:
    return ""


def _level_problem(level: str) -> str:
    return "" if level in LOG_LEVELS else f"should be one of {', '.join(LOG_LEVELS)}"


_DEFAULTS = Settings()


def _switch(name: str, label: str, explained: str) -> Setting:
    return Setting(name, getattr(_DEFAULTS, name), as_bool, _fine, label, explained)


SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        _switch("auto_sync", "Sync by itself", "Sync live peers at once and the others on their timer."),
        Setting(
            "stale_days",
            _DEFAULTS.stale_days,
            as_int,
            days_problem,
            "Stale after days",
            "A peer not heard from for this many days is marked stale.",
        ),
        Setting(
            "log_level",
            _DEFAULTS.log_level,
            as_str,
            _level_problem,
            "Log",
            f"How much is logged: {', '.join(LOG_LEVELS)}.",
        ),
        _switch("notify_needs_you", "When a peer needs you", "Notify when a peer waits for a person's help."),
        _switch("notify_stale", "When a peer is stale", "Notify when a peer has not been heard from for long."),
        _switch("notify_first_sync", "After a first sync", "Notify when a new peer is in sync for the first time."),
    )
}
"""Every switch of ``Settings`` by name, in the order in which they are shown."""
