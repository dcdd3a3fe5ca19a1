"""Sync sessions without I/O: bytes and news of the replica in; bytes and replica commands out.

- ``base``: what every dialect shares; the hard rule is here
- ``streams``: how far a session has come, with the greeting and each way; the facts that states are derived from
- ``syncline``: our own dialect; ``sending`` and ``receiving`` its two halves, ``batch_limits`` how large a batch
  is; ``lineage``: how it notices a copied or restored file
- ``vlcn``: the published protocol, both roles; ``vlcn_messages``: what it sends
- ``common_tables``: which tables both sides have alike
- ``digests``, ``row_queries``: comparing tables on request
- ``close_codes``: with which a connection is closed
- ``actions``: what a session asks of its driver; ``execute``: how that is done on a replica
- ``progress``, ``traffic``: how far it is, and what it moved
"""

from .actions import (
    Action,
    AskAgain,
    Close,
    Keep,
    LookUp,
    Merge,
    Ping,
    QueryRows,
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
from .streams import SessionFacts
from .syncline import SynclineSession
from .vlcn import VlcnClientSession, VlcnHubSession
from .vlcn_messages import Versions

__all__ = [
    "Action",
    "AskAgain",
    "Close",
    "Keep",
    "LookUp",
    "Merge",
    "Ping",
    "QueryRows",
    "Read",
    "ReadPart",
    "RecordSent",
    "Renew",
    "Send",
    "Session",
    "SessionFacts",
    "Snapshot",
    "SynclineSession",
    "TakeDigests",
    "Verdict",
    "Versions",
    "VlcnClientSession",
    "VlcnHubSession",
    "answer",
]
