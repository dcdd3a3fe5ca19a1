"""The peers table with its filter, its menu and what it says while it is empty."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import (
    QByteArray,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QAction, QHideEvent, QKeySequence, QPainter, QPalette, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from engine.ids import PeerId
from engine.peer_state import Remedy
from gui import theme
from gui.actions import PauseMenu
from gui.language import on_language_change, tr
from gui.models.peers import PEER_ROLE, PROGRESS_ROLE, Column, PeersModel, PeersProxy
from gui.models.times import TICK
from gui.panels.action_banner import ActionBanner
from gui.panels.table import EmptyPage, Table

_WIDTHS = {
    Column.NAME: 19,
    Column.DATABASE: 12,
    Column.STATE: 19,
    Column.RECEIVED: 16,
    Column.CONFIRMED: 17,
    Column.TO_SEND: 8,
    Column.TO_RECEIVE: 9,
    Column.LAST_SUCCESS: 20,
    Column.LAST_ATTEMPT: 12,
    Column.ADDRESS: 12,
}


class PeersPanel(QWidget):
    """Shows ``model`` and says in signals what a person asks for. Peers are named by their ids."""

    sync_requested = Signal(list)
    """list[str]"""
    pause_requested = Signal(list, object)
    """list[str], and ``Pause`` or None to resume"""
    edit_requested = Signal(str)
    remove_requested = Signal(list)
    """list[str]"""
    verify_requested = Signal(str)
    """Compare all rows with this peer."""
    tables_requested = Signal(str)
    """Compare the tables with this peer's."""
    pair_requested = Signal(str)
    """Pair the database of this peer again, with a new link."""
    repair_requested = Signal(str)
    new_id_requested = Signal(str)
    """Give the file that is synced with this peer an id of its own."""
    flow_requested = Signal(str)
    """Show the changes of this peer."""
    selection_changed = Signal(list)
    """list[str]: the chosen peers."""
    add_database_requested = Signal()
    add_peer_requested = Signal()
    share_requested = Signal()
    demo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = PeersModel(self)
        self.proxy = PeersProxy(self.model, self)
        self._has_databases = False
        self._sharing = ""
        self.remedy = ActionBanner()
        self.remedy.asked.connect(self._begin_with)
        self._make_table()
        self._make_empty_page()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self._with_filter())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pages)
        for changed in (self.model.rowsInserted, self.model.rowsRemoved, self.model.modelReset):
            changed.connect(self._show_page)
            changed.connect(self._show_remedy)
        self.model.dataChanged.connect(self._show_remedy)
        self.selection_changed.connect(self._show_remedy)
        on_language_change(self._retranslate)
        self._ticking = QTimer(self, interval=TICK)
        self._ticking.timeout.connect(self._tick)

    def _retranslate(self) -> None:
        self.table.setAccessibleName(tr("Peers"))
        self.table.placeholder = tr("No peer matches the filter.")
        self.filter.setPlaceholderText(tr("Filter peers"))
        self.filter.setAccessibleName(tr("Filter peers"))
        self.add_database_button.setText(tr("Add database…"))
        self.demo_button.setText(tr("Watch the demo"))
        self.share_button.setText(tr("Share…"))
        self._show_page()

    # What the window uses

    def selected(self) -> list[PeerId]:
        """The ids of the chosen peers, from the top down."""
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return [self.proxy.index(row, 0).data(PEER_ROLE) for row in rows]

    @Slot(dict)
    def set_database_names(self, names: Mapping[str, str]) -> None:
        """Name the databases, by id."""
        self.model.set_database_names(names)
        self.set_has_databases(bool(names))

    @Slot(bool)
    def set_has_databases(self, has: bool) -> None:
        """Say whether there is a database at all: what an empty table teaches depends on it."""
        self._has_databases = has
        self._show_page()

    @Slot(str)
    def set_sharing(self, who: str) -> None:
        """Say who comes to this machine, which shares; '' when it does not."""
        self._sharing = who
        self._show_page()

    def save_state(self) -> bytes:
        """How the columns lie, to be given to ``restore_state``."""
        return self.table.save_state()

    def restore_state(self, state: bytes | QByteArray) -> bool:
        """Take over what ``save_state`` returned; False when it does not fit."""
        return self.table.restore_state(state)

    # What is seen

    def _make_table(self) -> None:
        table = self.table = Table()
        table.setModel(self.proxy)
        table.setItemDelegateForColumn(Column.STATE, StateDelegate(table))
        table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)  # as configured, until one is chosen
        table.horizontalHeader().setSortIndicatorClearable(True)
        table.setSortingEnabled(True)
        table.set_widths(_WIDTHS[column] for column in Column)
        table.selectionModel().selectionChanged.connect(lambda: self.selection_changed.emit(self.selected()))
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._show_menu)
        table.activated.connect(lambda index: self.edit_requested.emit(index.data(PEER_ROLE)))
        remove = QAction(self)
        remove.setShortcut(QKeySequence.StandardKey.Delete)
        remove.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        remove.triggered.connect(self._remove)
        table.addAction(remove)

    def _with_filter(self) -> QWidget:
        self.filter = QLineEdit()
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self.proxy.set_filter)
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 6, 8, 6)
        bar.setSpacing(8)
        bar.addWidget(self.filter, 1)
        bar.addStretch(2)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.table)
        column.addWidget(self.remedy)
        return page

    def _make_empty_page(self) -> None:
        self.empty = EmptyPage("database")
        self.add_database_button = QPushButton(theme.icon("add-database"), "")
        self.add_database_button.clicked.connect(self.add_database_requested)
        self.demo_button = QPushButton(theme.icon("resume"), "")
        self.demo_button.clicked.connect(self.demo_requested)
        self.add_peer_button = QPushButton(theme.icon("add-peer"), "")
        self.add_peer_button.clicked.connect(self.add_peer_requested)
        self.share_button = QPushButton(theme.icon("share"), "")
        self.share_button.clicked.connect(self.share_requested)
        self.empty.add_buttons(self.add_database_button, self.demo_button, self.add_peer_button, self.share_button)

    def _show_page(self) -> None:
        self.pages.setCurrentIndex(1 if self.model.rowCount() else 0)
        if self._has_databases and self._sharing:
            self.empty.show_message(
                tr("Shared with other machines"),
                self._sharing
                + "\n\n"
                + tr("Paired machines connect to this one by themselves and need no peer here. “Share” lists them."),
            )
        elif self._has_databases:
            self.empty.show_message(
                tr("No peer yet"),
                tr("A peer is what a database is synced with: another machine, your own hub or a vlcn server.")
                + "\n\n"
                + tr("Another machine with Syncline: share a database on one of them, and add a peer on the other.")
                + "\n"
                + tr("A hub of your own, on this or another machine: syncline serve FOLDER"),
            )
        else:
            self.empty.show_message(
                tr("No database yet"),
                tr("Add the SQLite file of your app, or drop it here. It is backed up before anything changes.")
                + "\n\n"
                + tr("Then add a peer to sync it with. Syncline runs in the tray and keeps both in sync.")
                + "\n"
                + tr("With a pairing link from another machine, add the peer first: the tables come with it."),
            )
        pair = tr("Add peer…") if self._has_databases else tr("Pair with another machine…")
        self.add_peer_button.setText(pair)
        for button in (self.add_database_button, self.demo_button, self.add_peer_button, self.share_button):
            button.setAccessibleName(button.text().rstrip("…"))
        self.add_database_button.setVisible(not self._has_databases)
        self.demo_button.setVisible(not self._has_databases)
        self.share_button.setVisible(self._has_databases)

    def _show_remedy(self) -> None:
        self.remedy.show_for(self.model.statuses(), self.selected())

    # What a person does

    def _begin_with(self, peer: str, remedy: Remedy) -> None:
        match remedy:
            case Remedy.COMPARE_TABLES:
                self.tables_requested.emit(peer)
            case Remedy.REPAIR:
                self.repair_requested.emit(peer)
            case Remedy.NEW_ID:
                self.new_id_requested.emit(peer)
            case Remedy.PAIR:
                self.pair_requested.emit(peer)
            case Remedy.EDIT:
                self.edit_requested.emit(peer)

    def menu_for(self, chosen: list[PeerId]) -> QMenu:
        """The menu for these peers; deleted when it is closed."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        sync = menu.addAction(theme.icon("sync-now"), tr("Sync now"))
        sync.triggered.connect(lambda: self.sync_requested.emit(chosen))
        pause = PauseMenu(menu)
        pause.resume.setEnabled(True)
        pause.asked.connect(lambda wanted: self.pause_requested.emit(chosen, wanted))
        menu.addMenu(pause)
        menu.addSeparator()
        flow = menu.addAction(theme.icon("flow"), tr("Show changes"))
        flow.triggered.connect(lambda: self.flow_requested.emit(chosen[0]))
        verify = menu.addAction(theme.icon("in-sync"), tr("Verify"))
        verify.setToolTip(tr("Compare every row with the peer's, by checksums"))
        verify.triggered.connect(lambda: self.verify_requested.emit(chosen[0]))
        tables = menu.addAction(theme.icon("database"), tr("Compare tables…"))
        tables.setToolTip(tr("See how the peer's tables differ, and add what is missing here"))
        tables.triggered.connect(lambda: self.tables_requested.emit(chosen[0]))
        edit = menu.addAction(theme.icon("edit"), tr("Edit…"))
        edit.triggered.connect(lambda: self.edit_requested.emit(chosen[0]))
        new_id = menu.addAction(tr("New &id…"))
        new_id.setToolTip(tr("For a file that was copied, or restored from a backup"))
        new_id.triggered.connect(lambda: self.new_id_requested.emit(chosen[0]))
        for action in (flow, verify, tables, edit, new_id):
            action.setEnabled(len(chosen) == 1)
        self.table.add_to(menu)
        menu.addSeparator()
        remove = menu.addAction(theme.icon("remove"), tr("Remove…"))
        remove.triggered.connect(lambda: self.remove_requested.emit(chosen))
        return menu

    def _show_menu(self, where: QPoint) -> None:
        chosen = self.selected()
        if chosen:
            self.menu_for(chosen).popup(self.table.viewport().mapToGlobal(where))

    def _remove(self) -> None:
        if chosen := self.selected():
            self.remove_requested.emit(chosen)

    # Relative times

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._tick()
        self._ticking.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        self._ticking.stop()

    def _tick(self) -> None:
        """Let the visible rows' relative times go on."""
        last = self.proxy.rowCount() - 1
        if last < 0:
            return
        top = self.table.rowAt(0)
        bottom = self.table.rowAt(self.table.viewport().height() - 1)
        seen = range(max(top, 0), (last if bottom < 0 else bottom) + 1)
        self.model.refresh_times([self.proxy.mapToSource(self.proxy.index(row, 0)).row() for row in seen])


class StateDelegate(QStyledItemDelegate):
    """The state's icon and word, and the progress of a sync under way as a thin bar below them."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        progress = index.data(PROGRESS_ROLE)
        if progress is None:
            return
        done, total = progress
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        palette = option.palette
        color = palette.color(QPalette.ColorRole.HighlightedText) if chosen else theme.tone_color(theme.BUSY)
        groove = QRectF(option.rect).adjusted(6, option.rect.height() - 4, -6, -1)
        bar = QRectF(groove)
        bar.setWidth(groove.width() * min(1.0, done / total))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.setOpacity(0.25)
        painter.drawRoundedRect(groove, 1.5, 1.5)
        painter.setOpacity(1.0)
        painter.drawRoundedRect(bar, 1.5, 1.5)
        painter.restore()
