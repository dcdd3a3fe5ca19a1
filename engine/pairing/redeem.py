"""The other end of a pairing link: finds the machine, and exchanges the link's token for a lasting one."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from engine.errors import CertificateChanged, PeerRefused, PeerUnreachable, WrongServer
from engine.pairing.discovery import machine_name
from engine.pairing.pairing_link import PairingLink
from engine.pairing.reachability import answering
from engine.text import t
from engine.transport.connect import dial
from engine.wire.room_address import place_room


@dataclass(frozen=True, slots=True)
class Paired:
    """The result of pairing: the address that answered, and the token to use there from now on."""

    url: str
    token: str = field(repr=False)


async def trade(link: PairingLink, *, name: str = "") -> Paired:
    """Exchange a link's token for a lasting one.

    Args:
        name: what the other machine is to call this one; by default this machine's name.

    Raises:
        PeerUnreachable: none of the addresses answers.
        PeerRefused: the link was used or has expired, or its room is gone.
        CertificateChanged: only other machines answer.
    """
    error: PeerUnreachable | PeerRefused = PeerUnreachable(
        t("The other machine cannot be reached at {addresses}.", addresses=", ".join(link.addresses)),
        hint=t("Are both machines on the same network, and does the firewall allow Syncline?"),
    )
    async with contextlib.aclosing(answering(link.addresses, link.port)) as urls:
        async for url in urls:
            try:
                url, _ = place_room(url, link.room)
                dialled = await dial(
                    url, link.room, token=link.token, fingerprint=link.fingerprint, name=name or machine_name()
                )
            except (PeerUnreachable, CertificateChanged, WrongServer) as failed:
                error = failed  # another machine may have this address in another network
                continue
            except PeerRefused as refused:
                raise PeerRefused(
                    str(refused), hint=t("Create a new link on the other machine; a link works once.")
                ) from None
            await dialled.socket.close()
            if dialled.lasting is None:
                raise PeerRefused(
                    t("The other machine accepted the link, but gave no token."), hint=t("Create a new link there.")
                )
            return Paired(url, dialled.lasting)
    raise error
