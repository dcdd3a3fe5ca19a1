"""Everything that waits for a person, in one list, and what can be done about the selected line."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QByteArray, QPoint, Qt, Signal, SignalInstance, Slot
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from engine.replica import Conflicts
from gui.dialogs.inline_message import InlineMessage
from gui.language import on_language_change, tr
from gui.models.conflicts import ConflictLine, and_more, conflict_columns, difference, lines_of
from gui.models.sorting import SortProxy
from gui.models.static_table import LinesModel
from gui.panels.table import Table
from gui.theme import icon

DATABASE, WHY = 0, 3
"""Columns: the first is shown only for all databases, the second takes the space that is left."""

_LEAST = (8, 8, 6, 20, 14)
"""The least width of each column, in letters."""


class ConflictsPanel(QWidget):
    """Shows what it is told about each database, until that is dealt with; the signals carry the ``ConflictLine``."""

    keep_requested = Signal(object)
    merge_requested = Signal(object)
    delete_requested = Signal(object)
    answer_requested = Signal(object)
    repair_requested = Signal(object)
    count_changed = Signal(int)
    """Emitted with how many things wait in the databases that are shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found: dict[str, Conflicts] = {}
        self._names: dict[str, str] = {}
        self._database = ""
        self.count = 0
        self.model: LinesModel[ConflictLine] = LinesModel(conflict_columns(), self)
        self._proxy = SortProxy(self)
        self._proxy.setSourceModel(self.model)
        self.table = self._make_table()
        self.detail = InlineMessage(None)
        self.keep, self.merge, self.delete = QPushButton(), QPushButton(), QPushButton(icon("remove"), "")
        self.answer, self.repair = QPushButton(), QPushButton()
        self._asks: tuple[tuple[QPushButton, SignalInstance], ...] = (
            (self.keep, self.keep_requested),
            (self.merge, self.merge_requested),
            (self.delete, self.delete_requested),
            (self.answer, self.answer_requested),
            (self.repair, self.repair_requested),
        )
        row = QHBoxLayout()
        row.setContentsMargins(8, 4, 8, 6)
        row.setSpacing(6)
        row.addWidget(self.detail, 1)
        for button, asked in self._asks:
            button.clicked.connect(lambda _=False, asked=asked: self._ask(asked))
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.table)
        column.addLayout(row)
        self._show_chosen()
        on_language_change(self._retranslate)

    def _retranslate(self) -> None:
        self.table.setAccessibleName(tr("Conflicts"))
        self.table.placeholder = tr("Nothing waits for you. Rows that cannot be shown or sent are listed here.")
        for button, text, tip in (
            (self.keep, tr("Keep…"), tr("Show this row instead of the one in its way")),
            (self.merge, tr("Merge…"), tr("Merge this row with the one in its way")),
            (self.delete, tr("Delete…"), tr("Delete this row on all machines")),
            (self.answer, tr("Answer…"), tr("Say whether the rows were deleted on purpose")),
            (self.repair, tr("Repair…"), tr("Repair the sync records of this database")),
        ):
            button.setText(text)
            button.setAccessibleName(text.rstrip("…"))
            button.setToolTip(tip)
        self.model.set_columns(conflict_columns())
        self.table.widen()
        self._show()

    # What the window uses

    @Slot(str, object)
    def set_conflicts(self, database: str, found: Conflicts) -> None:
        """Show what waits in a database now."""
        if self._found.get(database, Conflicts()) != found:
            self._found[database] = found
            self._show()

    @Slot(str)
    def remove_database(self, database: str) -> None:
        """Remove a database."""
        if self._found.pop(database, None) is not None:
            self._show()

    @Slot(dict)
    def set_database_names(self, names: Mapping[str, str]) -> None:
        """Set the names of databases, by id."""
        if names != self._names:
            self._names = dict(names)
            self._show()

    @Slot(str)
    def show_database(self, database: str) -> None:
        """Show only what waits in this database; '' shows all."""
        self._database = database
        self.table.setColumnHidden(DATABASE, bool(database))
        self._show()

    def save_state(self) -> bytes:
        """Return the layout of the columns, for ``restore_state``."""
        return self.table.save_state()

    def restore_state(self, state: bytes | QByteArray) -> bool:
        """Restore what ``save_state`` returned; return False if it does not fit."""
        return self.table.restore_state(state)

    def chosen(self) -> ConflictLine | None:
        """Return the selected line; None if there is none."""
        rows = self.table.selectionModel().selectedRows()
        return self.model.line(self._proxy.mapToSource(rows[0]).row()) if rows else None

    # What is seen

    def _make_table(self) -> Table:
        table = Table()
        table.setSelectionMode(Table.SelectionMode.SingleSelection)
        table.setModel(self._proxy)
        table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        table.horizontalHeader().setSortIndicatorClearable(True)
        table.setSortingEnabled(True)
        table.set_widths(column.width for column in self.model.columns)
        table.keep_within(WHY, dict(enumerate(_LEAST)))
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._show_menu)
        table.selectionModel().selectionChanged.connect(self._show_chosen)
        self.model.modelReset.connect(self._show_chosen)
        return table

    def _show(self) -> None:
        """Rebuild the list; the selection is kept, or goes to the line that took its place."""
        before, place = self.chosen(), self.table.currentIndex().row()
        found = {one: it for one, it in self._found.items() if self._database in ("", one)}
        lines = [line for one, it in found.items() for line in lines_of(one, self._names.get(one, one), it)]
        self.model.set_lines(lines)
        if before is not None and lines:
            row = (
                self._proxy.mapFromSource(self.model.index(lines.index(before), 0)).row() if before in lines else place
            )
            self.table.selectRow(min(max(row, 0), len(lines) - 1))
        self._show_chosen()
        count = sum(it.count for it in found.values())
        if count != self.count:
            self.count = count
            self.count_changed.emit(count)

    def _show_chosen(self) -> None:
        """Show the selected line in full, and offer what can be done about it."""
        line = self.chosen()
        hidden = line is not None and line.row is not None
        self.keep.setVisible(line is not None and line.can_keep)
        self.merge.setVisible(line is not None and line.can_keep)
        self.delete.setVisible(hidden)
        self.answer.setVisible(line is not None and line.suspended is not None)
        self.repair.setVisible(line is not None and line.repairable)
        more = sum(it.more for one, it in self._found.items() if self._database in ("", one))
        parts = [and_more(more)]
        if line is not None:
            parts = [line.sentence(), line.hint, difference(line) if line.differs else "", *parts]
        elif self.model.rowCount():
            parts.insert(0, tr("Choose a line to see what can be done about it."))
        self.detail.show_message("\n".join(filter(None, parts)))

    # What a person does

    def _ask(self, asked: SignalInstance) -> None:
        line = self.chosen()
        if line is not None:
            asked.emit(line)

    def _show_menu(self, where: QPoint) -> None:
        if self.chosen() is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for button, asked in self._asks:
            if not button.isHidden():
                menu.addAction(button.text()).triggered.connect(lambda _=False, asked=asked: self._ask(asked))
        menu.addSeparator()
        self.table.add_to(menu)
        menu.popup(self.table.viewport().mapToGlobal(where))
