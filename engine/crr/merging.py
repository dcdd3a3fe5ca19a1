"""Merging incoming changes into the tables (spec 7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

import apsw

from engine.change import SENTINEL, Change, SQLiteValue
from engine.crr.catalogue import Crr
from engine.crr.checking import check, check_key
from engine.crr.results import Applied
from engine.crr.row import Row
from engine.crr.state import State
from engine.errors import InvalidChange, SchemaMismatch

_AT_ONCE = 4096

_Key = tuple[SQLiteValue, ...]
_Taken = tuple[int, Change, SQLiteValue]  # place in the batch, change, value as it will be stored


@dataclass(slots=True)
class _Part:
    """The part of a batch that is for one table: its rows by key, and what each is offered."""

    crr: Crr
    rows: dict[_Key, Row] = field(default_factory=dict)
    offered: dict[_Key, list[_Taken]] = field(default_factory=dict)
    packed: dict[bytes, _Key] = field(default_factory=dict)


@dataclass(slots=True)
class _Winner:
    change: Change
    key: _Key
    old: SQLiteValue
    had_old: bool


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
        self._ordinals: dict[bytes, int] = {}
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
        winners: dict[int, _Winner] = {}
        for part in parts:
            self._load_clocks(part)
            self._load_values(part)
            self._decide(part, winners)
        # Stamped in the order of the batch, whatever row they are of (spec 4: never decreasing).
        versions = {p: self._state.next_version(winners[p].change.db_version) for p in sorted(winners)}
        ordinals = {p: self._ordinal(winners[p].change.site_id) for p in versions}
        for part in parts:
            self._write_rows(part)
            self._write_clocks(part, batch, versions, ordinals)
        self.applied += [
            Applied(winner.change, winner.key, winner.old, winner.had_old, version)
            for winner, version in ((winners[place], version) for place, version in versions.items())
        ]

    def _sort_out(self, batch: Sequence[Change]) -> list[_Part]:
        """Check every change and hand it to its row."""
        parts: dict[str, _Part] = {}
        stored = self._state.storage.stored
        for place, change in enumerate(batch):
            check(change, exact=self._exact)
            part = parts.get(change.table)
            if part is None:
                part = parts[change.table] = _Part(self._state.crr(change.table))
            key = part.packed.get(change.pk)
            if key is None:
                key = part.packed[change.pk] = check_key(part.crr, change.pk)
                # Two encodings can mean one key, 1 and 1.0: equal here as they are in the key table.
                if key not in part.rows:
                    part.rows[key] = Row(key)
                    part.offered[key] = []
            affinity = part.crr.affinity.get(change.cid)
            value = change.val
            if affinity is not None:
                value = stored(value, affinity, js_numbers=self._js_numbers)
            part.offered[key].append((place, change, value))
        return list(parts.values())

    def _load_clocks(self, part: _Part) -> None:
        rows = list(part.rows.values())
        find = part.crr.sql.find_cells
        keys = ((*row.key, n) for n, row in enumerate(rows))
        for n, number, cid, col_version in self._db.executemany(find, keys):
            row = rows[n]
            row.number = number
            if cid == SENTINEL:
                row.length = col_version
            elif cid is not None:
                row.cells[cid] = col_version
                row.length = row.length or 1

    def _load_values(self, part: _Part) -> None:
        """Read from the base table what the offered changes may meet there."""
        wanted: dict[tuple[str, ...], list[Row]] = {}
        for key, row in part.rows.items():
            if row.length % 2:
                names = {c.cid: None for _, c, _ in part.offered[key] if row.needs_stored(c)}
                columns = tuple(name for name in names if name in part.crr.affinity)
                if columns:
                    wanted.setdefault(columns, []).append(row)
        for columns, rows in wanted.items():
            keys = ((*row.key, n) for n, row in enumerate(rows))
            for n, *values in self._db.executemany(part.crr.sql.read_row(columns), keys):
                rows[n].stored = dict(zip(columns, values, strict=True))

    def _decide(self, part: _Part, winners: dict[int, _Winner]) -> None:
        columns = part.crr.affinity
        for key, row in part.rows.items():
            for place, change, value in part.offered[key]:
                is_write = change.cl % 2 == 1 and change.cid != SENTINEL
                old, had_old = row.old(change.cid) if is_write else (None, False)
                if row.take(place, change, value, columns):
                    if value is not change.val:
                        change = change._replace(val=value)
                    winners[place] = _Winner(change, key, old, had_old)
            self._state.rows_impacted += row.impacted

    def _write_rows(self, part: _Part) -> None:
        crr, rows = part.crr, part.rows.values()
        deletes = [row.key for row in rows if row.deleted]
        ensures = [row.key for row in rows if row.ensure and not row.values]
        writes: dict[tuple[str, ...], list[_Key]] = {}
        for row in rows:
            if row.values:
                writes.setdefault(tuple(row.values), []).append((*row.key, *row.values.values()))
        try:
            with self._state.quiet():
                self._many(crr.sql.delete_row, deletes)
                self._many(crr.sql.ensure_row, ensures)
                for columns, values in writes.items():
                    self._many(crr.sql.write_row(columns), values)
        except apsw.MismatchError:
            raise InvalidChange(
                f"A change for the table “{crr.name}” has a value of the wrong type."
            ) from None
        except apsw.ConstraintError as error:
            raise SchemaMismatch(
                f"The table “{crr.name}” refuses a row that another replica holds: {error}.",
                table=crr.name,
                hint="Compare the constraints and triggers of the table on both sides.",
            ) from error

    def _write_clocks(
        self, part: _Part, batch: Sequence[Change], versions: dict[int, int], ordinals: dict[int, int]
    ) -> None:
        sql = part.crr.sql
        rows = [row for row in part.rows.values() if row.clocks]
        new = [row for row in rows if row.number is None]
        for row, (number,) in zip(new, self._db.executemany(sql.add_key, [r.key for r in new]), strict=True):
            row.number = number
        self._many(sql.drop_cells, [(row.number,) for row in rows if row.deleted])
        self._many(
            sql.zero_cells, [(row.number, versions[row.zeroed]) for row in rows if row.zeroed is not None]
        )
        self._many(
            sql.put_cell,
            [
                (row.number, cid, c.col_version, versions[c.stamped], ordinals[c.source], batch[c.source].seq)
                for row in rows
                for cid, c in row.clocks.items()
            ],
        )

    def _many(self, sql: str, rows: Sequence[tuple[SQLiteValue, ...]]) -> None:
        if rows:
            self._db.executemany(sql, rows)

    def _ordinal(self, site_id: bytes | None) -> int:
        """The file's small number for an author; a site never met gets the next one (spec 2.1)."""
        if not site_id:
            return 0
        ordinal = self._ordinals.get(site_id)
        if ordinal is None:
            execute = self._db.execute
            ordinal = execute("SELECT ordinal FROM main.crsql_site_id WHERE site_id = ?", (site_id,)).get
            if ordinal is None:
                insert = "INSERT INTO main.crsql_site_id (site_id) VALUES (?) RETURNING ordinal"
                ordinal = execute(insert, (site_id,)).get
            assert isinstance(ordinal, int)
            self._ordinals[site_id] = ordinal
        return ordinal
