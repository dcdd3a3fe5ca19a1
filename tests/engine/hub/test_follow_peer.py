"""A room gets the tables and columns that a peer has more; nothing that it has is dropped."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.api import Engine
from engine.crr import connect
from engine.hub import Hub, HubOptions, Limits
from engine.hub.follow_peer import plans_to_add
from engine.hub.tokens import make
from engine.replica import Replica
from engine.settings import PeerConfig
from engine.storage.backup import Backups
from engine.table_plan import MAX_COLUMNS, MAX_TABLES, Collation, ColumnPlan, Kind, TablePlan, check_plans
from engine.table_shape import UNKNOWN, ColumnType, Shape
from engine.wire import PROTOCOL, Hello, encode
from tests import budget
from tests.engine.hub.guests import guest, hear
from tests.engine.hub.test_running import get
from tests.engine.hub.test_upstreams import hub as linked_hub
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write
from tests.ports import free_ports

FIRST = "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, title TEXT, body TEXT)"
COLOR = "ALTER TABLE notes ADD COLUMN color TEXT DEFAULT 'white'"
TAGS = "CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT NOT NULL, note TEXT)"
THERE = "The column “color” of “notes” stays on the other side until this side has it too."
STRANGER = bytes(range(16))
MAKING = HubOptions(allow_create=True)


def app_file(path: Path, *statements: str) -> Path:
    """An app's file, all of whose tables are synced as ordinary ones."""
    make_file(path, "SELECT 1")
    for statement in (FIRST, *statements):
        write(path, statement)
    return sync_all(path)


def sync_all(path: Path) -> Path:
    with Replica.open(path) as replica:
        for table in replica.tables():
            replica.make_ordinary(table.name)
    return path


def columns(path: Path) -> dict[str, set[str]]:
    """The tables of a file that are synced, with their columns; without one that is just being compared."""
    with Replica.open(path, readonly=True) as replica:
        return {shape.name: {*shape.key, *shape.columns} for shape in replica.shapes()}


