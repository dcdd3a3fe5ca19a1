"""Starting at login."""

from __future__ import annotations

import contextlib
import plistlib
import subprocess
from pathlib import Path

import pytest

from engine.errors import SynclineError
from gui.desktop.autostart import LaunchAgent, RunKey, XdgAutostart, autostart, command, desktop_entry


def test_the_command_starts_this_syncline(tmp_path: Path) -> None:
    words = command()
    assert words[-2:] == ["open", "--hidden"]
    done = subprocess.run([*words[:-2], "--help"], capture_output=True, text=True, cwd=Path(__file__).parents[3])
    assert "Keeps SQLite databases in sync" in done.stdout


@pytest.mark.parametrize("kind", [XdgAutostart, LaunchAgent])
def test_on_and_off(tmp_path: Path, kind: type[XdgAutostart | LaunchAgent]) -> None:
    one = kind(tmp_path / "not there yet")
    assert not one.enabled()
    one.set(False)
    for _ in range(2):
        one.set(True)
        assert one.enabled()
    one.set(False)
    assert not one.enabled()
    assert list(one.file.parent.iterdir()) == []


@pytest.mark.parametrize("line", ["Hidden=true", "X-GNOME-Autostart-enabled = false"])
def test_the_desktop_may_have_switched_it_off(tmp_path: Path, line: str) -> None:
    one = XdgAutostart(tmp_path)
    one.set(True)
    one.file.write_text(one.file.read_text().replace("X-GNOME-Autostart-enabled=true", line))
    assert not one.enabled()


def test_a_damaged_file_is_off_and_can_be_switched_on(tmp_path: Path) -> None:
    for one in (XdgAutostart(tmp_path), LaunchAgent(tmp_path)):
        one.file.write_bytes(b"\xff\xfe\0nonsense")
        assert not one.enabled()
        one.set(True)
        assert one.enabled()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SynclineError, match="could not be changed") as caught:
        XdgAutostart(tmp_path / "file").set(True)
    assert caught.value.hint


def test_the_agent_runs_at_login(tmp_path: Path) -> None:
    one = LaunchAgent(tmp_path)
    one.set(True)
    job = plistlib.loads(one.file.read_bytes())
    assert (job["Label"], job["RunAtLoad"], job["ProgramArguments"]) == ("syncline", True, command())


class Registry:
    """As much of Windows' registry as there is to it, in memory."""

    KEY_READ, KEY_SET_VALUE, REG_SZ, HKEY_CURRENT_USER = 1, 2, 1, "person"

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], str] = {}

    def CreateKeyEx(self, root: str, path: str, reserved: int, access: int):  # type: ignore[no-untyped-def]  # noqa: N802
        return contextlib.nullcontext(f"{root}/{path}")

    def QueryValueEx(self, key: str, name: str) -> str:  # noqa: N802
        if (key, name) not in self.values:
            raise FileNotFoundError(2, "no such value")
        return self.values[key, name]

    def SetValueEx(self, key: str, name: str, reserved: int, kind: int, value: str) -> None:  # noqa: N802
        self.values[key, name] = value

    def DeleteValue(self, key: str, name: str) -> None:  # noqa: N802
        del self.values[key, name]


def test_the_run_key() -> None:
    registry = Registry()
    one = RunKey(registry)
    one.set(False)
    assert not one.enabled()
    one.set(True)
    assert one.enabled()
    assert list(registry.values.items()) == [
        (("person/" + RunKey.PATH, "syncline"), subprocess.list2cmdline(command()))
    ]
    one.set(False)
    assert registry.values == {}


def test_words_of_an_exec_key_are_quoted() -> None:
    entry = desktop_entry(["/opt/my apps/sync", "50%", 'a "b" $c `d` \\e', "plain"])
    line = next(line for line in entry.splitlines() if line.startswith("Exec="))
    assert line == r'Exec="/opt/my apps/sync" 50%% "a \\"b\\" \\$c \\`d\\` \\\\e" plain'


def test_where_the_system_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    autostart().set(True)
    assert (tmp_path / "autostart" / "syncline.desktop").is_file()
