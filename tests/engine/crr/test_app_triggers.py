"""An app's triggers on a synced table: what they keep out is not taken for merged, and the table is parked for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from engine.errors import SchemaMismatch, TableBroken
from engine.replica import Replica
from engine.session import Merge, execute
from engine.tables import Received, pack_columns
from tests.engine.crr.altering import dump
from tests.engine.crr.test_merge import change

SCHEMAS = {
    "plain": "CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b, c)",
    "text key": "CREATE TABLE foo (a TEXT COLLATE NOCASE PRIMARY KEY NOT NULL, b, c)",
    "two in the key": "CREATE TABLE foo (a NOT NULL, k NOT NULL DEFAULT 'k', b, c, PRIMARY KEY (k, a)) WITHOUT ROWID",
}
OTHER = "CREATE TABLE other (x PRIMARY KEY NOT NULL, y); CREATE TABLE log (what UNIQUE)"
ROWS = 150
"""So many that they are merged in groups; and the runs of clock rows are long."""

NUMBERS = "WITH RECURSIVE up(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM up WHERE n < {n})"
FIRST = f"{NUMBERS} INSERT INTO foo (a, b, c) SELECT n, n, n FROM up"
WAYS = {
    "INSERT": ("", FIRST),
    "UPDATE": (FIRST, "UPDATE foo SET b = -b, c = NULL"),
    "UPDATE of one": (FIRST, "UPDATE foo SET c = b + 1"),
    "DELETE": (FIRST, "DELETE FROM foo"),
    "lives again": (FIRST + "; DELETE FROM foo WHERE a = 1", "INSERT INTO foo (a, b) VALUES (1, 'again')"),
}

Pair = tuple[Replica, Replica]
MakePair = Callable[..., Pair]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[MakePair]:
    """pair(schema, before, n): two replicas that both hold what ``before`` has written."""
    made: list[Replica] = []

    def build(schema: str = SCHEMAS["plain"], before: str = "", n: int = 1) -> Pair:
        two = Replica.open(tmp_path / "here.db", create=True), Replica.open(tmp_path / "there.db", create=True)
        made.extend(two)
        for replica in two:
            replica.connection.execute(f"{schema}; {OTHER}")
            for table in ("foo", "other"):
                replica.make_crr(table)
        here, there = two
        write(there, before, n)
        merge(here, there)
        return two

    yield build
    for replica in made:
        replica.close()


def write(replica: Replica, sql: str, n: int = 1) -> None:
    if sql:
        replica.connection.execute(sql.format(n=n)).fetchall()


def merge(here: Replica, there: Replica) -> None:
    """All that is there, as a session does it: with the clock, and with the park that may come of it."""
    since = here.received_clock(there.site_id)
    found = there.changes(since)
    tables = tuple(table for table in ("foo", "other") if table in here.synced_tables())
    received = Received(there.site_id, found.until, since, tables)
    changes = tuple(one for one in found.changes if one.table in tables)
    execute.merge(here, Merge(changes, found.until, received, tables=tables))


def held(replica: Replica, table: str = "foo") -> list[object]:
    return replica.connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()


def cells(replica: Replica) -> list[object]:
    found = [one for one in replica.changes().changes if one.table == "foo"]
    return sorted((one.pk, one.cid, one.col_version, one.cl, repr(one.val)) for one in found)


def event(way: str) -> str:
    return "INSERT" if way == "lives again" else way.split()[0]


def row(way: str) -> str:
    return "OLD" if event(way) == "DELETE" else "NEW"


def stops(here: Replica, there: Replica, why: str) -> None:
    """The merge is undone, no clock moves over it, and the table is parked until its triggers change."""
    before, clock = dump(here.connection), here.received_clock(there.site_id)
    with pytest.raises(TableBroken, match=re.escape(why)):
        merge(here, there)
    ((table, reason, _),) = here.parked()
    assert table == "foo"
    assert why in reason
    assert here.received_clock(there.site_id) == clock
    after = dump(here.connection)
    ours = ("crsql_syncline", "crsql_tracked", "sqlite_autoindex_crsql_syncline")
    assert [row for row in after if not named(row, ours)] == [row for row in before if not named(row, ours)]


def named(row: tuple[object, ...], prefixes: tuple[str, ...]) -> bool:
    return any(isinstance(value, str) and value.startswith(prefixes) for value in row[:2])


def goes_on(here: Replica, there: Replica, trigger: str = "guard") -> None:
    """The other table goes on meanwhile; without the trigger, foo is asked for from the start, and both are alike."""
    write(there, "INSERT INTO other VALUES ('more', 1)")
    merge(here, there)
    assert held(here, "other")[-1] == ("more", 1)
    write(here, f"DROP TRIGGER {trigger}")
    assert here.parked() == ()
    assert here.known(there.site_id).tables == ("other",)
    here.merge(there.changes().changes)
    assert held(here) == held(there)
    assert cells(here) == cells(there)


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("n", [1, ROWS])
def test_a_row_that_is_kept_out_parks_the_table(pair: MakePair, schema: str, way: str, n: int) -> None:
    before, then = WAYS[way]
    here, there = pair(SCHEMAS[schema], before, n)
    last = 1 if way == "lives again" else n
    which = f"CAST({row(way)}.a AS INTEGER) = {last}"
    write(here, f"CREATE TRIGGER guard BEFORE {event(way)} ON foo WHEN {which} BEGIN SELECT RAISE(IGNORE); END")
    write(there, f"{then}; INSERT INTO other VALUES (1, 1)", n)
    stops(here, there, "its triggers (“guard”) keep")
    goes_on(here, there)


@pytest.mark.parametrize("n", [1, ROWS])
def test_a_row_of_a_table_without_columns_is_kept_out(pair: MakePair, n: int) -> None:
    here, there = pair("CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL)")
    write(here, f"CREATE TRIGGER guard BEFORE INSERT ON foo WHEN NEW.a = {n} BEGIN SELECT RAISE(IGNORE); END")
    write(there, f"{NUMBERS} INSERT INTO foo SELECT n FROM up", n)
    stops(here, there, "keeps out a row")
    goes_on(here, there)


@pytest.mark.parametrize("n", [1, ROWS])
@pytest.mark.parametrize(
    ("way", "body"),
    [
        ("INSERT", "DELETE FROM foo WHERE a = NEW.a"),
        ("DELETE", "INSERT INTO foo (a, b) VALUES (OLD.a, 'back')"),
        (
            "INSERT",
            "UPDATE foo SET c = 'x', a = -1 WHERE a = 1; DELETE FROM other; REPLACE INTO other VALUES (2, 1)",
        ),
        ("UPDATE", "UPDATE foo SET c = 'x'; UPDATE other SET x = x + 1; INSERT INTO log VALUES (NEW.a)"),
    ],
)
def test_what_a_trigger_would_do_to_synced_tables_is_left_out(pair: MakePair, way: str, body: str, n: int) -> None:
    """It arrives from where the change was made; what the trigger writes elsewhere follows."""
    before, then = WAYS[way]
    here, there = pair(before=before, n=n)
    write(here, f"CREATE TRIGGER guard AFTER {way} ON foo WHEN {row(way)}.a = {n} BEGIN {body}; END")
    write(there, f"{then}; INSERT INTO other VALUES (1, 1)", n)
    merge(here, there)
    assert (held(here), held(here, "other")) == (held(there), held(there, "other"))
    assert cells(here) == cells(there)
    assert len(held(here, "log")) == ("log" in body)
    write(here, "INSERT INTO foo (a, b) VALUES (-5, 'mine'); DELETE FROM foo WHERE a = -5")
    assert held(here) == held(there)  # the guards are for merges alone


FAILURES = {
    "ABORT": "SELECT RAISE(ABORT, 'not this one')",
    "FAIL": "SELECT RAISE(FAIL, 'not this one')",
    "ROLLBACK": "SELECT RAISE(ROLLBACK, 'not this one')",
    "a constraint elsewhere": "INSERT INTO log VALUES ('taken')",
    "a table that is gone": "INSERT INTO nowhere VALUES (1)",
    "a function that is not here": "SELECT an_apps_own()",
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("way", ["INSERT", "UPDATE", "DELETE"])
@pytest.mark.parametrize("n", [1, ROWS])
def test_a_trigger_that_fails_parks_its_table_alone(pair: MakePair, failure: str, way: str, n: int) -> None:
    before, then = WAYS[way]
    here, there = pair(before=before, n=n)
    write(here, "INSERT INTO log VALUES ('taken')")
    write(here, f"CREATE TRIGGER guard AFTER {way} ON foo WHEN {row(way)}.a = {n} BEGIN {FAILURES[failure]}; END")
    write(there, f"{then}; INSERT INTO other VALUES (1, 1)", n)
    stops(here, there, "one of its triggers (“guard”) rejects a row of another replica: ")
    goes_on(here, there)


@pytest.mark.parametrize("n", [1, ROWS])
def test_a_constraint_of_the_table_itself_is_none_of_its_triggers(pair: MakePair, n: int) -> None:
    here, there = pair()
    write(here, "CREATE TRIGGER look AFTER INSERT ON foo BEGIN SELECT 1; END; CREATE UNIQUE INDEX only ON foo (c)")
    write(there, FIRST + "; UPDATE foo SET c = 1; INSERT INTO foo VALUES (0, 0, 1)", n)
    with pytest.raises(SchemaMismatch, match="UNIQUE"):
        merge(here, there)
    assert here.parked() == ()


HARMLESS = {
    "feeds a table that is not synced": "AFTER INSERT ON foo BEGIN INSERT INTO log VALUES (random()); END",
    "never applies": "BEFORE UPDATE ON foo WHEN NEW.a < 0 BEGIN SELECT RAISE(IGNORE); END",
    "ends the others": "AFTER INSERT ON foo BEGIN SELECT RAISE(IGNORE); END",
    "ignores elsewhere": "AFTER INSERT ON foo BEGIN INSERT OR IGNORE INTO log VALUES ('taken'); END",
    "trims a value": "AFTER UPDATE ON foo BEGIN UPDATE foo SET c = 'x' WHERE a = NEW.a; END",
}


@pytest.mark.parametrize("what", HARMLESS)
@pytest.mark.parametrize("n", [1, ROWS])
def test_triggers_that_keep_nothing_out(pair: MakePair, what: str, n: int) -> None:
    here, there = pair()
    write(here, f"INSERT INTO log VALUES ('taken'); CREATE TRIGGER harmless {HARMLESS[what]}")
    for then in (FIRST, "UPDATE foo SET b = -b", "DELETE FROM foo WHERE a = 1", "INSERT INTO foo (a) VALUES (1)"):
        write(there, then, n)
        merge(here, there)
    assert here.parked() == ()
    assert held(here) == held(there)
    assert here.received_clock(there.site_id) == there.db_version()


@pytest.mark.parametrize("spellings", ["xX", "Xx"])
@pytest.mark.parametrize("there_before", [True, False])
def test_two_spellings_of_one_key_in_a_batch(pair: MakePair, spellings: str, there_before: bool) -> None:
    """Sync takes them for two rows, the table for one: none of them was kept out."""
    here, _ = pair(SCHEMAS["text key"])
    write(here, "CREATE TRIGGER look AFTER INSERT ON foo BEGIN SELECT 1; END")
    if there_before:
        write(here, "INSERT INTO foo VALUES ('X', 0, 0)")
    here.merge([change("b", spelling, cv=9, pk=pack_columns([spelling])) for spelling in spellings])
    assert [row[1] for row in held(here)] == [spellings[1]]  # type: ignore[index]


def test_a_delete_of_rows_that_were_never_here(pair: MakePair) -> None:
    here, there = pair()
    write(here, "CREATE TRIGGER guard BEFORE DELETE ON foo BEGIN SELECT RAISE(IGNORE); END")
    write(there, f"{FIRST}; DELETE FROM foo", ROWS)
    merge(here, there)
    assert here.parked() == ()


def test_a_row_of_defaults_that_a_constraint_forbids_is_none_that_was_kept_out(pair: MakePair) -> None:
    """As without triggers (cr-sqlite.md 7.7)."""
    schema = "CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b, c, CHECK (b NOT NULL OR c NOT NULL))"
    here, there = pair(schema, FIRST)
    write(here, "CREATE TRIGGER look BEFORE INSERT ON foo BEGIN SELECT 1; END")
    write(there, "DELETE FROM foo")
    merge(here, there)
    write(there, "INSERT INTO foo VALUES (1, 1, 1)")
    here.merge([one for one in there.changes().changes if one.cid == "-1"])
    assert held(here) == []


def test_what_comes_in_by_sql_is_not_taken_either(pair: MakePair) -> None:
    here, there = pair()
    db = here.connection
    before = dump(db)
    write(here, "CREATE TRIGGER guard BEFORE INSERT ON foo BEGIN SELECT RAISE(IGNORE); END")
    write(there, FIRST)
    changes = there.changes().changes
    with pytest.raises(TableBroken), db:
        db.executemany("INSERT INTO crsql_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", changes)
    write(here, "DROP TRIGGER guard; CREATE TRIGGER guard AFTER INSERT ON foo BEGIN SELECT RAISE(ROLLBACK, 'no'); END")
    with pytest.raises((TableBroken, apsw.Error)), db:
        db.executemany("INSERT INTO crsql_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", changes)
    write(here, "DROP TRIGGER guard")
    assert dump(db) == before


def test_the_letter_case_of_names_that_are_not_ascii(tmp_path: Path) -> None:
    with Replica.open(tmp_path / "a.db", create=True) as here, Replica.open(tmp_path / "b.db", create=True) as there:
        for replica in (here, there):
            replica.connection.execute('CREATE TABLE "FOOÄ" (a INTEGER PRIMARY KEY NOT NULL)')
            replica.make_crr("FOOÄ")
        write(here, 'CREATE TRIGGER guard BEFORE INSERT ON "fooÄ" BEGIN SELECT RAISE(IGNORE); END')
        write(there, 'INSERT INTO "FOOÄ" VALUES (1)')
        with pytest.raises(TableBroken):
            here.merge(there.changes().changes)
