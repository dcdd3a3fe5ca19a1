"""What must hold, checked with SQL of its own, so that a defect of the engine cannot hide itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import apsw

from engine.change import SQLiteValue

_Row = tuple[SQLiteValue, ...]

USED_UP = 2**53
"""The first version that peers do not take."""

Tables = dict[str, tuple[tuple[str, ...], tuple[str, ...]]]
"""Key and tracked columns of each CRR."""

Digest = dict[str, tuple[list[tuple[tuple[str, SQLiteValue], ...]], dict[_Row, int]]]
"""For each table: its live rows, every value with its storage class; and the causal length of every key."""


class Cell(NamedTuple):
    """One recorded change of a file as its clock table holds it."""

    table: str
    key: _Row
    column: str
    value: SQLiteValue
    version: int
    length: int
    author: bytes

    def __str__(self) -> str:
        return f"{self.table}{self.key}.{self.column} = {self.value!r} (version {self.version}, length {self.length})"


class Eye:
    """Looks into a file, whether a program has it open or not; its schema is that of when it was opened."""

    def __init__(self, path: Path) -> None:
        self.db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        self.tables = tables(self.db)

    def close(self) -> None:
        self.db.close()

    @property
    def site_id(self) -> bytes:
        """The file's id."""
        found: bytes = self.db.execute("SELECT site_id FROM crsql_site_id WHERE ordinal = 0").get
        return found

    def clock(self) -> int:
        """The file's db_version."""
        found: list[int | None] = [
            self.db.execute("SELECT max(value) FROM crsql_master WHERE key = 'pre_compact_dbversion'").get
        ]
        found += [self.db.execute(f"SELECT max(db_version) FROM {table}__crsql_clock").get for table in self.tables]
        return max(version or 0 for version in found)

    def received_clocks(self) -> list[tuple[bytes, int]]:
        """(site id, received clock) of every peer."""
        sql = "SELECT site_id, version FROM crsql_tracked_peers WHERE tag = 0 AND event = 0 ORDER BY 1"
        return list(self.db.execute(sql))

    def covered(self, site_id: bytes) -> frozenset[str]:
        """The tables that the clock of a peer stands for: those recorded with it that bear the mark they had then;
        all of them where none are recorded (the stock dialect)."""
        if self.db.table_exists("main", "crsql_syncline_tables"):
            found = self.db.execute("SELECT tables FROM crsql_syncline_tables WHERE site_id = ?", (site_id,)).get
            if found is not None:
                return frozenset(table for table, mark in json.loads(found).items() if self._bears(table, mark))
        return frozenset(self.tables)

    def _bears(self, table: str, mark: str) -> bool:
        sql = "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND instr(name, ?)"
        bearers = self.db.execute(sql, (mark,))
        return {name for (name,) in bearers} == {table, f"{table}__crsql_clock"}

    def digest(self) -> Digest:
        """What converged replicas have in common: rows, tombstones and causal lengths."""
        found: Digest = {}
        for table, (key, columns) in self.tables.items():
            order = ", ".join(key)
            rows = [
                tuple((_storage(value), 0.0 if value == 0 and isinstance(value, float) else value) for value in row)
                for row in self._rows(
                    f"SELECT {', '.join(map(_readable, key + columns))} FROM {table} ORDER BY {order}"
                )
            ]
            lengths = {
                tuple(pk): length
                for length, *pk in self.db.execute(
                    "SELECT ifnull(max(CASE WHEN c.col_name = '-1' THEN c.col_version END), 1),"
                    f" {_keys('p', key)} FROM {table}__crsql_clock AS c"
                    f" JOIN {table}__crsql_pks AS p ON p.__crsql_key = c.key GROUP BY c.key"
                )
            }
            found[table] = (rows, lengths)
        return found

    def cells(self, since: int, until: int) -> Iterator[Cell]:
        """What the file holds now with since < db_version <= until."""
        for table, (key, columns) in self.tables.items():
            cases = "".join(f" WHEN '{column}' THEN t.{column}" for column in columns)
            value = f"CASE c.col_name{cases} END" if cases else "NULL"
            same = " AND ".join(f"t.{column} = p.{column}" for column in key)
            found: list[Any] = self.db.execute(
                f"SELECT c.col_name, {_readable(value)}, c.col_version, ifnull(s.col_version, 1), a.site_id,"
                f" {_keys('p', key)}"
                f" FROM {table}__crsql_clock AS c JOIN crsql_site_id AS a ON a.ordinal = c.site_id"
                f" JOIN {table}__crsql_pks AS p ON p.__crsql_key = c.key"
                f" LEFT JOIN {table} AS t ON {same}"
                f" LEFT JOIN {table}__crsql_clock AS s ON s.key = c.key AND s.col_name = '-1'"
                " WHERE c.db_version > ? AND c.db_version <= ?",
                (since, until),
            ).fetchall()
            for column, is_text, val, version, length, author, *pk in found:
                yield Cell(table, tuple(pk), column, _value(is_text, val), version, length, author)

    def waits(self, cell: Cell) -> bool:
        """Whether the cell's row cannot be sent as it is now: it holds text that is none, or a version that is used
        up. A clock may pass it, for when it can be sent it gets another version."""
        if cell.table not in self.tables:
            return False
        key, columns = self.tables[cell.table]
        where = " AND ".join(f"p.{column} IS ?" for column in key)
        source = f"{cell.table}__crsql_pks AS p JOIN {cell.table}__crsql_clock AS c ON c.key = p.__crsql_key"
        highest = self.db.execute(f"SELECT max(c.col_version) FROM {source} WHERE {where}", cell.key).get
        if highest is not None and highest >= USED_UP:
            return True
        fields = ", ".join(map(_readable, columns)) or "NULL, NULL"
        rows = self._rows(f"SELECT {fields} FROM {cell.table} AS p WHERE {where}", cell.key)
        return any(isinstance(value, str) and not _is_whole(value) for row in rows for value in row)

    def _rows(self, sql: str, bindings: _Row = ()) -> list[_Row]:
        """The rows of a query whose fields are all ``_readable``."""
        found = self.db.execute(sql, bindings).fetchall()
        return [tuple(map(_value, row[::2], row[1::2])) for row in found]

    def holds(self, cell: Cell) -> bool:
        """Whether the file has this cell, or something that beats it: merging it would change nothing.

        See cr-sqlite.md 7.2 and 7.3. It need not have what it has no table or column for: links wait until it has.
        """
        if cell.table not in self.tables:
            return True
        key, columns = self.tables[cell.table]
        same = " AND ".join(f"p.{column} IS ?" for column in key)
        clocks = dict(
            self.db.execute(
                f"SELECT c.col_name, c.col_version FROM {cell.table}__crsql_pks AS p"
                f" JOIN {cell.table}__crsql_clock AS c ON c.key = p.__crsql_key WHERE {same}",
                cell.key,
            )
        )
        length = clocks.get("-1", 1 if clocks else 0)
        if cell.length != length:
            return bool(cell.length < length)
        if cell.column == "-1" or cell.length % 2 == 0 or cell.column not in columns:
            return True
        version = clocks.get(cell.column)
        if version is None or version != cell.version:
            return version is not None and bool(version > cell.version)
        where = " AND ".join(f"{column} IS ?" for column in key)
        rows = self._rows(f"SELECT {_readable(cell.column)} FROM {cell.table} WHERE {where}", cell.key)
        return bool(rows) and _rank(rows[0][0]) >= _rank(cell.value)


