"""Rows whose parent is hidden are hidden behind it: a foreign key of the table's leads to a row that is not shown.

Only parents that are there, and hidden, count. What refers to a row that is gone, or has yet to come, is shown all the
same: SQLite enforces foreign keys only where an app asks for it, and many files have such rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from engine.ordinary.global_keys import is_number
from engine.ordinary.hidden import TRY, Hidden, Reason
from engine.ordinary.records import Records
from engine.ordinary.register import Entry, base
from engine.sqlite.sql import ident, idents
from engine.tables.introspect import Table, describe

CIRCLE = 1_000_000
"""How long the chain of parents is of a row in a circle of rows, or below one."""


@dataclass(frozen=True)
class Link:
    """A foreign key: the columns, the table to whose rows they refer, and its columns."""

    columns: tuple[str, ...]
    parent: str
    to: tuple[str, ...]


def links(db: apsw.Connection, table: Table) -> tuple[Link, ...]:
    """The foreign keys of a table that lead to columns of tables that are there."""
    found: dict[int, list[tuple[str, str, Any]]] = {}
    sql = 'SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?, \'main\') ORDER BY id DESC, seq'
    rows: list[Any] = db.execute(sql, (table.name,)).fetchall()
    for number, parent, column, to in rows:
        found.setdefault(number, []).append((parent, column, to))
    return tuple(link for parts in found.values() if (link := _link(db, table, parts)) is not None)


def _link(db: apsw.Connection, table: Table, parts: Sequence[tuple[str, str, Any]]) -> Link | None:
    parent = describe(db, parts[0][0])
    if parent is None or parent.kind != "table":
        return None
    here = {column.name.lower(): column.name for column in table.columns if not column.hidden}
    there = {column.name.lower(): column.name for column in parent.columns if not column.hidden}
    to = [one for _, _, one in parts] if parts[0][2] is not None else list(parent.key)
    columns = tuple(here.get(column.lower(), "") for _, column, _ in parts)
    targets = tuple(there.get(str(one).lower(), "") for one in to)
    if len(columns) != len(targets) or "" in (*columns, *targets):
        return None
    return Link(columns, parent.name, targets)


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
        """Whether a row's parent may be one of the same table."""
        self.exist = bool(self._links)

    def any_hidden(self) -> bool:
        """Whether any table to whose rows it refers has hidden ones."""
        return any(Hidden(self._db, parent).any() for _, parent in self._links)

    def is_hidden(self, r: int) -> bool:
        """Whether a parent of a hidden row is hidden, and no other row is shown that takes its place."""
        return any(
            self._db.execute(f"SELECT 1 FROM main.{self._entry.hidden} AS c WHERE c.r = ? AND {condition}", (r,)).get
            for condition in self._conditions()
        )

    def try_those_freed(self) -> bool:
        """Have hidden rows tried whose parents are hidden no more; returns whether there are any."""
        behind = " OR ".join(self._conditions()) or "0"
        self._db.execute(
            f"UPDATE main.{self._entry.hidden} AS c SET way = {TRY}"
            f" WHERE c.reason = '{Reason.PARENT}' AND c.way != {TRY} AND NOT ({behind})"
        )
        return self._db.changes() > 0

    def orphans(self) -> list[Any]:
        """The keys of rows that are shown, though a parent is hidden."""
        found: dict[Any, None] = {}
        keys = idents(self._entry.key, prefix="c.")
        for link, parent in self._links:
            if Hidden(self._db, parent).any():
                held = [f"c.{ident(column)}" for column in link.columns]
                sql = (
                    f"SELECT DISTINCT {keys} FROM main.{parent.hidden} AS p CROSS JOIN {base(self._entry)} AS c"
                    f" ON {_is_hidden_parent(parent, link, held)} WHERE {_is_missing(parent, link, held)}"
                )
                found |= dict.fromkeys(self._db.execute(sql).fetchall())
        return list(found)

    def _conditions(self) -> Iterator[str]:
        """For each foreign key, that the parent of the hidden row ``c`` is hidden, and in no circle with it."""
        for link, parent in self._links:
            held = [f"c.{at}" for at in _kept(self._entry, link.columns)]
            same = _is_hidden_parent(parent, link, held)
            other = " AND p.r != c.r" if parent.number == self._entry.number else ""
            led = ""
            if len(link.columns) == 1 and link.columns[0] in self._entry.led_columns and link.to == parent.key:
                root = self._entry.led_columns[link.columns[0]]
                led = f" AND NOT EXISTS (SELECT 1 FROM main.{root.led} AS l WHERE l.k0 = {held[0]})"
            yield (
                f"EXISTS (SELECT 1 FROM main.{parent.hidden} AS p WHERE {same}{other})"
                f" AND {_is_missing(parent, link, held)}{led}"
            )

    def depth(self, r: int) -> int:
        """How long the chain of parents is of a row, by its record, within its table."""
        depth, at, seen = 0, {r}, {r}
        while at:
            above = {parent for one in at for parent in self._own_parents(one)}
            if above & seen:
                return CIRCLE
            seen |= above
            at, depth = above, depth + bool(above)
        return depth

    def _own_parents(self, r: int) -> Iterator[int]:
        """The parents of a row that are of the same table, by their records."""
        entry, records = self._entry, Records(self._db, self._entry)
        for link, parent in self._links:
            if parent.number == entry.number and link.to == entry.key and set(link.columns) <= set(entry.slots):
                held = ", ".join(_kept(entry, link.columns))
                key: Any = self._db.execute(f"SELECT {held} FROM main.{entry.rows} WHERE r = ?", (r,)).fetchone()
                found = records.by_local_key(key) if key is not None and None not in key else None
                alive = f"SELECT 1 FROM main.{entry.rows} WHERE r = ? AND length % 2 = 1"
                if found is not None and self._db.execute(alive, (found[1],)).get is not None:
                    yield found[1]


def _kept(entry: Entry, columns: Sequence[str]) -> list[str]:
    """What columns are called of hidden rows."""
    return [f"v{entry.slots[one]}" if one in entry.slots else entry.log_key[entry.key.index(one)] for one in columns]


def _is_hidden_parent(parent: Entry, link: Link, held: Sequence[str]) -> str:
    """A condition that these values refer to the hidden row ``p``. What is kept of hidden rows has no type, and a text
    refers to a number as well."""
    kept = [f"p.{at}" for at in _kept(parent, link.to)]
    return " AND ".join(
        is_number(one, at) if parent.collection and to in parent.key else f"{one} = {at}"
        for one, at, to in zip(held, kept, link.to, strict=True)
    )


def _is_missing(parent: Entry, link: Link, held: Sequence[str]) -> str:
    """A condition that no row is shown to which these values refer."""
    same = " AND ".join(f"t.{ident(to)} = {one}" for to, one in zip(link.to, held, strict=True))
    return f"NOT EXISTS (SELECT 1 FROM {base(parent)} AS t WHERE {same})"
