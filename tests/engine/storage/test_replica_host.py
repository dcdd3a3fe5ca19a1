"""What a host learns of its file belongs to that file, also when another takes its place at the worst moment."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.change import Change
from engine.crr import connect
from engine.errors import FileBusy, StorageFailed, SynclineError
from engine.replica import Replica
from engine.session import Merge, Read, ReadPart, execute
from engine.storage import file_news, local_changes
from engine.storage.file_watch import FileWatch
from engine.storage.replica_host import ReplicaHost
from engine.table_shape import Dataset, Parked, Shape
from engine.tables import Received, Span, pack_columns
from tests.engine.live import PATIENCE, make_file, on_loop, until, write

OLD, NEW = 5, 2
"""The db_versions of the two files."""


def make(path: Path, versions: int) -> Path:
    make_file(path)
    for n in range(versions):
        write(path, "INSERT INTO item (id, name) VALUES (?, 'x')", n)
    return path


class Replacement:
    """Another file that takes the place of the host's as soon as some work on the thread is done, before the loop has
    heard of that work: the loop stands still until the path was opened anew."""

    def __init__(self, host: ReplicaHost, other: Path) -> None:
        self._host = host
        self._other = other
        self._standing = threading.Event()
        self._opened = threading.Event()
        self.times = 0

    def after(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """``work``, which once, when it is done, has the file replaced."""

        def then_replaced(*arguments: Any, **options: Any) -> Any:
            found = work(*arguments, **options)
            if self.times == 0:
                self.times = 1
                loop.call_soon_threadsafe(self._stand_still)
                assert self._standing.wait(PATIENCE)
                os.replace(self._other, self._host.path)
            return found

        loop = asyncio.get_running_loop()
        return then_replaced

    def _stand_still(self) -> None:
        next_work = asyncio.ensure_future(self._host.run(lambda _: self._opened.set()))
        next_work.add_done_callback(lambda done: done.result())
        asyncio.get_running_loop().call_soon(self._wait)  # the work is in the thread's queue by then

    def _wait(self) -> None:
        self._standing.set()
        assert self._opened.wait(PATIENCE)


class Told:
    """What a host's listener is told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def version_moved(self, version: int) -> None:
        self.told.append(version)

    def schema_changed(self, tables: tuple[Shape, ...], parked: tuple[Parked, ...]) -> None:
        self.told.append(tables)

    def datasets_changed(self, datasets: Mapping[str, Dataset]) -> None:
        pass

    def replaced(self) -> None:
        self.told.append("replaced")

    def troubled(self, error: SynclineError | None) -> None:
        self.told.append(error)


class LocalChanges:
    """Takes what other programs wrote."""

    def __init__(self) -> None:
        self.changes: list[Change] = []

    def wants_local(self, path: Path) -> bool:
        return True

    def local_changes(self, path: Path, changes: Any) -> None:
        self.changes.extend(changes)


@contextmanager
def identity(path: Path) -> Iterator[Replica]:
    with Replica.open(path, readonly=True) as replica:
        yield replica


@on_loop
async def test_a_session_begins_with_facts_of_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, other = make(tmp_path / "a.db", OLD), make(tmp_path / "other.db", NEW)
    with identity(other) as replica:
        expected = replica.site_id
    async with ReplicaHost(path) as host:
        await host.refresh()
        before = await host.snapshot()
        replacement = Replacement(host, other)
        monkeypatch.setattr(execute, "snapshot", replacement.after(execute.snapshot))
        found = await host.snapshot()
        assert replacement.times == 1
        assert (found.site_id, found.db_version, found.generation) == (expected, NEW, before.generation + 1)
        assert (before.db_version, host.generation) == (OLD, found.generation)


@pytest.mark.parametrize("work", ["read", "refresh"])
@on_loop
async def test_news_of_a_file_that_is_gone_are_told_to_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    path, other = make(tmp_path / "a.db", OLD), make(tmp_path / "other.db", NEW)
    async with ReplicaHost(path) as host:
        await host.refresh()
        replacement, listener = Replacement(host, other), Told()
        host.listen(listener)
        where: Any = file_news if work == "read" else Replica
        monkeypatch.setattr(where, work, replacement.after(getattr(where, work)))
        await host.refresh()
        assert replacement.times == 1
        assert (host.version, host.generation) == (NEW, 2)
        assert [one for one in listener.told if one is not None] == ["replaced"]


@on_loop
async def test_what_was_written_to_a_file_that_is_gone_is_not_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, other = make(tmp_path / "a.db", OLD), make(tmp_path / "other.db", NEW)
    news = LocalChanges()
    async with ReplicaHost(path, news=news) as host:
        await host.refresh()
        replacement = Replacement(host, other)
        monkeypatch.setattr(local_changes, "read", replacement.after(local_changes.read))
        write(path, "UPDATE item SET name = 'gone'")
        await host.refresh()
        await until(lambda: replacement.times == 1 and host.generation == 2, "the file was replaced")
        write(path, "UPDATE item SET name = 'here'")
        await until(lambda: bool(news.changes), "what is written now is reported")
        assert {change.val for change in news.changes} == {"here"}


STRANGER = bytes(range(16))


