"""Long work in short steps: generators that take one at each ``next``, and let others have their turn in between.

Such work can be left between any two steps. What it holds open it closes in a ``finally``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from concurrent.futures import Executor
from typing import Any, TypeVar

T = TypeVar("T")
Steps = Generator[None, None, T]


def step(steps: Steps[T]) -> tuple[bool, T]:
    """Take the next step. Returns whether it was the last one, and then what came of it all."""
    try:
        next(steps)
    except StopIteration as end:
        return True, end.value
    return False, None  # type: ignore[return-value]


def at_once(steps: Steps[T]) -> T:
    """Take all steps in a row, and return the result."""
    while True:
        done, result = step(steps)
        if done:
            return result


class Left(Exception):
    """Work was left: nobody waits for it any more."""


async def unless(over: asyncio.Future[Any], work: Coroutine[Any, Any, T]) -> T:
    """Do ``work`` as long as ``over`` is not done; then it is cancelled.

    Raises:
        Left: that has come first.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait((over, task), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Left
        return task.result()
    finally:
        task.cancel()
        await asyncio.wait((task,))


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Do ``work`` to its end, also where whoever waits for it is cancelled: for closing what nobody else would close.

    Raises:
        asyncio.CancelledError: that was so; the work is done all the same.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,))
        raise


async def in_turns(steps: Steps[T], thread: Executor) -> T:
    """Take each step on ``thread``, in its turn with other work there, and return the result.

    Cancelling this ends it after the current step, and waits until what was open is closed.
    """
    loop = asyncio.get_running_loop()
    try:
        while True:
            done, result = await loop.run_in_executor(thread, step, steps)
            if done:
                return result
    finally:
        await asyncio.shield(loop.run_in_executor(thread, steps.close))
