"""What tests run on: ``tests.engine.live``."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from tests.engine.live import PATIENCE, make_file, on_loop, rows, writing


def test_a_writer_waits_for_a_thread_of_its_process(tmp_path: Path) -> None:
    """Which goes on meanwhile: it needs the interpreter."""
    path = make_file(tmp_path / "a.db")
    locked, waits = threading.Event(), threading.Event()

    def work() -> None:
        with writing(path) as connection, connection:
            locked.set()
            waits.wait(PATIENCE)
            for n in range(100):
                connection.execute("INSERT INTO item (id) VALUES (?)", (n,))

    thread = threading.Thread(target=work)
    thread.start()
    locked.wait(PATIENCE)
    with writing(path) as connection:
        waits.set()
        with connection:
            connection.execute("INSERT INTO item (id) VALUES (1000)")
    thread.join()
    assert len(rows(path)) == 101


def test_a_task_that_is_left_fails_its_test_and_one_of_the_tests_own_is_waited_for() -> None:
    kept: list[asyncio.Task[None]] = []

    async def a_moment() -> None:
        await asyncio.sleep(0.05)

    @on_loop
    async def ends_soon() -> None:
        kept.append(asyncio.create_task(a_moment()))

    @on_loop
    async def goes_on() -> None:
        kept.append(asyncio.create_task(asyncio.sleep(PATIENCE)))

    ends_soon()
    assert kept[0].done()
    with pytest.raises(AssertionError, match="tasks left behind"):
        goes_on()
