"""The tests that wait are found, and each is run as often as is asked for."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def listed(*arguments: str) -> list[str]:
    """The tests that pytest would run."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return re.findall(r"^tests/\S+::(\S+)", done.stdout, re.MULTILINE)


def test_those_that_wait_are_chosen() -> None:
    """Of a loop, of a process in a fixture's helper, and not of what only computes."""
    waiting = listed(
        "--waiting",
        "tests/engine/transport/test_driver.py",
        "tests/engine/ordinary/test_meshes.py",
        "tests/engine/links/test_backoff.py",
        "tests/test_waiting.py",
    )
    assert waiting == [
        "test_all_files_end_equal",
        "test_a_deadline_that_moves_nearer_is_kept",
        "test_those_that_wait_are_chosen",
        "test_each_is_run_as_often_as_is_asked_for",
    ]


def test_each_is_run_as_often_as_is_asked_for() -> None:
    again = listed("--times", "3", "tests/engine/transport/test_gc_pause.py")
    assert len(again) == 6
    assert len(set(again)) == 6
