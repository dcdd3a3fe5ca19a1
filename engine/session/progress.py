"""How far a range has come, for a progress bar only: no decision rests on it."""

from __future__ import annotations

from collections.abc import Sequence

from engine.change import Change


def versions_behind(changes: Sequence[Change], tables: Sequence[str], since: int, until: int) -> int:
    """Return about how many of the versions in (since, until] a part of a range leaves behind it.

    A range goes table by table, and by version in each (``engine.crr.read.ranges``), so the share of the tables that
    are done and of the versions in the present one is a fair guess.
    """
    number = {table: place for place, table in enumerate(tables)}
    reached = max(((number.get(change.table, 0), change.db_version) for change in changes), default=None)
    if reached is None or until <= since:
        return 0
    table, version = reached
    share = (min(max(version, since), until) - since) / (until - since)
    return int((table + share) / len(tables) * (until - since))
