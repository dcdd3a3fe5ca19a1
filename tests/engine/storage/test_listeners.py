"""Whoever listens to a file is told that it has moved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest

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

    def schema_changed(self, tables: tuple[Shape, ...], parked: tuple[Parked, ...]) -> None:
        self.version_moved(0)

    def datasets_changed(self, datasets: Mapping[str, Dataset]) -> None:
        self.version_moved(0)

    def replaced(self) -> None:
        self.version_moved(0)

    def troubled(self, error: SynclineError | None) -> None:
        self.version_moved(0)


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
@pytest.mark.parametrize("tell", [Listeners.tell_soon, lambda all_: all_.version_moved(7)])
async def test_one_that_fails_keeps_no_other_from_being_told(tell: Callable[[Listeners], None]) -> None:
    """Those behind it in its own group, and the other groups; what it raised is reported."""
    told: list[int] = []
    failed: list[object] = []
    listeners = Listeners(lambda: 7)
    for _ in range(TOGETHER // 2):
        listeners.add(Listener(told))
    listeners.add(Listener(told, bad=True))
    for _ in range(2 * TOGETHER):
        listeners.add(Listener(told))
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: failed.append(context["exception"]))
    tell(listeners)
    await until(lambda: len(told) >= len(listeners), "all of them")
    assert [str(error) for error in failed] == ["for the test"]


@on_loop
@pytest.mark.parametrize(
    "tell",
    [
        lambda all_: all_.schema_changed((), ()),
        lambda all_: all_.datasets_changed({}),
        Listeners.replaced,
        lambda all_: all_.troubled(None),
    ],
)
async def test_nor_from_any_other_news(tell: Callable[[Listeners], None]) -> None:
    told: list[int] = []
    listeners = Listeners(lambda: 7)
    listeners.add(Listener(told, bad=True))
    listeners.add(Listener(told))
    asyncio.get_running_loop().set_exception_handler(lambda _, context: None)
    tell(listeners)
    assert len(told) == 2


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
