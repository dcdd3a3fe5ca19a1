"""Local writes: what the triggers of a CRR call, row by row (cr-sqlite.md 5)."""

from __future__ import annotations

from collections.abc import Sequence

from engine.change import SQLiteValue
from engine.crr.attached import Attached
from engine.crr.catalogue import Crr
from engine.crr.changesets import INSERT, UPDATE, RowChange
from engine.crr.state import State
from engine.errors import ReplicaError, UsageError
from engine.sqlite import invalid_text
from engine.sqlite.sql import ident, idents
from engine.sqlite.values import same
from engine.tables.grouping import bulk
from engine.tables.names import KEY
from engine.text import t

Key = tuple[SQLiteValue, ...]


def key_unreadable(crr: Crr) -> ReplicaError:
    """Return the error for a row whose key is not valid text, so that no peer could ever be told of it."""
    return ReplicaError(
        t("A row of the table “{table}” cannot be written: its key is not valid text.", table=crr.name),
        hint=t("Correct the text, or store it as a BLOB."),
    )


class Capture:
    """Turns one row's write into clock rows, all stamped with this transaction's version."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._attached = Attached()

    def after_insert(self, table: SQLiteValue = None, *key: SQLiteValue) -> int:
        """Record an insert: crsql_after_insert(table, NEW.key...), cr-sqlite.md 5.2. Returns 0."""
        state = self._state
        crr = self._crr(table, len(key), len(key))
        self._create(crr, key, state.next_version())
        return 0

    def _create(self, crr: Crr, key: Key, version: int) -> None:
        state = self._state
        row_key, existed = self._add_key(crr, key)
        execute = state.db.execute
        if not crr.columns:
            execute(crr.sql.mark_created, (row_key, version, state.next_seq(), 1))
            return
        if existed:
            execute(crr.sql.mark_again, (row_key, version, state.next_seq()))
        execute(crr.sql.bump_all, (row_key, version, state.next_seq(len(crr.columns))))

    def after_update(self, table: SQLiteValue = None, *values: SQLiteValue) -> int:
        """Record an update: crsql_after_update(table, NEW.key..., OLD.key..., NEW.columns..., OLD.columns...),
        cr-sqlite.md 5.3.

        Returns 0.
        """
        state = self._state
        crr = self._crr(table, None, len(values))
        width, columns = len(crr.key), len(crr.columns)
        new_key, old_key = values[:width], values[width : 2 * width]
        new, old = values[2 * width : 2 * width + columns], values[2 * width + columns :]
        version = state.next_version()
        row_key = self._find_key(crr, new_key)
        if not all(map(same, new_key, old_key)):
            self._move(crr, self._find_key(crr, old_key), row_key, version)
        changed = [
            name
            for name, after, before in zip(crr.columns, new, old, strict=True)
            if type(after) is not type(before) or after != before
        ]
        self._write(crr, row_key, changed, version)
        return 0

    def _write(self, crr: Crr, row_key: int, changed: Sequence[str], version: int) -> None:
        if changed:
            seq = self._state.next_seq(len(changed))
            self._state.db.execute(crr.sql.bump_cells(len(changed)), (row_key, version, seq, *changed))

    def after_delete(self, table: SQLiteValue = None, *key: SQLiteValue) -> int:
        """Record a delete: crsql_after_delete(table, OLD.key...), cr-sqlite.md 5.4. Returns 0."""
        state = self._state
        crr = self._crr(table, len(key), len(key))
        version = state.next_version()
        self._bury(crr, self._find_key(crr, key), version)
        return 0

    def changed(self, crr: Crr, change: RowChange) -> None:
        """Record a change to a row that the triggers did not report. A changed key is a delete and an insert.

        Raises:
            ReplicaError: a row gets a key that nobody can read.
        """
        version = self._state.next_version()
        columns = [column for column in crr.table.columns if not column.hidden]
        values = dict(zip((column.name for column in columns if column.key), change.key, strict=True))
        key = tuple(values[name] for name in crr.key)
        if change.kind == INSERT:
            if not invalid_text.readable(key):
                raise key_unreadable(crr)
            self._create(crr, key, version)
        elif change.kind == UPDATE:
            self._write(crr, self._find_any(crr, key), [columns[place].name for place in change.changed], version)
        else:
            self._bury(crr, self._find_any(crr, key), version)

    def _find_any(self, crr: Crr, key: Key) -> int:
        """Return the number of a key, like ``_find_key``, even if the key contains text that is not valid."""
        if invalid_text.readable(key):
            return self._find_key(crr, key)
        db = self._state.db
        encoding = db.pragma("encoding")
        bound = [
            invalid_text.as_blob(value, encoding) if isinstance(value, invalid_text.NoText) else value for value in key
        ]
        exactly = [f"CAST(?{n} AS TEXT)" if bound[n - 1] is not value else f"?{n}" for n, value in enumerate(key, 1)]
        same = " AND ".join(f"{ident(name)} IS {value}" for name, value in zip(crr.key, exactly, strict=True))
        row_key: int | None = db.execute(f"SELECT {KEY} FROM {crr.sql.pks} WHERE {same}", bound).get
        if row_key is None:
            listed = f"INSERT INTO {crr.sql.pks} ({idents(crr.key)}) VALUES ({', '.join(exactly)}) RETURNING {KEY}"
            row_key = db.execute(listed, bound).get
        assert row_key is not None
        return row_key

    def _bury(self, crr: Crr, row_key: int, version: int) -> None:
        execute = self._state.db.execute
        execute(crr.sql.mark_deleted, (row_key, version, self._state.next_seq()))
        execute(crr.sql.drop_cells, (row_key,))

    def _move(self, crr: Crr, old: int, new: int, version: int) -> None:
        """Record that a row's key changed, from key number ``old`` to ``new``.

        Stock leaves the moved cells' stamps alone, so a peer that syncs by version never gets them (cr-sqlite.md 5.7).
        Here every cell of the row is stamped again at its new key. A live target that the move replaced counts as
        causal length 1 even without a sentinel, so that its old cells lose everywhere.
        """
        state = self._state
        execute = state.db.execute
        cells: dict[str, int] = dict(execute(crr.sql.cells_of, (old,)))
        replaced = old != new and execute(crr.sql.cells_of, (new,)).fetchone() is not None
        self._bury(crr, old, version)
        execute(crr.sql.mark_created, (new, version, state.next_seq(), 3 if replaced else 1))
        rows = [(new, name, cells.get(name, 1), version, 0, state.next_seq()) for name in crr.columns]
        bulk.run(state.db, crr.sql.put_cell, rows)

    def _find_key(self, crr: Crr, key: Key) -> int:
        """Return the number of a key, which nearly always is known."""
        row_key: int | None = self._state.db.execute(crr.sql.find_key, key).get
        return self._add_key(crr, key)[0] if row_key is None else row_key

    def _add_key(self, crr: Crr, key: Key) -> tuple[int, bool]:
        """Return the key's number, and whether it was known before, which it mostly was not."""
        execute = self._state.db.execute
        row_key = execute(crr.sql.add_key, key).get
        if row_key is None:
            return execute(crr.sql.find_key, key).get, True
        return row_key, False

    def _crr(self, table: SQLiteValue, key: int | None, count: int) -> Crr:
        if not isinstance(table, str):
            raise UsageError(t("The crsql_after functions are for triggers, which pass a table's name first."))
        if not self._attached.in_main(self._state.db, table):
            raise ReplicaError(
                t(
                    "This write cannot be recorded: it goes to the table “{table}” of an attached file, "
                    "which is recorded only when the file is opened by itself.",
                    table=table,
                ),
                hint=t("Write to that file through a connection of its own."),
            )
        crr = self._state.catalogue().crrs.get(table)
        if crr is None:
            why = self._state.catalogue().broken.get(table, t("its sync records are gone"))
            raise ReplicaError(
                t(
                    "This write to the table “{table}” cannot be recorded: {reason}.",
                    table=table,
                    reason=why,
                ),
                hint=t(
                    "If the table was renamed, give it its old name back. To use a new name, create a new "
                    "table and copy the rows. Make other schema changes between crsql_begin_alter and "
                    "crsql_commit_alter."
                ),
            )
        expected = len(crr.key) if key is not None else 2 * (len(crr.key) + len(crr.columns))
        if count != expected:
            raise ReplicaError(
                t(
                    "The table “{table}” was changed without updating its sync triggers: they pass "
                    "{count} values where {expected} are needed.",
                    table=table,
                    count=count,
                    expected=expected,
                ),
                hint=t("Make schema changes between crsql_begin_alter and crsql_commit_alter."),
            )
        return crr
