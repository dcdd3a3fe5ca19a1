"""kill -9 in the middle of a merge: afterwards nothing is missing, and no clock is ahead of its data."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.replica import Replica
from tests import budget
from tests.engine.live import make_file, on_loop, rows, writing
from tests.faults.programs import sync

CHANGES = 8_000

WRITES = 40
"""After how many writes to the file a kill comes at the latest."""


def fill(room: Path) -> dict[int, set[int]]:
    """Changes in one huge version and many small ones; the row ids of each version."""
    versions: dict[int, set[int]] = {}
    with writing(room) as connection:
        row = 0
        for size in [1_000, 600, *[10] * 50, 667]:
            ids = set(range(row, row + size))
            with connection:
                connection.executemany("INSERT INTO item VALUES (?, 'name', ?, x'00ff')", [(n, n) for n in ids])
            row += size
            versions[connection.execute("SELECT crsql_db_version()").get] = ids
        assert connection.execute("SELECT count(*) FROM crsql_changes").get >= CHANGES
    return versions


def check(client: Path, hub_site: bytes, versions: dict[int, set[int]]) -> tuple[int, int]:
    """Assert the hard rule on what the killed process left; return (clock, rows)."""
    with Replica.open(client) as replica:
        assert replica.connection.execute("PRAGMA integrity_check").get == "ok"
        clock = replica.received_clock(hub_site)
        held = {key[0] for key, values in replica.live_rows("item") if None not in values}
    for version, ids in versions.items():
        assert version > clock or ids <= held, f"the clock says {clock}, but version {version} is not whole"
    return clock, len(held)


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_killed_while_merging(tmp_path: Path, journal: str) -> None:
    """How fast anybody is decides nothing: each kill waits for the file to be written to."""
    suite = f"kill -9 while merging ({journal})"
    room, client, home = make_file(tmp_path / "hub" / "room"), tmp_path / "client.db", tmp_path / "home"
    versions = fill(room)
    with Replica.open(room) as replica:
        hub_site = replica.site_id
    whole = rows(room)
    whole_already = True
    for case in budget.cases(suite, seconds=10, at_least=3, looks_for="in the middle"):
        if whole_already:
            for file in tmp_path.glob("client.db*"):
                file.unlink()
            with writing(make_file(client)) as connection:
                connection.pragma("journal_mode", journal)
        on_loop(sync)(client, room, home, killed_after=case.random.randrange(1, WRITES))
        clock, held = check(client, hub_site, versions)
        case.found(0 < held < len(whole))
        whole_already = clock == max(versions)
    on_loop(sync)(client, room, home)
    assert rows(client) == whole
    assert check(client, hub_site, versions) == (max(versions), len(whole))
