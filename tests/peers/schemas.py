"""Random tables that both engines can make syncable: any keys, types, defaults, layouts and names."""

from __future__ import annotations

from functools import lru_cache
from random import Random

import apsw

from engine.change import SQLiteValue
from tests.peers.tables import Key, Table, quoted

TABLE_NAMES = ("t", "Item", "list_of_things", "x1", "größe", "a$b", "_", "T__2", "change")
COLUMN_NAMES = (
    *("a", "B", "c_1", "value", "é", "_x", "k", "id", "Zz", "long_name_of_a_column", "n$1", "x2", "y", "w", "q9"),
    *("key", "seq", "pk", "cid", "val", "cl", "col_name", "db_version", "site_id"),  # those of the bookkeeping
)
TYPES = (
    *("", "", "INTEGER", "INT", "BIGINT", "TEXT", "VARCHAR(20)", "CLOB", "BLOB", "REAL", "DOUBLE PRECISION"),
    *("NUMERIC", "DECIMAL(10, 2)", "BOOLEAN", "DATE", "ANY", "JSON"),
)
STRICT_TYPES = ("INT", "INTEGER", "TEXT", "BLOB", "REAL", "ANY")
VALUES: tuple[SQLiteValue, ...] = (
    *(None, None, 0, 1, 2, -1, 128, 2**40, 2**53 + 1, 2**63 - 1, -(2**63), -0.0, 2.5, 3.0, -3.0, 0.1, 1e300),
    *(float("inf"), float("-inf"), "", "a", "A", "b", "7", "7.5", "1e3", " 7", "é", "a\0b", b"", b"\x01\xff", b"7"),
)
DEFAULTS = ("NULL", "0", "7", "-1", "2.5", "''", "'new'", "'it''s'", "'7'", "x'00'", "(1 + 1)", "('a' || 'b')")
COLUMN_COUNTS = (0, 1, 1, 2, 2, 3, 3, 4, 5, 8, 12)


@lru_cache(maxsize=256)
def kept(declared: str, strict: bool) -> tuple[tuple[SQLiteValue, SQLiteValue], ...]:
    """The values that a column of this type takes, each with what it then holds."""
    db = apsw.Connection(":memory:")
    db.execute(f"CREATE TABLE s (c {declared}){' STRICT' if strict else ''}")
    found = []
    for value in VALUES:
        try:
            db.execute("INSERT INTO s VALUES (?)", (value,))
        except apsw.ConstraintError:
            continue
        found.append((value, db.execute("SELECT c FROM s ORDER BY rowid DESC LIMIT 1").get))
    return tuple(found)


@lru_cache(maxsize=256)
def defaults(declared: str, strict: bool) -> tuple[str, ...]:
    """Those that a column of this type would take."""
    db = apsw.Connection(":memory:")
    found = []
    for number, default in enumerate(DEFAULTS):
        table = f"s{number}"
        db.execute(f"CREATE TABLE {table} (c {declared} DEFAULT {default}){' STRICT' if strict else ''}")
        try:
            db.execute(f"INSERT INTO {table} DEFAULT VALUES")
        except apsw.ConstraintError:
            continue
        found.append(default)
    return tuple(found)


def distinct(values: list[SQLiteValue]) -> tuple[SQLiteValue, ...]:
    """Without repetitions; 1 and 1.0 are two values."""
    return tuple({repr(v): v for v in values}.values())


