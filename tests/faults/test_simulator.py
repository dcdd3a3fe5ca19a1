"""Many replicas under bad weather, from seeds (see tests/faults/sim)."""

from __future__ import annotations

import pytest

from tests import budget

from .sim.timeline import Failed
from .sim.world import TOPOLOGIES, simulate

SECONDS = budget.pick(5.0, 20.0)


@pytest.mark.slow
@pytest.mark.soak
@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_nothing_is_lost(topology: str) -> None:
    """Whatever the weather: no clock ahead of its data, no link stuck, all replicas equal, and then silence."""
    for case in budget.cases(f"simulator: {topology}", seconds=SECONDS):
        world, outcome = simulate(topology, case.random)
        if isinstance(outcome, Failed):
            pytest.fail(f"seed {case.seed}: {outcome}\n{world.time.story()}", pytrace=False)
        for what, number in (("made", outcome.made), ("sent", outcome.sent), ("checked", outcome.checked)):
            budget.count(f"simulator: {topology}, changes {what}", number)
