"""What a person is told of a table that can be synced: an app's triggers on it, foreign keys that refer to it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from engine.replica import Replica
from engine.tables import Damage, Finding
from engine.tables.introspect import user_tables
from tests.engine.crr.altering import dump
from tests.engine.crr.conftest import MakeReplica
from tests.engine.programs import Command

N = "CREATE TABLE n (id TEXT PRIMARY KEY NOT NULL, body TEXT, updated TEXT);"
LOG = "CREATE TABLE log (id TEXT PRIMARY KEY NOT NULL, what TEXT);"
AUDIT = "CREATE TABLE audit (what); CREATE VIEW logs AS SELECT * FROM log;"
SCHEMA = N + LOG + AUDIT


def cautions_of(replica: Replica) -> dict[str, list[str]]:
    return {table.name: list(table.cautions) for table in replica.tables(extension=True)}


def writes(trigger: str, on: str, target: str) -> str:
    return (
        f"The trigger “{trigger}” on “{on}” writes to “{target}”. Syncline leaves that out when a change arrives;"
        " programs with cr-sqlite's extension do not, and replicas can diverge."
    )


TRIGGERS = {
    "its own row": ("AFTER UPDATE OF body ON n BEGIN UPDATE n SET updated = 1 WHERE id = NEW.id; END", "n"),
    "its own table": ("AFTER INSERT ON n BEGIN DELETE FROM n WHERE id < NEW.id; END", "n"),
    "another table": ("AFTER INSERT ON n BEGIN INSERT INTO log VALUES (random(), 1); END", "log"),
    "another, when one goes": ("BEFORE DELETE ON n BEGIN UPDATE log SET what = 0; END", "log"),
    "by replacing": ("AFTER UPDATE ON n BEGIN REPLACE INTO log VALUES (1, 1); END", "log"),
    "names in another case": ("after insert on N begin insert into LOG values (random(), 1); end", "log"),
}


@pytest.mark.parametrize("what", TRIGGERS)
@pytest.mark.parametrize("tables", [("n", "log"), ()])
def test_a_trigger_that_writes_to_a_synced_table(make: MakeReplica, what: str, tables: tuple[str, ...]) -> None:
    """Told of what is synced, and of what would be if this table were."""
    body, target = TRIGGERS[what]
    replica = make(schema=f"{SCHEMA} CREATE TRIGGER t {body}", tables=tables)
    expected = [writes("t", "n", target)] if tables or target == "n" else []
    before = dump(replica.connection)
    assert cautions_of(replica) == {"n": expected, "log": [], "audit": []}
    assert dump(replica.connection) == before


@pytest.mark.parametrize("synced", ["n", "log"])
def test_the_table_that_is_synced_later_tells_of_it(make: MakeReplica, synced: str) -> None:
    body, _ = TRIGGERS["another table"]
    replica = make(schema=f"{SCHEMA} CREATE TRIGGER t {body}", tables=(synced,))
    expected = {"n": [], "log": [], "audit": []}
    expected["log" if synced == "n" else "n"] = [writes("t", "n", "log")]
    assert cautions_of(replica) == expected


def test_what_a_trigger_sets_off(make: MakeReplica) -> None:
    replica = make(
        schema=SCHEMA + "CREATE TRIGGER one AFTER INSERT ON n BEGIN INSERT INTO audit VALUES (1); END;"
        "CREATE TRIGGER two AFTER INSERT ON audit BEGIN INSERT INTO logs VALUES (1, 2); END;"
        "CREATE TRIGGER three INSTEAD OF INSERT ON logs BEGIN INSERT INTO log VALUES (random(), NEW.what); END",
        tables=("n", "log"),
    )
    assert cautions_of(replica) == {"n": [writes("three", "logs", "log")], "log": [], "audit": []}


def test_triggers_that_write_to_nothing_synced(make: MakeReplica) -> None:
    replica = make(
        schema=SCHEMA + "CREATE TRIGGER one AFTER INSERT ON n BEGIN INSERT INTO audit SELECT what FROM log; END;"
        "CREATE TRIGGER two AFTER INSERT ON audit BEGIN SELECT RAISE(IGNORE); END",
        tables=("n", "log"),
    )
    replica.connection.execute("SELECT crsql_fract_as_ordered('log', 'what')").fetchall()
    assert cautions_of(replica) == {"n": [], "log": [], "audit": []}


@pytest.mark.parametrize("body", ["SELECT an_apps_own(NEW.id)", "INSERT INTO nowhere VALUES (1)"])
def test_triggers_that_cannot_run_here(make: MakeReplica, body: str) -> None:
    replica = make(schema=f"{SCHEMA} CREATE TRIGGER t AFTER INSERT ON n BEGIN {body}; END", tables=("n",))
    (caution,) = cautions_of(replica)["n"]
    assert caution.startswith("Its triggers cannot run here, so nothing can be merged into it: no such ")


def test_the_apps_own_authorizer_stays(make: MakeReplica) -> None:
    replica = make(schema=f"{SCHEMA} CREATE TRIGGER t {TRIGGERS['its own row'][0]}", tables=("n",))

    def mine(*_: object) -> int:
        return 0

    replica.connection.authorizer = mine
    assert len(cautions_of(replica)["n"]) == 1
    assert replica.connection.authorizer is mine


# Foreign keys

P = "CREATE TABLE p (id INTEGER PRIMARY KEY NOT NULL, v TEXT);"
PAIRS = "CREATE TABLE p (a TEXT NOT NULL, b INT NOT NULL, v, PRIMARY KEY (a, b));"
CHILDREN = {
    "cascade": (P, "x INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id) ON DELETE CASCADE"),
    "set null": (P, "x INTEGER PRIMARY KEY, p INTEGER REFERENCES p ON DELETE SET NULL"),
    "set default": (P, "x INTEGER PRIMARY KEY, p DEFAULT 2 REFERENCES p ON DELETE SET DEFAULT"),
    "another case": (P, "x INTEGER PRIMARY KEY, p INTEGER REFERENCES P (ID) ON DELETE CASCADE"),
    "a text key": (P, "x TEXT PRIMARY KEY, p REFERENCES p ON DELETE CASCADE"),
    "a key that moves": (P, "x INTEGER PRIMARY KEY, p REFERENCES p ON UPDATE CASCADE"),
    "two columns": (
        PAIRS,
        "x INTEGER PRIMARY KEY, p INT, q TEXT,"
        " FOREIGN KEY (q, p) REFERENCES p (a, b) ON DELETE CASCADE ON UPDATE CASCADE",
    ),
}


def child_of(kind: str) -> tuple[str, str, str]:
    """The parent, the child, and what the child's foreign key says."""
    parent, columns = CHILDREN[kind]
    actions = re.findall("ON (?:DELETE|UPDATE) (?:CASCADE|SET [A-Z]+)", columns)
    rowless = " WITHOUT ROWID" if "TEXT PRIMARY" in columns else ""
    return parent, f"CREATE TABLE ch ({columns}){rowless};", ", ".join(actions)


