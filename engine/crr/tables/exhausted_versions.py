"""Versions that nobody reaches by counting, because a peer or a program made them up.

Once one is used up, the next write cannot be sent to anybody and is withheld (``engine.crr.withheld``). They are found,
and repaired in such a way that all replicas that do it end up alike, whoever begins and whenever they meet:

- A row with such a column version begins a new life: it is recorded as if it had been deleted and written again now.
  That beats what others hold, and if two do it at once, the larger values win.
- Such a causal length is lowered, each by the same rule: a live row stays alive, and what came later stays later. A
  replica that has not done it keeps its own until it does. What lost to it may win now, but a clock has passed it, so
  peers are asked for the whole table again.

(Such a version of the file is repaired for all kinds of tables together: ``engine.clocks.file_versions``.)
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
    """Return how many rows of a CRR have such a column version, causal length or seq."""
    wrong = f"{odd('col_version')} OR {odd('seq')}"
    count: int = db.execute(f"SELECT count(DISTINCT key) FROM {main(crr.name + CLOCK)} WHERE {wrong}").get
    return count


def repair_rows(state: State, crr: Crr) -> None:
    """Repair the rows that ``rows`` counts, in the caller's transaction. Their values stay."""
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
