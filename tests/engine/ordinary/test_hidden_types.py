"""Rows with values that a column here would change: they are hidden as they are, and come in when they fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.replica import Replica
from tests.engine.apps import running
from tests.engine.live import PATIENCE, add_peer, on_loop, plain_engine, until
from tests.engine.ordinary.conftest import File, Open

TEXT, INTEGER, REAL, NUMERIC, ANY = (
    f"CREATE TABLE codes (id TEXT PRIMARY KEY, code {kind}, note)" for kind in ("TEXT", "INTEGER", "REAL", "DATE", "")
)


def move(to: File, source: File) -> None:
    """Everything that a file has goes to another one."""
    to.merge(source.changes(0, "codes"))


def hidden(file: File) -> list[tuple[str, str, object]]:
    """Of each hidden row the key, the reason and the code."""
    return [(row.shown_key, row.reason, row.values["code"]) for row in file.hidden("codes")]


def told(file: File) -> set[tuple[object, ...]]:
    """All that a file tells others."""
    return {(change.pk, change.cid, repr(change.val), change.col_version) for change in file.changes(0, "codes")}


@pytest.mark.usefixtures("how_merged")
@pytest.mark.parametrize(
    ("there", "here", "values", "shown"),
    [
        (TEXT, INTEGER, ("01067", "abc", None, "5"), ["abc", None]),
        (ANY, INTEGER, ("01067", 5, 2.5, 2.0), [5, 2.5]),
        (INTEGER, TEXT, (5, "abc", b"5"), ["abc", b"5"]),
        (INTEGER, REAL, (5, 2.5), [2.5]),
        (REAL, NUMERIC, (5.0, 2.5), [2.5]),
        (TEXT, NUMERIC, ("2026-01-01", "1e3"), ["2026-01-01"]),
        (NUMERIC, INTEGER, (5, 2.5, "abc"), [5, 2.5, "abc"]),
    ],
)
def test_a_row_whose_value_a_column_would_change(
    new: Open, there: str, here: str, values: tuple[object, ...], shown: list[object]
) -> None:
    source, file = new(there, "codes"), new(here, "codes")
    for n, value in enumerate(values):
        source.db.execute("INSERT INTO codes VALUES (?, ?, 'n')", (str(n), value))
    move(file, source)
    assert [code for code, _ in file.rows("codes").values()] == shown
    kept = [(f"“{n}”", "type", repr(value)) for n, value in enumerate(values) if repr(value) not in map(repr, shown)]
    assert [(key, reason, repr(code)) for key, reason, code in hidden(file)] == kept
    assert told(file) == told(source)
    before = file.state.db_version()
    file.compare_all()
    assert file.state.db_version() == before  # nothing was written here
    move(source, file)
    assert source.rows("codes") == {str(n): (value, "n") for n, value in enumerate(values)}


@pytest.mark.usefixtures("how_merged")
def test_it_comes_in_when_its_value_fits(new: Open) -> None:
    source, file = new(TEXT, "codes"), new(INTEGER, "codes")
    source.app("INSERT INTO codes VALUES ('a', '01067', 'n'), ('b', 'none', 'n')")
    move(file, source)
    source.app("UPDATE codes SET note = 'm'")
    move(file, source)
    assert [(row.shown_key, row.values["note"]) for row in file.hidden("codes")] == [("“a”", "m")]
    source.app("UPDATE codes SET code = 'x' || code")
    move(file, source)
    assert file.hidden("codes") == []
    assert file.rows("codes") == source.rows("codes") == {"a": ("x01067", "m"), "b": ("xnone", "m")}
    source.app("UPDATE codes SET code = '7' WHERE id = 'b'")
    move(file, source)
    assert hidden(file) == [("“b”", "type", "7")]
    assert file.rows("codes") == {"a": ("x01067", "m")}
    source.app("DELETE FROM codes WHERE id = 'b'")
    move(file, source)
    assert file.hidden("codes") == []


@pytest.mark.usefixtures("how_merged")
def test_it_comes_in_when_the_column_has_another_type(new: Open) -> None:
    source, file = new(TEXT, "codes"), new(INTEGER, "codes")
    source.app("INSERT INTO codes VALUES ('a', '01067', 'n'), ('b', 'none', 'n')")
    move(file, source)
    before = told(file)
    file.app(
        TEXT.replace("codes", "made"),
        "INSERT INTO made SELECT * FROM codes; DROP TABLE codes; ALTER TABLE made RENAME TO codes",
    )
    file.capture()
    assert file.hidden("codes") == []
    assert file.rows("codes") == {"a": ("01067", "n"), "b": ("none", "n")}
    assert told(file) == before


def test_what_is_hidden_for_its_type_is_not_seen_for_another_reason(new: Open) -> None:
    """Columns that nobody has sent hold what the table has in new rows, as it keeps that."""
    file = new("CREATE TABLE codes (id TEXT PRIMARY KEY, code TEXT UNIQUE, r REAL NOT NULL, d REAL DEFAULT 1)", "codes")
    source = new("CREATE TABLE codes (id TEXT PRIMARY KEY, code TEXT)", "codes")
    file.app("INSERT INTO codes VALUES ('a', 'x', 1, 1)")
    source.app("INSERT INTO codes VALUES ('b', 'x')")
    move(file, source)
    assert hidden(file) == [("“b”", "unique", "x")]
    file.app("DELETE FROM codes")
    file.capture()
    assert hidden(file) == []
    assert file.rows("codes") == {"b": ("x", 0.0, 1.0)}


@on_loop
async def test_two_sides_with_other_types(tmp_path: Path) -> None:
    """The table is synced, the row is told of, nothing differs, and a new type of the column lets it in."""
    room, one = tmp_path / "hub/room", tmp_path / "one.db"
    room.parent.mkdir()
    for path, schema in ((room, TEXT), (one, INTEGER)):
        with running(path) as app:
            app.do(schema)
        with Replica.open(path) as replica:
            replica.make_ordinary("codes")
    with Replica.open(one) as replica:
        replica.connection.execute("CREATE TABLE mine (id TEXT PRIMARY KEY)")
        replica.make_ordinary("mine")
    with running(one) as here, running(room) as there:
        async with plain_engine() as server, plain_engine() as client:
            hub = await server.serving.start(room.parent)
            there.do("INSERT INTO codes VALUES ('a', '01067', 'n'), ('b', 'none', 'n')")
            peer = await add_peer(client, one, hub.url)
            await until(lambda: here.do("SELECT id FROM codes") == [("b",)], "what fits is here")
            await client.peers.wait_in_sync(timeout=PATIENCE)
            [status] = client.peers.statuses()
            assert (status.parked, status.shared) == ((), (1, 2, 1))
            [row] = await client.databases.hidden_rows(status.database)
            assert (row.shown_key, row.reason, row.values["code"]) == ("“a”", "type", "01067")
            assert (await client.checks.verify(peer, timeout=PATIENCE)).summary == "identical: 1 table, 2 rows"
            here.do("INSERT INTO codes VALUES ('c', 5, 'n')")
            waits = "SELECT count(*) FROM crsql_syncline_hidden_1"
            await until(lambda: there.do(waits) == [(1,)], "the other side keeps what it cannot show")
            assert there.do("SELECT count(*) FROM codes") == [(2,)]
            await client.peers.wait_in_sync(timeout=PATIENCE)
            assert (await client.checks.verify(peer, timeout=PATIENCE)).summary == "identical: 1 table, 3 rows"
            here.do(
                TEXT.replace("codes", "made"),
                "INSERT INTO made SELECT * FROM codes",
                "DROP TABLE codes",
                "ALTER TABLE made RENAME TO codes",
            )
            shown = "SELECT id, code FROM codes ORDER BY id"
            await until(lambda: here.do(shown) == [("a", "01067"), ("b", "none"), ("c", "5")], "it came in")
            await until(lambda: there.do(shown) == here.do(shown), "and what the rebuild has changed is there")
