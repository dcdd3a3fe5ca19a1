"""Merging changes into ordinary tables, with an app on them.

What the app wrote is captured first, in the merge's own transaction and under a version below the merge's; what the
merge writes is seen as it writes it. So nothing that comes in is taken for a write of the app's, and no write of the
app's for one that came in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import apsw

from engine.change import FAR, SENTINEL, Change, SQLiteValue
from engine.clocks import identity
from engine.ordinary import stamps
from engine.ordinary.capture import see
from engine.ordinary.records import Records
from engine.ordinary.register import Entry, base, base_is
from engine.ordinary.stamps import Incoming, Row
from engine.ordinary.tables import OrdinaryTables
from engine.sqlite.sql import ident, idents, main
from engine.sqlite.values import Affinity, Storage
from engine.tables import refusals
from engine.tables.introspect import describe
from engine.tables.kind import Versions
from engine.tables.pack import pack
from engine.tables.types import Applied
from engine.tables.validate import check, check_key, check_table


@dataclass(slots=True)
class _Merged:
    """A row that changes were offered to.

    Attributes:
        key: its key in the table.
        r: the number of its record; None: it has none yet.
        row: its stamps, as they become.
        was_alive: it was not deleted before.
        before: what the table held of it, by column; None where there was no row.
        taken: what is to be written, by column.
        changed: it won anything.
    """

    key: tuple[SQLiteValue, ...]
    packed: bytes
    r: int | None
    row: Row
    was_alive: bool
    before: dict[str, SQLiteValue] | None = None
    taken: dict[str, SQLiteValue] = field(default_factory=dict)
    changed: bool = False


class OrdinaryMerging:
    """Merges in one write transaction (``engine.tables.kind.Merging``)."""

    def __init__(
        self, db: apsw.Connection, tables: OrdinaryTables, versions: Versions, *, js_numbers: bool, tell: bool
    ) -> None:
        self._db = db
        self._tables = tables
        self._versions = versions
        self._js_numbers = js_numbers
        self._tell = tell
        self._storage = Storage()
        self._entries: dict[str, Entry] = {}
        self._captured = 0
        self._authors: dict[bytes | None, int] = {}

    @contextmanager
    def batches(self, *, many: bool) -> Iterator[None]:
        """Stands around all batches: what the app wrote is captured before, and what its triggers did after."""
        self._tables.capture_all()
        self._captured = self._tables.stamped
        self._entries = {entry.name: entry for entry in self._tables.entries()}
        yield
        if self._has_app_triggers():
            self._tables.capture_all()
        else:  # all that was logged is what the merge wrote, and was seen
            for entry in self._entries.values():
                self._db.execute(f"DELETE FROM main.{entry.log}")

    def _has_app_triggers(self) -> bool:
        names = "SELECT 1 FROM main.sqlite_master WHERE type = 'trigger' AND name NOT LIKE 'crsql@_%' ESCAPE '@'"
        others = f"{names} AND name NOT LIKE '%@_@_crsql@_%' ESCAPE '@'"
        return self._db.execute(others).fetchone() is not None

    def decide(self, batch: Sequence[Change]) -> OrdinaryDecision:
        """As ``engine.tables.kind.Merging.decide``."""
        highest = max((change.db_version for change in batch if change.db_version < FAR), default=0)
        version = self._versions.next_version(max(highest, self._captured + 1))
        decision = OrdinaryDecision(self._db, self._versions, batch, version, tell=self._tell)
        tables: dict[str, _Table] = {}
        for place, change in enumerate(batch):
            table = tables.get(change.table)
            if table is None:
                check_table(change.table)
                table = tables[change.table] = self._table(change.table)
            check(change, exact=True)
            table.offer(place, change)
        for table in tables.values():
            table.decide(version, decision)
        decision.tables = list(tables.values())
        return decision

    def _table(self, name: str) -> _Table:
        entry = self._entries.get(name)
        if entry is None:
            raise refusals.no_table(name)
        return _Table(self._db, entry, self._storage, self._author, js_numbers=self._js_numbers)

    def _author(self, site_id: bytes | None) -> int:
        if site_id not in self._authors:
            self._authors[site_id] = identity.author_number(self._db, site_id)
        return self._authors[site_id]


class OrdinaryDecision:
    """A batch that is decided (``engine.tables.kind.Decision``)."""

    def __init__(
        self, db: apsw.Connection, versions: Versions, batch: Sequence[Change], version: int, *, tell: bool
    ) -> None:
        self._db = db
        self._versions = versions
        self._tell = tell
        self.batch = batch
        self.version = version
        self.tables: list[_Table] = []
        self.winners: list[tuple[int, _Merged, SQLiteValue]] = []

    @property
    def won(self) -> int:
        """How many won."""
        return len(self.winners)

    def write(self) -> None:
        """Write what won."""
        if self.winners:
            for table in self.tables:
                table.write()
            self._versions.keep_floor(self.version)

    def applied(self) -> Iterator[tuple[int, Applied]]:
        """What won, each with its place."""
        for place, merged, value in self.winners:
            change = self.batch[place]
            before, cid = merged.before, change.cid
            had = before is not None and cid != SENTINEL
            old = before[cid] if had and before is not None else None
            yield place, Applied(change._replace(val=value), merged.key, old, had, self.version)


class _Table:
    """The changes of a batch that are for one table."""

    def __init__(self, db: apsw.Connection, entry: Entry, storage: Storage, author: Any, *, js_numbers: bool) -> None:
        self._db = db
        self._entry = entry
        self._storage = storage
        self._author = author
        self._js_numbers = js_numbers
        self._records = Records(db, entry)
        described = describe(db, entry.name)
        assert described is not None
        self._affinity: dict[str, Affinity] = {column.name: column.affinity for column in described.columns}
        self._runs: list[tuple[bytes, int, list[int]]] = []
        self._keys: dict[bytes, tuple[tuple[SQLiteValue, ...], bytes]] = {}
        self._batch: dict[int, Change] = {}
        self._rows: dict[bytes, _Merged] = {}

    def offer(self, place: int, change: Change) -> None:
        """Take a change; those of one row and one length that come together are merged together."""
        self._batch[place] = change
        if self._runs and self._runs[-1][:2] == (change.pk, change.cl) and change.cid != SENTINEL:
            first = self._batch[self._runs[-1][2][0]]
            cids = {self._batch[at].cid for at in self._runs[-1][2]}
            if first.cid != SENTINEL and change.cl % 2 and change.cid not in cids:
                self._runs[-1][2].append(place)
                return
        self._runs.append((change.pk, change.cl, [place]))

    def decide(self, version: int, decision: OrdinaryDecision) -> None:
        """Merge the stamps in memory."""
        for pk in dict.fromkeys(pk for pk, _, _ in self._runs):
            key = tuple(
                self._storage.stored(value, self._affinity[name], js_numbers=self._js_numbers)
                for value, name in zip(check_key(self._entry, pk), self._entry.key, strict=True)
            )
            packed = pack([int(part) if type(part) is float and part.is_integer() else part for part in key])
            self._keys[pk] = key, packed
        known = self._records.by_key([packed for _, packed in self._keys.values()])
        for key, packed in self._keys.values():
            if packed not in self._rows:
                r, row = known.get(packed, (None, Row()))
                self._rows[packed] = _Merged(key, packed, r, row, row.alive)
        for pk, length, places in self._runs:
            self._decide_run(self._rows[self._keys[pk][1]], length, places, version, decision)

    def _decide_run(
        self, merged: _Merged, length: int, places: list[int], version: int, decision: OrdinaryDecision
    ) -> None:
        row, cells, at = merged.row, dict[int, Incoming](), dict[int, int]()
        if merged.was_alive and merged.before is None:
            merged.before = self._read(merged.key)
        for place in places:
            change = self._batch[place]
            if change.cid == SENTINEL or length % 2 == 0:
                continue
            if change.cid not in self._entry.slots:
                if length < row.length:
                    continue
                raise refusals.no_column(change)
            value = self._storage.stored(change.val, self._affinity[change.cid], js_numbers=self._js_numbers)
            slot = self._entry.slots[change.cid]
            cells[slot] = Incoming(value, change.col_version, self._author(change.site_id))
            at[slot] = place
        if not cells and not (self._batch[places[0]].cid == SENTINEL or length % 2 == 0):
            return
        site = self._author(self._batch[places[0]].site_id)
        taken = stamps.merge(
            row, length, cells, self._entry.live, version, site, lambda slot: self._current(merged, slot)
        )
        if taken is None:
            return
        merged.changed = True
        if not row.alive:
            merged.taken.clear()
        for slot in taken:
            merged.taken[self._entry.column_of[slot]] = cells[slot].value
            decision.winners.append((at[slot], merged, cells[slot].value))
        if not taken:
            decision.winners.append((places[0], merged, None))

    def _current(self, merged: _Merged, slot: int) -> SQLiteValue:
        column = self._entry.column_of[slot]
        if column in merged.taken:
            return merged.taken[column]
        return merged.before[column] if merged.before is not None else None

    def _read(self, key: tuple[SQLiteValue, ...]) -> dict[str, SQLiteValue] | None:
        names = tuple(f"?{n}" for n in range(1, 1 + len(key)))
        fields = idents(self._entry.columns, prefix="t.") or "1"
        sql = f"SELECT {fields} FROM {base(self._entry)} AS t WHERE {base_is(self._entry, names)}"
        row = self._db.execute(sql, key).fetchone()
        return None if row is None else dict(zip(self._entry.columns, row, strict=False))

    def write(self) -> None:
        """Write rows, stamps and what is seen."""
        changed = [merged for merged in self._rows.values() if merged.changed]
        try:
            self._write_base(changed)
        except (apsw.ConstraintError, apsw.MismatchError) as error:
            raise self._refused(error) from error
        self._records.put([(merged.r, merged.row) for merged in changed if merged.r is not None])
        new = [merged for merged in changed if merged.r is None]
        for merged, r in zip(new, self._records.put_new([(one.packed, one.row) for one in new]), strict=True):
            merged.r = r
        # what is seen is what stands in the table: values that differ from it by what SQLite made of them included
        seen = [(merged.r, *merged.key) for merged in changed if merged.row.alive]
        see(self._db, self._entry, seen)

    def _write_base(self, changed: Sequence[_Merged]) -> None:
        db, table, key = self._db, main(self._entry.name), self._entry.key
        exactly = " AND ".join(
            f"{ident(name)} = ?{n} AND {ident(name)} = ?{n} COLLATE BINARY" for n, name in enumerate(key, 1)
        )
        statements: dict[str, list[tuple[SQLiteValue, ...]]] = {}
        texts: dict[tuple[str, ...], str] = {}
        for merged in changed:
            columns = tuple(merged.taken)
            if not merged.row.alive:
                statements.setdefault(f"DELETE FROM {table} WHERE {exactly}", []).append(merged.key)
                continue
            shape = ("new" if merged.before is None else "there", *columns)
            if shape not in texts:
                texts[shape] = self._insert(columns) if merged.before is None else self._update(columns, exactly)
            if texts[shape]:
                statements.setdefault(texts[shape], []).append((*merged.key, *merged.taken.values()))
        for sql, rows in statements.items():
            db.executemany(sql, rows)

    def _update(self, columns: tuple[str, ...], exactly: str) -> str:
        """For a row that is there: INSERT would ask for columns that are NOT NULL, and did not change."""
        after = 1 + len(self._entry.key)
        sets = ", ".join(f"{ident(name)} = ?{n}" for n, name in enumerate(columns, after))
        return f"UPDATE {main(self._entry.name)} SET {sets} WHERE {exactly}" if columns else ""

    def _insert(self, columns: tuple[str, ...]) -> str:
        names = (*self._entry.key, *columns)
        sets = ", ".join(f"{ident(name)} = excluded.{ident(name)}" for name in columns)
        return (
            f"INSERT INTO {main(self._entry.name)} ({idents(names)}) VALUES ({', '.join(['?'] * len(names))})"
            f" ON CONFLICT ({idents(self._entry.key)}) DO {f'UPDATE SET {sets}' if sets else 'NOTHING'}"
        )

    def _refused(self, error: Exception) -> Exception:
        name = self._entry.name
        return (
            refusals.wrong_type(name) if isinstance(error, apsw.MismatchError) else refusals.row_rejected(name, error)
        )
