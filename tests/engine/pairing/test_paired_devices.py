"""Pairing over real sockets: a link's token is good once, for ten minutes, for one room; the lasting one stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import CertificateChanged, PeerRefused, PeerUnreachable
from engine.hub import Hub, HubOptions
from engine.hub.tokens import load, revoke
from engine.pairing.certificate import Certificate, own_certificate
from engine.pairing.paired_devices import GOOD_FOR, Guests
from engine.pairing.pairing_link import PairingLink, parse
from engine.pairing.redeem import trade
from engine.settings import PeerConfig
from engine.storage.host_pool import HostPool
from tests.engine.live import PATIENCE, make_file, on_loop, plain_engine, rows, until, write
from tests.streams import stream_server


class Clock:
    """A clock that is put forward by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Sharing:
    """A hub that shares two files, and makes links to them."""

    def __init__(self, hub: Hub, guests: Guests, certificate: Certificate, clock: Clock) -> None:
        self.hub, self.guests, self.certificate, self.clock = hub, guests, certificate, clock

    def link(self, room: str = "room") -> PairingLink:
        made = PairingLink(("127.0.0.1",), self.hub.port, room, self.guests.invite(room), self.certificate.fingerprint)
        return parse(made.text())


@asynccontextmanager
async def sharing(tmp_path: Path) -> AsyncIterator[Sharing]:
    places = {"room": make_file(tmp_path / "there.db"), "other": make_file(tmp_path / "other.db")}
    clock = Clock()
    guests = Guests(tmp_path / "data" / "guests.json", now=clock)
    certificate = own_certificate(tmp_path / "data")
    async with Hub(places, HostPool(), access=guests, options=HubOptions(tls=certificate.tls)) as hub:
        yield Sharing(hub, guests, certificate, clock)


@on_loop
async def test_a_link_becomes_a_lasting_peer(tmp_path: Path) -> None:
    ours = make_file(tmp_path / "ours.db")
    write(ours, "INSERT INTO item (id, name) VALUES (1, 'ours')")
    async with sharing(tmp_path) as there, plain_engine() as here:
        link = there.link()
        paired = await trade(link, name="Küche")
        assert paired.token != link.token
        database = await here.databases.add(ours)
        peer = PeerConfig.new(database.id, paired.url, room=link.room, fingerprint=link.fingerprint)
        await here.peers.add(peer, token=paired.token)
        await here.peers.wait_in_sync(timeout=PATIENCE)
        assert rows(tmp_path / "there.db") == rows(ours)
        [token] = load(there.guests.path)
        assert (token.name, token.rooms) == ("Küche", ("room",))
        for secret in (link.token, paired.token):
            assert secret not in there.guests.path.read_text()
        await asyncio.to_thread(revoke, there.guests.path, "Küche")
        await until(lambda: "revoked" in here.peers.statuses()[0].reason, "whoever is thrown out is told")


@on_loop
async def test_a_link_is_good_once_even_for_two_at_once(tmp_path: Path) -> None:
    async with sharing(tmp_path) as there:
        link = there.link()
        outcomes = await asyncio.gather(*(trade(link, name="same") for _ in range(4)), return_exceptions=True)
        refused = [outcome for outcome in outcomes if isinstance(outcome, PeerRefused)]
        assert len(refused) == 3
        assert all("used already" in str(error) and "Create a new link" in error.hint for error in refused)
        assert len(load(there.guests.path)) == 1
        await trade(there.link(), name="same")
        assert [token.name for token in load(there.guests.path)] == ["same", "same (2)"]


@on_loop
async def test_a_link_is_good_for_ten_minutes_and_until_it_is_withdrawn(tmp_path: Path) -> None:
    async with sharing(tmp_path) as there:
        late, last, withdrawn = there.link(), there.link(), there.link()
        there.guests.withdraw(withdrawn.token)
        there.clock.now = GOOD_FOR - 1
        await trade(last)
        there.clock.now = GOOD_FOR
        for link in (late, withdrawn):
            with pytest.raises(PeerRefused, match="ten minutes are over"):
                await trade(link)


@on_loop
async def test_a_link_opens_its_own_room_only(tmp_path: Path) -> None:
    async with sharing(tmp_path) as there:
        for room in ("other", "no-such-room"):
            with pytest.raises(PeerRefused, match="not valid for this room"):
                await trade(replace(there.link(), room=room))
        with pytest.raises(PeerRefused, match="does not know the token"):
            await trade(replace(there.link(), token="x" * 43))
        assert not there.guests.path.exists()


@on_loop
async def test_the_right_machine_is_found_among_others(tmp_path: Path) -> None:
    """Another machine has one of the addresses here, as happens with 192.168.*; it learns nothing."""
    other = own_certificate(tmp_path / "other machine")
    async with sharing(tmp_path) as there:
        link = there.link()
        async with stream_server(lambda _, writer: writer.close(), "127.0.0.2", link.port, tls=other.tls.context()):
            with pytest.raises(CertificateChanged):
                await trade(replace(link, addresses=("127.0.0.2",)))
            paired = await trade(replace(link, addresses=("127.0.0.2", "127.0.0.3", "127.0.0.1")))
            assert paired.url == f"wss://127.0.0.1:{link.port}/sync/{link.room}"
    with pytest.raises(PeerUnreachable, match="cannot be reached at"):
        await trade(link)


@on_loop
async def test_names_of_machines_cannot_do_harm(tmp_path: Path) -> None:
    async with sharing(tmp_path) as there:
        for name in ("\x1b[2J\n", " " * 9, "x" * 5_000, "”"):
            await trade(there.link(), name=name)
        names = [token.name for token in load(there.guests.path)]
        assert len(set(names)) == 4
        assert all(name.isprintable() and 0 < len(name) <= 60 for name in names)
