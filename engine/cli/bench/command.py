"""``syncline bench``: measures the engine."""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import asdict, replace
from fnmatch import fnmatch

from engine.cli.bench import BENCHES, USUAL, Figure, capture, crowds, file_size, hub, window
from engine.cli.bench.processes import Server
from engine.cli.bench.timing import ROUNDS
from engine.cli.output import print_json, print_line
from engine.cli.serve import allow_many_files
from engine.errors import UsageError


async def bench(arguments: argparse.Namespace) -> int:
    """Run ``syncline bench [BENCH ...] [--case PATTERN] [--rows N] [--rounds N] [--json]``; return the exit status."""
    if arguments.rows < 1:
        raise UsageError("--rows takes a number of rows, 1 or more.")
    if arguments.benches == ["hub"]:
        return await _hub(arguments)
    if arguments.benches in (["capture"], ["seal"]):  # another name for the same
        return await _capture(arguments)
    if arguments.benches == ["gui", "idle"]:
        return await asyncio.to_thread(_idle, arguments)
    unknown = set(arguments.benches) - BENCHES.keys()
    if unknown:
        there = f"There are: {', '.join(BENCHES)}; and alone: capture (or seal); hub; gui idle."
        raise UsageError(f"There is no bench “{sorted(unknown)[0]}”.", hint=there)
    for name in arguments.benches or USUAL:
        for case in BENCHES[name](arguments.rows):
            if fnmatch(case.name, arguments.case):
                _print(await asyncio.to_thread(case.measure, arguments.rounds), arguments.json)
    return 0


async def _hub(arguments: argparse.Namespace) -> int:
    allow_many_files()
    bare: dict[hub.Load | None, hub.Served] = {}
    for load in hub.LOADS:
        if not fnmatch(load.name, arguments.case):
            continue
        if why := hub.missing(load):
            print(f"hub {load.name}: left out, as {why}.", file=sys.stderr)
            continue
        served = await hub.measure(load, seconds=arguments.seconds)
        if load.bare is not None and load.bare not in bare:
            bare[load.bare] = await hub.measure(load.bare, seconds=arguments.seconds)
        beside = bare.get(load.bare)
        figures = {
            "bench": "hub",
            "case": load.name,
            "rooms": load.rooms,
            "guests": load.guests,
            "deliveries": served.deliveries,
            "missing": served.missing,
            "p50": round(served.p50, 6),
            "p99": round(served.p99, 6),
            "cpu": None if served.cpu is None else round(served.cpu, 3),
            "cpu_each": None if served.each is None else round(served.each, 9),
            "bare_each": None if beside is None or beside.each is None else round(beside.each, 9),
            "memory": None if served.memory is None else round(served.memory),
        }
        print_json(figures) if arguments.json else print_line(_hub_line(served, beside))
    await _crowds(arguments)
    return 0


async def _crowds(arguments: argparse.Namespace) -> None:
    for storm in crowds.STORMS:
        if not fnmatch(storm.name, arguments.case):
            continue
        own, bare = await crowds.weather(storm), await crowds.weather(storm, Server.BARE)
        if arguments.json:
            figures = {"guests": storm.guests, "rooms": storm.rooms, **asdict(own)}
            figures |= {f"bare_{name}": value for name, value in asdict(bare).items()}
            print_json({"bench": "hub", "case": storm.name, **figures})
            continue
        made = "" if own.made is None else f"; {storm.rooms} rooms made within {own.made:.2f} s"
        print_line(
            f"hub     {storm.name:<14}{storm.guests:>6,} at once: {_served(own)}{made};"
            f" bare websockets: {_served(bare)}"
        )
    for rest in crowds.RESTS:
        if not fnmatch(rest.name, arguments.case):
            continue
        wanted = rest if arguments.seconds is None else replace(rest, seconds=arguments.seconds)
        rested, beside = await crowds.rest(wanted), await crowds.rest(wanted, Server.BARE)
        if arguments.json:
            taken = {"memory": rested.memory, "cpu": rested.cpu, "bare_memory": beside.memory, "bare_cpu": beside.cpu}
            print_json({"bench": "hub", "case": rest.name, "guests": rest.guests, "rooms": rest.rooms, **taken})
            continue
        print_line(
            f"hub     {rest.name:<14}{rest.guests:>6,} guests at rest in {rest.rooms} rooms: {_taken(rested)};"
            f" bare websockets: {_taken(beside)}"
        )


def _served(found: crowds.Weathered) -> str:
    cpu = "" if found.cpu is None else f", {found.cpu:.2f} s of CPU"
    return (
        f"the first served after {found.first:.2f} s, half after {found.half:.2f} s, all after {found.last:.2f} s{cpu}"
    )


def _taken(rested: crowds.Rested) -> str:
    if rested.cpu is None or rested.memory is None:
        return "not told by this system"
    return f"{rested.memory / 1e6:,.0f} MB, {rested.cpu:.1%} of a CPU"


