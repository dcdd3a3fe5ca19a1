"""A table is turned from one kind into the other, and nobody is told anything anew."""

from __future__ import annotations

from pathlib import Path
from random import Random

import apsw
import pytest

from engine.change import Change
from engine.errors import NotEligible
from engine.replica import Replica
from engine.tables import Received
from tests.budget import cases
from tests.engine.apps import running

NOTES = "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, title TEXT, stars INTEGER, seen REAL DEFAULT 1)"
PAIRS = "CREATE TABLE pairs (a INT NOT NULL, b TEXT NOT NULL, PRIMARY KEY (a, b))"
WRITES = (
    "INSERT OR REPLACE INTO notes VALUES ('{k}', '{v}', {n}, NULL)",
    "INSERT OR IGNORE INTO notes (id, title) VALUES ('{k}', '{v}')",
    "UPDATE notes SET title = '{v}' WHERE id = '{k}'",
    "UPDATE notes SET stars = stars + 1, seen = {n}",
    "DELETE FROM notes WHERE id = '{k}'",
    "INSERT OR IGNORE INTO pairs VALUES ({n}, '{k}')",
    "DELETE FROM pairs WHERE b = '{k}'",
)


def write(replica: Replica, choose: Random) -> None:
    k, v, n = choose.choice("abc"), choose.choice("XYZ"), choose.randrange(4)
    replica.connection.execute(choose.choice(WRITES).format(k=k, v=v, n=n))


def told(replica: Replica) -> list[tuple[object, ...]]:
    """All that peers are told, whatever the order."""
    changes = (change._replace(seq=0) for change in replica.changes().changes)
    return sorted((tuple(change) for change in changes if not is_length_of_a_told_row(change, replica)), key=repr)


def is_length_of_a_told_row(change: Change, replica: Replica) -> bool:
    """Ordinary tables tell the length with the cells, and no sentinel beside them."""
    others = (one for one in replica.changes().changes if one.pk == change.pk and one.table == change.table)
    return change.cid == "-1" and change.cl % 2 == 1 and any(one.cid != "-1" for one in others)


def test_there_and_back_again(tmp_path: Path) -> None:
    for case in cases("tables that change their kind", seconds=4):
        choose = case.random
        with (
            Replica.open(tmp_path / f"{case.seed}.db", create=True) as one,
            Replica.open(tmp_path / f"{case.seed}-other.db", create=True) as two,
        ):
            for replica in (one, two):
                replica.connection.execute(f"{NOTES}; {PAIRS}")
                replica.make_crr("notes")
                replica.make_crr("pairs")
            for _ in range(choose.randrange(30)):
                write(choose.choice((one, two)), choose)
                if choose.random() < 0.2:
                    one.merge(two.changes().changes)
            before, digests, version = told(one), one.digests(), one.refresh()
            for make in (one.make_ordinary, one.make_crr, one.make_ordinary):
                for table in ("notes", "pairs"):
                    make(table)
                assert one.refresh() == version
                assert told(one) == before
                assert one.digests() == digests
                assert one.check() == []
            write(one, choose)
            write(two, choose)
            two.merge(one.changes().changes)
            one.merge(two.changes().changes)
            two.merge(one.changes().changes)
            assert one.digests() == two.digests()


def columns_covered(replica: Replica) -> dict[str, frozenset[str]]:
    """What the clock of a peer covers."""
    return {name: basis.columns for name, basis in replica.known(bytes(16)).covered}


def test_other_programs_can_write_to_it_again(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with Replica.open(path, create=True) as replica:
        replica.connection.execute(NOTES)
        replica.make_crr("notes")
        replica.connection.execute("INSERT INTO notes VALUES ('a', 'A', 1, 2)")
        replica.known(bytes(16))
        replica.merge((), received=Received(bytes(16), 5, tables=("notes",)))
        covered = columns_covered(replica)
        assert covered["notes"]
        replica.make_ordinary("notes")
        assert columns_covered(replica) == covered, "it is asked for no more than before"
    with running(path) as app:
        app.do("UPDATE notes SET title = 'B'")
    with Replica.open(path) as replica:
        assert [(one.val, one.col_version) for one in replica.changes(1).changes] == [("B", 2)]
        replica.make_crr("notes")
        assert columns_covered(replica) == covered
    with pytest.raises(apsw.SQLError, match="sync_bit"):
        apsw.Connection(str(path)).execute("UPDATE notes SET title = 'C'")


def test_what_cannot_be_the_other_kind_stays_as_it_is(tmp_path: Path) -> None:
    with Replica.open(tmp_path / "a.db", create=True) as replica:
        replica.connection.execute(
            "CREATE TABLE counted (id INTEGER PRIMARY KEY NOT NULL);"
            "CREATE TABLE strict (id TEXT PRIMARY KEY, t NOT NULL)"
        )
        replica.make_crr("counted")
        replica.make_ordinary("strict")
        with pytest.raises(NotEligible, match="hands out"):
            replica.make_ordinary("counted")
        with pytest.raises(NotEligible, match="no DEFAULT"):
            replica.make_crr("strict")
        kinds = {table.name: table.kind for table in replica.tables()}
        assert kinds == {"counted": "cr-sqlite", "strict": "ordinary"}
