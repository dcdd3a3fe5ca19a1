"""Files that are shared: open while anybody uses one, closed for good when the last one has gone."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from engine.hub.limits import Limits
from engine.hub.rooms import Rooms
from engine.replica import Replica
from engine.storage import host_pool
from engine.storage.host_pool import HostPool
from engine.storage.in_use import InUse
from tests.engine.live import make_file, on_loop


@pytest.mark.parametrize("in_room", [False, True])
@on_loop
async def test_whoever_is_cancelled_while_a_file_closes_waits_for_that(tmp_path: Path, in_room: bool) -> None:
    """``in_room``: a hub closes a room that is empty, and ends meanwhile."""
    path = make_file(tmp_path / "room")
    pool = HostPool()
    rooms = Rooms(tmp_path, pool, Limits())
    go_on, busy = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold(_: Replica) -> None:
        loop.call_soon_threadsafe(busy.set)
        go_on.wait()

    async def use() -> asyncio.Task[None]:
        async with rooms.use("room") if in_room else pool.use(path) as host:
            work = asyncio.create_task(host.run(hold))
            await busy.wait()
        return work

    async def whole() -> None:
        try:
            await use()
            await rooms.close_idle(older_than=0)
        finally:
            ended.append(go_on.is_set())

    ended: list[bool] = []
    task = asyncio.create_task(whole())
    await busy.wait()
    for _ in range(20):  # it has come as far as it can
        await asyncio.sleep(0)
    task.cancel()
    for _ in range(20):
        await asyncio.sleep(0)
    early = task.done()
    go_on.set()
    assert not early
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]
    assert not pool._open


@on_loop
async def test_a_file_that_was_moved_behind_a_link_is_told_as_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The path leads elsewhere then than when it was opened."""
    in_use = InUse(lambda: tmp_path / "data")
    monkeypatch.setattr(host_pool, "PROCESS", in_use)
    path, moved = make_file(tmp_path / "a.db"), tmp_path / "b.db"
    async with HostPool().use(path):
        path.rename(moved)
        path.symlink_to(moved)
    assert not in_use.paths
