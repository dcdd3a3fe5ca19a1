"""What is recorded of a table's rows, by its kind: how cr-sqlite keeps it, and how ordinary tables do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import apsw

from engine.change import SQLiteValue
from engine.tables import pack_columns, unpack_columns

Key = tuple[SQLiteValue, ...]

SENTINEL = "-1"


class Cell(NamedTuple):
    """One recorded change of a file."""

    table: str
    key: Key
    column: str
    value: SQLiteValue
    version: int
    length: int
    author: bytes

    def __str__(self) -> str:
        return f"{self.table}{self.key}.{self.column} = {self.value!r} (version {self.version}, length {self.length})"


class Known(NamedTuple):
    """What a file knows of a row: its causal length, 0 for one that it knows nothing of, and by column the version and
    the value of each cell."""

    length: int
    cells: dict[str, tuple[int, SQLiteValue]]


class Records(Protocol):
    """Those of one table. ``key`` and ``columns`` are those that are recorded."""

    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]

    def version(self) -> int:
        """The latest of its cells, as a program with the published extension sees it."""

    def marked(self) -> str:
        """The table that bears its mark, too."""

    def cells(self, since: int, until: int) -> Iterator[Cell]:
        """What is recorded now with since < db_version <= until."""

    def lengths(self) -> dict[Key, int]:
        """The causal length of every row that is known."""

    def known(self, key: Key) -> Known:
        """What is known of a row."""

    def withheld(self, key: Key) -> bool:
        """Whether it is recorded of a row that it cannot be sent."""


@dataclass
class CrrRecords:
    """cr-sqlite's: a clock row for each cell; the values are those of the table."""

    db: apsw.Connection
    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]

    def version(self) -> int:
        found: int | None = self.db.execute(f"SELECT max(db_version) FROM {self.table}__crsql_clock").get
        return found or 0

    def marked(self) -> str:
        return f"{self.table}__crsql_clock"

    def cells(self, since: int, until: int) -> Iterator[Cell]:
        cases = "".join(f" WHEN '{column}' THEN t.{column}" for column in self.columns)
        value = f"CASE c.col_name{cases} END" if cases else "NULL"
        same = " AND ".join(f"t.{column} = p.{column}" for column in self.key)
        found: list[Any] = self.db.execute(
            f"SELECT c.col_name, {readable(value)}, c.col_version, ifnull(s.col_version, 1), a.site_id,"
            f" {self._key('p')} FROM {self.table}__crsql_clock AS c JOIN crsql_site_id AS a ON a.ordinal = c.site_id"
            f" JOIN {self.table}__crsql_pks AS p ON p.__crsql_key = c.key"
            f" LEFT JOIN {self.table} AS t ON {same}"
            f" LEFT JOIN {self.table}__crsql_clock AS s ON s.key = c.key AND s.col_name = '-1'"
            " WHERE c.db_version > ? AND c.db_version <= ?",
            (since, until),
        ).fetchall()
        for column, is_text, val, version, length, author, *pk in found:
            yield Cell(self.table, tuple(pk), column, value_of(is_text, val), version, length, author)

    def lengths(self) -> dict[Key, int]:
        return {
            tuple(pk): length
            for length, *pk in self.db.execute(
                "SELECT ifnull(max(CASE WHEN c.col_name = '-1' THEN c.col_version END), 1),"
                f" {self._key('p')} FROM {self.table}__crsql_clock AS c"
                f" JOIN {self.table}__crsql_pks AS p ON p.__crsql_key = c.key GROUP BY c.key"
            )
        }

    def known(self, key: Key) -> Known:
        where = " AND ".join(f"p.{column} IS ?" for column in self.key)
        clocks: dict[str, int] = dict(
            self.db.execute(
                f"SELECT c.col_name, c.col_version FROM {self.table}__crsql_pks AS p"
                f" JOIN {self.table}__crsql_clock AS c ON c.key = p.__crsql_key WHERE {where}",
                key,
            )
        )
        length = clocks.pop(SENTINEL, 1 if clocks else 0)
        fields = ", ".join(map(readable, self.columns)) or "NULL"
        where = " AND ".join(f"{column} IS ?" for column in self.key)
        row = self.db.execute(f"SELECT {fields} FROM {self.table} WHERE {where}", key).fetchone() or (0, None) * 9
        values = dict(zip(self.columns, map(value_of, row[::2], row[1::2]), strict=False))
        return Known(length, {column: (version, values.get(column)) for column, version in clocks.items()})

    def withheld(self, key: Key) -> bool:
        where = " AND ".join(f"p.{column} IS ?" for column in self.key)
        sql = f"FROM {self.table}__crsql_pks AS p WHERE {where} AND p.__crsql_key = h.key"
        return _is_held(self.db, "crsql_syncline_held", self.table, sql, key)

    def _key(self, prefix: str) -> str:
        return ", ".join(f"{prefix}.{column}" for column in self.key)


