"""The dialog that compares the tables with a peer's; it adds what is missing here, and can undo that."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from PySide6.QtWidgets import QDialogButtonBox, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from engine.api import Engine
from engine.checks.schema_diff import Comparison, Cure
from engine.errors import SynclineError
from engine.ids import PeerId
from engine.peer_state import State
from engine.tables import Addition
from gui.dialogs.base import AsyncDialog, in_words
from gui.dialogs.inline_message import InlineMessage
from gui.language import tr
from gui.models import values
from gui.models.schema import Column, SchemaModel
from gui.panels.table import Table
from gui.theme import state_icon

WIDTH, HEIGHT = 760, 380

_WIDTHS = {Column.TABLE: 16, Column.COLUMN: 16, Column.HERE: 22, Column.THERE: 22, Column.CURE: 30}


async def show(parent: QWidget | None, engine: Engine, peer: PeerId, name: str) -> None:
    """Compare the tables with a peer's, and offer to add what is missing, until the dialog is closed.

    Args:
        parent: the window that the dialog belongs to.
        engine: compares the tables, and changes the file.
        peer, name: the id and the name of the peer.
    """
    await SchemaDialog(parent, engine, peer, name).answered()


class SchemaDialog(AsyncDialog):
    """The dialog of ``show``; ``comparison`` is the latest result, None if there is none yet."""

    def __init__(self, parent: QWidget | None, engine: Engine, peer: PeerId, name: str) -> None:
        super().__init__(parent)
        self._engine = engine
        self._peer = peer
        self.comparison: Comparison | None = None
        self.busy = False
        self.setWindowTitle(tr("Tables here and at {peer}", peer=values.shown(name)))
        self.outcome = InlineMessage(None)
        self.done_so_far = InlineMessage()
        self.problem = InlineMessage.of_problem()
        self.progress = QProgressBar()
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(tr("Asking the peer"))
        self.model = SchemaModel(self)
        self.table = self._make_table()
        self.add, self.undo = self._make_buttons()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.again = QPushButton(tr("&Compare again"))
        self.again.clicked.connect(lambda: self._begin(self._nothing))
        self.buttons.addButton(self.again, QDialogButtonBox.ButtonRole.ActionRole)
        self.buttons.rejected.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(self.add)
        row.addWidget(self.undo)
        row.addStretch()
        column = QVBoxLayout(self)
        for widget in (self.outcome, self.progress):
            column.addWidget(widget)
        column.addWidget(self.table, 1)
        column.addWidget(self.done_so_far)
        column.addLayout(row)
        column.addWidget(self.problem)
        column.addWidget(self.buttons)
        self.resize(WIDTH, HEIGHT)
        self._begin(self._nothing)

    def _make_table(self) -> Table:
        table = Table()
        table.setModel(self.model)
        table.setAccessibleName(tr("Differences"))
        table.set_widths(_WIDTHS[column] for column in Column)
        return table

    def _make_buttons(self) -> tuple[QPushButton, QPushButton]:
        add = QPushButton(tr("&Add what is missing here"))
        add.setToolTip(tr("Adds the missing tables and columns, after a backup; no row is changed"))
        add.clicked.connect(lambda: self._begin(self._add))
        undo = QPushButton(tr("&Undo"))
        undo.setToolTip(tr("Removes what was added this way, unless it is in use, after a backup"))
        undo.clicked.connect(lambda: self._begin(self._undo))
        for button in (add, undo):
            button.setAutoDefault(False)
        return add, undo

    # What is done

    def _begin(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.busy = True
        self.problem.show_message("")
        self.outcome.show_message(tr("Comparing…"))
        self._show()
        self.start(self._work(work))

    async def _work(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do the work, then compare again."""
        try:
            await work()
            self.comparison = await self._engine.checks.compare_tables(self._peer)
        except SynclineError as error:
            self.problem.show_message(in_words(error))
        self.busy = False
        self._show()

    async def _nothing(self) -> None:
        self.done_so_far.show_message("")

    async def _add(self) -> None:
        if self.comparison is not None:
            added = await self._engine.checks.add_missing(self._peer, self.comparison.there)
            text = tr("Added: {names}. There is a backup of the previous state.", names=_names(added))
            self.done_so_far.show_message(text)

    async def _undo(self) -> None:
        dropped, kept = await self._engine.checks.undo_additions(self._peer)
        told = []
        if dropped:
            told.append(tr("Removed: {names}.", names=_names(dropped)))
        if kept:
            told.append(tr("Still in use, so kept: {names}.", names=_names(kept)))
        self.done_so_far.show_message(" ".join(told))

    # What is shown

    def _show(self) -> None:
        comparison = self.comparison
        self.progress.setVisible(self.busy)
        self.table.setVisible(bool(self.model.rows) or self.busy)
        self.again.setEnabled(not self.busy)
        self.add.setEnabled(not self.busy and comparison is not None and any(line.addable for line in comparison.lines))
        self.undo.setEnabled(not self.busy and comparison is not None and bool(comparison.added))
        if self.busy:
            return
        if comparison is None:
            self.outcome.show_message("")
            return
        self.model.show(comparison.lines)
        self.table.setVisible(bool(comparison.lines))
        stops = any(line.cure.stops for line in comparison.lines)
        self.outcome.show_message(
            self._sentence(comparison), partial(state_icon, State.NEEDS_YOU if stops else State.IN_SYNC)
        )
        self.fit()

    def _sentence(self, comparison: Comparison) -> str:
        cures = [line.cure for line in comparison.lines]
        if not cures:
            return tr("The synced tables are the same on both sides.")
        if not any(cure.stops for cure in cures):
            return tr("The tables differ, but not in a way that prevents syncing.")
        count = cures.count(Cure.ADD_HERE)
        if count == 0:
            return tr("The tables differ, and none of the differences can be fixed here.")
        return tr(
            "The tables differ. Differences that can be fixed here by adding what is missing: {count}.", count=count
        )


def _names(additions: Sequence[Addition]) -> str:
    return ", ".join(values.shown(f"{one.table}.{one.column}" if one.column else one.table) for one in additions)
