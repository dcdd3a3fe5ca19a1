"""Ends a connection cleanly: sends what is left, such as a reason, then closes the socket."""

from __future__ import annotations

import asyncio
import contextlib

from websockets.asyncio.connection import Connection

from engine.session import Session
from engine.session.close_codes import CloseCode
from engine.transport.close_codes import GONE, for_close_frame
from engine.transport.keepalive import hurry
from engine.transport.outbox import Outbox

GOODBYE = 2.0
"""Seconds for the last frames to leave; the closing handshake gets twice as many."""


async def say_goodbye(socket: Connection, session: Session, outbox: Outbox, reader: asyncio.Task[None]) -> None:
    """Send what is left, if the session ended by itself, and close the socket.

    Args:
        reader: the task that reads and drops what still arrives, as closing a socket with unread data would cut off the
            goodbye. It is cancelled last.
    """
    closed = session.closed
    reason = for_close_frame(closed.to_peer, templates=session.peer_reads_templates) if closed else ""
    try:
        if closed is not None:
            await outbox.flush(GOODBYE)
        hurry(socket)
        with contextlib.suppress(*GONE, TimeoutError):  # a peer that takes nothing does not take a goodbye either
            async with asyncio.timeout(2 * GOODBYE):
                await socket.close(closed.code if closed else CloseCode.GOING_AWAY, reason)
    finally:
        with contextlib.suppress(*GONE):
            socket.transport.abort()
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
