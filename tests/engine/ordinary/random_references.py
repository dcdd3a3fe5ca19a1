"""Schemas of tables that refer to each other's numbers at random, and what an app writes to them."""

from __future__ import annotations

import random
from typing import NamedTuple


class Reference(NamedTuple):
    """A column ``r1``, say, of a table that refers to rows of another or of its own; ``m1`` holds what the row is
    called that its author meant."""

    number: int
    table: str
    to: str

    @property
    def columns(self) -> str:
        """The two."""
        return f"r{self.number}, m{self.number}"


class RandomSchema:
    """Two to five tables that refer to each other, some by texts: in chains, in circles, to themselves; up to two whose
    keys are made of references, one whose key is a reference and a plain number, and up to two that refer to such keys
    by two columns.

    Attributes:
        tables: those whose numbers SQLite hands out. names: of all tables, in an order in which they can be made.
        pairs: by the name of a table with the key (a, b), the tables to whose rows these refer. parts: by that of one
            with the key (a, n), the table of a. children: by that of one that refers by (x, y), the pair.
        text: their SQL.
    """

    def __init__(self, choose: random.Random) -> None:
        self.tables = [f"t{n}" for n in range(choose.choice([2, 2, 3, 4, 5]))]
        self.references = [
            Reference(n, table, choose.choice(self.tables))
            for table in self.tables
            for n in range(choose.choice([1, 1, 2] if table == self.tables[-1] else [0, 1, 1, 2]))
        ]
        if choose.random() < 0.5:
            self.references += [Reference(8, "t0", "t1"), Reference(9, "t1", "t0")]
        self.pairs = {
            f"j{n}": (choose.choice(self.tables), choose.choice(self.tables))
            for n in range(choose.choice([0, 1, 1, 2]))
        }
        self.parts = {"k0": choose.choice(self.tables)} if choose.random() < 0.4 else {}
        self.children = {
            f"c{n}": choose.choice([*self.pairs]) for n in range(choose.choice([0, 1, 2]) if self.pairs else 0)
        }
        auto = choose.choice(["", "AUTOINCREMENT"])
        action = choose.choice(["ON DELETE CASCADE", "ON DELETE SET NULL"])
        tables = []
        for table in self.tables:
            columns = "".join(
                f", r{n} {choose.choice(_TYPES)} REFERENCES {to} {action}, m{n} TEXT" for n, _, to in self.of(table)
            )
            keys = f"id INTEGER PRIMARY KEY {auto}, uid TEXT, owner INTEGER, name"
            tables.append(f"CREATE TABLE {table} ({keys}{columns})")
        for name, (one, other) in self.pairs.items():
            columns = ", ".join(
                f"{n} INTEGER REFERENCES {to} ON DELETE CASCADE" for n, to in zip("ab", (one, other), strict=True)
            )
            tables.append(f"CREATE TABLE {name} ({columns}, n, meant TEXT, PRIMARY KEY (a, b))")
        for name, to in self.parts.items():
            columns = f"a INTEGER REFERENCES {to} ON DELETE CASCADE, n INTEGER, v, meant TEXT"
            tables.append(f"CREATE TABLE {name} ({columns}, PRIMARY KEY ({choose.choice(['a, n', 'n, a'])}))")
        for name, pair in self.children.items():
            refers = f"FOREIGN KEY (x, y) REFERENCES {pair} (a, b) ON DELETE CASCADE"
            tables.append(f"CREATE TABLE {name} (uid TEXT PRIMARY KEY, x, y INTEGER, meant TEXT, {refers})")
        self.text = ";".join(tables)
        self.names = [*self.tables, *self.pairs, *self.parts, *self.children]
        choose.shuffle(self.names)

    def of(self, table: str) -> list[Reference]:
        """The references of a table."""
        return [one for one in self.references if one.table == table]

    @property
    def has_circle(self) -> bool:
        """Whether two tables or more refer to each other in a circle."""
        reached = {table: {one.to for one in self.of(table)} for table in self.tables}
        for _ in self.tables:
            reached = {table: tos.union(*(reached[to] for to in tos)) for table, tos in reached.items()}
        return any(
            one != other and other in reached[one] and one in reached[other] for one in reached for other in reached
        )

    def write(self, choose: random.Random) -> str:
        """A statement, or some, with gaps for values."""
        if choose.random() < 0.02:
            return "VACUUM"
        if self.pairs and choose.random() < 0.15:
            name = choose.choice([*self.pairs])
            one, other = self.pairs[name]
            write = choose.choice(_PAIR_WRITES).replace("[one]", one).replace("[other]", other)
            return write.replace("[table]", name)
        if self.parts and choose.random() < 0.1:
            name, to = choose.choice([*self.parts.items()])
            return choose.choice(_PART_WRITES).replace("[to]", to).replace("[table]", name)
        if self.children and choose.random() < 0.15:
            name, pair = choose.choice([*self.children.items()])
            return choose.choice(_CHILD_WRITES).replace("[pair]", pair).replace("[table]", name)
        table = choose.choice(self.tables)
        itself = "".join(
            f", m{n} = CASE r{n} WHEN {{k}} THEN '{{u}}' ELSE m{n} END"
            for n, _, to in self.of(table)
            if to == table  # where it referred to nobody by the number that it takes, it refers to itself now
        )
        writes = [write.replace("[itself]", itself) for write in _WRITES]
        for one in self.of(table):
            nothing = f"r{one.number} = NULL, m{one.number} = NULL"
            for write in _REFERENCE_WRITES:
                write = write.replace("[to]", one.to).replace("[columns]", one.columns).replace("[nothing]", nothing)
                writes.append(write)
        return choose.choice(writes).replace("[table]", table)

    @property
    def rows(self) -> str:
        """A SELECT of all rows with a number: their table, what the app calls them, and the number."""
        return " UNION ALL ".join(f"SELECT '{table}', uid, id FROM {table}" for table in self.tables)

    @property
    def wrong(self) -> str:
        """A SELECT of references that lead to another row than their author meant."""
        found = [
            f"SELECT '{table}', t.uid, t.m{n}, o.uid FROM {table} t JOIN {to} o ON o.id = t.r{n}"
            f" WHERE o.uid IS NOT t.m{n}"
            for n, table, to in self.references
        ]
        found += [
            f"SELECT '{name}', j.n, j.meant, x.uid || '/' || y.uid FROM {name} j JOIN {one} x ON x.id = j.a"
            f" JOIN {other} y ON y.id = j.b WHERE j.meant IS NOT x.uid || '/' || y.uid"
            for name, (one, other) in self.pairs.items()
        ]
        found += [
            f"SELECT '{name}', k.n, k.meant, o.uid FROM {name} k JOIN {to} o ON o.id = k.a WHERE k.meant IS NOT o.uid"
            for name, to in self.parts.items()
        ]
        for name, pair in self.children.items():
            one, other = self.pairs[pair]
            found.append(
                f"SELECT '{name}', c.uid, c.meant, x.uid || '/' || y.uid FROM {name} c JOIN {one} x ON x.id = c.x"
                f" JOIN {other} y ON y.id = c.y WHERE c.meant IS NOT x.uid || '/' || y.uid"
            )
        return " UNION ALL ".join(found)

    @property
    def lost(self) -> str:
        """A SELECT of references that lead nowhere, though the row that is meant is there."""
        return " UNION ALL ".join(
            f"SELECT '{table}', t.uid, t.m{n} FROM {table} t WHERE r{n} IS NOT NULL"
            f" AND r{n} NOT IN (SELECT id FROM {to}) AND m{n} IN (SELECT uid FROM {to})"
            for n, table, to in self.references
        )


