"""Checks that after a merge, ordinary tables hold what was merged, whatever triggers an app has.

The rule for triggers (``engine.tables.trigger_rule``) prevents them from writing to synced tables. A trigger can still
skip a row without any error (``RAISE(IGNORE)``), so all rows that were touched are compared with their shadows, which
hold what was merged.
"""

from __future__ import annotations

from collections.abc import Iterable

import apsw

from engine.ordinary import refused
from engine.ordinary.capture import Capture, Stamped
from engine.ordinary.register import Entry, base, key_columns
from engine.sqlite.sql import ident
from engine.tables.kind import Versions
from engine.tables.trigger_rule import TriggerRule


def check_as_merged(db: apsw.Connection, entries: Iterable[Entry], versions: Versions, rule: TriggerRule) -> None:
    """Compare the rows in the logs of tables, which were all captured before, and empty the logs.

    Raises:
        TableBroken: a row is not as it was merged.
    """
    for entry in entries:
        capture = Capture(db, entry, Stamped(versions))
        if not capture.pending():
            continue
        logged = f"SELECT DISTINCT {', '.join(entry.log_key)} FROM main.{entry.log}"
        keys = _all_keys(entry) if capture.full() else logged
        if capture.any_differs(keys):
            raise refused.kept_out(entry, refused.named(rule, entry.name))
        db.execute(f"DELETE FROM main.{entry.log}")


def _all_keys(entry: Entry) -> str:
    """Return the keys of all rows that exist or are recorded, as a log that is full does not name the latest."""
    there = ", ".join(f"+t.{ident(key)} AS {name}" for key, name in zip(entry.key, entry.log_key, strict=True))
    known = ", ".join(f"{key} AS {name}" for key, name in zip(key_columns(entry), entry.log_key, strict=True))
    return (
        f"SELECT {there} FROM {base(entry)} AS t UNION ALL"
        f" SELECT {known} FROM main.{entry.rows} AS r WHERE r.length % 2 = 1"
    )
