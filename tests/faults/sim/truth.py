"""What must hold, checked with SQL of its own, so that a defect of the engine cannot hide itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import apsw

from engine.change import SQLiteValue

from .records import SENTINEL, Cell, CrrRecords, Key, OrdinaryRecords, Records, readable, value_of

USED_UP = 2**53
"""The first version that peers do not take."""

Tables = dict[str, Records]
"""The records of each synced table."""

Covered = frozenset[tuple[str, str]]
"""Tables, and columns of them; the rows themselves stand as the column of the sentinel."""

Digest = dict[str, tuple[list[tuple[tuple[str, SQLiteValue], ...]], dict[Key, int]]]
"""For each table: its live rows, every value with its storage class; and the causal length of every key."""


class Eye:
    """Looks into a file, whether a program has it open or not. Which tables are cr-sqlite's stays as it was when it was
    opened; ordinary ones may change at any time."""

    def __init__(self, path: Path) -> None:
        self.db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        self._crrs = crrs(self.db)
        self._version: object = None
        self._tables: Tables = {}
        self._ordinary: dict[str, OrdinaryRecords] = {}
        self._covered: dict[bytes, Covered] = {}

    def close(self) -> None:
        self.db.close()

    @property
    def tables(self) -> Tables:
        """All synced tables, by name."""
        self._look()
        return self._tables

    @property
    def ordinary(self) -> dict[str, OrdinaryRecords]:
        """The ordinary ones."""
        self._look()
        return self._ordinary

    def _look(self) -> None:
        """Look again what tables there are, if anybody has written to the file."""
        version = self.db.execute("PRAGMA data_version").get
        if version != self._version:
            self._version = version
            there = self.db.table_exists("main", "crsql_syncline_register")
            found = self.db.execute("SELECT name FROM crsql_syncline_register").fetchall() if there else []
            self._ordinary = {name: OrdinaryRecords(self.db, name) for (name,) in found}
            self._tables = dict(sorted({**self._crrs, **self._ordinary}.items()))
            self._covered.clear()

    @property
    def site_id(self) -> bytes:
        """The file's id."""
        found: bytes = self.db.execute("SELECT site_id FROM crsql_site_id WHERE ordinal = 0").get
        return found

    def clock(self) -> int:
        """The file's db_version."""
        floor: int | None = self.db.execute(
            "SELECT max(value) FROM crsql_master WHERE key = 'pre_compact_dbversion'"
        ).get
        return max(floor or 0, *(records.version() for records in self.tables.values()))

    def received_clocks(self) -> list[tuple[bytes, int]]:
        """(site id, received clock) of every peer."""
        sql = "SELECT site_id, version FROM crsql_tracked_peers WHERE tag = 0 AND event = 0 ORDER BY 1"
        return list(self.db.execute(sql))

    def covered(self, site_id: bytes) -> Covered:
        """What the clock of a peer stands for: the tables recorded with it that bear the mark they had then, in the
        columns that are the ones they were; all of it where none is recorded (the stock dialect)."""
        self._look()
        if site_id not in self._covered:
            self._covered[site_id] = self._find_covered(site_id)
        return self._covered[site_id]

    def _find_covered(self, site_id: bytes) -> Covered:
        held = {table: self._slots(table).items() for table in self._tables}
        if self.db.table_exists("main", "crsql_syncline_tables"):
            found = self.db.execute("SELECT tables FROM crsql_syncline_tables WHERE site_id = ?", (site_id,)).get
            if found is not None:
                recorded = json.loads(found).items()
                held = {
                    table: slots.items() & held[table] for table, (mark, slots) in recorded if self._bears(table, mark)
                }
        return frozenset((table, name) for table, slots in held.items() for name in (SENTINEL, *dict(slots)))

    def _slots(self, table: str) -> dict[str, int]:
        if table not in self._ordinary:
            return dict.fromkeys(self._tables[table].columns, 0)
        columns = self.db.execute("SELECT columns FROM crsql_syncline_register WHERE name = ?", (table,)).get
        slots: dict[str, int] = json.loads(columns)
        return slots

    def _bears(self, table: str, mark: str) -> bool:
        sql = "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND instr(name, ?)"
        bearers = {name for (name,) in self.db.execute(sql, (mark,))}
        return table in self._tables and bearers == {table, self._tables[table].marked()}

    def digest(self) -> Digest:
        """What converged replicas have in common: rows, tombstones and causal lengths."""
        found: Digest = {}
        for table, records in self.tables.items():
            fields = ", ".join(map(readable, records.key + tuple(sorted(records.columns))))
            rows = [
                tuple((_storage(value), 0.0 if value == 0 and isinstance(value, float) else value) for value in row)
                for row in self._rows(f"SELECT {fields} FROM {table} ORDER BY {', '.join(records.key)}")
            ]
            found[table] = (rows, records.lengths())
        return found

    def cells(self, since: int, until: int) -> Iterator[Cell]:
        """What is recorded now with since < db_version <= until."""
        for records in self.tables.values():
            yield from records.cells(since, until)

    def pending(self) -> list[Cell]:
        """What apps wrote to ordinary tables and no capture has recorded yet, as far as it can be sent."""
        return [
            cell
            for records in self.ordinary.values()
            if records.settled()
            for cell in records.pending()
            if cell.version < USED_UP and not self.waits(cell)
        ]

    def waits(self, cell: Cell) -> bool:
        """Whether the cell's row cannot be sent as it is now: it holds text that is none, or a version that is used
        up. A clock may pass it, for when it can be sent it gets another version."""
        records = self.tables.get(cell.table)
        if records is None:
            return False
        length, cells = records.known(cell.key)
        if max((length, *(version for version, _ in cells.values()))) >= USED_UP:
            return True
        fields = ", ".join(map(readable, records.columns)) or "NULL, NULL"
        where = " AND ".join(f"{column} IS ?" for column in records.key)
        rows = self._rows(f"SELECT {fields} FROM {cell.table} WHERE {where}", cell.key)
        return any(isinstance(value, str) and not is_whole(value) for row in rows for value in row)

    def withholds(self, cell: Cell) -> bool:
        """Whether the cell's row is not sent: as it cannot be, or could not be when it was last looked at. A clock may
        pass it there, too: with the next look it gets another version."""
        records = self.tables.get(cell.table)
        return self.waits(cell) or (records is not None and records.withheld(cell.key))

    def column(self, table: str, column: str) -> list[SQLiteValue]:
        """All values in a column of a table."""
        return [value for (value,) in self._rows(f"SELECT {readable(column)} FROM {table}")]

    def _rows(self, sql: str, bindings: Key = ()) -> list[Key]:
        """The rows of a query whose fields are all ``readable``; none of a table that is not there."""
        try:
            found = self.db.execute(sql, bindings).fetchall()
        except apsw.SQLError:
            return []
        return [tuple(map(value_of, row[::2], row[1::2])) for row in found]

    def holds(self, cell: Cell) -> bool:
        """Whether the file has this cell, or something that beats it: merging it would change nothing.

        See cr-sqlite.md 7.2 and 7.3. It need not have what it has no table or column for: links wait until it has.
        """
        records = self.tables.get(cell.table)
        if records is None:
            return True
        length, cells = records.known(cell.key)
        if cell.length != length:
            return bool(cell.length < length)
        if cell.column == SENTINEL or cell.length % 2 == 0 or cell.column not in records.columns:
            return True
        if cell.column not in cells:
            return False
        version, value = cells[cell.column]
        return version > cell.version if version != cell.version else _rank(value) >= _rank(cell.value)


