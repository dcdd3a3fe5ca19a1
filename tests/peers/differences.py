"""What the two engines do otherwise on purpose, and what the differential tests make of each.

Left out of the scripts:

- Writes that change nothing: stock uses a version up for them, in memory only.
- Rollbacks do not set back stock's ``crsql_rows_impacted``: it is not asked for after one.
- Integers for REAL columns, numbers as text and the like in changes from peers: real peers send what a column
  holds. Stock compares the value before it takes the column's type, and echoes (cr-sqlite.md 7.3).
- Changes that a constraint refuses, and keys that are malformed: stock leaves half of the work (cr-sqlite.md 7.1, 7.7).
- Keys that differ only by what their collation ignores: two keys for one row (cr-sqlite.md 12.5).
- TRUE and FALSE as defaults: for stock's alter any number is TRUE, and so the default, which is not recorded.
- Names that are no plain identifiers: stock cannot take them (cr-sqlite.md 2.6). Nor can its alter take a column out of
  a key that is called as one in its own query, col_name.

Modelled here, by statements that the published engine alone runs and that make of its records what ours are:

- A changed key stamps the cells of the row anew (cr-sqlite.md 5.7): `Moving`.
- What an alter records has the next version, where stock takes the last one, which peers may be past already
  (cr-sqlite.md 8.1), and is numbered in the order of the keys: `after_alter`. Rows deleted and tracked values written
  in an alter, which stock does not record at all, are left out.

In ``worlds``: ``Replica.changes`` hides no author's cells of col_version 0 and sentinels of revivals, without which
a third peer would differ.
"""

from __future__ import annotations

import apsw

from engine.change import SENTINEL, SQLiteValue
from tests.peers.scripts import Alter, Move
from tests.peers.tables import Key, quoted

Statement = tuple[str, tuple[SQLiteValue, ...]]


_BEFORE = "temp.before_alter"


def before_alter(alter: Alter) -> list[Statement]:
    """Note which clock rows there are."""
    clock = f"{alter.before.name}__crsql_clock"
    return [(f"CREATE TABLE {_BEFORE} AS SELECT key, col_name FROM {clock}", ())]


def after_alter(alter: Alter) -> list[Statement]:
    """Those that came have this transaction's version, and places in the order of their keys; with another key
    these are all."""
    clock = f"{alter.before.name}__crsql_clock"
    known = "false" if alter.anew else f"(key, col_name) IN (SELECT key, col_name FROM {_BEFORE})"
    # Rows without any cell left get a key anew, before the rest.
    one = f"PARTITION BY col_name, key IN (SELECT key FROM {clock} WHERE {known}) ORDER BY"
    numbered = f"row_number() OVER ({one} key) AS by_key, row_number() OVER ({one} seq) AS by_seq"
    kept = f"key IN (SELECT key FROM {clock} WHERE {known}) AS kept"
    came = f"SELECT key, col_name, seq, {kept}, {numbered} FROM {clock} WHERE NOT {known}"
    place = (
        "SELECT b.seq FROM came AS a JOIN came AS b ON a.col_name = b.col_name AND a.kept = b.kept"
        f" AND a.by_key = b.by_seq WHERE a.key = {clock}.key AND a.col_name = {clock}.col_name"
    )
    return [
        (
            f"WITH came AS MATERIALIZED ({came}) UPDATE {clock} SET db_version = crsql_next_db_version(),"
            f" seq = ({place}) WHERE NOT {known}",
            (),
        ),
        (f"DROP TABLE {_BEFORE}", ()),
    ]


class Moving:
    """Knows a row before its key changes; afterwards tells what stock has to mend.

    Args:
        db: our connection, as it is before the update.
        move: the update.
    """

    def __init__(self, db: apsw.Connection, move: Move) -> None:
        self._db = db
        self._move = move
        self._before = self._row(move.old)
        self._cells = self._clock(move.old)
        target = self._clock(move.new)
        if db.pragma("recursive_triggers") and "REPLACE" in move.verb and self._row(move.new) is not None:
            target = {SENTINEL: 2}  # its delete is recorded first
        self._replaces = bool(target) and SENTINEL not in target

    def mends(self) -> list[Statement]:
        """Every cell has this transaction's version, our own author and a seq of its own after the sentinels';
        a live row that was replaced counts as causal length 1 even without a sentinel."""
        after = self._row(self._move.new)
        assert self._before is not None
        assert after is not None
        if repr(self._before[0]) == repr(after[0]):
            return []  # the same key in other words
        columns = self._move.table.columns
        changed = [n for n, column in enumerate(columns) if repr(self._before[1][n]) != repr(after[1][n])]
        clock, key = f"{self._move.table.name}__crsql_clock", self._key()
        mends: list[Statement] = []
        if self._replaces and self._number(self._move.old) != self._number(self._move.new):
            sql = f"UPDATE {clock} SET col_version = 3 WHERE key = {key} AND col_name = '{SENTINEL}'"
            mends.append((sql, after[0]))
        count = len(columns)
        if count:
            numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
            mends.append((f"{numbers} SELECT crsql_increment_and_get_seq() FROM n", ()))
        for n, column in enumerate(columns):
            place = count + changed.index(n) if n in changed else n
            version = self._cells.get(column, 1) + (n in changed)
            seq = f"crsql_get_seq() - {count + len(changed) - place}"
            row = f"{key}, '{column}', {version}, crsql_next_db_version(), 0, {seq}"
            mends.append((f"INSERT OR REPLACE INTO {clock} VALUES ({row})", after[0]))
        return mends

    def _row(self, key: Key) -> tuple[Key, Key] | None:
        table = self._move.table
        where = " AND ".join(f'"{name}" IS ?' for name in table.key)
        row = self._db.execute(
            f"SELECT {quoted(table.key + table.columns)} FROM {table.name} WHERE {where}", key
        ).fetchone()
        return None if row is None else (row[: len(table.key)], row[len(table.key) :])

    def _key(self) -> str:
        table = self._move.table
        where = " AND ".join(f'"{name}" IS ?' for name in table.key)
        return f"(SELECT __crsql_key FROM {table.name}__crsql_pks WHERE {where})"

    def _number(self, key: Key) -> object:
        return self._db.execute(f"SELECT {self._key()}", key).get

    def _clock(self, key: Key) -> dict[str, int]:
        """col_version of every clock row."""
        sql = f"SELECT col_name, col_version FROM {self._move.table.name}__crsql_clock WHERE key = {self._key()}"
        return dict(self._db.execute(sql, key))
