"""Gives global keys (*names*) to rows that were inserted here (``global_keys``), and handles numbers that are used
again.

The number at birth is the local number, if that was never used in the collection, or else the next unused one: SQLite
hands out the highest number again once its row is deleted, and a new row must not bring back what others hold of the
row that had the number. The exception is a row that the app itself deleted while leaving rows that refer to it: then
the app takes the new row for the old one, and so does everybody; a row that was itself deleted and inserted again, with
other content, was not left. The same goes for references that an app writes once the row is gone, whoever deleted it.

A number that is referred to but that no row has gets a record of length 0: the row that gets the number is born under
that name. If a merge has given a number to a row that is not here yet, and SQLite hands it out meanwhile, the missing
row gets another number, together with everything that refers to it. So does a row that others have deleted, or that
others have referred to since.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import apsw

from engine.change import SQLiteValue
from engine.ordinary import register
from engine.ordinary.changed import Changed
from engine.ordinary.global_keys import (
    HIGHEST,
    all_of,
    births_of,
    is_any,
    new_collection,
    next_collection,
    number_in,
    number_of,
    own_pk,
    packed,
    spelled,
)
from engine.ordinary.hidden import Hidden, is_not_hidden
from engine.ordinary.referring import Referring, Written
from engine.ordinary.register import Entry, base, base_is
from engine.ordinary.stamps import OWN
from engine.sqlite.sql import ident, numbers
from engine.tables.row_names import name

KEPT = -1
"""The value of ``born`` in a record without a row, under whose name a row is to be born (``kept_names``)."""

RENAMED = -2
"""The value of ``born`` in a record without a row whose name is no longer one of this file's own."""

_NOTHING = "0, x'', 0, 0, 0"
_RECORD = "length, covers, col_version, db_version, site"


