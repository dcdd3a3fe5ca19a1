"""Our engine against the published one: the same statements leave the same rows and the same bookkeeping."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import budget
from tests.peers import scripts, worlds
from tests.peers.oracle import Oracle


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    with Oracle() as running:
        yield running


@pytest.mark.slow
def test_random_scripts(oracle: Oracle, tmp_path: Path) -> None:
    blanks = worlds.blank_sites(oracle)
    for case in budget.cases("differential scripts", seconds=10, at_least=300):
        script = scripts.draw(case.random)
        if worlds.differs(script, tmp_path / "site", oracle, blanks) is not None:
            script, difference = worlds.shrink(script, tmp_path / "site", oracle, blanks)
            lines = [f"seed {case.seed}: {', '.join(table.create for table in script.tables)}"]
            lines += [f"  before: {step}" for step in script.filled]
            lines += [f"  {step}" for step in (*script.steps, *script.queries)]
            pytest.fail("\n".join([*lines, f"At {difference}"]), pytrace=False)
