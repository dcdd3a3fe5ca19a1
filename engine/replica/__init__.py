"""A replica: a SQLite file whose tables are synced, behind typed methods.

- ``replica``: reading and merging
- ``peer_clocks``: what is known of peers
- ``kinds``: the kinds of tables that a file has (``engine.tables.kind``); ``merging`` hands each its share of what
  comes in, ``ranges`` and ``versions`` read what goes out over all of them
- ``tables``: which tables it has, and how they stand; ``schema``: made, changed, checked, repaired; ``change_kind``
  turns one of one kind into one of the other; ``additions`` adds what another side has more; ``schema_record``: which
  schema a file says to have
- ``joining``: which rows belong together, and joining those of two sides that have never met
- ``conflicts``: what waits for a person; ``resolving``: what is decided about a hidden row; ``restoring``: a deleted
  row, brought back
- ``withheld``: reading around rows that cannot be sent
- ``table_digests``: long looks at tables, one short transaction after the other
- ``traces``: what Syncline has added to a file, removed again
- ``database``: the open file and its transactions, which all of these stand on
"""

from engine.replica.conflicts import (
    Conflicts,
    delete_warning,
    find_conflicts,
    hidden_sentence,
    keep_warning,
    merge_warning,
)
from engine.replica.replica import Replica
from engine.replica.resolving import delete_hidden, hidden_differences, keep_hidden, merge_hidden
from engine.replica.restoring import KeptRow, find_deleted, is_certain, keys_in, restore_row, row_in
from engine.replica.schema_record import record_made_from_peer, record_schema
from engine.replica.traces import find_traces, remove_traces

__all__ = [
    "Conflicts",
    "KeptRow",
    "Replica",
    "delete_hidden",
    "delete_warning",
    "find_conflicts",
    "find_deleted",
    "find_traces",
    "hidden_differences",
    "hidden_sentence",
    "is_certain",
    "keep_hidden",
    "keep_warning",
    "keys_in",
    "merge_hidden",
    "merge_warning",
    "record_made_from_peer",
    "record_schema",
    "remove_traces",
    "restore_row",
    "row_in",
]