class Numbers:
    """The numbers of one auto-numbered table, in the caller's write transaction."""

    def __init__(self, db: apsw.Connection, entry: Entry) -> None:
        self._db = db
        self.entry = entry
        self._rows = f"main.{entry.rows}"
        self._next: int | None = None
        self._referring = Referring(db, entry)

    def bind(self, found: Sequence[int], born: int | None = None) -> None:
        """Create a record for each of these local numbers, which have none.

        Args:
            born: the version with which their rows are to be recorded; None if they are only referred to.
        """
        if not found:
            return
        self._db.execute(
            f"INSERT OR IGNORE INTO {self._rows} (pk, k0, {_RECORD}, born)"
            f" SELECT {own_pk(self.entry.collection, 'c.value')}, c.value, {_NOTHING}, ?2 FROM carray(?1) AS c",
            (numbers(found), born),
        )
        if self._db.changes() == len(found):
            return
        sql = f"SELECT value FROM carray(?) WHERE value NOT IN (SELECT k0 FROM {self._rows} WHERE k0 IS NOT NULL)"
        for (number,) in self._db.execute(sql, (numbers(found),)).fetchall():
            sql = f"INSERT INTO {self._rows} (pk, k0, {_RECORD}, born) VALUES (?, ?, {_NOTHING}, ?)"
            self._db.execute(sql, (packed(name(self.entry.collection, self._unborn())), number, born))

    def _unborn(self) -> int:
        """Return the next number that nothing was or may be born with: other rows that were added along have their
        own."""
        between = births_of(self.entry.collection)
        last = self._db.execute(f"SELECT max(pk) FROM {self._rows} WHERE pk BETWEEN ? AND ?", between).get
        highest: int = self._db.execute(
            f"SELECT ifnull(max({ident(self.entry.key[0])}), 0) FROM {base(self.entry)}"
        ).get
        number = 1 + max(0 if last is None else number_in(last), highest)
        sql = f"SELECT 1 FROM {self._rows} WHERE pk = ?"
        while number > HIGHEST or self._db.execute(sql, (packed(name(self.entry.collection, number)),)).get:
            number = random.randrange(1, HIGHEST)
        return number

    def look(self) -> None:
        """Find out what is in use, so that numbers can be assigned to rows before any of them is recorded."""
        if self._next is None:
            handed_out = register.handed_out(self._db, self.entry.name)
            self._next = 1 + max(self.entry.used, handed_out, self._highest())

    def next_free(self) -> int:
        """Return the next number that, as far as is known, no row here has ever had."""
        self.look()
        assert self._next is not None
        while self._next > HIGHEST or not self.are_free([self._next]):
            self._next = random.randrange(1, HIGHEST)
        self._next += 1
        return self._next - 1

    def taken(self, number: int) -> None:
        """Note that a free number was assigned to a row."""
        if self._next is not None and self._next <= number <= HIGHEST:
            self._next = number + 1

    def are_free(self, found: Iterable[int]) -> set[int]:
        """Return those of these numbers that no row here has ever had."""
        found = [number for number in found if not 0 < number <= self.entry.used]
        if not found:
            return set()
        if len(found) > 1 and min(found) > self._highest():
            return set(found)
        sql = (
            "SELECT c.value FROM carray(?) AS c"
            f" WHERE NOT EXISTS (SELECT 1 FROM {self._rows} AS r WHERE r.k0 = c.value)"
            f" AND NOT EXISTS (SELECT 1 FROM {base(self.entry)} AS t WHERE t.{ident(self.entry.key[0])} = c.value)"
        )
        return {number for (number,) in self._db.execute(sql, (numbers(found),))}

    def _highest(self) -> int:
        """Return the highest number that any row here has."""
        key = ident(self.entry.key[0])
        recorded: int = self._db.execute(f"SELECT ifnull(max(k0), 0) FROM {self._rows}").get
        there: int = self._db.execute(f"SELECT ifnull(max({key}), 0) FROM {base(self.entry)}").get
        return max(recorded, there)

    def bury(self, gone: str, bindings: Sequence[SQLiteValue], version: int) -> bool:
        """Record the deletion of rows whose number another row has got since.

        Args:
            gone: a SELECT of numbers, as ``k0``, whose rows were deleted.

        Returns:
            whether there were any.
        """
        found: list[Any] = self._db.execute(
            f"SELECT DISTINCT r.r, r.k0 FROM ({gone}) AS l CROSS JOIN {self._rows} AS r ON r.k0 = l.k0"
            f" CROSS JOIN {base(self.entry)} AS t ON t.{ident(self.entry.key[0])} = l.k0"
            f" WHERE r.length % 2 = 1 AND {is_not_hidden(self.entry)}",
            bindings,
        ).fetchall()
        numbers_of, hidden = dict(found), Hidden(self._db, self.entry)
        classes = hidden.stood_for(list(numbers_of))
        held = self._referring.still_held([numbers_of[way] for _, way in classes])  # the app has only written it anew
        same = [r for r, way in classes if numbers_of[way] not in held]
        Changed(self._db, self.entry, version).delete([*numbers_of, *same])
        return bool(found)

    def resolve(self, source: str, bindings: Sequence[SQLiteValue], version: int) -> None:
        """Resolve rows whose number is that of a row that is deleted, or not here yet, before they are recorded.

        Args:
            source: a SELECT of numbers, as ``k0``, with these bindings.
            version: with which the rows are to be recorded.
        """
        self._make_way_for_shown(source, bindings, version)
        found = self._make_room(source, bindings, version)
        births = [r for r, _, length, _, _, is_own in found if not length and is_own]
        if births:
            sql = f"UPDATE {self._rows} SET born = {version} WHERE r IN carray(?)"
            self._db.execute(sql, (numbers(births),))
        self._bind_used(source, bindings, version)

    def make_room(self, source: str, version: int) -> bool:
        """Do as ``resolve``, for rows that are recorded later: only what had their numbers is moved elsewhere.

        Return whether there was anything.
        """
        moved = self._make_way_for_shown(source, (), version)
        return bool(self._make_room(source, (), version)) or moved

    def _make_room(self, source: str, bindings: Sequence[SQLiteValue], version: int) -> list[Any]:
        """Return the records without rows that the rows of a source find at their numbers."""
        key, collection = ident(self.entry.key[0]), self.entry.collection
        found: list[Any] = self._db.execute(
            f"SELECT DISTINCT r.r, r.k0, r.length, r.site = {OWN}, r.born,"
            f" r.born IS {KEPT} OR r.born IS NULL AND substr(r.pk, 5, 16) = x'{collection.hex()}'"
            f" FROM {source} AS l CROSS JOIN {self._rows} AS r ON r.k0 = l.k0"
            f" CROSS JOIN {base(self.entry)} AS t ON t.{key} = l.k0 WHERE r.length % 2 = 0",
            bindings,
        ).fetchall()
        if found:
            others = {number: born for _, number, length, _, born, is_own in found if not length and not is_own}
            self._make_way(others, version)
            dead = {number: by_app for _, number, length, by_app, _, _ in found if length}
            referred = self._referring.referred_to(list(dead)) if dead else {}
            kept = {number for number, left in referred.items() if left and dead[number]}
            others_meant = sorted(referred.keys() - kept)
            self._referring.adopt(others_meant, version, Written.SINCE)
            self._move(others_meant, but=Written.SINCE)
            self._release([number for number in dead if number not in referred])
        return found

    def _make_way_for_shown(self, source: str, bindings: Sequence[SQLiteValue], version: int) -> bool:
        """Move hidden rows away from numbers that the app has given to rows of its own, as it could see no row with
        them. Return whether there were any."""
        if not Hidden(self._db, self.entry).any():
            return False
        found: list[Any] = self._db.execute(
            f"SELECT DISTINCT h.k0 FROM {source} AS l CROSS JOIN main.{self.entry.hidden} AS h ON h.k0 = l.k0"
            f" CROSS JOIN {base(self.entry)} AS t ON t.{ident(self.entry.key[0])} = l.k0",
            bindings,
        ).fetchall()
        taken = [number for (number,) in found]
        self._referring.adopt(taken, version, Written.SINCE)
        self._move(taken, but=Written.SINCE)
        return bool(taken)

    def _make_way(self, others: Mapping[int, int | None], version: int) -> None:
        """Move missing rows away from numbers that were kept for them, and that the app has given to rows of its own.

        Args:
            others: each number, with ``born`` of its record.
        """
        renamed = [number for number, born in others.items() if born == RENAMED]
        awaited = [number for number, born in others.items() if born is None]
        self._referring.adopt(renamed, version)
        self._release(renamed)
        self._referring.adopt(awaited, version, Written.HERE)
        self._move(sorted(awaited), but=Written.HERE)
        self._move(sorted(others.keys() - {*renamed, *awaited}))

    def _bind_used(self, source: str, bindings: Sequence[SQLiteValue], version: int) -> None:
        """Bind rows whose number was used in the collection for another row."""
        key = ident(self.entry.key[0])
        sql = (
            f"SELECT DISTINCT l.k0 FROM {source} AS l CROSS JOIN {base(self.entry)} AS t ON t.{key} = l.k0"
            f" WHERE NOT EXISTS (SELECT 1 FROM {self._rows} AS r WHERE r.k0 = l.k0)"
            f" AND EXISTS (SELECT 1 FROM {self._rows} AS r WHERE r.pk = {own_pk(self.entry.collection, 'l.k0')})"
        )
        while True:  # where numbers are huge, what one is born with may be the number of another of these
            found: list[Any] = self._db.execute(sql, bindings).fetchall()
            if not found:
                return
            self.bind([number for (number,) in found], version)

    def _release(self, found: Sequence[int]) -> None:
        """Release these numbers from the rows that had them."""
        if found:
            self._db.execute(f"UPDATE {self._rows} SET k0 = NULL WHERE k0 IN carray(?)", (numbers(found),))
            self._referring.release(found)

    def _move(self, found: Iterable[int], but: Written | None = None) -> None:
        """Give the rows that were to get these numbers other ones, with everything that refers to them except these
        references."""
        for number in found:
            other = self.next_free()
            self._referring.move(number, other, but)
            for records in (self._rows, f"main.{self.entry.hidden}", f"main.{self.entry.led}"):
                self._db.execute(f"UPDATE {records} SET k0 = ? WHERE k0 = ?", (other, number))


