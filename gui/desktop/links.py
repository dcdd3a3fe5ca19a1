"""Whether ``syncline:`` links, clicked anywhere, open this Syncline. Only the system stores that."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any, Protocol

from engine import relaunch
from engine.pairing.pairing_link import SCHEME
from engine.text import t
from gui.desktop.autostart import exec_line, put, refused

ENTRY = "syncline.desktop"
"""The name of the desktop entry, in ``assets`` and on a freedesktop system; a package of Syncline installs it too."""

WHAT = t("The program that opens pairing links")

MIME = f"x-scheme-handler/{SCHEME}"


class LinkType(Protocol):
    """A system's way to register the program that opens a kind of link."""

    def enabled(self) -> bool:
        """Return whether links open Syncline."""

    def current(self) -> bool:
        """Return whether links open this very Syncline: a checkout may have been moved."""

    def set(self, on: bool) -> None:
        """Switch it on or off; raises SynclineError if the system refuses."""


def link_type() -> LinkType | None:
    """Return the way of this system; None on macOS, where the bundle declares it (``info_plist``)."""
    if sys.platform == "darwin":
        return None
    if sys.platform == "win32":
        return ClassesKey()
    home = Path.home()
    data = os.environ.get("XDG_DATA_HOME") or home / ".local" / "share"
    configuration = os.environ.get("XDG_CONFIG_HOME") or home / ".config"
    return XdgLinkType(Path(data) / "applications", Path(configuration) / "mimeapps.list")


class XdgLinkType:
    """A desktop entry, and a line that makes it the default for our links.

    See freedesktop's Desktop Entry Specification, and "Association between MIME types and applications".

    Args:
        folder: ``applications`` in the data folder.
        choices: ``mimeapps.list``, which other programs write to as well.
    """

    GROUP = "[Default Applications]"

    def __init__(self, folder: Path, choices: Path) -> None:
        self.file = folder / ENTRY
        self.choices = choices

    def enabled(self) -> bool:
        try:
            return self._chosen()[:1] == [ENTRY] and self.file.is_file()
        except OSError:
            return False

    def current(self) -> bool:
        try:
            return self.enabled() and self.file.read_bytes() == desktop_entry()
        except OSError:
            return False

    def set(self, on: bool) -> None:
        try:
            before = self._lines()
            others = [name for name in self._chosen() if name != ENTRY]
            lines = self._with([ENTRY, *others] if on else others)
        except OSError as error:
            raise refused(WHAT, str(self.choices), error) from None
        put(self.file, desktop_entry() if on else None, WHAT)
        if lines != before:
            text = "".join(f"{line}\n" for line in lines)
            put(self.choices, text.encode(errors="surrogateescape") if lines else None, WHAT)

    def _lines(self) -> list[str]:
        try:
            return self.choices.read_text("utf-8", errors="surrogateescape").splitlines()
        except FileNotFoundError:
            return []

    def _chosen(self) -> list[str]:
        """Return the desktop entries that open our links, the first choice first."""
        group = ""
        for line in self._lines():
            if line.startswith("["):
                group = line.strip()
            elif group == self.GROUP and line.partition("=")[0].strip() == MIME:
                return [name.strip() for name in line.partition("=")[2].split(";") if name.strip()]
        return []

    def _with(self, names: list[str]) -> list[str]:
        """Return the lines of the file with this choice; the lines of others stay as they are."""
        found, group = [], ""
        for line in self._lines():
            if line.startswith("["):
                group = line.strip()
            elif group == self.GROUP and line.partition("=")[0].strip() == MIME:
                continue
            found.append(line)
        if not names:
            return [] if found == [self.GROUP] else found
        if self.GROUP not in map(str.strip, found):
            found += [*([""] if found else []), self.GROUP]
        place = [line.strip() for line in found].index(self.GROUP) + 1
        return [*found[:place], f"{MIME}={';'.join(names)};", *found[place:]]


class ClassesKey:
    r"""A key of the person's below Windows' ``Software\Classes``.

    Args:
        registry: the module ``winreg``; by default the system's.
    """

    PATH = rf"Software\Classes\{SCHEME}"
    COMMAND = PATH + r"\shell\open\command"

    def __init__(self, registry: Any = None) -> None:
        if registry is None:
            import winreg as registry  # only there is one
        self._registry = registry

    def enabled(self) -> bool:
        return bool(self._command())

    def current(self) -> bool:
        return self._command() == self._line()

    def set(self, on: bool) -> None:
        registry = self._registry
        try:
            if on:
                with self._key(self.PATH) as key:
                    registry.SetValueEx(key, "", 0, registry.REG_SZ, "URL:Syncline")
                    registry.SetValueEx(key, "URL Protocol", 0, registry.REG_SZ, "")
                with self._key(self.COMMAND) as key:
                    registry.SetValueEx(key, "", 0, registry.REG_SZ, self._line())
                return
            path = self.COMMAND
            while len(path) >= len(self.PATH):  # a key goes only when it has none below it
                with contextlib.suppress(FileNotFoundError):
                    registry.DeleteKey(registry.HKEY_CURRENT_USER, path)
                path = path.rpartition("\\")[0]
        except OSError as error:
            raise refused(WHAT, t("the registry"), error) from None

    def _key(self, path: str) -> Any:
        return self._registry.CreateKeyEx(self._registry.HKEY_CURRENT_USER, path, 0, self._registry.KEY_SET_VALUE)

    def _command(self) -> str:
        registry = self._registry
        try:
            with registry.OpenKey(registry.HKEY_CURRENT_USER, self.COMMAND) as key:
                return str(registry.QueryValueEx(key, "")[0])
        except OSError:
            return ""

    def _line(self) -> str:
        return f'{subprocess.list2cmdline(relaunch.command("open"))} "%1"'


def desktop_entry() -> bytes:
    """Return the desktop entry from ``assets``, with the command of this very Syncline and its own icon."""
    text = (resources.files("assets") / ENTRY).read_text("utf-8")
    icon = resources.files("assets") / "icons" / "syncline.svg"
    words = relaunch.command("open")
    runs = f"TryExec={words[0]}\nExec={exec_line(words)} %u"  # it counts only while the program is there
    text = re.sub("(?m)^Exec=.*$", lambda _: runs, text)
    return re.sub("(?m)^Icon=.*$", lambda _: f"Icon={icon}", text).encode()


def info_plist() -> dict[str, object]:
    """Return what the Info.plist of a macOS bundle says about our links (Apple's "CFBundleURLTypes")."""
    return {"CFBundleURLTypes": [{"CFBundleURLName": "Syncline", "CFBundleURLSchemes": [SCHEME]}]}
