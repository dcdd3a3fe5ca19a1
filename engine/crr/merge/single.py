"""Merges changes one at a time: for the SQL surface, and for merges of one change."""

from __future__ import annotations

from collections.abc import Iterator

import apsw

from engine.change import FAR, SENTINEL, Change, SQLiteValue
from engine.clocks import identity
from engine.crr.catalogue import Crr
from engine.crr.merge.row import Row
from engine.crr.state import State
from engine.sqlite import invalid_text
from engine.tables import refusals
from engine.tables.types import Applied
from engine.tables.validate import check, check_key, check_table

Key = tuple[SQLiteValue, ...]


class SingleDecision:
    """A change that is decided and not written yet (``engine.tables.kind.Decision``)."""

    __slots__ = ("_author", "_change", "_crr", "_cursor", "_row", "_stamp", "_state", "_value", "won")

    def __init__(
        self,
        state: State,
        cursor: apsw.Cursor,
        crr: Crr,
        change: Change,
        value: SQLiteValue,
        row: Row,
        author: int | None,
    ) -> None:
        self._state = state
        self._cursor = cursor
        self._crr = crr
        self._change = change
        self._value = value
        self._row = row
        self._author = author
        self._stamp = 0
        self.won = int(bool(row.clocks))

    def write(self) -> None:
        """Write the change if it won.

        The base row comes first, so that a change that a constraint refuses has written nothing.
        """
        row, state, change = self._row, self._state, self._change
        if not row.clocks:
            return
        impacted = state.rows_impacted
        state.rows_impacted += row.impacted
        try:
            self._stamp = stamp = state.next_version(0 if change.db_version >= FAR else change.db_version)
            author = self._author
            if author is None:
                author = identity.author_number(self._cursor, change.site_id) if change.site_id else 0
            self._write_row()
            sql, number, execute = self._crr.sql, row.number, self._cursor.execute
            if number is None:
                execute(sql.put_one_key, row.key)
                number = state.db.last_insert_rowid()
            if row.deleted:
                execute(sql.drop_cells, (number,))
            if row.zeroed is not None:
                execute(sql.zero_cells, (number, stamp))
            for cid, (col_version, _, _) in row.clocks.items():
                execute(sql.put_one_cell, (number, cid, col_version, stamp, author, change.seq))
        except BaseException:
            state.rows_impacted = impacted  # as in stock, also where the transaction goes on
            raise

    def _write_row(self) -> None:
        row, sql, execute = self._row, self._crr.sql, self._cursor.execute
        self._state.sync_bit = 1
        try:
            if row.deleted:
                execute(sql.delete_row, row.key)
            elif row.values:
                execute(sql.write_cell[self._change.cid], (*row.key, self._value))
            else:
                execute(sql.ensure_one_row, row.key)
        except apsw.Error as error:
            refused = refusals.of(self._crr.name, error)
            if refused is None:
                raise
            raise refused from error
        finally:
            self._state.sync_bit = 0

    def applied(self) -> Iterator[tuple[int, Applied]]:
        """Iterate over the change, if it won, with its place."""
        if self.won:
            change, row = self._change, self._row
            old = row.stored[change.cid] if row.stored else None
            if self._value is not change.val:
                change = change._replace(val=self._value)
            yield 0, Applied(change, row.key, invalid_text.shown(old), row.stored is not None, self._stamp)


class Single:
    """Decides one change after another by the rules of ``row``, with a statement for each step.

    Nothing is remembered of the file from one change to the next: in between, a person's program may write anything,
    roll back what was written, or change the schema.

    Args:
        state: the connection's.
        js_numbers, exact: as for ``Merger``.
        report_applied: whether anybody will ask what was overwritten.
    """

    def __init__(
        self, state: State, *, js_numbers: bool = False, exact: bool = True, report_applied: bool = True
    ) -> None:
        self._state = state
        self._js_numbers = js_numbers
        self._exact = exact
        self._report_applied = report_applied
        self._unpacked: tuple[Crr | None, bytes, Key] = None, b"", ()

    def decide(self, change: Change) -> SingleDecision | None:
        """Decide whether a change wins.

        Returns:
            The decision. None if ``Rowwise`` has to make it, because a person's triggers are on the table or equal
            values are merged too.

        Raises:
            InvalidChange, SchemaMismatch: it cannot be merged.
        """
        state = self._state
        cursor = state.cursor()
        check_table(change.table)
        crr = state.catalogue(cursor).crrs.get(change.table) or state.crr(change.table)
        if crr.app_triggers:
            return None
        check(change, exact=self._exact)
        key = self._key(crr, change.pk)
        value, cid = change.val, change.cid
        affinity = crr.affinity.get(cid)
        if affinity is not None:
            value = state.storage.stored(value, affinity, js_numbers=self._js_numbers)
        row, author = Row(key), None
        found = cursor.execute(crr.sql.find_cell, (cid, change.site_id, *key)).get
        if found is not None:
            row.number, sentinel, version, seen, author = found
            row.length = seen if sentinel is None else sentinel
            if version is not None and cid != SENTINEL:
                row.cells[cid] = version
            if affinity is not None and self._needs_stored(row, change, version):
                stored = self._stored(cursor, crr, key, cid)
                if stored is not None:
                    if stored[1]:
                        return None
                    row.stored = {cid: stored[0]}
        row.take(0, change, value, crr.affinity)
        return SingleDecision(state, cursor, crr, change, value, row, author)

    def _key(self, crr: Crr, packed: bytes) -> Key:
        """Unpack and check a key, remembering the last one, as changes to one row mostly come together."""
        of, same, key = self._unpacked
        if of is not crr or same != packed:
            key = check_key(crr, packed)
            self._unpacked = crr, packed, key
        return key

    def _needs_stored(self, row: Row, change: Change, version: int | None) -> bool:
        """Return whether the base row's value is needed, for reporting it or for comparing two cells of one version."""
        if self._report_applied:
            return row.needs_stored(change)
        return change.col_version == version and change.cl == row.length and row.length % 2 == 1

    def _stored(self, cursor: apsw.Cursor, crr: Crr, key: Key, cid: str) -> tuple[SQLiteValue, ...] | None:
        """Return what ``Queries.read_cell`` gives."""
        sql = crr.sql.read_cell[cid]
        try:
            found: tuple[SQLiteValue, ...] | None = cursor.execute(sql, key).get
        except UnicodeDecodeError:
            found = next(iter([*invalid_text.each(self._state.db, sql, key)]), None)
        return found
