"""The folder of a watched file goes, comes back, is another, or cannot be watched."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.storage import file_watch
from engine.storage.file_watch import FileWatch
from tests.engine.storage.watching import Heard, writer

pytestmark = pytest.mark.usefixtures("short_waits")


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
