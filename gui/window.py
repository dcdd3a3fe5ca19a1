"""The window: toolbar, peers above, flow and clocks below, and one line that says how things stand.

Here the panels' requests meet ``Commands`` and the bridge's news meet the models; neither knows of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from engine.events import AttentionNeeded, DatabaseChanged, SharingChanged
from engine.ids import SiteId
from engine.pairing.pairing_link import is_link
from engine.peer_state import PeerStatus, State
from engine.settings import Pause, Settings
from engine.text import sentences
from gui.actions import Actions, PauseMenu
from gui.bridge import Bridge
from gui.clock_reader import ClockReader
from gui.commands import Commands
from gui.dialog_controller import DialogController
from gui.journal_reader import JournalReader
from gui.language import on_language_change, said, tr
from gui.message_bar import MessageBar
from gui.panels.activity import ActivityPanel
from gui.panels.clocks import ClocksPanel
from gui.panels.flow import FlowPanel
from gui.panels.peers import PeersPanel
from gui.panels.rates import RatesGraph
from gui.status_line import StatusLine
from gui.summary import Summary, shared_with, summary
from gui.theme import icon
from gui.toolbar import Toolbar
from gui.window_state import Restore, Save, WindowState

SIZE = QSize(1100, 720)
STATUS_MESSAGE_MS = 5_000
"""Milliseconds for which a passing remark stands in the status bar."""


class Window(QMainWindow):
    """Everything that is seen.

    Args:
        actions: shared with the tray. commands: what is wished goes there. bridge: where the news come from.
        window_settings: where sizes and columns are remembered; None forgets them.
    """

    paused_changed = Signal(bool)
    """Whether any peer is paused."""
    databases_named = Signal(dict)
    """The databases' names, by id."""
    demo_requested = Signal()
    """The person wants to see the demo."""

    _made = False
    """Whether there is something to show: events come before the window is whole, and after its end."""

    def __init__(
        self, actions: Actions, commands: Commands, bridge: Bridge, *, window_settings: QSettings | None = None
    ) -> None:
        super().__init__()
        self.actions_shared = actions
        self.commands = commands
        self.bridge = bridge
        self.tuck_away: Callable[[], None] = self.showMinimized
        """What closing does; the tray puts itself here."""
        self._statuses: dict[str, PeerStatus] = {}
        self._databases: dict[str, DatabaseChanged] = {}
        self._problems: dict[str, str] = {}
        self._sites: dict[SiteId, str] = {}
        self._names: dict[str, str] = {}
        self._paused = False
        self._opening = True
        self._sharing = SharingChanged(0)
        self.notices = MessageBar()
        self.peers = PeersPanel()
        self.flow = FlowPanel()
        self.clocks = ClocksPanel()
        self.activity = ActivityPanel()
        self.rates = RatesGraph()
        self.dialogs = DialogController(self, commands)
        self.journal_reader = JournalReader(commands, bridge, self.activity, self)
        self.clock_reader = ClockReader(commands, self.clocks, self)
        self.pause_menu = PauseMenu(self)
        self.setWindowTitle("Syncline")
        self.setAcceptDrops(True)
        self.resize(SIZE)
        self.toolbar = Toolbar(actions, self.pause_menu, self)
        self.addToolBar(self.toolbar)
        # in a menu that is closed, shortcuts work only for actions that the window has too
        self.addActions([actions.sync_all, actions.close_window, actions.quit])
        self._make_centre()
        self._make_status_bar()
        self._connect()
        self._window_state = self._make_window_state(window_settings)
        self._window_state.restore()
        self._settings_changed(commands.engine.settings)
        self.peers.set_database_names({known.id: known.name for known in commands.engine.settings.databases})
        self._update_summary()
        on_language_change(self._retranslate)
        self._made = True

    # What is seen

    def _retranslate(self) -> None:
        for panel, title in (
            (self.flow, tr("Change flow")),
            (self.clocks, tr("Clocks")),
            (self.activity, tr("Activity")),
        ):
            self.tabs.setTabText(self.tabs.indexOf(panel), title)

    def _make_centre(self) -> None:
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.flow, icon("flow"), "")
        self.tabs.addTab(self.clocks, icon("database"), "")
        self.tabs.addTab(self.activity, icon("activity"), "")
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.addWidget(self.peers)
        self.splitter.addWidget(self.tabs)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setSizes([SIZE.height() * 2 // 5, SIZE.height() * 3 // 5])
        centre = QWidget()
        column = self._column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.notices)
        column.addWidget(self.splitter, 1)
        self.setCentralWidget(centre)

    def _make_status_bar(self) -> None:
        self.status_line = StatusLine(self._summary)
        self.statusBar().setContentsMargins(6, 0, 6, 0)
        self.statusBar().addWidget(self.status_line, 1)
        self.statusBar().addPermanentWidget(self.rates)

    def add_top_bar(self, bar: QWidget) -> None:
        """Put a bar of somebody else's above everything."""
        self._column.insertWidget(0, bar)

    # What is connected

    def _connect(self) -> None:
        actions, commands, bridge, dialogs = self.actions_shared, self.commands, self.bridge, self.dialogs
        bridge.peers_changed.connect(self._peers_changed)
        bridge.peer_removed.connect(self._peer_removed)
        bridge.databases_changed.connect(self._databases_changed)
        bridge.database_removed.connect(self._database_removed)
        bridge.settings_changed.connect(self._settings_changed)
        bridge.sharing_changed.connect(self._sharing_changed)
        bridge.needs_you.connect(self._guest_needs_you)
        bridge.flow.connect(self.flow.append)
        bridge.flow.connect(self.rates.append)
        commands.failed.connect(self.notices.show_message)
        commands.broken.connect(self.notices.show_message)
        commands.status_message.connect(lambda text: self.statusBar().showMessage(text, STATUS_MESSAGE_MS))

        actions.sync_now.triggered.connect(lambda: commands.sync_now(self.peers.selected()))
        actions.sync_all.triggered.connect(lambda: commands.sync_now())
        actions.auto_sync.triggered.connect(commands.set_auto_sync)
        actions.add_database.triggered.connect(lambda: dialogs.add_databases())
        actions.add_peer.triggered.connect(lambda: dialogs.edit_peer(None, self.clocks.chosen()))
        actions.share.triggered.connect(dialogs.share)
        actions.diagnostics.triggered.connect(dialogs.save_diagnostics)
        actions.settings.triggered.connect(self.present)
        actions.settings.triggered.connect(lambda: dialogs.change_settings())
        actions.close_window.triggered.connect(self.close)
        self.pause_menu.asked.connect(self._pause_chosen)

        peers = self.peers
        peers.selection_changed.connect(lambda chosen: actions.set_chosen(len(chosen)))
        peers.sync_requested.connect(commands.sync_now)
        peers.pause_requested.connect(lambda chosen, pause: commands.pause(pause, chosen))
        peers.edit_requested.connect(lambda peer: dialogs.edit_peer(peer))
        peers.remove_requested.connect(dialogs.remove_peers)
        peers.verify_requested.connect(dialogs.verify)
        peers.tables_requested.connect(dialogs.compare_tables)
        peers.repair_requested.connect(dialogs.repair)
        peers.new_id_requested.connect(dialogs.new_id)
        peers.pair_requested.connect(lambda peer: dialogs.edit_peer(None, self._statuses[peer].database))
        peers.flow_requested.connect(self._show_flow_of)
        peers.add_database_requested.connect(actions.add_database.trigger)
        peers.add_peer_requested.connect(actions.add_peer.trigger)
        peers.share_requested.connect(actions.share.trigger)
        peers.demo_requested.connect(self.demo_requested)
        self.flow.change_requested.connect(dialogs.show_change)
        self.activity.value_requested.connect(dialogs.show_overwritten)
        self.toolbar.tables_requested.connect(lambda path: dialogs.add_databases([path]))
        self.toolbar.new_id_requested.connect(dialogs.new_id_of)
        self.toolbar.remove_requested.connect(dialogs.remove_database)
        dialogs.diagnostics_saved.connect(self.notices.show_info)
        self.activity.export_requested.connect(dialogs.export_activity)

    def engine_opened(self) -> None:
        """The engine is open: from now on requests are carried out, those of before among them."""
        self._opening = False
        self.commands.begin()
        self._update_summary()

    # News

    def _peers_changed(self, statuses: list[PeerStatus]) -> None:
        self._statuses |= {status.peer: status for status in statuses}
        self.peers.model.update(statuses)
        self._peers_are()

    def _peer_removed(self, peer: str) -> None:
        self._statuses.pop(peer, None)
        self.peers.model.remove(peer)
        self._peers_are()

    def _peers_are(self) -> None:
        """Tell of it what is new: peers that nobody answers for have news every few seconds, for days."""
        names: dict[str, str] = {status.peer: status.name for status in self._statuses.values()}
        if names != self._names:
            self._names = names
            self.flow.set_peer_names(names)
        self.clock_reader.peers_changed(self._statuses.values())
        self._sites_are()
        paused = any(status.state is State.PAUSED for status in self._statuses.values())
        if paused != self._paused:
            self._paused = paused
            self.pause_menu.resume.setEnabled(paused)
            self.paused_changed.emit(paused)
        self._update_summary()

    def _sites_are(self) -> None:
        """Name the authors of changes: our own databases by their names, others by the peer they answer as."""
        sites = {status.site_id: status.name for status in self._statuses.values() if status.site_id is not None}
        sites |= {database.site_id: database.name for database in self._databases.values() if database.site_id}
        if sites != self._sites:
            self._sites = sites
            self.flow.set_site_names(sites)

    def _databases_changed(self, changed: list[DatabaseChanged]) -> None:
        self._databases |= {database.database: database for database in changed}
        for database in changed:
            if database.problem and self._problems.get(database.database) != database.problem:
                self.notices.show_message(said(database.problem))
            self._problems[database.database] = database.problem
        self._databases_are()

    def _database_removed(self, database: str) -> None:
        self._databases.pop(database, None)
        self._databases_are()

    def _databases_are(self) -> None:
        names: dict[str, str] = {database.database: database.name for database in self._databases.values()}
        self.peers.set_database_names(names)
        self.databases_named.emit(names)
        self.toolbar.set_databases(self._databases.values())
        self.clock_reader.databases_changed(self._databases)
        self._sites_are()
        self._update_summary()

    def _settings_changed(self, wanted: Settings) -> None:
        self.actions_shared.auto_sync.setChecked(wanted.auto_sync)
        days_of: dict[str, int] = {peer.id: peer.stale_days for peer in wanted.peers if peer.stale_days is not None}
        self.peers.model.set_stale_days(wanted.stale_days, days_of)

    def _guest_needs_you(self, event: AttentionNeeded) -> None:
        if event.peer not in self._statuses:  # it has no row to say so
            self.notices.show_message(f"{event.peer}: {said(sentences(event.sentence, event.hint))}")

    def _sharing_changed(self, sharing: SharingChanged) -> None:
        self._sharing = sharing
        self.peers.set_sharing(shared_with(sharing.guests) if sharing.port else "")
        if sharing.problem:
            self.notices.show_message(said(sharing.problem))
        self._update_summary()

    def _update_summary(self) -> None:
        self.actions_shared.set_counts(databases=len(self._databases), peers=len(self._statuses))
        self.status_line.refresh()

    def _summary(self) -> Summary:
        if self._opening and self.commands.engine.settings.databases:
            return Summary(None, tr("Opening the databases…"))
        return summary(
            self._statuses.values(),
            databases=len(self._databases),
            guests=self._sharing.guests,
            shared=self._sharing.port > 0,
        )

    # Wishes

    def receive(self, arguments: Sequence[str]) -> None:
        """Come to the front, and add the databases and peers that another start names: by their files and links."""
        self.present()
        links = [argument for argument in arguments if is_link(argument)]
        files = [Path(argument) for argument in arguments if not is_link(argument)]
        if files:
            self.dialogs.add_databases(files)
        for link in links:
            self.dialogs.use_link(link)

    def _pause_chosen(self, pause: Pause | None) -> None:
        self.commands.pause(pause, self.peers.selected())

    def _show_flow_of(self, peer: str) -> None:
        self.tabs.setCurrentWidget(self.flow)
        self.flow.show_peer(peer)

    def show_table(self, table: str) -> None:
        """Come to the front, with the changes of this table."""
        self.present()
        self.tabs.setCurrentWidget(self.flow)
        self.flow.show_table(table)

    def first(self, remark: str) -> bool:
        """Whether something is done for the first time; it never is again."""
        return self._window_state.first(remark)

    def show_no_tray(self) -> None:
        """Say, once in this program's life, why closing did not put the window away."""
        if self.first("no tray"):
            self.notices.show_message(
                tr(
                    "This desktop shows no tray icons, so closing only minimises the window. On GNOME, "
                    "the extension “AppIndicator” adds them. To quit Syncline, choose Quit."
                )
            )

    # Coming and going

    def present(self) -> None:
        """Come to the front, from the tray or from behind."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        for window in filter(None, (self, QApplication.activeModalWidget())):  # a dialog stays above what it is about
            window.raise_()
            window.activateWindow()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Closing puts the window away; only "Quit" ends the program."""
        if not self._made:
            event.accept()
        else:
            event.ignore()
            self.save_look()
            self.tuck_away()

    def close_for_good(self) -> None:
        """Close at the end of the program."""
        self._made = False
        self.close()
        self.deleteLater()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Take files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Add the files that were dropped."""
        event.acceptProposedAction()
        self.dialogs.add_databases([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])

    def save_look(self) -> None:
        """Remember sizes, columns and the tab."""
        self._window_state.save()

    def _make_window_state(self, file: QSettings | None) -> WindowState:
        parts: dict[str, tuple[Save, Restore]] = {
            "window": (self.saveGeometry, self.restoreGeometry),
            "splitter": (self.splitter.saveState, self.splitter.restoreState),
            "tab": (lambda: str(self.tabs.currentIndex()).encode(), self._restore_tab),
        }
        for name in ("peers", "flow", "clocks", "activity"):
            panel = getattr(self, name)
            parts[name] = (panel.save_state, panel.restore_state)
        return WindowState(file, parts)

    def _restore_tab(self, state: QByteArray) -> None:
        text = bytes(state.data())
        if text.isdigit():
            self.tabs.setCurrentIndex(int(text))
