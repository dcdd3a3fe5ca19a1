"""What a hub allows its peers, and what it answers beyond that."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import Any

from engine.errors import SynclineError, UsageError
from engine.text import t
from engine.wire import MAX_FRAME

MB, GB = 1024**2, 1024**3

_AMOUNT = re.compile(r"([0-9]{1,12})([kmg]?)", re.IGNORECASE)
_FACTORS = {"": 1, "k": 1024, "m": MB, "g": GB}


class Busy(SynclineError):
    """The hub has too much to do for this now; trying again later can help."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a hub. 0 means no limit where a field says so.

    Attributes:
        frame: bytes of one message from a peer.
        batch: changes in one message from a peer.
        incoming: bytes of messages that are incoming or not processed yet, of all peers together.
        incoming_small: the same, of peers that have not greeted or may only read.
        pace: bytes a second at which a message must come, over half a minute. 0: no limit.
        waiting: bytes that may wait for a peer that is slow to take them.
        patience: seconds for which a peer may take none of what waits for it.
        messages: messages a second from one peer, over a few seconds. 0: none.
        per_address: connections from one address. 0: none.
        per_room: peers in one room. 0: none.
        room_size: bytes of a room's file, beyond which nothing more is accepted. 0: none.
        rooms: rooms in the folder, beyond which peers can create no more.
        open_rooms: rooms open at a time.
        idle: seconds for which an empty room stays open.
    """

    frame: int = MAX_FRAME
    batch: int = 1_000_000
    incoming: int = 512 * MB
    incoming_small: int = 64 * MB
    pace: int = 1024
    waiting: int = 256 * MB
    patience: int = 60
    messages: int = 1_000
    per_address: int = 500
    per_room: int = 5_000
    room_size: int = 10 * GB
    rooms: int = 10_000
    open_rooms: int = 500
    idle: int = 60


NAMES = tuple(field.name.replace("_", "-") for field in dataclasses.fields(Limits))
"""The limits as a person writes them."""


def parse(settings: list[str]) -> Limits:
    """Read limits as a person writes them: ``room-size=2g``.

    Raises:
        UsageError: there is no such limit, or the amount is not a number.
    """
    changes: dict[str, Any] = {}
    for setting in settings:
        name, _, amount = setting.partition("=")
        found = _AMOUNT.fullmatch(amount)
        if name not in NAMES:
            raise UsageError(
                t("There is no limit “{name}”.", name=name), hint=t("The limits are {names}.", names=", ".join(NAMES))
            )
        if found is None:
            raise UsageError(
                t("“{amount}” is not a valid amount for {name}.", amount=amount, name=name),
                hint=t("Use a number, such as 1000, 64k, 100m or 2g."),
            )
        changes[name.replace("-", "_")] = int(found[1]) * _FACTORS[found[2].lower()]
    for name in ("frame", "batch", "incoming", "incoming_small", "waiting", "patience", "open_rooms"):
        if changes.get(name, 1) == 0:
            raise UsageError(t("The limit {name} cannot be 0.", name=name.replace("_", "-")))
    return Limits(**changes)
