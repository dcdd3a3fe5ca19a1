"""A reference is declared of a table that is synced already: its numbers were sent as they are."""

from __future__ import annotations

import pytest

from engine.errors import UsageError
from engine.replica import Replica

from .joins import NewFile, sync

SCHEMA = "CREATE TABLE lists (id INTEGER PRIMARY KEY, name); CREATE TABLE items (id TEXT PRIMARY KEY, at, what);"
LEADS = "SELECT i.id, name, what FROM items i LEFT JOIN lists ON lists.id = at ORDER BY i.id"


def machine(new_file: NewFile, who: str) -> Replica:
    """One with two lists of its own, and an item in the second."""
    replica = new_file(schema=SCHEMA, tables=("lists", "items"))
    replica.connection.execute(f"INSERT INTO lists (name) VALUES ('{who} 1'), ('{who} 2')")
    replica.connection.execute(f"INSERT INTO items VALUES ('{who}', 2, 'first')")
    return replica


def leads(replica: Replica) -> list[tuple[object, ...]]:
    return replica.connection.execute(LEADS).fetchall()


@pytest.mark.parametrize("kind", ["ordinary", "cr-sqlite"])
def test_each_number_comes_to_lead_where_its_writer_meant(kind: str, new_file: NewFile) -> None:
    """By way of a hub, which has written none of them; it makes tables of cr-sqlite's where it can."""
    one, two = machine(new_file, "one"), machine(new_file, "two")
    hub = new_file(schema=SCHEMA.replace("TEXT PRIMARY KEY", "TEXT PRIMARY KEY NOT NULL"), tables=("lists",))
    (hub.make_ordinary if kind == "ordinary" else hub.make_crr)("items")
    for replica in (one, two, one):
        sync(replica, hub)
    two.connection.execute("UPDATE items SET what = 'changed', at = 1 WHERE id = 'two'")
    two.connection.execute("UPDATE items SET what = 'by two' WHERE id = 'one'")
    for replica in (two, one):
        sync(replica, hub)
    assert leads(one)[1] == ("two", "one 1", "changed"), "it leads to a row that nobody meant"
    assert one.relate("items", "at", "lists") == 1
    client = sync(one, hub)[0]
    [parked] = client.parked
    assert parked.table == "items", "until it is declared on both"
    assert "it does not. On the other side, “syncline relate” declares that." in parked.sentence
    assert hub.relate("items", "at", "lists") == 2
    assert two.relate("items", "at", "lists") == 1
    for replica in (one, two, one):
        sync(replica, hub)
    expected = [("one", "one 2", "by two"), ("two", "two 1", "changed")]
    for replica in (one, two, hub):
        assert leads(replica) == expected
        assert [finding for finding in replica.check() if finding.harms] == []
    one.connection.execute("INSERT INTO lists (name) VALUES ('new')")
    one.connection.execute("UPDATE items SET at = (SELECT max(id) FROM lists)")
    for replica in (one, two, one):
        sync(replica, hub)
    assert {name for _, name, _ in leads(two)} == {"new"}
    client, server = sync(two, hub)
    assert client.in_sync
    assert (client.parked, server.parked) == ((), ())


def test_what_cannot_be_declared_so(new_file: NewFile) -> None:
    schema = (
        SCHEMA
        + "CREATE TABLE tags (at INTEGER, tag, PRIMARY KEY (at, tag)); CREATE TABLE other (id INTEGER PRIMARY KEY);"
    )
    replica = new_file(schema=schema, tables=("tags", "items"))
    with pytest.raises(UsageError, match="“lists” is not synced, and “items” is"):
        replica.relate("items", "at", "lists")
    replica.make_ordinary("lists")
    with pytest.raises(UsageError, match="its numbers were sent as they are"):
        replica.relate("tags", "at", "lists")
    assert replica.relate("items", "at", "lists") == 0
    assert replica.relate("items", "at", "lists") is None, "it does already"
    replica.make_ordinary("other")
    with pytest.raises(UsageError, match="its numbers were sent as they are"):
        replica.relate("items", "at", "other")
