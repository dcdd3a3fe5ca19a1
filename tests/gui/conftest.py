"""What the tests of the window share: no display, and no warning that goes unseen."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.pairing import discovery

if not os.environ.get("QT_QPA_PLATFORM", "").startswith("offscreen:"):  # with a screen that a test asks for
    os.environ["QT_QPA_PLATFORM"] = "offscreen"

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Any warning from Qt fails the test that caused it; who wants a display of its own waits for a full run."""
    for item in items:
        if item.path.is_relative_to(HERE):
            if "display" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.full)
            item.add_marker(pytest.mark.qt_log_level_fail("WARNING"))
            # what the offscreen platform says of every window
            item.add_marker(pytest.mark.qt_log_ignore("^This plugin does not support "))


@pytest.fixture(autouse=True)
def found_on_this_machine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add peer looks for other machines: in tests on loopback, not in whatever network they run in."""
    opened = discovery._open
    monkeypatch.setattr(discovery, "_open", lambda *, here: opened(here=True))


@pytest.fixture(autouse=True)
def quiet_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A log line from "warning" up fails the test; one that expects a line looks at it and calls ``caplog.clear()``."""
    yield
    lines = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.WARNING]
    assert not lines, f"unexpected log lines: {lines}"
