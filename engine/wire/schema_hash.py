"""The stock packages' number for a version of a schema, which is a hash of its text (cr-sqlite.md 10.7)."""

from __future__ import annotations

import struct

_MASK = 2**32 - 1


def cryb64(text: str) -> int:
    """Hash a schema's text as ws-server and ws-browserdb do.

    Args:
        text: the whole file. Its UTF-16 code units are hashed, so even a lone surrogate is no error.

    Returns:
        The schema version, a signed 64-bit number.
    """
    h1, h2 = 0xDEADBEEF, 0x41C6CE57
    for (unit,) in struct.iter_unpack("<H", text.encode("utf-16-le", "surrogatepass")):
        h1 = (h1 ^ unit) * 2654435761 & _MASK
        h2 = (h2 ^ unit) * 1597334677 & _MASK
    h1 = (h1 ^ h1 >> 16) * 2246822507 & _MASK
    h1 ^= (h2 ^ h2 >> 13) * 3266489909 & _MASK
    h2 = (h2 ^ h2 >> 16) * 2246822507 & _MASK
    h2 ^= (h1 ^ h1 >> 13) * 3266489909 & _MASK
    # Two signed halves are added, so a negative low one borrows from the high one. The one sum that falls below -2^63
    # wraps, as it does when JavaScript writes it as a BigInt64.
    total = (_signed(h2) << 32) + _signed(h1)
    return (total + 2**63) % 2**64 - 2**63


def _signed(number: int) -> int:
    return number - 2**32 if number >= 2**31 else number
