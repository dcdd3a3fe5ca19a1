"""Apps that know nothing of sync: SQL for the tables that can be ordinary ones, which any program may run."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence

TABLES = ("memo", "tag")
"""Those of the tables that can be ordinary ones; a machine may have them so, or as cr-sqlite's."""

_VALUES = ("NULL", "0", "1", "-3", "9007199254740993", "1.5", "-2.25", "''", "'a'", "'é'", "'zz'", "x''", "x'ff00'")
_REALS = ("NULL", "1.5", "-2.25")

_MEMO = (
    "INSERT OR IGNORE INTO memo (id, text, n) VALUES ('{k}', {v}, {m})",
    "REPLACE INTO memo (id, text) VALUES ('{k}', {v}), ('{l}', 'both')",
    "INSERT INTO memo (id, text) VALUES ('{k}', {v}) ON CONFLICT (id) DO UPDATE SET text = excluded.text",
    "UPDATE memo SET {column} WHERE id = '{k}'",
    "UPDATE memo SET text = {v}, {column} WHERE id = '{k}'",
    "UPDATE memo SET n = ifnull(n, 0) + 1",
    "UPDATE OR REPLACE memo SET id = '{k}' WHERE id = '{l}'",
    "DELETE FROM memo WHERE id = '{k}'",
    "DELETE FROM memo WHERE n > {m}",
)
_TAG = (
    "INSERT OR IGNORE INTO tag VALUES ({m}, '{w}')",
    "INSERT OR REPLACE INTO tag SELECT item + 1, word FROM tag WHERE item < 4",
    "UPDATE OR REPLACE tag SET word = '{w}' WHERE item = {m}",
    "UPDATE OR IGNORE tag SET item = {m} WHERE word = '{w}'",
    "DELETE FROM tag WHERE item = {m}",
)


def write(rng: random.Random, tables: Collection[str], columns: Sequence[str]) -> list[str]:
    """A few statements on some of these tables, at times in a transaction, which may be taken back.

    Args:
        columns: those of ``memo`` but its key.
    """
    choices = (_MEMO if "memo" in tables else ()) + (_TAG if "tag" in tables else ())
    statements = [_filled(rng, rng.choice(choices), columns) for _ in range(rng.choice([1, 1, 1, 2, 4]))]
    if rng.random() < 0.3:
        return ["BEGIN", *statements, rng.choice(["COMMIT", "COMMIT", "ROLLBACK"])]
    return statements


def _filled(rng: random.Random, sql: str, columns: Sequence[str]) -> str:
    column = rng.choice([column for column in columns if column != "text"])
    value = {"n": str(rng.randrange(4)), "r": rng.choice(_REALS)}.get(column, rng.choice(_VALUES))
    return sql.format(
        k=rng.choice("abcdef"),
        l=rng.choice("abcdef"),
        m=rng.randrange(1, 6),
        v=rng.choice(_VALUES),
        w=rng.choice("abc"),
        column=f"{column} = {value}",
    )


def spoil(rng: random.Random) -> str:
    """Text that is none into a row, or, for one that has it, a correction."""
    text = rng.choice(["CAST(x'6170702000ff' AS TEXT)", "CAST(x'ff' AS TEXT)", "'good'"])
    return f"UPDATE memo SET text = {text} WHERE id = '{rng.choice('abcdef')}'"


CORRECT = "UPDATE memo SET text = 'good' WHERE hex(text) GLOB '*FF' AND typeof(text) = 'text'"
"""Corrects what ``spoil`` did."""


def upset(rng: random.Random, table: str, created: str, triggers: Sequence[str]) -> list[str]:
    """What an app does to a table as a whole, which leaves our triggers there or not: few rows are gone, if any.

    Args:
        created: the statement that would make the table. triggers: on it, whoever made them.
    """
    few = {"memo": ["true", "true", "id > 'b'", "false"], "tag": ["true", "item > 1"]}[table]
    unseen = {"memo": "UPDATE memo SET text = 'unseen' WHERE id < 'c'", "tag": "DELETE FROM tag WHERE item = 2"}[table]
    anew = [
        created.replace(table, f"{table}_new", 1),
        f"INSERT INTO {table}_new SELECT * FROM {table} WHERE {rng.choice(few)}",
        f"DROP TABLE {table}",
        f"ALTER TABLE {table}_new RENAME TO {table}",
    ]
    refilled = [
        f"CREATE TEMP TABLE kept AS SELECT * FROM {table}",
        f"DROP TABLE {table}",
        created,
        f"INSERT INTO {table} SELECT * FROM kept",
        "DROP TABLE kept",
    ]
    without = [*(f'DROP TRIGGER "{name}"' for name in triggers), unseen]
    return rng.choice(
        [anew, ["BEGIN", *anew, "COMMIT"], refilled, ["BEGIN", *without, "COMMIT"], ["VACUUM"], [f"REINDEX {table}"]]
    )
