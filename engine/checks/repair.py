"""Repairs what comparing found: everything is sent once more, or one side's rows are written as new.

Sending again repairs what has a clock: both sides end up with the winning value of each cell. What has none, such as
values changed without a record, stays as it is. There a person chooses a side, and the choice is an ordinary local
write, which is synced like any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import apsw

from engine.change import SQLiteValue
from engine.checks.row_diff import Row, RowDifference
from engine.checks.verify import Asking, Partner
from engine.errors import UsageError
from engine.replica import Replica
from engine.sqlite.sql import ident, idents, key_is, main
from engine.sqlite.sqlite_errors import explained
from engine.tables import Damage, is_ordinary
from engine.text import t


class Side(StrEnum):
    """One of the two sides that differ."""

    MINE = "mine"
    THEIRS = "theirs"


@dataclass(frozen=True, slots=True)
class Resolved:
    """What came of choosing a side: rows written, rows left as they were, and why (a sentence, or '')."""

    written: int
    left: int
    why: str = ""


async def send_again(link: Partner, side: Side, timeout: float) -> None:
    """Have everything of one side sent once more, without filters, and wait until it is on the other's disk.

    Args:
        timeout: seconds for each step of it.

    Raises:
        PeerUnreachable: it is not connected, or the connection was cut. What was asked for continues at the next
            connection.
        UsageError: it is a published server, or the link only goes the other way.
    """
    asking = Asking(link, timeout)
    session = asking.session
    await asking.until(lambda: session.in_sync, asking.late())
    if side is Side.THEIRS:
        if not session.receives:
            raise UsageError(
                t("{peer} is set to send only, so nothing can be received from it.", peer=link.config.name)
            )
        asking.driver.call(session.ask_again)
        begun = asking.begun(lambda: session.asking_again)
    else:
        if not session.sends or not session.outbound.asked:
            raise UsageError(
                t("{peer} receives no changes from here, because one side is set to send only.", peer=link.config.name)
            )
        before = session.wanted
        asking.driver.call(session.send_again)
        begun = asking.begun(lambda: session.wanted > before)
    await asking.until(begun, asking.silent())
    await asking.until(lambda: session.in_sync and not session.asking_again, asking.late())
    asking.still_there()


def resolve_rows(replica: Replica, rows: Iterable[RowDifference], side: Side) -> Resolved:
    """Write one side's rows as new, in one transaction; rows that changed since they were compared are left alone.

    Damage to the sync records, which would keep writes from being recorded, is repaired first.

    Args:
        replica: open for writing, on its thread.
        rows: the rows as they were found to differ.

    Raises:
        ReplicaError: the file failed.
        UsageError: the names of rows are lost. In both cases nothing was written.
    """
    damage = replica.check()
    for finding in damage:
        if finding.damage is Damage.ROW_NAMES:  # a person must know beforehand what repairing that does
            raise UsageError(
                t("“{table}”: {damage}", table=finding.table, damage=finding.sentence),
                hint=t("To see what repairing it does: syncline check {path}", path=replica.path),
            )
    if any(finding.harms for finding in damage):
        replica.repair()
    written = left = 0
    why = ""
    db = replica.connection
    with explained(replica.path):
        db.execute("BEGIN IMMEDIATE")
        try:
            for row in rows:
                refusal = _resolve_row(db, _Table(db, replica, row), row, side)
                written, left = written + (not refusal), left + bool(refusal)
                why = why or refusal
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
    return Resolved(written, left, why)


class _Table:
    """The SQL for one row of a table."""

    def __init__(self, db: apsw.Connection, replica: Replica, row: RowDifference) -> None:
        shape = next((shape for shape in replica.shapes() if shape.name == row.table), None)
        if shape is None or tuple(sorted(shape.columns)) != row.columns or len(shape.key) != len(row.key):
            raise UsageError(
                t("The table “{table}” was altered in the meantime.", table=row.table), hint=t("Compare again.")
            )
        self.key, self.columns = shape.key, shape.columns
        self.name = main(row.table)
        self.numbered = bool(shape.refers)
        self.ordinary = is_ordinary(db, row.table)
        self.where = key_is(shape.key)


def _resolve_row(db: apsw.Connection, table: _Table, row: RowDifference, side: Side) -> str:
    """Write one row; return why not, or ''."""
    if table.numbered:
        return t(
            "Each machine hands out the numbers of rows of “{table}”, so neither side can be taken. Change the rows in"
            " the app, on one machine.",
            table=row.table,
        )
    if table.ordinary and side is Side.MINE:
        return t(
            "Rows of “{table}” cannot be taken from this side. Take “theirs” on the other machine.", table=row.table
        )
    names = idents(row.columns) or "NULL"
    found = db.execute(f"SELECT {names} FROM {table.name} WHERE {table.where}", row.key).fetchone()
    now = None if found is None else tuple(found[: len(row.columns)])
    if row.key_there is not None and side is Side.MINE:
        return t(
            "A row of “{table}” spells its key differently on the other side. Choose that side, "
            "or change the key there.",
            table=row.table,
        )
    if row.too_large:
        return t("A row of “{table}” is too large to copy; change it by hand.", table=row.table)
    if not _same(now, row.here):
        return t("A row of “{table}” was changed in the meantime.", table=row.table)
    db.execute("SAVEPOINT syncline_settle")
    try:
        (_write_mine if side is Side.MINE else _write_theirs)(db, table, row)
    except apsw.ConstraintError as error:
        db.execute("ROLLBACK TO syncline_settle")
        return t("A row of “{table}” was rejected: {reason}.", table=row.table, reason=error)
    finally:
        db.execute("RELEASE syncline_settle")
    return ""


def _write_mine(db: apsw.Connection, table: _Table, row: RowDifference) -> None:
    if row.here is None:  # a deletion is recorded only for a row that exists
        assert row.there is not None
        _insert(db, table, row, row.there)
        _delete(db, table, row)
    elif row.there is None:
        _record(db, "crsql_after_insert", row.table, row.key)
    else:  # as if their values had been here and were changed to ours
        place = {name: number for number, name in enumerate(row.columns)}
        both = [[values[place[name]] for name in table.columns] for values in (row.here, row.there)]
        _record(db, "crsql_after_update", row.table, (*row.key, *row.key, *both[0], *both[1]))


def _write_theirs(db: apsw.Connection, table: _Table, row: RowDifference) -> None:
    if row.there is None:
        _delete(db, table, row)
    elif row.here is None:
        _insert(db, table, row, row.there)
    else:
        theirs = dict(zip(row.columns, row.there, strict=True))
        names = row.differing
        values = [theirs[name] for name in names]
        if row.key_there is not None:
            names, values = (*table.key, *names), [*row.key_there, *values]
        sets = ", ".join(f"{ident(name)} = ?{n}" for n, name in enumerate(names, len(row.key) + 1))
        db.execute(f"UPDATE {table.name} SET {sets} WHERE {table.where}", (*row.key, *values)).fetchall()


def _insert(db: apsw.Connection, table: _Table, row: RowDifference, values: Row) -> None:
    marks = ", ".join("?" * (len(row.key) + len(row.columns)))
    sql = f"INSERT INTO {table.name} ({idents((*table.key, *row.columns))}) VALUES ({marks})"
    db.execute(sql, (*row.key, *values)).fetchall()


def _delete(db: apsw.Connection, table: _Table, row: RowDifference) -> None:
    db.execute(f"DELETE FROM {table.name} WHERE {table.where}", row.key).fetchall()


def _record(db: apsw.Connection, function: str, table: str, values: tuple[SQLiteValue, ...]) -> None:
    """Call the function that a trigger would call."""
    db.execute(f"SELECT {function}({', '.join('?' * (len(values) + 1))})", (table, *values)).fetchall()


def _same(one: Row | None, other: Row | None) -> bool:
    return [*map(_typed, one or ())] == [*map(_typed, other or ())] and (one is None) == (other is None)


def _typed(value: SQLiteValue) -> tuple[type, SQLiteValue]:
    return type(value), value
