"""The window: toolbar, databases on the left, the selected one's peers on top, flow and clocks below, and a status
line.

It connects the panels' requests to ``Commands`` and the bridge's signals to the models; neither knows of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QSettings, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from engine.events import AttentionNeeded
from engine.ids import DatabaseId
from engine.pairing.pairing_link import is_link
from engine.settings import Pause, Settings
from engine.text import sentences
from gui.actions import Actions, PauseMenu
from gui.bridge import Bridge
from gui.centre import Centre
from gui.clock_reader import ClockReader
from gui.commands import Commands
from gui.conflicts import ConflictDecisions, ConflictsReader
from gui.database_choice import DatabaseChoice
from gui.dialog_controller import DialogController
from gui.engine_state import EngineState
from gui.journal_reader import JournalReader, forget_flow, restore_flow
from gui.language import said, tr
from gui.panels.rates import RatesGraph
from gui.status_line import StatusLine
from gui.summary import Summary
from gui.toolbar import Toolbar
from gui.topology.reader import TopologyReader
from gui.window_state import Restore, Save, WindowState

SIZE = QSize(1100, 720)
STATUS_MESSAGE_MS = 5_000
"""Milliseconds for which a temporary message stays in the status bar."""


class Window(QMainWindow):
    """The main window.

    Args:
        actions: shared with the tray.
        commands: carries out requests.
        bridge: delivers the engine's events.
        window_settings: where sizes and columns are stored; None stores nothing.
    """

    paused_changed = Signal(bool)
    """Emitted with whether any peer is paused."""
    databases_named = Signal(dict)
    """Emitted with the names of the databases, by id."""
    demo_requested = Signal()
    """Emitted when the person wants to see the demo."""

    _made = False
    """Whether the window is complete: events also arrive before it is built, and after its end."""

    def __init__(
        self, actions: Actions, commands: Commands, bridge: Bridge, *, window_settings: QSettings | None = None
    ) -> None:
        super().__init__()
        self.actions_shared = actions
        self.commands = commands
        self.bridge = bridge
        self.tuck_away: Callable[[], None] = self.showMinimized
        """What closing the window does; set by the tray."""
        self._opening = True
        self._state = EngineState(bridge, self)
        self.choice = DatabaseChoice(commands, bridge, self)
        centre = self.centre = Centre(self.choice, SIZE.height())
        self.notices, self.first_start, self.header = centre.notices, centre.first_start, centre.header
        self.peers, self.tabs, self.splitter = centre.peers, centre.tabs, centre.splitter
        self.databases, self.flow, self.clocks, self.activity = (
            centre.databases, centre.flow, centre.clocks, centre.activity,
        )  # fmt: skip
        self.setCentralWidget(centre)
        self.rates = RatesGraph()
        self.dialogs = DialogController(self, commands)
        self.journal_reader = JournalReader(commands, bridge, self.activity, self)
        self.clock_reader = ClockReader(commands, self.clocks, self)
        self.topology_reader = TopologyReader(commands, bridge, self._state, self)
        self.conflicts = centre.conflicts
        self.conflicts_reader = ConflictsReader(commands, bridge, self)
        self._decisions = ConflictDecisions(self, commands, self.conflicts_reader)
        self.pause_menu = PauseMenu(self)
        self.setWindowTitle("Syncline")
        self.setAcceptDrops(True)
        self.resize(SIZE)
        self.toolbar = Toolbar(actions, self.pause_menu, self)
        self.addToolBar(self.toolbar)
        # in a menu that is closed, shortcuts work only for actions that the window has too
        self.addActions([actions.sync_all, actions.close_window, actions.quit, *self.toolbar.help.actions()])
        self._make_status_bar()
        self._connect()
        self._window_state = self._make_window_state(window_settings)
        self._window_state.restore()
        self._settings_changed(commands.engine.settings)
        self.peers.set_database_names({known.id: known.name for known in commands.engine.settings.databases})
        self._update_summary()
        centre.show_begun()
        self._made = True

    # What is seen

    def _make_status_bar(self) -> None:
        self.status_line = StatusLine(self._summary)
        self.statusBar().setContentsMargins(6, 0, 6, 0)
        self.statusBar().addWidget(self.status_line, 1)
        self.statusBar().addPermanentWidget(self.rates)

    def add_top_bar(self, bar: QWidget) -> None:
        """Put a bar above everything else."""
        self.centre.add_top_bar(bar)

    # What is connected

    def _connect(self) -> None:
        actions, commands, bridge, dialogs = self.actions_shared, self.commands, self.bridge, self.dialogs
        bridge.peers_changed.connect(self.peers.model.update)
        bridge.peer_removed.connect(self.peers.model.remove)
        bridge.guests_changed.connect(self.peers.model.update)
        bridge.guest_removed.connect(self.peers.model.remove)
        bridge.settings_changed.connect(self._settings_changed)
        bridge.needs_you.connect(self._guest_needs_you)
        bridge.flow.connect(self.flow.append)
        bridge.flow.connect(self.rates.append)
        for view in (self.header.topology, self.centre.topology):
            self.topology_reader.add_view(view)
            bridge.flow.connect(view.append)
            view.database_requested.connect(self.choice.choose)
            view.peer_requested.connect(self._show_flow_of)
        state = self._state
        state.peers_changed.connect(self.clock_reader.peers_changed)
        state.databases_changed.connect(self.clock_reader.databases_changed)
        state.databases_changed.connect(lambda databases: self.toolbar.set_databases(databases.values()))
        state.sharing_changed.connect(self.peers.set_sharing)
        self.choice.coverage.coverage_read.connect(state.set_coverage)
        self.choice.coverage.coverage_read.connect(self.peers.model.set_coverage)
        state.changed.connect(self._update_summary)
        state.peer_names_changed.connect(self.flow.set_peer_names)
        state.database_names_changed.connect(self.peers.set_database_names)
        state.database_names_changed.connect(self.databases_named)
        state.site_names_changed.connect(self.flow.set_site_names)
        state.paused_changed.connect(self.pause_menu.resume.setEnabled)
        state.paused_changed.connect(self.paused_changed)
        state.problem.connect(self.notices.show_message)

        commands.failed.connect(self.notices.show_message)
        commands.broken.connect(self.notices.show_message)
        commands.status_message.connect(lambda text: self.statusBar().showMessage(text, STATUS_MESSAGE_MS))

        actions.sync_now.triggered.connect(self._sync_chosen)
        actions.sync_all.triggered.connect(lambda: commands.sync_now())
        actions.auto_sync.triggered.connect(commands.set_auto_sync)
        actions.add_database.triggered.connect(lambda: dialogs.add_databases())
        actions.add_peer.triggered.connect(
            lambda: dialogs.edit_peer(None, DatabaseId(self.choice.database) or self.clocks.chosen())
        )
        actions.share.triggered.connect(dialogs.share)
        actions.diagnostics.triggered.connect(dialogs.save_diagnostics)
        actions.settings.triggered.connect(self.present)
        actions.settings.triggered.connect(lambda: dialogs.change_settings())
        actions.close_window.triggered.connect(self.close)
        self.pause_menu.asked.connect(self._pause_chosen)

        choice = self.choice
        choice.chosen_changed.connect(self._choose_database)
        choice.other_sync.found.connect(self._warn_once)
        choice.add_requested.connect(actions.add_database.trigger)
        choice.tables_requested.connect(lambda path: dialogs.add_databases([path]))
        choice.add_peer_requested.connect(lambda database: dialogs.edit_peer(None, database))
        choice.share_requested.connect(actions.share.trigger)
        choice.new_id_requested.connect(dialogs.new_id_of)
        choice.remove_requested.connect(dialogs.remove_database)

        peers = self.peers
        peers.selection_changed.connect(lambda chosen: actions.set_chosen(len(chosen)))
        peers.sync_requested.connect(commands.sync_now)
        peers.pause_requested.connect(lambda chosen, pause: commands.pause(pause, chosen))
        peers.edit_requested.connect(lambda peer: dialogs.edit_peer(peer))
        peers.remove_requested.connect(dialogs.remove_peers)
        peers.revoke_requested.connect(dialogs.revoke_guests)
        peers.verify_requested.connect(dialogs.verify)
        peers.tables_requested.connect(dialogs.compare_tables)
        peers.repair_requested.connect(dialogs.repair)
        peers.answer_requested.connect(dialogs.answer_suspended)
        peers.join_requested.connect(dialogs.join)
        peers.new_id_requested.connect(dialogs.new_id)
        peers.pair_requested.connect(lambda peer: dialogs.edit_peer(None, self._state.peers[peer].database))
        peers.flow_requested.connect(self._show_flow_of)
        peers.add_peer_requested.connect(actions.add_peer.trigger)
        peers.share_requested.connect(actions.share.trigger)
        self.first_start.add_database_requested.connect(actions.add_database.trigger)
        self.first_start.add_peer_requested.connect(actions.add_peer.trigger)
        self.first_start.demo_requested.connect(self.demo_requested)
        self.flow.change_requested.connect(dialogs.show_change)
        self.activity.value_requested.connect(dialogs.show_overwritten)
        conflicts, decisions = self.conflicts, self._decisions
        self.conflicts_reader.conflicts_read.connect(conflicts.set_conflicts)
        bridge.database_removed.connect(conflicts.remove_database)
        state.database_names_changed.connect(conflicts.set_database_names)
        conflicts.keep_requested.connect(decisions.keep)
        conflicts.merge_requested.connect(decisions.merge)
        conflicts.delete_requested.connect(decisions.delete)
        conflicts.answer_requested.connect(decisions.answer)
        conflicts.repair_requested.connect(lambda line: dialogs.repair_database(line.database))
        self.toolbar.help.about_requested.connect(dialogs.about)
        self.toolbar.tables_requested.connect(lambda path: dialogs.add_databases([path]))
        self.toolbar.new_id_requested.connect(dialogs.new_id_of)
        self.toolbar.remove_requested.connect(dialogs.remove_database)
        dialogs.diagnostics_saved.connect(self.notices.show_info)
        self.activity.export_requested.connect(dialogs.export_activity)

    def engine_opened(self) -> None:
        """Note that the engine is open: from now on requests are carried out, including earlier ones."""
        self._opening = False
        self.commands.begin()
        self.commands.start(restore_flow(self.commands, self.flow))
        self.flow.cleared.connect(lambda: self.commands.start(forget_flow(self.commands)))
        self._update_summary()

    # News

    def _settings_changed(self, wanted: Settings) -> None:
        self.actions_shared.auto_sync.setChecked(wanted.auto_sync)
        days_of: dict[str, int] = {peer.id: peer.stale_days for peer in wanted.peers if peer.stale_days is not None}
        self.peers.model.set_stale_days(wanted.stale_days, days_of)

    def _choose_database(self, database: str) -> None:
        """Show this database from now on."""
        self.peers.show_database(database)
        self.flow.show_database(database)
        self.clocks.choose(database)
        self.topology_reader.show_database(database)
        self.conflicts.show_database(database)
        self.actions_shared.set_database(self.choice.name)

    def _guest_needs_you(self, event: AttentionNeeded) -> None:
        if event.peer not in self._state.peers and event.peer not in self._state.guests:  # it has no row to say so
            self.notices.show_message(f"{event.peer}: {said(sentences(event.sentence, event.hint))}")

    def _warn_once(self, database: str, caution: str) -> None:
        """Show once what is wrong with a file's location; afterwards only the header says so."""
        if self.first(f"other sync {database}"):
            self.notices.show_message(said(caution))

    def _update_summary(self) -> None:
        self.actions_shared.set_counts(databases=len(self._state.databases), peers=len(self._state.peers))
        self.status_line.refresh()

    def _summary(self) -> Summary:
        if self._opening and self.commands.engine.settings.databases:
            return Summary(None, tr("Opening the databases…"))
        return self._state.summary()

    # Requests

    def receive(self, arguments: Sequence[str]) -> None:
        """Come to the front, and add the databases and peers that another start names by their files and links."""
        self.present()
        links = [argument for argument in arguments if is_link(argument)]
        files = [Path(argument) for argument in arguments if not is_link(argument)]
        if files:
            self.dialogs.add_databases(files)
        for link in links:
            self.dialogs.use_link(link)

    def _sync_chosen(self) -> None:
        """Sync the selected peers, or else those of the selected database, or else all."""
        chosen = self.peers.selected()
        if not chosen and self.choice.database:
            chosen = self.choice.peers
        self.commands.sync_now(chosen)

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
        """Return whether something is done for the first time; the next call returns False."""
        return self._window_state.first(remark)

    def show_no_tray(self) -> None:
        """Say, only once ever, why closing did not hide the window."""
        if self.first("no tray"):
            self.notices.show_message(
                tr(
                    "This desktop shows no tray icons, so closing only minimises the window. On GNOME, "
                    "the extension “AppIndicator” adds them. To quit Syncline, choose Quit."
                )
            )

    # Coming and going

    def present(self) -> None:
        """Come to the front, from the tray or from behind other windows."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        for window in filter(None, (self, QApplication.activeModalWidget())):  # a dialog stays above what it is about
            window.raise_()
            window.activateWindow()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Hide the window; only "Quit" ends the program."""
        if not self._made:
            event.accept()
        else:
            event.ignore()
            self.save_look()
            self.tuck_away()

    def close_for_good(self) -> None:
        """Close the window as the program ends."""
        self._made = False
        self.close()
        self.deleteLater()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Accept files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Add the files that were dropped."""
        event.acceptProposedAction()
        self.dialogs.add_databases([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])

    def save_look(self) -> None:
        """Store sizes, columns and the tab."""
        self._window_state.save()

    def _make_window_state(self, file: QSettings | None) -> WindowState:
        size: dict[str, tuple[Save, Restore]] = {"window": (self.saveGeometry, self.restoreGeometry)}
        return WindowState(file, size | self.centre.remembered())
