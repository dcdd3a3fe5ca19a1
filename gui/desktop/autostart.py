"""Whether Syncline is started at login. The system is the only one who remembers that: a person may change it there."""

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
"""At login nobody asked for a window."""

NAME = relaunch.NAME

WHAT = t("The start at login")


class Autostart(Protocol):
    """One system's way to start a program at login."""

    def enabled(self) -> bool:
        """Whether it is on now."""

    def set(self, on: bool) -> None:
        """Switch it. Raises SynclineError when the system would not."""


def autostart() -> Autostart:
    """The way of this system."""
    if sys.platform == "darwin":
        return LaunchAgent(Path.home() / "Library" / "LaunchAgents")
    if sys.platform == "win32":
        return RunKey()
    folder = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return XdgAutostart(Path(folder) / "autostart")


def command() -> list[str]:
    """What starts this very Syncline at login."""
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
    """A value below Windows' ``Run`` key of the person.

    Args:
        registry: the module ``winreg``; by default the system's.
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
    """The text of a .desktop file that runs these words (Desktop Entry Specification, "The Exec key")."""
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
    """The value of an Exec key that runs these words as they are."""
    return " ".join(map(_exec_word, words))


def _exec_word(word: str) -> str:
    """One word of an Exec key: quoted, escaped in the quotes, and once more as every string of the file."""
    word = word.replace("%", "%%")
    if word == shlex.quote(word):
        return word
    for sign in '\\"`$':
        word = word.replace(sign, f"\\{sign}")
    return '"' + word.replace("\\", "\\\\") + '"'


def put(file: Path, content: bytes | None, what: str) -> None:
    """Write a file whole, or remove it, in the person's own folders.

    Raises:
        SynclineError: it could not be; ``what`` says what it was for.
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
    """The error of a system that would not remember something."""
    return SynclineError(
        t("{what} could not be changed in {where}: {reason}.", what=what, where=where, reason=error.strerror or error),
        hint=t("Change it in your desktop's own settings."),
    )
