"""Changes that go to several peers, all in one dialect: their bytes are made once, and so are those of a whole message
that several are to get alike, as they do who have been there for as long."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from engine.change import Change
from engine.wire.batch_codec import put_batch
from engine.wire.change_codec import new_change, put_changes

MESSAGES = 8
"""Different messages with the same changes that are kept for others."""

KEPT = 16 * 1024
"""Bytes of the largest of them."""


class EncodedChanges(tuple[Change, ...]):
    """Those that are sent as they are."""

    _encoded: bytes | None = None
    _messages: dict[Hashable, bytes] | None = None

    def message(self, head: Hashable, encode: Callable[[], bytes]) -> bytes:
        """A message with these changes, made by ``encode`` unless somebody had the same one.

        Args:
            head: all that it holds besides; numbers, as different ones are.
        """
        if self._messages is None:
            self._messages = {}
        message = self._messages.get(head)
        if message is None:
            message = encode()
            if len(message) <= KEPT and len(self._messages) < MESSAGES:
                self._messages[head] = message
        return message

    def encoded(self, *, own: bool) -> bytes:
        """What is sent for them, in our own dialect or the published one. Raises what ``put_shared`` does."""
        if self._encoded is None:
            out = bytearray()
            _put(out, self._sent(), own)
            self._encoded = bytes(out)
        return self._encoded

    def _sent(self) -> Sequence[Change]:
        return self


class MaskedChanges(EncodedChanges):
    """Those that are sent without their authors: the receiver takes the sender for it (stock dialect)."""

    def _sent(self) -> Sequence[Change]:
        new = new_change  # a quarter of the time of ``_replace``
        return [new(Change, (*change[:6], None, *change[7:])) for change in self]


def put_shared(out: bytearray, changes: Sequence[Change], *, own: bool) -> None:
    """Append changes, shared or not, in our own dialect (``put_batch``) or the published one (``put_changes``).

    Raises:
        WireError: a change that cannot be sent.
    """
    if isinstance(changes, EncodedChanges):
        out += changes.encoded(own=own)
    else:
        _put(out, changes, own)


def _put(out: bytearray, changes: Sequence[Change], own: bool) -> None:
    if own:
        put_batch(out, changes)
    else:
        put_changes(out, changes, authored=False)
