"""Finds the rows that cannot be sent, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import apsw

from engine.change import MAX_VERSION, SENTINEL
from engine.crr.catalogue import Crr
from engine.crr.read.change_sql import same_row
from engine.sqlite.sql import ident, main, numbers
from engine.tables.names import CLOCK, KEY, PKS
from engine.tables.reading import Unsendable
from engine.tables.withheld.records import Held, HeldRows, Why
from engine.tables.withheld.unreadable import unreadable

BLOCK = 256
"""How many rows are checked together."""

AHEAD = 2_000
"""How many rows are checked at least, even once one was found, as others may follow."""

_LOWEST = -(2**63)


def held_rows(db: apsw.Connection) -> HeldRows:
    """Return the record of which CRR rows of a file are withheld."""
    return HeldRows(db, "crsql_syncline_held")


class UnsendableRows(Unsendable):
    """Rows of a CRR cannot be sent.

    Attributes:
        after, until: one of them is at this (db_version, key) or behind it, up to this version.
        bounded: only some of the rows there were to be read.
    """

    def __init__(self, table: str, after: tuple[int, int], until: int, *, bounded: bool, cause: Exception) -> None:
        super().__init__(table, cause)
        self.after = after
        self.until = until
        self.bounded = bounded


def find(db: apsw.Connection, crr: Crr, after: tuple[int, int], until: int, *, all_of_them: bool = False) -> list[Held]:
    """Find rows from a (db_version, key) on that cannot be sent and are not withheld yet.

    Returns:
        At least one, if there is any, and those among the next ``AHEAD`` rows, or all of them.
    """
    found: list[Held] = []
    seen = 0
    others = held_rows(db).is_none(crr.name, "c.key")
    for keys in _blocks(db, crr, after, until, f" AND {others}" if others else ""):
        found += reasons(db, crr, keys)
        seen += len(keys)
        if found and seen >= AHEAD and not all_of_them:
            break
    return found


def find_all(db: apsw.Connection, crr: Crr) -> list[Held]:
    """Find all rows that cannot be sent, withheld already or not."""
    blocks = _blocks(db, crr, (_LOWEST, _LOWEST), ~_LOWEST, "")
    return list({held.key: held for keys in blocks for held in reasons(db, crr, keys)}.values())


def _blocks(db: apsw.Connection, crr: Crr, after: tuple[int, int], until: int, others: str) -> Iterator[list[int]]:
    beyond = ">="
    while True:
        sql = (
            f"SELECT DISTINCT c.db_version, c.key FROM {main(crr.name + CLOCK)} AS c"
            f" WHERE (c.db_version, c.key) {beyond} (?, ?) AND c.db_version <= ?{others}"
            f" ORDER BY c.db_version, c.key LIMIT {BLOCK}"
        )
        rows = cast("list[tuple[int, int]]", db.execute(sql, (*after, until)).fetchall())
        if not rows:
            return
        yield sorted({key for _, key in rows})
        after, beyond = rows[-1], ">"


def reasons(db: apsw.Connection, crr: Crr, keys: Sequence[int], *, held: bool = False) -> list[Held]:
    """Return which of the rows with these key numbers cannot be sent, and why.

    Args:
        held: they are withheld already; then one that is gone without a record stays withheld.
    """
    pks, clock, some = main(crr.name + PKS), main(crr.name + CLOCK), "IN carray(?1)"
    out_of_range = " OR ".join(
        f"typeof({number}) != 'integer' OR {number} NOT BETWEEN 0 AND ?2" for number in ("col_version", "seq")
    )
    versions = dict(
        db.execute(
            f"SELECT key, min(col_name) FROM {clock} WHERE key {some} AND ({out_of_range}) GROUP BY key",
            (numbers(keys), MAX_VERSION - 1),
        )
    )
    number = f"p.{KEY}"
    _, no_keys = unreadable(
        db, number, [f"p.{ident(name)}" for name in crr.key], f"{pks} AS p WHERE {number} {some}", keys
    )
    there, no_values = unreadable(
        db,
        number,
        [f"t.{ident(name)}" for name in crr.columns],
        f"{pks} AS p CROSS JOIN {main(crr.table.name)} AS t ON {same_row(crr)} WHERE {number} {some}",
        keys,
    )
    found = {key: Held(crr.name, key, Why.VERSION, cid) for key, cid in versions.items()}
    found |= {key: Held(crr.name, key, Why.TEXT, crr.columns[n]) for key, n in no_values.items()}
    found |= {key: Held(crr.name, key, Why.TEXT, crr.key[n]) for key, n in no_keys.items()}
    gone = {key for key in no_keys if key not in there}
    if held:
        alive = f"SELECT DISTINCT key FROM {clock} AS c WHERE key {some} AND NOT EXISTS (SELECT 1 FROM {clock} AS s"
        dead = f"WHERE s.key = c.key AND s.col_name = '{SENTINEL}' AND s.col_version % 2 = 0)"
        gone.update(key for (key,) in db.execute(f"{alive} {dead}", (numbers(keys),)) if key not in there)
    found |= {key: Held(crr.name, key, Why.GONE, "") for key in gone}
    return list(found.values())
