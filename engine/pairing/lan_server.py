"""Serves chosen databases from this machine: certificate, tokens and hub in one, with each database as a room.

On this machine alone or in the local network, TLS is always used, and nobody is admitted without a token of their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import logging
import os
import socket
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from engine.errors import UsageError
from engine.events import Guest
from engine.hub import Hub, HubOptions
from engine.hub.tokens import revoke
from engine.links.inbound import InboundConnections
from engine.pairing.addresses import own_addresses
from engine.pairing.certificate import Certificate, own_certificate
from engine.pairing.paired_devices import Guests
from engine.pairing.pairing_link import PairingLink
from engine.storage.backup import Backups
from engine.storage.host_pool import HostPool
from engine.text import t
from engine.wire.handshake import check_room

log = logging.getLogger(__name__)

EVERYWHERE = ""
"""The host for listening on all of this machine's addresses, IPv4 and IPv6."""


class LanServer:
    """The databases that this machine shares. An async context manager.

    Args:
        folder: for the certificate, the tokens and when guests were last seen; created when needed.
        hosts: where replicas are opened.
        rooms: the file of each room.
        lan: listen in the local network too, not only on this machine.
        port: where to listen; 0 picks a free one.
        inbound: where paired devices are registered when they connect.
        backups: as for ``Hub``.
        on_change: called when somebody came, left or was paired.
        on_paired: called with the name of a machine that was just paired, and the six words of its link.
    """

    def __init__(
        self,
        folder: Path,
        hosts: HostPool,
        rooms: Mapping[str, Path],
        *,
        lan: bool = False,
        port: int = 0,
        inbound: InboundConnections | None = None,
        backups: Backups | None = None,
        on_change: Callable[[], None] = lambda: None,
        on_paired: Callable[[str, tuple[str, ...]], None] = lambda name, words: None,
    ) -> None:
        self.rooms = dict(rooms)
        self.lan = lan
        self.port = port
        self._folder = folder
        self._hosts = hosts
        self._backups = backups
        self._inbound = inbound
        self._on_change = on_change
        self._on_paired = on_paired
        self._guests = Guests(folder / "guests.json", on_paired=self._paired)
        self._seen = _Seen(folder / "guests-seen.json")
        self._links: dict[str, PairingLink] = {}
        self._here: Collection[str] = ()
        self._certificate: Certificate | None = None
        self._hub: Hub | None = None
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> LanServer:
        self._certificate = await asyncio.to_thread(own_certificate, self._folder)
        host = EVERYWHERE if self.lan else "127.0.0.1"
        hub = Hub(
            self.rooms,
            self._hosts,
            host=host,
            port=self.port or _free_port(host),
            access=self._guests,
            options=HubOptions(tls=self._certificate.tls, follow_schema=False),  # the file is its app's
            backups=self._backups or Backups(self._folder / "backups"),
            on_guests=self._moved,
            inbound=self._inbound,
        )
        self._hub = await self._stack.enter_async_context(hub)
        self.port = hub.port
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def fingerprint(self) -> str:
        """The fingerprint of this machine's certificate."""
        assert self._certificate is not None
        return self._certificate.fingerprint

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses where it can be reached."""
        return own_addresses() if self.lan else ("127.0.0.1",)

    @property
    def reaches_others(self) -> bool:
        """Whether another machine can connect: not if it listens only here, or the machine is in no network."""
        return not all(ipaddress.ip_address(address).is_loopback for address in self.addresses)

    def invite(self, room: str) -> PairingLink:
        """Make a pairing link to a room; it works once, within ten minutes.

        Raises:
            UsageError: the room is not shared.
        """
        if room not in self.rooms:
            raise UsageError(t("“{room}” is not shared.", room=room))
        link = PairingLink(self.addresses, self.port, room, self._guests.invite(room), self.fingerprint)
        self._links[link.token] = link
        return link

    def withdraw(self, link: PairingLink) -> None:
        """Revoke an unused pairing link."""
        self._guests.withdraw(link.token)
        self._links.pop(link.token, None)

    def guests(self) -> list[Guest]:
        """Return everybody who is admitted, ordered by name."""
        here = self._inside()
        return [
            Guest(token.name, ", ".join(token.rooms or ()), token.name in here, self._seen.when(token.name))
            for token in sorted(self._guests.tokens, key=lambda token: token.name.casefold())
        ]

    async def revoke_guest(self, name: str) -> None:
        """Revoke a guest's token and cut the connections made with it.

        Raises:
            UsageError: there is no guest of this name.
            SynclineError: the file could not be written.
        """
        await asyncio.to_thread(revoke, self._guests.path, name)
        self._seen.forget(name)
        self._guests.reload()
        self._on_change()

    def _inside(self) -> set[str]:
        guests = self._hub.inside if self._hub is not None else ()
        return {guest.grant.token.name for guest in guests if guest.grant.token is not None}

    def _moved(self) -> None:
        here = self._inside()
        self._seen.note(here.symmetric_difference(self._here))
        self._here = here
        self._on_change()

    def _paired(self, name: str, token: str) -> None:
        link = self._links.pop(token, None)
        if link is not None:
            self._on_paired(name, link.words)
        self._on_change()


def room_for(name: str, taken: Collection[str] = ()) -> str:
    """Return a room name derived from a database's, and different from those taken."""
    room = "".join(c if (c.isalnum() and ord(c) < 256) or c in " _-" else "-" for c in name).strip(" -")[:60]
    try:
        room = check_room(room)
    except UsageError:
        room = "database"
    return next(f"{room}{end}" for end in ("", *(f"-{n}" for n in range(2, 10**4))) if f"{room}{end}" not in taken)


def _free_port(host: str) -> int:
    """Return a port that is free now, to use for all addresses, as each address family would otherwise pick its own."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


class _Seen:
    """When each guest was last connected, kept in a file that may be lost without harm."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            times = json.loads(path.read_text("utf-8"))
            self._times = {str(name): float(moment) for name, moment in times.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            self._times = {}

    def when(self, name: str) -> float | None:
        return self._times.get(name)

    def note(self, names: Collection[str]) -> None:
        if names:
            self._times.update(dict.fromkeys(names, time.time()))
            self._save()

    def forget(self, name: str) -> None:
        if self._times.pop(name, None) is not None:
            self._save()

    def _save(self) -> None:
        unfinished = self._path.with_suffix(".part")
        try:
            unfinished.write_text(json.dumps(self._times), "utf-8")
            os.replace(unfinished, self._path)
        except OSError as error:
            log.warning("Who was seen when could not be kept: %s", error)
