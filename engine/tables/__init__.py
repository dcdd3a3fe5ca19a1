"""What every kind of synced table shares.

- ``types``: what a replica's methods take and return
- ``introspect``: tables as the file's schema has them; ``names``: names of what lies beside them
- ``parking``: tables that take no part in sync for now
"""

from engine.tables.types import (
    Applied,
    ChangeSet,
    Known,
    Lost,
    MergeResult,
    Migration,
    Part,
    Place,
    Received,
    Span,
    TableDigest,
    TableStatus,
    TrackedPeer,
)

__all__ = [
    "Applied",
    "ChangeSet",
    "Known",
    "Lost",
    "MergeResult",
    "Migration",
    "Part",
    "Place",
    "Received",
    "Span",
    "TableDigest",
    "TableStatus",
    "TrackedPeer",
]
