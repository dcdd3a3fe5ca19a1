"""Whoever listens to a file is told that it has moved."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from engine.errors import SynclineError
from engine.storage.listeners import TOGETHER, Listeners
from engine.table_shape import Dataset, Parked, Shape
from tests.engine.live import on_loop, until


class Listener:
    """Counts what it is told; raises, if it is to."""

    def __init__(self, told: list[int], *, bad: bool = False) -> None:
        self._told = told
        self._bad = bad

    def version_moved(self, version: int) -> None:
        self._told.append(version)
        if self._bad:
            raise RuntimeError("for the test")

    def schema_changed(self, tables: tuple[Shape, ...], parked: tuple[Parked, ...]) -> None: ...
    def datasets_changed(self, datasets: Mapping[str, Dataset]) -> None: ...
    def replaced(self) -> None: ...
    def troubled(self, error: SynclineError | None) -> None: ...


@on_loop
async def test_others_on_the_loop_have_their_turn_between_two_groups() -> None:
    told: list[int] = []
    listeners = Listeners(lambda: 7)
    for _ in range(2 * TOGETHER + 1):
        listeners.add(Listener(told))
    listeners.tell_soon()
    assert told == []
    counts = []
    while len(told) < len(listeners):
        await asyncio.sleep(0)
        counts.append(len(told))
    assert counts == [TOGETHER, 2 * TOGETHER, 2 * TOGETHER + 1]
    assert set(told) == {7}


@on_loop
async def test_one_that_fails_keeps_no_other_group_from_being_told() -> None:
    told: list[int] = []
    listeners = Listeners(lambda: 7)
    listeners.add(Listener(told, bad=True))
    for _ in range(2 * TOGETHER):
        listeners.add(Listener(told))
    asyncio.get_running_loop().set_exception_handler(lambda _, context: None)
    listeners.tell_soon()
    await until(lambda: len(told) >= TOGETHER + 2, "the other groups")


@on_loop
async def test_one_that_has_left_is_told_no_more() -> None:
    told: list[int] = []
    listeners = Listeners(lambda: 7)
    leave = listeners.add(Listener(told))
    assert len(listeners) == 1
    leave()
    assert len(listeners) == len(list(listeners)) == 0
    listeners.tell_soon()
    await asyncio.sleep(0)
    assert told == []