_TYPES = "INTEGER", "INTEGER", "TEXT", ""
"""What a column is declared as that refers."""

_WRITES = (
    "INSERT INTO [table] (uid, owner, name) VALUES ('{u}', {w}, '{v}')",
    "INSERT INTO [table] (uid, owner, name) VALUES ('{u}', {w}, '{v}')",
    "INSERT INTO [table] (id, uid, owner, name) SELECT {k}, '{u}', {w}, '{v}'"
    " WHERE {k} NOT IN (SELECT id FROM [table])",
    "UPDATE [table] SET name = '{v}' WHERE id % 2 = {n} % 2",
    "UPDATE OR IGNORE [table] SET id = {k}, uid = '{u}'[itself] WHERE id = {l} AND {k} != {l}",
    "DELETE FROM [table] WHERE id = (SELECT max(id) FROM [table])",
    "DELETE FROM [table] WHERE id = {k}",
    "DELETE FROM [table] WHERE id = (SELECT max(id) FROM [table]);"
    " INSERT INTO [table] (uid, owner, name) VALUES ('{u}', {w}, '{v}');"
    " INSERT INTO [table] (uid, owner, name) VALUES ('{u}-second', {w}, '{v}')",
)
_REFERENCE_WRITES = (
    "INSERT INTO [table] (uid, owner, name, [columns]) SELECT '{u}', {w}, '{v}', id, uid FROM [to]"
    " ORDER BY id * {r} % 11 LIMIT 1",
    "INSERT INTO [table] (uid, owner, name, [columns]) SELECT '{u}', {w}, '{v}', id, uid FROM [to]"
    " ORDER BY id DESC LIMIT 1",
    "UPDATE [table] SET ([columns]) = (SELECT id, uid FROM [to] ORDER BY id * {r} % 11 LIMIT 1) WHERE owner = {w}",
    "UPDATE [table] SET ([columns]) = (SELECT id, uid FROM [to] ORDER BY id DESC LIMIT 1) WHERE owner = {w}",
    "INSERT INTO [to] (uid, owner, name) VALUES ('{u}-to', {w}, '{v}');"
    " UPDATE [table] SET ([columns]) = (SELECT id, uid FROM [to] WHERE uid = '{u}-to')"
    " WHERE owner = {w} AND id % 2 = {n}",
    "UPDATE [table] SET [nothing] WHERE owner = {w} AND id % 3 = {n}",
)
_PAIR_WRITES = (
    "INSERT OR IGNORE INTO [table] SELECT x.id, y.id, {n}, x.uid || '/' || y.uid FROM [one] x, [other] y"
    " ORDER BY (x.id + y.id) * {r} % 11 LIMIT 1",
    "INSERT OR IGNORE INTO [table] SELECT x.id, y.id, {n}, x.uid || '/' || y.uid FROM [one] x, [other] y"
    " ORDER BY (x.id * {r} + y.id) % 7 LIMIT 2",
    "DELETE FROM [table] WHERE n = {n}",
    "UPDATE [table] SET n = {n} WHERE n < {n}",
)
_PART_WRITES = (
    "INSERT OR IGNORE INTO [table] (a, n, v, meant) SELECT id, {n}, '{v}', uid FROM [to]"
    " ORDER BY id * {r} % 11 LIMIT 1",
    "INSERT OR REPLACE INTO [table] (a, n, v, meant) SELECT id, {n}, '{v}', uid FROM [to] ORDER BY id DESC LIMIT 1",
    "UPDATE OR IGNORE [table] SET n = {n} + 1 WHERE n = {n}",
    "UPDATE [table] SET v = '{v}' WHERE n = {n}",
    "DELETE FROM [table] WHERE n = {n}",
)
_CHILD_WRITES = (
    "INSERT INTO [table] SELECT '{u}', a, b, meant FROM [pair] ORDER BY (a + b) * {r} % 11 LIMIT 1",
    "INSERT INTO [table] SELECT '{u}', a, b, meant FROM [pair] ORDER BY (a * {r} + b) % 7 LIMIT 1",
    "UPDATE [table] SET (x, y, meant) = (SELECT a, b, meant FROM [pair] ORDER BY (a + b) * {r} % 11 LIMIT 1)"
    " WHERE length(uid) % 2 = {n} % 2",
    "UPDATE [table] SET x = NULL, y = NULL, meant = NULL WHERE uid LIKE '%{r}'",
    "DELETE FROM [table] WHERE uid LIKE '%{r}'",
)
