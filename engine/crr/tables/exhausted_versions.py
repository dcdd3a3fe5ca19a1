"""Versions to which nobody counts: a peer or a program has made them up. Where one is used up, the next write can be
sent to nobody, and is held back (``engine.crr.withheld``). They are found, and mended in a way by which all replicas
that do it come out alike, whoever begins and whenever they meet:

- A row with a column version so high begins a new life: it is told as if it had been deleted and written again now.
  That beats what others hold, and where two do it at once, the larger values hold.
- A causal length so high is made lower, each by the same rule: a live row stays one, and what came later stays later. A
  replica that has not done it keeps its own until it does. What lost to it may win now, but a clock has passed it, so
  that peers are asked for all of the table again.
- A version of the file's so high becomes the next that is not. Whoever has seen the old ones would pass it, and so the
  file gets a new site id.
"""

from __future__ import annotations

import apsw

from engine.change import FAR, SENTINEL
from engine.clocks import coverage, identity
from engine.crr.catalogue import Crr
from engine.crr.state import State
from engine.sqlite.sql import main
from engine.tables.names import CLOCK

_FLOOR = "main.crsql_master WHERE key = 'pre_compact_dbversion'"
_SO_HIGH = f"(typeof({{0}}) != 'integer' OR {{0}} >= {FAR})"
_ODD = f"(typeof({{0}}) != 'integer' OR {{0}} NOT BETWEEN 0 AND {FAR - 1})"
_LOWERED = "(((CAST(col_version AS INTEGER) & 4294967295) + 2147483648) & 4294967295) + 4294967296"
"""A causal length made lower: odd or even as before, and in the order of those near it, also around a power of two."""

_LENGTH = f"col_name = '{SENTINEL}' AND {_ODD.format('col_version')}"
_CELL = f"col_name != '{SENTINEL}' AND {_ODD.format('col_version')}"


def rows(db: apsw.Connection, crr: Crr) -> int:
    """How many rows of a CRR have such a column version, causal length, or place in a transaction."""
    wrong = f"{_ODD.format('col_version')} OR {_ODD.format('seq')}"
    count: int = db.execute(f"SELECT count(DISTINCT key) FROM {main(crr.name + CLOCK)} WHERE {wrong}").get
    return count


def stamps(db: apsw.Connection, name: str) -> int:
    """How many sync records of a CRR have such a version of the file's."""
    count: int = db.execute(f"SELECT count(*) FROM {main(name + CLOCK)} WHERE {_SO_HIGH.format('db_version')}").get
    return count


def floor(db: apsw.Connection) -> int:
    """The version below which the file's never goes; 0 without one."""
    if not db.table_exists("main", "crsql_master"):
        return 0
    value = db.execute(f"SELECT value FROM {_FLOOR}").get
    return value if isinstance(value, int) else 0


def mend_rows(state: State, crr: Crr) -> None:
    """Mend the rows that ``rows`` counts, in the caller's transaction; their values stay."""
    clock, version = main(crr.name + CLOCK), state.next_version()
    if state.db.execute(f"SELECT 1 FROM {clock} WHERE {_LENGTH} LIMIT 1").fetchone() is not None:
        coverage.forget_table(state.db, crr.name)
    now = "db_version = ?1, site_id = 0"
    for statement in (
        f"UPDATE {clock} SET seq = 0 WHERE {_ODD.format('seq')}",
        f"UPDATE {clock} SET {now} WHERE key IN (SELECT key FROM {clock} WHERE {_LENGTH})",
        f"UPDATE {clock} SET col_version = {_LOWERED} WHERE {_LENGTH}",
        f"INSERT INTO {clock} (key, col_name, col_version, db_version, site_id, seq)"
        f" SELECT DISTINCT key, '{SENTINEL}', 3, ?1, 0, 0 FROM {clock} WHERE {_CELL}"
        f" ON CONFLICT (key, col_name) DO UPDATE SET col_version = col_version + 2, {now}, seq = 0",
        f"UPDATE {clock} SET col_version = 1, {now}"
        f" WHERE key IN (SELECT key FROM {clock} WHERE {_CELL}) AND col_name != '{SENTINEL}'",
    ):
        state.db.execute(statement, (version,) if "?1" in statement else ())


def mend_stamps(state: State) -> None:
    """Number anew what has such a version, if anything has, in the caller's transaction; before anything is written."""
    db, high = state.db, _SO_HIGH.format("db_version")
    clocks = [main(name + CLOCK) for name in state.catalogue().clocks]
    lowest = floor(db)
    found = {version for clock in clocks for (version,) in db.execute(f"SELECT db_version FROM {clock} WHERE {high}")}
    if not found and lowest < FAR:
        return
    last = 0 if lowest >= FAR else lowest
    for clock in clocks:
        last = max(last, db.execute(f"SELECT ifnull(max(db_version), 0) FROM {clock} WHERE NOT {high}").get)
    for version in sorted(found, key=_order):
        last += 1
        for clock in clocks:
            db.execute(f"UPDATE {clock} SET db_version = ? WHERE db_version = ?", (last, version))
    db.execute("UPDATE main.crsql_master SET value = ? WHERE key = 'pre_compact_dbversion'", (last,))
    identity.renew(db)


def _order(version: object) -> tuple[bool, float]:
    return (False, version) if isinstance(version, int | float) else (True, 0.0)
