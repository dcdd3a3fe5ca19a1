"""A replica: a SQLite file whose tables are synced, behind typed methods."""

from engine.replica.replica import Replica
from engine.replica.schema import record_schema

__all__ = ["Replica", "record_schema"]
