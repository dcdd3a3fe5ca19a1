"""The peers table with its filter, its menus, and the page that is shown while it is empty."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QByteArray, QModelIndex, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QHideEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from engine.ids import PeerId
from engine.peer_state import PeerStatus, Remedy
from gui import theme
from gui.actions import PauseMenu
from gui.language import on_language_change, tr
from gui.models.peer_columns import Column
from gui.models.peers import PeersModel, PeersProxy
from gui.models.times import TICK
from gui.panels.action_banner import ActionBanner
from gui.panels.state_delegate import StateDelegate
from gui.panels.table import EmptyPage, Table

_WIDTHS = {
    Column.NAME: 19,
    Column.DATABASE: 12,
    Column.STATE: 19,
    Column.RECEIVED: 13,
    Column.CONFIRMED: 14,
    Column.TO_SEND: 8,
    Column.TO_RECEIVE: 9,
    Column.LAST_SUCCESS: 15,
    Column.LAST_ATTEMPT: 12,
    Column.ADDRESS: 24,
}

_LEAST = {
    Column.NAME: 10,
    Column.DATABASE: 8,
    Column.STATE: 17,
    Column.LAST_SUCCESS: 12,
    Column.LAST_ATTEMPT: 12,
    Column.ADDRESS: 12,
}
"""The least width of each column, in letters; a state's word is never cut off."""

_MORE = (Column.DATABASE, Column.CONFIRMED, Column.LAST_ATTEMPT, Column.ADDRESS)
"""The columns that are hidden until a person shows them."""


