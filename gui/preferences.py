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
    """Applies the settings that concern neither the engine nor a panel.

    These are the colours, the language, the log, and when to suspend syncing.

    Args:
        commands: suspends syncing.
        bridge: reports changed settings.
        log: the log file; None if there is none.
        power_monitor: asked while the settings call for it.
    """

    def __init__(
        self, commands: Commands, bridge: Bridge, log: LogFile | None, power_monitor: PowerMonitor | None = None
    ) -> None:
        super().__init__(commands)
        self._commands = commands
        self._log = log
        self._theme = "system"
        self._language = commands.engine.settings.language  # in force before there is a window
        self.power_monitor = power_monitor or PowerMonitor(self)
        self.power_monitor.changed.connect(lambda why: commands.start(commands.engine.peers.suspend_auto_sync(why)))
        bridge.settings_changed.connect(self.apply)
        self.apply(commands.engine.settings)

    def apply(self, settings: Settings) -> None:
        """Apply all settings."""
        app = QApplication.instance()
        if settings.theme != self._theme and isinstance(app, QApplication):
            self._theme = settings.theme
            apply_scheme(settings.theme, app)
        if settings.language != self._language and app is not None:
            self._language = settings.language
            language.install(app, settings.language)
        if self._log is not None:
            self._log.set_level(settings.log_level)
        self.power_monitor.watch(battery=settings.rest_on_battery, metered=settings.rest_on_metered)

    def end(self) -> None:
        """Stop asking the system."""
        self.power_monitor.stop()
