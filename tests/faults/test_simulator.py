"""Many replicas under bad weather, from seeds (see tests/faults/sim)."""

from __future__ import annotations

import os

import pytest

from tests import budget

from .sim.timeline import Failed
from .sim.world import TOPOLOGIES, simulate

SECONDS = (240.0 if os.environ.get("CI") else 20.0) / len(TOPOLOGIES)


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_nothing_is_lost(topology: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the weather: no clock ahead of its data, no link stuck, all replicas equal, and then silence."""
    made = sent = checked = 0
    for case in budget.cases(f"simulator: {topology}", seconds=SECONDS):
        world, outcome = simulate(topology, case.random)
        if isinstance(outcome, Failed):
            pytest.fail(f"seed {case.seed}: {outcome}\n{world.time.story()}", pytrace=False)
        made, sent, checked = made + outcome.made, sent + outcome.sent, checked + outcome.checked
    with capsys.disabled():
        print(f"\n{topology}: {made} changes made, {sent / max(made, 1):.1f} sent for each; {checked} cells checked")
