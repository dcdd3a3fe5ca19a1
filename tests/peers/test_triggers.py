"""The sync triggers that the published engine writes are known for whole, whatever its tables are."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.crr.triggers import Watch
from engine.replica import Replica
from tests.peers.oracle import Oracle
from tests.peers.tables import SCHEMAS

ODD = {
    "only a key": "CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL)",
    "a key of two, in another order": "CREATE TABLE t (a, b TEXT NOT NULL, c INTEGER NOT NULL, PRIMARY KEY (c, b))",
    "generated": "CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, a, b AS (a + 1), c AS (a + 2) STORED)",
    "not ASCII": 'CREATE TABLE "täßle" ("ÄÖ" TEXT PRIMARY KEY NOT NULL, naïve)',
    "capitals": "CREATE TABLE Foo (Id INTEGER PRIMARY KEY NOT NULL, B, c)",
}
ALTERS = {
    "as it was": "",
    "a column more": "SELECT crsql_begin_alter('{0}'); ALTER TABLE {1} ADD COLUMN zz; SELECT crsql_commit_alter('{0}')",
    "a column renamed": 'ALTER TABLE {1} ADD COLUMN zz; ALTER TABLE {1} RENAME COLUMN zz TO "y ""y"',
}


@pytest.mark.parametrize("alter", ALTERS)
@pytest.mark.parametrize("ddl", [*ODD.values(), *(table.create for tables in SCHEMAS for table in tables)])
def test_whole(oracle: Oracle, tmp_path: Path, ddl: str, alter: str) -> None:
    with oracle.open() as db:
        db.exec(ddl)
        [(name,)] = db.exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'crsql%'")
        db.exec("SELECT crsql_as_crr(?)", [name])
        quoted = '"' + name.replace('"', '""') + '"'
        for sql in filter(None, ALTERS[alter].format(name, quoted).split("; ")):
            db.exec(sql)
        (tmp_path / "a.db").write_bytes(db.export())
    with Replica.open(tmp_path / "a.db") as replica:
        [crr] = replica._state.catalogue().crrs.values()
        fine = {Watch.WHOLE} if alter != "a column renamed" else {Watch.WHOLE, Watch.OLDER}
        assert set(crr.watches) == fine
        assert replica.parked() == ()
