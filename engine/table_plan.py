"""The plan of a synced table: what another side needs to make a table that takes the same rows.

No SQL travels: types are one of a few kinds, a default is a value, and names are checked before they are quoted.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from engine.change import SQLiteValue
from engine.errors import UsageError
from engine.text import printable, t

MAX_TABLES = 500
MAX_COLUMNS = 1_000
"""Tables of one file, and columns of one table, that a plan may have."""

MAX_NAME = 200
"""Characters of a name."""

_RESERVED = ("sqlite_", "crsql_", "__crsql_")


class Kind(IntEnum):
    """What a column does to values (https://sqlite.org/datatype3.html, section 3)."""

    ANY = 0
    TEXT = 1
    NUMERIC = 2
    INTEGER = 3
    REAL = 4
    INT = 5
    """As INTEGER, but as a key it is no alias of the rowid, which takes integers only."""


class Collation(IntEnum):
    """The collations that every SQLite has; any other counts as the first."""

    BINARY = 0
    NOCASE = 1
    RTRIM = 2


class ColumnPlan(NamedTuple):
    """One column.

    Attributes:
        key: its place in the primary key from 1; 0 for none.
        default: what a row holds that was written before the column came; None for NULL.
        refers: as in ``engine.table_shape.ColumnType``.
    """

    name: str
    kind: Kind
    collation: Collation = Collation.BINARY
    key: int = 0
    default: SQLiteValue = None
    refers: str = ""


class TablePlan(NamedTuple):
    """One table, with its columns in order."""

    name: str
    columns: tuple[ColumnPlan, ...]
    strict: bool = False
    rowid: bool = True

    @property
    def refers(self) -> dict[str, str]:
        """The columns whose values travel as names of rows, each with the table of these rows."""
        return {column.name: column.refers for column in self.columns if column.refers}


def in_order(plans: Iterable[TablePlan]) -> list[TablePlan]:
    """Return the tables so that those that others refer to come first, as far as possible."""
    left = {plan.name: plan for plan in plans}
    found: list[TablePlan] = []
    while left:
        ready = [plan for plan in left.values() if left.keys().isdisjoint({*plan.refers.values()} - {plan.name})]
        for plan in ready or [next((one for one in left.values() if _is_numbered(one)), next(iter(left.values())))]:
            found.append(left.pop(plan.name))
    return found


def check_plans(plans: tuple[TablePlan, ...]) -> None:
    """Check whether tables can be made according to these plans.

    Raises:
        UsageError: they cannot; the reason is in words fit for whoever sent them.
    """
    if not 0 < len(plans) <= MAX_TABLES:
        raise UsageError(t("A room can have 1 to {limit} tables, not {count}.", limit=MAX_TABLES, count=len(plans)))
    if len({plan.name.lower() for plan in plans}) < len(plans):
        raise UsageError(t("Two tables have the same name."))
    for plan in plans:
        _check_name(plan.name)
        lower = plan.name.lower()
        if lower.startswith(_RESERVED) or "__crsql_" in lower:
            raise UsageError(t("A table cannot be called “{name}”.", name=printable(plan.name, 40)))
        _check_columns(plan)
    numbered = {plan.name for plan in plans if _is_numbered(plan)}
    for plan in plans:
        for column, table in plan.refers.items():
            if table not in numbered:
                raise UsageError(
                    t(
                        "The column “{column}” of the table “{table}” refers to rows that have no numbers.",
                        column=printable(column, 40),
                        table=printable(plan.name, 40),
                    )
                )


def _is_numbered(plan: TablePlan) -> bool:
    keys = [column for column in plan.columns if column.key]
    return plan.rowid and len(keys) == 1 and keys[0].kind is Kind.INTEGER and keys[0].refers == plan.name


def _check_columns(plan: TablePlan) -> None:
    shown = printable(plan.name, 40)
    if not 0 < len(plan.columns) <= MAX_COLUMNS:
        raise UsageError(
            t(
                "The table “{table}” has {count} columns; it can have 1 to {limit}.",
                table=shown,
                count=len(plan.columns),
                limit=MAX_COLUMNS,
            )
        )
    if len({column.name.lower() for column in plan.columns}) < len(plan.columns):
        raise UsageError(t("Two columns of the table “{table}” have the same name.", table=shown))
    places = sorted(column.key for column in plan.columns if column.key)
    if not places or places != list(range(1, len(places) + 1)):
        raise UsageError(t("The primary key of the table “{table}” is incomplete.", table=shown))
    for column in plan.columns:
        _check_name(column.name)
        if isinstance(column.default, str) and "\0" in column.default:
            raise UsageError(t("A default in the table “{table}” contains a null character.", table=shown))


def _check_name(name: str) -> None:
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise UsageError(t("“{name}” is not a valid name for a table or column.", name=printable(name, 40)))
