"""Coroutines in tests of the window: on Qt's loop, as the program runs them."""

from __future__ import annotations

import asyncio
import functools
import gc
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import qasync
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from tests.engine.live import PATIENCE, leave_nothing

T = TypeVar("T")

QT_PATIENCE = int(1000 * PATIENCE)
"""Milliseconds for anything that should come to be: what pytest-qt waits by itself is too short for a busy machine."""

_kept: list[QApplication] = []


def application() -> QApplication:
    """The one QApplication of the tests' process; closing its last window does not end its loop."""
    app = QApplication.instance() or QApplication(["syncline-tests"])
    assert isinstance(app, QApplication)
    app.setQuitOnLastWindowClosed(False)
    _kept[:] = [app]
    return app


def run_async(work: Coroutine[Any, Any, T], *, timeout: float = 6 * PATIENCE) -> T:
    """Run a coroutine to its end on a fresh qasync loop over the shared QApplication.

    Fails when the coroutine hangs, leaves a task behind, or when any callback or task on the loop raised.
    """
    app = application()
    if not gc.get_freeze_count():  # a large message was at work (``engine.transport.gc_pause``)
        gc.collect()
        gc.freeze()
    troubles: list[str] = []

    async def whole() -> T:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: troubles.append(_told(context)))
        before = asyncio.all_tasks()
        async with asyncio.timeout(timeout):
            result = await work
        await leave_nothing(before)
        return result

    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(app)) as runner:
        result = runner.run(whole())
    _tidy()
    assert not troubles, "\n".join(troubles)
    return result


def _tidy() -> None:
    """Drop what is left of Qt here and now: the collector may run on any thread, where no QObject may end."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()


def on_gui_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Make a test of a coroutine: ``run_async`` around it. Fixtures are passed on as they are."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        run_async(test(*args, **kwargs))

    return run


def _told(context: dict[str, Any]) -> str:
    error = context.get("exception")
    return f"{context.get('message')}: {error!r}" if error else str(context.get("message"))
