"""The codes with which a connection is closed: those of WebSockets, and ours (docs/protocol.md)."""

from __future__ import annotations

import enum

from websockets.frames import CloseCode

__all__ = ["CloseCode", "OwnCloseCode"]


class OwnCloseCode(enum.IntEnum):
    """Close codes that applications may define, from 4000 on."""

    TOKEN = 4001
    """The token was revoked, or has expired."""
    SCHEMA = 4003
    """A published client has another schema than the room."""
    ROOM = 4004
    """There is no such room, or it cannot be served."""
    COPIED = 4005
    """One of the two files is a copy of the other, or was restored from an older copy."""
    MISSING = 4009
    """Changes in between are missing; greeting again brings them."""
