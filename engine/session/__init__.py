"""Sync sessions without I/O: bytes and news of the replica in; bytes and replica commands out.

``base``     what every dialect shares, the hard rule among it
``own``      both ends are Syncline: ranges led by the receiver, authors kept, every batch confirmed
``sending``  its outbound half: what was wanted, read and sent in parts
``kinship``  how it notices a copied or restored file
``comparing``  digests of both sides, compared on demand; ``answering`` looks them up, row by row if need be
``stock``    the published vlcn protocol, both roles
``versions``  what it sends, divided into messages and encoded once for all who get the same
``actions``  what a session asks of its driver
``performing``  how that is done on a replica
"""

from .actions import (
    CLOSE_MISSING,
    CLOSE_TOKEN,
    Action,
    AskAgain,
    Close,
    Keep,
    LookIntoRows,
    LookUp,
    Merge,
    Ping,
    Read,
    ReadPart,
    RecordSent,
    Renew,
    Send,
    Snapshot,
    TakeDigests,
)
from .base import Session
from .digests import Verdict
from .row_queries import answer
from .syncline import SynclineSession
from .vlcn import VlcnClientSession, VlcnHubSession
from .vlcn_messages import Versions

__all__ = [
    "CLOSE_MISSING",
    "CLOSE_TOKEN",
    "Action",
    "AskAgain",
    "Close",
    "Keep",
    "LookIntoRows",
    "LookUp",
    "Merge",
    "Ping",
    "Read",
    "ReadPart",
    "RecordSent",
    "Renew",
    "Send",
    "Session",
    "Snapshot",
    "SynclineSession",
    "TakeDigests",
    "Verdict",
    "Versions",
    "VlcnClientSession",
    "VlcnHubSession",
    "answer",
]
