"""Random schema changes: columns added, dropped and renamed, and tables rebuilt with another key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from engine.change import SQLiteValue
from tests.peers.schemas import COLUMN_NAMES, Drawer
from tests.peers.tables import Key, Table, quoted

Statements = tuple[tuple[str, tuple[SQLiteValue, ...]], ...]


@dataclass(frozen=True)
class Change:
    """The table as it is afterwards, and how it comes to that; ``anew``: with another key."""

    after: Table
    statements: Statements
    anew: bool = False


def draw(random: Random, table: Table) -> Change:
    kinds = [add, add]
    if table.declared:  # else something in it may depend on a column
        kinds += [rename, drop] if table.columns else []
        kinds += [rebuild] + ([widen] if table.columns else []) + ([narrow] if len(table.key) > 1 else [])
    return random.choice(kinds)(random, table)


def new_name(random: Random, table: Table) -> str:
    """One that no column has, a generated one neither."""
    used = {name.lower() for name in (*table.key, *table.columns)}
    return random.choice([n for n in COLUMN_NAMES if n.lower() not in used and f'"{n}"' not in table.create])


def add(random: Random, table: Table) -> Change:
    """A column, perhaps with values that are not its default."""
    name = new_name(random, table)
    drawer = Drawer(random, table.name, strict="STRICT" in table.options)
    declared = drawer.column(name)
    # No column is added with an expression; and old versions of SQLite take a REAL default for NULL in their checks.
    while "DEFAULT (" in declared or ("NOT NULL" in declared and "2.5" in declared):
        drawer.required.clear()
        declared = drawer.column(name)
    after = replace(
        table,
        columns=(*table.columns, name),
        required=table.required | drawer.required,
        accepted=table.accepted | drawer.accepted,
        stored=table.stored | drawer.stored,
        declared=table.declared | {name: declared} if table.declared else {},
    )
    statements: list[tuple[str, tuple[SQLiteValue, ...]]] = [
        (f'ALTER TABLE {table.name} ADD COLUMN "{name}" {declared}', ())
    ]
    for key in random.sample(table.keys, random.randint(0, min(3, len(table.keys)))):
        where = " AND ".join(f'"{column}" IS ?' for column in table.key)
        value = random.choice(after.taken(name))
        statements.append((f'UPDATE {table.name} SET "{name}" = ? WHERE {where}', (value, *key)))
    return Change(after, tuple(statements))


def drop(random: Random, table: Table) -> Change:
    name = random.choice(table.columns)
    declared = {column: text for column, text in table.declared.items() if column != name}
    after = replace(table, columns=tuple(c for c in table.columns if c != name), declared=declared)
    return Change(after, ((f'ALTER TABLE {table.name} DROP COLUMN "{name}"', ()),))


def rename(random: Random, table: Table) -> Change:
    old = random.choice(table.columns)
    new = new_name(random, table)

    def called(name: str) -> str:
        return new if name == old else name

    after = replace(
        table,
        columns=tuple(map(called, table.columns)),
        required=frozenset(map(called, table.required)),
        accepted={called(c): values for c, values in table.accepted.items()},
        stored={called(c): values for c, values in table.stored.items()},
        declared={called(c): text.replace(f'"{old}"', f'"{new}"') for c, text in table.declared.items()},
    )
    return Change(after, ((f'ALTER TABLE {table.name} RENAME COLUMN "{old}" TO "{new}"', ()),))


def rebuild(random: Random, table: Table) -> Change:
    """The same table, copied."""
    return Change(table, copied(table, {c: f'"{c}"' for c in table.declared}))


def widen(random: Random, table: Table) -> Change:
    """A column of each row is 1 from now on, and joins the key."""
    name = random.choice(table.columns)
    after = replace(
        table,
        key=(*table.key, name),
        columns=tuple(c for c in table.columns if c != name),
        keys=tuple((*key, 1) for key in table.keys),
        stored_keys=tuple((*key, 1) for key in table.peers_keys),
        declared=table.declared | {name: "INTEGER NOT NULL"},
        ordered="ROWID" in table.options,
    )
    return Change(after, copied(after, {c: "1" if c == name else f'"{c}"' for c in table.declared}), anew=True)


def narrow(random: Random, table: Table) -> Change:
    """A column of the key goes; of rows that have the rest in common the first one stays."""
    name = random.choice(table.key)
    at = table.key.index(name)
    left = (*table.key[:at], *table.key[at + 1 :])
    keys = [((*given[:at], *given[at + 1 :]), (*held[:at], *held[at + 1 :])) for given, held in pairs(table)]
    if len(left) == 1 and table.declared[left[0]].startswith("INTEGER "):  # the rowid, which holds nothing else
        keys = [(given, held) for given, held in keys if type(held[0]) is int]
        if not keys:
            return add(random, table)
    after = replace(
        table,
        key=left,
        keys=tuple(given for given, _ in keys),
        stored_keys=tuple(held for _, held in keys),
        declared={column: text for column, text in table.declared.items() if column != name},
        ordered="ROWID" in table.options,
    )
    order = ", ".join(f'typeof("{c}"), "{c}"' for c in table.key)
    return Change(after, copied(after, {c: f'"{c}"' for c in after.declared}, f" ORDER BY {order}"), anew=True)


def pairs(table: Table) -> Iterator[tuple[Key, Key]]:
    """Each key as programs give it and as it is held."""
    return zip(table.keys, table.peers_keys, strict=True)


def copied(after: Table, values: dict[str, str], order: str = "") -> Statements:
    """The steps that SQLite's manual gives for what ALTER TABLE cannot do."""
    lines = [f'"{name}" {text}' for name, text in after.declared.items()]
    lines.append(f"PRIMARY KEY ({quoted(after.key)})")
    listed = ", ".join(values.values())
    return (
        (f"CREATE TABLE rebuilt ({', '.join(lines)}) {after.options}", ()),
        (
            f"INSERT OR IGNORE INTO rebuilt ({quoted(tuple(values))}) SELECT {listed} FROM {after.name}{order}",
            (),
        ),
        (f"DROP TABLE {after.name}", ()),
        (f"ALTER TABLE rebuilt RENAME TO {after.name}", ()),
    )
