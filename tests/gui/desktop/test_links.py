"""Who opens pairing links."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from engine import relaunch
from engine.errors import SynclineError
from gui.desktop.links import ENTRY, MIME, ClassesKey, XdgLinkType, desktop_entry, info_plist, link_type
from tests.engine.live import PATIENCE

ROOT = Path(__file__).parents[3]
OTHERS = "# mine\n[Added Associations]\nx/y=z.desktop;\n\n[Default Applications]\ntext/plain=vim.desktop\n"


def a_type(folder: Path) -> XdgLinkType:
    return XdgLinkType(folder / "applications", folder / "mimeapps.list")


def test_on_and_off_leaves_nothing(tmp_path: Path) -> None:
    one = a_type(tmp_path)
    assert not one.enabled()
    one.set(False)
    for _ in range(2):
        one.set(True)
        assert one.enabled()
        assert one.current()
    assert one.choices.read_text() == f"[Default Applications]\n{MIME}={ENTRY};\n"
    one.set(False)
    assert not one.enabled()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("others", [OTHERS, "[Added Associations]\nx/y=z.desktop;\n"])
def test_the_choices_of_others_stay(tmp_path: Path, others: str) -> None:
    one = a_type(tmp_path)
    one.choices.write_text(others)
    one.set(True)
    assert one.enabled()
    assert set(others.splitlines()) <= set(one.choices.read_text().splitlines())
    one.set(False)
    assert one.choices.read_text().rstrip() in (others.rstrip(), f"{others}\n[Default Applications]")


def test_choices_in_another_encoding_and_another_folder(tmp_path: Path) -> None:
    one, elsewhere = a_type(tmp_path), tmp_path / "dotfiles"
    before = b"[Default Applications]\nx/y=caf\xe9.desktop;\n"
    elsewhere.write_bytes(before)
    one.choices.symlink_to(elsewhere)
    one.set(True)
    assert one.enabled()
    one.set(False)
    assert one.choices.is_symlink()
    assert elsewhere.read_bytes() == before


def test_another_program_that_was_chosen_before_is_the_one_again(tmp_path: Path) -> None:
    one = a_type(tmp_path)
    before = f"[Default Applications]\n{MIME}=other.desktop;\n"
    one.choices.write_text(before)
    assert not one.enabled()
    one.set(True)
    assert f"{MIME}={ENTRY};other.desktop;" in one.choices.read_text()
    one.choices.write_text(f"[Default Applications]\n{MIME}=other.desktop;{ENTRY};\n")
    assert not one.enabled(), "the person chose the other one"
    one.set(False)
    assert one.choices.read_text() == before


def test_a_checkout_that_was_moved(tmp_path: Path) -> None:
    one = a_type(tmp_path)
    one.set(True)
    one.file.write_text(one.file.read_text().replace(relaunch.command()[0], "/gone/syncline"))
    assert one.enabled()
    assert not one.current()
    one.set(True)
    assert one.current()


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "applications").write_text("")
    with pytest.raises(SynclineError, match="The program that opens pairing links could not be changed in") as caught:
        a_type(tmp_path).set(True)
    assert caught.value.hint


@pytest.mark.full  # the validator is installed for this alone
def test_the_files_are_valid(tmp_path: Path) -> None:
    registered = tmp_path / ENTRY
    registered.write_bytes(desktop_entry())
    for file in (ROOT / "assets" / ENTRY, registered):
        done = subprocess.run(["desktop-file-validate", file], capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, "")
    assert f"MimeType={MIME};" in registered.read_text()


def test_the_desktop_opens_a_link_with_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = tmp_path / "called"
    inbound_attempt = tmp_path / "sync line"
    inbound_attempt.write_text(f'#!/bin/sh\necho "$@" >"{called}.new"; mv "{called}.new" "{called}"\n')
    inbound_attempt.chmod(0o755)
    monkeypatch.setattr(relaunch, "command", lambda *words: [str(inbound_attempt), *words])
    a_type(tmp_path).set(True)
    environment = os.environ | {"XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    link = "syncline://pair?at=127.0.0.1,fd00::7&port=1&room=a%20b"
    subprocess.run(["gio", "open", link], env=environment, check=True, timeout=PATIENCE)
    end = time.monotonic() + PATIENCE
    while not called.exists():
        assert time.monotonic() < end, "it was not started"
        time.sleep(0.02)
    assert called.read_text() == f"open {link}\n"


def test_where_the_system_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr("sys.platform", "linux")
    found = link_type()
    assert found is not None
    found.set(True)
    assert (tmp_path / "data" / "applications" / ENTRY).is_file()
    assert (tmp_path / "config" / "mimeapps.list").is_file()
    monkeypatch.setattr("sys.platform", "darwin")
    assert link_type() is None
    assert info_plist()["CFBundleURLTypes"] == [{"CFBundleURLName": "Syncline", "CFBundleURLSchemes": ["syncline"]}]


class Registry:
    """As much of Windows' registry as there is to it, in memory; a key goes only when it has none below."""

    KEY_SET_VALUE, REG_SZ, HKEY_CURRENT_USER = 2, 1, "person"

    def __init__(self) -> None:
        self.keys: dict[str, dict[str, str]] = {}

    def CreateKeyEx(self, root: str, path: str, reserved: int, access: int) -> Any:  # noqa: N802
        parts = path.split("\\")
        for count in range(1, len(parts) + 1):
            self.keys.setdefault("\\".join(parts[:count]), {})
        return contextlib.nullcontext(path)

    def OpenKey(self, root: str, path: str) -> Any:  # noqa: N802
        if path not in self.keys:
            raise FileNotFoundError(2, "no such key")
        return contextlib.nullcontext(path)

    def QueryValueEx(self, key: str, name: str) -> tuple[str, int]:  # noqa: N802
        return self.keys[key][name], self.REG_SZ

    def SetValueEx(self, key: str, name: str, reserved: int, kind: int, value: str) -> None:  # noqa: N802
        self.keys[key][name] = value

    def DeleteKey(self, root: str, path: str) -> None:  # noqa: N802
        if path not in self.keys:
            raise FileNotFoundError(2, "no such key")
        if any(key.startswith(path + "\\") for key in self.keys):
            raise PermissionError(5, "it has keys below it")
        del self.keys[path]


def test_the_classes_key() -> None:
    registry = Registry()
    one = ClassesKey(registry)
    one.set(False)
    assert not one.enabled()
    one.set(True)
    assert one.enabled()
    assert one.current()
    assert registry.keys[ClassesKey.PATH] == {"": "URL:Syncline", "URL Protocol": ""}
    command = subprocess.list2cmdline(relaunch.command("open"))
    assert registry.keys[ClassesKey.COMMAND] == {"": f'{command} "%1"'}
    registry.keys[ClassesKey.COMMAND][""] = "elsewhere"
    assert not one.current()
    one.set(False)
    assert not one.enabled()
    assert set(registry.keys) == {"Software", r"Software\Classes"}, "nothing of ours is left"
