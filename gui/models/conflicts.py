"""The lines and the columns of the list of what waits for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from PySide6.QtGui import QIcon

from engine.change import SQLiteValue
from engine.peer_state import State
from engine.replica import Conflicts, hidden_sentence
from engine.tables import HiddenRow, SuspendedDeletion
from gui import theme
from gui.language import said, tr
from gui.models.static_table import Shown
from gui.models.values import LONG, number, shown


@dataclass(frozen=True, slots=True)
class ConflictLine:
    """One thing that waits for a person.

    Attributes:
        database, name: the id and the name of the database.
        table, key: the table and the row; '' if it is not about one.
        text: the reason, as the engine said it.
        hint: what to do about it.
        row: the hidden row, if that is what waits.
        differs: by column, the values of the hidden row and of the row in its way, where they differ.
        suspended: set if most rows of the table are gone.
        repairable: whether ``repair`` helps.
    """

    database: str
    name: str
    table: str
    key: str
    text: str
    hint: str = ""
    row: HiddenRow | None = field(default=None, compare=False)
    differs: Mapping[str, tuple[SQLiteValue, SQLiteValue]] = field(default_factory=dict)
    suspended: SuspendedDeletion | None = None
    repairable: bool = False

    @property
    def can_keep(self) -> bool:
        """Whether there is a row in its way, which can be deleted or merged with it."""
        return self.row is not None and self.row.in_the_way is not None

    def sentence(self) -> str:
        """Return the reason, in the person's language."""
        if self.suspended is not None:
            return gone_sentence(self.suspended)
        return said(self.text)


def lines_of(database: str, name: str, found: Conflicts) -> Iterator[ConflictLine]:
    """Yield the lines of a database, beginning with what blocks most."""
    for asked in found.suspended:
        yield ConflictLine(database, name, asked.table, "", "", suspended=asked)
    waiting = found.waiting
    hint = " ".join(map(said, waiting.hints))
    if waiting.counter:
        yield ConflictLine(database, name, "", "", waiting.counter, hint, repairable=waiting.repairable)
    for one in waiting.rows:
        yield ConflictLine(database, name, one.table, one.key, one.reason, hint, repairable=waiting.repairable)
    for row, differs in found.hidden:
        yield ConflictLine(
            database, name, row.table, row.shown_key, hidden_sentence(row), row=row, differs=dict(differs)
        )


def gone_sentence(asked: SuspendedDeletion) -> str:
    """Return the sentence that says that most rows of a table are gone."""
    return tr(
        "{gone:,} of the {known:,} rows of “{table}” are gone: an app may have rebuilt the table. Until"
        " you answer, it is not synced. A backup is made first.",
        gone=asked.gone,
        known=asked.known,
        table=shown(asked.table),
    )


def conflict_columns() -> list[Shown[ConflictLine]]:
    """Return the columns: database, table, row, why, difference."""
    return [
        Shown(tr("Database"), lambda line: line.name, 12),
        Shown(tr("Table"), lambda line: shown(line.table) or "–", 14),
        Shown(tr("Row"), lambda line: line.key or "–", 12),
        Shown(tr("What waits"), lambda line: line.sentence(), 40, icon=_icon),
        Shown(tr("Difference"), difference, 30, lambda line: difference(line, LONG)),
    ]


def difference(line: ConflictLine, limit: int = 30) -> str:
    """Return, for each column that differs, the values of the hidden row and of the row in its way."""
    each = (
        tr("{column}: {value}, there {other}", column=column, value=shown(own, limit), other=shown(other, limit))
        for column, (own, other) in line.differs.items()
    )
    return "; ".join(each) or "–"


def and_more(count: int) -> str:
    """Return the sentence that says how many hidden rows are not listed; '' for none."""
    return tr("{count} more rows are hidden.", count=number(count)) if count else ""


def _icon(line: ConflictLine) -> QIcon:
    return theme.state_icon(State.WAITING if line.row is not None else State.NEEDS_YOU)
