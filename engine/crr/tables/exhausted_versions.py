"""Versions to which nobody counts: a peer or a program has made them up. Where one is used up, the next write can be
sent to nobody, and is held back (``engine.crr.withheld``). They are found, and mended in a way by which all replicas
that do it come out alike, whoever begins and whenever they meet:

- A row with a column version so high begins a new life: it is told as if it had been deleted and written again now.
  That beats what others hold, and where two do it at once, the larger values hold.
- A causal length so high is made lower, each by the same rule: a live row stays one, and what came later stays later. A
  replica that has not done it keeps its own until it does. What lost to it may win now, but a clock has passed it, so
  that peers are asked for all of the table again.

(A version of the file's so high is mended for all kinds of tables together: ``engine.clocks.file_versions``.)
"""

from __future__ import annotations

import apsw

from engine.change import SENTINEL
from engine.clocks import coverage
from engine.crr.catalogue import Crr
from engine.crr.state import State
from engine.sqlite.sql import main
from engine.tables.names import CLOCK
from engine.tables.used_up import lowered, odd

_LENGTH = f"col_name = '{SENTINEL}' AND {odd('col_version')}"
_CELL = f"col_name != '{SENTINEL}' AND {odd('col_version')}"


def rows(db: apsw.Connection, crr: Crr) -> int:
    """How many rows of a CRR have such a column version, causal length, or place in a transaction."""
    wrong = f"{odd('col_version')} OR {odd('seq')}"
    count: int = db.execute(f"SELECT count(DISTINCT key) FROM {main(crr.name + CLOCK)} WHERE {wrong}").get
    return count


def repair_rows(state: State, crr: Crr) -> None:
    """Mend the rows that ``rows`` counts, in the caller's transaction; their values stay."""
    clock, version = main(crr.name + CLOCK), state.next_version()
    if state.db.execute(f"SELECT 1 FROM {clock} WHERE {_LENGTH} LIMIT 1").fetchone() is not None:
        coverage.forget_table(state.db, crr.name)
    now = "db_version = ?1, site_id = 0"
    for statement in (
        f"UPDATE {clock} SET seq = 0 WHERE {odd('seq')}",
        f"UPDATE {clock} SET {now} WHERE key IN (SELECT key FROM {clock} WHERE {_LENGTH})",
        f"UPDATE {clock} SET col_version = {lowered('col_version')} WHERE {_LENGTH}",
        f"INSERT INTO {clock} (key, col_name, col_version, db_version, site_id, seq)"
        f" SELECT DISTINCT key, '{SENTINEL}', 3, ?1, 0, 0 FROM {clock} WHERE {_CELL}"
        f" ON CONFLICT (key, col_name) DO UPDATE SET col_version = col_version + 2, {now}, seq = 0",
        f"UPDATE {clock} SET col_version = 1, {now}"
        f" WHERE key IN (SELECT key FROM {clock} WHERE {_CELL}) AND col_name != '{SENTINEL}'",
    ):
        state.db.execute(statement, (version,) if "?1" in statement else ())
