"""Watches whether the machine runs on battery, and whether its network is metered."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtNetwork import QNetworkInformation

from engine.links.peer_status import METERED, ON_BATTERY

SUPPLIES = Path("/sys/class/power_supply")

LOOK_EVERY = 20_000
"""Milliseconds between checks of the power supply, while they are wanted."""


class PowerMonitor(QObject):
    """Reports why syncing should rest, between ``watch`` and ``stop``; asks the system nothing otherwise."""

    changed = Signal(str)
    """Emitted with the reason to rest, a sentence of the engine; '' for none."""

    def __init__(self, parent: QObject | None = None, *, supplies: Path = SUPPLIES) -> None:
        super().__init__(parent)
        self._supplies = supplies
        self._battery = self._metered = False
        self._why = ""
        self._network: QNetworkInformation | None = None
        self._timer = QTimer(self, interval=LOOK_EVERY)
        self._timer.setTimerType(Qt.TimerType.VeryCoarseTimer)
        self._timer.timeout.connect(self.poll)

    def watch(self, *, battery: bool, metered: bool) -> None:
        """Watch the battery, the network, or both from now on."""
        self._battery, self._metered = battery, metered
        if metered and self._network is None and can_tell_metered():
            self._network = QNetworkInformation.instance()
            self._network.isMeteredChanged.connect(self.poll)
        if battery != self._timer.isActive():
            self._timer.start() if battery else self._timer.stop()
        self.poll()

    def stop(self) -> None:
        """Stop watching."""
        self._timer.stop()
        if self._network is not None:
            self._network.isMeteredChanged.disconnect(self.poll)
            self._network = None

    def poll(self) -> None:
        """Check now."""
        why = ""
        if self._battery and on_battery(self._supplies):
            why = ON_BATTERY
        elif self._metered and self._network is not None and self._network.isMetered():
            why = METERED
        if why != self._why:
            self._why = why
            self.changed.emit(why)


def can_tell_metered() -> bool:
    """Return whether the system can tell if its network is metered."""
    return bool(QNetworkInformation.loadBackendByFeatures(QNetworkInformation.Feature.Metered))


def on_battery(supplies: Path = SUPPLIES) -> bool | None:
    """Return whether the machine runs on battery; None if the system does not tell.

    Args:
        supplies: on Linux, the kernel's folder with one folder for each power supply.
    """
    if sys.platform == "win32":
        return _windows_on_battery()
    if not supplies.is_dir():
        return None
    mains: list[bool] = []
    batteries: list[bool] = []
    for supply in supplies.iterdir():
        kind = _read(supply / "type")
        if kind == "Battery" and _read(supply / "scope") != "Device":  # that would be a mouse's
            batteries.append(_read(supply / "status") == "Discharging")
        elif kind in ("Mains", "USB", "Wireless"):
            mains.append(_read(supply / "online") == "1")
    if not batteries:
        return None if not mains else False
    return any(batteries) and not any(mains)


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError):  # supplies come and go
        return ""


def _windows_on_battery() -> bool | None:
    import ctypes

    status = (ctypes.c_ubyte * 12)()  # SYSTEM_POWER_STATUS; the first byte is ACLineStatus
    if not ctypes.windll.kernel32.GetSystemPowerStatus(ctypes.byref(status)):  # type: ignore[attr-defined]
        return None
    return {0: True, 1: False}.get(status[0])
