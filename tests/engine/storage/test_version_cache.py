"""What published clients are sent: read and encoded once for all at one version, filtered for each that wrote of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.errors import ReplicaError
from engine.replica import Replica
from engine.session import Read, Versions, execute
from engine.storage.read_cache import KEPT
from engine.storage.version_cache import VersionCache
from engine.wire import Changes, Cursor, MaskedChanges, encode
from tests.engine.live import make_file, on_loop, write

OTHER, THIRD = b"o" * 16, b"t" * 16


class Counted:
    """Reads a real file, on a thread as the host does, and counts how often."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.reads = 0

    async def __call__(self, action: Read) -> Versions:
        self.reads += 1
        return await asyncio.to_thread(self.alone, action)

    def alone(self, action: Read) -> Versions:
        with Replica.open(self.path) as replica:
            return execute.read(replica, action)


@pytest.fixture
def counted(tmp_path: Path) -> Counted:
    """A file with a change of its own at version 1, then a row of ``OTHER`` that it deletes and brings back."""
    path = make_file(tmp_path / "room")
    write(path, "INSERT INTO item (id, name) VALUES (1, 'own')")
    with Replica.open(make_file(tmp_path / "other.db")) as other, Replica.open(path) as replica:
        for statement in (
            "INSERT INTO item (id, name) VALUES (2, 'theirs')",
            "DELETE FROM item WHERE id = 2",
            "INSERT INTO item (id, name) VALUES (2, 'again')",
        ):
            since = other.db_version()
            other.connection.execute(statement).fetchall()
            replica.merge([change._replace(site_id=OTHER) for change in other.changes(since).changes])
    return Counted(path)


def action(
    since: int = 0, *, site: bytes | None = None, versions: tuple[tuple[int, int], ...] = (), least: int = 0
) -> Read:
    return Read(since, site, versions, 5_000, masked=True, least=least)


@on_loop
async def test_one_read_and_one_encoding_serve_all_at_one_version(counted: Counted) -> None:
    shared = VersionCache(counted)
    found = await asyncio.gather(*(shared.read(action(site=bytes([n]) * 16)) for n in range(20)))
    later = await shared.read(action(site=THIRD))
    assert counted.reads == 1
    assert all(one is later for one in found)
    (message,) = later.messages
    assert message.encoded(own=False) is message.encoded(own=False)
    assert {change.site_id for change in later.changes} > {OTHER}


@on_loop
async def test_each_gets_what_its_own_filters_let_through(counted: Counted) -> None:
    asked = [
        action(site=THIRD),
        action(site=OTHER),
        action(site=THIRD, versions=((0, 1),)),
        action(site=OTHER, versions=((1, 4),)),
        action(1, site=THIRD),
        action(3, site=OTHER),
    ]
    for order in (asked, asked[::-1]):
        shared = VersionCache(counted)
        found = await asyncio.gather(*(shared.read(one) for one in order))
        for one, versions in zip(order, found, strict=True):
            alone = counted.alone(one)
            assert versions.changes == alone.changes
            assert (versions.until, versions.more) == (alone.until, alone.more)


@on_loop
async def test_who_wrote_the_latest_reads_alone_and_for_nobody_else(counted: Counted) -> None:
    shared = VersionCache(counted)
    first, *rest = await asyncio.gather(
        *(shared.read(one) for one in (action(site=OTHER, versions=((0, 4),)), *[action(site=THIRD)] * 20))
    )
    assert counted.reads == 2
    assert all(change.col_version == 0 for change in first.changes)
    assert all(OTHER in {change.site_id for change in versions.changes} for versions in rest)


@on_loop
async def test_what_was_read_before_the_file_moved_is_not_for_those_who_know_more(counted: Counted) -> None:
    shared = VersionCache(counted)
    await shared.read(action())
    write(counted.path, "INSERT INTO item (id, name) VALUES (3, 'new')")
    assert (await shared.read(action(least=4))).until == 4
    assert (await shared.read(action(least=5))).until == 5
    shared.forget()
    assert (await shared.read(action())).until == 5


@on_loop
async def test_large_ones_are_shared_by_those_who_wait_together_and_not_kept(counted: Counted) -> None:
    write(counted.path, f"INSERT INTO item (id, name) VALUES (4, '{'x' * (KEPT + 1)}')")
    shared = VersionCache(counted)
    first, *rest = await asyncio.gather(*(shared.read(action(site=THIRD)) for _ in range(5)))
    other = await shared.read(action(site=OTHER))
    assert counted.reads == 2
    assert all(one is first for one in rest)
    assert other.changes == counted.alone(action(site=OTHER)).changes


@on_loop
async def test_a_failure_is_everybodys_and_is_not_kept(counted: Counted) -> None:
    shared = VersionCache(counted)
    path, counted.path = counted.path, counted.path.with_name("none")
    found = await asyncio.gather(*(shared.read(action()) for _ in range(5)), return_exceptions=True)
    assert all(isinstance(one, ReplicaError) for one in found)
    counted.path = path
    assert (await shared.read(action())).until == 4


@on_loop
async def test_whoever_reads_for_others_may_go(counted: Counted) -> None:
    shared = VersionCache(counted)
    leader, other = (asyncio.create_task(shared.read(action())) for _ in range(2))
    await asyncio.sleep(0)
    leader.cancel()
    assert (await other).until == 4
    assert counted.reads == 1


def test_bytes_of_masked_changes(counted: Counted) -> None:
    changes = counted.alone(action()).changes
    anonymous = tuple(change._replace(site_id=None) for change in changes)
    for since in (1, 2):
        message = Changes(OTHER, Cursor(since, 0), MaskedChanges(changes))
        assert encode(message) == encode(Changes(OTHER, Cursor(since, 0), anonymous))
