"""Hides rows behind a hidden parent: rows whose foreign key refers to a row that is not shown.

So are rows whose parent was deleted, if all apps respect the foreign key (``loose_keys``): somebody else added them
meanwhile. A row that refers to one that has not come yet is shown nevertheless.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import apsw

from engine.ordinary.global_keys import is_number, log_key_is, number_of
from engine.ordinary.hidden import Hidden, behind
from engine.ordinary.records import Records, stamp_of
from engine.ordinary.register import Columns, Entry, base, base_is, key_columns
from engine.ordinary.shadow import is_digest, packed
from engine.sqlite.sql import ident, idents
from engine.tables.introspect import Table, describe

CIRCLE = 1_000_000
"""The length of the chain of parents for a row in a circle of rows, or below one."""


_DELETED = "FROM main.{} AS p WHERE p.db_version >= ?1 AND p.length % 2 = 0 AND p.length > 0"
"""The records of a table that were deleted from a version on."""


@dataclass(frozen=True)
class Link:
    """A foreign key: the columns, the table to whose rows they refer, and its columns.

    Attributes:
        empties: whether it has ON DELETE SET NULL or SET DEFAULT, so that its rows can do without their parent.
        alike: whether both sides store values alike, so that one can be looked up by the other.
    """

    columns: tuple[str, ...]
    parent: str
    to: tuple[str, ...]
    empties: bool = False
    alike: bool = True

    @cached_property
    def name(self) -> Columns:
        """The columns, sorted, which identify it."""
        return tuple(sorted(self.columns))


def links(db: apsw.Connection, table: Table) -> tuple[Link, ...]:
    """Return the foreign keys of a table that refer to columns of existing tables."""
    found: dict[int, list[tuple[str, str, Any, str]]] = {}
    sql = 'SELECT id, "table", "from", "to", on_delete FROM pragma_foreign_key_list(?, \'main\') ORDER BY id DESC, seq'
    rows: list[Any] = db.execute(sql, (table.name,)).fetchall()
    for number, *part in rows:
        found.setdefault(number, []).append(tuple(part))
    return tuple(link for parts in found.values() if (link := _link(db, table, parts)) is not None)


def _link(db: apsw.Connection, table: Table, parts: Sequence[tuple[str, str, Any, str]]) -> Link | None:
    parent = describe(db, parts[0][0])
    if parent is None or parent.kind != "table":
        return None
    here = {column.name.lower(): column for column in table.columns if not column.hidden}
    there = {column.name.lower(): column for column in parent.columns if not column.hidden}
    to = [one for _, _, one, _ in parts] if parts[0][2] is not None else list(parent.key)
    columns = [here.get(column.lower()) for _, column, _, _ in parts]
    targets = [there.get(str(one).lower()) for one in to]
    if len(columns) != len(targets):
        return None
    pairs = [(one, other) for one, other in zip(columns, targets, strict=True) if one is not None and other is not None]
    if len(pairs) != len(columns):
        return None
    return Link(
        tuple(one.name for one, _ in pairs),
        parent.name,
        tuple(other.name for _, other in pairs),
        parts[0][3].upper() in ("SET NULL", "SET DEFAULT"),
        all(one.affinity is other.affinity for one, other in pairs),
    )


class Parents:
    """The parents of one table's rows, in the caller's transaction.

    Args:
        entries: all synced tables, by name.
    """

    def __init__(self, db: apsw.Connection, entry: Entry, found: Sequence[Link], entries: Mapping[str, Entry]) -> None:
        self._db = db
        self._entry = entry
        self._links = [(link, entries[link.parent]) for link in found if link.parent in entries]
        self.of_itself = any(parent.number == entry.number for _, parent in self._links)
        """Whether a row's parent may be in the same table."""
        self.exist = bool(self._links)
        self._depths: dict[int, int] = {}

    @cached_property
    def needed(self) -> list[tuple[Link, Entry]]:
        """The foreign keys whose rows wait for a parent that was deleted, each with the parent's table."""
        return [
            (link, parent)
            for link, parent in self._links
            if link.name in self._entry.kept and not link.empties and can_be_needed(link, parent)
        ]

    def any_hidden(self) -> bool:
        """Return whether any table that it refers to has hidden rows."""
        return any(Hidden(self._db, parent).any() for _, parent in self._links)

    def awaited_by(self, r: int) -> int | None:
        """Return the parent that a hidden row waits for, as in ``way``: one that is hidden or deleted while no other
        row is shown in its place; None if there is none."""
        for parent, sql in self._awaited:
            found: int | None = self._db.execute(sql, (r,)).get
            if found is not None:
                return behind(parent.number, found)
        return None

    def try_those_freed(self) -> bool:
        """Have hidden rows tried that no longer wait for a parent; return whether there are any.

        Each parent is looked up once, not each row that waits for it.
        """
        hidden = Hidden(self._db, self._entry)
        return hidden.try_waiting([way for way, r in hidden.awaited() if self.awaited_by(r) != way])

    def orphans(self) -> list[Any]:
        """Return the keys of rows that are shown although a parent is hidden."""
        found: dict[Any, None] = {}
        keys = idents(self._entry.key, prefix="c.")
        for link, parent in self._links:
            if Hidden(self._db, parent).any():
                held = [f"c.{ident(column)}" for column in link.columns]
                sql = (
                    f"SELECT DISTINCT {keys} FROM main.{parent.hidden} AS p CROSS JOIN {base(self._entry)} AS c"
                    f" ON {_is_hidden_parent(parent, link, held)} WHERE {is_missing(parent, link, held)}"
                )
                found |= dict.fromkeys(self._db.execute(sql).fetchall())
        return list(found)

    def bereft(self, since: int) -> list[Any]:
        """Return the keys of rows that are shown although a parent that they need is deleted, of those that were
        written, or whose parent was deleted, from a version on."""
        found: dict[Any, None] = {}
        for link, parent in self.needed:
            found |= dict.fromkeys([*self._left_by_deleted(link, parent, since), *self._written(link, parent, since)])
        return list(found)

    def try_bereft(self, since: int | None) -> None:
        """Have hidden rows tried that another row stands in the way of, and whose parent is deleted as well: they wait
        for the parent first.

        Args:
            since: look only if any parent was deleted from this version on; None looks in any case.
        """
        hidden = Hidden(self._db, self._entry)
        if not self.needed or not hidden.any():
            return
        for link, parent in self.needed:
            if since is not None and not self._any_deleted(parent, since):
                continue
            held = [f"c.{at}" for at in _kept(self._entry, link.columns)]
            gone = (
                f"EXISTS (SELECT 1 FROM main.{parent.rows} AS p WHERE {is_record(self._db, parent, held)}"
                f" AND p.length % 2 = 0 AND p.length > 0) AND {is_missing(parent, link, held)}"
            )
            hidden.try_those_in_the_way(gone)

    def _any_deleted(self, parent: Entry, since: int) -> bool:
        return self._db.execute(f"SELECT 1 {_DELETED.format(parent.rows)} LIMIT 1", (since,)).get is not None

    def _left_by_deleted(self, link: Link, parent: Entry, since: int) -> list[Any]:
        if not self._any_deleted(parent, since):
            return []
        deleted = _DELETED.format(parent.rows)
        held = [f"c.{ident(column)}" for column in link.columns]
        sql = (
            f"SELECT {idents(self._entry.key, prefix='c.')} FROM {base(self._entry)} AS c"
            f" WHERE ({', '.join(held)}) IN ({keys_as_held(link, parent, deleted)})"
            f" AND {is_missing(parent, link, held)}"
        )
        return self._db.execute(sql, (since,)).fetchall()

    def _written(self, link: Link, parent: Entry, since: int) -> list[Any]:
        held = held_by(self._entry, link)
        sql = (
            f"SELECT {', '.join(key_columns(self._entry))} {written_since(self._entry, link)}"
            f" AND EXISTS (SELECT 1 FROM main.{parent.rows} AS p WHERE {is_record(self._db, parent, held)}"
            f" AND p.length % 2 = 0 AND p.length > 0) AND {is_missing(parent, link, held)}"
        )
        return self._db.execute(sql, (since,)).fetchall()

    @cached_property
    def _awaited(self) -> list[tuple[Entry, str]]:
        """Return for each foreign key the parent's table, and a SELECT of the parent's record that the hidden row with
        the record ?1 waits for, except one in a circle with it."""
        found: list[tuple[Entry, str]] = []
        of_row = f"FROM main.{self._entry.hidden} AS c"
        for link, parent in self._links:
            held = [f"c.{at}" for at in _kept(self._entry, link.columns)]
            missing = is_missing(parent, link, held)
            other = " AND p.r != c.r" if parent.number == self._entry.number else ""
            led = ""
            if len(link.columns) == 1 and link.columns[0] in self._entry.led_columns and link.to == parent.key:
                root = self._entry.led_columns[link.columns[0]]
                led = f" AND NOT EXISTS (SELECT 1 FROM main.{root.led} AS l WHERE l.k0 = {held[0]})"
            if can_be_needed(link, parent):
                joined = f"{of_row} CROSS JOIN main.{parent.rows} AS p ON {is_record(self._db, parent, held)}"
                hides = f"EXISTS (SELECT 1 FROM main.{parent.hidden} AS h WHERE h.r = p.r)"
            else:
                joined = f"{of_row} CROSS JOIN main.{parent.hidden} AS p ON {_is_hidden_parent(parent, link, held)}"
                hides = "1"
            found.append((parent, f"SELECT p.r {joined} WHERE c.r = ?1{other} AND {hides} AND {missing}{led} LIMIT 1"))
            if (link, parent) in self.needed:
                gone = "p.length % 2 = 0 AND p.length > 0"
                found.append((parent, f"SELECT p.r {joined} WHERE c.r = ?1 AND {gone} AND {missing} LIMIT 1"))
        return found

    def forget_chains(self) -> None:
        """Examine the chains of parents again from now on, as rows of the table were written."""
        self._depths.clear()

    def depth(self, r: int) -> int:
        """Return the length of a row's chain of parents within its table, by its record."""
        below: dict[int, None] = {}
        while r not in self._depths:
            parents = set(self._own_parents(r))
            if len(parents) != 1 or r in below:
                self._depths[r] = CIRCLE if r in below else self._depth_by_all(r)
                break
            below[r] = None
            [r] = parents
        depth = self._depths[r]
        for r in reversed(below):
            depth = self._depths[r] = depth if depth == CIRCLE else depth + 1
        return depth

    def _depth_by_all(self, r: int) -> int:
        depth, at, seen = 0, {r}, {r}
        while at:
            above = {parent for one in at for parent in self._own_parents(one)}
            if above & seen:
                return CIRCLE
            seen |= above
            at, depth = above, depth + bool(above)
        return depth

    def _own_parents(self, r: int) -> Iterator[int]:
        """Return a row's parents in the same table, by their records."""
        entry, records = self._entry, Records(self._db, self._entry)
        for link, parent in self._links:
            if parent.number == entry.number and link.to == entry.key and set(link.columns) <= set(entry.slots):
                held = ", ".join(_kept(entry, link.columns))
                key: Any = self._db.execute(f"SELECT {held} FROM main.{entry.rows} WHERE r = ?", (r,)).fetchone()
                found = records.by_local_key(key) if key is not None and None not in key else None
                alive = f"SELECT 1 FROM main.{entry.rows} WHERE r = ? AND length % 2 = 1"
                if found is not None and self._db.execute(alive, (found[1],)).get is not None:
                    yield found[1]


