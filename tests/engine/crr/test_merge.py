"""Merging: the decision table of cr-sqlite.md 7.4, value order and stamps."""

from __future__ import annotations

import apsw
import pytest

from engine.change import Change, SQLiteValue
from engine.errors import SchemaMismatch
from engine.tables import Received, pack_columns
from tests.engine.crr.conftest import MakeReplica
from tests.engine.crr.test_trigger_functions import clock

THEM = bytes(range(16))
PK = pack_columns([1])

STATES = {
    "U": "",
    "A1": "INSERT INTO foo VALUES (1, 10, 20); UPDATE foo SET b = 11",
    "D2": "INSERT INTO foo VALUES (1, 10, 20); DELETE FROM foo",
    "A3": "INSERT INTO foo VALUES (1, 1, 1); DELETE FROM foo; INSERT INTO foo VALUES (1, 10, 20)",
}


def change(
    cid: str = "b",
    val: SQLiteValue = 99,
    *,
    cl: int = 1,
    cv: int | None = None,
    dbv: int = 50,
    pk: bytes = PK,
    seq: int = 3,
    table: str = "foo",
    site: bytes | None = THEM,
) -> Change:
    col_version = cv if cv is not None else (cl if cid == "-1" else 1)
    return Change(table, pk, cid, val, col_version, dbv, site, cl, seq)


def insert(db: apsw.Connection, *changes: Change) -> int:
    """Merge through SQL, in one transaction; returns crsql_rows_impacted."""
    with db:
        db.executemany("INSERT INTO crsql_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", changes)
        impacted: int = db.execute("SELECT crsql_rows_impacted()").get
    return impacted


def row(db: apsw.Connection) -> list[tuple[SQLiteValue, ...]]:
    return db.execute("SELECT * FROM foo").fetchall()


# (incoming, state) -> (base rows, clock, impacted); None: nothing changes. Versions: A1 2, D2 2, A3 3.
Outcome = tuple[list[tuple[SQLiteValue, ...]], list[tuple[object, ...]], int] | None
_S = ("-1", 50, 1, 3)


def sentinel(length: int) -> tuple[object, ...]:
    return (1, "-1", length, 50, 1, 3)


CELL = (1, "b", 1, 50, 1, 3)
TABLE: dict[tuple[str, int, str], Outcome] = {
    ("b", 1, "U"): ([(1, 99, None)], [CELL], 1),
    ("b", 1, "A1"): None,
    ("b", 1, "D2"): None,
    ("b", 1, "A3"): None,
    ("b", 3, "U"): ([(1, 99, None)], [sentinel(3), CELL], 2),
    ("b", 3, "A1"): ([(1, 99, 20)], [sentinel(3), CELL, (1, "c", 0, 50, 0, 1)], 2),
    ("b", 3, "D2"): ([(1, 99, None)], [sentinel(3), CELL], 2),
    ("b", 3, "A3"): ([(1, 99, 20)], [(1, "-1", 3, 3, 0, 0), CELL, (1, "c", 1, 3, 0, 2)], 1),
    ("b", 5, "U"): ([(1, 99, None)], [sentinel(5), CELL], 2),
    ("b", 5, "A1"): ([(1, 99, 20)], [sentinel(5), CELL, (1, "c", 0, 50, 0, 1)], 2),
    ("b", 5, "D2"): ([(1, 99, None)], [sentinel(5), CELL], 2),
    ("b", 5, "A3"): ([(1, 99, 20)], [sentinel(5), CELL, (1, "c", 0, 50, 0, 2)], 2),
    ("b", 2, "U"): ([], [sentinel(2)], 1),
    ("b", 2, "A1"): ([], [sentinel(2)], 1),
    ("b", 2, "D2"): None,
    ("b", 2, "A3"): None,
    ("-1", 1, "U"): ([(1, None, None)], [sentinel(1)], 1),
    ("-1", 1, "A1"): None,
    ("-1", 1, "D2"): None,
    ("-1", 1, "A3"): None,
    ("-1", 2, "U"): ([], [sentinel(2)], 1),
    ("-1", 2, "A1"): ([], [sentinel(2)], 1),
    ("-1", 2, "D2"): None,
    ("-1", 2, "A3"): None,
    ("-1", 3, "U"): ([(1, None, None)], [sentinel(3)], 1),
    ("-1", 3, "A1"): ([(1, 11, 20)], [sentinel(3), (1, "b", 0, 50, 0, 0), (1, "c", 0, 50, 0, 1)], 1),
    ("-1", 3, "D2"): ([(1, None, None)], [sentinel(3)], 1),
    ("-1", 3, "A3"): None,
    ("-1", 4, "U"): ([], [sentinel(4)], 1),
    ("-1", 4, "A1"): ([], [sentinel(4)], 1),
    ("-1", 4, "D2"): ([], [sentinel(4)], 1),
    ("-1", 4, "A3"): ([], [sentinel(4)], 1),
    **{(cid, cl, state): None for cid in ("b", "-1") for cl in (0, -1, -2) for state in STATES},
}


