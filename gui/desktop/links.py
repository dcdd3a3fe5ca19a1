"""Whether ``syncline:`` links, clicked anywhere, open this Syncline. The system is the only one who remembers that."""

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
"""The application's file, here in ``assets`` and on a freedesktop system. Whoever packages Syncline installs it too."""

WHAT = t("The program that opens pairing links")

MIME = f"x-scheme-handler/{SCHEME}"


class LinkType(Protocol):
    """One system's way to say who opens a kind of link."""

    def enabled(self) -> bool:
        """Whether links open Syncline now."""

    def current(self) -> bool:
        """Whether they open this very one: a checkout may have been moved since."""

    def set(self, on: bool) -> None:
        """Switch it. Raises SynclineError when the system would not."""


def link_type() -> LinkType | None:
    """The way of this system; None where it is no matter of ours: on macOS the bundle says it (``info_plist``)."""
    if sys.platform == "darwin":
        return None
    if sys.platform == "win32":
        return ClassesKey()
    home = Path.home()
    data = os.environ.get("XDG_DATA_HOME") or home / ".local" / "share"
    configuration = os.environ.get("XDG_CONFIG_HOME") or home / ".config"
    return XdgLinkType(Path(data) / "applications", Path(configuration) / "mimeapps.list")


class XdgLinkType:
    """An application's file, and a line that makes it the one for our links.

    See freedesktop's Desktop Entry Specification, and "Association between MIME types and applications".

    Args:
        folder: ``applications`` in the data folder. choices: ``mimeapps.list``, which other programs write to as well.
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
        """Who opens our links, the first choice first."""
        group = ""
        for line in self._lines():
            if line.startswith("["):
                group = line.strip()
            elif group == self.GROUP and line.partition("=")[0].strip() == MIME:
                return [name.strip() for name in line.partition("=")[2].split(";") if name.strip()]
        return []

    def _with(self, names: list[str]) -> list[str]:
        """The lines of the file with this choice; everybody else's stay as they are."""
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
    """The application's file as it stands in ``assets``, for this very Syncline and with its own icon."""
    text = (resources.files("assets") / ENTRY).read_text("utf-8")
    icon = resources.files("assets") / "icons" / "syncline.svg"
    words = relaunch.command("open")
    runs = f"TryExec={words[0]}\nExec={exec_line(words)} %u"  # it counts only while the program is there
    text = re.sub("(?m)^Exec=.*$", lambda _: runs, text)
    return re.sub("(?m)^Icon=.*$", lambda _: f"Icon={icon}", text).encode()


def info_plist() -> dict[str, object]:
    """What a macOS bundle's Info.plist says of our links (Apple's "CFBundleURLTypes")."""
    return {"CFBundleURLTypes": [{"CFBundleURLName": "Syncline", "CFBundleURLSchemes": [SCHEME]}]}