def renew(db: apsw.Connection, entry: Entry, home: bytes) -> bytes:
    """Have new rows of a table born into a new collection from now on, and return that; ``home`` as in the entry."""
    db.execute(
        f"UPDATE main.{entry.rows} SET born = {RENAMED} WHERE pk BETWEEN ? AND ? AND length = 0 AND born IS NULL",
        all_of(entry.collection),
    )
    collection = next_collection(entry.collection)
    register.save(db, replace(entry, collection=collection, home=home))
    return collection


def rename(db: apsw.Connection, entry: Entry, sent: int, version: int) -> bool:
    """Give the rows of an auto-numbered table that were born above a version new names in a new collection, and stamp
    references to them as written now, with another version.

    Returns:
        whether there were any.
    """
    of_own = f"substr(pk, 5, 16) = x'{entry.collection.hex()}' AND (born > {sent} OR length = 0 AND born IS NULL)"
    found: list[Any] = db.execute(f"SELECT r, k0 FROM main.{entry.rows} WHERE {of_own}").fetchall()
    if not found:
        return False
    head = own_pk(new_collection(), "0")
    db.execute(
        f"UPDATE main.{entry.rows} SET pk = CAST(substr({head}, 1, 20) || substr(pk, 21) AS BLOB),"
        f" born = ifnull(born, {RENAMED}) WHERE r IN carray(?)",
        (numbers([r for r, _ in found]),),
    )
    Hidden(db, entry).try_all()  # the order of rows is another one
    local = numbers([number for _, number in found if number is not None] or [-(2**63)])
    for other in register.load(db):
        columns = [column for column, root in other.refers.items() if root == entry.number]
        if other.has_global_key and not other.collection:
            for column in columns:
                if column in other.key:
                    at = other.log_key[other.key.index(column)]
                    sql = f"UPDATE main.{other.rows} AS l SET pk = {wire_pk(db, other)} WHERE {at} IN carray(?)"
                    db.execute(sql, (local,))
            Hidden(db, other).try_all()
        written: dict[int, list[int]] = {}
        for column in columns:
            slot = other.slots.get(column)
            if slot is not None:
                sql = f"SELECT r FROM main.{other.rows} WHERE {is_any(f'v{slot}')} AND length % 2 = 1"
                rows: list[Any] = db.execute(sql, (local,)).fetchall()
                for (r,) in rows:
                    written.setdefault(r, []).append(slot)
        Changed(db, other, version).write_each(dict(written))
    return True


