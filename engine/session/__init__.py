"""Sync sessions without I/O: bytes and news of the replica in; bytes and replica commands out.

``base``     what every dialect shares, the hard rule among it
``own``      both ends are Syncline: ranges led by the receiver, authors kept, every batch confirmed
``stock``    the published vlcn protocol, both roles
``actions``  what a session asks of its driver
"""

from .actions import Action, Close, Merge, Ping, Read, RecordSent, Send, Snapshot
from .base import Session
from .own import OwnSession
from .stock import StockClientSession, StockHubSession

__all__ = [
    "Action",
    "Close",
    "Merge",
    "OwnSession",
    "Ping",
    "Read",
    "RecordSent",
    "Send",
    "Session",
    "Snapshot",
    "StockClientSession",
    "StockHubSession",
]
