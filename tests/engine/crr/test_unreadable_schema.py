"""A schema with names or defaults that are not valid text: the table alone is left out, in words."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from engine.crr import connect
from engine.errors import NotEligible
from engine.replica import Replica
from engine.table_shape import Parked
from engine.tables import Damage, Span

NO_TEXT = "A name or a default in its schema is not valid text."
PARKED = "a name or a default in its schema is not valid text"
BEFORE_AND_AFTER = {
    "table": (b"TABLE bad", b'TABLE "b\xffd"'),
    "key": (b"id INTEGER PRIMARY", b'"i\xff" INTEGER PRIMARY'),
    "column": (b"v TEXT", b'"v\xff" TEXT'),
    "default": (b"'none'", b"'n\xffne'"),
}


def make(path: Path, what: str, *, synced: bool) -> Path:
    """A file with a good table and one of which ``what`` is no text, as only another program can write it."""
    db = connect(path, create=True)
    db.execute("CREATE TABLE good (id INTEGER PRIMARY KEY NOT NULL, v); SELECT crsql_as_crr('good')").fetchall()
    db.execute("CREATE TABLE bad (id INTEGER PRIMARY KEY NOT NULL, v TEXT, w DEFAULT 'none')")
    if synced:
        db.execute("SELECT crsql_as_crr('bad')").fetchall()
    db.execute("INSERT INTO good VALUES (1, 'x'); INSERT INTO bad (id, v) VALUES (1, 'x')")
    db.close()
    spoil(path, *BEFORE_AND_AFTER[what])
    return path


def spoil(path: Path, before: bytes, after: bytes) -> None:
    db = apsw.Connection(str(path))
    db.execute("PRAGMA writable_schema = ON")
    name = after.partition(b'"')[2].partition(b'"')[0] if b"TABLE" in after else b"bad"
    db.execute(
        "UPDATE sqlite_master SET sql = CAST(replace(CAST(sql AS BLOB), ?, ?) AS TEXT), name = CAST(?3 AS TEXT),"
        " tbl_name = CAST(?3 AS TEXT) WHERE name = 'bad'",
        (before, after, name),
    )
    db.execute("PRAGMA writable_schema = RESET")
    db.close()


def rows_read(replica: Replica) -> set[str]:
    return {change.table for change in replica.part(Span(0, None, tuple(replica.synced_tables()))).changes}


@pytest.mark.parametrize("what", BEFORE_AND_AFTER)
def test_one_that_is_not_synced_cannot_be(tmp_path: Path, what: str) -> None:
    with Replica.open(make(tmp_path / "a.db", what, synced=False)) as replica:
        good, bad = replica.tables(extension=True)
        assert (good.name, good.syncable) == ("good", True)
        assert (bad.name, bad.eligible, bad.reasons) == ("b\ufffdd" if what == "table" else "bad", False, (NO_TEXT,))
        assert (replica.parked(), replica.check(), rows_read(replica)) == ((), [], {"good"})
        with pytest.raises(NotEligible):
            replica.make_crr(bad.name)
        replica.make_plain("good")
        replica.make_crr("good")
        assert rows_read(replica) == {"good"}


@pytest.mark.parametrize("what", ["key", "column", "default"])
def test_one_that_is_synced_is_parked(tmp_path: Path, what: str) -> None:
    """And takes part again once the name is one."""
    path = make(tmp_path / "a.db", what, synced=True)
    with Replica.open(path) as replica:
        assert replica.parked() == (Parked("bad", PARKED),)
        assert rows_read(replica) == {"good"}
        replica.connection.execute("INSERT INTO good VALUES (2, 'y')")
        [finding] = replica.check()
        assert (finding.damage, finding.remedy) == (Damage.NO_NAMES, "")
        assert finding.sentence == f"cannot be synced: {PARKED}."
        assert replica.repair() == []
        assert replica.parked() == (Parked("bad", PARKED),), "it is left as it is"
        good, bad = replica.tables(extension=True)
        assert (good.syncable, bad.syncable) == (True, False)
        assert bad.reasons == (f"It cannot be synced: {PARKED}.",)
    spoil(path, *reversed(BEFORE_AND_AFTER[what]))
    with Replica.open(path) as replica:
        assert replica.parked() == ()
        assert rows_read(replica) == {"good", "bad"}