class References:
    """The references of one table to rows that do not exist: each number gets a name before it is sent."""

    def __init__(self, db: apsw.Connection, entry: Entry) -> None:
        self._db = db
        self._entry = entry
        self._roots = {one.number: one for one in register.load(db)}

    def bind(self, columns: Iterable[str], source: str, bindings: Sequence[SQLiteValue]) -> None:
        """Create a record for each number in these columns of the rows with the keys in a source."""
        entry = self._entry
        t_is = base_is(entry, tuple(f"l.{one}" for one in entry.log_key))
        for column in columns:
            root = self._roots.get(entry.refers[column])
            if root is None:
                continue
            number = f"nullif({number_of(f't.{ident(column)}')}, 0)"
            found: list[Any] = self._db.execute(
                f"SELECT DISTINCT {number} FROM {source} AS l CROSS JOIN {base(entry)} AS t ON {t_is}"
                f" WHERE {number} IS NOT NULL"
                f" AND NOT EXISTS (SELECT 1 FROM main.{root.rows} AS p WHERE p.k0 = {number})",
                bindings,
            ).fetchall()
            Numbers(self._db, root).bind([number for (number,) in found])

    def attach(self, pk: str, source: str, bindings: Sequence[SQLiteValue]) -> None:
        """Give records without a local key, as their rows were deleted, the key of the row that exists again.

        Args:
            pk: an expression for the packed key of a row of the source ``l``.
        """
        entry = self._entry
        listed = ", ".join(f"l.{one}" for one in entry.log_key)
        known = " AND ".join(f"r.{one} = l.{one}" for one in entry.log_key)
        found: list[Any] = self._db.execute(
            f"SELECT DISTINCT r.r, {listed} FROM {source} AS l CROSS JOIN {base(entry)} AS t"
            f" ON {base_is(entry, tuple(f'l.{one}' for one in entry.log_key))}"
            f" CROSS JOIN main.{entry.rows} AS r ON r.pk = {pk}"
            f" WHERE NOT EXISTS (SELECT 1 FROM main.{entry.rows} AS r WHERE {known})",
            bindings,
        ).fetchall()
        sets = ", ".join(f"{one} = ?{n}" for n, one in enumerate(entry.log_key, 2))
        self._db.executemany(f"UPDATE main.{entry.rows} SET {sets} WHERE r = ?1", found)


def wire_pk(db: apsw.Connection, entry: Entry, source: str = "l") -> str:
    """Return an SQL expression for the packed key of a row that was born here, by the local key of a source."""
    if entry.collection:
        return own_pk(entry.collection, f"{source}.k0")
    names = zip(entry.key, entry.log_key, strict=True)
    parts = [
        spelled(entry.roots[column], f"{source}.{one}") if column in entry.roots else f"{source}.{one}"
        for column, one in names
    ]
    return f"crsql_syncline_pack({', '.join(parts)})"
