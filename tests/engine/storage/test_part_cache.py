"""Reads that sessions share: one for all whose filters hide nothing, and never what a filter should have hidden."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.errors import ReplicaError
from engine.replica import Replica
from engine.session import ReadPart, execute
from engine.storage.part_cache import PartCache
from engine.tables import Part, Span
from engine.wire import Batch, EncodedChanges, encode
from tests.engine.live import make_file, on_loop, write

OTHER, THIRD = b"o" * 16, b"t" * 16


class Counted:
    """Reads a real file, on a thread as the host does, and counts how often."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.reads = 0

    async def __call__(self, action: ReadPart) -> Part:
        self.reads += 1
        return await asyncio.to_thread(self._read, action)

    def _read(self, action: ReadPart) -> Part:
        with Replica.open(self.path) as replica:
            return execute.read_part(replica, action)


@pytest.fixture
def counted(tmp_path: Path) -> Counted:
    """A file with a change of its own at version 1, and one that came from ``OTHER`` at version 2."""
    path = make_file(tmp_path / "room")
    write(path, "INSERT INTO item (id, name) VALUES (1, 'own')")
    with Replica.open(make_file(tmp_path / "other.db")) as other, Replica.open(path) as replica:
        other.connection.execute("INSERT INTO item (id, name) VALUES (2, 'theirs')").fetchall()
        replica.merge([change._replace(site_id=OTHER) for change in other.changes().changes], source=OTHER)
    return Counted(path)


def action(
    since: int = 0, *, site: bytes | None = None, versions: tuple[tuple[int, int], ...] = (), least: int = 0
) -> ReadPart:
    return ReadPart(Span(since, None, ("item",)), b"", site, versions, 2_000, 512 * 1024, least)


@on_loop
async def test_many_read_at_once_and_it_is_done_once(counted: Counted) -> None:
    shared = PartCache(counted, lambda: True)
    parts = await asyncio.gather(*(shared.read(action(site=bytes([n]) * 16)) for n in range(50)))
    later = await shared.read(action(site=THIRD))
    assert counted.reads == 1
    assert all(part is later for part in parts)
    assert {change.site_id for change in later.changes} > {OTHER}


@on_loop
async def test_each_gets_what_its_own_filters_let_through(counted: Counted) -> None:
    shared = PartCache(counted, lambda: True)
    asked = [action(site=THIRD), action(site=OTHER), action(site=THIRD, versions=((0, 1),)), action(1, site=THIRD)]
    for order in (asked, asked[::-1]):
        shared.forget()
        parts = await asyncio.gather(*(shared.read(one) for one in order))
        for one, part in zip(order, parts, strict=True):
            alone = counted._read(one)
            assert part.changes == alone.changes
            assert (part.until, part.place, part.newest) == (alone.until, alone.place, alone.newest)


@on_loop
async def test_an_author_gets_what_somebody_else_has_brought(counted: Counted) -> None:
    with Replica.open(counted.path) as replica:
        change = replica.part(Span(1, None, ("item",))).changes[0]
        replica.merge([change._replace(val="by others", col_version=2)], source=THIRD)
    shared = PartCache(counted, lambda: True)
    for_all, for_author = [await shared.read(action(2, site=site)) for site in (THIRD, OTHER)]
    assert counted.reads == 1
    assert for_author.changes == for_all.changes
    assert [change.site_id for change in for_author.changes] == [OTHER]


@on_loop
async def test_one_whose_filter_hides_something_reads_for_others_too(counted: Counted) -> None:
    """Whoever has brought a change is told first that the file has moved."""
    shared = PartCache(counted, lambda: True)
    asked = [action(site=OTHER), action(site=THIRD, versions=((1, 2),)), *[action(site=THIRD)] * 20]
    first, second, *rest = await asyncio.gather(*map(shared.read, asked))
    assert counted.reads == 1
    assert {change.site_id for change in second.changes}.isdisjoint({OTHER})
    assert OTHER not in {change.site_id for change in first.changes}
    assert all(OTHER in {change.site_id for change in part.changes} for part in rest)


@on_loop
async def test_one_alone_reads_no_more_than_it_wants(counted: Counted) -> None:
    wanted: list[ReadPart] = []

    async def read(action: ReadPart) -> Part:
        wanted.append(action)
        return await counted(action)

    asked = action(site=OTHER, versions=((1, 2),))
    await PartCache(read, lambda: False).read(asked)
    assert wanted == [asked]


@on_loop
async def test_what_was_read_before_the_file_moved_is_not_for_those_who_know_more(counted: Counted) -> None:
    shared = PartCache(counted, lambda: True)
    await shared.read(action())
    write(counted.path, "INSERT INTO item (id, name) VALUES (3, 'new')")
    assert (await shared.read(action(least=2))).newest == 2
    assert (await shared.read(action(least=3))).newest == 3
    shared.forget()
    assert (await shared.read(action())).newest == 3


@on_loop
async def test_what_is_read_ahead_is_what_all_will_ask_for(counted: Counted) -> None:
    shared = PartCache(counted, lambda: True)
    assert shared.ahead(2) is None  # nobody is known to ask
    await shared.read(action(1, site=OTHER, versions=((1, 2),), least=2))
    ahead = shared.ahead(2)
    assert ahead == action(2, least=2)
    assert shared.ahead(2) is None  # what nobody has asked for is not read once more
    counted.reads = 0
    write(counted.path, "INSERT INTO item (id, name) VALUES (3, 'new')")
    shared.forget()
    shared.keep(ahead, counted._read(ahead))
    for one in (action(2, site=THIRD, least=2), action(2, site=THIRD, versions=((2, 3),), least=3)):
        future = shared.share(one)
        assert future is not None
        assert future.done()
        part = future.result().served(one)
        assert part is not None
        assert part.changes == counted._read(one).changes
    assert counted.reads == 0
    assert shared.ahead(3) == action(3, least=3)


@on_loop
async def test_nothing_is_read_ahead_for_one_alone_or_of_a_longer_history(counted: Counted) -> None:
    crowd = True
    shared = PartCache(counted, lambda: crowd)
    await shared.read(action(0, least=100))
    assert shared.ahead(2) is None
    await shared.read(action(1, least=2))
    crowd = False
    assert shared.ahead(2) is None


@on_loop
async def test_a_failure_is_everybodys_and_is_not_kept(counted: Counted) -> None:
    shared = PartCache(counted, lambda: True)
    path, counted.path = counted.path, counted.path.with_name("none")
    found = await asyncio.gather(*(shared.read(action()) for _ in range(5)), return_exceptions=True)
    assert all(isinstance(one, ReplicaError) for one in found)
    counted.path = path
    assert (await shared.read(action())).newest == 2


@on_loop
async def test_whoever_reads_for_others_may_go(counted: Counted) -> None:
    shared = PartCache(counted, lambda: True)
    leader, other = (asyncio.create_task(shared.read(action())) for _ in range(2))
    await asyncio.sleep(0)
    leader.cancel()
    assert (await other).newest == 2
    assert counted.reads == 1


def test_bytes_of_shared_changes(counted: Counted) -> None:
    changes = counted._read(action()).changes
    shared = EncodedChanges(changes)
    for want in (1, 2):
        assert encode(Batch(want, 0, 0, 2, b"", False, shared)) == encode(Batch(want, 0, 0, 2, b"", False, changes))
