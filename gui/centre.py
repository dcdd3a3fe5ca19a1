"""The window's content: databases on the left, the selected one's peers on top, flow, connections and syncs below."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QTabWidget, QVBoxLayout, QWidget

from gui.database_choice import DatabaseChoice
from gui.language import on_language_change, tr
from gui.message_bar import MessageBar
from gui.models.values import number
from gui.panels.activity import ActivityPanel
from gui.panels.clocks import ClocksPanel
from gui.panels.conflicts import ConflictsPanel
from gui.panels.first_start import FirstStart
from gui.panels.flow import FlowPanel
from gui.panels.peers import PeersPanel
from gui.theme import icon
from gui.topology.view import TopologyView
from gui.window_state import Restore, Save

NARROW = 900
"""The width in pixels below which the databases are shown as icons; 1280 at 150 % is less."""

MARGIN = 40

PAGES = {"flow": "flow", "conflicts": "conflict", "topology": "topology", "clocks": "database", "activity": "activity"}
"""The panels that share the lower part, each with its icon."""


class Centre(QWidget):
    """Lays out the panels; the window connects them.

    Args:
        choice: the selected database.
        height: the initial height of the window, in pixels.
    """

    def __init__(self, choice: DatabaseChoice, height: int) -> None:
        super().__init__()
        self.choice = choice
        self.databases, self.header = choice.panel, choice.header
        self.notices = MessageBar()
        self.first_start = FirstStart()
        self.peers = PeersPanel()
        self.flow = FlowPanel()
        self.conflicts = ConflictsPanel()
        self.topology = TopologyView()
        self.clocks = ClocksPanel()
        self.activity = ActivityPanel()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        for name, drawing in PAGES.items():
            self.tabs.addTab(getattr(self, name), icon(drawing), "")
        self.conflicts.count_changed.connect(self._retranslate)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.addWidget(self.peers)
        self.splitter.addWidget(self.tabs)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setSizes([height * 2 // 5, height * 3 // 5])
        self.peers.put_beside_filter(self.header.coverage)
        self._chosen = _Chosen()
        about = QVBoxLayout(self._chosen)
        about.addWidget(self.header)
        about.addWidget(self.splitter, 1)
        beside = QHBoxLayout()
        beside.addWidget(self.databases)
        beside.addWidget(self._chosen, 1)
        beside.addWidget(self.first_start, 1)
        column = self._column = QVBoxLayout(self)
        column.addWidget(self.notices)
        column.addLayout(beside, 1)
        for layout in (about, beside, column):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        choice.model.rowsInserted.connect(self.show_begun)
        choice.model.rowsRemoved.connect(self.show_begun)
        on_language_change(self._retranslate)

    def _retranslate(self) -> None:
        count = self.conflicts.count
        for panel, title in (
            (self.flow, tr("Change flow")),
            (self.topology, tr("Connections")),
            (self.clocks, tr("Clocks")),
            (self.activity, tr("Activity")),
            (self.conflicts, tr("Conflicts ({count})", count=number(count)) if count else tr("Conflicts")),
        ):
            self.tabs.setTabText(self.tabs.indexOf(panel), title)

    def add_top_bar(self, bar: QWidget) -> None:
        """Put a bar above everything else."""
        self._column.insertWidget(0, bar)

    def show_begun(self) -> None:
        """Show the first-start page, or the panels once there is a database."""
        begun = bool(self.choice.model.databases)
        after, before = (self.databases, self._chosen), (self.first_start,)
        gone, here = (before, after) if begun else (after, before)
        for part in gone:  # first: side by side, they would widen the window
            part.hide()
        for part in here:
            part.show()

    def remembered(self) -> dict[str, tuple[Save, Restore]]:
        """Return what is kept for the next start: how to save and to restore each part, by name."""
        parts: dict[str, tuple[Save, Restore]] = {
            "splitter": (self.splitter.saveState, self.splitter.restoreState),
            "database": (lambda: self.choice.database.encode(), self._restore_database),
            "page": (self._save_page, self._restore_page),
            "flow in groups": (self.flow.tree.save_state, self.flow.tree.restore_state),
            "flow as": (self.flow.save_way, self.flow.restore_way),
        }
        for name in ("peers", *PAGES):
            panel = getattr(self, name)
            key = "peers, state first" if name == "peers" else name  # what was kept of the ten columns fits no more
            parts[key] = (panel.save_state, panel.restore_state)
        return parts

    def _save_page(self) -> bytes:
        """Save the page by its name, as its position may hold another one in the next version."""
        return next(name for name in PAGES if getattr(self, name) is self.tabs.currentWidget()).encode()

    def _restore_page(self, state: QByteArray) -> None:
        name = bytes(state.data()).decode(errors="replace")
        if name in PAGES:
            self.tabs.setCurrentWidget(getattr(self, name))

    def _restore_database(self, state: QByteArray) -> None:
        self.choice.choose(bytes(state.data()).decode(errors="replace"))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Show the databases as icons if there is little room."""
        super().resizeEvent(event)
        narrow = self.width() < self._narrow_below()
        if narrow is not self.databases.narrow:
            self.databases.set_narrow(narrow)
            self.header.set_narrow(narrow)

    def _narrow_below(self) -> int:
        """Return the width below which they are icons, large enough that the full list never prevents that width."""
        return max(NARROW, self.databases.wide_width() + self._chosen.minimumSizeHint().width() + MARGIN)


class _Chosen(QWidget):
    """What is to the right of the databases: it asks for no more room than it needs, and takes all that is left."""

    def sizeHint(self) -> QSize:  # noqa: N802
        return self.minimumSizeHint()
