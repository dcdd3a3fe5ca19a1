"""What all the tests share: how much a run does, and what random suites reached."""

from __future__ import annotations

import gc
import os
import resource
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest

from tests import budget, coverage_data, waiting

ROOT = Path(__file__).parents[1]

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# What the program says is in English, in processes that tests start too; Qt goes by the second as well.
os.environ["LC_ALL"] = "C.UTF-8"
os.environ.pop("LANGUAGE", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """See ``tests.budget`` and ``tests.waiting``."""
    parser.addoption("--full", action="store_true", help="run all tests, and give random suites their whole time")
    parser.addoption("--soak", type=float, metavar="HOURS", help="run what needs hours, for so many, and nothing else")
    parser.addoption("--long", type=float, metavar="SECONDS", help="time for each random suite")
    parser.addoption("--waiting", action="store_true", help="run what waits for an event, a process or a socket")
    parser.addoption("--times", type=int, default=1, metavar="NUMBER", help="run each test so often")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make of each test as many as are asked for."""
    times = metafunc.config.getoption("--times")
    if times > 1:
        metafunc.fixturenames.append("time_number")
        metafunc.parametrize("time_number", range(times))


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
    if config.getoption("--waiting"):
        chosen = [item for item in chosen if waiting.waits(item)]
    kept = set(chosen)
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = sorted(chosen, key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish() -> None:
    """Keep what was loaded from the collector: tests of the window have it go through everything, twice each."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Between the last test and the moment when pytest-cov puts together what all processes have covered."""
    done = yield
    if session.config.pluginmanager.hasplugin("_cov") and not hasattr(session.config, "workerinput"):
        coverage_data.drop_unfinished(ROOT / "build" / "coverage")
    return done


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist hands over what it reached."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["suites"] = budget.reached()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """The one that prints takes it over."""
    budget.add(getattr(node, "workeroutput", {}).get("suites", {}))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None]:
    """Tell how many cases each random suite reached; without -s nobody would see. At the very end, the totals."""
    lines = budget.summary()
    if lines:
        terminalreporter.section("random suites")
        for line in lines:
            terminalreporter.line(line)
    yield
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    terminalreporter.section("totals")
    terminalreporter.line(f"processor time: {sum(one.ru_utime + one.ru_stime for one in used):.0f} s")
    covered = getattr(terminalreporter.config.pluginmanager.getplugin("_cov"), "cov_total", None)
    if covered is not None:
        terminalreporter.line(f"coverage: {covered:.1f} %")
