"""Long values in the stream of events: their beginning, their size, and what tells whether a value is the one.

A window that is open keeps thousands of changes; it shows the beginning of each, and asks for the rest when a person
wants to see it whole.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from engine.change import SQLiteValue
from engine.events import FlowChange

LIMIT = 16 * 1024
"""Characters or bytes of a value that are kept."""


class ClippedText(str):
    """The beginning of a text that is too large to keep; ``whole`` is its full length, ``digest`` that of its bytes."""

    whole: int
    digest: bytes


class ClippedBlob(bytes):
    """The beginning of a blob that is too large to keep; attributes as for ``ClippedText``."""

    whole: int
    digest: bytes


Clipped = ClippedText | ClippedBlob


def clipped(value: SQLiteValue, limit: int = LIMIT) -> SQLiteValue:
    """Return ``value``, or its beginning as a ``Clipped`` when it is longer than the limit."""
    if isinstance(value, Clipped) or not isinstance(value, str | bytes) or len(value) <= limit:
        return value
    short: Clipped
    if isinstance(value, str):
        short, data = ClippedText(value[:limit]), value.encode(errors="surrogatepass")
    else:
        short, data = ClippedBlob(value[:limit]), value
    short.whole = len(value)
    short.digest = hashlib.blake2b(data, digest_size=16).digest()
    return short


def clip(change: FlowChange) -> FlowChange:
    """Return a line of the flow with its values clipped."""
    value, old = clipped(change.value), clipped(change.old)
    return change if value is change.value and old is change.old else replace(change, value=value, old=old)


def length(value: str | bytes) -> int:
    """Return how long a value is, or was before it was clipped."""
    return value.whole if isinstance(value, Clipped) else len(value)


def stands_for(kept: SQLiteValue, value: SQLiteValue) -> bool:
    """Return whether ``value`` is what was kept, whole or clipped."""
    if not isinstance(kept, Clipped):
        return kept == value
    again = clipped(value, len(kept))
    return type(again) is type(kept) and (again.whole, again.digest) == (kept.whole, kept.digest)
