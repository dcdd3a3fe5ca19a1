"""Global keys: the names of rows whose number SQLite hands out, and how they are translated.

Two machines that add rows while they are apart hand out the same number to different rows. So such a row is sent under
a name: the *collection* that it was born into, which belongs to one file and one table and is never shared
(``own_collections``), and its number at birth. On each machine it has a local number, which is ``k0`` of its record. A
column that refers to such a row (``Entry.roots``) is also sent as that row's name.

Everything that leaves a file uses these names, and everything that comes in is translated into local numbers before it
is written. This module has the expressions for the former; ``local_numbers`` does the latter, and ``births`` gives
names.

A name is 25 bytes: 1, the collection, the number. So that nothing else looks like one, a BLOB that an app keeps in such
a column is sent with a 0 before it. The number 0 in a reference belongs to no row: many apps write it for “none”, and
SQLite does not hand it out. It is sent as it is.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.change import SQLiteValue
from engine.errors import InvalidChange
from engine.tables.pack import pack_one
from engine.tables.row_names import BLOB, COLLECTION, NAME, SIZE, name
from engine.text import t

HIGHEST = 2**53
"""The largest number that is handed out here; JavaScript would round larger ones."""

_BEFORE = pack_one(b"\1" * SIZE)[:-SIZE]
"""What precedes a name in a packed key of one value."""


_SHARED, _COUNT = 6, 4
"""Bytes of a collection: those that all collections of a table have in common, and those that count how many it had
before. The others are random."""


class Root(NamedTuple):
    """The table whose numbers a column holds: its number in the register, and the collection that its rows are born
    into."""

    number: int
    collection: bytes

    @property
    def rows(self) -> str:
        """The name of the table of its records."""
        return f"crsql_syncline_rows_{self.number}"

    @property
    def led(self) -> str:
        """The name of the table that tells where references to its hidden rows are redirected (``leading``)."""
        return f"crsql_syncline_led_{self.number}"


def new_collection() -> bytes:
    """Return a collection that nobody has."""
    return os.urandom(_SHARED) + bytes(_COUNT) + os.urandom(COLLECTION - _SHARED - _COUNT)


def next_collection(before: bytes) -> bytes:
    """Return a new collection for a table that had another so far, so that rows sort in the order in which they were
    born."""
    count = 1 + int.from_bytes(before[_SHARED : _SHARED + _COUNT])
    if count >= 2 ** (8 * _COUNT):
        return new_collection()
    return before[:_SHARED] + count.to_bytes(_COUNT) + os.urandom(COLLECTION - _SHARED - _COUNT)


def packed(value: bytes) -> bytes:
    """Return a name as a packed key."""
    return _BEFORE + value


def name_in(pk: bytes) -> bytes:
    """Return the name in a packed key of an auto-numbered table."""
    return pk[len(_BEFORE) :]


def birth_in(pk: bytes) -> tuple[bytes, int]:
    """Return the collection and the number at birth in a packed key of an auto-numbered table."""
    return pk[-COLLECTION - 8 : -8], number_in(pk)


def names_in(pks: Sequence[bytes]) -> Any:
    """Return the names in packed keys that came for an auto-numbered table; None if any is not such a key, or is packed
    differently."""
    before, size = _BEFORE + NAME, len(_BEFORE) + SIZE
    if all(len(pk) == size and pk.startswith(before) for pk in pks):
        return [pk[len(_BEFORE) :] for pk in pks]
    return None


def plain(table: str, column: str, value: SQLiteValue) -> SQLiteValue:
    """Return a value that came in a column that refers to rows, if it is not a name.

    Raises:
        InvalidChange: a number, which has no meaning on another machine, or a BLOB of neither kind.
    """
    if isinstance(value, bytes) and value[:1] == BLOB:
        return value[1:]
    if isinstance(value, bytes | int) and value != 0:
        raise InvalidChange(
            t("A change for the table “{table}” has a reference that means nothing here.", table=table),
            hint=t("The column “{column}” holds numbers that each machine hands out.", column=column),
        )
    return value


# Expressions, for statements over the tables of one file


def own_pk(collection: bytes, number: str) -> str:
    """Return an SQL expression for the packed key of the row born into a collection with a number, itself an
    expression."""
    return f"CAST(x'{(_BEFORE + NAME + collection).hex()}' || {_eight_bytes(number)} AS BLOB)"


def _own_name(collection: bytes, number: str) -> str:
    return f"CAST(x'{(NAME + collection).hex()}' || {_eight_bytes(number)} AS BLOB)"


def _eight_bytes(number: str) -> str:
    return f"unhex(printf('%016x', {number}))"


def number_of(value: str) -> str:
    """Return an SQL expression for the number that SQLite takes a column's value for when comparing: including '1' and
    1.0, which a column without a type keeps as they are; NULL if it takes it for none."""
    number = f"CAST(CAST({value} AS NUMERIC) AS INTEGER)"
    other = f"CASE WHEN {value} = {number} THEN {number} END"
    return f"CASE typeof({value}) WHEN 'integer' THEN {value} WHEN 'blob' THEN NULL ELSE {other} END"


def is_number(value: str, number: str) -> str:
    """Return an SQL condition that SQLite takes a column's value for a number."""
    return f"{value} = CAST({number} AS INTEGER)"  # which has INTEGER's affinity, as the key has


def is_any(value: str) -> str:
    """Return an SQL condition that SQLite takes a column's value for one of the numbers in the first parameter."""
    return f"{value} IN (SELECT CAST(value AS INTEGER) FROM carray(?1))"


def spelled(root: Root, value: str) -> str:
    """Return an SQL expression for what is sent of a value in a column that holds this table's numbers.

    (All of them have a record once captured; one without is sent as the name that it will get.)
    """
    number = number_of(value)
    found = f"(SELECT substr(p.pk, {1 + len(_BEFORE)}) FROM main.{root.rows} AS p WHERE p.k0 = +{{number}})"
    name_ = f"ifnull({found}, {{own}})"
    return (
        f"CASE typeof({value}) WHEN 'integer' THEN CASE {value} WHEN 0 THEN 0"
        f" ELSE {name_.format(number=value, own=_own_name(root.collection, value))} END"
        f" WHEN 'null' THEN NULL WHEN 'blob' THEN CAST(x'{BLOB.hex()}' || {value} AS BLOB)"
        f" ELSE CASE WHEN ifnull({number}, 0) = 0 THEN {value}"
        f" ELSE {name_.format(number=number, own=_own_name(root.collection, number))} END END"
    )


def births_of(collection: bytes) -> tuple[bytes, bytes]:
    """Return the packed keys between which the numbers from 0 to ``HIGHEST`` of a collection are, both included."""
    return packed(name(collection, 0)), packed(name(collection, HIGHEST))


def all_of(collection: bytes) -> tuple[bytes, bytes]:
    """Return the packed keys between which all names of a collection are, both included."""
    return packed(NAME + collection + bytes(8)), packed(NAME + collection + b"\xff" * 8)


def number_in(pk: bytes) -> int:
    """Return the number at birth in a packed key of an auto-numbered table."""
    return int.from_bytes(pk[-8:], "big", signed=True)


def log_key_is(names: Sequence[str], record: str, columns: Sequence[str]) -> str:
    """Return an SQL condition that a record has these values as its local key, by its index.

    The log's columns have no type, and the index can only be used if what it is compared with has none either
    (https://www.sqlite.org/datatype3.html, section 4.2).

    Args:
        names: of the local key.
        record: the record's alias.
        columns: expressions for the values.
    """
    return " AND ".join(f"{record}.{one} = +{column}" for one, column in zip(names, columns, strict=True))
