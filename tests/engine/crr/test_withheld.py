"""Rows that cannot be sent for what text they hold: they are named and held back, the others go on, and as soon as they
can be sent they are, whoever corrected them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import apsw
import pytest

from engine.change import Change, SQLiteValue
from engine.replica import Replica
from engine.tables import Span, pack_columns, unpack_columns
from engine.tables.withheld import recheck
from tests.engine.crr.conftest import MakeReplica

THEM = bytes(range(16))
WIDE = ", ".join(f"w{n}" for n in range(40))
SCHEMAS = {
    "one key": "CREATE TABLE bad (id INTEGER PRIMARY KEY NOT NULL, v TEXT, w)",
    "two keys": "CREATE TABLE bad (id INT NOT NULL, k TEXT NOT NULL DEFAULT 'k', v TEXT, w, PRIMARY KEY (k, id))",
    "without rowid": "CREATE TABLE bad (id INTEGER PRIMARY KEY NOT NULL, v TEXT, w) WITHOUT ROWID",
    "wide": f"CREATE TABLE bad (id INTEGER PRIMARY KEY NOT NULL, v TEXT, w, {WIDE})",
    "a column for numbers": "CREATE TABLE bad (id INTEGER PRIMARY KEY NOT NULL, v INTEGER, w)",
}
BAD = {"UTF-8": b"Ja\xff", "UTF-16le": b"J\x00a\x00\x00\xd8", "UTF-16be": b"\x00J\x00a\xd8\x00"}


class File:
    """A file with a table for rows that are bad, and one for those that are not; and programs that write to it."""

    def __init__(self, path: Path, schema: str, encoding: str = "UTF-8") -> None:
        self.path, self.bad = path, BAD[encoding]
        db = apsw.Connection(str(path))
        db.execute(f"PRAGMA encoding = '{encoding}'; {schema}")
        db.execute("CREATE TABLE good (id INTEGER PRIMARY KEY NOT NULL, v)")
        db.close()
        self.replica = Replica.open(path)
        self.db = self.replica.connection
        for table in ("bad", "good"):
            self.replica.make_crr(table)

    def other(self, sql: str, *bindings: object) -> None:
        """What a program does that has neither our triggers nor the extension's."""
        db = apsw.Connection(str(self.path))
        triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        with db:
            for name, _ in triggers:
                db.execute(f'DROP TRIGGER "{name}"')
            db.execute(sql, bindings)
            for _, text in triggers:
                db.execute(text)
        db.close()

    def read(self, since: int = 0, *, size: int = 1 << 20) -> tuple[set[tuple[str, object]], int]:
        """The (table, id) of all rows that are read in parts, and the clock that comes of it."""
        place, until, found = b"", None, set()
        while place or until is None:
            part = self.replica.part(Span(since, until, ("bad", "good")), place=place, size=size)
            place, until = part.place, part.until
            found |= {(change.table, unpack_columns(change.pk)[-1]) for change in part.changes}
        whole = self.replica.changes(since)
        assert {(change.table, unpack_columns(change.pk)[-1]) for change in whole.changes} == found
        assert whole.until == until
        return found, until

    def held(self) -> list[tuple[object, ...]]:
        if not self.db.table_exists("main", "crsql_syncline_held"):
            return []
        return self.db.execute("SELECT tbl, why, cid FROM crsql_syncline_held").fetchall()

    def clock(self) -> list[tuple[object, ...]]:
        return self.db.execute("SELECT key, col_name, col_version, site_id FROM bad__crsql_clock").fetchall()


@pytest.fixture(params=SCHEMAS)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[File]:
    file = File(tmp_path / "a.db", SCHEMAS[request.param])
    yield file
    file.replica.close()


@pytest.fixture(params=BAD)
def encoded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[File]:
    file = File(tmp_path / "a.db", SCHEMAS["one key"], request.param)
    yield file
    file.replica.close()


def fill(file: File, ids: Sequence[int], bad: Sequence[int] = (7,)) -> None:
    with file.db:
        for number in ids:
            file.db.execute("INSERT INTO bad (id, v, w) VALUES (?, 'v', 'w')", (number,))
            file.db.execute("INSERT INTO good VALUES (?, 'v')", (number,))
        for number in bad:
            sql = "INSERT OR REPLACE INTO bad (id, v, w) VALUES (?, CAST(? AS TEXT), 'w')"
            file.db.execute(sql, (number, file.bad))


def everything(ids: Sequence[int], but: Sequence[int] = ()) -> set[tuple[str, object]]:
    return {(table, number) for table in ("bad", "good") for number in ids if table == "good" or number not in but}


