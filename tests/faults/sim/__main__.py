"""Replay one seed with its log, or look for new failures for hours."""

from __future__ import annotations

import argparse
import random
import sys
import time

from .timeline import Failed
from .world import TOPOLOGIES, simulate


def run_seed(topology: str, seed: int, *, story: bool) -> bool:
    """Run one seed; print what failed, or on demand the whole story. True when all went well."""
    rng = random.Random(f"simulator: {topology} {seed}")  # as tests.budget draws it
    world, outcome = simulate(topology, rng)
    if story or isinstance(outcome, Failed):
        print(world.time.story(100_000 if story else 400))
        print(f"{topology}, seed {seed}: {outcome}", flush=True)
    return not isinstance(outcome, Failed)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.sim", description=__doc__)
    parser.add_argument("--topology", choices=TOPOLOGIES, action="append", help="only this one; may be repeated")
    parser.add_argument("--seed", type=int, help="replay this seed and print its log")
    parser.add_argument("--long", type=float, metavar="SECONDS", default=60.0, help="how long to look for failures")
    options = parser.parse_args()
    topologies = options.topology or list(TOPOLOGIES)
    if options.seed is not None:
        went_well = [run_seed(one, options.seed, story=True) for one in topologies]
        return 0 if all(went_well) else 1
    first, runs, failures = random.SystemRandom().randrange(10**9), 0, 0
    until = time.monotonic() + options.long
    while time.monotonic() < until:
        failures += not run_seed(topologies[runs % len(topologies)], first + runs, story=False)
        runs += 1
    print(f"{runs} runs, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
