"""The switches of ``Settings`` as a table: the one place for reading, checking and showing them."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.errors import UsageError
from engine.settings.model import Settings
from engine.text import t


class Group(enum.Enum):
    """Where a switch stands in the window's dialog; the value is the heading."""

    GENERAL = t("General")
    SYNC = t("Sync")
    SHARE = t("Sharing")
    NOTIFY = t("Notifications")
    LOG = t("Troubleshooting")


@dataclass(frozen=True, slots=True)
class Setting:
    """One switch: how it is read from the file and shown to a person.

    Attributes:
        cast: turns a TOML value into the setting's value, or raises ValueError.
        validate: returns what is wrong with the value, or ''.
        label, help: for the window; ``help`` is also the comment in a new file.
        choices: the values of a text to choose from, each with its words.
        span: the limits of a number.
        unit: what it counts.
        zero: what 0 means.
        step: by how much an arrow changes it.
        longest: the most characters of a text that is typed.
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
    step: int = 1
    longest: int = 0

    def read(self, value: object) -> Any:
        """Return the checked value.

        Raises:
            ValueError: says what is wrong, in words that follow on "the key “auto_sync” ".
        """
        cast = self.cast(value)
        problem = self.validate(cast)
        if problem:
            raise ValueError(problem)
        return cast


def as_bool(value: object) -> bool:
    """Return a TOML bool; raise ValueError for anything else."""
    if not isinstance(value, bool):
        raise ValueError(t("should be true or false"))
    return value


def as_int(value: object) -> int:
    """Return a TOML integer; raise ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(t("should be a whole number"))
    return value


def as_str(value: object) -> str:
    """Return a TOML string; raise ValueError for anything else."""
    if not isinstance(value, str):
        raise ValueError(t("should be a text in quotes"))
    return value


DAYS = (1, 3650)


def days_problem(days: int) -> str:
    """Return what is wrong with a number of days, or ''."""
    return "" if DAYS[0] <= days <= DAYS[1] else t("should be {least} to {most} days", least=DAYS[0], most=DAYS[1])


def checked(**values: object) -> dict[str, Any]:
    """Return switches as ``Settings`` takes them.

    Raises:
        UsageError: there is no such switch, or its value is invalid; says why.
    """
    found = {}
    for name, value in values.items():
        setting = SETTINGS.get(name)
        if setting is None:
            raise UsageError(
                t("There is no setting “{name}”.", name=name),
                hint=t("The settings are: {names}.", names=", ".join(SETTINGS)),
            )
        try:
            found[name] = setting.read(value)
        except ValueError as problem:
            raise UsageError(t("The setting “{name}” {problem}.", name=name, problem=problem)) from None
    return found


def _fine(_: object) -> str:
    return ""


LONGEST_NAME = 40
"""The most characters of a machine's name."""


def _name_problem(name: str) -> str:
    if len(name) > LONGEST_NAME:
        return t("should have at most {most} characters", most=LONGEST_NAME)
    return "" if not name or (name.isprintable() and name == name.strip()) else t("should be one line of text")


SLOWEST = 10
"""The lowest limit of the line, in kB/s: a hub ends connections on which a message crawls."""

FASTEST = 10_000_000


def bandwidth_problem(limit: int) -> str:
    """Return what is wrong with a limit of the line, in kB/s; '' if nothing is."""
    if limit == 0 or SLOWEST <= limit <= FASTEST:
        return ""
    return t("should be 0 (no limit) or {least} to {most:,} kB/s", least=SLOWEST, most=FASTEST)


def _port_problem(port: int) -> str:
    return "" if 0 <= port <= 65_535 else t("should be a port, from 0 to 65535")


_DEFAULTS = Settings()


def _switch(name: str, group: Group, label: str, explained: str) -> Setting:
    return Setting(name, getattr(_DEFAULTS, name), as_bool, _fine, group, label, explained)


def _choice(name: str, group: Group, label: str, explained: str, *choices: tuple[str, str]) -> Setting:
    known = [value for value, _ in choices]

    def problem(value: str) -> str:
        return "" if value in known else t("should be one of {values}", values=", ".join(known))

    return Setting(name, getattr(_DEFAULTS, name), as_str, problem, group, label, explained, choices)


SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        _switch(
            "start_hidden",
            Group.GENERAL,
            t("Start without the window"),
            t("Show only the tray icon at the start, where there is a tray."),
        ),
        _choice(
            "language",
            Group.GENERAL,
            t("Language"),
            t("The language of the window."),
            ("system", t("Same as the system")),
            ("en", "English"),
            ("de", "Deutsch"),
        ),
        _choice(
            "theme",
            Group.GENERAL,
            t("Colours"),
            t("Light or dark windows."),
            ("system", t("Same as the system")),
            ("light", t("Light")),
            ("dark", t("Dark")),
        ),
        _switch(
            "auto_sync",
            Group.SYNC,
            t("Sync automatically"),
            t("Sync live peers at once, and the others at their interval."),
        ),
        _switch(
            "rest_on_battery",
            Group.SYNC,
            t("Not on battery"),
            t("Sync only manually while the machine runs on battery."),
        ),
        _switch(
            "rest_on_metered",
            Group.SYNC,
            t("Not over a metered network"),
            t("Sync only manually while the system reports a metered network."),
        ),
        Setting(
            "stale_days",
            _DEFAULTS.stale_days,
            as_int,
            days_problem,
            Group.SYNC,
            t("Stale after"),
            t("Mark a peer as stale when it has not been heard from for this many days."),
            span=DAYS,
            unit=t(" days"),
        ),
        Setting(
            "bandwidth_limit",
            _DEFAULTS.bandwidth_limit,
            as_int,
            bandwidth_problem,
            Group.SYNC,
            t("Bandwidth limit"),
            t("Send and receive at most this much a second, each, over all connections together; 0 is no limit."),
            span=(0, FASTEST),
            unit=t(" kB/s"),
            zero=t("none"),
            step=50,
        ),
        _switch(
            "share",
            Group.SHARE,
            t("Share databases"),
            t("Serve the databases chosen under “Share” to paired machines."),
        ),
        _switch(
            "share_lan",
            Group.SHARE,
            t("In the local network"),
            t("Serve other machines in the network, too, and not only this one."),
        ),
        Setting(
            "share_port",
            _DEFAULTS.share_port,
            as_int,
            _port_problem,
            Group.SHARE,
            t("Port"),
            t("The port where paired machines find this one; 0 picks one."),
            span=(0, 65_535),
            zero=t("any"),
        ),
        _switch(
            "discover",
            Group.SHARE,
            t("Discovery"),
            t("Announce in the network that this machine shares, and look for others."),
        ),
        Setting(
            "machine_name",
            _DEFAULTS.machine_name,
            as_str,
            _name_problem,
            Group.SHARE,
            t("Name of this machine"),
            t("What other machines call this one when they pair with it. Leave empty for its name in the network."),
            longest=LONGEST_NAME,
        ),
        _switch(
            "notify_needs_you",
            Group.NOTIFY,
            t("When a peer needs you"),
            t("Notify when a peer needs your attention."),
        ),
        _switch(
            "notify_stale",
            Group.NOTIFY,
            t("When a peer is stale"),
            t("Notify when a peer has not been heard from for a long time."),
        ),
        _switch(
            "notify_first_sync",
            Group.NOTIFY,
            t("After a first sync"),
            t("Notify when a new peer is in sync for the first time."),
        ),
        _switch(
            "notify_conflicts",
            Group.NOTIFY,
            t("When rows wait for you"),
            t("Notify when a row cannot be shown or sent, or deletions are to be confirmed."),
        ),
        _switch(
            "notify_paired",
            Group.NOTIFY,
            t("When a machine is paired"),
            t("Notify when another machine was paired with this one."),
        ),
        _choice(
            "log_level",
            Group.LOG,
            t("Log"),
            t("How much to log: debug, info, warning or error."),
            ("debug", t("Everything")),
            ("info", t("What happens")),
            ("warning", t("Warnings and errors")),
            ("error", t("Errors only")),
        ),
    )
}
"""Every switch of ``Settings`` by name, in the order in which the dialog shows them."""
