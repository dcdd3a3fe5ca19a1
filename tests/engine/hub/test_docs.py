"""What docs/hub.md tells a person to type, typed: as it stands there, one block after the other."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.cli.commandline import parser
from engine.crr import Replica
from tests.engine.live import PATIENCE

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "hub.md").read_text()
UNIT = (ROOT / "assets" / "syncline-hub.service").read_text()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Terminal:
    """A shell in a home of its own, with ``syncline`` on its path, and a second one for the hub."""

    def __init__(self, home: Path) -> None:
        self.port = str(free_port())
        self.hub: subprocess.Popen[str] | None = None
        programs = home / ".local" / "bin"
        programs.mkdir(parents=True)
        program = programs / "syncline"
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m engine.cli "$@"\n')
        program.chmod(0o755)
        unset = ("SYNCLINE_HOME", "SYNCLINE_TOKEN", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
        self.environment = {name: value for name, value in os.environ.items() if name not in unset}
        path = f"{programs}:{os.environ['PATH']}"
        self.environment |= {"HOME": str(home), "PATH": path, "PYTHONPATH": str(ROOT)}

    def type(self, text: str) -> str:
        done = subprocess.run(
            ["sh", "-eu", "-c", self._here(text)],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=4 * PATIENCE,
        )  # fmt: skip
        assert done.returncode == 0, (text, done.stdout, done.stderr)
        return done.stdout

    def serve(self, text: str) -> None:
        self.hub = subprocess.Popen(
            ["sh", "-c", "exec " + self._here(text)],
            cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.hub.stdout is not None
        assert "Serving" in self.hub.stdout.readline(), self.hub.communicate()[1]

    def stop(self) -> None:
        if self.hub is not None:
            self.hub.send_signal(signal.SIGTERM)
            _, err = self.hub.communicate(timeout=PATIENCE)
            assert (self.hub.returncode, err) == (0, "")
            self.hub = None

    def _here(self, text: str) -> str:
        return text.replace("8787", self.port)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.stop()


@pytest.mark.slow
def test_every_command(terminal: Terminal, tmp_path: Path) -> None:
    blocks = re.findall(r"^```sh *(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) > 8
    said = ""
    for kind, text in blocks:
        match kind:
            case "":
                said += terminal.type(text)
            case "serve":
                terminal.serve(text)
            case "stop":
                terminal.stop()
    assert "Sent 2 changes" in said or "Sent 1 change" in said
    assert "laptop: all rooms, read and write" in said
    assert "syncline_peers" in said
    assert "\nok\n" in said
    assert "todo.db is as it was at" in said
    with Replica.open(tmp_path / "syncline-hub" / "rooms" / "todo", readonly=True) as room:
        assert list(room.live_rows("todo")) == [((1,), ("Try it",))]


def test_every_limit_stands_there_with_its_default() -> None:
    from engine.hub.limits import Limits, parse

    told = dict(re.findall(r"^\| `([a-z-]+)` \| ([0-9]+[mg]?) \|", PAGE, re.MULTILINE))
    assert parse([f"{name}={amount}" for name, amount in told.items()]) == Limits()
    assert len(told) == len(Limits.__dataclass_fields__)


def test_the_unit_runs_a_command_that_there_is(tmp_path: Path) -> None:
    [command] = re.findall(r"^ExecStart=(.*)$", UNIT, re.MULTILINE)
    words = shlex.split(command.replace("%h", "/home/someone"))
    arguments = parser().parse_args(words[1:])
    assert arguments.folder == Path("/home/someone/syncline-hub/rooms")
    assert arguments.tokens == Path("/home/someone/syncline-hub/tokens.json")
    if verify := shutil.which("systemd-analyze"):
        unit = tmp_path / "syncline-hub.service"
        unit.write_text(UNIT.replace(words[0].replace("/home/someone", "%h"), "/bin/true"))
        done = subprocess.run(
            [verify, "--user", "verify", unit],
            env=os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)}, capture_output=True, text=True,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
