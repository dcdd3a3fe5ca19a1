"""Random scripts for the differential tests: what two sites do with one schema, as plain data.

What the two engines do otherwise on purpose, and how scripts and worlds allow for it, stands in `differences`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal

from engine.change import SENTINEL, SQLiteValue
from engine.tables import pack_columns
from tests.peers import alters, schemas
from tests.peers.tables import SCHEMAS, THOUSANDS, Key, Table, marks, quoted

SITES = 2
COLUMNS = '"table", "pk", "cid", "val", "col_version", "db_version", "site_id", "cl", "seq"'
MERGE = f"INSERT INTO crsql_changes ({COLUMNS}) VALUES ({marks(9)})"
FlowDirection = Literal["alone", "sql", "replica"]
"""How changes are merged: inserted in whatever transaction is open (or none), inserted in one of their own, or
by Replica.merge (and inserted in the published engine)."""


@dataclass(frozen=True)
class Sql:
    """One statement, in a transaction of its own unless one is open."""

    site: int
    sql: str
    args: tuple[SQLiteValue, ...] = ()


@dataclass(frozen=True)
class Move:
    """A row gets another key, and perhaps other values, in an open transaction that goes on with a write."""

    site: int
    table: Table = field(repr=False)
    old: Key
    new: Key
    verb: str = "UPDATE"
    values: tuple[tuple[str, SQLiteValue], ...] = ()

    @property
    def update(self) -> Sql:
        sets = ", ".join(f'"{c}" = ?' for c in (*self.table.key, *(c for c, _ in self.values)))
        where = " AND ".join(f'"{c}" IS ?' for c in self.table.key)
        args = (*self.new, *(value for _, value in self.values), *self.old)
        return Sql(self.site, f"{self.verb} {self.table.name} SET {sets} WHERE {where}", args)


@dataclass(frozen=True)
class Alter:
    """A schema change of one table at every site, between begin_alter and commit_alter."""

    before: Table = field(repr=False)
    after: Table = field(repr=False)
    statements: tuple[tuple[str, tuple[SQLiteValue, ...]], ...]
    anew: bool = False


@dataclass(frozen=True)
class Block:
    """Steps inside a transaction or savepoint; how it opens and closes stays when a script is cut short."""

    opening: tuple[Sql, ...]
    steps: tuple[Step, ...]
    closing: tuple[Sql, ...]

    @property
    def all(self) -> tuple[Step, ...]:
        return (*self.opening, *self.steps, *self.closing)


@dataclass(frozen=True)
class Merge:
    """Changes of ``source`` above some version go to ``target``, some way disturbed (see `order`)."""

    source: int
    target: int
    order: str
    seed: int
    exclude: bool = False
    way: FlowDirection = "sql"


@dataclass(frozen=True)
class Feed:
    """Changes that neither site made."""

    target: int
    changes: tuple[tuple[SQLiteValue, ...], ...]
    way: FlowDirection = "sql"


Step = Sql | Move | Alter | Block | Merge | Feed
ORDERS = ("as read", "delta", "shuffled", "partial", "repeated")


@dataclass(frozen=True)
class Script:
    """``filled`` runs before the tables become CRRs; then the steps; then the queries. ``grouped``: our engine decides
    even the smallest batches in groups of rows."""

    tables: tuple[Table, ...]
    filled: tuple[Step, ...] = ()
    steps: tuple[Step, ...] = ()
    queries: tuple[Step, ...] = ()
    grouped: bool = False


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


class Writer:
    """Draws the statements of one script."""

    def __init__(self, random: Random, tables: tuple[Table, ...]) -> None:
        self.random = random
        self.tables = tables

    def insert(self, site: int, verb: str = "INSERT", rows: int = 1) -> Sql:
        """An insert with any subset of the columns; the rest take their defaults."""
        table = self.random.choice(self.tables)
        if table.large and self.random.random() < 0.7:
            rows *= min(400, len(table.keys) // 5)  # enough for what batches do together
        columns = tuple(c for c in table.columns if self.random.random() < 0.7)
        args: list[SQLiteValue] = []
        for _ in range(rows):
            args += [*self.random.choice(table.keys), *(self.random.choice(table.taken(c)) for c in columns)]
        row = f"({marks(len(table.key) + len(columns))})"
        sql = f"{verb} INTO {table.name} ({quoted(table.key + columns)}) VALUES {', '.join([row] * rows)}"
        return Sql(site, sql, tuple(args))

    def replace(self, site: int) -> Sql:
        """A write that always succeeds and always leaves a clock row."""
        return self.insert(site, "INSERT OR REPLACE")

    def upsert(self, site: int) -> Sql:
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
        values = [self.random.choice(table.held(c)) for c in columns]  # others may be unequal to what they become
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
        """Any statement of a program that leaves keys and schema alone."""
        choice = self.random.random()
        if choice < 0.3:
            verb = self.random.choice(("INSERT", "INSERT OR IGNORE", "INSERT OR ABORT"))
            return self.insert(site, verb)
        if choice < 0.42:
            return self.replace(site)
        if choice < 0.5:
            return self.upsert(site)
        if choice < 0.55:
            return self.insert(site, self.random.choice(("INSERT OR REPLACE", "INSERT OR FAIL")), rows=3)
        return self.update(site) if choice < 0.8 else self.delete(site)

    def move(self, site: int) -> Step:
        """A change of a key, perhaps onto another row."""
        table = self.random.choice(self.tables)
        old, new = self.random.choice(table.peers_keys), self.random.choice(table.peers_keys)
        if repr(old) == repr(new):
            return self.write(site)
        columns = [c for c in table.columns if self.random.random() < 0.2]
        values = tuple((c, self.random.choice(table.taken(c))) for c in columns)
        return Move(site, table, old, new, self.random.choice(("UPDATE", "UPDATE OR REPLACE")), values)

    def alter(self, places: Sequence[int] = ()) -> Alter:
        """The same schema change at every site; what this writer draws from now on is for the changed table.

        Args:
            places: of the tables that may be changed; none stands for all of them.
        """
        place = self.random.choice(places or range(len(self.tables)))
        before = self.tables[place]
        alter = alters.draw(self.random, before)
        self.tables = (*self.tables[:place], alter.after, *self.tables[place + 1 :])
        return Alter(before, alter.after, alter.statements, alter.anew)

    def way(self) -> FlowDirection:
        return self.random.choice(("alone", "sql", "sql", "replica", "replica"))

    def merge(self, way: FlowDirection) -> Merge:
        source = self.random.randrange(SITES)
        order = self.random.choice(ORDERS)
        seed = self.random.randrange(2**32)
        exclude = self.random.random() < 0.3
        return Merge(source, 1 - source, order, seed, exclude, way)

    def transaction(self) -> Block:
        """Ends with a write that surely counts: stock skips a version for a transaction that left nothing."""
        site = self.random.randrange(SITES)
        steps: list[Step] = []
        for _ in range(self.random.randint(1, 4)):
            choice = self.random.random()
            if choice < 0.25:
                steps.append(self.savepoint(site))
            elif choice < 0.35:
                steps.append(replace(self.merge("alone"), source=1 - site, target=site))
            elif choice < 0.55:
                steps.append(self.move(site))
            else:
                steps.append(self.write(site))
        begin = Sql(site, self.random.choice(("BEGIN", "BEGIN IMMEDIATE")))
        rolled_back = self.random.random() < 0.2
        closing = (Sql(site, "ROLLBACK"),) if rolled_back else (self.replace(site), Sql(site, "COMMIT"))
        return Block((begin,), tuple(steps), closing)

    def savepoint(self, site: int) -> Block:
        steps = [self.write(site) if self.random.random() < 0.8 else self.move(site)]
        steps += [self.write(site) for _ in range(self.random.randint(0, 2))]
        undone = (Sql(site, "ROLLBACK TO s"),) if self.random.random() < 0.5 else ()
        return Block((Sql(site, "SAVEPOINT s"),), tuple(steps), (*undone, Sql(site, "RELEASE s")))

    def program(self, site: int) -> list[Sql]:
        """What a program does that keeps its schema: one statement or a transaction of them, in order."""
        choice = self.random.random()
        if choice < 0.6:
            return [self.write(site)]
        if choice < 0.7:
            return statements(self.move(site))
        steps: list[Step] = []
        for _ in range(self.random.randint(1, 4)):
            draw = self.random.choice((self.write, self.write, self.write, self.move, self.savepoint))
            steps.append(draw(site))
        end = "ROLLBACK" if self.random.random() < 0.1 else "COMMIT"
        return statements(Block((Sql(site, "BEGIN"),), tuple(steps), (Sql(site, end),)))

    def step(self) -> Step:
        if self.random.random() < 0.03:
            # Of a default that is an expression an alter records the values, and stock's does not.
            places = [place for place, table in enumerate(self.tables) if "DEFAULT (" not in table.create]
            return self.alter(places) if places else self.transaction()
        choice = self.random.random()
        if choice < 0.55:
            return self.write(self.random.randrange(SITES))
        if choice < 0.75:
            return self.transaction()
        return self.merge(self.way()) if choice < 0.92 else self.feed(self.way())

    def feed(self, way: FlowDirection) -> Feed:
        """Changes in any state that other peers could be in, delivered in any order."""
        count = self.random.choice((1, 3, 6, 30))
        if self.tables[0].large:
            count = min(10 * count, len(self.tables[0].keys)) if count < 30 else 3 * len(self.tables[0].keys)
        alike = self.random.random() < 0.4
        changes = tuple(self.alike()) if alike else tuple(self.change() for _ in range(count))
        return Feed(self.random.randrange(SITES), changes, way)

    def alike(self) -> Iterator[tuple[SQLiteValue, ...]]:
        """The same columns of most rows of a table, side by side, as they come from another program's update."""
        table = self.random.choice(self.tables)
        columns = [c for c in table.columns if self.random.random() < 0.6] or [SENTINEL]
        length = self.random.choice((1, 1, 1, 3))
        for key in dict.fromkeys(table.peers_keys):
            if self.random.random() < 0.9:
                for column in columns:
                    yield self.change(table, key, column, length)

    def change(
        self, table: Table | None = None, key: Key = (), column: str = "", length: int = 0
    ) -> tuple[SQLiteValue, ...]:
        """A change; what is not given is drawn."""
        table = table or self.random.choice(self.tables)
        key = key or self.random.choice(table.peers_keys)
        column = column or self.random.choice((SENTINEL, *table.columns))
        length = length or self.random.choice((1, 1, 1, 2, 3, 3, 4, 5, 6))
        if length % 2 == 0:
            column = SENTINEL
        value, version = None, length
        if column != SENTINEL:
            value = self.random.choice(table.held(column))
            version = self.random.randint(0, 4)
        site = bytes([self.random.randint(1, 5)]) * 16  # the two sites' own ids are among them
        db_version, seq = self.random.randint(1, 40), self.random.randint(0, 3)
        return (table.name, pack_columns(key), column, value, version, db_version, site, length, seq)

    def query(self) -> Sql:
        """A query of crsql_changes with some conditions, pushed down or not."""
        terms = self.random.sample(CONDITIONS, self.random.randint(0, 2))
        where = " AND ".join(terms) or "1"
        return Sql(self.random.randrange(SITES), f"SELECT * FROM crsql_changes WHERE {where} {ORDER}")


