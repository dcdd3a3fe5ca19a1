"""Folders for settings and data that cannot be used: the window says so, and is never gone without a word."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import budget
from tests.engine.live import PATIENCE, make_file
from tests.engine.programs import NO_SPACE, bound_by_permissions, unusable_folders
from tests.gui.app.program import HERE, environment_of, settings_for

WATCHED = (
    NO_SPACE
    + """
import json, os, signal, sys, threading, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox
from engine.cli import main

seen = set()

def look():
    for one in QApplication.allWidgets():
        if isinstance(one, QMessageBox) and one.isVisible():
            print(json.dumps(one.text()), flush=True)
            one.close()
        if isinstance(one, QLabel) and "could not be backed up" in one.text() and not seen:
            seen.add(one.text())
            print(json.dumps(one.text()), flush=True)
            os.kill(os.getpid(), signal.SIGTERM)

def watch():
    while True:
        if (app := QApplication.instance()) is not None:
            QTimer.singleShot(0, app, look)
        time.sleep(0.1)

threading.Thread(target=watch, daemon=True).start()
sys.exit(main(sys.argv[1:]))
"""
)
"""The program; a message box is printed, and closed as a person would. That a peer waits for a backup is printed too,
and then the program is told to end."""


@contextmanager
def watched(environment: dict[str, str], home: Path) -> Iterator[subprocess.Popen[str]]:
    hidden = ("COVERAGE", "XDG_")
    found = {name: value for name, value in environment_of(home).items() if not name.startswith(hidden)} | environment
    process = subprocess.Popen(
        [*bound_by_permissions(), sys.executable, "-c", WATCHED, "open"],
        cwd=HERE,
        env={name: value for name, value in found.items() if value},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            print(process.communicate())


@pytest.mark.parametrize(
    "fault", budget.variants(["read-only", "a file", "no space", "no such user", "XDG a file"], "read-only", "no space")
)
def test_it_says_why_it_cannot_start(tmp_path: Path, fault: str) -> None:
    with (
        unusable_folders(fault, tmp_path / "folders") as environment,
        watched(environment | {"LC_ALL": "C.UTF-8"}, tmp_path) as process,
    ):
        out, err = process.communicate(timeout=PATIENCE)
    [told] = [json.loads(line) for line in out.splitlines()]
    folder = environment["SYNCLINE_HOME"] or environment["XDG_CONFIG_HOME"] or environment["HOME"]
    assert folder in told
    assert process.returncode in (1, 2)
    assert err.startswith("syncline: ")
    assert "Traceback" not in err
    assert folder in err


@pytest.mark.parametrize("fault", budget.variants(["read-only", "a file"], "read-only"))
def test_it_runs_where_only_its_data_cannot_be_kept(tmp_path: Path, fault: str) -> None:
    """No journal, no log file, and no sync: without a backup nothing is written to a person's file."""
    home = tmp_path / "home"
    settings_for(home, make_file(tmp_path / "a.db"), "ws://127.0.0.1:9/sync")
    data = home / "data"
    if fault == "a file":
        data.write_text("")
    else:
        data.mkdir()
        data.chmod(0o555)
    with watched({"SYNCLINE_LOG": "INFO"}, home) as process:
        out, err = process.communicate(timeout=PATIENCE)
    [told] = [json.loads(line) for line in out.splitlines()]
    assert f"a.db could not be backed up to {data}" in told
    assert process.returncode == 0
    assert "Traceback" not in err
    assert "There will be no log file" in err
    assert "There will be no journal" in err
