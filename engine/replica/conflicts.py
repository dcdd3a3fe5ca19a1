"""What in a file waits for a person: rows that are hidden or cannot be sent, and deletions to be confirmed; in
words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.change import SQLiteValue
from engine.replica.replica import Replica
from engine.replica.resolving import hidden_differences
from engine.tables import HiddenRow, SuspendedDeletion, Waiting
from engine.text import Text, t

MOST = 500
"""The most hidden rows that are listed at once."""

WHY = {
    "check": t("its values break a CHECK rule of the table"),
    "not null": t("it has no value in a column that needs one"),
    "type": t("a column of the table would change its values"),
    "trigger": t("a trigger of the app does not let it in"),
    "text": t("it holds text that is not valid"),
    "parent": t("a row that it refers to is hidden"),
}


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Everything that waits for a person.

    Attributes:
        hidden: each hidden row, with the columns in which it differs from the row in its way: its own value, and the
            other's.
        more: how many more are hidden.
        waiting: rows that cannot be sent.
        suspended: the tables that have lost most of their rows.
    """

    hidden: tuple[tuple[HiddenRow, Mapping[str, tuple[SQLiteValue, SQLiteValue]]], ...] = ()
    more: int = 0
    waiting: Waiting = field(default_factory=Waiting)
    suspended: tuple[SuspendedDeletion, ...] = ()

    @property
    def count(self) -> int:
        """How many things a person has to decide about."""
        unsent = len(self.waiting.rows) + self.waiting.more + bool(self.waiting.counter)
        return len(self.hidden) + self.more + unsent + len(self.suspended)


def find_conflicts(replica: Replica) -> Conflicts:
    """Find what waits in a file that is kept open; rows that cannot be sent are as the last ``refresh`` found them.

    Raises:
        ReplicaError: the file.
    """
    hidden = replica.hidden_rows(limit=MOST)
    return Conflicts(
        tuple((row, hidden_differences(replica, row)) for row in hidden),
        replica.count_hidden() - len(hidden) if len(hidden) == MOST else 0,
        replica.withheld_rows() if replica.waiting else replica.waiting,
        tuple(replica.suspended_deletions()),
    )


def hidden_sentence(row: HiddenRow) -> Text:
    """Say that a row is hidden, and why."""
    if row.reason == "unique" and row.shown_in_the_way and row.same:
        return t(
            "“{table}”, row {key} counts as the same as row {other}: what refers to it refers to that one.",
            table=row.table,
            key=row.shown_key,
            other=row.shown_in_the_way,
        )
    if row.reason == "unique" and row.shown_in_the_way:
        return t(
            "“{table}”, row {key} is hidden: row {other} is in its way.",
            table=row.table,
            key=row.shown_key,
            other=row.shown_in_the_way,
        )
    if row.awaits is not None and row.awaits.deleted:
        return t(
            "“{table}”, row {key} is hidden: “{parent}”, row {other}, to which it refers, was deleted.",
            table=row.table,
            key=row.shown_key,
            parent=row.awaits.table,
            other=row.awaits.shown_key,
        )
    why = WHY.get(row.reason, t("another row is in its way"))
    return t("“{table}”, row {key} is hidden: {reason}.", table=row.table, key=row.shown_key, reason=why)


def keep_warning(row: HiddenRow) -> Text:
    """Say what ``keep_hidden`` would do."""
    return t(
        "“{table}”, row {other} would be deleted on all machines, and row {key} shown instead. Rows that refer "
        "to the one refer to the other then.",
        table=row.table,
        key=row.shown_key,
        other=row.shown_in_the_way,
    )


def merge_warning(row: HiddenRow) -> Text:
    """Say what ``merge_hidden`` would do."""
    return t(
        "Rows that refer to “{table}”, row {key} would refer to row {other}, and row {key} would be deleted on "
        "all machines.",
        table=row.table,
        key=row.shown_key,
        other=row.shown_in_the_way,
    )


def delete_warning(row: HiddenRow) -> Text:
    """Say what ``delete_hidden`` would do."""
    return t("“{table}”, row {key} would be deleted on all machines.", table=row.table, key=row.shown_key)
