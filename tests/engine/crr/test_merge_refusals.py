"""Merging: what is refused leaves nothing."""

from __future__ import annotations

import pytest

from engine.change import MAX_VERSION, Change
from engine.errors import InvalidChange, SchemaMismatch, TableBroken
from engine.replica import Replica
from engine.tables import Received, pack_columns
from tests.engine.crr.conftest import MakeReplica
from tests.engine.crr.test_merge import THEM, change
from tests.engine.crr.test_trigger_functions import clock

HOSTILE = {
    "huge db_version": change(dbv=MAX_VERSION),
    "near 2^63": change(dbv=2**63 - 1),
    "huge col_version": change(cv=MAX_VERSION),
    "huge cl": change(cl=MAX_VERSION + 1),
    "negative db_version": change(dbv=-1),
    "negative cl": change(cl=-1),
    "negative seq": change(seq=-1),
    "no author": change(site=None),
    "short author": change(site=b"short"),
    "long author": change(site=bytes(17)),
    "empty key": change(pk=b""),
    "cut key": change(pk=b"\x01\x09"),
    "two keys": change(pk=pack_columns([1, 2])),
    "no key value": change(pk=b"\x00"),
    "null key": change(pk=pack_columns([None])),
    "nan key": change(pk=bytes.fromhex("01027ff8000000000000")),
    "text as rowid": change(pk=pack_columns(["x"])),
    "long column": change("b" * 3000),
    "long table": change(table="f" * 3000),
    "long column of 3 bytes each": change("€" * 700),
    "surrogate": change(val="\ud800"),
    "65 bits": change(val=2**64),
    "strange value": change(val=[1]),  # type: ignore[arg-type]
    "version as text": change(dbv="1"),  # type: ignore[arg-type]
    "version as float": change(cv=1.0),  # type: ignore[arg-type]
    "key as text": change(pk="x"),  # type: ignore[arg-type]
    "cid as bytes": change(b"b"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_changes_leave_nothing(make: MakeReplica, name: str) -> None:
    replica = make()
    replica.connection.execute("INSERT INTO foo VALUES (9, 1, 1)")
    good = change(pk=pack_columns([5]))
    with pytest.raises(InvalidChange) as error:
        replica.merge([good, HOSTILE[name]], received=Received(THEM, 60))
    assert str(error.value).endswith(".")
    assert [key for key, _ in replica.live_rows("foo")] == [(9,)]
    assert (replica.db_version(), replica.received_clock(THEM)) == (1, 0)
    replica.connection.execute("INSERT INTO foo VALUES (10, 1, 1)")
    assert replica.db_version() == 2, "the connection works on, and tracks"


@pytest.mark.parametrize(
    ("one", "table", "column"),
    [(change(table="bar"), "bar", ""), (change(table="FOO"), "FOO", ""), (change("zzz"), "foo", "zzz"),
     (change("a"), "foo", "a"), (change("B"), "foo", "B"), (change("zzz", cl=3), "foo", "zzz"),
     (change(table="bar", cl=2), "bar", "")],
)  # fmt: skip
def test_a_schema_that_differs(make: MakeReplica, one: Change, table: str, column: str) -> None:
    replica = make()
    with pytest.raises(SchemaMismatch) as error:
        replica.merge([change(pk=pack_columns([5])), one], received=Received(THEM, 60))
    assert (error.value.table, error.value.column) == (table, column)
    assert (list(replica.live_rows("foo")), replica.received_clock(THEM)) == ([], 0)


def test_an_unknown_column_does_not_matter_to_a_delete_or_a_loser(make: MakeReplica) -> None:
    replica = make()
    replica.connection.execute("INSERT INTO foo VALUES (1, 1, 1)")
    assert len(replica.merge([change("zzz", cl=2), change("zzz", cl=1)]).applied) == 1


def test_a_refused_row_leaves_nothing_and_the_bit_is_reset(make: MakeReplica) -> None:
    schema = "CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b CHECK (b < 50), c)"
    replica = make(schema=schema)
    db = replica.connection
    db.execute("BEGIN; INSERT INTO foo VALUES (2, 1, 1)")
    with pytest.raises(SchemaMismatch):
        db.execute("INSERT INTO crsql_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", change(cl=3))
    db.execute("INSERT INTO foo VALUES (3, 1, 1); COMMIT")
    assert db.execute("SELECT a FROM foo__crsql_pks").fetchall() == [(2,), (3,)], "tracked, and no stray key"
    with pytest.raises(SchemaMismatch, match="rejects"):
        replica.merge([change("c", 1), change()])
    assert [key for key, _ in replica.live_rows("foo")] == [(2,), (3,)]


def test_a_raising_trigger_on_delete(make: MakeReplica) -> None:
    replica = make()
    db = replica.connection
    db.execute("INSERT INTO foo VALUES (1, 1, 1)")
    db.execute("CREATE TRIGGER keep BEFORE DELETE ON foo BEGIN SELECT RAISE(ABORT, 'kept'); END")
    with pytest.raises(TableBroken, match="kept"):
        replica.merge([change("-1", None, cl=2)])
    db.execute("UPDATE foo SET b = 2")
    assert clock(db)[0][2] == 2, "the sync bit was reset"


@pytest.mark.parametrize("version", [-1, MAX_VERSION])
def test_clocks_out_of_range(make: MakeReplica, version: int) -> None:
    replica = make()
    with pytest.raises(InvalidChange):
        replica.merge([change()], received=Received(THEM, version))
    assert list(replica.live_rows("foo")) == []


def test_a_clock_for_ourselves_is_refused(make: MakeReplica) -> None:
    replica = make()
    for received in (Received(replica.site_id, 5), Received(b"short", 5)):
        with pytest.raises(InvalidChange):
            replica.merge([change()], received=received)
    assert list(replica.live_rows("foo")) == []


def test_a_generator_that_fails_leaves_nothing(make: MakeReplica) -> None:
    replica: Replica = make()

    def broken() -> object:
        yield change()
        raise KeyError("lost")

    with pytest.raises(KeyError):
        replica.merge(broken())  # type: ignore[arg-type]
    assert list(replica.live_rows("foo")) == []
    assert not replica.connection.in_transaction


def test_a_refused_change_counts_nothing(make: MakeReplica) -> None:
    """Also where its transaction goes on, and with what was merged before it (cr-sqlite.md 7.6)."""
    replica = make()
    db = replica.connection
    merge = "INSERT INTO crsql_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    with db:
        for counted in (0, 1):
            with pytest.raises(InvalidChange):
                db.execute(merge, change("b", 1, pk=pack_columns(["A"])))
            assert db.execute("SELECT crsql_rows_impacted()").get == counted
            db.execute(merge, change("b", counted))
