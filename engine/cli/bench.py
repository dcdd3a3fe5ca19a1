"""Measure the engine: bench."""

from __future__ import annotations

import argparse
import asyncio
from fnmatch import fnmatch

from engine.bench import BENCHES, USUAL, Figure
from engine.cli.output import say, say_json
from engine.errors import UsageError


async def bench(arguments: argparse.Namespace) -> int:
    """``syncline bench [BENCH ...] [--case PATTERN] [--rows N] [--rounds N] [--json]``"""
    unknown = set(arguments.benches) - BENCHES.keys()
    if unknown:
        raise UsageError(f"There is no bench “{sorted(unknown)[0]}”.", hint=f"There are: {', '.join(BENCHES)}.")
    if arguments.rows < 1:
        raise UsageError("--rows takes a number of rows, 1 or more.")
    for name in arguments.benches or USUAL:
        for case in BENCHES[name](arguments.rows):
            if fnmatch(case.name, arguments.case):
                _print(await asyncio.to_thread(case.measure, arguments.rounds), arguments.json)
    return 0


def _print(figure: Figure, as_json: bool) -> None:
    if as_json:
        say_json(
            {
                "bench": figure.bench,
                "case": figure.case,
                "rows": figure.rows,
                "changes": figure.changes,
                "seconds": round(figure.seconds, 6),
                "spread": round(figure.spread, 3),
                "baseline": figure.baseline,
                "baseline_seconds": round(figure.baseline_seconds, 6),
                "baseline_spread": round(figure.baseline_spread, 3),
                "ratio": round(figure.ratio, 3),
            }
        )
        return
    rate = "" if figure.bench == "stall" else f"{figure.changes / figure.seconds:,.0f}/s"  # a delay is no rate
    spread, baseline_spread = figure.spread / 2, figure.baseline_spread / 2
    say(
        f"{figure.bench:<8}{figure.case:<18}{figure.changes:>9,} changes {figure.seconds:>8.3f} s ±{spread:<4.0%}"
        f"{rate:>13} {figure.ratio:>7.2f}x {figure.baseline}"
        f" ({figure.baseline_seconds:.3f} s ±{baseline_spread:.0%})"
    )
