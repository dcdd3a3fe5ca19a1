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


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--long 3600``: every random suite goes on for an hour."""
    parser.addoption("--long", type=float, metavar="SECONDS", help="time for each random suite")


def pytest_configure(config: pytest.Config) -> None:
    """Suites read the budget where they are defined, which is later than this."""
    seconds = config.getoption("--long")
    if seconds is not None:
        os.environ["SYNCLINE_BUDGET"] = str(seconds)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how many cases each random suite reached; without -s nobody would see."""
    lines = budget.summary()
    if lines:
        terminalreporter.section("random suites")
        for line in lines:
            terminalreporter.line(line)
