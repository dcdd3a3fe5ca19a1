"""What every kind of synced table shares.

- ``kind``: what a kind does for a replica
- ``types``: what a replica's methods take and return; ``applied``: what a merge did; ``findings``: what is damaged;
  ``additions``: what a file got after another side's tables
- ``pack``: packed keys; ``batches``: changes cut up for merging; ``validate``: refuses what no honest peer sends;
  ``refusals``: what a merge is refused for; ``used_up``: versions to which nobody counts
- ``grouping``: many changes at once
- ``reading``: filters and measures; ``digests``: of rows and of history; ``row_digests``: rows by key
- ``plans``: what another side is told of a table; ``defaults``, ``ddl_tokens``: what its text says
- ``introspect``: tables as the file's schema has them; ``names``: names of what lies beside them
- ``parking``: tables that take no part in sync for now; ``withheld``: rows that cannot be sent for now
- ``app_triggers``: an app's triggers, and what they write; ``trigger_rule``: what they may write during a merge
"""

from engine.tables.additions import Addition
from engine.tables.digests import as_bytes as digest_bytes
from engine.tables.findings import Damage, Finding
from engine.tables.pack import pack as pack_columns
from engine.tables.pack import unpack as unpack_columns
from engine.tables.reading import Intervals, weight
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
    Waiting,
    WaitingRow,
)

__all__ = [
    "Addition",
    "Applied",
    "ChangeSet",
    "Damage",
    "Finding",
    "Intervals",
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
    "Waiting",
    "WaitingRow",
    "digest_bytes",
    "pack_columns",
    "unpack_columns",
    "weight",
]
