"""Schemas whose tables demand things of their rows, drawn at random, and what an app writes to them."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.engine.ordinary.shown_model import Reference, Rule, Table


@dataclass(frozen=True)
class Features:
    """What of a table's rules hides rows, in the product as it is now.

    Attributes:
        unique: UNIQUE. same: rows that are alike in a rule with a text column are the same; else they are kept apart.
        check: CHECK. deleted_parents: rows are hidden whose parent was deleted, unless it is ON DELETE SET NULL, or an
            app has broken the foreign key. hidden_parents: rows are whose parent is hidden.
    """

    unique: bool = False
    same: bool = False
    check: bool = False
    deleted_parents: bool = False
    hidden_parents: bool = False


@dataclass(frozen=True)
class Column:
    """A column: its type, and values that an app writes into it, as SQL."""

    kind: str
    values: tuple[str, ...]


COLUMNS = {
    "a": Column("TEXT", ("'x'", "'X'", "'y'", "'y'", "'z'", "'z'", "NULL")),
    "b": Column("INTEGER", ("0", "1", "2", "3", "NULL")),
    "c": Column("", ("0", "0.0", "'x'", "'X'", "x'78'", "NULL")),
}
CHECKS = ("b + length(a) < 3", "a <> 'y' OR b > 0")
"""Of two columns: each of two machines can change one of them so that it holds, and both together break it."""

PARTIAL = ("b > 0", "c IS NOT NULL", "a <> 'y'")


class RandomRules:
    """One to three tables with rules.

    Attributes:
        tables: as the model takes them. text: their SQL. names: of those with numbers that SQLite hands out.
    """

    def __init__(self, choose: random.Random, features: Features) -> None:
        self._choose = choose
        self._features = features
        names = [f"t{n}" for n in range(choose.choice([1, 1, 1, 2, 3]))]
        self.numbered = {name for name in names if choose.random() < 0.5}
        self._sql: list[str] = []
        self.tables = [self._table(name, names[:at]) for at, name in enumerate(names)]
        self.text = "; ".join(self._sql)

    def _table(self, name: str, before: list[str]) -> Table:
        choose, features = self._choose, self._features
        key = "INTEGER" if name in self.numbered else "TEXT"
        columns = {"id": key} | {column: one.kind for column, one in COLUMNS.items()}
        references: tuple[Reference, ...] = ()
        parents = [*before, name] if choose.random() < 0.7 else []
        made = ""
        if parents:
            parent = choose.choice(parents)
            action = choose.choice(["", "ON DELETE CASCADE", "ON DELETE SET NULL"])
            if parent == name:  # which REPLACE does to the row that it writes, and old SQLite damages an index by that
                action = ""
            columns["r"] = "INTEGER" if parent in self.numbered else "TEXT"
            made = f"REFERENCES {parent} {action}"
            enforced = features.deleted_parents or features.hidden_parents
            set_null = False
            missing = not features.deleted_parents or action == "ON DELETE SET NULL"
            references = (Reference(("r",), parent, ("id",), enforced, set_null, missing),)
        checks = tuple(check for check in CHECKS if features.check and choose.random() < 0.5)
        rules = self._rules(name, columns) if features.unique else ()
        declared = ", ".join(
            f"{column} {kind} {'PRIMARY KEY NOT NULL' if column == 'id' else ''}{made if column == 'r' else ''}".strip()
            for column, kind in columns.items()
        )
        declared += "".join(f", CHECK ({check})" for check in checks)
        self._sql.insert(len(self._sql) - len(self._indexes), f"CREATE TABLE {name} ({declared})")
        return Table(name, columns, rules, checks, (), references)

    @property
    def _indexes(self) -> list[str]:
        return [sql for sql in self._sql if sql.startswith("CREATE UNIQUE")]

    def _rules(self, name: str, columns: dict[str, str]) -> tuple[Rule, ...]:
        choose, found = self._choose, []
        others = [column for column in columns if column != "id"]
        plain = choose.random() < 0.5
        for n in range(choose.choice([1, 2, 2, 3])):
            chosen = (others[n],) if plain else tuple(sorted(choose.sample(others, choose.choice([1, 1, 2]))))
            nocase = frozenset(column for column in chosen if column in "ac" and not plain and choose.random() < 0.4)
            where = choose.choice(PARTIAL) if not plain and choose.random() < 0.3 else ""
            text = any(columns[column] == "TEXT" and column != "r" for column in chosen)
            found.append(
                Rule(chosen, nocase, where, self._features.same and text and not where and name in self.numbered)
            )
            terms = ", ".join(f"{column} COLLATE NOCASE" if column in nocase else column for column in chosen)
            index = f"CREATE UNIQUE INDEX u{n}_{name} ON {name} ({terms})"
            self._sql.append(f"{index} WHERE {where}" if where else index)
        return tuple(found)

    def write(self) -> str:
        """A statement of an app."""
        choose, table = self._choose, self._choose.choice(self.tables)
        key = self._key(table.name)
        column = choose.choice([column for column in table.columns if column != "id"])
        value = self._value(table, column)
        names, values = [], []
        for one in table.columns:
            if one != "id" or table.name not in self.numbered or choose.random() < 0.2:
                names.append(one)
                values.append(key if one == "id" else self._value(table, one))
        row = f"INTO {table.name} ({', '.join(names)}) VALUES ({', '.join(values)})"
        return choose.choice(
            [
                f"INSERT {row}",
                f"INSERT {row}",
                f"INSERT {row}",
                f"INSERT OR IGNORE {row}",
                f"REPLACE {row}",
                f"INSERT {row} ON CONFLICT DO UPDATE SET {column} = excluded.{column}",
                f"UPDATE {table.name} SET {column} = {value} WHERE id = {key}",
                f"UPDATE OR REPLACE {table.name} SET {column} = {value} WHERE id = {key}",
                f"UPDATE OR IGNORE {table.name} SET {column} = {value}",
                f"UPDATE OR IGNORE {table.name} SET id = {key} WHERE id = {self._key(table.name)}",
                f"DELETE FROM {table.name} WHERE id = {key}",
                f"DELETE FROM {table.name} WHERE {column} = {value}",
            ]
        )

    def _key(self, name: str) -> str:
        return self._choose.choice("12345") if name in self.numbered else f"'{self._choose.choice('klmno')}'"

    def _value(self, table: Table, column: str) -> str:
        if column in COLUMNS:
            return self._choose.choice(COLUMNS[column].values)
        parent = table.references[0].parent
        if self._choose.random() < 0.3:
            return "NULL"
        return f"(SELECT id FROM {parent} ORDER BY id {self._choose.choice(['', 'DESC'])} LIMIT 1)"