@pytest.mark.parametrize(("cid", "cl", "state"), TABLE)
def test_the_decision_table(foo: apsw.Connection, cid: str, cl: int, state: str) -> None:
    for statement in filter(None, STATES[state].split("; ")):
        foo.execute(statement)
    before = (row(foo), clock(foo), 0)
    impacted = insert(foo, change(cid, 99 if cid == "b" else None, cl=cl))
    assert (row(foo), clock(foo), impacted) == (TABLE[cid, cl, state] or before)


@pytest.mark.parametrize(
    ("mine", "theirs", "won"),
    [(5.0, 5, True), (5, 5.0, False), (5.0, -3, True), ("9", 1.5, True), (b"\xff", "", True), (None, b"", True),
     (b"", None, False), ("a", "b", True), ("b", "a", False), ("a", "aa", True), ("Z", "a", True), (2, 10, True),
     (b"a", b"a\x00", True), (1, 1, False), (None, None, False), ("é", "z", False)],
)  # fmt: skip
def test_equal_versions_are_decided_by_value(
    foo: apsw.Connection, mine: SQLiteValue, theirs: SQLiteValue, won: bool
) -> None:
    foo.execute("INSERT INTO foo (a, b) VALUES (1, ?)", (mine,))
    assert insert(foo, change(val=theirs)) == won
    value = foo.execute("SELECT b FROM foo").get
    expected = theirs if won else mine
    assert (type(value), value) == (type(expected), expected)


def test_a_higher_version_wins_and_a_cell_never_written_loses(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 'z', 'z'); UPDATE foo SET b = 'y'")
    assert insert(foo, change(val="zz", cv=1)) == 0
    assert insert(foo, change(val="a", cv=3)) == 1
    foo.execute("DELETE FROM foo__crsql_clock WHERE col_name = 'c'")
    assert insert(foo, change("c", None, cv=1)) == 1
    assert row(foo) == [(1, "a", None)]


