"""Our engine against the published one: the same statements leave the same rows and the same bookkeeping.

For hours: ``./syncline test --soak 2 -k random_scripts``. One case again:
``SYNCLINE_SEED=17``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from engine.change import SQLiteValue
from engine.tables import pack_columns
from tests import budget
from tests.peers import scripts
from tests.peers.oracle import Oracle
from tests.peers.scripts import Block, Feed, Script, Sql
from tests.peers.shrinking import shrink
from tests.peers.tables import TYPED
from tests.peers.worlds import Arena, Difference

SUITE = "differential scripts"
IN_FLIGHT = 3
"""Scripts that the oracle has at a time, while ours runs the next."""


@pytest.fixture
def arena(oracle: Oracle, tmp_path: Path) -> Arena:
    return Arena(oracle, tmp_path / "sites")


@pytest.mark.soak
@pytest.mark.slow
def test_random_scripts(arena: Arena) -> None:
    waiting: deque[tuple[int, Script, Iterator[Difference | None]]] = deque()
    for case in budget.cases(SUITE, seconds=budget.pick(20, 60), at_least=budget.pick(50, 100)):
        script = scripts.draw(case.random)
        waiting.append((case.seed, script, arena.begin(script)))
        if len(waiting) > IN_FLIGHT:
            settle(arena, *waiting.popleft())
    while waiting:
        settle(arena, *waiting.popleft())


def settle(arena: Arena, seed: int, script: Script, outcome: Iterator[Difference | None]) -> None:
    """Wait for the oracle; a difference fails the test with the shortest script that shows it."""
    difference = next(outcome)
    if difference is None:
        return
    lines = [f"seed {seed}: repeat with SYNCLINE_SEED={seed}"]
    script, difference = shrink(script, arena)
    lines += [f"  {table.create}" for table in script.tables]
    lines += [f"  before: {step}" for step in script.filled]
    lines += [f"  {step}" for step in (*script.steps, *script.queries)]
    pytest.fail("\n".join([*lines, f"At {difference}"]), pytrace=False)


def test_a_difference_is_found_and_shrunk(arena: Arena) -> None:
    """Planted: the two are built with different versions of SQLite."""
    planted = Sql(0, "SELECT sqlite_version()")
    random = Random(3)
    writer = scripts.Writer(random, (TYPED,))
    around = [writer.step() for _ in range(12)]
    feed = next(step for step in iter(lambda: writer.feed("sql"), None) if len(step.changes) == 30)
    block = Block((Sql(0, "BEGIN"),), (writer.write(0), planted, writer.write(0)), (Sql(0, "COMMIT"),))
    script = Script((TYPED,), (writer.replace(0),), (*around, block, feed), (writer.query(),))
    assert arena.differs(script) is not None
    short, difference = shrink(script, arena)
    assert short == Script((TYPED,), (), (replace(block, steps=(planted,)),), ())
    assert planted.sql in difference.where


def test_a_feed_is_shrunk_to_the_change_that_matters(arena: Arena) -> None:
    """Planted: an INTEGER at a REAL column, which ours converts before it compares and stock does not."""

    def change(value: SQLiteValue, version: int) -> tuple[SQLiteValue, ...]:
        return (TYPED.name, pack_columns((1,)), "c", value, 1, version, b"\x07" * 16, 1, 0)

    planted = change(3, 1)
    changes = tuple(change(3.0, version) for version in range(1, 40))
    script = Script((TYPED,), (), (Feed(0, (*changes, planted, *changes), "sql"),), ())
    short, _ = shrink(script, arena)
    (feed,) = short.steps
    assert isinstance(feed, Feed)
    assert len(feed.changes) == 2
    assert planted in feed.changes
