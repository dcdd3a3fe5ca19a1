"""The switches of ``Settings`` as a table: one place for reading them, checking them and showing them."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.errors import UsageError
from engine.settings.model import Settings
from engine.text import marked


class Group(enum.Enum):
    """Where a switch stands in the window's dialog; the value is the heading."""

    GENERAL = marked("settings", "General")
    SYNC = marked("settings", "Syncing")
    SHARE = marked("settings", "Sharing")
    NOTIFY = marked("settings", "Notifications")
    LOG = marked("settings", "Troubleshooting")


@dataclass(frozen=True, slots=True)
class Setting:
    """One switch: how it is read from the file and shown to a person.

    ``cast`` turns what TOML gave into the value, or raises ValueError; ``validate`` returns what is wrong with the
    value, or ''. ``label`` and ``help`` are for the window; ``help`` is also its comment in a new file. ``choices``
    are the values of a text that can be chosen, each with its words; ``span`` holds the limits of a number, ``unit``
    what it counts, ``zero`` what 0 stands for.
    """

    name: str
    default: Any
    cast: Callable[[object], Any]
    validate: Callable[[Any], str]
    group: Group
    label: str
    help: str
    choices: tuple[tuple[str, str], ...] = ()
    span: tuple[int, int] = (0, 0)
    unit: str = ""
    zero: str = ""

    def read(self, value: object) -> Any:
        """The value, checked. Raises ValueError with what is wrong, to follow "the key “auto_sync” "."""
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


DAYS = (1, 3650)


def days_problem(days: int) -> str:
    """What is wrong with a number of days, or ''."""
    return "" if DAYS[0] <= days <= DAYS[1] else f"should be from {DAYS[0]} to {DAYS[1]} days"


def checked(**values: object) -> dict[str, Any]:
    """Return switches as ``Settings`` takes them.

    Raises:
        UsageError: there is no such switch, or it cannot be so; says why.
    """
    found = {}
    for name, value in values.items():
        setting = SETTINGS.get(name)
        if setting is None:
            raise UsageError(f"There is no setting “{name}”.", hint=f"There are: {', '.join(SETTINGS)}.")
        try:
            found[name] = setting.read(value)
        except ValueError as problem:
            raise UsageError(f"The setting “{name}” {problem}.") from None
    return found


def _fine(_: object) -> str:
    return ""


def _port_problem(port: int) -> str:
    return "" if 0 <= port <= 65_535 else "should be a port, from 0 to 65535"


_DEFAULTS = Settings()


def _switch(name: str, group: Group, label: str, explained: str) -> Setting:
    return Setting(name, getattr(_DEFAULTS, name), as_bool, _fine, group, label, explained)


def _choice(name: str, group: Group, label: str, explained: str, *choices: tuple[str, str]) -> Setting:
    known = [value for value, _ in choices]

    def problem(value: str) -> str:
        return "" if value in known else f"should be one of {', '.join(known)}"

    return Setting(name, getattr(_DEFAULTS, name), as_str, problem, group, label, explained, choices)


SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        _switch(
            "start_hidden",
            Group.GENERAL,
            marked("settings", "Start without the window"),
            marked("settings", "Only the tray icon is seen at the start, where there is a tray."),
        ),
        _choice(
            "language",
            Group.GENERAL,
            marked("settings", "Language"),
            marked("settings", "The language of the window."),
            ("system", marked("settings", "As the system")),
            ("en", "English"),
            ("de", "Deutsch"),
        ),
        _choice(
            "theme",
            Group.GENERAL,
            marked("settings", "Colours"),
            marked("settings", "Light or dark windows."),
            ("system", marked("settings", "As the system")),
            ("light", marked("settings", "Light")),
            ("dark", marked("settings", "Dark")),
        ),
        _switch(
            "auto_sync",
            Group.SYNC,
            marked("settings", "Sync by itself"),
            marked("settings", "Sync live peers at once and the others on their timer."),
        ),
        _switch(
            "rest_on_battery",
            Group.SYNC,
            marked("settings", "Not on battery"),
            marked("settings", "Sync only by hand while the machine runs on its battery."),
        ),
        _switch(
            "rest_on_metered",
            Group.SYNC,
            marked("settings", "Not over a metered network"),
            marked("settings", "Sync only by hand while the system says that traffic costs money."),
        ),
        Setting(
            "stale_days",
            _DEFAULTS.stale_days,
            as_int,
            days_problem,
            Group.SYNC,
            marked("settings", "Stale after"),
            marked("settings", "A peer not heard from for this many days is marked stale."),
            span=DAYS,
            unit=marked("settings", " days"),
        ),
        _switch(
            "share",
            Group.SHARE,
            marked("settings", "Share databases"),
            marked("settings", "Serve the databases that are chosen under Share, to machines that were paired."),
        ),
        _switch(
            "share_lan",
            Group.SHARE,
            marked("settings", "In the local network"),
            marked("settings", "Let other machines in the network come in, not this one alone."),
        ),
        Setting(
            "share_port",
            _DEFAULTS.share_port,
            as_int,
            _port_problem,
            Group.SHARE,
            marked("settings", "Port"),
            marked("settings", "Where paired machines find this one; 0 picks one, once."),
            span=(0, 65_535),
            zero=marked("settings", "any"),
        ),
        _switch(
            "discover",
            Group.SHARE,
            marked("settings", "Find each other"),
            marked("settings", "Let others in the network see that this machine shares, and look for them."),
        ),
        _switch(
            "notify_needs_you",
            Group.NOTIFY,
            marked("settings", "When a peer needs you"),
            marked("settings", "Notify when a peer waits for a person's help."),
        ),
        _switch(
            "notify_stale",
            Group.NOTIFY,
            marked("settings", "When a peer is stale"),
            marked("settings", "Notify when a peer has not been heard from for long."),
        ),
        _switch(
            "notify_first_sync",
            Group.NOTIFY,
            marked("settings", "After a first sync"),
            marked("settings", "Notify when a new peer is in sync for the first time."),
        ),
        _choice(
            "log_level",
            Group.LOG,
            marked("settings", "Log"),
            marked("settings", "How much is written to the log: debug, info, warning or error."),
            ("debug", marked("settings", "Everything")),
            ("info", marked("settings", "What happens")),
            ("warning", marked("settings", "Warnings and errors")),
            ("error", marked("settings", "Errors only")),
        ),
    )
}
"""Every switch of ``Settings`` by name, in the order in which they are shown."""
