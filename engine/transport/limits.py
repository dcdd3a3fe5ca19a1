"""What stands between a peer and its session: asked before a message or changes are taken."""

from __future__ import annotations

from engine.session import Merge
from engine.wire import MAX_FRAME


class PeerLimits:
    """What a hub lets a peer do; this one lets it do anything.

    Attributes:
        largest: bytes of the largest message that is taken.
    """

    largest = MAX_FRAME

    def frame(self, data: bytes) -> None:
        """A message has come. Raises ProtocolError when it was one too many."""

    def merge(self, action: Merge) -> None:
        """Changes are about to be merged. Raises MergeError when they are not taken."""
