"""An app with SQLite 3.22 writes to ordinary tables: the triggers run there, and captures find all that it wrote."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.engine.ordinary.conftest import File
from tests.engine.ordinary.statements import CASES
from tests.engine.ordinary.test_writers import check, content
from tests.peers.old import OldSqlite
from tests.peers.oracle import CommandFailed


def written(old: OldSqlite, path: Path, *statements: str) -> str:
    """Run them; returns what SQLite says to one that fails."""
    try:
        old.exec(path, "; ".join(statements))
    except CommandFailed as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.old])
def test_all_that_it_can_say(old: OldSqlite, tmp_path: Path, name: str) -> None:
    case, path = CASES[name], tmp_path / "app.db"
    with closing(File(path).db):
        pass
    old.exec(path, f"{case.schema}; {case.filled}")
    file = File(path)
    with closing(file.db):
        file.make(*case.tables)
        old.exec(path, case.local or "SELECT 1")
        file.capture()
        for n, statements in enumerate(case.steps):
            before, version = content(file, case.tables), file.state.db_version()
            failed = written(old, path, *statements)
            assert bool(failed) == (n in case.fails), failed
            assert case.fails.get(n, "") in failed
            check(file, case, before, version)
        assert file.db.execute("PRAGMA integrity_check").get == "ok"