class PeersPanel(QWidget):
    """Shows ``model``, and emits a person's requests; peers are given by their ids, guests by their names."""

    sync_requested = Signal(list)
    """Emitted with the peers (list[str]) to sync with."""
    pause_requested = Signal(list, object)
    """Emitted with peers (list[str]), and a ``Pause`` or None to resume."""
    edit_requested = Signal(str)
    remove_requested = Signal(list)
    """Emitted with the peers (list[str]) to remove."""
    verify_requested = Signal(str)
    """Emitted with a peer, or the name of a guest, to compare all rows with."""
    tables_requested = Signal(str)
    """Emitted with a peer to compare the tables with."""
    pair_requested = Signal(str)
    """Emitted with a peer whose database is to be paired again, with a new link."""
    repair_requested = Signal(str)
    join_requested = Signal(str)
    """Emitted with a peer to ask how to join rows that were never synced with it."""
    answer_requested = Signal(str)
    """Emitted with a peer to ask whether mass deletions in its database are intended."""
    new_id_requested = Signal(str)
    """Emitted with a peer whose database file is to get a new id."""
    flow_requested = Signal(str)
    """Emitted with a peer whose changes are to be shown."""
    selection_changed = Signal(list)
    """Emitted with the selected peers (list[str]), without guests."""
    revoke_requested = Signal(list)
    """Emitted with guests (list[str]) whose access is to be revoked."""
    add_peer_requested = Signal()
    share_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = PeersModel(self)
        self.proxy = PeersProxy(self.model, self)
        self._database = ""
        self._several = self._databases_told = False
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
        self.filter.setMinimumWidth(self.fontMetrics().horizontalAdvance(self.filter.placeholderText()) + 40)
        self.add_peer_button.setText(tr("Add peer…"))
        self.share_button.setText(tr("Share…"))
        for button in (self.add_peer_button, self.share_button):
            button.setAccessibleName(button.text().rstrip("…"))
        self._show_page()

    # What the window uses

    def put_beside_filter(self, widget: QWidget) -> None:
        """Put a widget of the window's into the line with the filter."""
        self._bar.insertWidget(0, widget)

    def selected(self) -> list[PeerId]:
        """Return the ids of the selected peers, from top to bottom, without guests."""
        return [peer.peer for peer in self._chosen() if not peer.guest]

    def selected_guests(self) -> list[PeerId]:
        """Return the names of the selected guests, from top to bottom."""
        return [peer.peer for peer in self._chosen() if peer.guest]

    @Slot(dict)
    def set_database_names(self, names: Mapping[str, str]) -> None:
        """Set the names of databases, by id."""
        self.model.set_database_names(names)
        self._several = len(names) > 1
        self._tell_databases()

    @Slot(str)
    def show_database(self, database: str) -> None:
        """Show only the peers of this database; '' shows all."""
        self._database = database
        self.proxy.set_database(database)
        self._tell_databases()
        self._show_page()

    @Slot(str)
    def set_sharing(self, who: str) -> None:
        """Set the sentence about who has access to this machine; '' if it does not share."""
        self._sharing = who
        self._show_page()

    def _chosen(self) -> list[PeerStatus]:
        return [self._status(index) for index in sorted(self.table.selectionModel().selectedRows())]

    def _status(self, index: QModelIndex) -> PeerStatus:
        return self.model.status(self.proxy.mapToSource(index).row())

    def save_state(self) -> bytes:
        """Return the layout of the columns, for ``restore_state``."""
        return self.table.save_state()

    def restore_state(self, state: bytes | QByteArray) -> bool:
        """Restore what ``save_state`` returned; return False if it does not fit."""
        return self.table.restore_state(state)

    def _tell_databases(self) -> None:
        """Show the database column only while several databases are shown."""
        tell = self._several and not self._database
        if tell is not self._databases_told:
            self._databases_told = tell
            self.table.setColumnHidden(Column.DATABASE, not tell)

    # What is seen

    def _make_table(self) -> None:
        table = self.table = Table()
        table.setModel(self.proxy)
        table.setItemDelegateForColumn(Column.STATE, StateDelegate(table))
        header = table.horizontalHeader()
        header.setSortIndicator(Column.STATE, Qt.SortOrder.AscendingOrder)  # the worst on top
        header.setSortIndicatorClearable(True)
        table.setSortingEnabled(True)
        table.set_widths(_WIDTHS[column] for column in Column)
        for column in _MORE:
            header.setSectionHidden(column, True)
        table.keep_within(Column.STATE, _LEAST)
        table.selectionModel().selectionChanged.connect(lambda: self.selection_changed.emit(self.selected()))
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._show_menu)
        table.activated.connect(self._activate)
        remove = QAction(self)
        remove.setShortcut(QKeySequence.StandardKey.Delete)
        remove.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        remove.triggered.connect(self._remove)
        table.addAction(remove)

    def _with_filter(self) -> QWidget:
        self.filter = QLineEdit()
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self.proxy.set_filter)
        bar = self._bar = QHBoxLayout()
        bar.setContentsMargins(8, 6, 8, 6)
        bar.setSpacing(8)
        bar.addStretch(2)
        bar.addWidget(self.filter, 1)
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
        self.add_peer_button = QPushButton(theme.icon("add-peer"), "")
        self.add_peer_button.clicked.connect(self.add_peer_requested)
        self.share_button = QPushButton(theme.icon("share"), "")
        self.share_button.clicked.connect(self.share_requested)
        self.empty.add_buttons(self.add_peer_button, self.share_button)

    def _show_page(self) -> None:
        any_peer = any(self._database in ("", peer.database) for peer in self.model.statuses())
        self.pages.setCurrentIndex(1 if any_peer else 0)
        if self._sharing:
            self.empty.show_message(
                tr("Shared with other machines"),
                self._sharing
                + "\n\n"
                + tr("Paired machines connect to this one by themselves and need no peer here. “Share” lists them."),
            )
        else:
            self.empty.show_message(
                tr("No peer yet"),
                tr("A peer is what a database is synced with: another machine, your own hub or a vlcn server.")
                + "\n\n"
                + tr("Another machine with Syncline: share a database on one of them, and add a peer on the other.")
                + "\n"
                + tr("A hub of your own, on this or another machine: syncline serve FOLDER"),
            )

    def _show_remedy(self) -> None:
        self.remedy.show_for(self.model.statuses(), [peer.peer for peer in self._chosen()])

    # What a person does

    def _begin_with(self, peer: str, remedy: Remedy) -> None:
        match remedy:
            case Remedy.JOIN:
                self.join_requested.emit(peer)
            case Remedy.ANSWER:
                self.answer_requested.emit(peer)
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
        """Return the menu for these peers; it is deleted when it is closed."""
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
        self._add_verify(menu, chosen)
        tables = menu.addAction(theme.icon("database"), tr("Compare tables…"))
        tables.setToolTip(tr("See how the peer's tables differ, and add what is missing here"))
        tables.triggered.connect(lambda: self.tables_requested.emit(chosen[0]))
        edit = menu.addAction(theme.icon("edit"), tr("Edit…"))
        edit.triggered.connect(lambda: self.edit_requested.emit(chosen[0]))
        new_id = menu.addAction(tr("New &id…"))
        new_id.setToolTip(tr("For a file that was copied, or restored from a backup"))
        new_id.triggered.connect(lambda: self.new_id_requested.emit(chosen[0]))
        for action in (flow, tables, edit, new_id):
            action.setEnabled(len(chosen) == 1)
        self.table.add_to(menu)
        menu.addSeparator()
        remove = menu.addAction(theme.icon("remove"), tr("Remove…"))
        remove.triggered.connect(lambda: self.remove_requested.emit(chosen))
        return menu

    def _add_verify(self, menu: QMenu, chosen: list[PeerId]) -> None:
        verify = menu.addAction(theme.icon("in-sync"), tr("Verify"))
        verify.setToolTip(tr("Compare every row with the peer's, by checksums"))
        verify.triggered.connect(lambda: self.verify_requested.emit(chosen[0]))
        verify.setEnabled(len(chosen) == 1)

    def menu_for_guests(self, chosen: list[PeerId]) -> QMenu:
        """Return the menu for these guests, who connect by themselves; it is deleted when it is closed."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        flow = menu.addAction(theme.icon("flow"), tr("Show changes"))
        flow.triggered.connect(lambda: self.flow_requested.emit(chosen[0]))
        self._add_verify(menu, chosen)
        flow.setEnabled(len(chosen) == 1)
        share = menu.addAction(theme.icon("share"), tr("Share…"))
        share.triggered.connect(self.share_requested)
        self.table.add_to(menu)
        menu.addSeparator()
        revoke = menu.addAction(theme.icon("remove"), tr("Revoke access…"))
        revoke.triggered.connect(lambda: self.revoke_requested.emit(chosen))
        return menu

    def _show_menu(self, where: QPoint) -> None:
        peers, guests = self.selected(), self.selected_guests()
        if peers or guests:
            menu = self.menu_for(peers) if peers else self.menu_for_guests(guests)
            menu.popup(self.table.viewport().mapToGlobal(where))

    def _activate(self, index: QModelIndex) -> None:
        peer = self._status(index)
        if peer.guest:
            self.share_requested.emit()
        else:
            self.edit_requested.emit(peer.peer)

    def _remove(self) -> None:
        peers, guests = self.selected(), self.selected_guests()
        if peers:
            self.remove_requested.emit(peers)
        elif guests:
            self.revoke_requested.emit(guests)

    # Relative times

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._tick()
        self._ticking.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        self._ticking.stop()

    def _tick(self) -> None:
        """Update the relative times of the visible rows."""
        last = self.proxy.rowCount() - 1
        if last < 0:
            return
        top = self.table.rowAt(0)
        bottom = self.table.rowAt(self.table.viewport().height() - 1)
        seen = range(max(top, 0), (last if bottom < 0 else bottom) + 1)
        self.model.refresh_times([self.proxy.mapToSource(self.proxy.index(row, 0)).row() for row in seen])