def follows(child: str, parent: str, actions: str) -> str:
    return (
        f"“{child}” is not synced, and refers to “{parent}” with {actions}: when sync deletes a row of “{parent}”, the"
        f" rows of “{child}” that refer to it stay."
    )


@pytest.mark.parametrize("kind", CHILDREN)
@pytest.mark.parametrize("first", ["p", "ch"])
def test_rows_that_refer_to_what_sync_deleted(make: MakeReplica, kind: str, first: str) -> None:
    """The parent tells of them, whichever came first, before and after it is synced; check finds them."""
    parent, child, actions = child_of(kind)
    one = make("one", parent if first == "p" else child + parent, tables=("p",))
    if first == "p":
        one.connection.execute(child)
    two = make("two", parent + child, tables=())
    assert cautions_of(one)["p"] == cautions_of(two)["p"] == [follows("ch", "p", actions)]
    two.make_crr("p")
    assert cautions_of(two)["p"] == [follows("ch", "p", actions)]
    composite = parent is PAIRS
    rows = "('a', 1, 'one'), ('a', 2, 'two')" if composite else "(1, 'one'), (2, 'two')"
    one.connection.execute(f"INSERT INTO p VALUES {rows}")
    two.merge(one.changes().changes)
    own = "(1, 2, 'a'), (2, 1, 'a'), (3, NULL, 'a')" if composite else "(1, 2), (2, 1), (3, NULL)"
    two.connection.execute(f"INSERT INTO ch VALUES {own}")
    assert two.check() == []
    one.connection.execute("DELETE FROM p WHERE v = 'two'")
    two.merge(one.changes().changes)
    assert two.check() == [Finding("ch", Damage.ORPHANS, 1)]
    assert two.check()[0].sentence.startswith("1 row refers to one that is gone")
    before = two.connection.execute("SELECT * FROM ch").fetchall()
    assert two.repair() == []
    assert two.connection.execute("SELECT * FROM ch").fetchall() == before, "they are the person's"
    assert two.check() == [Finding("ch", Damage.ORPHANS, 1)]
    two.connection.execute("DELETE FROM ch WHERE x = 1")
    assert two.check() == []


