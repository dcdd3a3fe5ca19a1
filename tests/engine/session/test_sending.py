"""What a session sends, and which confirmations it may hear."""

from __future__ import annotations

from pathlib import Path

from engine.session import SynclineSession
from engine.wire import Batch, Confirm, decode, encode

from .world import End, hello, make_replica, snapshot, want

STRANGER = bytes(range(16))


def test_a_late_confirmation_after_asking_again_is_no_offence(tmp_path: Path) -> None:
    """What was under way when the peer asked again is still confirmed, after the ask."""
    one = make_replica(tmp_path / "one.db")
    for number in range(3):
        one.connection.execute("INSERT INTO item (id, name) VALUES (?, 'n')", (number,))
    end = End(one, SynclineSession(snapshot(one), now=lambda: 0.0))
    end.receive(encode(hello(STRANGER)))
    end.receive(encode(want(0)))
    end.work()
    sent = [message for message in map(decode, end.sent) if isinstance(message, Batch)]
    assert [batch.until for batch in sent] == [3]
    end.receive(encode(want(0, 2, resend=True)))
    end.receive(encode(Confirm(3)))  # the first batch, merged before the answer to the ask could come
    end.work()
    one.close()
    assert end.closed is None, end.closed
