"""Lets Synclines that share find each other in the local network, by DNS-SD (RFC 6763), as printers do.

Everybody is told the machine's name, where it listens, the protocol, a hash of its certificate, and a hash of the
tables of each shared database, so that others see whether one of theirs fits. Nothing else is told: no file or room, no
table or column name, no secret. Finding a machine does not let anybody in: that takes a pairing link.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib
import ipaddress
import logging
import re
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.sqlite.steps import to_the_end
from engine.table_shape import Shape
from engine.text import printable, t
from engine.wire import PROTOCOL

if TYPE_CHECKING:
    from zeroconf import ServiceStateChange, Zeroconf
    from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

log = logging.getLogger(__name__)

SERVICE = "_syncline._tcp.local."

THIS_MACHINE = "127.0.0.1"
"""The interface for what other machines must not hear. (Systems carry no IPv6 multicast on the loopback interface.)"""

ANSWER_WITHIN = 1_500
"""Milliseconds for a machine that was found to send its details."""

GOOD_FOR = 20
"""Seconds for which an announced address is valid, as a machine that crashed or lost its network says no goodbye."""

ASK_AGAIN = 5.0
"""Seconds between two checks whether it is still valid; the network is asked only if it is not."""

MOVED_EVERY = 5.0
"""Seconds between two checks whether this machine's addresses have changed."""

MOST = 200
"""How many machines are asked for details at once; no person's network has more."""

LONGEST_NAME = 40
OFFERS = 12
"""The most hashes in one announcement, as a text record holds 255 bytes."""

_HASH = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Found:
    """A machine that was found.

    Attributes:
        name: what it calls itself, made safe to show.
        addresses, port: where it listens.
        protocol: the protocol number it speaks.
        certificate: ``mark`` of its certificate's fingerprint.
        offers: ``offer`` of each database that it shares.
    """

    name: str
    addresses: tuple[str, ...]
    port: int
    protocol: int
    certificate: str
    offers: tuple[str, ...]


def mark(fingerprint: str) -> str:
    """Return the hash by which a machine with this certificate is recognised in the network."""
    return _short(f"certificate {fingerprint}")


def offer(tables: Iterable[Shape]) -> str:
    """Return the hash of a database's tables, the same for two that fit together, whatever their rows."""
    shapes = sorted((shape.name, *shape.key, "", *sorted(shape.columns)) for shape in tables)
    return _short(f"tables {shapes}")


def _shortened(offers: Iterable[str]) -> tuple[str, ...]:
    """Return as many offers as one announcement has room for."""
    return tuple(sorted(set(offers)))[:OFFERS]


def _short(text: str) -> str:
    return hashlib.sha256(f"syncline {text}".encode()).hexdigest()[:16]


class Announcement:
    """Announces this machine in the network while it shares. An async context manager; leaving it says goodbye.

    Failures are only logged, as pairing by link needs no announcement.

    Args:
        name: the machine's.
        addresses, port: where it listens.
        fingerprint: of its certificate.
        offers: ``offer`` of each database.
        moved: returns the current addresses, if they may change; called every ``MOVED_EVERY`` seconds.
    """

    def __init__(
        self,
        name: str,
        addresses: Sequence[str],
        port: int,
        fingerprint: str,
        offers: Sequence[str],
        *,
        moved: Callable[[], Sequence[str]] | None = None,
    ) -> None:
        self._name = printable(name, LONGEST_NAME)
        self._addresses = tuple(addresses)
        self._port = port
        self._certificate = mark(fingerprint)
        self._offers = _shortened(offers)
        self._anew = asyncio.Event()
        self._zeroconf: AsyncZeroconf | None = None
        self._info: AsyncServiceInfo | None = None
        self._moved = moved
        self._announcing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Announcement:
        self._announcing = asyncio.create_task(self._go_on())  # it listens for its name first, which takes a second
        return self

    async def __aexit__(self, *_: object) -> None:
        await to_the_end(self._leave())

    async def _leave(self) -> None:
        if self._announcing is not None:
            self._announcing.cancel()
            await asyncio.gather(self._announcing, return_exceptions=True)
        await self._send_goodbye()

    def offer(self, offers: Iterable[str]) -> None:
        """Announce these offers from now on, in place of the earlier ones."""
        kept = _shortened(offers)
        if kept != self._offers:
            self._offers = kept
            self._anew.set()

    async def _go_on(self) -> None:
        """Announce, and again after a move to another network, as the sockets are bound to the old one."""
        await self._announce()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(MOVED_EVERY if self._moved is not None else None):
                    await self._anew.wait()
            addresses = tuple(self._moved()) if self._moved is not None else self._addresses
            if addresses != self._addresses:
                self._addresses = addresses
                await self._send_goodbye()
            elif not self._anew.is_set():
                continue
            self._anew.clear()
            await self._announce()

    async def _send_goodbye(self) -> None:
        zeroconf, self._zeroconf = self._zeroconf, None
        if zeroconf is None:
            return
        try:
            if self._info is not None:
                await (await zeroconf.async_unregister_service(self._info))
        except Exception as error:  # the network may be gone, which each system reports in its own way
            log.info("The goodbye could not be said: %s", error)
        finally:
            await to_the_end(zeroconf.async_close())

    async def _announce(self) -> None:
        from zeroconf.asyncio import AsyncServiceInfo

        packed = [ipaddress.ip_address(address).packed for address in self._addresses]
        offers = ",".join(self._offers)
        properties = {"v": str(PROTOCOL), "n": self._name, "c": self._certificate, "o": offers}
        info = AsyncServiceInfo(
            SERVICE,
            f"{self._certificate}-{self._port}.{SERVICE}",  # two machines may have the same name
            port=self._port,
            properties=properties,
            addresses=packed,
            server=f"syncline-{self._certificate}.local.",  # the host's own name has addresses of its own
            host_ttl=GOOD_FOR,
        )
        try:
            if self._zeroconf is None:
                here = all(ipaddress.ip_address(address).is_loopback for address in self._addresses)
                self._zeroconf = _open(here=here)
                telling = await self._zeroconf.async_register_service(info)
            else:
                telling = await self._zeroconf.async_update_service(info)
            self._info = info
            await telling
        except Exception as error:
            log.warning("This machine cannot be found in the network: %s", error)


