"""What it means that a connection is over: why it ended, in words, and whether trying again can help."""

from __future__ import annotations

from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed

from engine.session import CLOSE_MISSING, Close
from engine.words import printable

TOO_BIG = 1009
"""The close code for a message larger than is taken here, or there."""

HOPELESS = (1003, 1007, 1008, TOO_BIG)
"""Close codes after which the same would happen again; those from 4000 to 4999 are refusals too, but for one."""

GONE = (ConnectionClosed, AttributeError)
"""What a connection raises that is over. asyncio's abort(), which websockets calls, trips with an AttributeError over a
transport that was closed while bytes waited in it, once these have left or the other side has hung up."""


def how_it_ended(socket: Connection) -> Close:
    """Return why a connection ended that our session has not closed: cut, or closed by the other side."""
    code, reason = socket.close_code, printable(socket.close_reason or "", 200)
    ours, answers = socket.protocol.close_sent, socket.protocol.close_rcvd_then_sent
    if ours is not None and ours.code == TOO_BIG and not answers:
        code = TOO_BIG
        limit = socket.protocol.max_message_size or 0
        size = f"{limit >> 20} MB" if limit >> 20 else f"{limit:,} bytes"
        reason = f"The other side sent a message of more than {size}, which is too large to take."
    elif code == TOO_BIG:
        reason = "Too large for this peer: it does not take a message of this size."
    if code in (None, 1006):
        return Close(1006, "The connection was cut.", "")
    if code in (1000, 1001):
        return Close(code or 1000, reason or "The other side hung up.", "")
    return Close(code, reason or f"The other side closed with code {code}.", "", may_help(code))


def may_help(code: int) -> bool:
    """Whether to dial again can help after the other side closed with this code."""
    return code == CLOSE_MISSING or (code not in HOPELESS and not 4000 <= code < 5000)


def shortened(reason: str) -> str:
    """Return a reason as a close frame can carry it: at most 123 bytes (RFC 6455, 5.5.1), whole sentences if it can."""
    data = reason.encode()
    if len(data) <= 123:
        return reason
    sentences, stop, _ = (data[:123].decode(errors="ignore") + " ").rpartition(". ")
    return sentences + "." if stop else data[:120].decode(errors="ignore") + "…"