async def met(engine: Engine, path: Path, hub: Hub) -> None:
    await add_peer(engine, path, hub.url)
    await engine.peers.wait_in_sync(timeout=PATIENCE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "hub"
    folder.mkdir()
    return folder


@on_loop
async def test_a_column_and_a_table_come_to_the_room_and_to_who_has_them_later(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    a, b = app_file(tmp_path / "a.db"), app_file(tmp_path / "b.db")
    write(a, "INSERT INTO notes VALUES ('a', 'A', ''), ('b', 'B', '')")
    async with plain_engine() as server, plain_engine() as first, plain_engine() as second:
        hub = await server.serving.start(folder, options=MAKING)
        await met(first, a, hub)
        await met(second, b, hub)
        copies = Backups(folder / ".backups")
        assert copies.find(folder / "room") == []

        write(a, COLOR)
        write(a, TAGS)
        write(a, "UPDATE notes SET color = 'blue' WHERE id = 'a'")
        write(a, "INSERT INTO tags (name, note) VALUES ('urgent', 'a')")
        await asyncio.to_thread(sync_all, a)
        # the other one, whose app is older, stays connected, is told, and goes on
        await until(lambda: second.peers.statuses()[0].one_sided == (THERE,), "the other one is told")
        write(b, "INSERT INTO notes VALUES ('c', 'C', '')")
        await until(lambda: len(rows(a, "notes")) == 3, "what both have is synced")
        both = {"notes": {"id", "title", "body", "color"}, "tags": {"id", "name", "note"}}
        await until(lambda: columns(folder / "room") == both, "the room has the table, too")
        assert columns(a) == both
        [copy, *_] = copies.find(folder / "room")
        assert columns(copy) == {"notes": {"id", "title", "body"}}

        # its app is updated: what was written meanwhile, and before, comes
        write(b, COLOR)
        write(b, TAGS)
        await asyncio.to_thread(sync_all, b)
        await until(lambda: rows(b, "notes") == rows(a, "notes"), "the values of the column")
        assert [values[-1] for _, values in rows(b, "notes")] == [(str, "blue"), (str, "white"), (str, "white")]
        await until(lambda: [values for _, values in rows(b, "tags")] == [[(str, "urgent"), (str, "a")]], "the table")
        page = (await asyncio.to_thread(get, hub.url, "/metrics"))[1]
    assert 'syncline_followed_total{what="tables"} 1.0' in page
    assert 'syncline_followed_total{what="columns"} 1.0' in page
    told = "\n".join(line.getMessage() for line in caplog.records)
    assert "The room was given what a peer has: notes.color" in told


@pytest.mark.parametrize(
    ("made", "follow", "gets"),
    [("by a peer", None, True), ("by a peer", False, False), ("by hand", None, False), ("by hand", True, True)],
)
@on_loop
async def test_which_rooms_follow(folder: Path, tmp_path: Path, made: str, follow: bool | None, gets: bool) -> None:
    a = app_file(tmp_path / "a.db")
    if made == "by hand":
        app_file(folder / "room")
    async with plain_engine() as server, plain_engine() as first:
        hub = await server.serving.start(folder, options=HubOptions(allow_create=True, follow_schema=follow))
        await met(first, a, hub)
        write(a, COLOR)
        if gets:
            await until(lambda: "color" in columns(folder / "room").get("notes", ()), "the room has it")
        else:
            await until(lambda: first.peers.statuses()[0].one_sided, "it stays")
            assert "color" not in columns(folder / "room")["notes"]


@on_loop
async def test_a_room_with_a_schema_of_the_hubs_does_not_follow(folder: Path, tmp_path: Path) -> None:
    schemas = tmp_path / "schemas"
    schemas.mkdir()
    text = f"{FIRST.replace('TABLE', 'TABLE IF NOT EXISTS')}; SELECT crsql_as_crr('notes');"
    (schemas / "main.sql").write_text(text)
    a = app_file(tmp_path / "a.db", COLOR)
    async with plain_engine() as server, plain_engine() as first:
        options = HubOptions(allow_create=True, schemas=schemas, follow_schema=True)
        hub = await server.serving.start(folder, options=options)
        await met(first, a, hub)
        assert first.peers.statuses()[0].one_sided
    assert columns(folder / "room") == {"notes": {"id", "title", "body"}}


@on_loop
async def test_who_may_only_read_and_who_has_nothing_in_common_change_nothing(folder: Path, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.json"
    writer, reader = make(tokens, "writer"), make(tokens, "reader", write=False)
    a, b, c = app_file(tmp_path / "a.db"), app_file(tmp_path / "b.db", COLOR), make_file(tmp_path / "c.db")
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(folder, options=HubOptions(allow_create=True, tokens=tokens))
        for path, token in ((a, writer), (b, reader)):
            database = await client.databases.add(path)
            await client.peers.add(PeerConfig.new(database.id, hub.url, room="room"), token=token)
            await client.peers.wait_in_sync(timeout=PATIENCE)
        other = await client.databases.add(c)
        peer = await client.peers.add(PeerConfig.new(other.id, hub.url, room="room"), token=writer)

        def told() -> str:
            return next(one.reason for one in client.peers.statuses() if one.peer == peer.id)

        await until(lambda: "The two sides have no table in common" in told(), "it is told")
    assert columns(folder / "room") == {"notes": {"id", "title", "body"}}


@on_loop
async def test_a_column_that_refers_to_numbers_which_each_machine_hands_out(folder: Path, tmp_path: Path) -> None:
    """The room's table is one of cr-sqlite's, which cannot hold it."""
    a, b = app_file(tmp_path / "a.db"), app_file(tmp_path / "b.db")
    write(a, "INSERT INTO notes VALUES ('a', 'A', '')")
    newer = (
        "CREATE TABLE folders (id INTEGER PRIMARY KEY, name TEXT)",
        "ALTER TABLE notes ADD COLUMN folder INTEGER REFERENCES folders (id)",
    )

    def update(path: Path) -> None:
        write(path, newer[0])
        with Replica.open(path) as replica:
            replica.make_ordinary("folders")
        write(path, newer[1])

    async with plain_engine() as server, plain_engine() as first, plain_engine() as second:
        hub = await server.serving.start(folder, options=MAKING)
        await met(first, a, hub)
        await met(second, b, hub)
        await asyncio.to_thread(update, a)
        write(a, "INSERT INTO folders (id, name) VALUES (7, 'Inbox')")
        write(a, "UPDATE notes SET folder = 7")
        await until(lambda: "folder" in columns(folder / "room").get("notes", ()), "the room has it")
        write(b, "INSERT INTO notes VALUES ('b', 'B', '')")
        await asyncio.to_thread(update, b)
        write(b, "INSERT INTO folders (id, name) VALUES (7, 'Outbox')")
        write(b, "UPDATE notes SET folder = 7 WHERE id = 'b'")

        def filed(path: Path) -> list[tuple[object, ...]]:
            with connect(path) as db:
                sql = "SELECT n.id, f.name FROM notes AS n LEFT JOIN folders AS f ON f.id = n.folder ORDER BY n.id"
                return list(db.execute(sql))

        for path in (a, b, folder / "room"):
            await until(lambda path=path: filed(path) == [("a", "Inbox"), ("b", "Outbox")], f"{path.name}")  # type: ignore[misc]


@on_loop
async def test_hub_behind_hub(tmp_path: Path) -> None:
    """One follows its guest, the other the first; and the one that dials follows the one that is dialled."""
    one, two = free_ports(2)
    a = app_file(tmp_path / "a.db")
    b = app_file(tmp_path / "b.db", "ALTER TABLE notes ADD COLUMN size INTEGER")
    rooms = [tmp_path / name / "room" for name in ("one", "two")]

    def found(room: Path) -> set[tuple[object, ...]]:
        if not {"color", "size"} <= columns(room).get("notes", set()):
            return set()
        with connect(room) as db:
            return set(db.execute("SELECT id, color, size FROM notes"))

    async with (
        linked_hub(tmp_path / "one", one, two) as first,
        linked_hub(tmp_path / "two", two) as second,
        plain_engine() as left,
        plain_engine() as right,
    ):
        await met(left, a, first)
        await until(rooms[1].exists, "the other hub has the room")
        write(a, COLOR)
        write(a, "INSERT INTO notes VALUES ('a', 'A', '', 'red')")
        write(b, "INSERT INTO notes VALUES ('b', 'B', '', 5)")
        await met(right, b, second)
        for room in rooms:
            await until(lambda room=room: found(room) == {("a", "red", None), ("b", "white", 5)}, str(room))  # type: ignore[misc]


@on_loop
async def test_where_nothing_can_be_added_it_goes_on_as_before(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The room is full, or cannot be backed up: who has more is served with what both have."""
    a = app_file(tmp_path / "a.db")
    async with plain_engine() as server, plain_engine() as first:
        await met(first, a, await server.serving.start(folder, options=MAKING))
    write(a, COLOR)
    for spoil, told in (("full", "This room is full"), ("backup", "could not be backed up")):
        options = HubOptions(limits=Limits(room_size=1000 if spoil == "full" else 0))
        if spoil == "backup":
            (folder / ".backups").write_text("in the way")
        async with plain_engine() as server, plain_engine() as first:
            await met(first, a, await server.serving.start(folder, options=options))
            assert first.peers.statuses()[0].one_sided
        assert told in caplog.text
        assert columns(folder / "room") == {"notes": {"id", "title", "body"}}


# What is planned

NOTES = TablePlan("notes", (ColumnPlan("id", Kind.TEXT, key=1), ColumnPlan("title", Kind.TEXT)))
TEXT = ColumnType(Kind.TEXT)
HERE = Shape("notes", ("id",), ("title",), (TEXT, TEXT))


def planned(*there: Shape, here: Sequence[TablePlan] = (NOTES,)) -> tuple[list[TablePlan], list[str]]:
    return plans_to_add({plan.name: plan for plan in here}, {"notes": HERE}, there)


def with_columns(*more: tuple[str, ColumnType]) -> Shape:
    names, types = zip(*more, strict=True)
    return Shape("notes", ("id",), ("title", *names), (TEXT, TEXT, *types))


def test_what_is_planned_of_a_column() -> None:
    shape = with_columns(
        ("a", ColumnType(Kind.INT, default=5)),
        ("b", ColumnType(Kind.TEXT, Collation.NOCASE, expression="CURRENT_TIMESTAMP")),
        ("c", ColumnType(Kind.REAL, required=True)),
        ("d", ColumnType(Kind.TEXT, default=bytes(16))),  # what stands for a long text
        ("e", ColumnType(Kind.ANY, default=bytes(15))),
        ("f", ColumnType(Kind.TEXT, default="a\0b")),
    )
    [plan], refused = planned(shape)
    assert plan.columns[2:] == (
        ColumnPlan("a", Kind.INT, default=5),
        ColumnPlan("b", Kind.TEXT, Collation.NOCASE),
        ColumnPlan("c", Kind.REAL),
        ColumnPlan("d", Kind.TEXT),
        ColumnPlan("e", Kind.ANY, default=bytes(15)),
        ColumnPlan("f", Kind.TEXT),
    )
    assert refused == []


@pytest.mark.parametrize(
    "shape",
    [
        HERE,
        HERE._replace(key=("title",), columns=("id", "more"), types=(TEXT,) * 3),  # another key
        with_columns(("TITLE", TEXT)),  # no other name for SQLite
        Shape("notes", ("id",), ("title", "more"), (TEXT, ColumnType(Kind.INTEGER), TEXT)),  # not synced for its title
        Shape("notes", ("id",), ("title", "more")),  # tells no types
        Shape("Notes", ("id",), ("more",), (TEXT, TEXT)),
    ],
)
def test_what_is_left_alone(shape: Shape) -> None:
    assert planned(shape) == ([], [])


def test_what_cannot_be_made_is_left_out_in_words_and_the_rest_is_not() -> None:
    number = ColumnType(Kind.INTEGER, refers="folders")
    there = [
        Shape("good", ("id",), ("x",), (TEXT, TEXT)),
        Shape("crsql_bad", ("id",), (), (TEXT,)),
        Shape("bad\n", ("id",), (), (TEXT,)),
        Shape("no key", (), ("x",), (TEXT,)),
        Shape("wide", ("id",), tuple(f"c{n}" for n in range(MAX_COLUMNS)), (TEXT,) * (1 + MAX_COLUMNS)),
        Shape("folders", ("id",), ("id",), (number, TEXT)),  # twice the same column
        Shape("in folders", ("id",), ("folder",), (TEXT, number)),  # which so are not there
        with_columns(*((f"c{n}", TEXT) for n in range(MAX_COLUMNS))),
    ]
    plans, refused = planned(*there)
    assert [plan.name for plan in plans] == ["good"]
    assert len(refused) == 7
    assert all(refused)
    many = [Shape(f"t{n}", ("id",), (), (TEXT,)) for n in range(MAX_TABLES + 3)]
    plans, refused = planned(*many)
    assert len(plans) == MAX_TABLES - 1
    assert len(refused) == 4


def drawn(draw: random.Random) -> Shape:
    """A table as nobody has it."""
    words = [
        "notes",
        "id",
        "title",
        "x",
        "X",
        "crsql_master",
        "sqlite_master",
        "a\nb",
        "",
        "y" * 300,
        '"; DROP --',
        "é",
    ]
    key = tuple(draw.choices(words, k=draw.randrange(3)))
    more = tuple(draw.choices(words, k=draw.randrange(5)))
    values = [None, 5, -1.5, float("inf"), "x", "a\0b", b"", bytes(16)]
    types = tuple(
        ColumnType(
            draw.choice(list(Kind)), draw.choice(list(Collation)), draw.choice(values), "", draw.choice(["", *words]),
        )
        for _ in (*key, *more)
    )  # fmt: skip
    return Shape(draw.choice(words), key, more, types, draw.random() < 0.5, draw.random() < 0.5)


def test_made_up_tables_are_planned_only_as_they_can_be_made() -> None:
    made = 0
    draw = random.Random(18)
    for _ in range(budget.pick(500, full=20_000)):
        plans, _ = planned(*(drawn(draw) for _ in range(draw.randrange(1, 6))))
        for plan in plans:
            others = {one.name: one for one in (NOTES, *plans)}
            check_plans((plan, *(others[name] for name in {*plan.refers.values()} - {plan.name})))
            made += 1
    assert made


@on_loop
async def test_made_up_tables_do_a_room_no_harm(folder: Path, tmp_path: Path) -> None:
    a = app_file(tmp_path / "a.db")
    draw = random.Random(18)
    async with plain_engine() as server, plain_engine() as first:
        hub = await server.serving.start(folder, options=MAKING)
        await met(first, a, hub)
        for _ in range(budget.pick(8, full=60)):
            before = columns(folder / "room")
            shapes = [HERE, *(drawn(draw) for _ in range(4))]
            async with guest(hub) as socket:
                await socket.send(encode(Hello(PROTOCOL, STRANGER, 1, "", -1, tuple(shapes), (), (UNKNOWN,) * 5)))
                await hear(socket)
            after = columns(folder / "room")
            assert before.items() <= {name: after[name] & names for name, names in before.items()}.items()
        write(a, "INSERT INTO notes VALUES ('z', 'Z', '')")
        await until(lambda: len(rows(folder / "room", "notes")) == 1, "it goes on")
    with Replica.open(folder / "room") as replica:
        assert replica.check() == []
