"""What must hold, checked with SQL of its own, so that a defect of the engine cannot hide itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import apsw

from engine.change import SQLiteValue

from .files import TABLES

_Row = tuple[SQLiteValue, ...]

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


def digest(db: apsw.Connection) -> Digest:
    """What converged replicas have in common (design.md section 6): rows, tombstones and causal lengths."""
    found: Digest = {}
    for table, (key, columns) in TABLES.items():
        names, order = ", ".join(key + columns), ", ".join(key)
        rows = [
            tuple((_storage(value), 0.0 if value == 0 and isinstance(value, float) else value) for value in row)
            for row in db.execute(f"SELECT {names} FROM {table} ORDER BY {order}")
        ]
        lengths = {
            tuple(pk): length
            for length, *pk in db.execute(
                f"SELECT ifnull(max(CASE WHEN c.col_name = '-1' THEN c.col_version END), 1), {_keys('p', key)}"
                f" FROM {table}__crsql_clock AS c JOIN {table}__crsql_pks AS p ON p.__crsql_key = c.key GROUP BY c.key"
            )
        }
        found[table] = (rows, lengths)
    return found


def difference(one: Digest, other: Digest) -> str:
    """The first difference of two digests in words; empty for none."""
    for table in TABLES:
        (rows, lengths), (rows_there, lengths_there) = one[table], other[table]
        here, there = [row for row in rows if row not in rows_there], [row for row in rows_there if row not in rows]
        if here or there:
            return f"{table}: rows {here[:3]} against {there[:3]}"
        for key in {**lengths, **lengths_there}:
            if lengths.get(key) != lengths_there.get(key):
                return f"{table}{key}: causal length {lengths.get(key)} against {lengths_there.get(key)}"
    return ""


def site_id(path: Path) -> bytes:
    """The id of a (closed) file."""
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    found: bytes = db.execute("SELECT site_id FROM crsql_site_id WHERE ordinal = 0").get
    db.close()
    return found


def clock(db: apsw.Connection) -> int:
    """The file's db_version."""
    clocks: list[int] = [
        db.execute(f"SELECT ifnull(max(db_version), 0) FROM {table}__crsql_clock").get for table in TABLES
    ]
    return max(clocks)


def received_clocks(db: apsw.Connection) -> list[tuple[bytes, int]]:
    """(site id, received clock) of every peer."""
    return list(db.execute("SELECT site_id, version FROM crsql_tracked_peers WHERE tag = 0 AND event = 0 ORDER BY 1"))


def cells(db: apsw.Connection, since: int, until: int) -> Iterator[Cell]:
    """What the file holds now with since < db_version <= until."""
    for table, (key, columns) in TABLES.items():
        cases = "".join(f" WHEN '{column}' THEN t.{column}" for column in columns)
        value = f"CASE c.col_name{cases} END" if cases else "NULL"
        same = " AND ".join(f"t.{column} = p.{column}" for column in key)
        found: list[Any] = db.execute(
            f"SELECT c.col_name, {value}, c.col_version, ifnull(s.col_version, 1), a.site_id, {_keys('p', key)}"
            f" FROM {table}__crsql_clock AS c JOIN crsql_site_id AS a ON a.ordinal = c.site_id"
            f" JOIN {table}__crsql_pks AS p ON p.__crsql_key = c.key"
            f" LEFT JOIN {table} AS t ON {same}"
            f" LEFT JOIN {table}__crsql_clock AS s ON s.key = c.key AND s.col_name = '-1'"
            " WHERE c.db_version > ? AND c.db_version <= ?",
            (since, until),
        ).fetchall()
        for column, val, version, length, author, *pk in found:
            yield Cell(table, tuple(pk), column, val, version, length, author)


def holds(db: apsw.Connection, cell: Cell) -> bool:
    """Whether the file has this cell, or something that beats it: merging it would change nothing (spec 7.2, 7.3)."""
    key, _ = TABLES[cell.table]
    same = " AND ".join(f"p.{column} IS ?" for column in key)
    clocks = dict(
        db.execute(
            f"SELECT c.col_name, c.col_version FROM {cell.table}__crsql_pks AS p"
            f" JOIN {cell.table}__crsql_clock AS c ON c.key = p.__crsql_key WHERE {same}",
            cell.key,
        )
    )
    length = clocks.get("-1", 1 if clocks else 0)
    if cell.length != length:
        return bool(cell.length < length)
    if cell.column == "-1" or cell.length % 2 == 0:
        return True
    version = clocks.get(cell.column)
    if version is None or version != cell.version:
        return version is not None and bool(version > cell.version)
    where = " AND ".join(f"{column} IS ?" for column in key)
    row = db.execute(f"SELECT {cell.column} FROM {cell.table} WHERE {where}", cell.key).fetchone()
    return row is not None and _rank(row[0]) >= _rank(cell.value)


def _keys(prefix: str, key: tuple[str, ...]) -> str:
    return ", ".join(f"{prefix}.{column}" for column in key)


def _rank(value: SQLiteValue) -> tuple[int, object]:
    """Order of values at equal versions: NULL < BLOB < TEXT < REAL < INTEGER (spec 7.3)."""
    if value is None:
        return 0, 0
    if isinstance(value, bytes):
        return 1, value
    if isinstance(value, str):
        return 2, value.encode()
    return (3 if isinstance(value, float) else 4), value


def _storage(value: SQLiteValue) -> str:
    return type(value).__name__