def tables(db: apsw.Connection) -> Tables:
    """The CRRs of a file, by name."""
    found: dict[str, list[tuple[str, int]]] = {}
    for table, column, pk in db.execute(
        "SELECT m.name, c.name, c.pk FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table'"
        " AND EXISTS (SELECT 1 FROM sqlite_master WHERE name = m.name || '__crsql_clock') ORDER BY 1, 2"
    ):
        found.setdefault(table, []).append((column, pk))
    return {
        table: (
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


def _keys(prefix: str, key: tuple[str, ...]) -> str:
    return ", ".join(f"{prefix}.{column}" for column in key)


def _rank(value: SQLiteValue) -> tuple[int, object]:
    """Order of values at equal versions: NULL < BLOB < TEXT < REAL < INTEGER (cr-sqlite.md 7.3)."""
    if value is None:
        return 0, 0
    if isinstance(value, bytes):
        return 1, value
    if isinstance(value, str):
        return 2, value.encode(errors="surrogateescape")
    return (3 if isinstance(value, float) else 4), value


def _readable(field: str) -> str:
    """Two fields for one, of which any value can be read: whether it is a text, and it, a text by its bytes."""
    return f"typeof({field}) = 'text', iif(typeof({field}) = 'text', CAST({field} AS BLOB), {field})"


def _value(is_text: object, value: Any) -> SQLiteValue:
    return value.decode(errors="surrogateescape") if is_text else value


def _is_whole(text: str) -> bool:
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
