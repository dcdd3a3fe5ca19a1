"""Statuses and changes as the engine tells them, for tests that look at one thing in them."""

from __future__ import annotations

import random
import time
from typing import Any

from engine.change import SENTINEL, SQLiteValue
from engine.events import ChangesMoved, FlowChange, FlowDirection
from engine.peer_state import PeerStatus, State

AUTHORS = (bytes(range(16)), bytes(range(16, 32)))


def status(peer: str = "p", state: State = State.IN_SYNC, **fields: Any) -> PeerStatus:
    """A peer that has answered."""
    row: dict[str, Any] = {
        "name": f"Peer {peer}",
        "database": "d",
        "url": "ws://127.0.0.1:8080/sync",
        "room": "room",
        "reason": "Because.",
        "site_id": bytes(16),
    }
    return PeerStatus(peer=peer, state=state, **(row | fields))


def change(number: int = 1, value: SQLiteValue = "text", **fields: Any) -> FlowChange:
    """One line of the flow."""
    line: dict[str, Any] = {"table": "item", "key": (number,), "column": "name", "author": AUTHORS[0], "cl": 1}
    return FlowChange(value=value, version=number, **(line | fields))


def moved(
    *changes: FlowChange, peer: str = "p", way: FlowDirection = FlowDirection.IN, when: float | None = None
) -> ChangesMoved:
    """An event with these lines."""
    return ChangesMoved(time.time() if when is None else when, "d", peer, way, changes)


def any_event(choose: random.Random, number: int, most: int) -> ChangesMoved:
    """An event of up to ``most`` lines, whose numbers go on from ``number``."""
    way = choose.choice(list(FlowDirection))
    lines = [
        change(
            number + place,
            choose.choice([None, 7, 1.5, "a Red apple", "blue", "", b"\0\1"]),
            table=choose.choice(["item", "list"]),
            column=choose.choice(["name", "n", SENTINEL]),
            author=choose.choice(AUTHORS),
            cl=choose.randrange(1, 4),
        )
        for place in range(choose.randrange(most + 1))
    ]
    return moved(*lines, peer="" if way is FlowDirection.LOCAL else choose.choice(["p", "q"]), way=way)