@pytest.mark.parametrize("count", [10, 3000])
def test_the_row_is_named_and_the_others_go_on(file: File, count: int) -> None:
    bad = range(7, count, 501)
    fill(file, range(count), bad)
    assert file.read() == (everything(range(count), bad), 1)
    assert file.held() == [("bad", "text", "v")] * len(bad)
    told = str(file.replica.waiting)
    assert told.startswith("“bad”, row ")
    assert "7 cannot be sent: “v” is not valid text." in told
    assert ("3 more rows cannot be sent." in told) == (len(bad) > 3)
    assert told.endswith("Once the text is corrected, or stored as a BLOB, the row is sent.")
    assert file.read(1) == (set(), 1)


def test_in_every_encoding(encoded: File) -> None:
    fill(encoded, range(10))
    assert encoded.read() == (everything(range(10), (7,)), 1)
    encoded.db.execute("UPDATE bad SET v = 'Ja' WHERE id = 7")
    assert encoded.read(1)[0] == {("bad", 7)}


def test_bytes_that_are_text_all_the_same(encoded: File) -> None:
    """A NUL in a text, and a whole surrogate pair, are nothing odd."""
    encoded.db.execute("INSERT INTO bad VALUES (1, 'a' || char(0) || 'b', '😀')")
    assert encoded.read() == ({("bad", 1)}, 1)
    assert not encoded.replica.waiting


CORRECTIONS = {
    "corrected": ("UPDATE bad SET v = 'Ja' WHERE id = 7", True),
    "stored as a blob": ("UPDATE bad SET v = CAST(v AS BLOB) WHERE id = 7", True),
    "replaced": ("INSERT OR REPLACE INTO bad (id, v) VALUES (7, 'Ja')", True),
    "deleted": ("DELETE FROM bad WHERE id = 7", True),
    "written to elsewhere": ("UPDATE bad SET w = 'x' WHERE id = 7", False),
    "not at all": ("UPDATE good SET v = 'x' WHERE id = 1", False),
}


@pytest.mark.parametrize("look", [False, True], ids=["at the next reading", "at a look"])
@pytest.mark.parametrize("who", ["we", "another program"])
@pytest.mark.parametrize("how", CORRECTIONS)
def test_a_row_that_is_corrected(file: File, how: str, who: str, look: bool) -> None:
    sql, mended = CORRECTIONS[how]
    fill(file, range(10))
    _, clock = file.read()
    before = file.clock()
    (file.db.execute if who == "we" else file.other)(sql)
    unrecorded = who == "another program"
    if unrecorded:
        assert file.clock() == before
    if look:
        version = file.replica.db_version()
        assert file.replica.refresh() == file.replica.db_version()
        assert (file.replica.db_version() > version) == mended or how == "deleted"
    found, _ = file.read(clock)
    gone = how == "deleted" and unrecorded  # nobody has recorded that, which ``check`` finds
    assert (("bad", 7) in found) == (mended and not gone)
    assert bool(file.replica.waiting) == (not mended)
    if mended and not gone:
        assert file.held() == []
        versions = file.db.execute(
            "SELECT DISTINCT c.db_version FROM bad__crsql_clock AS c JOIN bad__crsql_pks AS p ON p.__crsql_key = c.key"
            " WHERE p.id = 7"
        ).fetchall()
        assert versions == [(file.replica.db_version(),)], "all its cells go with it"
        if unrecorded:
            assert file.clock() == before, "and keep their column versions and authors"


def test_what_was_sent_before_goes_again_with_the_rest(file: File) -> None:
    """A cell that was written while the row was held back, and one that was sent long before."""
    fill(file, range(10), ())
    _, clock = file.read()
    file.db.execute("UPDATE bad SET v = CAST(? AS TEXT) WHERE id = 7", (file.bad,))
    assert file.read(clock) == (set(), clock + 1)
    file.db.execute("UPDATE bad SET w = 'new' WHERE id = 7")
    assert file.read(clock + 1) == (set(), clock + 2)
    file.db.execute("UPDATE bad SET v = 'Ja' WHERE id = 7")
    found = {change.cid: change.val for change in file.replica.changes(clock + 2).changes}
    assert (found["v"], found["w"]) == ("Ja", "new")


def test_a_row_that_is_gone_and_comes_back(file: File) -> None:
    """Without a record of either: it is held back still, though nobody is told of it meanwhile."""
    fill(file, range(10))
    _, clock = file.read()
    file.other("DELETE FROM bad WHERE id = 7")
    assert file.read(clock) == (set(), clock)
    assert (file.held(), bool(file.replica.waiting)) == ([("bad", "gone", "")], False)
    file.other("INSERT INTO bad (id, v, w) VALUES (7, 'Ja', 'w')")
    assert file.read(clock)[0] == {("bad", 7)}


