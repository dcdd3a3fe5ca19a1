"""Merging incoming changes into the tables (spec 7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter

import apsw

from engine.change import MAX_VERSION, SENTINEL, Change, SQLiteValue
from engine.crr.catalogue import Crr
from engine.crr.pack import unpack
from engine.crr.results import Applied
from engine.crr.row import Row
from engine.crr.state import State
from engine.errors import InvalidChange, MergeError, SchemaMismatch

MAX_NAME = 2048
"""The longest table or column name, in bytes (spec 7.1)."""

_SITE = 16
_same_row = itemgetter(0, 1)


class Merger:
    """Merges changes inside a transaction that the caller began and will end; one object for each
    transaction, because it remembers what it looked up.

    Consecutive changes to one row are decided together and written with at most one statement per table, so a
    row's cells meet its CHECK constraints together. A row's base table is written before its clock: if a
    constraint refuses, nothing of that row was written.

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
        for (table, packed), group in groupby(changes, key=_same_row):
            self._check_name(table, "table")
            self._merge_row(self._state.crr(table), packed, list(group))

    def _merge_row(self, crr: Crr, packed: bytes, changes: Sequence[Change]) -> None:
        state, execute = self._state, self._db.execute
        key = self._key(crr, packed)
        row_key: int | None = None
        length = 0
        cells: dict[str, int] = {}
        for found, cid, col_version in execute(crr.sql.find_cells, key):
            row_key = found
            if cid == SENTINEL:
                length = col_version
            elif cid is not None:
                cells[cid] = col_version
        row = Row(length or (1 if cells else 0), cells, _Base(self._db, crr, key, changes))

        def is_column(cid: str) -> None:
            if cid not in crr.affinity:
                self._check_name(cid, "column")
                raise SchemaMismatch(
                    f"The table “{crr.name}” has no column “{cid}” that can be synced.",
                    table=crr.name,
                    column=cid,
                    hint="Bring both sides to the same schema; the side without the column comes first.",
                )

        applied = self.applied
        for change in changes:
            self._check(change)
            affinity = crr.affinity.get(change.cid)
            value = change.val
            if affinity is not None:
                value = state.storage.stored(value, affinity, js_numbers=self._js_numbers)

            def stamp(change: Change = change) -> tuple[int, int]:
                return state.next_version(change.db_version), self._ordinal(change.site_id)

            old: SQLiteValue = None
            had_old = False
            if affinity is not None and change.cl >= row.length and change.cl % 2 and row.length % 2:
                before = row.current()
                had_old = before is not None and change.cid in before
                old = before[change.cid] if before is not None and had_old else None
            version = row.take(change, value, is_column, stamp)
            if version is not None:
                merged = change._replace(val=value) if value is not change.val else change
                applied.append(Applied(merged, key, old, had_old, version))
        if row.clocks:
            self._write(crr, key, row_key, row)
            state.rows_impacted += row.impacted

    def _write(self, crr: Crr, key: tuple[SQLiteValue, ...], row_key: int | None, row: Row) -> None:
        execute, sql = self._db.execute, crr.sql
        try:
            with self._state.quiet():
                if row.deleted:
                    execute(sql.delete_row, key)
                if row.values:
                    execute(sql.write_row(tuple(row.values)), key + tuple(row.values.values()))
                elif row.ensure:
                    execute(sql.ensure_row, key)
        except apsw.MismatchError:
            raise InvalidChange(f"A change for the table “{crr.name}” has a key of the wrong type.") from None
        except apsw.ConstraintError as error:
            raise SchemaMismatch(
                f"The table “{crr.name}” refuses a row that another replica holds: {error}.",
                table=crr.name,
                hint="Compare the constraints and triggers of the table on both sides.",
            ) from error
        if row_key is None:
            row_key = execute(sql.add_key, key).get
        if row.dropped:
            execute(sql.drop_cells, (row_key,))
        elif row.zeroed is not None:
            execute(sql.zero_cells, (row_key, row.zeroed))
        for cid, clock in row.clocks.items():
            execute(
                sql.put_cell,
                (row_key, cid, clock.col_version, clock.db_version, clock.ordinal, clock.seq),
            )

    def _key(self, crr: Crr, packed: bytes) -> tuple[SQLiteValue, ...]:
        if not isinstance(packed, bytes):
            raise InvalidChange(f"A change for the table “{crr.name}” has a key that is no blob.")
        key = unpack(packed)
        if len(key) != len(crr.key):
            raise InvalidChange(
                f"A change for the table “{crr.name}” has {len(key)} key values instead of {len(crr.key)}.",
                hint="The primary key of the table differs between the two sides.",
            )
        if None in key:
            raise InvalidChange(f"A change for the table “{crr.name}” has NULL in its key.")
        return key

    def _check(self, change: Change) -> None:
        low = 0 if self._exact else -MAX_VERSION
        numbers = (change.col_version, change.db_version, change.cl, change.seq)
        for number in numbers:
            if type(number) is not int or not low <= number < MAX_VERSION:
                raise InvalidChange(
                    f"A change for the table “{change.table}” has a version out of range: {number}."
                )
        site = change.site_id
        if self._exact:
            if type(site) is not bytes or len(site) != _SITE:
                raise InvalidChange(f"A change for the table “{change.table}” has no proper author.")
        elif site is not None and (type(site) is not bytes or len(site) > _SITE):
            raise InvalidChange(
                f"A change for the table “{change.table}” has a site id of more than {_SITE} bytes."
            )
        value = change.val
        if type(value) is int and not -(2**63) <= value < 2**63:
            raise InvalidChange(
                f"A change for the table “{change.table}” has an integer of more than 64 bits."
            )
        if value is not None and type(value) not in (int, float, str, bytes):
            raise InvalidChange(f"A change for the table “{change.table}” has a value of an unknown type.")
        if type(value) is str:
            try:
                value.encode()
            except UnicodeEncodeError:
                raise InvalidChange(
                    f"A change for the table “{change.table}” has text that is not UTF-8."
                ) from None
        self._check_name(change.cid, "column")

    @staticmethod
    def _check_name(name: str, what: str) -> None:
        if (
            type(name) is not str
            or len(name) > MAX_NAME
            or (not name.isascii() and len(name.encode()) > MAX_NAME)
        ):
            raise InvalidChange(f"A change has a {what} name that is no name, or one over {MAX_NAME} bytes.")

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


class _Base:
    """Reads the base row's values of the columns that a group of changes names, once, when first asked."""

    def __init__(
        self, db: apsw.Connection, crr: Crr, key: tuple[SQLiteValue, ...], changes: Sequence[Change]
    ) -> None:
        self._db, self._crr, self._key, self._changes = db, crr, key, changes
        self._values: dict[str, SQLiteValue] | None = None
        self._read = False

    def __call__(self) -> dict[str, SQLiteValue] | None:
        if not self._read:
            self._read = True
            wanted = {change.cid for change in self._changes}
            columns = tuple(name for name in self._crr.columns if name in wanted)
            if columns:
                found = self._db.execute(self._crr.sql.read_row(columns), self._key).fetchone()
                self._values = dict(zip(columns, found, strict=True)) if found else None
        return self._values


__all__ = ["MAX_NAME", "MergeError", "Merger"]