def can_be_needed(link: Link, parent: Entry) -> bool:
    """Return whether a foreign key tells its parent's record, even if that was deleted."""
    return link.to == parent.key and (link.alike or bool(parent.collection))


def keys_as_held(link: Link, parent: Entry, of: str) -> str:
    """Return a SELECT of the keys of parents' records ``p``, as the columns that refer to them may hold them.

    Args:
        of: the rest of the SELECT, from FROM on.
    """
    keys = ", ".join(key_columns(parent, "p"))
    if link.alike:
        return f"SELECT {keys} {of}"
    return f"SELECT {keys} {of} UNION ALL SELECT CAST({keys} AS TEXT) {of}"  # a number as text, as SQLite takes it


def written_since(entry: Entry, link: Link, also: str = "") -> str:
    """Return the rest of a query for live records ``r`` whose reference was written from the version ?1 on; a record
    may come twice.

    Args:
        also: a further condition for the stamp of each column, as a format string for its ``site``.
    """
    later = " UNION ALL ".join(
        f"SELECT r FROM main.{kept} INDEXED BY {kept}_version WHERE db_version >= ?1"
        for kept in (entry.rows, entry.cells)
    )
    written = " OR ".join(
        f"{stamp_of(entry, column, 'db_version')} >= ?1{also.format(site=stamp_of(entry, column, 'site'))}"
        for column in link.columns
    )
    return f"FROM ({later}) AS w CROSS JOIN main.{entry.rows} AS r ON r.r = w.r WHERE r.length % 2 = 1 AND ({written})"


