"""Rows that cannot be sent: text that is none, and versions that are used up; and how they are corrected.

What another program writes behind the triggers is recorded by nobody. So a text that went bad that way is corrected by
the app: peers may hold what stood there before, at the same version. One that went bad by a write that was recorded
was never sent, and may be corrected by either.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from engine.change import MAX_VERSION, Change
from engine.crr import connect
from engine.tables import pack_columns

from .truth import Eye, is_text

COLUMNS = ("name", "extra")
"""Those of ``item`` that hold text, in every release."""

RECORDED, BEHIND = b"app \xff", b"other \xff"
"""Bytes that are no text, by who wrote them."""

MADE_UP = b"\xfe" * 16
"""The site of a program that counts wrongly: nobody is it."""


def spoil_text(db: apsw.Connection, path: Path, rng: random.Random, *, behind: bool) -> str:
    """Write text that is none to a row, with a record of it or without; returns it in words.

    Args:
        behind: without a record, where a value was recorded before: one that never was would be damage.
    """
    row, column = rng.randrange(1, 13), rng.choice(COLUMNS)
    sql = f"UPDATE item SET {column} = CAST(? AS TEXT) WHERE id = ?"
    if behind:
        with behind_triggers(path) as other:
            if other.table_exists("main", "item__crsql_clock"):
                sql += (
                    " AND EXISTS (SELECT 1 FROM item__crsql_pks AS p JOIN item__crsql_clock AS c"
                    f" ON c.key = p.__crsql_key WHERE p.id = item.id AND c.col_name = '{column}')"
                )
            other.execute(sql, (BEHIND, row))
    else:
        db.execute(sql, (RECORDED, row))
    return f"text that is none into {column} of {row}{', behind the triggers' if behind else ''}"


def correct_behind(path: Path, rng: random.Random) -> str:
    """Correct, without a record, what went bad with one; returns it in words."""
    column = rng.choice(COLUMNS)
    with behind_triggers(path) as other:
        other.execute(
            f"UPDATE item SET {column} = ? WHERE typeof({column}) = 'text' AND CAST({column} AS BLOB) = ?",
            (rng.choice(["fine", "zz"]), RECORDED),
        )
    return f"corrects {column} behind the triggers"


def correct(db: apsw.Connection, rng: random.Random) -> int:
    """Correct all text that is none, as an app does; returns how many rows it was."""
    found = 0
    for column in COLUMNS:
        texts = db.execute(f"SELECT id, CAST({column} AS BLOB) FROM item WHERE typeof({column}) = 'text'").fetchall()
        for row, text in texts:
            if not is_text(text):
                found += 1
                if rng.random() < 0.2:
                    db.execute("DELETE FROM item WHERE id = ?", (row,))
                else:
                    db.execute(f"UPDATE item SET {column} = ? WHERE id = ?", (rng.choice(["good", b"good", None]), row))
    return found


def last_version(eye: Eye, rng: random.Random) -> Change | None:
    """A change of a program that counts wrongly, for a cell that the file holds: its version is the last one."""
    cells = [cell for cell in eye.cells(0, eye.clock()) if cell.table == "item" and cell.column in COLUMNS]
    if not cells:
        return None
    cell = rng.choice(cells)
    key, value = pack_columns(cell.key), rng.choice(["theirs", None, 7])
    return Change("item", key, cell.column, value, MAX_VERSION - 1, 1, MADE_UP, cell.length, 0)


@contextmanager
def behind_triggers(path: Path) -> Iterator[apsw.Connection]:
    """A connection on which nothing is recorded."""
    db = connect(path)
    try:
        db.execute("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY").fetchall()
        db.execute("SELECT crsql_internal_sync_bit(1)").fetchall()
        yield db
    finally:
        db.execute("SELECT crsql_internal_sync_bit(0)").fetchall()
        db.close()
