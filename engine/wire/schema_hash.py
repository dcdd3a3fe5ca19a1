"""The number by which the stock packages name a version of a schema: a hash of its text (cr-sqlite.md 10.7)."""

from __future__ import annotations

import struct

_MASK = 2**32 - 1


def cryb64(text: str) -> int:
    """Hash a schema's text as ws-server and ws-browserdb do.

    Args:
        text: the whole file; hashed by UTF-16 code units, so even a lone surrogate is no error.

    Returns:
        The schema version, a signed number of 64 bits.
    """
    h1, h2 = 0xDEADBEEF, 0x41C6CE57
    for (unit,) in struct.iter_unpack("<H", text.encode("utf-16-le", "surrogatepass")):
        h1 = (h1 ^ unit) * 2654435761 & _MASK
        h2 = (h2 ^ unit) * 1597334677 & _MASK
    h1 = (h1 ^ h1 >> 16) * 2246822507 & _MASK
    h1 ^= (h2 ^ h2 >> 13) * 3266489909 & _MASK
    h2 = (h2 ^ h2 >> 16) * 2246822507 & _MASK
    h2 ^= (h1 ^ h1 >> 13) * 3266489909 & _MASK
    # Two signed halves are added, so the low one borrows when it is negative; the one sum that
    # falls below -2^63 wraps, as it does where JavaScript writes it as a BigInt64.
    total = (_signed(h2) << 32) + _signed(h1)
    return (total + 2**63) % 2**64 - 2**63


def _signed(number: int) -> int:
    return number - 2**32 if number >= 2**31 else number
