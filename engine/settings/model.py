"""The values that are remembered, as frozen dataclasses, and the checks of what a person types."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit, urlunsplit

import platformdirs

from engine.errors import UsageError
from engine.ids import DatabaseId, PeerId
from engine.sqlite.paths import whole
from engine.text import t
from engine.wire.handshake import ROOMS
from engine.wire.hostname import in_brackets, lower
from engine.wire.room_address import place_room

HOME = "SYNCLINE_HOME"
"""The environment variable that moves settings and data to one folder: for tests, the demo, a USB stick."""

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")

DEFAULT_PATH = "/sync"
"""The path to use for an address that has none."""


def config_dir() -> Path:
    """Return the folder of the settings; it may not exist yet."""
    home = os.environ.get(HOME)
    return whole(Path(home)) / "config" if home else platformdirs.user_config_path("syncline", False)


def data_dir() -> Path:
    """Return the folder of what Syncline creates itself, such as backups; it may not exist yet."""
    home = os.environ.get(HOME)
    return whole(Path(home)) / "data" if home else platformdirs.user_data_path("syncline", False)


def journal_path() -> Path:
    """Return the journal's file; it may not exist yet."""
    return data_dir() / "journal.db"


# Values


class Mode(StrEnum):
    """When a peer is synced."""

    LIVE = "live"
    EVERY = "every"
    MANUAL = "manual"


class Direction(StrEnum):
    """Which way changes go, seen from here."""

    BOTH = "both"
    RECEIVE = "receive"
    SEND = "send"


@dataclass(frozen=True, slots=True)
class Pause:
    """A peer's pause, until this moment (with a time zone), or until the person resumes it (None)."""

    until: datetime | None

    FOREVER: ClassVar[Pause]

    @classmethod
    def lasting(cls, length: timedelta) -> Pause:
        """Return a pause of this length that begins now."""
        return cls(datetime.now().astimezone() + length)

    @classmethod
    def until_tomorrow(cls) -> Pause:
        """Return a pause until the coming midnight, local time."""
        return cls(datetime.combine(datetime.now().date() + timedelta(days=1), time()).astimezone())

    def left(self) -> float:
        """Return the seconds that are left: infinity without an end, 0.0 once it is over."""
        if self.until is None:
            return float("inf")
        return max(0.0, (self.until - datetime.now().astimezone()).total_seconds())


Pause.FOREVER = Pause(None)


@dataclass(frozen=True, slots=True)
class DatabaseConfig:
    """A database file that is kept in sync.

    Attributes:
        id: ours, and never shown.
        path: absolute.
        room: the name under which this machine shares it; '' if it does not share it.
    """

    id: DatabaseId
    name: str
    path: Path
    room: str = ""

    @classmethod
    def new(cls, path: Path, name: str = "") -> DatabaseConfig:
        """Return a config with a fresh id, named after its file by default."""
        path = whole(path)
        return cls(DatabaseId(secrets.token_hex(6)), name or path.stem, path)