def held_by(entry: Entry, link: Link) -> list[str]:
    """Return SQL expressions for what was merged in the columns of a foreign key, by the record ``r`` of a shown
    row."""
    is_row = base_is(entry, key_columns(entry))
    keys = dict(zip(entry.key, key_columns(entry), strict=True))
    return [
        keys[column]
        if column in keys
        else f"CASE WHEN {is_digest(f'r.v{entry.slots[column]}')}"
        f" THEN (SELECT t.{ident(column)} FROM {base(entry)} AS t WHERE {is_row}) ELSE r.v{entry.slots[column]} END"
        for column in link.columns
    ]


def is_record(db: apsw.Connection, parent: Entry, held: Sequence[str]) -> str:
    """Return an SQL condition that these values refer to the row with the record ``p``, by its index."""
    if parent.collection:
        return f"p.k0 = {number_of(held[0])}"
    if parent.has_global_key:
        return log_key_is(parent.log_key, "p", held)
    return f"p.pk = {packed(db, held)}"


def _kept(entry: Entry, columns: Sequence[str]) -> list[str]:
    """Return the names that columns have for hidden rows."""
    return [f"v{entry.slots[one]}" if one in entry.slots else entry.log_key[entry.key.index(one)] for one in columns]


def _is_hidden_parent(parent: Entry, link: Link, held: Sequence[str]) -> str:
    """Return an SQL condition that these values refer to the hidden row ``p``.

    The values of hidden rows have no type, and a text refers to a number as well.
    """
    kept = [f"p.{at}" for at in _kept(parent, link.to)]
    return " AND ".join(
        is_number(one, at) if parent.collection and to in parent.key else f"{one} = {at}"
        for one, at, to in zip(held, kept, link.to, strict=True)
    )


def is_missing(parent: Entry, link: Link, held: Sequence[str]) -> str:
    """Return an SQL condition that these values refer to no shown row."""
    same = " AND ".join(f"t.{ident(to)} = {one}" for to, one in zip(link.to, held, strict=True))
    return f"NOT EXISTS (SELECT 1 FROM {base(parent)} AS t WHERE {same})"