def crrs(db: apsw.Connection) -> dict[str, CrrRecords]:
    """cr-sqlite's tables of a file, by name."""
    found: dict[str, list[tuple[str, int]]] = {}
    for table, column, pk in db.execute(
        "SELECT m.name, c.name, c.pk FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table'"
        " AND EXISTS (SELECT 1 FROM sqlite_master WHERE name = m.name || '__crsql_clock') ORDER BY 1, 2"
    ):
        found.setdefault(table, []).append((column, pk))
    return {
        table: CrrRecords(
            db,
            table,
            tuple(name for name, pk in sorted(columns, key=lambda one: one[1]) if pk),
            tuple(name for name, pk in columns if not pk),
        )
        for table, columns in found.items()
    }


def difference(one: Digest, other: Digest) -> str:
    """The first difference of two digests in words; empty for none."""
    if one.keys() != other.keys():
        return f"tables {sorted(one)} against {sorted(other)}"
    for table in one:
        (rows, lengths), (rows_there, lengths_there) = one[table], other[table]
        here, there = [row for row in rows if row not in rows_there], [row for row in rows_there if row not in rows]
        if here or there:
            return f"{table}: rows {here[:3]} against {there[:3]}"
        for key in {**lengths, **lengths_there}:
            if lengths.get(key) != lengths_there.get(key):
                return f"{table}{key}: causal length {lengths.get(key)} against {lengths_there.get(key)}"
    return ""


def _rank(value: SQLiteValue) -> tuple[int, object]:
    """Order of values at equal versions: NULL < BLOB < TEXT < REAL < INTEGER (cr-sqlite.md 7.3)."""
    if value is None:
        return 0, 0
    if isinstance(value, bytes):
        return 1, value
    if isinstance(value, str):
        return 2, value.encode(errors="surrogateescape")
    return (3 if isinstance(value, float) else 4), value


def is_whole(text: str) -> bool:
    """Whether a value stands for text that is valid."""
    return is_text(text.encode(errors="surrogateescape"))


def is_text(data: bytes) -> bool:
    """Whether these bytes are text."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _storage(value: SQLiteValue) -> str:
    return type(value).__name__
