"""Runs an installed or bundled Syncline as its own process: nothing of this checkout is on its path."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

PATIENCE = 60.0

SHOWN = "gui.app: the window is shown"


class Installed:
    """One Syncline.

    Args:
        program: what is started. folder: its settings, its data and its current folder lie there.

    Attributes:
        environment: all that it knows of its surroundings; there is no ``PATH`` in it.
    """

    def __init__(self, program: Path, folder: Path) -> None:
        self.program = program
        self.folder = folder
        self.environment = {
            "SYNCLINE_HOME": str(folder / "home"),
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "QT_QPA_PLATFORM": "offscreen",
        }

    def __call__(self, *arguments: str | Path, status: int = 0) -> str:
        """Run a command to its end; return what it printed (on stderr, when it was to fail)."""
        done = subprocess.run(
            [self.program, *arguments],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert "Traceback" not in done.stdout + done.stderr
        assert done.returncode == status, done.stdout + done.stderr
        if status == 0:
            assert done.stderr == ""
            return done.stdout
        return done.stderr

    def shows_its_window(self, *arguments: str, platform: Mapping[str, str] | None = None) -> None:
        """Open the window until it is painted, and end it with SIGTERM: status 0, nothing else on stderr."""
        process = subprocess.Popen(
            [self.program, *arguments],
            env=self.environment | {"SYNCLINE_LOG": "info"} | dict(platform or {}),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stderr is not None
            assert SHOWN in process.stderr.readline()
            process.send_signal(signal.SIGTERM)
            assert process.communicate(timeout=PATIENCE) == ("", "")
            assert process.returncode == 0
        finally:
            process.kill()
            process.wait()
