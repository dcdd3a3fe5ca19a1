"""``syncline`` as a person runs it: in processes of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.engine import fork_server
from tests.engine.fork_server import ForkedProcess
from tests.engine.live import PATIENCE


@dataclass
class Running:
    """A program that goes on until it is told to stop, and the first line it printed."""

    process: ForkedProcess
    line: str
    out: str = ""
    err: str = ""


class Command:
    """Runs ``syncline`` with settings and data of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def start(self, *arguments: str | Path, env: Mapping[str, str] | None = None) -> ForkedProcess:
        environment = os.environ | {"SYNCLINE_HOME": str(self.home)} | dict(env or {})
        return fork_server.start(list(map(str, arguments)), environment)

    def __call__(self, *arguments: str | Path, status: int = 0, env: Mapping[str, str] | None = None) -> str:
        """Run to the end; return what it printed (stderr, when it was to fail)."""
        process = self.start(*arguments, env=env)
        out, err = process.communicate(timeout=4 * PATIENCE)
        assert "Traceback" not in out + err, out + err
        assert process.returncode == status, out + err
        if status == 0:
            assert err == ""
            return out
        return err

    @contextmanager
    def running(self, *arguments: str | Path, env: Mapping[str, str] | None = None) -> Iterator[Running]:
        """Start, wait for the first line, and end it with SIGTERM; then ``out`` and ``err`` are there."""
        process = self.start(*arguments, env=env)
        program = Running(process, process.stdout.readline())
        try:
            assert program.line, process.communicate(timeout=PATIENCE)[1]
            yield program
        finally:
            process.send_signal(signal.SIGTERM)
            program.out, program.err = process.communicate(timeout=PATIENCE)
        assert "Traceback" not in program.out + program.err, program.err


def bound_by_permissions() -> list[str]:
    """The words that run a command so that permissions hold for it: they do not for root."""
    return ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"] if os.geteuid() == 0 else []


FOLDERS = [
    "read-only",
    "out of reach",
    "inside out of reach",
    "a file",
    "files inside",
    "no space",
    "no such user",
    "links in circles",
    "home read-only",
    "XDG read-only",
    "XDG a file",
]
"""What can be wrong with the folders of settings and data."""


@contextmanager
def unusable_folders(fault: str, place: Path) -> Iterator[dict[str, str]]:
    """Make folders for settings and data that cannot be used; ``place`` is a folder for them.

    Args:
        fault: one of ``FOLDERS``. With "no space" the program must see to it by itself: its ``SYNCLINE_FULL`` is set.

    Yields:
        the environment that leads there; the values are "" where a variable must not be set.
    """
    place.mkdir()
    home = place / "home"
    environment = {"SYNCLINE_HOME": str(home), "XDG_CONFIG_HOME": "", "XDG_DATA_HOME": "", "HOME": str(place)}
    match fault:
        case "a file":
            home.write_text("")
        case "links in circles":
            home.symlink_to(home)
        case "files inside":
            home.mkdir()
            (home / "config").write_text("")
            (home / "data").write_text("")
        case "inside out of reach":
            for name in ("config", "data"):
                (home / name).mkdir(parents=True)
                (home / name).chmod(0)
        case "no such user":
            environment["SYNCLINE_HOME"] = "~nobody-is-called-so/syncline"
        case "no space":
            home.mkdir()
            environment["SYNCLINE_FULL"] = "1"
        case _:
            home.mkdir()
            home.chmod(0 if fault == "out of reach" else 0o555)
    if fault.startswith(("home", "XDG")):
        environment["SYNCLINE_HOME"], environment["HOME"] = "", str(home)
    if fault.startswith("XDG"):
        (place / "file").write_text("")
        where = str(place / "file" if fault == "XDG a file" else home)
        environment |= {"XDG_CONFIG_HOME": where, "XDG_DATA_HOME": where}
    try:
        yield environment
    finally:
        for folder in (home, home / "config", home / "data"):
            if folder.is_dir():
                folder.chmod(0o755)


NO_SPACE = """
import os, resource, signal
if os.environ.get("SYNCLINE_FULL"):  # no file may grow, as on a disk that is full
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
"""
"""What a program runs first that is to find no space."""