def test_another_reason(file: File) -> None:
    fill(file, range(10))
    _, clock = file.read()
    file.other("UPDATE bad SET v = 'Ja', w = CAST(? AS TEXT) WHERE id = 7", file.bad)
    assert file.read(clock) == (set(), clock)
    assert "“w” is not valid text" in str(file.replica.waiting)


def test_it_is_on_disk_before_any_clock_passes(file: File) -> None:
    """Whoever opens the file next knows, and cannot pass it by."""
    fill(file, range(10))
    span = Span(0, None, ("bad", "good"))
    assert file.replica.part(span).until == 1
    file.other("UPDATE bad SET v = 'Ja' WHERE id = 7")
    with Replica.open(file.path) as later:
        assert later.refresh() == 2
        assert {unpack_columns(change.pk)[-1] for change in later.changes(1).changes} == {7}


def test_what_only_reads_records_nothing(file: File) -> None:
    fill(file, range(10))
    with Replica.open(file.path, readonly=True) as reader:
        assert len(reader.changes().changes) == len(file.replica.changes().changes)
        assert "row" in str(reader.waiting)
    fresh = File(file.path.with_name("b.db"), SCHEMAS["one key"])
    fill(fresh, range(10))
    with Replica.open(fresh.path, readonly=True) as reader:
        assert ("bad", 7) not in {(c.table, unpack_columns(c.pk)[-1]) for c in reader.changes().changes}
        assert "“bad”, row 7 cannot be sent: “v” is not valid text" in str(reader.waiting)
    assert fresh.held() == []
    fresh.replica.close()


def test_a_key_that_nobody_can_read(tmp_path: Path) -> None:
    """Written by another program. It can be deleted here, and be given a key that can be read."""
    file = File(tmp_path / "a.db", "CREATE TABLE bad (id TEXT PRIMARY KEY NOT NULL, v TEXT, w)")
    file.db.execute("INSERT INTO bad VALUES ('one', 'v', 'w'), ('two', 'v', 'w'), ('ok', 'v', 'w')")
    for number, key in enumerate(("one", "two")):
        file.other("UPDATE bad SET id = CAST(? AS TEXT), v = ? WHERE id = ?", file.bad + bytes([65 + number]), key, key)
        file.other("UPDATE bad__crsql_pks SET id = CAST(? AS TEXT) WHERE id = ?", file.bad + bytes([65 + number]), key)
    assert file.read() == ({("bad", "ok")}, 1)
    assert file.held() == [("bad", "text", "id")] * 2
    assert "row “Ja\\xdcffA” cannot be sent: “id” is not valid text" in str(file.replica.waiting)
    file.db.execute("UPDATE bad SET w = 'x'")
    assert file.read(1) == ({("bad", "ok")}, 2)
    file.db.execute("UPDATE bad SET id = 'good' WHERE v = 'one'")
    file.db.execute("DELETE FROM bad WHERE v = 'two'")
    assert file.read(2) == ({("bad", "good")}, 4)
    assert not file.replica.waiting, "of tombstones that nobody needs nobody is told"
    assert [key for key, _ in file.replica.live_rows("bad")] == [("good",), ("ok",)]
    file.replica.close()


def prefix(file: File) -> tuple[str, ...]:
    """What stands in a key before the id."""
    return ("k",) if "k" in file.replica.shapes()[0].key else ()


@pytest.mark.parametrize("many", [False, True])
def test_what_comes_in_for_such_a_row(file: File, many: bool) -> None:
    """Compared with text that nobody can read, and that therefore nobody else has, every value wins."""
    numbers = range(300 if many else 10)
    fill(file, numbers)
    _, clock = file.read()

    def merge(value: SQLiteValue, version: int) -> None:
        keys = [pack_columns((*prefix(file), number)) for number in numbers]
        file.replica.merge([Change("bad", pk, "v", value, version, 5, THEM, 1, 0) for pk in keys])

    merge(None, 1)
    assert file.db.execute("SELECT count(*) FROM bad WHERE v IS NULL").get == 0, "REPLACE made it version 2"
    assert file.read(clock)[0] == set()
    merge(None, 2)
    assert file.db.execute("SELECT count(*) FROM bad WHERE v IS NULL").get == len(numbers)
    assert ("bad", 7) in file.read(clock)[0]
    assert not file.replica.waiting


def test_overwritten_values_are_told_as_they_can_be_shown(file: File) -> None:
    fill(file, range(3), (1,))
    pk = pack_columns((*prefix(file), 1))
    result = file.replica.merge([Change("bad", pk, "v", "theirs", 9, 5, THEM, 1, 0)])
    [told] = result.applied
    assert (told.old, told.had_old) == ("Ja�", True)
    assert type(told.old) is str


