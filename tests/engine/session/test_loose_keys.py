"""Greetings tell to which foreign keys apps do not keep, so that nobody hides what one of them leaves on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import apsw
import pytest

from engine.replica import Replica
from engine.session import SynclineSession
from engine.session.joining import EVERY_TABLE
from engine.table_shape import Join
from engine.wire import LOOSE, PROTOCOL
from tests.engine.session.world import End, Wire, snapshot

FOLDERS = "CREATE TABLE folders (id INTEGER PRIMARY KEY, name)"
NOTES = "CREATE TABLE notes (id INTEGER PRIMARY KEY, folder INTEGER REFERENCES folders, title)"
ORPHANS = "INSERT INTO notes (folder, title) VALUES (9, 'left')"


class Machine:
    """A file, and the app that writes to it."""

    def __init__(self, path: Path, notes: str = NOTES) -> None:
        self.app = apsw.Connection(str(path))
        self.app.execute(FOLDERS)
        self.app.execute(notes)
        self.replica = Replica.open(path)
        self.replica.make_ordinary("notes")

    def close(self) -> None:
        self.replica.close()
        self.app.close()

    def titles(self) -> list[str]:
        return [title for (title,) in self.app.execute("SELECT title FROM notes ORDER BY title")]

    def loose(self) -> set[tuple[str, ...]]:
        return {columns for shape in self.replica.shapes() for columns in shape.loose}


def sync(one: Machine, other: Machine, *, protocol: int = PROTOCOL, receives: bool = True) -> None:
    """Sync two machines, greeting as often as the sessions want; ``receives``: whether the first takes anything."""
    for _ in range(6):
        sessions = []
        for machine in (one, other):
            machine.replica.capture()
            takes = receives or machine is other
            sessions.append(
                SynclineSession(snapshot(machine.replica), now=lambda: 0.0, protocol=protocol, receives=takes)
            )
        sessions[0].leads, sessions[0].joins = True, {EVERY_TABLE: Join.BOTH}
        wire = Wire(End(one.replica, sessions[0]), End(other.replica, sessions[1]))
        wire.run()
        if all(end.closed is None or not end.closed.regreet for end in wire.ends):
            return
    raise AssertionError("they greet for ever")


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[list[Machine]]:
    """Three machines; the second, between the others, has no foreign keys, as a hub's room has none."""
    with ExitStack() as stack:
        hub = "CREATE TABLE notes (id INTEGER PRIMARY KEY, folder INTEGER REFERENCES folders ON DELETE SET NULL, title)"
        schemas = (NOTES, hub, NOTES)
        yield [stack.enter_context(closing(Machine(tmp_path / f"{n}.db", sql))) for n, sql in enumerate(schemas)]


def test_what_an_app_leaves_on_purpose_is_shown_on_all_machines(machines: list[Machine]) -> None:
    one, hub, other = machines
    one.app.execute("INSERT INTO folders VALUES (1, 'Inbox'); INSERT INTO notes VALUES (1, 1, 'kept')")
    for _ in range(2):
        sync(one, hub)
        sync(other, hub)
    one.app.execute("DELETE FROM folders")
    sync(one, hub)
    sync(other, hub)
    for machine in machines:
        assert machine.titles() == ["kept"]
        assert not machine.replica.hidden_rows()
        assert machine.loose() == {("folder",)}


def test_a_note_waits_on_all_machines_whose_apps_keep_to_the_foreign_key(machines: list[Machine]) -> None:
    one, hub, other = machines
    one.app.execute("INSERT INTO folders VALUES (1, 'Inbox')")
    for _ in range(2):
        sync(one, hub)
        sync(other, hub)
    other.app.execute("INSERT INTO notes (folder, title) SELECT id, 'new' FROM folders")
    one.app.execute("DELETE FROM folders")
    for _ in range(2):
        sync(one, hub)
        sync(other, hub)
    for machine in (one, other):
        assert machine.titles() == []
        assert [row.reason for row in machine.replica.hidden_rows()] == ["parent"]
        assert machine.loose() == set()
    assert hub.titles() == ["new"]


def test_who_takes_nothing_hears_of_nothing(machines: list[Machine]) -> None:
    one, _, other = machines
    other.app.execute(ORPHANS)
    sync(one, other, receives=False)
    assert other.loose() == {("folder",)}
    assert one.loose() == set()


def test_older_versions_are_told_nothing(machines: list[Machine]) -> None:
    one, _, other = machines
    other.app.execute(ORPHANS)
    sync(one, other, protocol=LOOSE - 1)
    assert other.loose() == {("folder",)}
    assert one.loose() == set()
    assert one.titles() == ["left"]


def test_what_a_table_cannot_have_is_not_kept(machines: list[Machine]) -> None:
    one, *_ = machines
    told = {"notes": [("folder",), ("nothing",), ()], "nowhere": [("folder",)]}
    one.replica.known(b"p" * 16, loose=told)
    assert one.loose() == {("folder",)}
