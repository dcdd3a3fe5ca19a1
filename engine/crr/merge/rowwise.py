"""Merges the changes to one table row by row: for few changes, and for rows with anything unusual."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from engine.change import SENTINEL, Change, SQLiteValue
from engine.crr.catalogue import Crr
from engine.crr.merge import verify_writes
from engine.crr.merge.row import OURS, Row
from engine.crr.state import State
from engine.sqlite import invalid_text
from engine.tables.grouping import bulk
from engine.tables.grouping.bulk import each_block
from engine.tables.types import Applied
from engine.tables.validate import check, check_key

Key = tuple[SQLiteValue, ...]
_Offers = list[tuple[int, Change, SQLiteValue]]
"""(place in the batch, change, its value as the column will store it)."""
_Won = tuple[Change, Key, SQLiteValue, bool]
"""An Applied without its version."""


class Rowwise:
    """The rows of one table and what each is offered. The methods are called in the order in which they stand here.

    Args:
        state: the connection's.
        crr: the table.
        js_numbers, exact: as for ``Merger``.
        equal_values: of equal values, the one of the higher site id wins (cr-sqlite.md 7.3).
    """

    def __init__(self, state: State, crr: Crr, *, js_numbers: bool, exact: bool, equal_values: bool) -> None:
        self._state = state
        self._db = state.db
        self._crr = crr
        self._js_numbers = js_numbers
        self._exact = exact
        self._equal_values = equal_values
        self._rows: dict[Key, tuple[Row, _Offers]] = {}
        self._packed: dict[bytes, _Offers] = {}
        self._won: dict[int, _Won] = {}

    def offer(self, place: int, change: Change) -> None:
        """Check a change and hand it to its row. Changes to one row must be offered in order.

        Raises:
            InvalidChange: no well-behaved peer sends it.
        """
        check(change, exact=self._exact)
        offered = self._packed.get(change.pk)
        if offered is None:
            # Two encodings can mean one key, 1 and 1.0: equal here as they are in the key table.
            key = check_key(self._crr, change.pk)
            _, offered = self._rows.setdefault(key, (Row(key), []))
            self._packed[change.pk] = offered
        value = change.val
        affinity = self._crr.affinity.get(change.cid)
        if affinity is not None:
            value = self._state.storage.stored(value, affinity, js_numbers=self._js_numbers)
        offered.append((place, change, value))

    @property
    def keys(self) -> Collection[Key]:
        """The keys of the rows."""
        return self._rows.keys()

    def decide(self) -> Collection[int]:
        """Read what the file holds, and decide; return the places of the changes that won."""
        self._load_clocks()
        self._load_values()
        tracked = self._crr.affinity
        for row, offers in self._rows.values():
            for place, change, value in offers:
                old, had_old = row.old(change.cid) if change.cl % 2 else (None, False)
                if row.take(place, change, value, tracked):
                    if value is not change.val:
                        change = change._replace(val=value)
                    self._won[place] = change, row.key, invalid_text.shown(old), had_old
            self._state.rows_impacted += row.impacted
        return self._won.keys()

    def new(self) -> list[tuple[int, Row]]:
        """Return the rows that need a key number, each with the place of its first change."""
        return [(offers[0][0], row) for row, offers in self._rows.values() if row.clocks and row.number is None]

    def deleted(self) -> list[Key]:
        """Return the keys of the rows to delete, some of which are made again."""
        return [row.key for row in self._changed() if row.deleted]

    def write_rows(self) -> None:
        """Write the base rows, while the triggers are quiet.

        Raises:
            TableBroken: an app's trigger kept a row out.
        """
        db, crr, sql = self._db, self._crr, self._crr.sql
        rows = self._changed()
        writes: dict[tuple[str, ...], list[Key]] = {}
        for row in rows:
            if row.values:
                writes.setdefault(tuple(row.values), []).append((*row.key, *row.values.values()))
        deletes = self.deleted()
        if deletes:
            db.executemany(sql.delete_row, deletes)
        made = [row.key for row in rows if row.ensure and not row.values]
        bulk.run(db, sql.ensure_row, made)
        told = {columns: bulk.run(db, sql.write_row(columns), values) for columns, values in writes.items()}
        if crr.app_triggers:
            verify_writes.check_deleted(
                db, crr, [row.key for row in rows if row.deleted and not row.ensure and not row.values]
            )
            verify_writes.check_made(db, crr, made)
            for columns, values in writes.items():
                verify_writes.check_written(db, crr, columns, values, told[columns])

    def write_clocks(self, batch: Sequence[Change], versions: Sequence[int], ordinals: Sequence[int]) -> None:
        """Write the clock rows, once every row has its key number.

        Args:
            batch: the changes by place.
            versions: the db_version to stamp each with.
            ordinals: the author of each.
        """
        db, sql, rows = self._db, self._crr.sql, self._changed()
        deleted = [(row.number,) for row in rows if row.deleted]
        if deleted:
            db.executemany(sql.drop_cells, deleted)
        zeroed = [(row.number, versions[row.zeroed]) for row in rows if row.zeroed is not None]
        if zeroed:
            db.executemany(sql.zero_cells, zeroed)
        bulk.run(
            db,
            sql.put_cell,
            [
                (row.number, cid, col_version, versions[stamped], ordinals[source], batch[source].seq)
                for row in rows
                for cid, (col_version, source, stamped) in row.clocks.items()
            ],
        )

    def applied(self, versions: Sequence[int]) -> Iterator[tuple[int, Applied]]:
        """Iterate over the changes that won, each with its place."""
        for place, won in self._won.items():
            yield place, Applied(*won, versions[place])

    def _changed(self) -> list[Row]:
        return [row for row, _ in self._rows.values() if row.clocks]

    def _load_clocks(self) -> None:
        rows = [row for row, _ in self._rows.values()]
        for n, number, cid, col_version in each_block(self._db, self._crr.sql.find_cells, _tagged(rows)):
            row = rows[n]
            row.number = number
            if cid == SENTINEL:
                row.length = col_version
            elif cid is not None:
                row.cells[cid] = col_version
                row.length = row.length or 1
        if self._equal_values:
            self._load_authors(rows)

    def _load_authors(self, rows: Sequence[Row]) -> None:
        own = self._state.site_id or OURS
        for row in rows:
            row.authors = {}
        for n, cid, site_id in each_block(self._db, self._crr.sql.find_authors, _tagged(rows)):
            authors = rows[n].authors
            assert authors is not None
            authors[cid] = own if site_id is None else site_id

    def _load_values(self) -> None:
        """Read from the base table what the offered changes may be compared with."""
        wanted: dict[tuple[str, ...], list[Row]] = {}
        tracked = self._crr.affinity
        for row, offers in self._rows.values():
            if row.length % 2:
                needed = [c.cid for _, c, _ in offers if row.needs_stored(c) and c.cid in tracked]
                if needed:
                    wanted.setdefault(tuple(dict.fromkeys(needed)), []).append(row)
        for columns, rows in wanted.items():
            for n, *values in each_block(self._db, self._crr.sql.read_row(columns), _tagged(rows), invalid_text.each):
                rows[n].stored = dict(zip(columns, values, strict=True))


def _tagged(rows: Sequence[Row]) -> list[tuple[SQLiteValue, ...]]:
    return [(n, *row.key) for n, row in enumerate(rows)]
