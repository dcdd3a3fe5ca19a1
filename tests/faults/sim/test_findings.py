"""What the simulator has found, each in its smallest form."""

from __future__ import annotations

from pathlib import Path

from engine.change import SENTINEL
from engine.replica import Replica
from tests.engine.session.world import make_replica, own_pair


def test_a_revival_is_never_hidden_from_the_author_of_its_cells(tmp_path: Path) -> None:
    """Chain, seed 73: a clock passed a sentinel that its peer did not have.

    A relay that is in the middle of a sliced merge holds cells that a revival set to version 0, and sends them before
    the revival's sentinel. Whoever receives them has the sentinel in the name of the cells' author then; a filter by
    author hid it from that author.
    """
    author, other, relay, last = (make_replica(tmp_path / f"{name}.db") for name in "abcd")
    author.connection.execute("INSERT INTO item VALUES (1, 'a', 1, NULL)")
    own_pair(author, other).run()
    own_pair(author, relay).run()
    with other.connection as db:
        db.execute("INSERT INTO item VALUES (2, 'b', 2, NULL)")  # so that the sentinel is late in its version
        db.execute("DELETE FROM item WHERE id = 1; INSERT INTO item (id) VALUES (1)").fetchall()
    relay.merge(change for change in other.changes().changes if change.cid == SENTINEL)
    own_pair(relay, last).run()

    sentinel = next(change for change in last.changes().changes if change.cid == SENTINEL)
    assert (sentinel.cl, sentinel.site_id) == (3, author.site_id)
    assert sentinel in last.changes(exclude_site=author.site_id).changes
    for replica in (author, other, relay, last):
        replica.close()


def test_tables_altered_in_the_middle_of_a_session_are_compared_anew(tmp_path: Path) -> None:
    """Mesh, seed 106: the link gave up for good; and tables that were altered while it dialled went unnoticed."""
    one, other = (make_replica(tmp_path / f"{name}.db") for name in "ab")
    wire = own_pair(one, other)
    wire.run()
    rename(one)
    one.connection.execute("INSERT INTO item (id, amount) VALUES (1, 5)")
    wire.ends[0].local()  # before anybody has said that the tables are others now
    wire.run()
    closed = wire.ends[1].closed
    assert closed is not None
    assert closed.regreet
    greeted = own_pair(one, other)
    greeted.run()
    assert [end.closed for end in greeted.ends] == [None, None]
    assert other.received_clock(one.site_id) == one.db_version()
    assert content(other, "n") == [(1, None)], "the value stays where its column is"
    other.connection.execute("INSERT INTO item (id, n) VALUES (2, 7)")
    rename(other)
    own_pair(one, other).run()
    assert one.digests() == other.digests()
    assert content(one, "amount") == content(other, "amount") == [(1, 5), (2, 7)]
    assert other.received_clock(one.site_id) == one.db_version()
    one.close()
    other.close()


def rename(replica: Replica) -> None:
    """The app's next release calls a column otherwise."""
    with replica.altering("item") as db:
        db.execute("ALTER TABLE item RENAME COLUMN n TO amount")


def content(replica: Replica, column: str) -> list[tuple[object, ...]]:
    """The keys and one column of all rows."""
    return replica.connection.execute(f"SELECT id, {column} FROM item ORDER BY id").fetchall()
