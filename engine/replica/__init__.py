"""A replica: a SQLite file whose tables are synced, behind typed methods.

- ``replica``: reading, merging, clocks of peers
- ``schema``: its tables: made, changed, checked, repaired
- ``withheld``: reading around rows that cannot be sent
- ``table_digests``: long looks at tables, one short transaction after the other
- ``database``: the open file and its transactions, which all of these stand on
"""

from engine.replica.replica import Replica
from engine.replica.schema import record_schema

__all__ = ["Replica", "record_schema"]
