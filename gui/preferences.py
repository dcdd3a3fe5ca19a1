"""Puts the settings into effect, at the start and whenever they change."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from engine.settings import Settings
from gui import language
from gui.bridge import Bridge
from gui.commands import Commands
from gui.logs import LogFile
from gui.power_monitor import PowerMonitor
from gui.theme import apply_scheme


class Preferences(QObject):
    """What is neither the engine's nor a panel's: colours, the language, the log, and when to rest.

    Args:
        commands: told to rest. bridge: tells of changed settings. log: None when nothing is kept.
        surroundings: asked as long as the settings want it.
    """

    def __init__(
        self, commands: Commands, bridge: Bridge, log: LogFile | None, surroundings: PowerMonitor | None = None
    ) -> None:
        super().__init__(commands)
        self._commands = commands
        self._log = log
        self._theme = "system"
        self._language = commands.engine.settings.language  # in force before there is a window
        self.surroundings = surroundings or PowerMonitor(self)
        self.surroundings.changed.connect(lambda why: commands.start(commands.engine.peers.suspend_auto_sync(why)))
        bridge.settings_changed.connect(self.apply)
        self.apply(commands.engine.settings)

    def apply(self, settings: Settings) -> None:
        """Make everything as the settings say."""
        app = QApplication.instance()
        if settings.theme != self._theme and isinstance(app, QApplication):
            self._theme = settings.theme
            apply_scheme(settings.theme, app)
        if settings.language != self._language and app is not None:
            self._language = settings.language
            language.install(app, settings.language)
        if self._log is not None:
            self._log.set_level(settings.log_level)
        self.surroundings.watch(battery=settings.rest_on_battery, metered=settings.rest_on_metered)

    def end(self) -> None:
        """Ask the system nothing more."""
        self.surroundings.stop()
