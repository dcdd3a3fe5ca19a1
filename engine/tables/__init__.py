"""What every kind of synced table shares.

- ``kind``: what a kind does for a replica
- ``types``: what a replica's methods take and return; ``waiting``: what in a file waits for something or somebody;
  ``applied``: what a merge did; ``findings``: what is damaged; ``additions``: what was added to a file to match another
  side's tables; ``likely_reference``: a column that looks like a reference
- ``row_names``: the names under which rows travel if each machine assigns their numbers
- ``pack``: packed keys; ``batches``: divides changes for merging; ``validate``: refuses what no honest peer sends;
  ``refusals``: why a merge is refused; ``used_up``: versions that nobody reaches by counting
- ``grouping``: handles many changes at once
- ``ranges``: what is read for a peer; ``reading``: filters and measures
- ``digests``: of rows and of history; ``row_digests``: rows by key
- ``plans``: how a table is described to another side; ``defaults``, ``ddl_tokens``: parse its definition
- ``introspect``: tables according to the file's schema; ``names``: the names of their bookkeeping;
  ``framework_tables``: tables that are not proposed
- ``sql_changes``: what ``crsql_changes`` shows of other kinds than its own
- ``parking``: tables that take no part in sync for now; ``withheld``: rows that cannot be sent for now
- ``app_triggers``: an app's triggers, and what they write; ``trigger_rule``: what they may write during a merge;
  ``omitted_triggers``: those that cannot run here
"""

from engine.tables.additions import Addition
from engine.tables.digests import as_bytes as digest_bytes
from engine.tables.findings import Damage, Finding
from engine.tables.introspect import is_ordinary
from engine.tables.likely_reference import LikelyReference
from engine.tables.pack import pack as pack_columns
from engine.tables.pack import unpack as unpack_columns
from engine.tables.ranges import Columns, Part, Span
from engine.tables.reading import Intervals, Shown, weight
from engine.tables.row_names import born_as, shown_number, spoken
from engine.tables.types import (
    Applied,
    Bases,
    Basis,
    ChangeSet,
    Coverage,
    Known,
    Lost,
    Meeting,
    MergeResult,
    Migration,
    Place,
    Received,
    TableDigest,
    TableStatus,
    TrackedPeer,
)
from engine.tables.waiting import AwaitedRow, HiddenRow, SuspendedDeletion, Waiting, WaitingRow
from engine.tables.withheld.describe import bare as bare_key
from engine.tables.withheld.describe import matching as matching_keys
from engine.tables.withheld.describe import shown as shown_key

__all__ = [
    "Addition",
    "Applied",
    "AwaitedRow",
    "Bases",
    "Basis",
    "ChangeSet",
    "Columns",
    "Coverage",
    "Damage",
    "Finding",
    "HiddenRow",
    "Intervals",
    "Known",
    "LikelyReference",
    "Lost",
    "Meeting",
    "MergeResult",
    "Migration",
    "Part",
    "Place",
    "Received",
    "Shown",
    "Span",
    "SuspendedDeletion",
    "TableDigest",
    "TableStatus",
    "TrackedPeer",
    "Waiting",
    "WaitingRow",
    "bare_key",
    "born_as",
    "digest_bytes",
    "is_ordinary",
    "matching_keys",
    "pack_columns",
    "shown_key",
    "shown_number",
    "spoken",
    "unpack_columns",
    "weight",
]
