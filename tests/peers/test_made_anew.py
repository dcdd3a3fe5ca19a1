"""The published cr-sqlite makes a table anew in a file of ours: nothing of ours runs then, and no clock may pass it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.replica import Replica
from engine.session import batch_limits
from tests.engine.session.test_ranges import fill, run_until_cut
from tests.engine.session.world import make_replica, own_pair, rows
from tests.peers.oracle import Oracle

ITEM = "CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL, name TEXT, n INTEGER, extra)"
AS_CRR, AS_TABLE = "SELECT crsql_as_crr('item')", "SELECT crsql_as_table('item')"
WAYS = {
    "made plain": (AS_TABLE, "DELETE FROM item WHERE id < 10", AS_CRR),
    "dropped": ("DROP TABLE item", ITEM, AS_CRR),
    "made plain and dropped": (AS_TABLE, "DROP TABLE item", ITEM, AS_CRR),
    "rebuilt": (
        ITEM.replace("item", "new"), "INSERT INTO new SELECT * FROM item WHERE id >= 10", "DROP TABLE item",
        "ALTER TABLE new RENAME TO item", AS_CRR,
    ),
    "altered": (
        "SELECT crsql_begin_alter('item')", "DROP TABLE item", ITEM.replace("id ", "other "),
        "SELECT crsql_commit_alter('item')", "SELECT crsql_begin_alter('item')", "DROP TABLE item", ITEM,
        "SELECT crsql_commit_alter('item')",
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("which", ["cut", "whole", "sender"])
def test_made_anew_by_the_published_engine(
    oracle: Oracle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, which: str
) -> None:
    monkeypatch.setattr(batch_limits, "BATCH_CHANGES", 10)
    one, other = make_replica(tmp_path / "one.db"), make_replica(tmp_path / "other.db")
    fill(one, 40)
    if which == "whole":
        own_pair(one, other).run()
    else:
        run_until_cut(own_pair(one, other), other, one.site_id, 6)
    whose = one if which == "sender" else other
    whose.close()
    with oracle.open(whose.path) as db:
        for sql in WAYS[way]:
            db.exec(sql)
        db.exec("INSERT OR REPLACE INTO item (id, name) VALUES (1, 'x'), (50, 'y')")
    with Replica.open(whose.path) as again:
        one, other = (again, other) if which == "sender" else (one, again)
        if which != "sender":
            assert other.known(one.site_id).tables == ()
            assert other.known(one.site_id).place is None
        own_pair(one, other).run()
        own_pair(one, other).run()
        assert other.received_clock(one.site_id) == one.db_version()
        assert rows(one) == rows(other)
        if which != "sender":
            assert len(rows(other)) == 41
        (other if which == "sender" else one).close()
