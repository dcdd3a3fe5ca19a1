"""Merging incoming changes into the tables (spec 7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

import apsw

from engine.change import SENTINEL, Change, SQLiteValue
from engine.crr import bulk, config
from engine.crr.bulk import each_block
from engine.crr.catalogue import Crr
from engine.crr.checking import check, check_key, check_table
from engine.crr.results import Applied
from engine.crr.row import Row
from engine.crr.state import State
from engine.errors import InvalidChange, SchemaMismatch

_AT_ONCE = 4096

_Key = tuple[SQLiteValue, ...]
_Offers = list[tuple[int, Change, SQLiteValue]]
"""(place in the batch, change, its value as it will be stored)."""
_Winner = tuple[Change, _Key, SQLiteValue, bool]
"""An Applied that has no version yet."""
_Stamp = tuple[int, int]
"""(db_version, site ordinal)."""


@dataclass(slots=True)
class _Part:
    """The part of a batch that is for one table: its rows, and what each is offered, by key and packed
    key."""

    crr: Crr
    rows: dict[_Key, tuple[Row, _Offers]] = field(default_factory=dict)
    packed: dict[bytes, _Offers] = field(default_factory=dict)


class Merger:
    """Merges changes inside a transaction that the caller began and will end; one object for each
    transaction, because it remembers what it looked up.

    Changes are taken a few thousand at a time. Those to one row are decided together, in their order, and
    every table is then written with a few bulk statements. The rows are written before their clocks, so that
    a single change that a constraint refuses has written nothing.

    Args:
        state: the connection's.
        js_numbers: see Storage.stored.
        exact: refuse what only hostile or broken peers send. The SQL surface passes False: there, as in
            stock, negative clocks count as very old, and a missing site id means this file itself.
    """

    def __init__(self, state: State, *, js_numbers: bool = False, exact: bool = True) -> None:
        self._state = state
        self._db = state.db
        self._js_numbers = js_numbers
        self._exact = exact
        self._equal_values = config.merges_equal_values(state.db)
        self._ordinals: dict[bytes | None, int] = {None: 0, b"": 0}
        self.applied: list[Applied] = []

    def merge(self, changes: Iterable[Change]) -> None:
        """Merge all of them, in order; winners are appended to ``applied``.

        Raises:
            InvalidChange, SchemaMismatch: the caller rolls back.
        """
        source = iter(changes)
        try:
            while batch := list(islice(source, _AT_ONCE)):
                self._merge_batch(batch)
        except UnicodeEncodeError:
            raise InvalidChange("A change has text that cannot be written as UTF-8.") from None

    def _merge_batch(self, batch: Sequence[Change]) -> None:
        parts = self._sort_out(batch)
        winners: list[_Winner | None] = [None] * len(batch)
        for part in parts:
            self._load_clocks(part)
            self._load_values(part)
            self._decide(part, winners)
        # Stamped in the order of the batch, whatever row they are of (spec 4: never decreasing).
        stamps: list[_Stamp] = [(0, 0)] * len(batch)
        next_version, ordinals = self._state.next_version, self._ordinals
        for place, winner in enumerate(winners):
            if winner is not None:
                change = winner[0]
                version = next_version(change.db_version)
                ordinal = ordinals.get(change.site_id)
                stamps[place] = version, self._ordinal(change.site_id) if ordinal is None else ordinal
                self.applied.append(Applied(*winner, version))
        for part in parts:
            self._write_rows(part)
            self._write_clocks(part, batch, stamps)

    def _sort_out(self, batch: Sequence[Change]) -> list[_Part]:
        """Check every change and hand it to its row."""
        parts: dict[str, _Part] = {}
        stored, exact, js_numbers = self._state.storage.stored, self._exact, self._js_numbers
        part: _Part | None = None
        for place, change in enumerate(batch):
            check(change, exact=exact)
            if part is None or change.table != part.crr.name:
                part = parts.get(change.table)
                if part is None:
                    check_table(change.table)
                    part = parts[change.table] = _Part(self._state.crr(change.table))
            offered = part.packed.get(change.pk)
            if offered is None:
                # Two encodings can mean one key, 1 and 1.0: equal here as they are in the key table.
                key = check_key(part.crr, change.pk)
                _, offered = part.rows.setdefault(key, (Row(key), []))
                part.packed[change.pk] = offered
            value = change.val
            affinity = part.crr.affinity.get(change.cid)
            if affinity is not None:
                value = stored(value, affinity, js_numbers=js_numbers)
            offered.append((place, change, value))
        return list(parts.values())

    def _load_clocks(self, part: _Part) -> None:
        rows = [row for row, _ in part.rows.values()]
        for n, number, cid, col_version in each_block(self._db, part.crr.sql.find_cells, _tagged(rows)):
            row = rows[n]
            row.number = number
            if cid == SENTINEL:
                row.length = col_version
            elif cid is not None:
                row.cells[cid] = col_version
                row.length = row.length or 1
        if self._equal_values:
            self._load_authors(part, rows)

    def _load_authors(self, part: _Part, rows: Sequence[Row]) -> None:
        own = self._state.site_id or b""
        for row in rows:
            row.authors = {}
        for n, cid, site_id in each_block(self._db, part.crr.sql.find_authors, _tagged(rows)):
            authors = rows[n].authors
            assert authors is not None
            authors[cid] = own if site_id is None else site_id

    def _load_values(self, part: _Part) -> None:
        """Read from the base table what the offered changes may meet there."""
        wanted: dict[tuple[str, ...], list[Row]] = {}
        tracked = part.crr.affinity
        for row, offers in part.rows.values():
            if row.length % 2:
                needed = [c.cid for _, c, _ in offers if row.needs_stored(c) and c.cid in tracked]
                if needed:
                    wanted.setdefault(tuple(dict.fromkeys(needed)), []).append(row)
        for columns, rows in wanted.items():
            for n, *values in each_block(self._db, part.crr.sql.read_row(columns), _tagged(rows)):
                rows[n].stored = dict(zip(columns, values, strict=True))

    def _decide(self, part: _Part, winners: list[_Winner | None]) -> None:
        tracked = part.crr.affinity
        for row, offers in part.rows.values():
            for place, change, value in offers:
                old, had_old = row.old(change.cid) if change.cl % 2 else (None, False)
                if row.take(place, change, value, tracked):
                    if value is not change.val:
                        change = change._replace(val=value)
                    winners[place] = change, row.key, old, had_old
            self._state.rows_impacted += row.impacted

    def _write_rows(self, part: _Part) -> None:
        crr = part.crr
        rows = [row for row, _ in part.rows.values() if row.clocks]
        deletes = [row.key for row in rows if row.deleted]
        ensures = [row.key for row in rows if row.ensure and not row.values]
        writes: dict[tuple[str, ...], list[_Key]] = {}
        for row in rows:
            if row.values:
                writes.setdefault(tuple(row.values), []).append((*row.key, *row.values.values()))
        try:
            with self._state.quiet():
                self._db.executemany(crr.sql.delete_row, deletes)
                bulk.run(self._db, crr.sql.ensure_row, ensures)
                for columns, values in writes.items():
                    bulk.run(self._db, crr.sql.write_row(columns), values)
        except apsw.MismatchError:
            raise InvalidChange(f"A change for the table “{crr.name}” has a value of the wrong type.") from None
        except apsw.ConstraintError as error:
            raise SchemaMismatch(
                f"The table “{crr.name}” of this file refuses a row that another replica holds: {error}.",
                elsewhere=f"The table “{crr.name}” refuses a row of this file on the other side: {error}.",
                table=crr.name,
                hint="Compare the constraints and triggers of the table on both sides.",
            ) from error

    def _write_clocks(self, part: _Part, batch: Sequence[Change], stamps: Sequence[_Stamp]) -> None:
        db, sql = self._db, part.crr.sql
        rows = [row for row, _ in part.rows.values() if row.clocks]
        new = [row for row in rows if row.number is None]
        if new:
            for number, row in enumerate(new, db.execute(sql.last_key).get + 1):
                row.number = number
            bulk.run(db, sql.put_key, [(row.number, *row.key) for row in new])
        db.executemany(sql.drop_cells, [(row.number,) for row in rows if row.deleted])
        db.executemany(sql.zero_cells, [(row.number, stamps[row.zeroed][0]) for row in rows if row.zeroed is not None])
        bulk.run(
            db,
            sql.put_cell,
            [
                (row.number, cid, col_version, stamps[stamped][0], stamps[source][1], batch[source].seq)
                for row in rows
                for cid, (col_version, source, stamped) in row.clocks.items()
            ],
        )

    def _ordinal(self, site_id: bytes | None) -> int:
        """The file's small number for an author; a site never met gets the next one (spec 2.1)."""
        execute = self._db.execute
        ordinal = execute("SELECT ordinal FROM main.crsql_site_id WHERE site_id = ?", (site_id,)).get
        if ordinal is None:
            insert = "INSERT INTO main.crsql_site_id (site_id) VALUES (?) RETURNING ordinal"
            ordinal = execute(insert, (site_id,)).get
        assert isinstance(ordinal, int)
        self._ordinals[site_id] = ordinal
        return ordinal


def _tagged(rows: Sequence[Row]) -> list[tuple[SQLiteValue, ...]]:
    return [(n, *row.key) for n, row in enumerate(rows)]
