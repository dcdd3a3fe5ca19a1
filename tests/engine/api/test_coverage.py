"""How many tables of a database are synced, as the window tells it."""

from __future__ import annotations

from pathlib import Path

from engine.replica import Replica
from engine.settings import Settings
from engine.tables import Coverage
from tests.engine.live import make_file, on_loop, plain_engine, write

SCHEMA = """
CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL, name TEXT);
SELECT crsql_as_crr('item');
CREATE TABLE person (id INTEGER PRIMARY KEY AUTOINCREMENT, mail TEXT UNIQUE);
CREATE TABLE plain (a TEXT);
CREATE VIEW everybody AS SELECT * FROM person;
CREATE VIRTUAL TABLE words USING fts5 (word);
"""


@on_loop
async def test_what_is_listed_is_counted_and_nothing_of_ours(tmp_path: Path) -> None:
    file = make_file(tmp_path / "a.db", SCHEMA)
    async with plain_engine(Settings()) as engine:
        database = (await engine.databases.add(file)).id
        listed = await engine.databases.tables(database)
        assert await engine.databases.coverage(database) == Coverage(1, len(listed)) == Coverage(1, 4)
        write(file, "CREATE TABLE later (id TEXT PRIMARY KEY)")
        assert (await engine.databases.coverage(database)).left_out == 4
        await engine.databases.make_syncable(database, "later")
        assert await engine.databases.coverage(database) == Coverage(2, 5)


def test_a_table_that_takes_no_part_for_now_is_not_counted_as_synced(tmp_path: Path) -> None:
    file = make_file(tmp_path / "a.db")
    with Replica.open(file) as replica:
        assert replica.coverage() == Coverage(1, 1)
        replica.park("item", "its row 1 cannot be written")
        assert replica.coverage() == Coverage(0, 1)
