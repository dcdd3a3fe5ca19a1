"""Sync sessions without I/O: bytes and news of the replica in; bytes and replica commands out.

- ``base``: what every dialect shares; the hard rule is here; ``answers``: inputs that only one dialect has
- ``streams``: how far a session has come, with the greeting and each way; the facts that states are derived from
- ``syncline``: our own dialect; ``sending`` and ``receiving`` its two halves, ``batch_limits`` how large a batch
  is; ``lineage``: how it notices a copied or restored file
- ``vlcn``: the published protocol, both roles; ``vlcn_messages``: what it sends
- ``common_tables``: which tables both sides have alike, ``table_differences``: how one differs; ``table_texts`` how
  these are called
- ``meeting``: which rows of two sides have met; ``joining``: those that have not; ``join_texts`` what is asked;
  ``join_order``: parents first; ``join_comparison`` and ``join_rows``: how these compare; ``join_pairs``: copies of
  the same rows under numbers of each side's own; ``join_takeover``: the other side's hold
- ``digests``, ``row_queries``: comparing tables on request
- ``endings``: how a session ends, and what each side is told; ``close_codes``: with which a connection is closed
- ``actions``: what a session asks of its driver; ``execute``: how that is done on a replica
- ``progress``, ``traffic``: how far it is, and what it moved
"""

from .actions import (
    Action,
    AskAgain,
    BackUp,
    Close,
    ComparePage,
    FindDeleted,
    FindReferring,
    FindRows,
    GiveUpRows,
    JoinAction,
    Keep,
    ListCopies,
    LookUp,
    Merge,
    Ping,
    QueryRows,
    Read,
    ReadPart,
    RecordSent,
    Renew,
    Send,
    Settle,
    Snapshot,
    TakeDigests,
    TakeNames,
    TakeRows,
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
    "BackUp",
    "Close",
    "ComparePage",
    "FindDeleted",
    "FindReferring",
    "FindRows",
    "GiveUpRows",
    "JoinAction",
    "Keep",
    "ListCopies",
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
    "Settle",
    "Snapshot",
    "SynclineSession",
    "TakeDigests",
    "TakeNames",
    "TakeRows",
    "Verdict",
    "Versions",
    "VlcnClientSession",
    "VlcnHubSession",
    "answer",
]