def test_comparing(file: File) -> None:
    """The row is there, and differs from every other; it crashes nothing."""
    fill(file, range(300), ())
    before, other = file.replica.digests(("bad",))[0], file.replica.digests(("good",))
    file.db.execute("UPDATE bad SET v = CAST(? AS TEXT) WHERE id = 7", (file.bad,))
    after = file.replica.digests(("bad",))[0]
    assert (after.rows, after.history) == (before.rows, before.history)
    assert after.live != before.live
    assert file.replica.digests(("good",)) == other
    key = next(key for key, _ in file.replica.live_rows("bad") if key[-1] == 7)
    [found] = file.replica.values_at("bad", [pack_columns(key)])
    values = dict(zip(sorted(file.replica.shapes()[0].columns), found or (), strict=True))
    assert (values["v"], values["w"]) == ("Ja�", "w")
    assert len(list(file.replica.live_rows("bad"))) == 300


def test_comparing_keys_that_nobody_can_read(tmp_path: Path) -> None:
    """They are left out, however many follow one another."""
    file = File(tmp_path / "a.db", "CREATE TABLE bad (id TEXT PRIMARY KEY NOT NULL, v TEXT)")
    file.db.execute("INSERT INTO bad VALUES ('a', 1), ('z', 2)")
    before = file.replica.digests(("bad",))[0]
    for number in range(30):
        file.other("INSERT INTO bad VALUES (CAST(? AS TEXT), 1)", b"m\xff" + bytes([65 + number]))
    after = file.replica.digests(("bad",))[0]
    assert (after.rows, after.live) == (before.rows, before.live)
    low, keys = b"", []
    while True:
        slice_, more = file.replica.rows_between("bad", low, b"", 5)
        keys += [unpack_columns(key) for key, _ in slice_]
        if not more:
            break
        low = slice_[-1][0]
    assert keys == [("a",), ("z",)]
    file.replica.close()


def test_a_great_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not all are looked at each time, but those that were written to, and in the end all."""
    monkeypatch.setattr(recheck, "AT_ONCE", 50)
    file = File(tmp_path / "a.db", SCHEMAS["one key"])
    fill(file, range(1000), range(0, 1000, 2))
    _, clock = file.read()
    assert len(file.held()) == 500
    file.db.execute("UPDATE bad SET v = 'Ja' WHERE id = 800")
    found, clock = file.read(clock)
    assert found == {("bad", 800)}
    file.other("UPDATE bad SET v = 'Ja' WHERE id = 900")
    for _ in range(30):
        file.other("UPDATE good SET v = v")
        found, clock = file.read(clock)
        if found:
            break
    assert found == {("bad", 900)}
    assert len(file.held()) == 498
    file.replica.close()


def test_a_table_that_is_no_crr_any_more(file: File) -> None:
    fill(file, range(10))
    file.read()
    file.replica.make_plain("bad")
    file.replica.refresh()
    assert (file.held(), bool(file.replica.waiting)) == ([], False)
    file.replica.make_crr("bad")
    found = {unpack_columns(change.pk)[-1] for change in file.replica.changes().changes if change.table == "bad"}
    assert 7 not in found
    assert file.held() == [("bad", "text", "v")]


def test_a_number_that_stands_for_another_row_now(file: File) -> None:
    """Somebody made the keys anew. The row under the number is not lost: it is sent once more."""
    fill(file, range(10))
    _, clock = file.read()
    file.db.execute("UPDATE crsql_syncline_held SET key = key % 7 + 1")
    assert ("bad", 7) not in file.read(clock)[0]
    assert file.held() == [("bad", "text", "v")]


def test_a_new_site_id(file: File) -> None:
    """Peers are told everything from the start: nothing has passed the row."""
    fill(file, range(10))
    file.read()
    file.replica.new_site_id()
    assert file.held() == []
    file.db.execute("UPDATE bad SET v = 'Ja' WHERE id = 7")
    assert file.read()[0] == everything(range(10))


def test_check_names_the_row(make: MakeReplica) -> None:
    replica = make(schema="CREATE TABLE foo (a TEXT PRIMARY KEY NOT NULL, b, c)")
    for number in range(5):
        replica.connection.execute("INSERT INTO foo VALUES (?, CAST(x'ff' AS TEXT), 1)", (f"row{number}",))
    replica.connection.execute("INSERT INTO foo VALUES ('good', 'text', 1)")
    for _ in range(2):  # also when they are held back already
        [finding] = replica.check()
        assert finding.sentence == (
            "5 rows contain invalid text, so they are withheld: “row0” (“b”), “row1” (“b”), “row2” (“b”) and 2 more."
        )
        assert finding.remedy == ""
        assert replica.repair() == []
        replica.changes()
