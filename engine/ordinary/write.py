"""What a merge writes to an ordinary table: the rows, the records, and that they were seen so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import apsw

from engine.change import SQLiteValue
from engine.ordinary import refused
from engine.ordinary.capture import see
from engine.ordinary.merged_row import Key, MergedRow
from engine.ordinary.records import Records
from engine.ordinary.register import Entry, base, base_is
from engine.ordinary.shadow import mark
from engine.sqlite.invalid_text import each
from engine.sqlite.sql import ident, idents, main
from engine.sqlite.values import Affinity
from engine.tables.introspect import describe
from engine.tables.trigger_rule import TriggerRule

_EMPTY = {Affinity.TEXT: "''", Affinity.NONE: "x''"}
"""What an empty value is, of a column that holds no number."""


class Writer:
    """Writes to one table, in the caller's transaction.

    Attributes:
        affinity: of each column.
        has_triggers: triggers of the app's run when its rows are merged.
    """

    def __init__(self, db: apsw.Connection, entry: Entry, rule: TriggerRule) -> None:
        self.db = db
        self.entry = entry
        self._rule = rule
        described = describe(db, entry.name)
        assert described is not None
        self.has_triggers = bool(rule.runs(entry.name))
        self._exactly = " AND ".join(
            f"{ident(name)} = ?{n} AND {ident(name)} = ?{n} COLLATE BINARY" for n, name in enumerate(entry.key, 1)
        )
        self.affinity = {column.name: column.affinity for column in described.columns}
        self._needed = {
            column.name: _EMPTY.get(column.affinity, "0")
            for column in described.columns
            if column.name in entry.slots and column.not_null and column.default is None
        }

    def held(self, keys: Sequence[Key]) -> Iterator[dict[str, SQLiteValue] | None]:
        """What the table holds of rows, by column; None where there is no row."""
        names = tuple(f"?{n}" for n in range(1, 1 + len(self.entry.key)))
        columns = self.entry.columns
        fields = idents(columns, prefix="t.") or "1"
        sql = f"SELECT {fields} FROM {base(self.entry)} AS t WHERE {base_is(self.entry, names)}"
        for key in keys:
            try:
                row = self.db.execute(sql, key).fetchone()
            except UnicodeDecodeError:
                row = next(each(self.db, sql, key))
            yield None if row is None else dict(zip(columns, row, strict=False))

    def write(self, changed: Sequence[MergedRow], records: Records) -> None:
        """Write rows that won anything.

        Args:
            records: that theirs were read with.

        Raises:
            TableBroken: the table does not take a row.
        """
        self.log([merged.key for merged in changed])
        self._write_base(changed)
        records.put([(merged.r, merged.row) for merged in changed if merged.r is not None])
        new = [merged for merged in changed if merged.r is None]
        for merged, r in zip(new, records.put_new([(one.packed, one.row) for one in new]), strict=True):
            merged.r = r
        self._see(changed)

    def log(self, keys: Sequence[Key]) -> None:
        """Have rows looked at afterwards that a trigger of the app's may keep out, so that nothing else logs them."""
        if not self.has_triggers:
            return
        columns = ", ".join(self.entry.log_key)
        places = ", ".join("?" * len(self.entry.key))
        self.db.executemany(f"INSERT INTO main.{self.entry.log} ({columns}) VALUES ({places})", keys)

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
            statements.setdefault(texts[new, columns], []).append((*merged.key, *merged.taken.values()))
        for sql, rows in statements.items():
            self.run(sql, rows)

    def delete(self, keys: Sequence[Key]) -> None:
        """Delete rows. Raises TableBroken."""
        with self._rule.deleting(self.entry.name, keys):
            self.run(f"DELETE FROM {main(self.entry.name)} WHERE {self._exactly}", keys)

    def run(self, sql: str, rows: Sequence[Key]) -> None:
        """Run a statement for each row.

        Raises:
            TableBroken: one is refused.
        """
        if not rows:
            return
        at = 0

        def counted() -> Iterator[Key]:
            nonlocal at
            for at, row in enumerate(rows):  # noqa: B007
                yield row

        try:
            self.db.executemany(sql, counted())
        except refused.ERRORS as error:
            again = _once(self.db, sql, rows[at])
            raise refused.row(self.db, self.entry, rows[at][: len(self.entry.key)], error, self._rule, again) from error

    def update(self, columns: tuple[str, ...]) -> str:
        """The SQL for a row that is there: INSERT would ask for columns that are NOT NULL, and did not change."""
        after = 1 + len(self.entry.key)
        sets = ", ".join(f"{ident(name)} = ?{n}" for n, name in enumerate(columns, after))
        return f"UPDATE {main(self.entry.name)} SET {sets} WHERE {self._exactly}"

    def insert(self, columns: tuple[str, ...], rows: str = "") -> str:
        """The SQL for a new row. Its cells may come one after the other, each in a transaction of its own: until then a
        column that is NOT NULL is empty, which no cell stands for.

        Args:
            rows: what takes the place of one row's values, where these are all columns.
        """
        empty = {name: value for name, value in self._needed.items() if name not in columns}
        names = (*self.entry.key, *columns)
        values = (*["?"] * len(names), *empty.values())
        one = f"({', '.join(values)})"
        sets = ", ".join(f"{ident(name)} = excluded.{ident(name)}" for name in columns)
        return (
            f"INSERT INTO {main(self.entry.name)} ({idents((*names, *empty))})"
            f" VALUES {rows or one}"
            f" ON CONFLICT ({idents(self.entry.key)}) DO {f'UPDATE SET {sets}' if sets else 'NOTHING'}"
        )

    def _see(self, changed: Sequence[MergedRow]) -> None:
        """What is seen of a row is what was merged, whatever triggers make of it (``final_values``). What nobody has
        sent of a new row, its defaults, is seen as the table has it."""
        slots, columns = self.entry.slots, len(self.entry.columns)
        statements: dict[tuple[str, ...], list[Key]] = {}
        defaults: list[Key] = []
        for merged in changed:
            if not merged.row.alive:
                continue
            if merged.taken:
                statements.setdefault(tuple(merged.taken), []).append((merged.r, *merged.taken.values()))
            if (merged.deleted or not merged.there) and len(merged.taken) < columns:
                defaults.append((merged.r, *merged.key))
        see(self.db, self.entry, defaults)
        for taken, rows in statements.items():
            sets = ", ".join(f"v{slots[column]} = {mark(f'?{n}')}" for n, column in enumerate(taken, 2))
            self.db.executemany(f"UPDATE main.{self.entry.rows} SET {sets} WHERE r = ?1", rows)


def _once(db: apsw.Connection, sql: str, row: Key) -> Callable[[], object]:
    return lambda: db.execute(sql, row)