@on_loop
async def test_a_version_is_durable_before_its_number_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when a filter leaves nothing of it to send: the clock goes out, and must not be taken back."""
    path = make_file(tmp_path / "a.db")
    app = connect(path)
    app.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL").fetchall()
    synced: list[int] = []
    real = os.fsync
    monkeypatch.setattr("engine.sqlite.durability.os.fsync", lambda fd: (synced.append(fd), real(fd))[1])
    async with ReplicaHost(path) as host:
        app.execute(
            "INSERT INTO crsql_changes VALUES ('item', ?, 'name', 'x', 1, 1, ?, 1, 0)", (pack_columns((1,)), STRANGER)
        )
        found = await host.read(Read(0, STRANGER, (), 5000), host.generation)
    app.close()
    assert (found.changes, found.until) == ([], 1)
    assert synced


@pytest.mark.parametrize(("journal", "again"), [("WAL", 0), ("DELETE", 1)])
def test_what_a_merge_has_synced_is_not_synced_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journal: str, again: int
) -> None:
    """In WAL mode, as long as nobody else commits, and nothing that need not reach the disk was committed."""
    path = make_file(tmp_path / "a.db")
    synced: list[int] = []
    real = os.fsync
    with contextlib.closing(connect(path)) as app, Replica.open(path) as replica:
        app.execute(f"PRAGMA journal_mode = {journal}; PRAGMA synchronous = NORMAL").fetchall()

        def syncs() -> bool:
            synced.clear()
            replica.ensure_durable()
            return bool(synced)

        monkeypatch.setattr("engine.sqlite.durability.os.fsync", lambda fd: (synced.append(fd), real(fd))[1])
        version = iter(range(1, 10))

        def merge() -> None:
            number = next(version)
            key = pack_columns((number,))
            replica.merge([Change("item", key, "name", "x", 1, number, STRANGER, 1, 0)])

        merge()
        assert syncs() is bool(again)
        app.execute("INSERT INTO item (id) VALUES (100)")
        assert syncs()
        assert syncs() is bool(again)
        app.execute("INSERT INTO item (id) VALUES (101)")
        merge()  # and its sync takes along what was committed before
        assert syncs() is bool(again)
        with replica._at_ease(), replica._writing() as db:
            db.execute("INSERT INTO item (id) VALUES (102)")
        assert syncs()
        replica.merge([])  # writes nothing
        app.execute("INSERT INTO item (id) VALUES (103)")
        replica.merge([])
        assert syncs()


def merge_of(number: int, version: int, arrived: tuple[tuple[str, tuple[bytes, ...]], ...] = ()) -> Merge:
    """A new row of a stranger's, at its version."""
    change = Change("item", pack_columns((number,)), "name", "x", 1, version, STRANGER, 1, 0)
    received = Received(STRANGER, version, version - 1, arrived=arrived)
    return Merge((change,), until=version, author=None, received=received, tables=("item",))


def asked(since: int) -> ReadPart:
    return ReadPart(Span(since, None, ("item",)), b"", None, (), 2_000, 512 * 1024, since)


@on_loop
async def test_what_another_program_writes_while_we_do_is_found(tmp_path: Path) -> None:
    path = make(tmp_path / "a.db", OLD)
    async with ReplicaHost(path) as host:
        await host.refresh()
        told = Told()
        host.listen(told)
        with host._own_write():
            write(path, "INSERT INTO item (id, name) VALUES (100, 'theirs')")
            await until(lambda: OLD + 1 in told.told, "the late look")


@on_loop
async def test_rows_that_have_come_may_be_known_by_others_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FileWatch, "touched", lambda _: None)  # whose events would bring a look, too
    async with ReplicaHost(make(tmp_path / "a.db", 0)) as host:
        await until(lambda: not host._seen.doubtful, "the first look")
        await host.merge(merge_of(1, 1, arrived=(("item", (b"i" * 16,)),)), host.generation)
        assert host._seen.doubtful


@on_loop
async def test_a_merge_is_read_for_everybody_in_its_own_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ReplicaHost(make(tmp_path / "a.db", 0)) as host:
        await until(lambda: not host._recorder.needed, "the first look")
        told = [Told(), Told()]
        for one in told:
            host.listen(one)
        await host.read_part(asked(0), host.generation)
        await host.merge(merge_of(1, 1), host.generation)
        found = host.shared_part(asked(0), host.generation)
        assert found is not None
        assert found.done()
        part = found.result().part
        assert [(change.val, change.site_id) for change in part.changes] == [("x", STRANGER)]
        assert part.until == part.newest == host.version == 1
        await until(lambda: all(1 in one.told for one in told), "the news")

        def busy(*_: Any) -> Any:
            raise FileBusy("for the test")

        with monkeypatch.context() as patch:  # what cannot be read now is read by whoever asks
            patch.setattr(execute, "read_part", busy)
            (result,) = await host.merge(merge_of(2, 2), host.generation)
        assert result.after == 2
        assert [change.db_version for change in (await host.read_part(asked(1), host.generation)).changes] == [2]
        await until(lambda: all(2 in one.told for one in told), "the news")

        def failed(*_: Any) -> Any:
            raise StorageFailed("for the test")

        with monkeypatch.context() as patch:  # what may not be durable is confirmed to nobody
            patch.setattr(execute, "read_part", failed)
            with pytest.raises(StorageFailed):
                await host.merge(merge_of(3, 3), host.generation)
        await until(lambda: all(3 in one.told for one in told), "the news")
