"""Decides which hidden rows are the same as the one in their way: a UNIQUE rule with a text column says so, as two
folders that are both called “Inbox” are the same to a person. Other rows are kept apart."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import apsw

from engine.change import SQLiteValue
from engine.ordinary.catalogue import OrdinaryTable
from engine.ordinary.global_keys import log_key_is
from engine.ordinary.hidden import Hidden, Reason
from engine.ordinary.leading import shown
from engine.ordinary.register import base, base_is
from engine.sqlite.sql import ident, main
from engine.sqlite.values import Affinity


class Same:
    """The UNIQUE rules of one table, except those over expressions, in the caller's transaction."""

    def __init__(self, db: apsw.Connection, table: OrdinaryTable) -> None:
        self._db = db
        self._table = table
        self._entry = table.entry

    @cached_property
    def _rules(self) -> list[tuple[bool, str]]:
        """Return for each rule whether it makes rows the same, and an SQL condition that the shown row ``t`` and the
        hidden one ``h`` are equal in its columns."""
        found: dict[int, list[tuple[str | None, str, bool]]] = {}
        sql = (
            "SELECT i.seq, i.partial, c.name, c.coll FROM pragma_index_list(?1, 'main') AS i"
            " CROSS JOIN pragma_index_xinfo(i.name, 'main') AS c WHERE i.\"unique\" AND c.key ORDER BY i.seq, c.seqno"
        )
        rows: list[Any] = self._db.execute(sql, (self._entry.name,)).fetchall()
        for seq, partial, column, collation in rows:
            found.setdefault(seq, []).append((column, collation, bool(partial)))
        kept = dict(zip(self._entry.key, self._entry.log_key, strict=True))
        kept |= {column: f"v{slot}" for column, slot in self._entry.slots.items()}
        refers = {column for link in self._table.links for column in link.columns} | self._entry.roots.keys()
        rules: list[tuple[bool, str]] = []
        for parts in found.values():
            names = [column for column, _, _ in parts]
            if any(name not in kept for name in names):
                continue
            text = any(self._table.affinity[str(name)] is Affinity.TEXT and name not in refers for name in names)
            alike = []
            for name, collation, _ in parts:
                held = shown(self._entry, str(name), f"h.{kept[str(name)]}")
                alike.append(f"t.{ident(str(name))} = {held} COLLATE {ident(collation)}")
            rules.append((text and not parts[0][2] and set(names) != set(self._entry.key), " AND ".join(alike)))
        return rules

    def are(self, r: int, way: tuple[SQLiteValue, ...]) -> bool:
        """Return whether a hidden row is the same as the shown one with this key, which is in its way."""
        alike = " OR ".join(f"({condition})" for same, condition in self._rules if same)
        if not alike or not self._entry.collection:
            return False
        sql = (
            f"SELECT 1 FROM main.{self._entry.hidden} AS h CROSS JOIN {main(self._entry.name)} AS t"
            f" ON {base_is(self._entry, tuple(f'?{n}' for n in range(2, 2 + len(way))))} WHERE h.r = ?1 AND ({alike})"
        )
        return self._db.execute(sql, (r, *way)).get is not None

    def try_later(self, hidden: Hidden) -> bool:
        """Have hidden rows tried again if a row that sorts before the one in their ``way`` is shown now and may be in
        their way, too, as the first one counts. Return whether there are any."""
        entry = self._entry
        if not entry.collection or not any(same for same, _ in self._rules):
            return False
        found: set[int] = set()
        for _, alike in self._rules:
            is_record = log_key_is(entry.log_key, "x", [f"t.{ident(key)}" for key in entry.key])
            sql = (
                f"SELECT h.r FROM main.{entry.hidden} AS h CROSS JOIN main.{entry.rows} AS w ON w.r = h.way"
                f" CROSS JOIN {base(entry)} AS t ON {alike}"
                f" CROSS JOIN main.{entry.rows} AS x ON {is_record}"
                f" WHERE h.reason = '{Reason.UNIQUE}' AND x.pk < w.pk"
            )
            rows: list[Any] = self._db.execute(sql).fetchall()
            found.update(r for (r,) in rows)
        hidden.try_again(sorted(found))
        return bool(found)
