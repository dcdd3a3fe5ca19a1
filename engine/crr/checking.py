"""What a change must be before anything is looked up for it (spec 7.1, 6.3; a peer's bytes are hostile)."""

from __future__ import annotations

from collections.abc import Sequence

from engine.change import MAX_VERSION, Change, SQLiteValue
from engine.crr.catalogue import Crr
from engine.crr.pack import unpack, unpack_plain
from engine.errors import InvalidChange

MAX_NAME = 2048
"""The longest table or column name, in bytes (spec 7.1)."""

SITE = 16
VALUES = frozenset((type(None), int, float, str, bytes))


def check(change: Change, *, exact: bool) -> None:
    """Check everything but the key.

    Args:
        change: the change.
        exact: versions are not negative, and there is an author of 16 bytes.

    Raises:
        InvalidChange: no well-behaved peer sends it.
    """
    table, _, cid, val, col_version, db_version, site_id, cl, seq = change
    low = 0 if exact else -MAX_VERSION
    if not (
        type(col_version) is type(db_version) is type(cl) is type(seq) is int
        and low <= col_version < MAX_VERSION
        and low <= db_version < MAX_VERSION
        and low <= cl < MAX_VERSION
        and low <= seq < MAX_VERSION
    ):
        shown = ", ".join(str(number)[:24] for number in (col_version, db_version, cl, seq))
        raise InvalidChange(f"A change for the table “{table}” has a version out of range, one of {shown}.")
    if type(site_id) is bytes:
        if len(site_id) != SITE and (exact or len(site_id) > SITE):
            raise InvalidChange(f"A change for the table “{table}” has an author of {len(site_id)} bytes, not {SITE}.")
    elif exact or site_id is not None:
        raise InvalidChange(f"A change for the table “{table}” has no author.")
    if type(cid) is not str or not _fits(cid):
        raise InvalidChange(f"A change for the table “{table}” has a column name over {MAX_NAME} bytes, or none.")
    if type(val) not in VALUES:
        raise InvalidChange(f"A change for the table “{table}” has a value of an unknown type.")
    if type(val) is int and not -(2**63) <= val < 2**63:
        raise InvalidChange(f"A change for the table “{table}” has an integer of more than 64 bits.")


def check_table(name: str) -> None:
    """Check a table's name, before it is looked up.

    Raises:
        InvalidChange: no text, or longer than a name may be.
    """
    if type(name) is not str or not _fits(name):
        raise InvalidChange(f"A change has a table name over {MAX_NAME} bytes, or none.")


def check_key(crr: Crr, packed: bytes) -> tuple[SQLiteValue, ...]:
    """Unpack and check the key of a change for ``crr``.

    Raises:
        InvalidChange: it cannot be read, has the wrong count, or has NULL in it.
    """
    if type(packed) is not bytes:
        raise InvalidChange(f"A change for the table “{crr.name}” has a key that is no blob.")
    key = unpack(packed)
    if len(key) != len(crr.key):
        raise InvalidChange(
            f"A change for the table “{crr.name}” has {len(key)} key values instead of {len(crr.key)}.",
            hint="The primary key of the table differs between the two sides.",
        )
    if None in key:
        raise InvalidChange(f"A change for the table “{crr.name}” has NULL in its key.")
    return key


def check_keys(crr: Crr, packed: Sequence[bytes]) -> list[Sequence[SQLiteValue]]:
    """As ``check_key`` for many keys at once, as one sequence for each column of the key."""
    if len(crr.key) == 1:
        values = unpack_plain(packed)
        if values is not None:
            return [values]
    return list(zip(*(check_key(crr, one) for one in packed), strict=True))


def _fits(name: str) -> bool:
    # Four bytes are the most for one character: short names, which are nearly all, need no encoding.
    return len(name) * 4 <= MAX_NAME or len(name.encode("utf-8", "surrogatepass")) <= MAX_NAME
