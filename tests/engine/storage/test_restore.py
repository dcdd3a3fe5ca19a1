"""Putting an overwritten value back."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.api import Engine
from engine.change import SQLiteValue
from engine.crr import connect
from engine.errors import UsageError
from engine.events import FlowDirection
from engine.replica import Replica
from engine.settings import DatabaseConfig, Settings
from engine.storage.restore import restore_value
from tests.engine.live import make_file, on_loop, rows, write

ODD = """
CREATE TABLE "odd ""one" (a TEXT NOT NULL, b INTEGER NOT NULL, "the ""cell" TEXT, n CHECK (n IS NULL OR n > 0),
    PRIMARY KEY (a, b));
SELECT crsql_as_crr('odd "one');
CREATE TABLE plain (id INTEGER PRIMARY KEY, x);
"""


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    return make_file(tmp_path / "odd.db", ODD)


@pytest.mark.parametrize("old", ["text", None, 7, 1.5, b"\0\xff", "", "a\0b"], ids=repr)
def test_a_cell_holds_the_old_value_again_and_it_is_a_change(odd: Path, old: SQLiteValue) -> None:
    write(odd, 'INSERT INTO "odd ""one" VALUES (?, 1, ?, NULL)', "k'", "new")
    with Replica.open(odd) as replica:
        before = replica.db_version()
        restore_value(replica, 'odd "one', ("k'", 1), 'the "cell', old, "new")
        expected = str(old) if isinstance(old, int | float) else old
        assert [values[0] for _, values in replica.live_rows('odd "one')] == [expected]
        changes = replica.changes(before).changes
        assert [(change.cid, change.val, change.col_version) for change in changes] == [('the "cell', expected, 2)]


@pytest.mark.parametrize(
    ("table", "key", "column", "value", "now", "words"),
    [
        ('odd "one', ("k", 2), "n", 1, 5, "is gone"),
        ('odd "one', ("k", 1), "n", 1, 6, "changed again"),
        ('odd "one', ("k", 1), "n", -1, 5, "rejects"),
        ('odd "one', ("k", 1), "m", 1, 5, "no longer has a synced column"),
        ('odd "one', ("k",), "n", 1, 5, "no longer has a synced column"),
        ("plain", (1,), "x", 1, 5, "no longer has a synced column"),
        ("missing", (1,), "x", 1, 5, "no longer has a synced column"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(
    odd: Path, table: str, key: tuple[SQLiteValue, ...], column: str, value: SQLiteValue, now: SQLiteValue, words: str
) -> None:
    write(odd, "INSERT INTO \"odd \"\"one\" VALUES ('k', 1, 'x', 5)")
    before = rows(odd, 'odd "one')
    with Replica.open(odd) as replica:
        with pytest.raises(UsageError, match=words):
            restore_value(replica, table, key, column, value, now)
        version = replica.db_version()
        restore_value(replica, 'odd "one', ("k", 1), "n", 8, 5)  # the connection is fit for more
        assert replica.db_version() == version + 1
    connection = connect(odd)
    connection.execute('UPDATE "odd ""one" SET n = 5')
    connection.close()
    assert rows(odd, 'odd "one') == before


@on_loop
async def test_the_engine_tells_of_it_as_a_local_change(tmp_path: Path) -> None:
    file = make_file(tmp_path / "one.db")
    write(file, "INSERT INTO item (id, name) VALUES (1, 'new')")
    database = DatabaseConfig.new(file)
    async with Engine(Settings(databases=(database,))) as engine:
        with engine.subscribe() as stream:
            await engine.history.restore_value(database.id, "item", (1,), "name", "old", instead_of="new")
            async for event in stream:
                if getattr(event, "way", None) is FlowDirection.LOCAL:
                    break
            assert [(change.column, change.value) for change in event.changes] == [("name", "old")]  # type: ignore[union-attr]
