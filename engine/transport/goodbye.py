"""Ends a connection in good order: what is left leaves (a reason, say), then the socket is closed."""

from __future__ import annotations

import asyncio
import contextlib

from websockets.asyncio.connection import Connection

from engine.session import Session
from engine.session.close_codes import CloseCode
from engine.transport.close_codes import GONE, for_close_frame
from engine.transport.outbox import Outbox

GOODBYE = 2.0
"""Seconds that the last frames have to leave; the closing handshake has twice as many."""


async def say_goodbye(socket: Connection, session: Session, outbox: Outbox, reader: asyncio.Task[None]) -> None:
    """Send what is left, if the session has ended by itself, and close the socket.

    Args:
        reader: reads what still comes, and lets it go: a socket that is closed with something unread cuts the goodbye
            off. It is ended as the last thing.
    """
    closed = session.closed
    reason = for_close_frame(closed.to_peer, templates=session.peer_reads_templates) if closed else ""
    try:
        if closed is not None:
            await outbox.flush(GOODBYE)
        with contextlib.suppress(*GONE, TimeoutError):  # a peer that takes nothing takes no goodbye either
            async with asyncio.timeout(2 * GOODBYE):
                await socket.close(closed.code if closed else CloseCode.GOING_AWAY, reason)
    finally:
        with contextlib.suppress(*GONE):
            socket.transport.abort()
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