def _hub_line(served: hub.Served, beside: hub.Served | None) -> str:
    load = served.load
    cpu = "" if served.cpu is None else f", {served.cpu:.0%} of a CPU"
    memory = "" if served.memory is None else f", {served.memory / 1024:,.0f} KB a guest"
    lost = f", {served.missing:,} MISSING" if served.missing else ""
    each = "" if served.each is None else f", {served.each * 1e6:,.0f} µs a delivery"
    if served.each is not None and beside is not None and beside.each:
        each += f", {served.each / beside.each:.1f}x bare websockets ({beside.each * 1e6:,.0f} µs)"
    return (
        f"hub     {load.name:<14}{load.rooms:>3} x {load.guests:<6,}{served.deliveries:>9,} deliveries{lost}"
        f"  p50 {served.p50 * 1000:,.1f} ms, p99 {served.p99 * 1000:,.1f} ms{cpu}{each}{memory}"
    )


async def _capture(arguments: argparse.Namespace) -> int:
    if why := capture.missing():
        raise UsageError(f"An app cannot be measured here: {why}.")
    for name in capture.CASES:
        if not fnmatch(name, arguments.case):
            continue
        felt = await capture.measure(name, arguments.rows, max(arguments.rounds, ROUNDS))
        goal = capture.GOALS[name.partition("-")[0]]
        if arguments.json:
            figures = {
                "bench": "capture",
                "case": name,
                "writes": felt.writes,
                "busy": felt.busy,
                "share": round(felt.share, 3),
                "share_to_reach": goal,
                "longest_lock": round(felt.longest, 6),
                "longest_lock_to_reach": capture.GOAL_LOCK,
                "longest_lock_in_commit": round(felt.in_commit, 6),
                "longest_write_alone": round(felt.own, 6),
            }
            print_json(figures)
            continue
        print_line(
            f"capture {name:<18}{felt.writes:>7,} writes, {felt.busy} met a lock; {felt.share:.0%} of the plain"
            f" table's speed, to reach: {goal:.0%}; longest lock {felt.longest * 1000:,.1f} ms, to reach:"
            f" {capture.GOAL_LOCK * 1000:.0f} ms ({felt.in_commit * 1000:,.1f} ms of it the commit; the app's own"
            f" longest write, alone: {felt.own * 1000:,.1f} ms)"
        )
    for growth in await asyncio.to_thread(lambda: list(file_size.measure(arguments.rows, arguments.case))):
        _print_growth(growth, arguments.json)
    return 0


def _print_growth(growth: file_size.Growth, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "bench": "capture",
                "case": growth.case,
                "rows": growth.rows,
                "before": growth.before,
                "after": growth.after,
                "times": round(growth.times, 3),
                "times_to_reach": file_size.TO_REACH,
                "extension_times": round(growth.extension / growth.before, 3),
            }
        )
        return
    print_line(
        f"capture {growth.case:<18}{growth.rows:>7,} rows: the file is {growth.times:.2f} times as large, to reach:"
        f" {file_size.TO_REACH}; with cr-sqlite {growth.extension / growth.before:.2f} times"
    )


def _idle(arguments: argparse.Namespace) -> int:
    if why := window.missing():
        raise UsageError(f"The window cannot be measured here: {why}.")
    for rest in window.idle(arguments.seconds or 30.0):
        if arguments.json:
            figures = {
                "bench": "gui",
                "case": rest.case,
                "value": round(rest.value, 4),
                "unit": rest.unit,
                "to_reach": rest.to_reach,
                "seconds": rest.seconds,
                "wakes": round(rest.wakes, 2),
            }
            print_json(figures)
            continue
        watched = f"; {rest.wakes:.1f} wakes a second, watched for {rest.seconds:.0f} s" if rest.seconds else ""
        what = "% of a core" if rest.unit == "%" else rest.unit
        print_line(
            f"gui     {rest.case:<14}{rest.value:>9.2f} {what}, to reach: under {rest.to_reach:g} {rest.unit}{watched}"
        )
    if not window.without_network():
        print("gui offline: left out, as this system gives nobody a network of their own.", file=sys.stderr)
    return 0


def _print(figure: Figure, as_json: bool) -> None:
    if as_json:
        print_json(
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
    rate = "" if figure.bench == "stall" else f"{figure.changes / figure.seconds:,.0f}/s"  # a delay is not a rate
    spread, baseline_spread = figure.spread / 2, figure.baseline_spread / 2
    print_line(
        f"{figure.bench:<8}{figure.case:<28}{figure.changes:>9,} changes {figure.seconds:>8.3f} s ±{spread:<4.0%}"
        f"{rate:>13} {figure.ratio:>7.2f}x {figure.baseline}"
        f" ({figure.baseline_seconds:.3f} s ±{baseline_spread:.0%})"
    )


def bench_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``bench`` to ``parser``."""
    parser.set_defaults(run=bench)
    text = "merge, read, record, codec; sql, single; stall, growth; capture (or seal); hub; gui idle"
    parser.add_argument("benches", metavar="BENCH", nargs="*", help=text)
    text = "only the cases with such a name, as in 'empty*'"
    parser.add_argument("--case", metavar="PATTERN", default="*", help=text)
    parser.add_argument("--rows", metavar="N", type=int, default=100_000, help="default: 100000")
    parser.add_argument("--rounds", metavar="N", type=int, default=3, help="the median of so many; 3 or more")
    text = "for hub and gui: how long each case is watched"
    parser.add_argument("--seconds", metavar="S", type=float, help=text)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
