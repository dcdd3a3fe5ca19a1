"""What all the tests share: how much a run does, and what random suites reached."""

from __future__ import annotations

import os

import hypothesis
import pytest

from tests import budget

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["LC_ALL"] = "C.UTF-8"  # what the program says is in English, in processes that tests start too


def pytest_addoption(parser: pytest.Parser) -> None:
    """See ``tests.budget``."""
    parser.addoption("--full", action="store_true", help="run all tests, and give random suites their whole time")
    parser.addoption("--soak", type=float, metavar="HOURS", help="run what needs hours, for so many, and nothing else")
    parser.addoption("--long", type=float, metavar="SECONDS", help="time for each random suite")


def pytest_configure(config: pytest.Config) -> None:
    """Tests read the budget where they are defined, which is later than this; so do the workers of pytest-xdist."""
    soak, seconds = config.getoption("--soak"), config.getoption("--long")
    if soak is not None:
        os.environ["SYNCLINE_RUN"] = "soak"
    elif config.getoption("--full"):
        os.environ["SYNCLINE_RUN"] = "full"
    if seconds is not None:
        os.environ["SYNCLINE_BUDGET"] = str(seconds)
    # No deadline: a busy machine is no failure. The same examples each time: a red run is about the change.
    at_random = soak is not None or seconds is not None
    hypothesis.settings.register_profile("syncline", deadline=None, print_blob=True, derandomize=not at_random)
    hypothesis.settings.load_profile("syncline")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what does not belong to this run; what is slow goes first, so that no worker is left with it."""
    soak = config.getoption("--soak")
    if soak is not None:
        chosen = [item for item in items if item.get_closest_marker("soak")]
        workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
        os.environ.setdefault("SYNCLINE_BUDGET", str(soak * 3600 * workers / max(1, len(chosen))))
    else:
        chosen = [item for item in items if budget.is_full() or not item.get_closest_marker("full")]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = sorted(chosen, key=lambda item: item.get_closest_marker("slow") is None)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist hands over what it reached."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["suites"] = budget.reached()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """The one that prints takes it over."""
    budget.add(getattr(node, "workeroutput", {}).get("suites", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how many cases each random suite reached; without -s nobody would see."""
    lines = budget.summary()
    if lines:
        terminalreporter.section("random suites")
        for line in lines:
            terminalreporter.line(line)