class Drawer:
    """Draws one table."""

    def __init__(self, random: Random, name: str, strict: bool | None = None) -> None:
        self.random = random
        self.name = name
        self.strict = random.random() < 0.2 if strict is None else strict
        self.types = STRICT_TYPES if self.strict else TYPES
        self.accepted: dict[str, tuple[SQLiteValue, ...]] = {}
        self.stored: dict[str, tuple[SQLiteValue, ...]] = {}
        self.required: set[str] = set()

    def table(self) -> Table:
        random = self.random
        names = random.sample(COLUMN_NAMES, len(COLUMN_NAMES))
        names.remove("col_name")  # as part of a key it confuses stock's alter
        key = tuple(names.pop() for _ in range(random.choice((1, 1, 1, 2, 2, 3))))
        names.insert(random.randrange(len(names)), "col_name")
        columns = tuple(names.pop() for _ in range(random.choice(COLUMN_COUNTS)))
        without_rowid = random.random() < 0.2
        keys, types = self.keys(key)
        one_line = len(key) == 1 and random.random() < 0.7
        declared = {name: f"{types[name]} NOT NULL" for name in key} | {name: self.column(name) for name in columns}
        order = [*columns]
        for name in key:
            order.insert(random.randint(0, len(order)), name)
        lines = [f'"{name}" {declared[name]}{" PRIMARY KEY" * (one_line and name in key)}' for name in order]
        derives = columns and random.random() < 0.15
        if derives:
            lines.append(self.generated(names.pop(), random.choice(columns)))
        if not one_line:
            lines.append(f"PRIMARY KEY ({quoted(key)})")
        options = ", ".join(["WITHOUT ROWID"] * without_rowid + ["STRICT"] * self.strict)
        return Table(
            self.name,
            f"CREATE TABLE {self.name} ({', '.join(lines)}) {options}",
            key,
            tuple(given for given, _ in keys),
            tuple(name for name in order if name in columns),
            required=frozenset(self.required),
            accepted=self.accepted,
            stored=self.stored,
            stored_keys=tuple(held for _, held in keys),
            declared={} if derives else {name: declared[name] for name in order},
            options=options,
            ordered=without_rowid or (types[key[0]] == "INTEGER" and len(key) == 1),
        )

    def keys(self, key: tuple[str, ...]) -> tuple[list[tuple[Key, Key]], dict[str, str]]:
        """Some keys as a program gives them and as they are held, and the types of their columns."""
        random = self.random
        types = {name: random.choice(self.types) for name in key}
        choices = []
        for name in key:
            # In an untyped key -0.0 and 0 are one key, held as what came first.
            pairs = [pair for pair in kept(types[name], self.strict) if repr(pair[1]) not in ("None", "-0.0")]
            if types[name] == "INTEGER" and len(key) == 1:  # the rowid, which holds nothing else
                pairs = [pair for pair in pairs if type(pair[1]) is int]
            choices.append(random.sample(pairs, min(len(pairs), random.randint(2, 4))))
        found = []
        for _ in range(random.randint(3, 6)):
            parts = [random.choice(pairs) for pairs in choices]
            found.append((tuple(given for given, _ in parts), tuple(held for _, held in parts)))
        return found, types

    def column(self, name: str) -> str:
        """The declaration of a column, without its name."""
        random = self.random
        declared = random.choice(self.types)
        takes = kept(declared, self.strict)
        self.accepted[name] = distinct([given for given, _ in takes])
        self.stored[name] = distinct([held for _, held in takes])
        default = random.choice(defaults(declared, self.strict)) if random.random() < 0.5 else None
        if default not in (None, "NULL") and random.random() < 0.4:
            self.required.add(name)
            declared += " NOT NULL"
        if random.random() < 0.1:
            declared += random.choice((" COLLATE NOCASE", " COLLATE RTRIM", f' CHECK (length("{name}") < 99)'))
        return declared + (f" DEFAULT {default}" if default else "")

    def generated(self, name: str, source: str) -> str:
        declared = "ANY" if self.strict else self.random.choice(TYPES)
        kind = self.random.choice(("VIRTUAL", "STORED"))
        return f'"{name}" {declared} GENERATED ALWAYS AS (typeof("{source}")) {kind}'


def draw(random: Random) -> tuple[Table, ...]:
    """One table, sometimes two."""
    names = random.sample(TABLE_NAMES, random.choice((1, 1, 1, 2)))
    return tuple(Drawer(random, name).table() for name in names)
