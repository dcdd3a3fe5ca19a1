"""What all the tests share."""

from __future__ import annotations

import os

import hypothesis
import pytest

from tests import budget

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# No deadline: a busy machine is no failure. In CI the same examples each time: a red run is about the change.
hypothesis.settings.register_profile(
    "syncline", deadline=None, print_blob=True, derandomize=bool(os.environ.get("CI"))
)
hypothesis.settings.load_profile("syncline")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how many cases each random suite reached; without -s nobody would see."""
    lines = budget.summary()
    if lines:
        terminalreporter.section("random suites")
        for line in lines:
            terminalreporter.line(line)