@dataclass(frozen=True, slots=True)
class PeerConfig:
    """A remote replica that a database is kept in sync with.

    Attributes:
        database: the id of a ``DatabaseConfig``.
        minutes: between two syncs in the mode EVERY.
        stale_days: None for the setting that applies to all peers.
        fingerprint: of the certificate that was paired; '' for none.
        trusted: of a certificate that a person trusts; '' for none.
    """

    id: PeerId
    name: str
    database: DatabaseId
    url: str
    room: str
    mode: Mode = Mode.LIVE
    minutes: int = 15
    direction: Direction = Direction.BOTH
    paused: Pause | None = None
    stale_days: int | None = None
    fingerprint: str = ""
    trusted: str = ""

    @classmethod
    def new(
        cls,
        database: DatabaseId,
        url: str,
        *,
        room: str,
        name: str = "",
        mode: Mode = Mode.LIVE,
        minutes: int = 15,
        direction: Direction = Direction.BOTH,
        fingerprint: str = "",
        trusted: str = "",
    ) -> PeerConfig:
        """Return a config with a fresh id, named after its address by default.

        Args:
            room: '' if the address names it (``engine.wire.room_address``).

        Raises:
            UsageError: the address, the room, the minutes or a fingerprint is invalid; says why.
        """
        url, room = place_room(check_url(url, path=ROOMS), room)
        if mode is Mode.EVERY:
            check_minutes(minutes)
        return cls(
            PeerId(secrets.token_hex(6)),
            name or f"{room} at {urlsplit(url).netloc}",
            database,
            url,
            room,
            mode,
            minutes,
            direction,
            fingerprint=check_pin(url, fingerprint),
            trusted=check_pin(url, trusted),
        )

    @property
    def pin(self) -> str:
        """The fingerprint of the only certificate to accept; '' if an authority has to vouch for it."""
        return self.fingerprint or self.trusted

    def pause_left(self) -> float | None:
        """Return the seconds until this peer resumes (infinity: never); None if it is not paused."""
        left = self.paused.left() if self.paused else 0.0
        return left or None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything in the file. Change it with ``dataclasses.replace``; ``SETTINGS`` describes the switches."""

    auto_sync: bool = True
    stale_days: int = 7
    log_level: str = "info"
    language: str = "system"
    theme: str = "system"
    start_hidden: bool = False
    rest_on_battery: bool = False
    rest_on_metered: bool = False
    notify_needs_you: bool = True
    notify_stale: bool = True
    notify_first_sync: bool = True
    notify_conflicts: bool = True
    notify_paired: bool = True
    bandwidth_limit: int = 0
    share: bool = False
    share_lan: bool = False
    share_port: int = 0
    discover: bool = True
    machine_name: str = ""
    databases: tuple[DatabaseConfig, ...] = ()
    peers: tuple[PeerConfig, ...] = ()


# Checks, which say in words what is wrong


def check_url(url: str, *, path: str = DEFAULT_PATH) -> str:
    """Return a peer's address as it is dialled: in lower case where case does not matter, and with a path.

    Args:
        path: the path to add if the address has none.

    Raises:
        UsageError: it is invalid; says what is wrong, without repeating a password in it.
    """
    hint = t("Write it like wss://example.org:8080/sync/ROOM.")
    text = url.strip() if isinstance(url, str) else ""
    if not text:
        raise UsageError(t("The address is empty."), hint=hint)
    if not text.isprintable() or " " in text:
        raise UsageError(t("The address contains a space or a control character."), hint=hint)
    bare = in_brackets(text)
    if bare != text:
        raise UsageError(t("An IPv6 address must be in brackets."), hint=t("Use {address}.", address=bare))
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UsageError(t("The address has an invalid host or port."), hint=hint) from None
    if "@" in parts.netloc or "@" in text.partition("://")[0]:
        raise UsageError(
            t("The address contains a user name or password."), hint=t("Put the token into its own field.")
        )
    scheme = parts.scheme
    if scheme in ("http", "https"):
        better = {"http": "ws", "https": "wss"}[scheme] + text[len(scheme) :]
        raise UsageError(
            t("{address} is the address of a web page.", address=text), hint=t("Use {address}.", address=better)
        )
    if "://" not in text:
        raise UsageError(
            t("The address {address} does not begin with ws:// or wss://.", address=text),
            hint=t("Try ws://{address}.", address=text),
        )
    if scheme not in ("ws", "wss"):
        raise UsageError(t("The address {address} does not begin with ws:// or wss://.", address=text), hint=hint)
    if not host:
        raise UsageError(t("The address {address} has no host.", address=text), hint=hint)
    if port == 0:
        raise UsageError(t("The address {address} has the port 0.", address=text), hint=hint)
    if parts.fragment:
        raise UsageError(t("The address {address} contains a “#”.", address=text), hint=hint)
    path = parts.path if parts.path not in ("", "/") else path
    return urlunsplit((scheme, lower(parts.netloc), path, parts.query, ""))


def check_pin(url: str, fingerprint: str) -> str:
    """Return a certificate's fingerprint if it is valid and can be used at this address; '' stays ''.

    Raises:
        UsageError: it is invalid, or the address is not ``wss://``.
    """
    if fingerprint and not _FINGERPRINT.fullmatch(fingerprint):
        raise UsageError(
            t("The certificate's fingerprint is not 64 hex digits."),
            hint=t("It is its SHA-256 digest. Of a paired machine, pair again with a new link."),
        )
    if fingerprint and urlsplit(url).scheme != "wss":
        raise UsageError(t("Only wss:// addresses have a certificate."), hint=t("Write wss:// in place of ws://."))
    return fingerprint


def check_minutes(minutes: int) -> int:
    """Return the minutes between two syncs if they are allowed.

    Raises:
        UsageError: they are not.
    """
    if not 1 <= minutes <= 7 * 24 * 60:
        raise UsageError(
            t("Syncing every {minutes} minutes is not possible.", minutes=minutes),
            hint=t("Choose 1 to 10,080 minutes (a week)."),
        )
    return minutes
