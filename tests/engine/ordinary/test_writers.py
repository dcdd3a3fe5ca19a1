"""Programs that load nothing write whatever SQL can say; a capture finds all of it, and nothing else."""

from __future__ import annotations

import pytest

from tests.engine.ordinary.conftest import File, Open
from tests.engine.ordinary.statements import CASES, Case
from tests.engine.ordinary.writers import PythonWriter, Write, shell


@pytest.fixture(params=["python", "shell"])
def write(request: pytest.FixtureRequest, python: PythonWriter) -> Write:
    return python if request.param == "python" else shell


def content(file: File, tables: tuple[str, ...]) -> list[list[str]]:
    """What the tables hold, as SQL literals; a row with NULL in its key does not belong to it."""
    found = []
    for name in tables:
        quoted = '"' + name.replace('"', '""') + '"'
        columns = [column for (column,) in file.db.execute("SELECT name FROM pragma_table_xinfo(?)", (name,))]
        keys = [key for (key,) in file.db.execute("SELECT name FROM pragma_table_info(?) WHERE pk", (name,))]
        listed = " || ', ' || ".join('quote("' + column.replace('"', '""') + '")' for column in columns)
        there = " AND ".join('"' + key.replace('"', '""') + '" IS NOT NULL' for key in keys) or "1"
        found.append(sorted(row for (row,) in file.db.execute(f"SELECT {listed} FROM {quoted} WHERE {there}")))
    return found


def check(file: File, case: Case, before: list[list[str]], version: int) -> None:
    """A capture tells of a change if there was one, and a comparison of everything finds nothing more."""
    after = file.capture()
    now = content(file, case.tables)
    assert (after > version) == (now != before), (before, now)
    known = [file.cells(name) for name in case.tables]
    file.compare_all()
    assert [file.cells(name) for name in case.tables] == known
    assert file.state.db_version() == after


@pytest.mark.parametrize("name", CASES)
def test_all_that_sql_can_say(new: Open, write: Write, name: str) -> None:
    """Each step is found; and a peer that is told of them all has the same rows."""
    case = CASES[name]
    file = new(f"{case.schema}; {case.filled}", *case.tables)
    file.app(case.local)
    file.capture()
    for n, statements in enumerate(case.steps):
        before, version = content(file, case.tables), file.state.db_version()
        failed = write(file.path, *statements)
        assert bool(failed) == (n in case.fails), failed
        assert case.fails.get(n, "") in failed
        if write is not shell:
            write(file.path)
        check(file, case, before, version)
    if not any("ALTER" in sql for step in case.steps for sql in step):
        peer = new(case.schema, *case.tables)
        for table in case.tables:
            peer.merge(file.changes(name=table))
        assert content(peer, case.tables) == content(file, case.tables)
