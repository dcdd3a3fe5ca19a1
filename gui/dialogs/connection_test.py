"""The "Test" button and its result: one line in words for each step."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from engine.checks.probe import Outcome, ProbeReport, Step
from engine.errors import SynclineError
from engine.peer_state import State
from engine.text import sentences
from engine.transport.tls_pinning import in_pairs
from gui.dialogs.base import in_words
from gui.dialogs.inline_message import InlineMessage, MakeIcon
from gui.language import said, tr
from gui.theme import icon, state_icon


class ConnectionTestPanel(QWidget):
    """Runs a connection test and shows its report; a certificate that nobody vouches for can be trusted here.

    Args:
        probe: tests what the form says at the moment; raises SynclineError if that is not possible.
        start: runs a coroutine as a task while the dialog is open.
    """

    trusted = Signal(str)
    """Emitted with the fingerprint of a certificate that the person trusts."""

    def __init__(
        self,
        probe: Callable[[], Awaitable[ProbeReport]],
        start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        super().__init__()
        self._probe = probe
        self._start = start
        self._task: asyncio.Task[None] | None = None
        self.button = QPushButton(tr("&Test"))
        self.button.setAutoDefault(False)
        self.button.setToolTip(tr("Connect once and check; nothing changes on either side"))
        self.busy = False
        self._turning = QProgressBar()
        self._turning.setRange(0, 0)
        self._turning.setTextVisible(False)
        self._turning.setMaximumHeight(self.fontMetrics().height() // 2)
        self._turning.setAccessibleName(tr("Test in progress"))
        self._turning.hide()
        self.verdict = InlineMessage(None)
        self.lines: dict[Step, InlineMessage] = {step: InlineMessage(None) for step in Step}
        self.certificate = InlineMessage(None)
        self.trust = QPushButton(tr("T&rust this certificate"))
        self.trust.setAutoDefault(False)
        self.trust.setToolTip(tr("From now on, take this certificate and no other at this address"))
        self.trust.hide()
        self._fingerprint = ""
        self._names = {step: QLabel(name) for step, name in self._step_names().items()}
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addWidget(self._turning, 1)
        row.addWidget(self.verdict, 1)
        row.addStretch()
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setColumnStretch(1, 1)
        for number, step in enumerate(Step):
            grid.addWidget(self._names[step], number, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(self.lines[step], number, 1)
            self._names[step].hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addLayout(grid)
        column.addWidget(self.certificate)
        column.addWidget(self.trust, 0, Qt.AlignmentFlag.AlignLeft)
        self.trust.clicked.connect(self._trusts)
        self.button.clicked.connect(self._pressed)

    def clear(self) -> None:
        """Cancel the test and discard its result, which was about other input."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._show_nothing()

    def _begin(self) -> None:
        """Start a test; the button now stops it."""
        self.clear()
        self._set_busy(True)
        self._task = self._start(self._run())

    async def _run(self) -> None:
        try:
            report = await self._probe()
        except SynclineError as error:
            self._show_nothing()
            self.verdict.show_message(in_words(error))
        else:
            self._show_report(report)
        self._task = None

    def _show_report(self, report: ProbeReport) -> None:
        """Show the result of each step."""
        self._set_busy(False)
        failure = report.failure
        self.verdict.show_message(tr("Ready to sync.") if failure is None else tr("Not ready to sync."))
        for found in report.steps:
            note = self.lines[found.step]
            note.show_message(said(sentences(found.sentence, found.hint)), _ICONS[found.outcome])
            note.setAccessibleName(f"{self._names[found.step].text()}: {found.outcome.value}")
            self._names[found.step].show()
        self._show_certificate(report.certificate)

    def _show_certificate(self, fingerprint: str) -> None:
        """Show the fingerprint of a certificate that may be trusted; '' hides it."""
        self._fingerprint = fingerprint
        self.trust.setVisible(bool(fingerprint))
        if not fingerprint:
            self.certificate.show_message("")
            return
        pairs = in_pairs(fingerprint)
        self.certificate.show_message(
            tr(
                "Its certificate has this fingerprint (SHA-256). Trust it only if whoever runs the hub has the same"
                " one:\n{first}\n{second}",
                first=pairs[: len(pairs) // 2],
                second=pairs[len(pairs) // 2 + 1 :],
            )
        )

    def _trusts(self) -> None:
        fingerprint = self._fingerprint
        self.trusted.emit(fingerprint)
        self._begin()

    def _show_nothing(self) -> None:
        self._set_busy(False)
        self._show_certificate("")
        self.verdict.show_message("")
        for step in Step:
            self.lines[step].show_message("")
            self._names[step].hide()

    def _pressed(self) -> None:
        if self.busy:
            self.clear()
        else:
            self._begin()

    def _set_busy(self, busy: bool) -> None:
        self.busy = busy
        self._turning.setVisible(busy)
        self.button.setText(tr("S&top test") if busy else tr("&Test"))

    def _step_names(self) -> dict[Step, str]:
        return {
            Step.REACHABLE: tr("Reachable"),
            Step.PROTOCOL: tr("Protocol"),
            Step.TOKEN: tr("Token"),
            Step.ROOM: tr("Room"),
            Step.SCHEMA: tr("Tables"),
        }


_ICONS: dict[Outcome, MakeIcon] = {
    Outcome.OK: partial(state_icon, State.IN_SYNC),
    Outcome.FAILED: partial(state_icon, State.NEEDS_YOU),
    Outcome.UNKNOWN: partial(icon, "unknown"),
}