def statements(step: Step) -> list[Sql]:
    """What a step runs at one site, one after another; none for a merge, as there is no other."""
    match step:
        case Sql():
            return [step]
        case Move():
            return [step.update]
        case Alter():
            table, own = step.before.name, [Sql(0, sql, args) for sql, args in step.statements]
            begin, commit = (Sql(0, f"SELECT crsql_{end}_alter(?) IS NULL", (table,)) for end in ("begin", "commit"))
            return [Sql(0, "BEGIN"), begin, *own, commit, Sql(0, "COMMIT")]
        case Feed():
            return [Sql(0, "BEGIN"), *(Sql(0, MERGE, change) for change in step.changes), Sql(0, "COMMIT")]
        case Block():
            return [statement for inner in step.all for statement in statements(inner)]
        case Merge():
            return []


def draw_tables(random: Random) -> tuple[Table, ...]:
    """Random ones mostly; those of `tables`, whose values are chosen to clash; seldom thousands of rows."""
    choice = random.random()
    if choice < 0.01:
        return (THOUSANDS,)
    return random.choice(SCHEMAS) if choice < 0.4 else schemas.draw(random)


def draw(random: Random) -> Script:
    """A script of up to about 60 statements and merges, then some queries."""
    tables = draw_tables(random)
    writer = Writer(random, tables)
    filled = [writer.replace(random.randrange(SITES)) for _ in range(random.choice((0, 0, 3)))]
    steps: list[Step] = []
    if random.random() < 0.1:
        steps += [Sql(site, "PRAGMA recursive_triggers = ON") for site in range(SITES)]
    steps += [writer.step() for _ in range(random.randint(3, 25 if not tables[0].large else 8))]
    queries = tuple(writer.query() for _ in range(4))
    return Script(tables, tuple(filled), tuple(steps), queries, grouped=random.random() < 0.5)
