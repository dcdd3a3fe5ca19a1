"""What in a file waits: rows that cannot be sent or shown, and deletions that a person is asked about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from engine.change import SQLiteValue
from engine.text import Text, counted, sentences, t


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A row that cannot be sent: its table's wire name, its key as it can be shown, and why, in a sentence."""

    table: str
    key: str
    reason: str


class AwaitedRow(NamedTuple):
    """A row that a hidden one refers to, and that is not shown.

    Attributes:
        table: its table's name.
        key: its packed wire key.
        shown_key: its key here, as it can be shown.
        deleted: it was deleted; if not, it is hidden.
    """

    table: str
    key: bytes
    shown_key: str
    deleted: bool


class HiddenRow(NamedTuple):
    """A row of the merged state that its table does not show, because of a rule of the table.

    Attributes:
        table: its table's name.
        key: its packed wire key.
        shown_key: its key here, as it can be shown.
        reason: "unique", "check", "not null", "type", "trigger", or "parent": a row that it refers to is hidden, or was
            deleted elsewhere.
        in_the_way: the packed wire key of the shown row that conflicts with it; None if there is none, or if that row
            has none, as it stays on this machine.
        shown_in_the_way: its key here, as it can be shown; '' without one.
        values: its other columns, as the table would show them.
        key_columns: its whole key here: each column with its value.
        awaits: the row that it refers to and waits for.
        same: whether the conflicting row stands for it, so that references to it lead there.
    """

    table: str
    key: bytes
    shown_key: str
    reason: str
    in_the_way: bytes | None
    shown_in_the_way: str
    values: dict[str, SQLiteValue]
    key_columns: tuple[tuple[str, SQLiteValue], ...] = ()
    awaits: AwaitedRow | None = None
    same: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """What in a file cannot be sent for now.

    Attributes:
        rows: some of the rows.
        more: how many others there are.
        counter: why nothing written now can be sent at all; '' if it can.
        hints: what to do, in sentences.
        repairable: whether ``Replica.repair`` helps with some of it.
    """

    rows: tuple[WaitingRow, ...] = ()
    more: int = 0
    counter: str = ""
    hints: tuple[str, ...] = ()
    repairable: bool = False

    def __bool__(self) -> bool:
        return bool(self.rows or self.counter)

    def __str__(self) -> str:
        return self.sentence

    @property
    def sentence(self) -> Text:
        """All of it, for a person."""
        count = self.more
        more = counted(count, t("1 more row cannot be sent."), t("{count:,} more rows cannot be sent.", count=count))
        return sentences(*self.reasons, more if count else "", *self.hints)

    @property
    def reasons(self) -> tuple[str, ...]:
        """A sentence for the counter, and one for each named row."""
        return (*((self.counter,) if self.counter else ()), *(row.reason for row in self.rows))


class SuspendedDeletion(NamedTuple):
    """An ordinary table, for which a person is asked whether ``gone`` of its ``known`` rows are meant to be deleted."""

    table: str
    gone: int
    known: int
