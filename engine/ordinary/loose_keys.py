"""Finds which foreign keys all apps respect, and which are *loose*: an app has left rows without the parent that they
name.

SQLite enforces foreign keys only if an app asks for it, and nothing in the file tells whether one does. What the app
leaves behind does: a row that it wrote without a parent, or whose parent it deleted, shows that it does not respect the
foreign key. From then on no row ever waits for a parent because of it, here or on any machine that hears of it. Nor
does one before this has been checked.

The stamps cannot tell, as they hold no trace of what a row's author had seen. So a foreign key is judged as a whole,
not row by row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import apsw

from engine.ordinary.catalogue import OrdinaryTable
from engine.ordinary.hidden import Hidden
from engine.ordinary.parents import (
    Link,
    can_be_needed,
    held_by,
    is_missing,
    is_record,
    keys_as_held,
    written_since,
)
from engine.ordinary.register import Columns, Entry, base, base_is, key_columns, note_foreign_keys
from engine.ordinary.stamps import OWN
from engine.sqlite.sql import ident

Found = dict[Columns, bool]
"""Foreign keys of one table, each with whether it is loose."""


class LooseKeys:
    """Finds out what apps do, in the caller's write transaction.

    Args:
        tables: all that are synced, by name.
    """

    def __init__(self, db: apsw.Connection, tables: Mapping[str, OrdinaryTable]) -> None:
        self._db = db
        self._tables = tables

    def look(self, since: int | None) -> None:
        """Check foreign keys that were never checked, and what was captured from a version on, if anything was."""
        for name, table in self._tables.items():
            found: Found = {}
            for link, parent in self._judged(table):
                if link.name not in table.entry.kept:
                    if not (_is_settled(table.entry) and _is_settled(parent)):
                        continue
                    found[link.name] = self._is_broken(table.entry, link, parent)
                elif since is not None and (
                    self._is_written_without(table.entry, link, parent, since)
                    or self._is_left(table.entry, link, parent, since)
                ):
                    found[link.name] = True
            if found and note_foreign_keys(self._db, name, found):
                Hidden(self._db, table.entry).try_orphans()

    def _judged(self, table: OrdinaryTable) -> Iterator[tuple[Link, Entry]]:
        """Return the foreign keys that are not known to be loose, each with the table of the parents."""
        for link in table.links:
            parent = self._tables.get(link.parent)
            if parent is None or link.name in table.entry.loose or not can_be_needed(link, parent.entry):
                continue
            if table.entry.is_whole and parent.entry.is_whole:
                yield link, parent.entry

    def _is_broken(self, entry: Entry, link: Link, parent: Entry) -> bool:
        """Return whether any row lacks its parent."""
        return self._any(f"FROM {base(entry)} AS c WHERE {self._lacks(link, parent, _held(link))}", ())

    def _is_written_without(self, entry: Entry, link: Link, parent: Entry, since: int) -> bool:
        """Return whether the app has written a reference to a row that does not exist."""
        written = written_since(entry, link, f" AND {{site}} = {OWN}")
        is_there = f"EXISTS (SELECT 1 FROM {base(entry)} AS t WHERE {base_is(entry, key_columns(entry))})"
        return self._any(f"{written} AND {self._lacks(link, parent, held_by(entry, link))} AND {is_there}", (since,))

    def _is_left(self, entry: Entry, link: Link, parent: Entry, since: int) -> bool:
        """Return whether the app has deleted a row and left one that refers to it."""
        deleted = (
            f"FROM main.{parent.rows} AS p WHERE p.db_version >= ?1 AND p.site = {OWN}"
            " AND p.length % 2 = 0 AND p.length > 0"
        )
        if not self._any(deleted, (since,)):
            return False
        held = _held(link)
        return self._any(
            f"FROM {base(entry)} AS c WHERE ({', '.join(held)}) IN ({keys_as_held(link, parent, deleted)})"
            f" AND {self._lacks(link, parent, held)}",
            (since,),
        )

    def _lacks(self, link: Link, parent: Entry, held: Sequence[str]) -> str:
        """Return an SQL condition that these values refer to a row that is neither shown nor hidden."""
        refers = " AND ".join(f"{one} IS NOT NULL" for one in held)
        hidden = (
            f"SELECT 1 FROM main.{parent.rows} AS p CROSS JOIN main.{parent.hidden} AS h ON h.r = p.r"
            f" WHERE {is_record(self._db, parent, held)}"
        )
        return f"{refers} AND {is_missing(parent, link, held)} AND NOT EXISTS ({hidden})"

    def _any(self, found: str, bindings: Sequence[int]) -> bool:
        return self._db.execute(f"SELECT 1 {found} LIMIT 1", bindings).fetchone() is not None


def news(entries: Iterable[Entry], told: Mapping[str, Collection[Columns]]) -> dict[str, list[Columns]]:
    """Return by table those of these foreign keys that it can have and that are not known to be loose."""
    found: dict[str, list[Columns]] = {}
    for entry in entries if told else ():
        columns = {*entry.key, *entry.slots}
        new = [one for one in told.get(entry.name, ()) if one and columns.issuperset(one) and one not in entry.loose]
        if new:
            found[entry.name] = new
    return found


def hear(db: apsw.Connection, entries: Iterable[Entry], told: Mapping[str, Collection[Columns]]) -> None:
    """Record foreign keys, by table, that apps elsewhere have violated."""
    for table, found in news(entries, told).items():
        note_foreign_keys(db, table, dict.fromkeys(found, True))


def _held(link: Link) -> list[str]:
    return [f"c.{ident(column)}" for column in link.columns]


def _is_settled(entry: Entry) -> bool:
    """Return whether its rows are as the app left them, with none still to be compared or asked about."""
    return entry.due is None and entry.suspended is None
