"""``demo --p2p --windows``: three windows in three processes, that find each other, pair and sync by themselves."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.engine.live import PATIENCE, rows, write
from tests.engine.programs import Command
from tests.gui.app.program import wait

MACHINES = ("laptop", "desktop", "tablet")


def processes(folder: Path) -> dict[str, int]:
    """The windows that are open, by machine."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue  # it has just ended
            if "--machine" in words and words[words.index("--machine") + 2].startswith(str(folder)):
                found[words[words.index("--machine") + 1]] = int(entry.name)
    return found


@pytest.mark.slow
def test_once_they_write_sync_and_close(tmp_path: Path) -> None:
    files = tmp_path / "files"
    out = Command(tmp_path / "home")("demo", "--p2p", "--windows", "--once", "--keep", files)
    assert out.splitlines()[-1] == "identical"
    assert out.count("its tables match") == 3
    assert "Every window shows “In sync”." in out
    assert processes(files) == {}
    assert not (tmp_path / "home").exists()


@pytest.mark.slow
def test_a_person_plays_with_them_and_ends_them(tmp_path: Path) -> None:
    """What one writes arrives in all; one window can be closed; Ctrl-C ends the others and removes the files."""
    command = Command(tmp_path / "home")
    with command.running("demo", "--p2p", "--windows", env={"TMPDIR": str(tmp_path)}) as program:
        assert program.process.stdout is not None
        while "Ctrl-C" not in (line := program.process.stdout.readline()):
            assert line, "it goes on until it is told to stop"
        [folder] = tmp_path.glob("syncline-demo-*")
        assert set(processes(folder)) == set(MACHINES)
        write(folder / "laptop" / "todo.db", "INSERT INTO todo (id, text) VALUES (1, 'by a person')")
        wait(lambda: all(rows(folder / name / "todo.db", "todo") for name in MACHINES), "it arrives in all of them")
        os.kill(processes(folder)["desktop"], signal.SIGTERM)
        wait(lambda: set(processes(folder)) == {"laptop", "tablet"}, "one is closed, the others stay")
        write(folder / "laptop" / "todo.db", "INSERT INTO todo (id, text) VALUES (2, 'past the one that is closed')")
        wait(lambda: len(rows(folder / "tablet" / "todo.db", "todo")) == 2, "the others go on")
        program.process.send_signal(signal.SIGINT)
        assert program.process.wait(timeout=PATIENCE) == 0
    assert program.err == ""
    assert processes(tmp_path) == {}
    assert not folder.exists()


def test_wrong_uses_are_told_in_words(tmp_path: Path) -> None:
    command = Command(tmp_path / "home")
    assert "--windows needs --p2p" in command("demo", "--windows", "--once", status=2)
    none = dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"), "")
    assert "no display" in command("demo", "--p2p", "--windows", env=none, status=1)
