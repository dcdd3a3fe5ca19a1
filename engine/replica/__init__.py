"""A replica: a SQLite file whose tables are synced, behind typed methods.

- ``replica``: reading, merging, clocks of peers
- ``kinds``: the kinds of tables that a file has (``engine.tables.kind``); ``merging`` hands each its share of what
  comes in, ``ranges`` and ``versions`` read what goes out over all of them
- ``schema``: its tables: made, changed, checked, repaired; ``change_kind`` turns one of one kind into one of the other;
  ``additions`` adds what another side has more
- ``withheld``: reading around rows that cannot be sent
- ``table_digests``: long looks at tables, one short transaction after the other
- ``database``: the open file and its transactions, which all of these stand on
"""

from engine.replica.replica import Replica
from engine.replica.schema import record_schema

__all__ = ["Replica", "record_schema"]
