"""Another program writes to a SQLite file; the watch notices. Real processes, files and watchers."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import statistics
import sys
import time
from pathlib import Path

import pytest

from engine.storage import file_watch
from engine.storage.file_watch import FileWatch
from tests.engine.live import until
from tests.engine.storage.watching import Heard, writer

pytestmark = pytest.mark.usefixtures("short_waits")


@pytest.mark.parametrize("mode", ["wal", "delete", "truncate", "persist"])
@pytest.mark.usefixtures("kind")
def test_commits_of_another_program_are_heard(tmp_path: Path, mode: str) -> None:
    async def main() -> list[float]:
        path = tmp_path / "app.db"
        heard = Heard()
        waits = []
        async with writer(path, mode) as app, FileWatch(path, heard):
            for _ in range(10):
                await asyncio.sleep(0.03)
                done = await app.write()
                waits.append(await heard.after(done) - done)
        return waits

    waits = asyncio.run(main())
    middle, worst = statistics.median(waits) * 1000, max(waits) * 1000
    print(f"heard after a commit in {mode} mode: median {middle:.1f} ms, worst {worst:.1f} ms")


@pytest.mark.usefixtures("kind")
def test_a_burst_is_coalesced_and_its_last_write_is_heard(tmp_path: Path) -> None:
    async def main() -> tuple[int, int]:
        path = tmp_path / "app.db"
        heard, seen = Heard(), 0
        async with writer(path) as app, FileWatch(path, heard):
            await heard.silence()
            before = len(heard.times)
            done = await app.write(100)
            await heard.after(done)
            seen = len(heard.times) - before
            await heard.silence()
            assert heard.times[-1] >= done
        return seen, len(heard.times) - before

    during, total = asyncio.run(main())
    print(f"100 commits at once: {during} notifications while they came, {total} in all")
    assert 1 <= during < 100


def test_looks_again_after_a_single_event(tmp_path: Path) -> None:
    """A commit can become visible after the last event, when the fsync was slow: one look is not enough."""

    async def main() -> int:
        path = tmp_path / "app.db"
        path.touch()
        heard = Heard()
        async with FileWatch(path, heard):
            path.unlink()
            await heard.silence()
        return len(heard.times)

    assert asyncio.run(main()) == 1 + len(file_watch.WAITS)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not tell them apart")
def test_who_only_opens_and_closes_it_has_not_written(tmp_path: Path) -> None:
    """It is looked at all the same; but whoever waits for a quiet moment need not wait for that."""

    async def main() -> None:
        path, heard = tmp_path / "app.db", Heard()
        path.touch()
        async with FileWatch(path, heard) as watch:
            moment = time.monotonic()
            path.open("r+b").close()
            await heard.after(moment)
            assert watch.last_event < moment
            path.write_bytes(b"something")
            await until(lambda: watch.last_event >= moment, "the write")

    asyncio.run(main())


@pytest.mark.usefixtures("kind")
def test_other_files_in_the_folder_are_not_heard(tmp_path: Path) -> None:
    async def main() -> None:
        heard = Heard()
        async with FileWatch(tmp_path / "app.db", heard), writer(tmp_path / "app.db2") as other:
            await heard.silence()
            before = len(heard.times)
            await other.write(20)
            (tmp_path / "app").mkdir()
            await heard.silence()
            assert len(heard.times) == before

    asyncio.run(main())


@pytest.mark.usefixtures("kind")
def test_a_replaced_file_stays_watched(tmp_path: Path) -> None:
    async def main() -> None:
        path = tmp_path / "app.db"
        other = tmp_path / "restored"
        for file in (path, other):
            sqlite3.connect(file).close()
        heard = Heard()
        async with FileWatch(path, heard):
            await heard.silence()
            moment = time.monotonic()
            other.write_bytes(b"")
            os.replace(other, path)
            await heard.after(moment)
            await heard.silence()
            async with writer(path) as app:
                await heard.after(await app.write())

    asyncio.run(main())


def test_a_link_is_followed_as_sqlite_does(tmp_path: Path) -> None:
    async def main() -> None:
        real, link = tmp_path / "real" / "app.db", tmp_path / "link.db"
        real.parent.mkdir()
        link.symlink_to(real)
        heard = Heard()
        async with writer(link) as app, FileWatch(link, heard):
            await heard.after(await app.write())
        assert not (tmp_path / "link.db-wal").exists()

    asyncio.run(main())


@pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors in /proc, and one watcher without threads")
def test_many_files_share_one_watcher_and_leave_nothing(tmp_path: Path) -> None:
    def count() -> int:
        return len(os.listdir("/proc/self/fd"))

    async def main() -> None:
        paths = [tmp_path / str(number % 3) / f"{number}.db" for number in range(10)]
        for path in paths:
            path.parent.mkdir(exist_ok=True)
        before = count()
        tasks = asyncio.all_tasks()
        all_heard = [Heard() for _ in paths]
        files = [FileWatch(path, heard) for path, heard in zip(paths, all_heard, strict=True)]
        for file in files:
            await file.__aenter__()
        assert count() - before <= 2
        assert asyncio.all_tasks() == tasks
        moment = time.monotonic()
        for path, heard in zip(paths, all_heard, strict=True):
            path.touch()
            await heard.after(moment)
        for file in files[:9]:
            await file.__aexit__(None, None, None)
        moment = time.monotonic()
        paths[9].touch()
        await all_heard[9].after(moment)
        await files[9].__aexit__(None, None, None)
        assert count() == before
        assert asyncio.all_tasks() == tasks
        counts = [len(heard.times) for heard in all_heard]
        for path in paths:
            path.touch()
        await asyncio.sleep(0.1)
        assert [len(heard.times) for heard in all_heard] == counts

    asyncio.run(main())


@pytest.mark.skipif(sys.platform != "linux", reason="the queue is that of inotify, which is Linux's")
def test_events_the_kernel_dropped_count_as_an_event(tmp_path: Path) -> None:
    async def main() -> None:
        limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
        one, two = tmp_path / "one", tmp_path / "two"
        one.touch()
        heard = Heard()
        async with FileWatch(tmp_path / "app.db", heard):
            moment = time.monotonic()
            for _ in range(limit // 4 + 10):  # two events for each rename, and none for the database
                os.rename(one, two)
                os.rename(two, one)
            await heard.after(moment)

    asyncio.run(main())


def test_closing_leaves_no_task(tmp_path: Path, kind: type[file_watch._Watcher]) -> None:
    async def main() -> None:
        tasks = asyncio.all_tasks()
        async with FileWatch(tmp_path / "a.db", Heard()), FileWatch(tmp_path / "b.db", Heard()):
            assert type(file_watch._watchers[asyncio.get_running_loop()]) is kind
        assert asyncio.all_tasks() == tasks
        assert asyncio.get_running_loop() not in file_watch._watchers

    asyncio.run(main())


def test_an_error_in_notify_does_not_end_the_watch(tmp_path: Path) -> None:
    async def main() -> None:
        errors: list[str] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda loop, context: errors.append(str(context.get("exception")))
        )
        heard = Heard()

        def notify() -> None:
            heard()
            raise ValueError("mine")

        path = tmp_path / "app.db"
        async with FileWatch(path, notify):
            for _ in range(2):
                moment = time.monotonic()
                path.touch()
                await heard.after(moment)
        assert set(errors) == {"mine"}

    asyncio.run(main())


@pytest.mark.usefixtures("kind")
def test_our_own_writing_brings_late_looks_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And these find what another program wrote at the same time."""
    monkeypatch.setattr(file_watch, "AFTERWARDS", 0.2)  # watchfiles tells 50 ms later

    async def main() -> tuple[float, list[float]]:
        path = tmp_path / "app.db"
        heard = Heard()
        async with writer(path) as app, FileWatch(path, heard) as watch:
            await heard.silence()
            heard.times.clear()
            begun = time.monotonic()
            with watch.own_write():
                await heard.after(await app.write())  # its last event may come before it is done, by a slow fsync
            await heard.after(watch.last_event + sum(file_watch.OWN_WAITS))
            return begun, heard.times

    begun, times = asyncio.run(main())
    assert times[0] >= begun + file_watch.OWN_WAITS[0]
    assert len(times) <= 1 + len(file_watch.OWN_WAITS)  # one more where the two events of a commit are far apart


@pytest.mark.usefixtures("kind")
def test_what_comes_just_before_a_late_look_is_looked_at_again(tmp_path: Path) -> None:
    """It may be visible only after that."""

    async def main() -> None:
        path = tmp_path / "app.db"
        heard = Heard()
        async with writer(path) as app, FileWatch(path, heard) as watch:
            await heard.silence()
            with watch.own_write():
                await app.write()
                first = await heard.after(time.monotonic())
                done = await app.write()
                assert await heard.after(done) > first
                await heard.after(done + sum(file_watch.OWN_WAITS[1:]))

    asyncio.run(main())
