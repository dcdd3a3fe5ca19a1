"""Checks a change before anything is looked up for it (cr-sqlite.md 7.1, 6.3), as a peer's bytes may be hostile."""

from __future__ import annotations

from collections.abc import Sequence

from engine.change import MAX_VERSION, Change, SQLiteValue
from engine.errors import InvalidChange
from engine.tables.pack import unpack, unpack_plain
from engine.tables.types import SyncedTable
from engine.text import t

MAX_NAME = 2048
"""The longest table or column name, in bytes (cr-sqlite.md 7.1)."""

SITE = 16
VALUES = frozenset((type(None), int, float, str, bytes))
_SHOWN = 80


def check(change: Change, *, exact: bool) -> None:
    """Check everything except the table's name and the key.

    Args:
        change: the change.
        exact: versions must not be negative, and there must be an author of 16 bytes.

    Raises:
        InvalidChange: no well-behaved peer sends it.
    """
    table, pk, cid, val, col_version, db_version, site_id, cl, seq = change
    low = 0 if exact else -MAX_VERSION
    if not (
        type(col_version) is type(db_version) is type(cl) is type(seq) is int
        and low <= col_version < MAX_VERSION
        and low <= db_version < MAX_VERSION
        and low <= cl < MAX_VERSION
        and low <= seq < MAX_VERSION
    ):
        shown = ", ".join(str(number)[:24] for number in (col_version, db_version, cl, seq))
        raise _invalid(table, t("has a version out of range, one of {versions}", versions=shown))
    if type(site_id) is bytes:
        if len(site_id) != SITE and (exact or len(site_id) > SITE):
            raise _invalid(table, t("has an author of {size} bytes, not {expected}", size=len(site_id), expected=SITE))
    elif exact or site_id is not None:
        raise _invalid(table, t("has no author"))
    if type(table) is not str or type(pk) is not bytes:
        raise _invalid(table, t("has a table that is not text, or a key that is not a blob"))
    if type(cid) is not str or not _is_name(cid):
        raise _invalid(table, t("has a column name that is not UTF-8 text of at most {limit} bytes", limit=MAX_NAME))
    if type(val) not in VALUES:
        raise _invalid(table, t("has a value of an unknown type"))
    if type(val) is int and not -(2**63) <= val < 2**63:
        raise _invalid(table, t("has an integer of more than 64 bits"))


def check_table(name: str) -> None:
    """Check a table's name, before it is looked up.

    Raises:
        InvalidChange: not text, too long, or not UTF-8.
    """
    if type(name) is not str or not _is_name(name):
        raise _invalid(name, t("has a table name that is not UTF-8 text of at most {limit} bytes", limit=MAX_NAME))


def check_key(table: SyncedTable, packed: bytes) -> tuple[SQLiteValue, ...]:
    """Unpack and check the key of a change for ``table``.

    Raises:
        InvalidChange: it cannot be read, has the wrong number of values, or contains NULL.
    """
    key = unpack(packed)
    if len(key) != len(table.key):
        raise InvalidChange(
            t(
                "A change for the table “{table}” has {count} key values instead of {expected}.",
                table=table.name,
                count=len(key),
                expected=len(table.key),
            ),
            hint=t("The primary key of the table differs between the two sides."),
        )
    if None in key:
        raise _invalid(table.name, t("has NULL in its key"))
    return key


def check_keys(table: SyncedTable, packed: Sequence[bytes]) -> list[Sequence[SQLiteValue]]:
    """Check many keys like ``check_key``, and return them as one sequence for each column of the key."""
    if len(table.key) == 1:
        values = unpack_plain(packed)
        if values is not None:
            return [values]
    return list(zip(*(check_key(table, one) for one in packed), strict=True))


def _is_name(name: str) -> bool:
    if name.isascii():  # nearly all are, and need not be encoded
        return len(name) <= MAX_NAME
    try:
        return len(name) <= MAX_NAME and len(name.encode()) <= MAX_NAME
    except UnicodeEncodeError:
        return False


def _invalid(table: object, what: str) -> InvalidChange:
    """Return the error for a change, with its table's name truncated to what can be shown."""
    name = table[:_SHOWN].encode(errors="replace").decode() if isinstance(table, str) else "?"
    return InvalidChange(t("A change for the table “{table}” {problem}.", table=name, problem=what))
