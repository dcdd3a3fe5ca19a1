"""The dialog that compares rows with a peer: the result, the rows that differ, and what repairs them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from PySide6.QtWidgets import (
    QDialogButtonBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.api import Engine
from engine.checks.repair import Side
from engine.checks.verify import Verification
from engine.errors import SynclineError
from engine.ids import PeerId
from engine.peer_state import State
from engine.session import Verdict
from gui.dialogs.base import AsyncDialog, in_words
from gui.dialogs.inline_message import InlineMessage
from gui.language import said, tr
from gui.models import values
from gui.models.rows import RowsModel
from gui.panels.table import Table
from gui.theme import state_icon

WIDTH, HEIGHT = 720, 420

SHOWN = 200
"""The most rows that are listed."""


async def show(parent: QWidget | None, engine: Engine, peer: PeerId, name: str) -> None:
    """Compare with a peer, and offer to repair what differs, until the dialog is closed.

    Args:
        parent: the window that the dialog belongs to.
        engine: compares and repairs.
        peer: the id of the peer, or the name of the guest.
        name: what it is called.
    """
    await VerifyDialog(parent, engine, peer, name).answered()


class VerifyDialog(AsyncDialog):
    """The dialog of ``show``; ``report`` is the latest result, None if there is none yet."""

    def __init__(self, parent: QWidget | None, engine: Engine, peer: PeerId, name: str) -> None:
        super().__init__(parent)
        self._engine = engine
        self._peer = peer
        self.report: Verification | None = None
        self.busy = False
        self.setWindowTitle(tr("Compare with {peer}", peer=values.shown(name)))
        self.outcome = InlineMessage(None)
        self.advice = InlineMessage()
        self.problem = InlineMessage.of_problem()
        self.progress = QProgressBar()
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.model = RowsModel(self)
        self.rows = self._make_rows()
        column = QVBoxLayout(self)
        for widget in (self.outcome, self.progress, self.rows, self.advice):
            column.addWidget(widget)
        column.addLayout(self._make_mends())
        column.addWidget(self.problem)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.again = QPushButton(tr("&Compare again"))
        self.again.clicked.connect(lambda: self._begin(tr("Comparing…"), self._nothing))
        self.buttons.addButton(self.again, QDialogButtonBox.ButtonRole.ActionRole)
        self.buttons.rejected.connect(self.reject)
        column.addWidget(self.buttons)
        self.resize(WIDTH, HEIGHT)
        self._begin(tr("Comparing…"), self._nothing)

    def _make_rows(self) -> Table:
        rows = Table()
        rows.setModel(self.model)
        rows.setAccessibleName(tr("Rows that differ"))
        return rows

    def _make_mends(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.mends: list[QPushButton] = []
        texts: tuple[tuple[str, str, Callable[[], Coroutine[Any, Any, None]]], ...] = (
            (
                tr("Send &ours again"),
                tr("Sends every change from here again; in each cell, the newer value wins"),
                partial(self._send_again, Side.MINE),
            ),
            (
                tr("Request &theirs again"),
                tr("Requests every change from there again; in each cell, the newer value wins"),
                partial(self._send_again, Side.THEIRS),
            ),
            (
                tr("&Keep ours"),
                tr("Writes the listed rows as new changes, as they are here, after a backup"),
                partial(self._resolve_rows, Side.MINE),
            ),
            (
                tr("Ta&ke theirs"),
                tr("Writes the listed rows as new changes, as they are there, after a backup"),
                partial(self._resolve_rows, Side.THEIRS),
            ),
        )
        for text, tip, work in texts:
            button = QPushButton(text)
            button.setToolTip(tip)
            button.setAutoDefault(False)
            button.clicked.connect(partial(self._repair, work))
            row.addWidget(button)
            self.mends.append(button)
        return row

    # What is done

    def _repair(self, work: Callable[[], Coroutine[Any, Any, None]], _: bool = False) -> None:
        self._begin(tr("Repairing…"), work)

    def _begin(self, doing: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.busy = True
        self.problem.show_message("")
        self.outcome.show_message(doing)
        self._show()
        self.start(self._work(work))

    async def _work(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do the work, then compare again."""
        try:
            await work()
            self.report = await self._engine.checks.verify(self._peer)
        except SynclineError as error:
            self.problem.show_message(in_words(error))
            if self.report is None:
                self.outcome.show_message("")
        self.busy = False
        self._show()

    async def _nothing(self) -> None:
        pass

    async def _send_again(self, side: Side) -> None:
        await self._engine.checks.send_again(self._peer, side)

    async def _resolve_rows(self, side: Side) -> None:
        if self.report is None:
            return
        resolved = await self._engine.checks.resolve_rows(self._peer, self.report.differing, side)
        if resolved.why:
            self.problem.show_message(said(resolved.why))
        if any(
            known.id == self._peer for known in self._engine.settings.peers
        ):  # a guest is waited for as it is compared
            await self._engine.peers.wait_in_sync([self._peer], timeout=60, parked=True)

    # What is shown

    def _show(self) -> None:
        report = self.report
        differing = report is not None and report.verdict is Verdict.DIFFERENT
        self.progress.setVisible(self.busy)
        self.again.setEnabled(not self.busy)
        for number, button in enumerate(self.mends):
            button.setVisible(report is not None and report.verdict is not Verdict.IDENTICAL)
            button.setEnabled(not self.busy and (number < 2 or bool(report and report.differing)))
        self.rows.setVisible(differing)
        if report is None or self.busy:
            return
        state = State.NEEDS_YOU if differing else State.IN_SYNC
        self.outcome.show_message(self._sentence(report), partial(state_icon, state))
        self.advice.show_message(self._advice(report))
        self.model.show(report.differing[:SHOWN])
        self.rows.resizeColumnsToContents()
        self.fit()

    def _sentence(self, report: Verification) -> str:
        tables, rows = len(report.tables), sum(table.here for table in report.tables)
        counted = ", ".join(
            (
                tr("1 table") if tables == 1 else tr("{count} tables", count=self._number(tables)),
                tr("1 row") if rows == 1 else tr("{count} rows", count=self._number(rows)),
            )
        )
        if report.verdict is Verdict.IDENTICAL:
            return tr("Identical: {counts}.", counts=counted)
        if report.verdict is Verdict.HISTORY:
            return tr("The same rows, with a different history: {counts}.", counts=counted)
        count = len(report.differing)
        if count > SHOWN or any(table.more for table in report.tables):
            return tr("More than {count} rows differ; these are the first.", count=self._number(min(count, SHOWN)))
        return tr("Rows that differ: {count}.", count=self._number(count))

    def _advice(self, report: Verification) -> str:
        """Return what to do about the result, and what was not compared."""
        parts = [self._repair_advice(report)]
        if report.left_out:
            parts.append(tr("Not compared: {tables}", tables=said(report.left_out)))
        return " ".join(filter(None, parts))

    def _repair_advice(self, report: Verification) -> str:
        if report.verdict is Verdict.DIFFERENT:
            return tr(
                "First send and request everything again. Rows that still differ were changed without "
                "a record: choose which side to keep."
            )
        if report.verdict is Verdict.HISTORY:
            return tr("This is harmless: one side remembers deleted rows that the other never had.")
        return ""

    def _number(self, number: int) -> str:
        return self.locale().toString(number)
