"""What a session says when it ends: to the person here, and to the other side."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.language import catalogue
from engine.session import SynclineSession
from engine.text import translated
from engine.wire import OLDEST, PROTOCOL, Failure, encode

from .world import SCHEMA, End, make_replica, own_pair, snapshot


def test_a_peers_sentence_cannot_steer_the_terminal(tmp_path: Path) -> None:
    one = make_replica(tmp_path / "one.db")
    end = End(one, SynclineSession(snapshot(one), now=lambda: 0.0))
    end.receive(encode(Failure(1, "no\x1b[2J\x1b]0;owned\x07", True)))
    end.work()
    one.close()
    assert end.closed is not None
    assert end.closed.reason.isprintable()


@pytest.mark.parametrize("protocol", range(OLDEST, PROTOCOL + 1))
def test_a_refusal_is_read_in_the_persons_language(tmp_path: Path, protocol: int) -> None:
    """An older Syncline sends English and reads English; what it says is quoted."""
    one = make_replica(tmp_path / "one.db")
    two = make_replica(tmp_path / "two.db", SCHEMA.replace("n INTEGER", "n INTEGER CHECK (n < 5)"))
    one.connection.execute("INSERT INTO item (id, n) VALUES (1, 9)")
    wire = own_pair(one, two, protocol=protocol)
    wire.run()
    one.close()
    two.close()
    told = wire.ends[0].closed
    assert told is not None
    german = translated(told.reason, catalogue("de"))
    if protocol < 4:
        assert german.startswith("Die andere Seite sagt „The table “item” on the other side rejects a row of this file")
    else:
        assert german.startswith("Die Tabelle „item“ auf der anderen Seite")


def test_a_sentence_names_the_right_side(tmp_path: Path) -> None:
    """The side that refuses a row says "this file"; the other one must not say so of its own."""
    one = make_replica(tmp_path / "one.db")
    two = make_replica(tmp_path / "two.db", SCHEMA.replace("n INTEGER", "n INTEGER CHECK (n < 5)"))
    one.connection.execute("INSERT INTO item (id, n) VALUES (1, 9)")
    wire = own_pair(one, two)
    wire.run()
    one.close()
    two.close()
    has = wire.ends[0].closed
    assert has is not None
    assert "“item” on the other side rejects a row of this file" in has.reason
