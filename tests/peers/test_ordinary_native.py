"""An app on Node with a native SQLite writes to ordinary tables, and captures find all that it wrote.

In a quick run its package is libsql, as better-sqlite3 has to be compiled first (``tests.peers.native``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests import budget
from tests.engine.ordinary.conftest import File
from tests.engine.ordinary.statements import CASES
from tests.engine.ordinary.test_writers import check, content
from tests.peers.native import NativeSqlite

FEW = ["REPLACE", "cascades", "triggers within triggers", "maintenance"]
"""Cases of a quick run: it is the same SQL that other programs write."""


@pytest.fixture(scope="module", params=budget.variants(["libsql", "better-sqlite3"], "libsql"))
def native(request: pytest.FixtureRequest) -> Iterator[NativeSqlite]:
    with NativeSqlite(request.param) as running:
        yield running


def test_it_is_another_sqlite(native: NativeSqlite) -> None:
    assert (3, 24) < native.version() < (3, 50)


@pytest.mark.parametrize("name", budget.pick(FEW, list(CASES)))
def test_all_that_it_can_say(native: NativeSqlite, tmp_path: Path, name: str) -> None:
    case, path = CASES[name], tmp_path / "app.db"
    with closing(File(path).db):
        pass
    assert not native(path, f"{case.schema}; {case.filled}")
    file = File(path)
    with closing(file.db):
        file.make(*case.tables)
        assert not native(path, case.local or "SELECT 1")
        file.capture()
        for n, statements in enumerate(case.steps):
            before, version = content(file, case.tables), file.state.db_version()
            failed = native(path, "PRAGMA foreign_keys = OFF", *statements)  # it enforces them otherwise
            assert bool(failed) == (n in case.fails), failed
            assert case.fails.get(n, "") in failed
            native(path)
            check(file, case, before, version)
        assert file.db.execute("PRAGMA integrity_check").get == "ok"
