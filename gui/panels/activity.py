"""The syncs of the last 30 days, one line each, and the values that were overwritten here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QByteArray, QPoint, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.history.journal import OverwrittenLine, SyncLine
from gui import theme
from gui.language import on_language_change, tr
from gui.models.activity import overwritten_columns, sync_columns
from gui.models.sorting import SortProxy
from gui.models.static_table import LinesModel
from gui.models.values import number
from gui.panels.table import Table

SYNCS, OVERWRITTEN = range(2)


class ActivityPanel(QWidget):
    """Shows the lines that it is given, and emits a person's requests."""

    export_requested = Signal()
    value_requested = Signal(object)
    """Emitted with an ``OverwrittenLine`` to show in full."""
    choice_changed = Signal(int)
    """Emitted with SYNCS or OVERWRITTEN, whichever is shown now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.syncs: LinesModel[SyncLine] = LinesModel(sync_columns(), self)
        self.overwritten: LinesModel[OverwrittenLine] = LinesModel(overwritten_columns(), self)
        self.tables = [
            self._make_table(self.syncs),
            self._make_table(self.overwritten),
        ]
        self.tables[OVERWRITTEN].activated.connect(self._show_value)
        self.pages = QStackedWidget()
        for table in self.tables:
            self.pages.addWidget(table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._make_bar())
        layout.addWidget(self.pages)
        for model in (self.syncs, self.overwritten):
            for changed in (model.rowsInserted, model.modelReset):
                changed.connect(self._update_count)
        on_language_change(self._retranslate)

    def _retranslate(self) -> None:
        self.syncs.set_columns(sync_columns())
        self.overwritten.set_columns(overwritten_columns())
        syncs, overwritten = self.tables
        for table in self.tables:
            table.widen()
        syncs.setAccessibleName(tr("Syncs"))
        syncs.placeholder = tr("Each sync is listed here for 30 days.")
        overwritten.setAccessibleName(tr("Overwritten values"))
        overwritten.placeholder = tr("When a peer's change replaces one of your values, the old value is kept here.")
        self.choice.setAccessibleName(tr("List shown"))
        self.choice.setItemText(SYNCS, tr("Syncs"))
        self.choice.setItemText(OVERWRITTEN, tr("Overwritten values"))
        self.filter.setPlaceholderText(tr("Filter"))
        self.filter.setAccessibleName(tr("Filter the list"))
        self.export.setText(tr("Export…"))
        self.export.setAccessibleName(tr("Export the syncs"))
        self.export.setToolTip(tr("Write all syncs of the last 30 days to a CSV or JSON file"))
        self._update_count()

    def set_syncs(self, lines: Sequence[SyncLine]) -> None:
        """Show these syncs, newest first."""
        self.syncs.set_lines(lines)

    def set_overwritten(self, lines: Sequence[OverwrittenLine]) -> None:
        """Show these overwritten values, newest first."""
        self.overwritten.set_lines(lines)

    def save_state(self) -> bytes:
        """Return the layout of the columns of both tables, for ``restore_state``."""
        return b"|".join(bytes(QByteArray(table.save_state()).toHex().data()) for table in self.tables)

    def restore_state(self, state: bytes | QByteArray) -> bool:
        """Restore what ``save_state`` returned; return False if it does not fit."""
        parts = bytes(QByteArray(state).data()).split(b"|")
        if len(parts) != len(self.tables):
            return False
        fits = [table.restore_state(QByteArray.fromHex(part)) for table, part in zip(self.tables, parts, strict=True)]
        return all(fits)

    # What is seen

    def _make_bar(self) -> QHBoxLayout:
        self.choice = QComboBox()
        self.choice.addItem(theme.icon("activity"), "")
        self.choice.addItem(theme.icon("overwrote"), "")
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.choice.currentIndexChanged.connect(self._choose)
        self.filter = QLineEdit()
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._set_filter)
        self.count = QLabel()
        self.export = QToolButton()
        self.export.setIcon(theme.icon("export"))
        self.export.setAutoRaise(True)
        self.export.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.export.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.export.clicked.connect(self.export_requested)
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 6, 8, 6)
        bar.setSpacing(8)
        bar.addWidget(self.filter, 2)
        bar.addWidget(self.choice)
        bar.addStretch(2)
        bar.addWidget(self.count)
        bar.addWidget(self.export)
        return bar

    def _make_table(self, model: LinesModel[Any]) -> Table:
        proxy = SortProxy(self)
        proxy.setSourceModel(model)
        proxy.setFilterKeyColumn(-1)
        proxy.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        table = Table()
        table.setModel(proxy)
        table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        table.horizontalHeader().setSortIndicatorClearable(True)
        table.setSortingEnabled(True)
        table.set_widths(column.width for column in model.columns)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._show_menu)
        return table

    def _update_count(self) -> None:
        rows = self.tables[self.pages.currentIndex()].model().rowCount()
        if self.pages.currentIndex() == SYNCS:
            text = tr("1 sync") if rows == 1 else tr("{count} syncs", count=number(rows))
        else:
            text = tr("1 value") if rows == 1 else tr("{count} values", count=number(rows))
        self.count.setText(text)

    # What a person does

    def _choose(self, choice: int) -> None:
        self.pages.setCurrentIndex(choice)
        self.export.setEnabled(choice == SYNCS)
        self._update_count()
        self.choice_changed.emit(choice)

    def _set_filter(self, text: str) -> None:
        for table in self.tables:
            proxy = table.model()
            assert isinstance(proxy, SortProxy)
            proxy.setFilterFixedString(text.strip())
        self._update_count()

    def _show_menu(self, where: QPoint) -> None:
        table = self.tables[self.pages.currentIndex()]
        if not table.currentIndex().isValid():
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if table is self.tables[OVERWRITTEN]:
            whole = menu.addAction(theme.icon("overwrote"), tr("Show the values…"))
            whole.triggered.connect(self._show_value)
        table.add_to(menu)
        menu.popup(table.viewport().mapToGlobal(where))

    def _show_value(self) -> None:
        table = self.tables[OVERWRITTEN]
        proxy, index = table.model(), table.currentIndex()
        if index.isValid() and isinstance(proxy, SortProxy):
            self.value_requested.emit(self.overwritten.line(proxy.mapToSource(index).row()))
