"""Stamps rows of one table that were changed, deleted or brought back, many like ones with one statement.

``engine.ordinary.stamps`` has the rules; the SQL here is what they amount to for a row whose cells all have its stamp.
All other rows go through the rules one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import apsw

from engine.ordinary import stamps
from engine.ordinary.hidden import Hidden
from engine.ordinary.records import FIELDS, Records, covers_of, row_of
from engine.ordinary.register import Entry
from engine.ordinary.stamps import OWN, Row
from engine.sqlite.sql import numbers


def plain(entry: Entry, version: int) -> str:
    """Return an SQL condition that all cells of the row ``r`` have its stamp, which is not of this transaction."""
    return (
        f"r.covers = x'{covers_of(entry.live).hex()}' AND r.db_version < {version}"
        f" AND NOT EXISTS (SELECT 1 FROM main.{entry.cells} AS c WHERE c.r = r.r)"
    )


class Changed:
    """Stamps rows in the caller's transaction, with a version.

    Hidden rows that they were in the way of are to be tried again.
    """

    def __init__(self, db: apsw.Connection, entry: Entry, version: int) -> None:
        self._db = db
        self._entry = entry
        self._version = version
        self._hidden = Hidden(db, entry)
        self._now = f"db_version = {version}, site = {OWN}"

    def delete(self, rows: Sequence[int]) -> None:
        """Stamp rows that are gone."""
        if rows:
            self._hidden.try_behind(rows)
            self._hidden.forget(rows)
        nothing = "".join(f", v{slot} = NULL" for slot in self._entry.live)
        self._run(f"DELETE FROM main.{self._entry.cells} WHERE r IN carray(?)", rows)
        self._update(f"length = length + 1, covers = x'', col_version = length + 1{nothing}", rows)

    def revive(self, rows: Sequence[int]) -> None:
        """Stamp rows that exist again."""
        covers, col_version = covers_of(self._entry.live).hex(), "1" if self._entry.live else "length + 1"
        self._update(f"length = length + 1, covers = x'{covers}', col_version = {col_version}", rows)

    def write(self, rows: Sequence[int], slots: Sequence[int]) -> None:
        """Stamp ``plain`` rows of which these slots were written: the larger part of a row has its stamp."""
        self._hidden.try_behind(rows)
        kept = [slot for slot in self._entry.live if slot not in slots]
        whole = len(slots) > len(kept)
        stamp = "col_version, db_version, site" if whole else f"col_version + 1, {self._version}, {OWN}"
        for slot in kept if whole else slots:
            select = f"SELECT r, {slot}, {stamp} FROM main.{self._entry.rows} WHERE r IN carray(?)"
            self._run(f"INSERT INTO main.{self._entry.cells} {select}", rows)
        if whole:
            self._update("col_version = col_version + 1", rows)

    def write_each(self, written: dict[int, Sequence[int]]) -> None:
        """Stamp any other rows, by number, of which these slots were written."""
        if not written:
            return
        self._hidden.try_behind(list(written))
        db, entry = self._db, self._entry
        records, rows = Records(db, entry), dict[int, Row]()
        sql = f"SELECT r.r, {FIELDS} FROM main.{entry.rows} AS r WHERE r.r IN carray(?)"
        found: list[tuple[Any, ...]] = db.execute(sql, (numbers(list(written)),)).fetchall()
        for r, *fields in found:
            rows[r] = row_of(*fields)
        records.add_entries(rows)
        for r, row in rows.items():
            stamps.write(row, written[r], entry.live, self._version)
        records.put(list(rows.items()))

    def _update(self, sets: str, rows: Sequence[int]) -> None:
        self._run(f"UPDATE main.{self._entry.rows} SET {sets}, {self._now} WHERE r IN carray(?)", rows)

    def _run(self, sql: str, rows: Sequence[int]) -> None:
        if rows:
            self._db.execute(sql, (numbers(rows),))
