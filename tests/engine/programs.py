"""``syncline`` as a person runs it: in processes of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.engine.live import PATIENCE


@dataclass
class Running:
    """A program that goes on until it is told to stop, and the first line it printed."""

    process: subprocess.Popen[str]
    line: str
    out: str = ""
    err: str = ""


class Command:
    """Runs ``syncline`` with settings and data of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def start(self, *arguments: str | Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "engine.cli", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"SYNCLINE_HOME": str(self.home)} | dict(env or {}),
        )

    def __call__(self, *arguments: str | Path, status: int = 0, env: Mapping[str, str] | None = None) -> str:
        """Run to the end; return what it printed (stderr, when it was to fail)."""
        process = self.start(*arguments, env=env)
        out, err = process.communicate(timeout=4 * PATIENCE)
        assert "Traceback" not in out + err
        assert process.returncode == status, out + err
        if status == 0:
            assert err == ""
            return out
        return err

    @contextmanager
    def running(self, *arguments: str | Path, env: Mapping[str, str] | None = None) -> Iterator[Running]:
        """Start, wait for the first line, and end it with SIGTERM; then ``out`` and ``err`` are there."""
        process = self.start(*arguments, env=env)
        assert process.stdout is not None
        program = Running(process, process.stdout.readline())
        try:
            assert program.line, process.communicate(timeout=PATIENCE)[1]
            yield program
        finally:
            process.send_signal(signal.SIGTERM)
            program.out, program.err = process.communicate(timeout=PATIENCE)
        assert "Traceback" not in program.out + program.err
