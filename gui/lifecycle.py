"""One QApplication, one loop, one way to end: whatever asks the program to quit sets the same event.

When the menu, SIGINT, SIGTERM, the end of the desktop session or the system's "quit" asks it to, the main coroutine
leaves its ``async with`` blocks while the loop still runs (``aboutToQuit`` would be too late for that).
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, NoReturn

import qasync
from PySide6.QtCore import (
    QEvent,
    QMessageLogContext,
    QSocketNotifier,
    QtMsgType,
    QUrl,
    Signal,
    qInstallMessageHandler,
)
from PySide6.QtGui import QFileOpenEvent, QSessionManager
from PySide6.QtWidgets import QApplication

from gui import language
from gui.theme import icon

log = logging.getLogger("gui.qt")

LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}

OFFSCREEN = "This plugin does not support "
"""The beginning of Qt's messages about windows on the offscreen platform."""

STOPPED = "Event loop stopped"
"""The beginning of qasync's error when Qt has ended the loop by itself, as it does when the display has gone."""


class Application(QApplication):
    """The application object; it never ends Qt's loop by itself, which would leave the engine open."""

    quit_asked = Signal()
    """The desktop wants the program to end (log-out, shutdown, the dock's "Quit")."""

    link_opened = Signal(str)
    """macOS passes a link to the running program rather than starting it again."""

    def event(self, event: QEvent) -> bool:
        """Intercept links, and events that would close the windows and end the loop immediately."""
        if isinstance(event, QFileOpenEvent):
            self.link_opened.emit(event.url().toString(QUrl.ComponentFormattingOption.FullyEncoded))
            return True
        if event.type() == QEvent.Type.Quit:
            event.ignore()
            self.quit_asked.emit()
            return True
        return super().event(event)


def make_application() -> Application:
    """Create the one application object; Qt's messages go to the log."""
    qInstallMessageHandler(_log_message)
    app = Application(sys.argv[:1])
    _notice_lost_display(app)
    app.setApplicationName("Syncline")
    app.setDesktopFileName("syncline")
    language.install(app, "system")
    app.setWindowIcon(icon("syncline"))
    app.setQuitOnLastWindowClosed(False)
    for request in (app.commitDataRequest, app.saveStateRequest):
        request.connect(_leave_the_session)
    return app


def _end_without_display() -> NoReturn:
    """Say that the display is gone, and exit immediately.

    Nothing can run on the loop any more, and what is on disk is consistent at any moment.
    """
    print("syncline: The display that the window was on is gone. Nothing is lost.", file=sys.stderr)
    print("          Start Syncline again once there is one.", file=sys.stderr, flush=True)
    os._exit(1)


_IO_ERROR_HANDLER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)

_on_io_error = _IO_ERROR_HANDLER(lambda _display: _end_without_display())
"""A reference for as long as the module lives, since libX11 calls it."""


def _notice_lost_display(app: Application) -> None:
    """Have libX11 report, too, when the display is gone (XSetIOErrorHandler).

    If it noticed before Qt, it would end the program with a message of its own.
    """
    if app.platformName() == "xcb":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL("libX11.so.6").XSetIOErrorHandler(_on_io_error)


def run_coroutine(app: Application, main: Callable[[asyncio.Event], Coroutine[Any, Any, int]]) -> int:
    """Run ``main(quit_asked)`` on Qt's event loop until it returns, and return its result."""
    quit_asked = asyncio.Event()
    with quit_signals(app, quit_asked.set), asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(app)) as runner:
        try:
            return runner.run(main(quit_asked))
        except RuntimeError as error:
            if not str(error).startswith(STOPPED):
                raise
            _end_without_display()


@contextlib.contextmanager
def quit_signals(app: Application, ask: Callable[[], None]) -> Iterator[None]:
    """Call ``ask`` on SIGINT and SIGTERM, and when the system wants the application to end.

    Python runs a signal handler only between two of its own instructions, and Qt's loop may sleep for long, so the
    signal's number is also written to a socket that Qt watches.
    """
    ours, pythons = socket.socketpair()
    ours.setblocking(False)
    pythons.setblocking(False)
    notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read)

    told = False

    def signalled(*_: object) -> None:
        nonlocal told
        if told:  # asked twice: at once; what is on disk is whole at any moment
            os._exit(1)
        told = True
        ask()

    def woken() -> None:
        with contextlib.suppress(BlockingIOError):
            while ours.recv(64):
                pass

    notifier.activated.connect(woken)
    numbers = [signal.SIGINT, signal.SIGTERM]
    before = {number: signal.signal(number, signalled) for number in numbers}
    wakeup_before = signal.set_wakeup_fd(pythons.fileno(), warn_on_full_buffer=False)
    app.quit_asked.connect(ask)
    if hasattr(signal, "pthread_sigmask"):  # the command line held them back while all this was loaded
        signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)
    try:
        yield
    finally:
        app.quit_asked.disconnect(ask)
        signal.set_wakeup_fd(wakeup_before)
        for number, handler in before.items():
            signal.signal(number, handler)
        notifier.setEnabled(False)
        ours.close()
        pythons.close()


def _leave_the_session(manager: QSessionManager) -> None:
    """Agree to a log-out: there is nothing to ask or save, as everything is on disk; the quit event follows.

    The desktop must not restart us by itself: it would not know how, and "start at login" is the person's choice.
    """
    manager.setRestartHint(QSessionManager.RestartHint.RestartNever)


_warned: list[str] = []
"""Qt's latest warning, which holds the reason if a fatal message without one follows."""


def _log_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    text = " ".join(message.split())
    if kind is QtMsgType.QtFatalMsg:  # Qt would abort the process now; so it is when the display cannot be reached
        why = _warned[-1] if _warned else text
        print(f"syncline: The window cannot be opened: {why}", file=sys.stderr)
        print(
            "          Check DISPLAY or WAYLAND_DISPLAY, or use a command: syncline --help", file=sys.stderr, flush=True
        )
        os._exit(1)
    level = logging.DEBUG if text.startswith(OFFSCREEN) else LEVELS.get(kind, logging.WARNING)
    if level == logging.WARNING and "could not connect" in text.lower():
        _warned[:] = [text]
    log.log(level, "%s", text)
