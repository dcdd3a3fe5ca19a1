"""The crsql_* functions: their errors, their limits, where they may be called. (tests/peers/test_surface.py has what
the published engine answers.)"""

from __future__ import annotations

import apsw
import pytest

from engine.change import MAX_VERSION
from engine.crr import connect
from engine.errors import ReplicaError, SynclineError, UsageError
from tests.engine.crr.conftest import MakeReplica

INSIDE_TRIGGERS = ("internal_sync_bit", "after_insert", "after_update", "after_delete")
INNOCUOUS = apsw.SQLITE_INNOCUOUS


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        ("as_crr()", UsageError, "crsql_as_crr takes a table's name"),
        ("as_crr(NULL)", UsageError, "takes a table's name"),
        ("as_table(NULL)", UsageError, "takes a table's name"),
        ("as_crr('nope')", ReplicaError, "There is no such table"),
        ("after_insert()", UsageError, "triggers"),
        ("after_update(NULL)", UsageError, "triggers"),
        ("after_delete(7)", UsageError, "triggers"),
        ("after_insert('foo')", ReplicaError, "0 values where 1 are needed"),
        ("after_update('foo', 1, 1)", ReplicaError, "2 values where 6 are needed"),
        (f"next_db_version({MAX_VERSION})", UsageError, "is no version"),
        ("next_db_version(9223372036854775807)", UsageError, "is no version"),
    ],
)
def test_errors_say_what_is_wrong(foo: apsw.Connection, call: str, error: type[SynclineError], words: str) -> None:
    with pytest.raises(error, match=words):
        foo.execute(f"SELECT crsql_{call}").fetchall()
    assert foo.execute("SELECT crsql_next_db_version()").get == 1, "and nothing came of it"


def test_the_build_is_a_text(foo: apsw.Connection) -> None:
    assert foo.execute("SELECT typeof(crsql_sha())").get == "text"


def test_they_work_where_the_schema_is_not_trusted(foo: apsw.Connection) -> None:
    foo.execute("PRAGMA trusted_schema = OFF; INSERT INTO foo VALUES (1, 2, 3); UPDATE foo SET b = 4; DELETE FROM foo")
    assert foo.execute("SELECT cid, cl FROM crsql_changes").fetchall() == [("-1", 2)]
    flags = dict(foo.execute("SELECT name, flags FROM pragma_function_list WHERE name LIKE 'crsql_%'"))
    flags = {name: flag for name, flag in flags.items() if not name.startswith("crsql_syncline_")}
    assert all(flags[f"crsql_{name}"] & INNOCUOUS for name in INSIDE_TRIGGERS)
    assert not any(flag & apsw.SQLITE_DETERMINISTIC for flag in flags.values()), "they remember and write"


def test_a_read_only_connection_answers_but_writes_nothing(make: MakeReplica) -> None:
    path = make().path
    db = connect(path, readonly=True)
    assert db.execute("SELECT crsql_db_version(), crsql_get_seq(), length(crsql_site_id())").fetchall() == [(0, 0, 16)]
    assert db.execute("SELECT crsql_config_get('merge-equal-values')").get == 0
    for call in ("crsql_as_table('foo')", "crsql_config_set('merge-equal-values', 1)"):
        with pytest.raises(apsw.ReadOnlyError):
            db.execute(f"SELECT {call}").fetchall()
    db.close()


def test_unpacking_inside_a_join(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 2, 3), (300, 5, 6)")
    joined = foo.execute(
        "SELECT cid, cell FROM crsql_changes JOIN crsql_unpack_columns ON package = pk WHERE cid = 'b' AND cell > 1"
    )
    assert joined.fetchall() == [("b", 300)]
    several = "SELECT cell FROM crsql_unpack_columns WHERE package IN (x'010905', crsql_pack_columns(7, 8))"
    assert sorted(foo.execute(several)) == [(5,), (7,), (8,)]


@pytest.mark.parametrize("package", ["NULL", "'text'", "1", "x''", "x'0109'", "x'010f'", "x'010b01ff'"])
def test_what_cannot_be_unpacked(foo: apsw.Connection, package: str) -> None:
    with pytest.raises(SynclineError):
        foo.execute(f"SELECT cell FROM crsql_unpack_columns WHERE package = {package}").fetchall()
