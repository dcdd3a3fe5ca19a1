"""The guard between a peer and its session, which is asked before a message or changes are taken."""

from __future__ import annotations

from engine.session import Merge
from engine.wire import MAX_FRAME


class PeerLimits:
    """What a peer is allowed to do; this guard allows everything, a hub's less.

    Attributes:
        largest: bytes of the largest message that is taken.
    """

    largest = MAX_FRAME

    def frame(self, data: bytes) -> None:
        """Check a message that has arrived; raise ProtocolError if it is one too many."""

    def merge(self, action: Merge) -> None:
        """Check changes that are about to be merged; raise MergeError to refuse them."""