class Discovery:
    """Looks for other machines. An async context manager.

    Args:
        on_change: called on the loop when one was found, changed or left.
        here: look only on this machine.
        own: the fingerprint of this machine's certificate, which is left out; '' if it has none.

    Attributes:
        problem: why nothing can be found, in a sentence; '' if no problem is known.
    """

    def __init__(self, on_change: Callable[[], None] = lambda: None, *, here: bool = False, own: str = "") -> None:
        self.problem = ""
        self._on_change = on_change
        self._here = here
        self._own = mark(own) if own else ""
        self._found: dict[str, Found] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._zeroconf: AsyncZeroconf | None = None
        self._browser: AsyncServiceBrowser | None = None
        self._closed = False
        self._loop = asyncio.get_running_loop()

    @property
    def found(self) -> tuple[Found, ...]:
        """The machines that are there now, ordered by name."""
        return tuple(sorted(self._found.values(), key=lambda found: found.name.casefold()))

    async def __aenter__(self) -> Discovery:
        await asyncio.to_thread(importlib.import_module, "zeroconf.asyncio")  # it takes a tenth of a second
        from zeroconf.asyncio import AsyncServiceBrowser

        try:
            self._zeroconf = _open(here=self._here)
            self._browser = AsyncServiceBrowser(self._zeroconf.zeroconf, SERVICE, handlers=[self._on_service])
        except Exception as error:
            self.problem = t("Other machines cannot be found: {reason}.", reason=error)
            log.info("%s", self.problem)
        return self

    async def __aexit__(self, *_: object) -> None:
        await to_the_end(self._leave())

    async def _leave(self) -> None:
        self._closed = True
        for asking in self._asking.values():
            asking.cancel()
        await asyncio.gather(*self._asking.values(), return_exceptions=True)
        if self._browser is not None:
            await self._browser.async_cancel()
        if self._zeroconf is not None:
            await self._zeroconf.async_close()

    def _on_service(self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        self._loop.call_soon_threadsafe(self._resolve, name, state_change.name == "Removed")

    def _resolve(self, name: str, gone: bool) -> None:
        if self._closed:
            return
        asking = self._asking.pop(name, None)
        if asking is not None:
            asking.cancel()
        if gone:
            self._note(name, None)
        elif len(self._asking) < MOST:
            self._asking[name] = self._loop.create_task(self._ask(name))

    async def _ask(self, name: str) -> None:
        """Ask a machine for its details, and again when they expire, until it says goodbye."""
        from zeroconf.asyncio import AsyncServiceInfo

        assert self._zeroconf is not None
        while True:
            info = AsyncServiceInfo(SERVICE, name)
            try:
                there = await info.async_request(self._zeroconf.zeroconf, ANSWER_WITHIN)
            except Exception as error:  # the network may be gone, which each system reports in its own way
                log.info("A machine could not be asked: %s", error)
                there = False
            found = _read(info) if there else None
            self._note(name, found if found is None or found.certificate != self._own else None)
            await asyncio.sleep(ASK_AGAIN)

    def _note(self, name: str, found: Found | None) -> None:
        if self._found.get(name) != found:
            if found is None:
                del self._found[name]
            else:
                self._found[name] = found
            self._on_change()


def machine_name() -> str:
    """Return this machine's host name, without its domain."""
    return socket.gethostname().partition(".")[0] or "A machine"


def _open(*, here: bool) -> AsyncZeroconf:
    """Open the sockets for IPv4 and IPv6, as far as the machine has them."""
    from zeroconf import InterfaceChoice, IPVersion
    from zeroconf.asyncio import AsyncZeroconf

    logging.getLogger("zeroconf").setLevel(logging.ERROR)  # it warns about each interface without multicast
    if here:
        return AsyncZeroconf(interfaces=[THIS_MACHINE])
    with contextlib.suppress(OSError):
        return AsyncZeroconf(interfaces=InterfaceChoice.All, ip_version=IPVersion.All)
    return AsyncZeroconf(interfaces=InterfaceChoice.All)


def _read(info: AsyncServiceInfo) -> Found | None:
    """Make a machine's announcement safe to use; return None if it is not a Syncline's."""
    said = {key: value or "" for key, value in info.decoded_properties.items()}
    addresses = tuple(dict.fromkeys(info.parsed_addresses()))[:8]
    version = said.get("v", "")
    if not re.fullmatch(r"[1-9][0-9]{0,4}", version) or not _HASH.fullmatch(said.get("c", "")):
        return None
    if not addresses or not info.port:
        return None
    offers = tuple(one for one in said.get("o", "").split(",")[:OFFERS] if _HASH.fullmatch(one))
    name = printable(said.get("n", ""), LONGEST_NAME).strip() or "A machine"
    return Found(name, addresses, info.port, int(version), said["c"], offers)
