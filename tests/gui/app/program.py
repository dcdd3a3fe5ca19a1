"""The real program as a process of its own, on a display of its own where it is to be seen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from engine.replica import Replica
from engine.settings import DatabaseConfig, PeerConfig, Settings, SettingsFile
from tests.engine import fork_server
from tests.engine.fork_server import ForkedProcess
from tests.engine.live import PATIENCE

HERE = Path(__file__).parents[3]


def wait(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Wait for a condition that other processes bring about."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, f"not within {patience:.0f} s: {what}"
        time.sleep(0.05)


class Program:
    """``syncline ARGUMENTS`` with its settings and data below ``home``; warnings of any kind come out on stderr.

    Args:
        display: the X display; by default Qt's offscreen platform is used.
        temporary: where its temporary files go.
        forked: start it from a server that has loaded everything.
    """

    process: subprocess.Popen[str] | ForkedProcess

    def __init__(
        self,
        home: Path,
        *arguments: str,
        display: str = "",
        temporary: Path | None = None,
        forked: bool = False,
    ) -> None:
        self.home = home
        environment = environment_of(home, display=display, temporary=temporary)
        if forked:
            environment["PYTHONWARNINGS"] = "default"
            self.process = fork_server.start(arguments, environment, fork_server.WINDOW)
            return
        self.process = subprocess.Popen(
            [sys.executable, "-W", "default", "-m", "engine.cli", *arguments],
            cwd=HERE,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ends_well(self, number: signal.Signals | None = None) -> str:
        """Send a signal if one is given, and return stdout once it ended: status 0, and not a word on stderr."""
        if number is not None:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=PATIENCE)
        assert (self.process.returncode, err) == (0, ""), f"status {self.process.returncode}, stderr: {err}"
        return out

    def kill(self) -> None:
        """End it whatever it does; for when a test failed."""
        if self.process.poll() is None:
            self.process.kill()
            print(self.process.communicate())

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process.poll() is None


def environment_of(home: Path, *, display: str = "", temporary: Path | None = None) -> dict[str, str]:
    """What a ``Program`` with these arguments finds around it."""
    hidden = ("QT_", "WAYLAND_", "XDG_SESSION_")  # what would choose another platform
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    environment |= {
        "SYNCLINE_HOME": str(home),
        "SYNCLINE_LOG": "warning",
        "DISPLAY": display,
        "DBUS_SESSION_BUS_ADDRESS": "disabled:",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    if temporary is not None:
        environment["TMPDIR"] = str(temporary)
    if not display:
        environment["QT_QPA_PLATFORM"] = "offscreen"
    return environment


def settings_for(home: Path, file: Path, url: str, room: str = "room") -> None:
    """Write settings with one database and one live peer, as if a person had added them."""
    database = DatabaseConfig.new(file)
    peer = PeerConfig.new(database.id, url, room=room, name="the hub")
    SettingsFile(home / "config" / "settings.toml").save(Settings(databases=(database,), peers=(peer,)))


def version_of(file: Path) -> int:
    """The db_version of a file, read through a connection of its own."""
    with Replica.open(file, readonly=True) as replica:
        return replica.db_version()
