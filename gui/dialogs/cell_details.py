"""The dialog for one change in full: the new value, the value that it overwrote, and a button that restores that."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.api import Engine
from engine.change import SQLiteValue
from engine.errors import SynclineError
from engine.ids import DatabaseId
from engine.truncate import Clipped
from gui.dialogs.base import AsyncDialog, in_words
from gui.dialogs.inline_message import InlineMessage
from gui.language import tr
from gui.models import values

WIDTH = 560


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell, with the value that a change wrote and the one before it.

    Attributes:
        key: the primary key of the row.
        old: the value before; None also if there was none, or it was not kept.
        had_old: False if nothing was overwritten.
        kept: False if the old value was too large to be kept.
    """

    database: DatabaseId
    table: str
    key: tuple[SQLiteValue, ...]
    column: str
    value: SQLiteValue
    old: SQLiteValue = None
    had_old: bool = False
    kept: bool = True


async def show(parent: QWidget | None, engine: Engine, cell: Cell) -> bool:
    """Show a change in full.

    Args:
        parent: the window that the dialog belongs to.
        engine: writes the old value if the person asks for that.

    Returns:
        whether the old value was restored.
    """
    return await CellDetailsDialog(parent, engine, cell).answered()


class CellDetailsDialog(AsyncDialog):
    """The dialog of ``show``."""

    def __init__(self, parent: QWidget | None, engine: Engine, cell: Cell) -> None:
        super().__init__(parent)
        self._engine = engine
        self._cell = cell
        self.setWindowTitle(tr("Change"))
        form = QFormLayout()
        for heading, text in (
            (tr("Table:"), values.shown(cell.table)),
            (tr("Key:"), values.key_shown(cell.key)),
            (tr("Column:"), values.shown(cell.column)),
        ):
            label = QLabel(text)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            form.addRow(heading, label)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addLayout(self._make_value(tr("&New value"), cell.value))
        self.problem = InlineMessage.of_problem()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.buttons.rejected.connect(self.reject)
        if cell.had_old:
            if cell.kept:
                column.addLayout(self._make_value(tr("&Old value"), cell.old))
            else:
                column.addWidget(QLabel(tr("The old value was too large to keep.")))
            self.back = QPushButton(tr("&Restore the old value"))
            self.back.setToolTip(tr("Writes it to the database; it is synced like any other change"))
            self.back.setAutoDefault(False)
            self.back.setEnabled(cell.kept)
            self.back.clicked.connect(lambda: self.start(self._restore()))
            self.buttons.addButton(self.back, QDialogButtonBox.ButtonRole.ActionRole)
        column.addWidget(self.problem)
        column.addWidget(self.buttons)
        self.resize(WIDTH, self.sizeHint().height())

    def _make_value(self, heading: str, value: SQLiteValue) -> QVBoxLayout:
        text = QPlainTextEdit(values.laid_out(value))  # plain: what a peer wrote is no markup
        text.setReadOnly(True)
        text.setTabChangesFocus(True)
        text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        text.setFixedHeight(text.fontMetrics().lineSpacing() * 6 + 2 * text.frameWidth() + 10)
        label = QLabel(heading)
        label.setBuddy(text)
        text.setAccessibleName(heading.replace("&", ""))
        kind = QLabel(values.described(value))
        kind.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        copy = QPushButton(tr("Copy"))
        copy.setAutoDefault(False)
        copy.setEnabled(not isinstance(value, Clipped))
        copy.setAccessibleName(tr("Copy: {heading}", heading=heading.replace("&", "")))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(values.copied(value)))
        row = QHBoxLayout()
        row.addWidget(label)
        row.addWidget(kind, 1)
        row.addWidget(copy)
        column = QVBoxLayout()
        column.addLayout(row)
        column.addWidget(text)
        return column

    async def _restore(self) -> None:
        cell = self._cell
        self.back.setEnabled(False)
        try:
            await self._engine.history.restore_value(
                cell.database, cell.table, cell.key, cell.column, cell.old, instead_of=cell.value
            )
        except SynclineError as error:
            self.problem.show_message(in_words(error))
            self.fit()
        else:
            self.accept()
