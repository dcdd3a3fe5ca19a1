"""The collector is as it was found after large messages, however many were read at a time."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from engine.transport import gc_pause


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    enabled = gc.isenabled()
    yield
    (gc.enable if enabled else gc.disable)()
    gc.unfreeze()


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_as_it_was(enabled: bool) -> None:
    (gc.enable if enabled else gc.disable)()
    with gc_pause.at_work():
        with gc_pause.reading():
            assert not gc.isenabled()
            with gc_pause.reading():
                pass
            assert not gc.isenabled()
        assert gc.isenabled() is enabled
        assert gc.get_freeze_count() > 0
    assert gc.isenabled() is enabled
    assert gc.get_freeze_count() == 0
