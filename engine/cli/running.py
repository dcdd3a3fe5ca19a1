"""Runs the command that was parsed.

Exit status: 0, 1 (failed), 2 (used wrongly). A person sees a sentence and a hint, never a traceback.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

from engine.cli.colours import Colour
from engine.cli.output import print_to_stderr
from engine.errors import SynclineError, UsageError
from engine.storage.in_use import PROCESS
from engine.text import layout, t

log = logging.getLogger(__name__)

WITHIN = 4.5
"""Seconds for a command to end cleanly once it is told to."""

Command = Callable[[argparse.Namespace], Awaitable[int]]
Window = Callable[[argparse.Namespace], int | None]
"""A command that opens a window, with a loop of its own. Returns None if it opened none, and the ``Command`` is to
run."""


def run(arguments: argparse.Namespace) -> int:
    """Run what the parser put into ``arguments``: ``window``, a ``Window``, or else ``run``, a ``Command``.

    Returns:
        the exit status.
    """
    _log_to_stderr(os.environ.get("SYNCLINE_LOG", "ERROR").upper())
    PROCESS.folder = _data_dir
    try:
        status = arguments.window(arguments) if arguments.window is not None else None
        if status is not None:  # it ran Qt's loop, and has ended
            return int(status)
        return asyncio.run(_until_stopped(arguments.run, arguments))
    except UsageError as error:
        return _print_error(error, 2)
    except SynclineError as error:
        return _print_error(error, 1)
    except BrokenPipeError:
        # whoever read our output is gone, so there is nobody to tell
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        # a folder or file that cannot be used, which the code in question did not expect
        log.debug("This was not expected", exc_info=True)
        return _print_error(_of_system(error), 1)


def _data_dir() -> Path:
    from engine.settings import data_dir  # only now: not every command needs it

    return data_dir()


def _log_to_stderr(level: str) -> None:
    handler = logging.StreamHandler()
    handler.setLevel(level)  # loggers with a level of their own do not ask the root's
    logging.basicConfig(level=level, format="%(name)s: %(message)s", handlers=[handler])


async def _until_stopped(run: Command, arguments: argparse.Namespace) -> int:
    """Run a command; SIGINT and SIGTERM end it cleanly."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None
    stopped = False

    status = 0 if arguments.endless(arguments) else 1

    def stop() -> None:
        nonlocal stopped
        if stopped:  # asked twice, so end immediately: what is on disk is consistent at any moment
            os._exit(1)
        stopped = True
        task.cancel()
        _end_within(WITHIN, status)

    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # this system's loop has no signals
            loop.add_signal_handler(number, stop)
    try:
        return await run(arguments)
    except asyncio.CancelledError:
        if not stopped:
            raise
        return status


def _end_within(seconds: float, status: int) -> None:
    """End the process after so many seconds, whatever is in progress, even a thread that nothing can stop."""
    late = threading.Timer(seconds, os._exit, (status,))
    late.daemon = True
    late.start()


def _of_system(error: OSError) -> SynclineError:
    why = error.strerror or error
    if error.filename is None:
        return SynclineError(t("The system refused something: {reason}.", reason=why))
    return SynclineError(t("{file} cannot be used: {reason}.", file=error.filename, reason=why))


def _print_error(error: SynclineError, status: int) -> int:
    print_to_stderr(layout("syncline: {sentence}", sentence=error.sentence), colour=Colour.RED)
    if error.hint:
        print_to_stderr(layout("          {hint}", hint=error.hint))
    return status