class OrdinaryRecords:
    """Those of an ordinary table: a stamp for each row, and for the cells that differ; the values are those that were
    seen last, which are short here.

    The app may have written since: ``pending`` tells what a capture must find then.
    """

    def __init__(self, db: apsw.Connection, table: str) -> None:
        self.db = db
        self.table = table
        sql = "SELECT number, key, columns FROM crsql_syncline_register WHERE name = ?"
        found = db.execute(sql, (table,)).fetchone()
        assert found is not None
        self._number, key, columns = found
        self.key: tuple[str, ...] = tuple(json.loads(key))
        self._slots: dict[str, int] = json.loads(columns)
        self.columns = tuple(self._slots)

    def version(self) -> int:
        return 0  # kept as the floor of all

    def marked(self) -> str:
        return f"crsql_syncline_rows_{self._number}"

    def settled(self) -> bool:
        """Whether nothing of it is to be compared."""
        sql = "SELECT due IS NULL AND suspended IS NULL FROM crsql_syncline_register WHERE name = ?"
        return bool(self.db.execute(sql, (self.table,)).get)

    def cells(self, since: int, until: int) -> Iterator[Cell]:
        for key, length, stamp, cells in self._rows():
            some = False
            for column, (version, db_version, author, value) in cells.items():
                some |= (version, db_version, author) == stamp
                if since < db_version <= until:
                    yield Cell(self.table, key, column, value, version, length, author)
            if not some and (length > 1 or not cells) and since < stamp[1] <= until:
                yield Cell(self.table, key, SENTINEL, None, length, length, stamp[2])

    def lengths(self) -> dict[Key, int]:
        return {key: length for key, length, _, _ in self._rows()}

    def known(self, key: Key) -> Known:
        for _, length, _, cells in self._rows(key):
            return Known(length, {column: (cell[0], cell[3]) for column, cell in cells.items()})
        return Known(0, {})

    def withheld(self, key: Key) -> bool:
        sql = f"FROM {self.marked()} AS r WHERE r.pk = ? AND r.r = h.key"
        return _is_held(self.db, "crsql_syncline_held_rows", self.table, sql, (pack_columns(key),))

    def pending(self) -> list[Cell]:
        """The cells that a capture will record, as the table is now; none of a table that is not there."""
        fields = ", ".join(map(readable, self.key + self.columns))
        try:
            found = self.db.execute(f"SELECT {fields} FROM {self.table}").fetchall()
        except apsw.SQLError:
            return []
        there: dict[Key, dict[str, SQLiteValue]] = {}
        for row in found:
            values = list(map(value_of, row[::2], row[1::2]))
            there[tuple(values[: len(self.key)])] = dict(zip(self.columns, values[len(self.key) :], strict=True))
        known = {key: (length, cells) for key, length, _, cells in self._rows()}
        made: list[Cell] = []
        for key, values in there.items():
            length, cells = known.get(key, (0, {}))
            if length % 2 == 0:
                made += (Cell(self.table, key, column, value, 1, length + 1, b"") for column, value in values.items())
                made += [] if values else [Cell(self.table, key, SENTINEL, None, length + 1, length + 1, b"")]
                continue
            for column, value in values.items():
                version, _, _, seen = cells.get(column, (0, 0, b"", None))
                if column in cells and (type(seen), seen) != (type(value), value):
                    made.append(Cell(self.table, key, column, value, version + 1, length, b""))
        for key, (length, _) in known.items():
            if length % 2 and key not in there:
                made.append(Cell(self.table, key, SENTINEL, None, length + 1, length + 1, b""))
        return made

    def _rows(
        self, key: Key | None = None
    ) -> Iterator[tuple[Key, int, tuple[int, int, bytes], dict[str, tuple[int, int, bytes, SQLiteValue]]]]:
        """Of each row, or of one, its key, causal length, stamp, and cells with their values."""
        sites = dict(self.db.execute("SELECT ordinal, site_id FROM crsql_site_id"))
        fields = "".join(f", {readable(f'v{slot}')}" for slot in self._slots.values())
        where, bindings = ("", ()) if key is None else (" WHERE pk = ?", (pack_columns(key),))
        rows = f"SELECT r, pk, length, covers, col_version, db_version, site{fields} FROM {self.marked()}{where}"
        for r, pk, length, covers, version, db_version, site, *seen in self.db.execute(rows, bindings).fetchall():
            stamp = version, db_version, sites[site]
            sql = f"SELECT slot, col_version, db_version, site FROM crsql_syncline_cells_{self._number} WHERE r = ?"
            entries = {slot: (one, other, sites[by]) for slot, one, other, by in self.db.execute(sql, (r,))}
            bits = int.from_bytes(covers, "little")
            cells = {
                column: (*entries.get(slot, stamp), value_of(*seen[2 * place : 2 * place + 2]))
                for place, (column, slot) in enumerate(self._slots.items())
                if bits >> slot & 1
            }
            yield unpack_columns(pk), length, stamp, cells


def _is_held(db: apsw.Connection, held: str, table: str, row: str, key: Key) -> bool:
    """Whether a row is in the file's table of those that are held back; ``row``: the rest of a query for it."""
    if not db.table_exists("main", held):
        return False
    sql = f"SELECT 1 FROM {held} AS h WHERE h.tbl = ? AND EXISTS (SELECT 1 {row})"
    return db.execute(sql, (table, *key)).fetchone() is not None


def readable(field: str) -> str:
    """Two fields for one, of which any value can be read: whether it is a text, and it, a text by its bytes."""
    return f"typeof({field}) = 'text', iif(typeof({field}) = 'text', CAST({field} AS BLOB), {field})"


def value_of(is_text: object, value: Any) -> SQLiteValue:
    """The value of two such fields; of bytes that are no text, something that tells them apart."""
    return value.decode(errors="surrogateescape") if is_text else value
