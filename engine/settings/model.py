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
"""The path of an address that names none."""


def config_dir() -> Path:
    """The folder of the settings; it may not exist yet."""
    home = os.environ.get(HOME)
    return whole(Path(home)) / "config" if home else platformdirs.user_config_path("syncline", False)


def data_dir() -> Path:
    """The folder of what Syncline makes itself, such as backups; it may not exist yet."""
    home = os.environ.get(HOME)
    return whole(Path(home)) / "data" if home else platformdirs.user_data_path("syncline", False)


def journal_path() -> Path:
    """The file of the journal; it may not exist yet."""
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
    """A peer rests until this moment (with its time zone), or until the person resumes it (None)."""

    until: datetime | None

    FOREVER: ClassVar[Pause]

    @classmethod
    def lasting(cls, length: timedelta) -> Pause:
        """A pause that begins now."""
        return cls(datetime.now().astimezone() + length)

    @classmethod
    def until_tomorrow(cls) -> Pause:
        """A pause until the coming midnight, local time."""
        return cls(datetime.combine(datetime.now().date() + timedelta(days=1), time()).astimezone())

    def left(self) -> float:
        """The seconds that are left: infinite, or 0.0 when it is over."""
        if self.until is None:
            return float("inf")
        return max(0.0, (self.until - datetime.now().astimezone()).total_seconds())


Pause.FOREVER = Pause(None)


@dataclass(frozen=True, slots=True)
class DatabaseConfig:
    """A database file that is kept in sync. ``id`` is ours and never shown; ``path`` is absolute.

    ``room`` is the name under which this machine shares it; '' for one that it does not share.
    """

    id: DatabaseId
    name: str
    path: Path
    room: str = ""

    @classmethod
    def new(cls, path: Path, name: str = "") -> DatabaseConfig:
        """A database with a fresh id; named after its file by default."""
        path = whole(path)
        return cls(DatabaseId(secrets.token_hex(6)), name or path.stem, path)


@dataclass(frozen=True, slots=True)
class PeerConfig:
    """A remote replica that a database is kept in sync with.

    ``database`` is the id of a ``DatabaseConfig``; ``minutes`` lie between two syncs in the mode EVERY;
    ``stale_days`` None means as for all peers; ``fingerprint`` is that of the certificate which was paired, ``trusted``
    that of one which a person trusts; '' for one that an authority vouches for.
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
        """A peer with a fresh id; named after its address by default.

        Args:
            room: of the address; '' where that names it (``engine.wire.room_address``).

        Raises:
            UsageError: the address, the room, the minutes or the fingerprint cannot be; says why.
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
        """The fingerprint of the one certificate that is taken; '' where an authority has to vouch for it."""
        return self.fingerprint or self.trusted

    def pause_left(self) -> float | None:
        """The seconds until this peer goes on by itself (infinite: never); None when it is not paused."""
        left = self.paused.left() if self.paused else 0.0
        return left or None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything in the file. Change it with ``dataclasses.replace``; see ``SETTINGS`` for the switches."""

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
    share: bool = False
    share_lan: bool = False
    share_port: int = 0
    discover: bool = True
    machine_name: str = ""
    databases: tuple[DatabaseConfig, ...] = ()
    peers: tuple[PeerConfig, ...] = ()


# Checks, each in words


def check_url(url: str, *, path: str = DEFAULT_PATH) -> str:
    """Return a peer's address as it is dialled: in lower case where that is the same, and with a path.

    Args:
        path: of an address that has none.

    Raises:
        UsageError: says what is wrong; a password in it is not repeated.
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
    """Return a certificate's fingerprint when it can be one, and can be used at this address; '' for none.

    Raises:
        UsageError: it cannot.
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
    """Return the minutes between two syncs when they can be. Raises UsageError."""
    if not 1 <= minutes <= 7 * 24 * 60:
        raise UsageError(
            t("Syncing every {minutes} minutes is not possible.", minutes=minutes),
            hint=t("Choose 1 to 10,080 minutes (a week)."),
        )
    return minutes
