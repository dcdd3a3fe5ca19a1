"""Whether Syncline is started at login. Only the system stores that, as a person may change it there."""

from __future__ import annotations

import os
import plistlib
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, Protocol

from engine import relaunch
from engine.errors import SynclineError
from engine.text import t

ARGUMENTS = ("open", "--hidden")
"""The arguments at login, when nobody has asked for a window."""

NAME = relaunch.NAME

WHAT = t("The start at login")


class Autostart(Protocol):
    """A system's way to start a program at login."""

    def enabled(self) -> bool:
        """Return whether it is on."""

    def set(self, on: bool) -> None:
        """Switch it on or off; raises SynclineError if the system refuses."""


def autostart() -> Autostart:
    """Return the way of this system."""
    if sys.platform == "darwin":
        return LaunchAgent(Path.home() / "Library" / "LaunchAgents")
    if sys.platform == "win32":
        return RunKey()
    folder = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return XdgAutostart(Path(folder) / "autostart")


def command() -> list[str]:
    """Return the command that starts this very Syncline at login."""
    return relaunch.command(*ARGUMENTS)


class XdgAutostart:
    """A file in the desktop's autostart folder (freedesktop's Desktop Application Autostart Specification).

    Args:
        folder: ``autostart`` in the configuration folder.
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / f"{NAME}.desktop"

    def enabled(self) -> bool:
        try:
            lines = {line.strip().replace(" ", "").lower() for line in self.file.read_text("utf-8").splitlines()}
        except (OSError, UnicodeDecodeError):
            return False
        return not lines & {"hidden=true", "x-gnome-autostart-enabled=false"}

    def set(self, on: bool) -> None:
        put(self.file, desktop_entry(command()).encode() if on else None, WHAT)


class LaunchAgent:
    """A property list that macOS's launchd reads at login.

    Args:
        folder: ``LaunchAgents`` in the person's library.
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / f"{NAME}.plist"

    def enabled(self) -> bool:
        try:
            return bool(plistlib.loads(self.file.read_bytes()).get("RunAtLoad"))
        except (OSError, ValueError, plistlib.InvalidFileException):
            return False

    def set(self, on: bool) -> None:
        job = {"Label": NAME, "ProgramArguments": command(), "RunAtLoad": True, "ProcessType": "Interactive"}
        put(self.file, plistlib.dumps(job) if on else None, WHAT)


class RunKey:
    """A value below the person's ``Run`` key in the Windows registry.

    Args:
        registry: the module ``winreg``, or a stand-in for it.
    """

    PATH = r"Software\Microsoft\Windows\CurrentVersion\Run"

    def __init__(self, registry: Any = None) -> None:
        if registry is None:
            import winreg as registry  # only there is one
        self._registry = registry

    def enabled(self) -> bool:
        with self._key(self._registry.KEY_READ) as key:
            try:
                self._registry.QueryValueEx(key, NAME)
            except FileNotFoundError:
                return False
        return True

    def set(self, on: bool) -> None:
        try:
            with self._key(self._registry.KEY_SET_VALUE) as key:
                if on:
                    line = subprocess.list2cmdline(command())
                    self._registry.SetValueEx(key, NAME, 0, self._registry.REG_SZ, line)
                elif self.enabled():
                    self._registry.DeleteValue(key, NAME)
        except OSError as error:
            raise refused(WHAT, t("the registry"), error) from None

    def _key(self, access: int) -> Any:
        return self._registry.CreateKeyEx(self._registry.HKEY_CURRENT_USER, self.PATH, 0, access)


def desktop_entry(words: list[str]) -> str:
    """Return the text of a .desktop file that runs these words (Desktop Entry Specification, "The Exec key")."""
    return (
        "[Desktop Entry]\n"
        "Type=Application\n"
        "Name=Syncline\n"
        "Comment=Keeps SQLite databases in sync\n"
        f"Exec={exec_line(words)}\n"
        "Icon=syncline\n"
        "Terminal=false\n"
        "X-GNOME-Autostart-enabled=true\n"
    )


def exec_line(words: list[str]) -> str:
    """Return the value of an Exec key that runs exactly these words."""
    return " ".join(map(_exec_word, words))


def _exec_word(word: str) -> str:
    """Return one word of an Exec key: quoted, escaped within the quotes, and escaped again as a string of the file."""
    word = word.replace("%", "%%")
    if word == shlex.quote(word):
        return word
    for sign in '\\"`$':
        word = word.replace(sign, f"\\{sign}")
    return '"' + word.replace("\\", "\\\\") + '"'


def put(file: Path, content: bytes | None, what: str) -> None:
    """Write a file of the person's atomically, or remove it if ``content`` is None.

    Raises:
        SynclineError: that failed; the message begins with ``what``, the purpose of the file.
    """
    try:
        if content is None:
            file.unlink(missing_ok=True)
            return
        file = file.resolve()  # some keep such files elsewhere, and only link to them
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_name(f".{file.name}.new")
        unfinished.write_bytes(content)
        unfinished.replace(file)
    except OSError as error:
        raise refused(what, str(file), error) from None


def refused(what: str, where: str, error: OSError) -> SynclineError:
    """Return the error for a system that refuses to store a setting, which ``what`` names."""
    return SynclineError(
        t("{what} could not be changed in {where}: {reason}.", what=what, where=where, reason=error.strerror or error),
        hint=t("Change it in your desktop's own settings."),
    )
