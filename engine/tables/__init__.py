"""What every kind of synced table shares: the values that reading and merging take and return."""

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