def test_stamps_of_one_transaction(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (100, 1, 1)")
    insert(foo, *(change(pk=pack_columns([n]), dbv=dbv) for n, dbv in enumerate((1, 5, 3, 9))))
    assert [r[3] for r in clock(foo) if r[4] == 1] == [2, 5, 5, 9]


def test_stamps_follow_the_batch_not_the_rows(make: MakeReplica) -> None:
    replica = make()
    one, two = pack_columns([1]), pack_columns([2])
    result = replica.merge([change("b", dbv=1, pk=one), change("b", dbv=5, pk=two), change("c", dbv=3, pk=one)])
    assert [applied.local_version for applied in result.applied] == [1, 5, 5]
    assert (result.before, result.after) == (0, 5)


def test_losers_raise_no_version(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 'z', 1)")
    insert(foo, change(val="a", dbv=1000))
    assert foo.execute("SELECT crsql_db_version()").get == 1


def test_local_writes_follow_a_merge_in_the_same_transaction(foo: apsw.Connection) -> None:
    foo.execute("BEGIN; INSERT INTO foo VALUES (5, 1, 1)")
    insert(foo, change(dbv=20))
    foo.execute("UPDATE foo SET c = 2 WHERE a = 5; COMMIT")
    assert {(r[0], r[1]): r[3] for r in clock(foo)} == {(1, "b"): 1, (1, "c"): 20, (2, "b"): 20}


@pytest.mark.parametrize("site", [None, b""])
def test_no_site_through_sql_means_this_file(foo: apsw.Connection, site: bytes | None) -> None:
    insert(foo, change(site=site))
    assert clock(foo)[0][4] == 0


def test_our_own_id_coming_back_is_ordinal_0(make: MakeReplica) -> None:
    replica = make()
    replica.merge([change(site=replica.site_id)])
    assert clock(replica.connection)[0][4] == 0


def test_named_insert_and_null_versions(foo: apsw.Connection) -> None:
    foo.execute(
        "INSERT INTO crsql_changes (rowid, seq, cl, site_id, db_version, col_version, val, cid, pk, [table])"
        " VALUES (77, NULL, 1, ?, NULL, NULL, 5, 'b', ?, 'foo')",
        (THEM, PK),
    )
    assert clock(foo) == [(1, "b", 0, 1, 1, 0)]


def test_two_encodings_of_one_key_are_one_row(make: MakeReplica) -> None:
    replica = make(schema="CREATE TABLE foo (a NOT NULL PRIMARY KEY, b, c)")
    result = replica.merge([change("b", 1, pk=pack_columns([1])), change("c", 2, pk=pack_columns([1.0]))])
    assert len(result.applied) == 2
    assert list(replica.live_rows("foo")) == [((1,), (1, 2))]
    assert replica.connection.execute("SELECT count(*) FROM foo__crsql_pks").get == 1


def test_one_batch_may_kill_and_revive_a_row(make: MakeReplica) -> None:
    replica = make()
    replica.connection.execute("INSERT INTO foo VALUES (1, 1, 2)")
    batch = [
        change("b", 5, cv=7), change("-1", None, cl=2), change("c", 8, cl=1, cv=9), change("b", 6, cl=3),
        change("b", 4, cl=3), change("-1", None, cl=5), change("c", 3, cl=5),
    ]  # fmt: skip
    result = replica.merge(batch)
    assert [a.change.val for a in result.applied] == [5, None, 6, None, 3]
    assert list(replica.live_rows("foo")) == [((1,), (6, 3))]
    assert clock(replica.connection) == [(1, "-1", 5, 50, 1, 3), (1, "b", 0, 50, 1, 3), (1, "c", 1, 50, 1, 3)]


@pytest.mark.parametrize("at_once", [True, False])
def test_old_values_are_reported(make: MakeReplica, at_once: bool) -> None:
    replica = make()
    replica.connection.execute("INSERT INTO foo VALUES (1, 'mine', NULL)")
    batch = [change("b", "theirs", cv=2), change("c", 1, cv=2), change("b", "again", cv=3),
             change("b", 1, pk=pack_columns([2])), change("-1", None, cl=2)]  # fmt: skip
    results = [replica.merge(batch)] if at_once else [replica.merge([one]) for one in batch]
    applied = [a for result in results for a in result.applied]
    assert [(a.key, a.old, a.had_old) for a in applied] == [
        ((1,), "mine", True), ((1,), None, True), ((1,), "theirs", True), ((2,), None, False), ((1,), None, False),
    ]  # fmt: skip


def test_affinity_comes_before_comparison(make: MakeReplica) -> None:
    replica = make(schema="CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b REAL, c TEXT)")
    assert len(replica.merge([change(val=5), change("c", 5)]).applied) == 2
    again = replica.merge([change(val=5), change("c", 5)])
    assert again.applied == ()
    assert again.after == again.before
    (won,) = replica.merge([change(val=6)]).applied
    assert (type(won.change.val), won.change.val, won.old) == (float, 6.0, 5.0)


def test_js_numbers(make: MakeReplica) -> None:
    replica = make()
    replica.merge([change(val=5.0), change("c", 5.5)], js_numbers=True)
    assert [tuple(map(type, values)) for _, values in replica.live_rows("foo")] == [(int, float)]


def test_a_missing_base_row_is_healed(make: MakeReplica) -> None:
    replica = make()
    replica.merge([change(val=5)])
    replica.connection.execute("SELECT crsql_internal_sync_bit(1)")
    replica.connection.execute("DELETE FROM foo")
    replica.connection.execute("SELECT crsql_internal_sync_bit(0)")
    replica.merge([change(val=5)])
    assert list(replica.live_rows("foo")) == [((1,), (5, None))]


def test_user_triggers_see_the_sync_bit(foo: apsw.Connection) -> None:
    foo.execute(
        "CREATE TABLE seen (bit); CREATE TRIGGER look AFTER INSERT ON foo"
        " BEGIN INSERT INTO seen VALUES (crsql_internal_sync_bit()); END"
    )
    insert(foo, change())
    foo.execute("INSERT INTO foo VALUES (2, 1, 1)")
    assert foo.execute("SELECT bit FROM seen").fetchall() == [(1,), (0,)]


def test_a_unique_index_added_later_never_sends_a_value_to_another_row(make: MakeReplica) -> None:
    replica = make()
    replica.connection.execute("INSERT INTO foo VALUES (7, 99, 'mine'); CREATE UNIQUE INDEX u ON foo (b)")
    with pytest.raises(SchemaMismatch):
        replica.merge([change(val=99)])
    assert list(replica.live_rows("foo")) == [((7,), (99, "mine"))]


def test_a_moved_row_reaches_a_peer_that_syncs_by_version(make: MakeReplica) -> None:
    one, two = make("one"), make("two")
    one.connection.execute("INSERT INTO foo VALUES (1, 'b', 'c'), (2, 'x', 'y')")
    two.merge(one.changes().changes)
    seen = one.db_version()
    one.connection.execute("UPDATE foo SET b = 'bb' WHERE a = 2; UPDATE OR REPLACE foo SET a = 2 WHERE a = 1")
    two.merge(one.changes(seen).changes)
    assert list(two.live_rows("foo")) == list(one.live_rows("foo")) == [((2,), ("b", "c"))]


def test_the_clock_moves_with_the_data(make: MakeReplica) -> None:
    replica = make()
    replica.merge([change()], received=Received(THEM, 60))
    assert (replica.received_clock(THEM), replica.db_version()) == (60, 50)
    result = replica.merge([], received=Received(THEM, 70))
    assert (result.applied, result.before, result.after) == ((), 50, 50)
    assert (replica.received_clock(THEM), replica.db_version()) == (70, 50)
    replica.merge([], received=Received(THEM, 40))
    assert replica.received_clock(THEM) == 70, "never down"


def test_the_sender_can_stand_in_as_author(make: MakeReplica) -> None:
    replica = make()
    result = replica.merge([change(site=None), change("c", site=bytes(16))], author=THEM)
    assert {a.change.site_id for a in result.applied} == {THEM}
    assert {c.site_id for c in replica.changes().changes} == {THEM}
