"""Long values in the change flow: what a stream holds is small, and what a person asks for is whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.api import Engine
from engine.errors import UsageError
from engine.events import ChangesMoved, FlowChange, FlowDirection
from engine.history.event_stream import EventStream
from engine.history.journal import Journal
from engine.settings import Settings
from engine.truncate import LIMIT, Clipped, clipped, length, stands_for
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write

LONG = "long " * LIMIT
"""More than a stream keeps, and than the journal does."""

MIDDLE = "middle " * (LIMIT // 4)
"""More than a stream keeps, less than the journal does."""


@pytest.mark.parametrize("value", [None, 1, 1.5, "", "x" * LIMIT, b"x" * LIMIT])
def test_what_is_short_stays(value: int | float | str | bytes | None) -> None:
    assert clipped(value) is value
    assert stands_for(value, value)


@pytest.mark.parametrize("value", ["x" * LIMIT + "y", b"x" * LIMIT + b"y", "\ud800" * (LIMIT + 1)])
def test_what_is_long(value: str | bytes) -> None:
    short = clipped(value)
    assert isinstance(short, Clipped)
    assert isinstance(short, type(value))
    assert (len(short), length(short)) == (LIMIT, LIMIT + 1)
    assert clipped(short) is short
    assert stands_for(short, value)
    for other in (value[:-1], value + value[:1], value[:-1] + value[-2:-1] * 2, None, 7):
        assert not stands_for(short, other)
    if isinstance(value, bytes):
        assert not stands_for(short, value[:-1] + b"z")


def test_a_stream_that_wants_all() -> None:
    line = FlowChange("item", (1,), "name", LONG, 1, None, 1)
    for whole in (False, True):
        stream = EventStream(whole=whole)
        stream.put(ChangesMoved(0.0, "d", "p", FlowDirection.OUT, (line,)))
        [event] = stream.drain()
        assert isinstance(event, ChangesMoved)
        assert (event.changes == (line,)) is whole


@on_loop
async def test_a_person_sees_all_and_can_put_it_back(tmp_path: Path) -> None:
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    write(a, "INSERT INTO item (id, name, extra) VALUES (1, ?, ?)", MIDDLE, LONG)
    async with plain_engine() as server, Journal(None) as journal, Engine(Settings(), journal=journal) as client:
        hub = await server.serving.start(room.parent)
        await add_peer(client, a, hub.url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        came: list[ChangesMoved] = []
        with client.subscribe() as stream:

            def told() -> bool:
                came.extend(one for one in stream.drain() if isinstance(one, ChangesMoved))
                return any(one.way is FlowDirection.IN for one in came)

            write(room, "UPDATE item SET name = ?, extra = ?", "new " + LONG, b"new" * LIMIT)
            await until(told, "merged, and told")
        [event] = [one for one in came if one.way is FlowDirection.IN]
        assert all(length(change.value) > len(change.value) == LIMIT for change in event.changes)  # type: ignore[arg-type]
        lines = {change.column: await client.history.full_change(event.database, change) for change in event.changes}
        assert (lines["name"].value, lines["name"].old) == ("new " + LONG, MIDDLE)
        assert lines["extra"].value == b"new" * LIMIT
        assert isinstance(lines["extra"].old, Clipped), "too large for the journal"
        [clip] = [change for change in event.changes if change.column == "name"]
        place = event.database, "item", (1,), "name"
        await client.history.restore_value(*place, MIDDLE, instead_of=clip.value)
        await until(lambda: rows(room)[0][1][0] == (str, MIDDLE), "the old value at the hub")
        with pytest.raises(UsageError, match="changed again"):
            await client.history.restore_value(*place, MIDDLE, instead_of=clip.value)
        assert (await client.history.full_change(event.database, clip)).value == clip.value, (
            "it is gone, and its beginning is left"
        )
