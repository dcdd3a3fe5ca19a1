"""Values that a schema change gives to rows that were there: those that another side may compute otherwise are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.crr import connect, create_tables
from engine.replica import Replica
from engine.sqlite.steps import at_once
from engine.tables import Damage
from tests.engine.crr.conftest import MakeReplica

CONSTANTS = [
    "NULL", "(NULL)", "0", "5", "-5", "+5", "2.5", "-1e3", ".5", "0x1F", "(5)", "((-5))", "'plain'", "('plain')", "''",
    "x'00ff'", "(x'')", "TRUE", "false", "bare", '"quoted"', "9223372036854775808", "'it''s'", "'(1+1)'",
]  # fmt: skip
EXPRESSIONS = [
    "CURRENT_TIMESTAMP", "CURRENT_DATE", "current_time", "(CURRENT_TIMESTAMP)", "(random())", "(date('now'))", "(1+1)",
    "('a' || 'b')", "(abs(-1))", "(lower(hex(randomblob(8))))", "(CAST(5 AS TEXT))", "((1)+(1))",
    "(datetime('now', 'localtime'))", "(NULL + 1)",
]  # fmt: skip


def altered(replica: Replica, declared: str) -> None:
    """The way to add a column that the documents show."""
    with replica.altering("t") as db:
        db.execute(f"CREATE TABLE n (id TEXT PRIMARY KEY NOT NULL, v TEXT, made {declared})")
        db.execute("INSERT INTO n (id, v) SELECT id, v FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t")


@pytest.fixture
def replica(make: MakeReplica) -> Replica:
    replica = make(schema="CREATE TABLE t (id TEXT PRIMARY KEY NOT NULL, v TEXT)", tables=("t",))
    replica.connection.execute("INSERT INTO t VALUES ('1', 'a'), ('2', 'b')")
    return replica


def room(replica: Replica, path: Path) -> Replica:
    """What a hub makes of the tables of the first that comes, with all that is told."""
    db = connect(path, create=True)
    at_once(create_tables(db, replica.plans(), equal_values=False))
    db.close()
    hub = Replica.open(path)
    hub.merge(replica.changes().changes)
    return hub


@pytest.mark.parametrize("kind", ["TEXT", "INTEGER", ""])
@pytest.mark.parametrize("default", [*CONSTANTS, *EXPRESSIONS])
def test_every_peer_holds_the_value(replica: Replica, tmp_path: Path, kind: str, default: str) -> None:
    altered(replica, f"{kind} DEFAULT {default}")
    made = [change for change in replica.changes().changes if change.cid == "made"]
    values = replica.connection.execute("SELECT made FROM t").fetchall()
    assert len(made) == (0 if default in CONSTANTS else 2), values
    assert {change.db_version for change in made} <= {replica.db_version()}
    assert replica.check() == []
    with room(replica, tmp_path / "hub.db") as hub:
        assert list(hub.live_rows("t")) == list(replica.live_rows("t"))


def test_a_generated_column_is_not_told(replica: Replica, tmp_path: Path) -> None:
    altered(replica, "AS (v || 1) VIRTUAL, kept TEXT AS (upper(v)) STORED")
    assert {change.cid for change in replica.changes().changes} == {"v"}
    assert replica.check() == []
    with room(replica, tmp_path / "hub.db") as hub:
        assert list(hub.live_rows("t")) == list(replica.live_rows("t"))


def test_a_column_that_an_app_adds_without_an_alter(replica: Replica, tmp_path: Path) -> None:
    """To an empty table SQLite adds one with any default; what comes into it is recorded whole."""
    db = replica.connection
    db.execute("DELETE FROM t; ALTER TABLE t ADD COLUMN made DEFAULT (random())")
    db.execute("ALTER TABLE t ADD COLUMN n DEFAULT (-5)")
    db.execute("INSERT INTO t (id) VALUES ('3')")
    assert {finding.damage for finding in replica.check()} == {Damage.OLD_TRIGGERS}
    replica.repair()
    assert replica.check() == []
    with room(replica, tmp_path / "hub.db") as hub:
        assert list(hub.live_rows("t")) == list(replica.live_rows("t"))


def test_values_that_another_engine_left_untold_are_found(replica: Replica, tmp_path: Path) -> None:
    """The published one compares a value with what the default gives now."""
    altered(replica, "TEXT DEFAULT CURRENT_DATE")
    replica.connection.execute("DELETE FROM t__crsql_clock WHERE col_name = 'made'")
    assert [(finding.damage, finding.count) for finding in replica.check()] == [(Damage.UNRECORDED_VALUES, 2)]
    replica.repair()
    assert replica.check() == []
    with room(replica, tmp_path / "hub.db") as hub:
        assert list(hub.live_rows("t")) == list(replica.live_rows("t"))