def test_foreign_keys_that_ask_for_nothing(make: MakeReplica) -> None:
    """None that restricts only, none to itself, none of a table that is synced as well, none that fits no key."""
    replica = make(
        schema=P + "CREATE TABLE plain (x REFERENCES p); CREATE TABLE never (x REFERENCES p ON DELETE RESTRICT);"
        "CREATE TABLE tree (id INTEGER PRIMARY KEY, up REFERENCES tree ON DELETE CASCADE);"
        "CREATE TABLE lost (x REFERENCES gone ON DELETE CASCADE);"
        "CREATE TABLE late (id INTEGER PRIMARY KEY NOT NULL, p)",
        tables=("p", "late"),
    )
    db = replica.connection
    with_key = "CREATE TABLE late (id INTEGER PRIMARY KEY NOT NULL, p REFERENCES p ON DELETE CASCADE)"
    db.execute("PRAGMA writable_schema = ON")
    db.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'late'", (with_key,))
    db.execute("PRAGMA writable_schema = RESET").fetchall()
    db.execute("INSERT INTO plain VALUES (7); INSERT INTO never VALUES (7); INSERT INTO tree VALUES (1, 9);"
               "INSERT INTO lost VALUES (7); INSERT INTO late VALUES (1, 7)")  # fmt: skip
    assert cautions_of(replica)["p"] == []
    assert replica.check() == []
    db.execute("CREATE TABLE misfit (x REFERENCES p (v) ON DELETE CASCADE); INSERT INTO misfit VALUES (7)")
    assert cautions_of(replica)["p"] == [follows("misfit", "p", "ON DELETE CASCADE")]
    assert replica.check() == []


def test_a_table_synced_and_its_own_parent(make: MakeReplica) -> None:
    replica = make(schema="CREATE TABLE tree (id INTEGER PRIMARY KEY NOT NULL, up)", tables=("tree",))
    db = replica.connection
    itself = "CREATE TABLE tree (id INTEGER PRIMARY KEY NOT NULL, up REFERENCES tree ON DELETE CASCADE)"
    db.execute("PRAGMA writable_schema = ON")
    db.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'tree'", (itself,))
    db.execute("PRAGMA writable_schema = RESET").fetchall()
    db.execute("INSERT INTO tree VALUES (1, 9)")
    assert [caution for caution in cautions_of(replica)["tree"] if "not synced" in caution] == []
    assert replica.check() == []
    assert [table.name for table in user_tables(db)] == ["tree"]


def test_from_the_command_line(tmp_path: Path) -> None:
    syncline = Command(tmp_path / "home")
    path = tmp_path / "a.db"
    with Replica.open(path, create=True) as replica:
        replica.connection.execute(P + child_of("cascade")[1] + "INSERT INTO ch VALUES (1, 7), (2, NULL), (3, 8);")
        replica.connection.execute("CREATE TRIGGER t AFTER UPDATE ON p BEGIN UPDATE p SET v = 0 WHERE id = NEW.id; END")
    cautions = [writes("t", "p", "p"), follows("ch", "p", "ON DELETE CASCADE")]
    out = syncline("make-syncable", path, "p", "--extension")
    assert all(caution in out for caution in cautions)
    listed = {row["table"]: row["cautions"] for row in map(json.loads, syncline("tables", path, "--json").splitlines())}
    assert listed == {"p": cautions, "ch": []}
    for options in ((), ("--repair",)):
        check = syncline.start("check", path, *options)
        out, _ = check.communicate()
        assert check.returncode == 1
        assert out.splitlines() == [
            "ch: 2 rows refer to rows that are gone: sync does not enforce the foreign keys of a table that is not"
            " synced.",
            "    Up to you: delete these rows in the app, or restore the rows that they refer to.",
        ]
    json_out, _ = syncline.start("check", path, "--repair", "--json").communicate()
    assert json.loads(json_out) == {"table": "ch", "damage": "orphans", "count": 2, "mended": False}
