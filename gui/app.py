"""Starts the window: the application, the single instance and the engine, and ends them cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QProcess, QSettings, Qt
from PySide6.QtWidgets import QApplication, QMessageBox

from engine import relaunch
from engine.api import Engine
from engine.errors import SynclineError
from engine.history.journal import Journal
from engine.settings import SettingsFile, config_dir, data_dir, journal_path
from engine.settings.credentials import TokenStore
from engine.storage.backup import Backups
from gui import language
from gui.actions import Actions
from gui.bridge import Bridge
from gui.commands import Commands, in_words
from gui.crash_handler import caught
from gui.gc_timer import GcTimer
from gui.lifecycle import Application, make_application, run_coroutine
from gui.logs import LogFile
from gui.notifier import Notifier
from gui.preferences import Preferences
from gui.single_instance import SingleInstance
from gui.tray import Tray
from gui.window import Window

log = logging.getLogger(__name__)


def run(arguments: Sequence[str] = (), *, hidden: bool = False) -> int:
    """Open the window and the tray icon, and stay until asked to quit.

    A second start passes its arguments to the first one and returns immediately.

    Args:
        arguments: absolute paths of databases to add, and pairing links to open.
        hidden: whether to start in the tray, if there is one.

    Returns:
        the exit status.

    Raises:
        SynclineError: it could not start, with the reason.
    """
    app = make_application()
    try:
        instance = SingleInstance(config_dir())
        if not instance.claim():
            instance.hand_over(arguments)
            return 0
    except SynclineError as error:
        told = error
        run_coroutine(app, lambda quit_asked: _show_start_error(told, quit_asked))
        raise
    try:
        return run_coroutine(app, lambda quit_asked: _main(quit_asked, instance, list(arguments), hidden))
    finally:
        instance.release()


async def _main(quit_asked: asyncio.Event, instance: SingleInstance, arguments: list[str], hidden: bool) -> int:
    try:
        backups, journal = Backups(data_dir() / "backups"), Journal(journal_path())
        engine = Engine(store=SettingsFile(), backups=backups, token_store=TokenStore(), journal=journal)
    except SynclineError as error:
        await _show_start_error(error, quit_asked)
        raise
    window_settings = QSettings(str(config_dir() / "window.ini"), QSettings.Format.IniFormat)
    app = QApplication.instance()
    if app is not None and engine.settings.language != "system":
        language.install(app, engine.settings.language)
    hidden = hidden or engine.settings.start_hidden
    with LogFile(log_path(), engine.settings.log_level) as log:
        async with shell(engine, quit_asked, window_settings=window_settings, log=log, hidden=hidden) as window:
            instance.arguments_received.connect(window.receive)
            if isinstance(app, Application):
                app.link_opened.connect(lambda link: window.receive([link]))
            window.dialogs.register_links(first=window.first("links"))
            if arguments:
                window.receive(arguments)
            await quit_asked.wait()
    return 0


@contextlib.asynccontextmanager
async def shell(
    engine: Engine,
    quit_asked: asyncio.Event,
    *,
    window_settings: QSettings | None = None,
    log: LogFile | None = None,
    hidden: bool = False,
) -> AsyncIterator[Window]:
    """Show window and tray, then open the engine; on exit hide them immediately and close the engine.

    Args:
        engine: not open yet, so that the window appears before all files are open, and no event is missed.
        quit_asked: set by "Quit".
        window_settings: where sizes and columns are stored; None stores nothing.
        log: the log file, if there is one.
        hidden: whether to start in the tray.
    """
    with GcTimer():
        commands = Commands(engine)
        with caught(commands.report_error):
            async with _shell(commands, quit_asked, window_settings, log, hidden) as window:
                yield window


@contextlib.asynccontextmanager
async def _shell(
    commands: Commands, quit_asked: asyncio.Event, window_settings: QSettings | None, log: LogFile | None, hidden: bool
) -> AsyncIterator[Window]:
    engine = commands.engine
    actions = Actions()
    actions.quit.triggered.connect(quit_asked.set)
    bridge = Bridge(engine)
    preferences = Preferences(commands, bridge, log)
    window = Window(actions, commands, bridge, window_settings=window_settings)
    window.dialogs.log = log
    tray = Tray(actions, window, window.present)
    tray.pause.asked.connect(commands.pause)
    window.status_line.changed.connect(tray.show_summary)
    tray.show_summary(window.status_line.summary)
    window.paused_changed.connect(tray.pause.resume.setEnabled)
    window.tuck_away = tray.tuck_away
    window.databases_named.connect(tray.set_database_names)
    bridge.flow.connect(tray.append)
    tray.table_requested.connect(window.show_table)
    tray.missed.connect(window.show_no_tray)
    notifier = Notifier(engine, bridge, window.peers.model.is_stale, window)
    notifier.notified.connect(tray.notify)
    window.conflicts_reader.conflicts_read.connect(notifier.conflicts_read)
    window.demo_requested.connect(start_demo)
    actions.open_window.triggered.connect(window.present)
    tray.show()
    _Shown(window)
    if hidden:
        tray.tuck_away()
    else:
        window.show()
    listening = asyncio.create_task(bridge.run())
    await asyncio.sleep(0)  # it listens before anything happens
    try:
        async with engine:
            window.engine_opened()
            try:
                yield window
            finally:
                window.save_look()
                window.hide()
                tray.hide()
                preferences.end()
                await commands.end()
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        window.close_for_good()


class _Shown(QObject):
    """Logs when a window is painted for the first time, which is when the program has started for a person."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        window.installEventFilter(self)

    def eventFilter(self, window: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        if event.type() is QEvent.Type.Paint:
            window.removeEventFilter(self)
            log.info("the window is shown")
        return False


def log_path() -> Path:
    """Return the path of the log file."""
    return data_dir() / "logs" / "syncline.log"


async def _show_start_error(error: SynclineError, quit_asked: asyncio.Event) -> int:
    """Show why Syncline cannot start, to a person who sees no terminal; return the exit status."""
    box = cannot_start(error)
    box.finished.connect(quit_asked.set)
    box.open()
    await quit_asked.wait()
    box.hide()
    return 1


def cannot_start(error: SynclineError) -> QMessageBox:
    """Return a message box that says why Syncline cannot start."""
    box = QMessageBox(QMessageBox.Icon.Critical, "Syncline", in_words(error), QMessageBox.StandardButton.Close)
    box.setTextFormat(Qt.TextFormat.PlainText)
    return box


def start_demo() -> None:
    """Open the demo in a process of its own; it needs nothing from this one."""
    program, *arguments = relaunch.command("demo")
    QProcess.startDetached(program, arguments)
