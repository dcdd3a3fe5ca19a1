"""Random scripts for the differential tests: what two sites do with one schema, as plain data.

Left out is what Syncline does otherwise on purpose: updates that change nothing (stock skips a version for
them) and updates of keys (stock's peers lose values); the latter have a test of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal

from engine.change import SENTINEL, SQLiteValue
from engine.crr import pack_columns

SITES = 2
Way = Literal["alone", "sql", "replica"]
"""How changes are merged: inserted in whatever transaction is open (or none), inserted in one of their own, or
by Replica.merge (and inserted in the published engine)."""


@dataclass(frozen=True)
class Table:
    """A CRR: ``keys`` are the primary keys that scripts use, so few that they collide."""

    name: str
    create: str
    key: tuple[str, ...]
    keys: tuple[tuple[SQLiteValue, ...], ...]
    columns: tuple[str, ...] = ()
    values: tuple[SQLiteValue, ...] = (None, 1, 2, "a")
    stored: dict[str, tuple[SQLiteValue, ...]] = field(default_factory=dict)
    """For typed columns, values that they hold as they are: only those come from real peers."""
    ordered: bool = False
    """Rows lie in the order of their keys, so that statements on all rows visit them alike in both engines."""


@dataclass(frozen=True)
class Sql:
    """One statement, in a transaction of its own unless one is open."""

    site: int
    sql: str
    args: tuple[SQLiteValue, ...] = ()


@dataclass(frozen=True)
class Block:
    """Statements that belong together, as a transaction."""

    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Merge:
    """Changes of ``source`` above some version go to ``target``, some way disturbed (see `order`)."""

    source: int
    target: int
    order: str
    seed: int
    exclude: bool = False
    way: Way = "sql"


@dataclass(frozen=True)
class Feed:
    """Changes that neither site made."""

    target: int
    changes: tuple[tuple[SQLiteValue, ...], ...]
    way: Way = "sql"


Step = Sql | Block | Merge | Feed
ORDERS = ("as read", "delta", "shuffled", "partial", "repeated")


@dataclass(frozen=True)
class Script:
    """``filled`` runs before the tables become CRRs; then the steps; then the queries."""

    tables: tuple[Table, ...]
    filled: tuple[Sql, ...] = ()
    steps: tuple[Step, ...] = ()
    queries: tuple[Sql, ...] = ()


TYPED = Table(
    "item",
    "CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL,"
    " a, b TEXT DEFAULT 'new', c REAL, d INTEGER NOT NULL DEFAULT 7)",
    ("id",),
    ((1,), (2,), (-1,), (300,)),
    ("a", "b", "c", "d"),
    (None, 0, 1, 2, -1, 2.5, 3.0, "", "a", "7", b"", b"\x01\xff", 2**40),
    {"b": (None, "", "a", "7", b"7"), "c": (None, 2.5, 3.0, "z", b""), "d": (0, 1, 7, 2**40, "z")},
    ordered=True,
)
TEXT_KEY = Table(
    "note",
    "CREATE TABLE note (k TEXT PRIMARY KEY NOT NULL, body TEXT, n NUMERIC, raw BLOB)",
    ("k",),
    (("",), ("x",), ("é",), (5,)),
    ("body", "n", "raw"),
    (None, "a", "b", "12", 1, 1.5, b"a"),
    {"body": (None, "a", "b", "12"), "n": (None, 1, 2, 1.5, "z"), "raw": (None, "a", 1, 1.0, b"a")},
)
COMPOSITE = Table(
    "edge",
    "CREATE TABLE edge (x INTEGER NOT NULL, v, y TEXT NOT NULL, w TEXT DEFAULT NULL, PRIMARY KEY (y, x))",
    ("y", "x"),
    (("a", 1), ("a", 2), ("b", 1)),
    ("v", "w"),
    stored={"w": (None, "a", "1")},
)
KEY_ONLY = Table(
    "tag",
    "CREATE TABLE tag (x INTEGER NOT NULL, y TEXT NOT NULL, PRIMARY KEY (x, y))",
    ("x", "y"),
    ((1, "a"), (1, "b"), (2, "a")),
)
NO_ROWID = Table(
    "blobs",
    "CREATE TABLE blobs (k BLOB PRIMARY KEY NOT NULL, v ANY) WITHOUT ROWID",
    ("k",),
    ((b"",), (b"\x00",), (b"\xff\x00",)),
    ("v",),
    (None, 1, 1.0, -3, "1", b"1"),
    {"v": (None, 1, 2.5, -3, "z", b"1")},  # outside STRICT tables ANY means NUMERIC
    ordered=True,
)
UNTYPED = Table(
    "loose",
    "CREATE TABLE loose (k PRIMARY KEY NOT NULL, v)",
    ("k",),
    ((1,), ("1",), (b"1",), (2.5,)),
    ("v",),
    (None, 5, 5.0, -3, "a", b"a"),
)
MANY_ROWS = Table(
    "big",
    "CREATE TABLE big (id INTEGER PRIMARY KEY NOT NULL, a, b TEXT, c DEFAULT 1.5)",
    ("id",),
    tuple((number,) for number in range(200)),
    ("a", "b", "c"),
    stored={"b": (None, "a", "1")},
    ordered=True,
)
SCHEMAS = ((TYPED,), (TEXT_KEY,), (COMPOSITE,), (KEY_ONLY,), (NO_ROWID,), (UNTYPED,), (MANY_ROWS,), (TYPED, KEY_ONLY))


ORDER = 'ORDER BY db_version, seq, "table", pk, cid'
CONDITIONS = (
    "db_version > 2",
    "db_version >= 3",
    "db_version < 4",
    "db_version <= 4",
    "db_version = 2",
    "db_version != 2",
    "db_version BETWEEN 2 AND 5",
    "db_version IN (1, 3, 5)",
    "site_id IS crsql_site_id()",
    "site_id IS NOT crsql_site_id()",
    "site_id = x'01010101010101010101010101010101'",
    "site_id > x'02'",
    "site_id IS NULL",
    "site_id IS NOT NULL",
    "cid = '-1'",
    "cid != 'a'",
    "cid LIKE 'A'",
    "cid GLOB '[a-c]'",
    "cid IS NOT '-1'",
    "cl = 1",
    "cl > 1",
    "cl % 2 = 0",
    "col_version > 1",
    "col_version IS 0",
    "seq < 2",
    "seq >= 1",
    "val IS NULL",
    "val > 1",
    "typeof(val) = 'text'",
    "\"table\" = 'item'",
    "pk = x'010901'",
    "(cid = 'a' OR db_version > 3)",
)


def quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def marks(count: int) -> str:
    return ", ".join("?" * count)


class Writer:
    """Draws the statements of one script."""

    def __init__(self, random: Random, tables: tuple[Table, ...]) -> None:
        self.random = random
        self.tables = tables

    def value(self, table: Table, column: str) -> SQLiteValue:
        value = self.random.choice(table.values)
        return 7 if value is None and column == "d" else value  # the NOT NULL one

    def insert(self, site: int, verb: str = "INSERT", rows: int = 1) -> Sql:
        """An insert with any subset of the columns; the rest take their defaults."""
        table = self.random.choice(self.tables)
        if len(table.keys) > 50 and self.random.random() < 0.7:
            rows *= 40  # enough for what batches do together
        columns = tuple(c for c in table.columns if self.random.random() < 0.7)
        args: list[SQLiteValue] = []
        for _ in range(rows):
            args += [*self.random.choice(table.keys), *(self.value(table, c) for c in columns)]
        row = f"({marks(len(table.key) + len(columns))})"
        sql = f"{verb} INTO {table.name} ({quoted(table.key + columns)}) VALUES {', '.join([row] * rows)}"
        return Sql(site, sql, tuple(args))

    def replace(self, site: int) -> Sql:
        """A write that always succeeds and always leaves a clock row."""
        return self.insert(site, "INSERT OR REPLACE")

    def upsert(self, site: int) -> Sql:
        table = self.random.choice(self.tables)
        row = self.insert(site)
        name = row.sql.split()[2]
        table = next(t for t in self.tables if t.name == name)
        given = [c for c in table.columns if f'"{c}"' in row.sql]
        if not given:
            return Sql(site, f"{row.sql} ON CONFLICT DO NOTHING", row.args)
        column = self.random.choice(given)
        action = f'DO UPDATE SET "{column}" = excluded."{column}"'
        changed = f'{name}."{column}" IS NOT excluded."{column}"'
        return Sql(site, f"{row.sql} ON CONFLICT ({quoted(table.key)}) {action} WHERE {changed}", row.args)

    def update(self, site: int) -> Sql:
        """An update of some columns of one row or of all; rows that would stay as they are do not match."""
        tables = [t for t in self.tables if t.columns]
        if not tables:
            return self.delete(site)
        table = self.random.choice(tables)
        columns = self.random.sample(table.columns, self.random.randint(1, len(table.columns)))
        values = [self.value(table, c) for c in columns]
        sets = ", ".join(f'"{c}" = ?{i + 1}' for i, c in enumerate(columns))
        changed = " OR ".join(f'"{c}" IS NOT ?{i + 1}' for i, c in enumerate(columns))
        sql = f"UPDATE {table.name} SET {sets} WHERE ({changed})"
        if not table.ordered or self.random.random() < 0.8:
            key = self.random.choice(table.keys)
            sql += "".join(f' AND "{c}" IS ?{len(columns) + i + 1}' for i, c in enumerate(table.key))
            values += key
        return Sql(site, sql, tuple(values))

    def delete(self, site: int) -> Sql:
        table = self.random.choice(self.tables)
        if table.ordered and self.random.random() < 0.1:
            return Sql(site, f"DELETE FROM {table.name}")
        where = " AND ".join(f'"{c}" IS ?' for c in table.key)
        return Sql(site, f"DELETE FROM {table.name} WHERE {where}", self.random.choice(table.keys))

    def write(self, site: int) -> Sql:
        """Any statement of a program."""
        choice = self.random.random()
        if choice < 0.3:
            return self.insert(site, self.random.choice(("INSERT", "INSERT OR IGNORE")))
        if choice < 0.42:
            return self.replace(site)
        if choice < 0.5:
            return self.upsert(site)
        if choice < 0.55:
            return self.insert(site, "INSERT OR REPLACE", rows=3)
        return self.update(site) if choice < 0.8 else self.delete(site)

    def way(self) -> Way:
        return self.random.choice(("alone", "sql", "sql", "replica", "replica"))

    def merge(self, way: Way) -> Merge:
        source = self.random.randrange(SITES)
        order = self.random.choice(ORDERS)
        seed = self.random.randrange(2**32)
        exclude = self.random.random() < 0.3
        return Merge(source, 1 - source, order, seed, exclude, way)

    def transaction(self) -> Block:
        """Ends with a write that surely counts: stock skips a version for a transaction that left nothing."""
        site = self.random.randrange(SITES)
        steps: list[Step] = [Sql(site, self.random.choice(("BEGIN", "BEGIN IMMEDIATE")))]
        for _ in range(self.random.randint(1, 4)):
            choice = self.random.random()
            if choice < 0.25:
                steps += self.savepoint(site)
            elif choice < 0.35:
                steps.append(replace(self.merge("alone"), source=1 - site, target=site))
            else:
                steps.append(self.write(site))
        if self.random.random() < 0.2:
            steps.append(Sql(site, "ROLLBACK"))
        else:
            steps += [self.replace(site), Sql(site, "COMMIT")]
        return Block(tuple(steps))

    def savepoint(self, site: int) -> Iterator[Sql]:
        yield Sql(site, "SAVEPOINT s")
        for _ in range(self.random.randint(1, 3)):
            yield self.write(site)
        if self.random.random() < 0.5:
            yield Sql(site, "ROLLBACK TO s")
        yield Sql(site, "RELEASE s")

    def step(self) -> Step:
        choice = self.random.random()
        if choice < 0.55:
            return self.write(self.random.randrange(SITES))
        if choice < 0.75:
            return self.transaction()
        return self.merge(self.way()) if choice < 0.92 else self.feed(self.way())

    def feed(self, way: Way) -> Feed:
        """Changes in any state that other peers could be in, delivered in any order."""
        count = self.random.choice((1, 3, 6, 30))
        if len(self.tables[0].keys) > 50:
            count *= 10
        changes = tuple(self.change() for _ in range(count))
        return Feed(self.random.randrange(SITES), changes, way)

    def change(self) -> tuple[SQLiteValue, ...]:
        table = self.random.choice(self.tables)
        key = self.random.choice([key for key in table.keys if key != (5,)])  # a TEXT key never holds that 5
        column = self.random.choice((SENTINEL, *table.columns))
        length = self.random.choice((1, 1, 1, 2, 3, 3, 4, 5, 6))
        if length % 2 == 0:
            column = SENTINEL
        value, version = None, length
        if column != SENTINEL:
            value = self.random.choice(table.stored.get(column, table.values))
            version = self.random.randint(0, 4)
        site = bytes([self.random.randint(1, 5)]) * 16  # the two sites' own ids are among them
        db_version, seq = self.random.randint(1, 40), self.random.randint(0, 3)
        return (table.name, pack_columns(key), column, value, version, db_version, site, length, seq)

    def query(self) -> Sql:
        """A query of crsql_changes with some conditions, pushed down or not."""
        terms = self.random.sample(CONDITIONS, self.random.randint(0, 2))
        where = " AND ".join(terms) or "1"
        return Sql(self.random.randrange(SITES), f"SELECT * FROM crsql_changes WHERE {where} {ORDER}")


def draw(random: Random) -> Script:
    """A script of up to about 60 statements and merges, then some queries."""
    tables = random.choice(SCHEMAS)
    writer = Writer(random, tables)
    filled = [writer.replace(random.randrange(SITES)) for _ in range(random.choice((0, 0, 3)))]
    steps = [writer.step() for _ in range(random.randint(3, 25))]
    return Script(tables, tuple(filled), tuple(steps), tuple(writer.query() for _ in range(4)))
