"""Handles our own defects: they are logged and shown in the message bar, and the program goes on.

What a slot or an event handler raises reaches ``sys.excepthook``; what a task or a callback raises reaches the loop's
exception handler. Both end up here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

log = logging.getLogger(__name__)

AGAIN = 60.0
"""Seconds before the same defect is reported again: one in a paint event would be reported without end."""


@contextlib.contextmanager
def caught(on_error: Callable[[BaseException], None]) -> Iterator[None]:
    """Catch what nobody else caught while the block runs; call it inside a running loop.

    Args:
        on_error: called on the loop's thread with the exception.
    """
    loop = asyncio.get_running_loop()
    last: dict[tuple[type[BaseException], str], float] = {}

    def report(error: BaseException) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
        now = time.monotonic()
        if now - last.get((type(error), where), float("-inf")) < AGAIN:
            return
        last[type(error), where] = now
        on_error(error)

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            before(kind, error, trace)
        elif threading.current_thread() is threading.main_thread():
            report(error)
        else:
            loop.call_soon_threadsafe(report, error)

    def thread_hook(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            hook(args.exc_type, args.exc_value, args.exc_traceback)

    def loop_handler(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException):
            report(error)
        else:
            log.error("%s", context.get("message"))

    before, before_thread, before_loop = sys.excepthook, threading.excepthook, loop.get_exception_handler()
    sys.excepthook, threading.excepthook = hook, thread_hook
    loop.set_exception_handler(loop_handler)
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook = before, before_thread
        loop.set_exception_handler(before_loop)
