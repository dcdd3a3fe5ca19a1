"""What a merge writes to an ordinary table: rows, records and shadows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import apsw

from engine.change import SQLiteValue
from engine.errors import TableBroken
from engine.ordinary import refused
from engine.ordinary.capture import see
from engine.ordinary.catalogue import OrdinaryTable
from engine.ordinary.leading import Leads, leads, shown_value
from engine.ordinary.merged_row import Key, MergedRow
from engine.ordinary.records import Records
from engine.ordinary.register import base, base_is
from engine.ordinary.shadow import seen
from engine.sqlite.invalid_text import each
from engine.sqlite.sql import cursor, ident, idents, main, run_each
from engine.tables.trigger_rule import TriggerRule


class Writer:
    """Writes to one table, in the caller's transaction.

    Attributes:
        affinity: that of each column.
        encoding: that of the file's texts.
        has_triggers: whether triggers of the app's run when its rows are merged.
        loose_key, keeps_out: as for the table (``catalogue``).
    """

    def __init__(self, db: apsw.Connection, table: OrdinaryTable, rule: TriggerRule) -> None:
        self.db = db
        self.entry = table.entry
        self.affinity = table.affinity
        self.encoding = table.encoding
        self.has_triggers = bool(rule.runs(table.name))
        self.loose_key = table.loose_key
        self.keeps_out = table.keeps_out
        self.table = table
        self._rule = rule

    def held(self, keys: Sequence[Key]) -> Iterator[dict[str, SQLiteValue] | None]:
        """Return what the table holds of rows, by column; None if there is no row."""
        names = tuple(f"?{n}" for n in range(1, 1 + len(self.entry.key)))
        columns = self.entry.columns
        fields = idents(columns, prefix="t.") or "1"
        sql = f"SELECT {fields} FROM {base(self.entry)} AS t WHERE {base_is(self.entry, names)}"
        for key in keys:
            try:
                row = next(iter(cursor(self.db).execute(sql, key).fetchall()), None)
            except UnicodeDecodeError:
                row = next(each(self.db, sql, key))
            yield None if row is None else dict(zip(columns, row, strict=bool(columns)))

    def write(self, changed: Sequence[MergedRow], records: Records) -> None:
        """Write rows that won anything.

        Args:
            records: those through which their records were read.

        Raises:
            RowRefused: the table does not take a row; others may have been written.
            TableBroken: something fails.
        """
        self.log([merged.key for merged in changed])
        self._write_base(changed)
        self.record(changed, records)
        self.see(changed)

    def record(self, changed: Sequence[MergedRow], records: Records) -> None:
        """Write their records."""
        records.put([(merged.r, merged.row) for merged in changed if merged.r is not None])
        new = [merged for merged in changed if merged.r is None]
        for merged, r in zip(new, records.put_new([(one.packed, one.row) for one in new]), strict=True):
            merged.r = r

    def log(self, keys: Sequence[Key]) -> None:
        """Have rows checked afterwards that a trigger of the app's may skip, so that nothing else logs them.

        Args:
            keys: in the table; empty for a deleted row that never had a number here, and leaves nothing to check.
        """
        if not self.has_triggers:
            return
        columns = ", ".join(self.entry.log_key)
        places = ", ".join("?" * len(self.entry.key))
        self.db.executemany(f"INSERT INTO main.{self.entry.log} ({columns}) VALUES ({places})", filter(None, keys))

    def empty_log(self) -> None:
        """Remove what the merge has logged."""
        cursor(self.db).execute(f"DELETE FROM main.{self.entry.log}")

    def _write_base(self, changed: Sequence[MergedRow]) -> None:
        deleted = [merged.key for merged in changed if merged.deleted]
        self.delete(deleted)
        statements: dict[str, list[Key]] = {}
        texts: dict[tuple[bool, tuple[str, ...]], str] = {}
        for merged in changed:
            columns = tuple(merged.taken)
            new = merged.deleted or not merged.there
            if not merged.row.alive or not (new or columns):
                continue
            if (new, columns) not in texts:
                texts[new, columns] = self.insert(columns) if new else self.update(columns)
            statements.setdefault(texts[new, columns], []).append(self.shown_row(merged))
        for sql, rows in statements.items():
            self.run(sql, rows)

    @cached_property
    def leads(self) -> Leads:
        """Which numbers others stand for, by column; the same throughout a merge."""
        return leads(self.db, self.entry) if self.entry.led_columns else {}

    def shown_row(self, merged: MergedRow) -> Key:
        """Return the key of a row, and what the table shows for the values that it takes."""
        if not self.leads:
            return (*merged.key, *merged.taken.values())
        shown = (shown_value(self.leads.get(column, {}), value) for column, value in merged.taken.items())
        return (*merged.key, *shown)

    def shown_values(
        self, columns: Sequence[str], values: Sequence[Sequence[SQLiteValue]]
    ) -> list[Sequence[SQLiteValue]]:
        """Return what the table shows for values, column by column."""
        return [
            [shown_value(self.leads[name], value) for value in column] if name in self.leads else column
            for name, column in zip(columns, values, strict=True)
        ]

    def delete(self, keys: Sequence[Key]) -> None:
        """Delete rows.

        Raises:
            TableBroken: a trigger of the app's prevents a deletion.
        """
        sql = f"DELETE FROM {main(self.entry.name)} WHERE {self.table.is_row}"
        if not keys:
            return
        with self._rule.deleting(self.entry.name, keys):
            self.run(sql, keys, hides=False)

    def run(self, sql: str, rows: Sequence[Key], *, hides: bool = True) -> None:
        """Run a statement for each row.

        Args:
            hides: whether a row that the table does not take can be hidden.

        Raises:
            RowRefused: there is such a row.
            TableBroken: otherwise, and if something fails.
        """
        if not rows:
            return
        at = 0

        def counted() -> Iterator[Key]:
            nonlocal at
            for at, row in enumerate(rows):  # noqa: B007
                yield row

        try:
            if len(rows) == 1:
                self.db.execute(sql, rows[0])
            else:
                self.db.executemany(sql, counted())
        except refused.ERRORS as error:
            if hides and self.is_of_row(error):
                raise refused.RowRefused from error
            raise self.refused(sql, rows[at], error) from error

    def is_of_row(self, error: Exception) -> bool:
        """Return whether a table does not take a row, which can then be hidden: not if the whole transaction was rolled
        back."""
        of_others = getattr(error, "extendedresult", 0) == apsw.SQLITE_CONSTRAINT_FOREIGNKEY
        is_of_row = isinstance(error, refused.OF_ROWS) and not of_others and not self._rule.refuses(self.entry.name)
        return is_of_row and self.db.in_transaction

    def refused(self, sql: str, row: Key, error: Exception) -> TableBroken:
        """Return the error for a row for which a statement was refused."""
        again = _once(self.db, sql, row)
        return refused.row(self.db, self.entry, row[: len(self.entry.key)], error, self._rule, again)

    def update(self, columns: tuple[str, ...]) -> str:
        """Return the SQL for an existing row: INSERT would require NOT NULL columns that did not change."""
        after = 1 + len(self.entry.key)
        sets = ", ".join(f"{ident(name)} = ?{n}" for n, name in enumerate(columns, after))
        return f"UPDATE{self.table.or_abort} {main(self.entry.name)} SET {sets} WHERE {self.table.is_row}"

    def insert(self, columns: tuple[str, ...], rows: str = "") -> str:
        """Return the SQL for a new row.

        Its cells may come one by one, each in a transaction of its own; until then a NOT NULL column holds an empty
        value, for which there is no cell.

        Args:
            rows: what replaces one row's values, if these are all columns.
        """
        empty = {name: value for name, value in self.table.needed.items() if name not in columns}
        names = (*self.entry.key, *columns)
        values = (*["?"] * len(names), *empty.values())
        one = f"({', '.join(values)})"
        sets = ", ".join(f"{ident(name)} = excluded.{ident(name)}" for name in columns)
        again = f" ON CONFLICT ({idents(self.entry.key)}) DO {f'UPDATE SET {sets}' if sets else 'NOTHING'}"
        into = f"INSERT{self.table.or_abort} INTO {main(self.entry.name)}"
        insert = f"{into} ({idents((*names, *empty))}) VALUES {rows or one}"
        return insert if self.loose_key else insert + again  # it might be another row's key as well

    def see(self, changed: Sequence[MergedRow]) -> None:
        """Set the shadow of a row to what was merged, whatever triggers make of it (``final_values``).

        What nobody has sent of a new row, its defaults, is seen as the table has it.
        """
        slots, columns = self.entry.slots, len(self.entry.columns)
        statements: dict[tuple[str, ...], list[Key]] = {}
        defaults: list[Key] = []
        for merged in changed:
            if not merged.row.alive:
                continue
            if merged.taken:
                values = seen(tuple(merged.taken.values()), self.encoding)
                statements.setdefault(tuple(merged.taken), []).append((merged.r, *values))
            if (merged.deleted or not merged.there) and len(merged.taken) < columns:
                defaults.append((merged.r, *merged.key))
        see(self.db, self.entry, defaults)
        for taken, rows in statements.items():
            sets = ", ".join(f"v{slots[column]} = ?{n}" for n, column in enumerate(taken, 2))
            run_each(self.db, f"UPDATE main.{self.entry.rows} SET {sets} WHERE r = ?1", rows)


def _once(db: apsw.Connection, sql: str, row: Key) -> Callable[[], object]:
    return lambda: db.execute(sql, row)
