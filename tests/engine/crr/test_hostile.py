"""Hostile changes: one typed error, and the file is as it was before, to the last row of its last table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.change import MAX_VERSION, Change
from engine.crr.merge.merger import CROSSOVER
from engine.errors import InvalidChange, MergeError, SchemaMismatch, SynclineError
from engine.replica import Replica
from engine.tables import Received, pack_columns, unpack_columns
from tests.engine.crr.conftest import FOO, MakeReplica
from tests.engine.crr.test_merge import PK, THEM, change

TWO = "CREATE TABLE two (k TEXT NOT NULL, n INTEGER NOT NULL, v INTEGER CHECK (v < 100), PRIMARY KEY (n, k))"
COLUMNS = {"foo": ("b", "c", "-1"), "two": ("v", "-1")}

numbers = st.integers(0, 6)
values = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=5) | st.binary(max_size=5)


@st.composite
def decent(draw: st.DrawFn) -> Change:
    """A change that merges; its row is often one that is there."""
    table = draw(st.sampled_from(["foo", "two"]))
    number = draw(numbers)
    key = [number] if table == "foo" else [number, "k"]
    cl = draw(st.sampled_from([1, 1, 1, 2, 3]))
    cid = "-1" if cl == 2 else draw(st.sampled_from(COLUMNS[table]))
    val = None if cid == "-1" else draw(values if table == "foo" else numbers)
    col_version = cl if cid == "-1" else draw(st.integers(1, 4))
    return Change(table, pack_columns(key), cid, val, col_version, draw(st.integers(1, 50)), THEM, cl, draw(numbers))


def is_no_key(packed: bytes) -> bool:
    try:
        key = unpack_columns(packed)
    except InvalidChange:
        return True
    return len(key) != 1 or key == (None,)


surrogates = st.text(st.characters(categories=["Cs"]), min_size=1, max_size=3)
no_version = st.integers(MAX_VERSION, 2**70) | st.integers(-(2**70), -1) | st.sampled_from([None, 1.0, "1", b"1", True])
bad: dict[str, st.SearchStrategy[Any]] = {
    "table": st.sampled_from([None, 7, b"foo", "FOO", "foo ", "", "f" * 2049, "é" * 1025, "sqlite_master"])
    | surrogates,
    "pk": st.sampled_from([None, "text", 1, b"", bytearray(PK)])
    | (st.binary(max_size=12) | st.lists(values, max_size=3).map(pack_columns)).filter(is_no_key),
    "cid": st.sampled_from([None, 7, b"b", "B", "a", "x" * 2049, "€" * 683, "__crsql_key", "rowid", ""]) | surrogates,
    "val": st.sampled_from([object(), [1], 2**63, -(2**63) - 1, 1j, ("a",)]) | surrogates,
    "col_version": no_version,
    "db_version": no_version,
    "cl": no_version,
    "seq": no_version,
    "site_id": st.sampled_from([None, "text", 16]) | st.binary(max_size=40).filter(lambda site: len(site) != 16),
}


@st.composite
def hostile(draw: st.DrawFn) -> Change:
    """A change with one field that no well-behaved peer sends."""
    one = draw(decent())._replace(cl=901, cid="b", val=1, table="foo", pk=PK)  # it wins
    field = draw(st.sampled_from(sorted(bad)))
    return one._replace(**{field: draw(bad[field])})


def dump(path: Path) -> list[tuple[str, list[tuple[object, ...]]]]:
    """Every row of every table, as another connection sees them."""
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    rows = [(name, db.execute(f'SELECT * FROM "{name}"').fetchall()) for name in ("sqlite_master", *names)]
    db.close()
    return rows


@contextmanager
def unchanged(replica: Replica) -> Iterator[None]:
    """Nothing inside changes the file, and the connection works on afterwards."""
    db = replica.connection
    before, version = dump(replica.path), replica.db_version()
    yield
    assert dump(replica.path) == before
    assert replica.db_version() == version
    assert db.execute("SELECT crsql_internal_sync_bit(), crsql_get_seq(), crsql_rows_impacted()").get == (0, 0, 0)
    assert not db.in_transaction


@pytest.fixture
def target(make: MakeReplica) -> Replica:
    replica = make("target", f"{FOO}; {TWO}", ("foo", "two"))
    replica.connection.execute("INSERT INTO foo VALUES (1, 2, 3), (2, 'x', 'y'); INSERT INTO two VALUES ('k', 1, 1)")
    replica.connection.execute("DELETE FROM foo WHERE a = 2")
    return replica


always = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@always
@given(st.lists(decent(), max_size=6), hostile(), st.lists(decent(), max_size=3), st.booleans())
def test_one_spoils_the_batch(
    target: Replica, first: list[Change], one: Change, more: list[Change], large: bool
) -> None:
    """Also a batch so large that it is merged by groups."""
    padding = [change("b", n, pk=pack_columns([1000 + n])) for n in range(CROSSOVER)] if large else []
    with unchanged(target), pytest.raises(MergeError) as error:
        target.merge([*padding, *first, one, *more], received=Received(THEM, 60))
    sentence = str(error.value)
    assert sentence.endswith(".")
    assert len(sentence) < 400
    sentence.encode()  # it can be shown


@always
@given(st.lists(decent(), max_size=8))
def test_the_decent_ones_merge(target: Replica, changes: list[Change]) -> None:
    """Without the hostile one the same batches go through: it is what spoils them."""
    target.merge(changes, received=Received(THEM, 60))


@always
@given(st.lists(decent(), max_size=4), hostile(), st.booleans())
def test_through_sql(target: Replica, first: list[Change], one: Change, at_once: bool) -> None:
    """There, as in stock, negative versions and a missing author are no errors."""
    kind = {type(None), int, float, str, bytes}
    low = one.col_version if isinstance(one.col_version, int) else 0
    if any(type(field) not in kind for field in one) or low < 0:
        return
    db = target.connection
    merge = "INSERT INTO crsql_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    before = dump(target.path)
    db.execute("BEGIN")
    try:
        for each in first if at_once else []:
            db.execute(merge, each)
        try:
            db.execute(merge, one)
        except (SynclineError, OverflowError, UnicodeEncodeError):
            pass  # the last two come from the binding, before any of it is ours
        else:
            assert one.site_id is None or len(one.site_id) <= 16
    finally:
        db.execute("ROLLBACK")
    assert dump(target.path) == before


@pytest.mark.parametrize("field", ["[table]", "cid", "val"])
def test_bytes_that_are_no_text_through_sql(target: Replica, field: str) -> None:
    texts = {"[table]": "'foo'", "cid": "'b'", "val": "'v'", field: "CAST(x'66ff' AS TEXT)"}
    merge = (
        f"INSERT INTO crsql_changes VALUES ({texts['[table]']}, x'010901', {texts['cid']}, {texts['val']}, 9, 9,"
        " zeroblob(16), 1, 0)"
    )
    with unchanged(target), pytest.raises((UnicodeDecodeError, SynclineError)):
        target.connection.execute(merge)


def test_bytes_that_are_no_text_in_a_key(target: Replica) -> None:
    """Through a trigger: the write itself is refused, and nothing of it stays."""
    with unchanged(target), pytest.raises((UnicodeDecodeError, SynclineError)):
        target.connection.execute("INSERT INTO two VALUES (CAST(x'ff' AS TEXT), 9, 1)")


@pytest.mark.parametrize("inside", [True, False])
def test_a_refused_change_inside_a_transaction(target: Replica, inside: bool) -> None:
    """What the transaction did before stays; of the change nothing does, not even its key."""
    db = target.connection
    db.execute("BEGIN; INSERT INTO foo VALUES (5, 5, 5)")
    if inside:
        db.execute("SAVEPOINT mine")
    for one in (
        change(pk=b""), change("nope", pk=pack_columns([77])), change(pk=pack_columns([77, 1])),
        change(pk=pack_columns(["x"])), change(table="nope"),
        Change("two", pack_columns([77, "k"]), "v", 1000, 1, 9, THEM, 1, 0),
    ):  # fmt: skip
        with pytest.raises((InvalidChange, SchemaMismatch)):
            db.execute("INSERT INTO crsql_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", one)
    assert db.in_transaction
    assert db.execute("SELECT crsql_internal_sync_bit()").get == 0
    db.execute("COMMIT")
    assert db.execute("SELECT a FROM foo ORDER BY a").fetchall() == [(1,), (5,)]
    assert db.execute("SELECT count(*) FROM foo__crsql_pks WHERE a NOT IN (1, 2, 5)").get == 0
    assert db.execute("SELECT count(*) FROM two__crsql_pks").get == 1


def test_the_odd_values_that_are_kept(target: Replica) -> None:
    odd = [float("nan"), float("inf"), -0.0, "nul\x00inside", "", b"", 2**63 - 1, -(2**63), "\U0010ffff"]
    target.merge([change("b", value, cv=90, pk=pack_columns([100 + n])) for n, value in enumerate(odd)])
    kept = [b for (b,) in target.connection.execute("SELECT b FROM foo WHERE a >= 100 ORDER BY a")]
    assert kept == [None, *odd[1:]], "a float that is no number is NULL, as SQLite binds it"
