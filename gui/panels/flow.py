"""The change flow, in groups or as a plain list of cells, with filters above it; it scrolls along with new changes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QByteArray, QModelIndex, QPoint, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.change import SENTINEL
from engine.events import ChangesMoved, FlowDirection
from engine.history.flow_log import FlowLog
from engine.ids import SiteId
from gui import theme
from gui.language import on_language_change, tr
from gui.models.flow import CAPACITY, COPY_ROLE, LINE_ROLE, FlowModel
from gui.models.flow_filter import FlowFilter
from gui.models.flow_text import Column, LineWords
from gui.models.flow_tree import FlowTreeModel
from gui.models.labels import way_word
from gui.models.ring_buffer import Ring
from gui.models.values import number
from gui.panels.flow_delegate import FlowDelegate
from gui.panels.flow_tree import FlowTree
from gui.panels.folding_bar import FoldingBar
from gui.panels.table import Table

_WIDTHS = {
    Column.TIME: 13,
    Column.DIRECTION: 12,
    Column.PEER: 17,
    Column.TABLE: 12,
    Column.KEY: 8,
    Column.COLUMN: 14,
    Column.VALUE: 26,
    Column.VERSION: 9,
    Column.AUTHOR: 16,
}

_LEAST = {
    Column.TIME: 13,
    Column.DIRECTION: 12,
    Column.PEER: 8,
    Column.TABLE: 7,
    Column.KEY: 5,
    Column.COLUMN: 8,
    Column.VALUE: 12,
    Column.VERSION: 7,
    Column.AUTHOR: 8,
}
"""The least width of each column, in letters."""


class FlowPanel(QWidget):
    """Shows changes as they arrive, through ``append``."""

    change_requested = Signal(object, object)
    """Emitted with a ``ChangesMoved`` and a ``FlowChange`` to show in full."""
    cleared = Signal()
    """Emitted when the list was cleared, and is to stay so after a restart."""
    follow_changed = Signal(bool)
    """Emitted with whether the newest change is kept in sight."""

    def __init__(self, capacity: int = CAPACITY, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        words = self._words = LineWords()
        self.model = FlowModel(capacity, self, words)
        self.groups = FlowTreeModel(capacity, self, words)
        self._models = (self.groups, self.model)
        self._waiting = Ring(capacity)
        self._shifting = False
        self._counts = 0, 0
        self._database = ""
        self._make_table()
        self._make_tree()
        self._views = QStackedWidget()
        self._views.addWidget(self.tree)
        self._views.addWidget(self.table)
        bar = self._make_bar()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar)
        layout.addWidget(self._views)
        for model in self._models:
            model.table_seen.connect(self._add_table)
            model.counts_changed.connect(partial(self._counted, model))
        self.groups.counts_changed.connect(self._settle)
        self.model.rowsInserted.connect(self._rows_inserted)
        self.model.rowsRemoved.connect(self._rows_removed)
        for view in (self.tree, self.table):
            scroll = view.verticalScrollBar()
            scroll.valueChanged.connect(partial(self._scrolled, view))
            scroll.rangeChanged.connect(self._stay_at_end)
        on_language_change(self._retranslate)

    def _retranslate(self) -> None:
        self.table.setAccessibleName(tr("Change flow"))
        self.tree.setAccessibleName(tr("Change flow in groups"))
        self.text.setPlaceholderText(tr("Filter changes"))
        self.text.setAccessibleName(tr("Filter changes by text"))
        self.text.setMinimumWidth(self.fontMetrics().horizontalAdvance(self.text.placeholderText()) + 40)
        for box, everything, name in (
            (self.peer, tr("All peers"), tr("Filter changes by peer")),
            (self.table_choice, tr("All tables"), tr("Filter changes by table")),
            (self.way, tr("All directions"), tr("Filter changes by direction")),
        ):
            box.setItemText(0, everything)
            box.setAccessibleName(name)
            box.setToolTip(name)
            box.setMinimumContentsLength(len(everything) + 1)
        for place, way in enumerate(FlowDirection, 1):
            self.way.setItemText(place, way_word(way))
        for button, text, tip in (
            (self.follow, tr("Follow"), tr("Keep the newest change in view (Ctrl+End)")),
            (self.pause, tr("Pause"), tr("Hold back new changes")),
            (self.cells, tr("Cells"), tr("List every changed cell on a line of its own")),
            (self.clear, tr("Clear"), tr("Remove these changes from the list")),
        ):
            button.setText(text)
            button.setToolTip(tip)
            button.setAccessibleName(text)
        self._update_counts(*self._counts)
        self._update_waiting()

    # What the window uses

    @property
    def current_model(self) -> FlowTreeModel | FlowModel:
        """The model of the view that is shown; the other one is empty."""
        return self._models[self.cells.isChecked()]

    @Slot(list)
    def append(self, events: list[ChangesMoved]) -> None:
        """Add changes, oldest first; while paused they wait."""
        if not self.pause.isChecked():
            self.current_model.append(events)
            return
        self._waiting.append(events)
        self._waiting.drop(self._waiting.end - self._waiting.capacity)
        self._update_waiting()

    def restore(self, earlier: FlowLog) -> None:
        """Insert the changes from before the program was started before the present ones."""
        for peer, name in earlier.names.items():
            self._words.peers.setdefault(peer, name)
        later = self.current_model.take()
        self.current_model.append([*earlier.events, *later])

    @Slot(dict)
    def set_peer_names(self, names: Mapping[str, str]) -> None:
        """Set the names of peers, by id, and offer these peers in the filter."""
        known = {self.peer.itemData(place): self.peer.itemText(place) for place in range(1, self.peer.count())}
        if known == dict(names):
            return
        for model in self._models:
            model.set_peer_names(names)
        chosen = self.peer.currentData()
        with QSignalBlocker(self.peer):
            while self.peer.count() > 1:
                self.peer.removeItem(1)
            for peer, name in names.items():
                self.peer.addItem(name, peer)
            self.peer.setCurrentIndex(max(0, self.peer.findData(chosen)))
        self._set_filter()

    @Slot(dict)
    def set_site_names(self, names: Mapping[SiteId, str]) -> None:
        """Set the names of authors, by site id."""
        for model in self._models:
            model.set_site_names(names)

    @Slot(str)
    def show_peer(self, peer: str) -> None:
        """Show only the changes of this peer."""
        self.text.clear()
        self.table_choice.setCurrentIndex(0)
        self.way.setCurrentIndex(0)
        self.peer.setCurrentIndex(max(0, self.peer.findData(peer)))
        self.follow.setChecked(True)

    @Slot(str)
    def show_table(self, table: str) -> None:
        """Show only the changes of this table."""
        self.text.clear()
        self.peer.setCurrentIndex(0)
        self.way.setCurrentIndex(0)
        self.table_choice.setCurrentIndex(max(0, self.table_choice.findData(table)))
        self.follow.setChecked(True)

    @Slot(str)
    def show_database(self, database: str) -> None:
        """Show only the changes of this database, on top of other filters; '' shows all."""
        self._database = database
        self._set_filter()

    def save_state(self) -> bytes:
        """Return the layout of the plain list's columns, for ``restore_state``."""
        return self.table.save_state()

    def restore_state(self, state: bytes | QByteArray) -> bool:
        """Restore what ``save_state`` returned; return False if it does not fit."""
        return self.table.restore_state(state)

    def save_way(self) -> bytes:
        """Return whether changes are shown in groups or as cells, for ``restore_way``."""
        return b"cells" if self.cells.isChecked() else b"groups"

    def restore_way(self, state: bytes | QByteArray) -> None:
        """Restore what ``save_way`` returned."""
        self.cells.setChecked(bytes(QByteArray(state).data()) == b"cells")

    # What is seen

    def _make_table(self) -> None:
        table = self.table = Table(COPY_ROLE)
        table.setModel(self.model)
        table.setItemDelegate(FlowDelegate(self.model, table, Column.VERSION))
        table.set_widths(_WIDTHS[column] for column in Column)
        table.keep_within(Column.VALUE, _LEAST)
        table.activated.connect(self._show_change)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._show_menu)

    def _make_tree(self) -> None:
        tree = self.tree = FlowTree(self.groups)
        tree.change_requested.connect(self.change_requested)
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        tree.customContextMenuRequested.connect(self._show_menu)

    def _make_bar(self) -> FoldingBar:
        self.text = QLineEdit()
        self.text.setClearButtonEnabled(True)
        self.text.textChanged.connect(self._set_filter)
        self.peer, self.table_choice, self.way = (self._choice() for _ in range(3))
        for way in FlowDirection:
            self.way.addItem(theme.icon(way.value), "", way)
        self.counts = QLabel()
        self.follow = self._switch("follow")
        self.follow.setChecked(True)
        self.follow.toggled.connect(self._follow_switched)
        self.pause = self._switch("pause")
        self.pause.toggled.connect(self._pause_switched)
        self.cells = self._switch("flow")
        self.cells.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.cells.toggled.connect(self._way_switched)
        self.clear = self._switch("clear")
        self.clear.setCheckable(False)
        for button in (self.follow, self.clear):  # room is dear here, and their drawings speak
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.clear.clicked.connect(self._clear)
        choices = (self.peer, self.table_choice, self.way)
        return FoldingBar(self.text, choices, (self.counts, self.follow, self.pause, self.clear, self.cells))

    def _choice(self) -> QComboBox:
        box = QComboBox()
        box.addItem("", None)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.currentIndexChanged.connect(self._set_filter)
        return box

    def _switch(self, drawing: str) -> QToolButton:
        button = QToolButton()
        button.setIcon(theme.icon(drawing))
        button.setCheckable(True)
        button.setAutoRaise(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _counted(self, model: FlowTreeModel | FlowModel, shown: int, held: int) -> None:
        if model is self.current_model:  # the other was emptied
            self._counts = shown, held
            self._update_counts(shown, held)

    def _update_counts(self, shown: int, held: int) -> None:
        if shown != held:
            self.counts.setText(tr("{shown} of {total} changes", shown=number(shown), total=number(held)))
            said = tr("No change matches the filter.")
        else:
            self.counts.setText(tr("1 change") if held == 1 else tr("{count} changes", count=number(held)))
            said = tr("Changes appear here as they are received, sent or written on this machine.")
        self.table.placeholder = self.tree.placeholder = said

    def _update_waiting(self) -> None:
        count = len(self._waiting)
        text = tr("{count} waiting", count=number(count)) if count else tr("Paused")
        self.pause.setText(text if self.pause.isChecked() else tr("Pause"))

    # What a person does

    def _set_filter(self) -> None:
        wanted = FlowFilter(
            self.text.text(),
            self.peer.currentData(),
            self.table_choice.currentData(),
            self.way.currentData(),
            self._database or None,
        )
        for model in self._models:
            model.set_filter(wanted)

    def _way_switched(self, cells: bool) -> None:
        """Show everything that is held in the other view."""
        before, now = self._models[not cells], self._models[cells]
        now.append(before.take())
        self._views.setCurrentIndex(int(cells))
        self.follow.setChecked(True)
        self._stay_at_end()

    def _add_table(self, table: str) -> None:
        if self.table_choice.findData(table) >= 0:
            return
        names = [self.table_choice.itemText(place) for place in range(1, self.table_choice.count())]
        place = 1 + sum(name.casefold() < table.casefold() for name in names)
        self.table_choice.insertItem(place, table, table)

    def _pause_switched(self, paused: bool) -> None:
        if not paused:
            self.current_model.append(self._waiting.take())
        self.pause.setIcon(theme.icon("resume" if paused else "pause"))
        self._update_waiting()

    def _clear(self) -> None:
        self._waiting.take()
        self.current_model.take()
        self.follow.setChecked(True)
        self._update_waiting()
        self.cleared.emit()

    def _show_menu(self, where: QPoint) -> None:
        view = self._view
        if view.currentIndex().isValid():
            line = view.currentIndex().data(LINE_ROLE)
            menu = QMenu(self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            whole = menu.addAction(theme.icon("overwrote"), tr("Show the value…"))
            whole.setEnabled(line is not None and line[1].column != SENTINEL)
            whole.triggered.connect(self._show_change)
            view.add_to(menu)
            menu.popup(view.viewport().mapToGlobal(where))

    def _show_change(self) -> None:
        line = self._view.currentIndex().data(LINE_ROLE)
        if line is not None:
            self.change_requested.emit(*line)

    @property
    def _view(self) -> FlowTree | Table:
        return self.table if self.cells.isChecked() else self.tree

    # Following

    def _follow_switched(self, on: bool) -> None:
        if on:
            self._stay_at_end()
        self.follow_changed.emit(on)

    def _scrolled(self, view: QAbstractItemView, value: int) -> None:
        """Stop following when a person scrolls up to read; follow again at the end."""
        if not (self._shifting or self.tree.settling) and view is self._view:
            self.follow.setChecked(value >= view.verticalScrollBar().maximum())

    def _stay_at_end(self) -> None:
        if self.follow.isChecked():
            bar = self._view.verticalScrollBar()
            bar.setValue(bar.maximum())

    def _settle(self) -> None:
        self.tree.settle(self.follow.isChecked())

    def _rows_inserted(self, _: QModelIndex, first: int, last: int) -> None:
        """Keep what is being read in place when the filter finds older lines, which appear above."""
        if first == 0 and not self.follow.isChecked() and last + 1 < self.model.rowCount():
            self.table.executeDelayedItemsLayout()  # or the scroll bar would end where it did before
            self._shift(last + 1)

    def _rows_removed(self, _: QModelIndex, first: int, last: int) -> None:
        """Keep what is being read in place when the oldest lines are removed."""
        if first == 0 and not self.follow.isChecked():
            self._shift(-(last + 1))

    def _shift(self, rows: int) -> None:
        bar = self.table.verticalScrollBar()
        self._shifting = True
        bar.setValue(bar.value() + rows)
        self._shifting = False
