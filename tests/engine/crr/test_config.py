"""The setting merge-equal-values: kept in the file, and decisive in every path of a merge (cr-sqlite.md 3, 7.3)."""

from __future__ import annotations

import itertools
from pathlib import Path

import apsw
import pytest

from engine.change import Change, SQLiteValue
from engine.crr import connect
from engine.errors import ReplicaError, UsageError
from engine.replica import Replica
from tests.engine.crr.conftest import FOO, MakeReplica
from tests.engine.crr.test_merge import PK, change, insert

LOW, MIDDLE, HIGH = (bytes([n]) * 16 for n in (0x11, 0x80, 0xFE))
ON = "SELECT crsql_config_set('merge-equal-values', 1)"


def author(db: apsw.Connection) -> object:
    """Who is recorded as the writer of foo.b."""
    return db.execute("SELECT site_id FROM crsql_changes WHERE cid = 'b'").get


def test_set_and_get(make: MakeReplica) -> None:
    replica = make()
    db = replica.connection
    get = "SELECT crsql_config_get('merge-equal-values')"
    assert db.execute(get).get == 0
    assert db.execute(ON).get == 1
    assert db.execute(get).get == 1
    stored = db.execute("SELECT value, typeof(value) FROM crsql_master WHERE key = 'config.merge-equal-values'")
    assert stored.fetchall() == [(1, "integer")]
    other = connect(replica.path)
    assert other.execute(get).get == 1
    assert other.execute("SELECT crsql_config_set('merge-equal-values', 0)").get == 0
    other.close()
    assert db.execute(get).get == 0, "what another program sets holds here too"


@pytest.mark.parametrize(
    "call",
    ["_get('mine')", "_get(NULL)", "_get(x'00')", "_set('mine', 1)"]
    + [f"_set('merge-equal-values', {value})" for value in ("2", "-1", "'1'", "1.0", "NULL")],
)
def test_what_is_no_setting(foo: apsw.Connection, call: str) -> None:
    with pytest.raises(UsageError, match="merge-equal-values"):
        foo.execute(f"SELECT crsql_config{call}").fetchall()
    assert foo.execute("SELECT count(*) FROM crsql_master WHERE key LIKE 'config.%'").get == 0


@pytest.mark.parametrize("count", ["crsql_config_get()", "crsql_config_set('merge-equal-values')"])
def test_the_wrong_number_of_arguments(foo: apsw.Connection, count: str) -> None:
    with pytest.raises(apsw.SQLError, match="wrong number of arguments"):
        foo.execute(f"SELECT {count}")


@pytest.mark.parametrize("odd", ["'yes'", "0.5", "x'01'", "NULL"])
def test_a_stored_value_that_is_no_integer_is_refused(tmp_path: Path, odd: str) -> None:
    path = tmp_path / "odd.db"
    db = connect(path, create=True)
    db.execute(f"INSERT INTO crsql_master VALUES ('config.merge-equal-values', {odd})")
    db.close()
    before = path.read_bytes()
    with pytest.raises(ReplicaError, match=r"odd\.db.*merge-equal-values") as error:
        Replica.open(path)
    assert "UPDATE crsql_master" in error.value.hint
    assert path.read_bytes() == before


@pytest.mark.parametrize("through_sql", [True, False])
@pytest.mark.parametrize("at_once", [True, False])
def test_the_higher_author_is_recorded_in_any_order(make: MakeReplica, at_once: bool, through_sql: bool) -> None:
    for n, order in enumerate(itertools.permutations((LOW, MIDDLE, HIGH))):
        replica = make(f"{at_once}{n}")
        replica.connection.execute(ON)
        changes = [change(val="same", site=site) for site in order]
        for part in [changes] if at_once else [[one] for one in changes]:
            if through_sql:
                insert(replica.connection, *part)
            else:
                replica.merge(part)
        assert author(replica.connection) == HIGH
        assert replica.connection.execute("SELECT a, b FROM foo").fetchall() == [(1, "same")]


@pytest.mark.parametrize("value", [None, 5, 1.5, "text", b"\x00"])
def test_the_first_author_stays_when_it_is_off(make: MakeReplica, value: SQLiteValue) -> None:
    replica = make()
    replica.merge([change(val=value, site=LOW), change(val=value, site=HIGH)])
    assert author(replica.connection) == LOW
    replica.connection.execute(ON)
    assert len(replica.merge([change(val=value, site=HIGH)]).applied) == 1
    assert author(replica.connection) == HIGH
    assert replica.merge([change(val=value, site=HIGH)]).applied == (), "an echo comes to rest"


def test_values_decide_before_authors(make: MakeReplica) -> None:
    replica = make()
    replica.connection.execute(ON)
    replica.merge([change(val=9, site=LOW), change(val=8, site=HIGH)])
    assert author(replica.connection) == LOW
    replica.merge([change(val=9, site=HIGH, cv=0)])
    assert author(replica.connection) == LOW


def test_a_local_cell_and_one_of_nobody_count_as_this_files(make: MakeReplica) -> None:
    replica = make()
    db, own = replica.connection, replica.site_id
    db.execute(ON + "; INSERT INTO foo VALUES (1, 'same', 0)").fetchall()
    below, above = b"\x00" * 16, b"\xff" * 16
    for dangling in (False, True):
        if dangling:
            db.execute("UPDATE foo__crsql_clock SET site_id = 77 WHERE col_name = 'b'")
        assert replica.merge([change(val="same", site=below)]).applied == ()
    assert insert(db, change(val="same", site=None)) == insert(db, change(val="same", site=b"")) == 0
    assert replica.merge([change(val="same", site=own)]).applied == ()
    assert len(replica.merge([change(val="same", site=above)]).applied) == 1
    assert author(db) == above


def test_cells_that_a_revival_set_to_zero_keep_their_author(make: MakeReplica) -> None:
    revived = [change(val="same", site=MIDDLE), change("-1", None, cl=3, site=LOW)]
    for n, at_once in enumerate((True, False)):
        replica = make(f"r{n}")
        replica.connection.execute(ON)
        for part in [revived] if at_once else [[one] for one in revived]:
            replica.merge(part)
        assert replica.merge([change(val="same", cl=3, cv=0, site=LOW)]).applied == ()
        assert len(replica.merge([change(val="same", cl=3, cv=0, site=HIGH)]).applied) == 1


def test_two_files_end_with_the_same_authors(make: MakeReplica) -> None:
    one, two = make("one"), make("two")
    for replica in (one, two):
        replica.connection.execute(ON + "; INSERT INTO foo VALUES (1, 'same', 'same')").fetchall()

    def pass_on(source: Replica, target: Replica) -> int:
        return len(target.merge(source.changes().changes).applied)

    moved = [pass_on(one, two), pass_on(two, one), pass_on(one, two), pass_on(two, one)]
    assert sum(moved) == 2, "each cell moves once, to the side of the lower id"
    assert author(one.connection) == author(two.connection) == max(one.site_id, two.site_id)


def test_another_integer_means_off(tmp_path: Path) -> None:
    """A file that was set by hand to another integer merges as if it were off, as stock does."""
    with Replica.open(tmp_path / "two.db", create=True) as replica:
        replica.connection.execute(FOO)
        replica.make_crr("foo")
        replica.connection.execute("INSERT INTO crsql_master VALUES ('config.merge-equal-values', 2)")
        replica.merge([Change("foo", PK, "b", 1, 1, 1, LOW, 1, 0), Change("foo", PK, "b", 1, 1, 1, HIGH, 1, 0)])
        assert author(replica.connection) == LOW
