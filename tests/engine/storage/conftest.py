"""Watches of each kind, and shorter ones."""

from __future__ import annotations

import pytest

from engine.storage import file_watch
from tests.engine.storage.watching import KINDS


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence is sooner reached without the last waits, which are there for very slow disks."""
    monkeypatch.setattr(file_watch, "WAITS", file_watch.WAITS[:-2])


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__.strip("_"))
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[file_watch._Watcher]:
    """Each watcher that this machine has; the other one is the only choice on other systems."""
    monkeypatch.setattr(file_watch, "_KIND", request.param)
    return request.param  # type: ignore[no-any-return]
