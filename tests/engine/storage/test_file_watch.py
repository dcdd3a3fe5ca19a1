"""Another program writes to a SQLite file; the watch notices. Real processes, files and watchers."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from engine.storage import file_watch
from engine.storage.file_watch import FileWatch

KINDS: list[type[file_watch._Watcher]] = [file_watch._Inotify] if sys.platform == "linux" else []
if importlib.util.find_spec("watchfiles"):
    KINDS.append(file_watch._Watchfiles)

WRITER = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA journal_mode = " + sys.argv[2])
db.execute("CREATE TABLE IF NOT EXISTS t (a)")
print("ready", flush=True)
for line in sys.stdin:
    for number in range(int(line)):
        db.execute("INSERT INTO t VALUES (?)", (number,))
    print(time.monotonic(), flush=True)
"""


class Heard:
    """Counts notifications, and waits for more of them."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self._more = asyncio.Event()

    def __call__(self) -> None:
        self.times.append(time.monotonic())
        self._more.set()

    async def after(self, moment: float) -> float:
        """The time of the first notification at or after ``moment``, a time of the monotonic clock."""
        async with asyncio.timeout(30):
            while not self.times or self.times[-1] < moment:
                self._more.clear()
                await self._more.wait()
        return next(heard for heard in self.times if heard >= moment)

    async def silence(self) -> None:
        """Return when nothing was heard for longer than the longest wait between two notifications."""
        count = -1
        while count != len(self.times):
            count = len(self.times)
            await asyncio.sleep(max(file_watch.WAITS) + 0.1)


class Writer:
    """Another program that writes to the database when told to."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def write(self, commits: int = 1) -> float:
        """Let it make ``commits`` commits; return the monotonic time after the last one."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{commits}\n".encode())
        return float(await self._process.stdout.readline())


@asynccontextmanager
async def writer(path: Path, mode: str = "wal") -> AsyncIterator[Writer]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, str(path), mode, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert await process.stdout.readline() == b"ready\n"
        yield Writer(process)
    finally:
        process.stdin.close()
        await process.wait()


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence is sooner reached without the last waits, which are there for very slow disks."""
    monkeypatch.setattr(file_watch, "WAITS", file_watch.WAITS[:-2])


pytestmark = pytest.mark.usefixtures("short_waits")


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__.strip("_"))
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[file_watch._Watcher]:
    """Each watcher that this machine has; the other one is the only choice on other systems."""
    monkeypatch.setattr(file_watch, "_KIND", request.param)
    return request.param  # type: ignore[no-any-return]


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


@pytest.mark.usefixtures("kind")
def test_a_folder_that_vanishes_and_comes_back(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        path = tmp_path / "disk" / "app.db"
        path.parent.mkdir()
        sqlite3.connect(path).close()
        heard = Heard()
        async with FileWatch(path, heard):
            for _ in range(2):
                moment = time.monotonic()
                shutil.rmtree(path.parent)
                await heard.after(moment)
                path.parent.mkdir()
                async with writer(path) as app:
                    await heard.after(await app.write())

    with caplog.at_level(logging.WARNING, "engine.storage.file_watch"):
        asyncio.run(main())
    assert len(caplog.records) <= 1


def test_a_folder_that_is_moved_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        path = tmp_path / "disk" / "app.db"
        path.parent.mkdir()
        heard = Heard()
        async with FileWatch(path, heard):
            path.parent.rename(tmp_path / "elsewhere")
            await heard.silence()
            before = len(heard.times)
            (tmp_path / "elsewhere" / "app.db").touch()
            await heard.silence()
            assert len(heard.times) == before

    asyncio.run(main())
    assert [record.getMessage() for record in caplog.records] == [
        f"Cannot watch {tmp_path / 'disk'} (the folder was moved or deleted); looking at it once a second instead."
    ]


@pytest.mark.usefixtures("kind")
def test_a_folder_that_another_takes_the_place_of_unheard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a stick is pulled while its files are open, and put in again: nothing happens to the folder itself."""
    monkeypatch.setattr(file_watch, "SAME", 0.1)

    async def main() -> None:
        path = tmp_path / "above" / "disk" / "app.db"
        path.parent.mkdir(parents=True)
        sqlite3.connect(path).close()
        heard = Heard()
        async with FileWatch(path, heard):
            for number in range(2):
                moment = time.monotonic()
                (tmp_path / "above").rename(tmp_path / f"elsewhere-{number}")
                await heard.after(moment)
                path.parent.mkdir(parents=True)
                async with writer(path) as app:
                    await heard.after(await app.write())

    asyncio.run(main())


def test_a_folder_that_is_not_there_yet(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        path = tmp_path / "later" / "app.db"
        heard = Heard()
        async with FileWatch(path, heard):
            await heard.silence()
            path.parent.mkdir()
            async with writer(path) as app:
                await heard.after(await app.write())

    asyncio.run(main())
    assert len(caplog.records) == 1


@contextmanager
def no_more_descriptors() -> Iterator[None]:
    import resource  # not on every system

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest_free = os.dup(0)
    os.close(lowest_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is that of inotify, which is Linux's")
def test_a_system_limit_only_makes_it_slower(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        path = tmp_path / "app.db"
        heard = Heard()
        async with writer(path) as app:
            with no_more_descriptors():
                file = await FileWatch(path, heard).__aenter__()
                await heard.silence()
                before = time.monotonic()
                await app.write()
                assert await heard.after(before)
            await file.__aexit__(None, None, None)

    asyncio.run(main())
    (record,) = caplog.records
    assert "Too many open files" in record.getMessage()


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
