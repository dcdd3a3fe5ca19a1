"""The header above the peers: the selected database, its state, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QAction, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionFocusRect,
    QStylePainter,
    QToolButton,
    QWidget,
)

from engine.tables import Coverage
from gui.language import on_language_change, tr
from gui.models.database_status import ALL, DatabaseStatus, left_out, tables_of
from gui.models.values import as_tip
from gui.status_line import ElidedLabel, WrappedLabel
from gui.theme import icon
from gui.topology.view import TopologyView


class DatabaseHeader(QFrame):
    """A heading, a sentence, a small picture of what syncs with what, and buttons.

    Each signal carries the id of the database.

    Attributes:
        coverage: the widget that says how many tables are synced; it is placed by whoever has space for it.
    """

    sync_requested = Signal(str)
    tables_requested = Signal(str)
    add_peer_requested = Signal(str)
    share_requested = Signal(str)
    folder_requested = Signal(str)
    """Emitted to show the folder of its file."""
    new_id_requested = Signal(str)
    remove_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._status = DatabaseStatus(ALL, "")
        self._coverage: Coverage | None = None
        self.name, self.sentence = ElidedLabel(), WrappedLabel()
        font = self.name.font()
        font.setPointSizeF(font.pointSizeF() * 1.25)
        font.setBold(True)
        self.name.setFont(font)
        self.coverage = _Link()
        self.coverage.clicked.connect(lambda: self.tables_requested.emit(self.database))
        self.topology = TopologyView(small=True)
        self.sync = QPushButton(icon("sync-now"), "")
        self.sync.clicked.connect(lambda: self.sync_requested.emit(self.database))
        self.tables = QPushButton(icon("database"), "")
        self.tables.clicked.connect(lambda: self.tables_requested.emit(self.database))
        self.more = QToolButton()
        self.more.setText("⋯")
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.more.clicked.connect(self._show_menu)
        self.name.setMinimumWidth(1)  # one that is too long is cut
        self._words = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._words.addWidget(self.name)
        self._words.addWidget(self.sentence)
        row = self._row = QHBoxLayout(self)
        row.setSpacing(6)
        row.addLayout(self._words, 1)
        row.addWidget(self.topology)
        for button in (self.sync, self.tables, self.more):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self.set_narrow(False)
        on_language_change(self._retranslate)

    def _retranslate(self) -> None:
        self.sync.setText(tr("Sync now"))
        self.sync.setAccessibleName(tr("Sync now"))
        self.tables.setText(tr("Tables…"))
        self.tables.setAccessibleName(tr("Tables"))
        more = tr("More about this database")
        self.more.setAccessibleName(more)
        self.more.setToolTip(more)
        self.name.setAccessibleName(tr("Database"))
        self.sentence.setAccessibleName(tr("State of the database"))
        self.show_status(self._status, self._coverage)

    @property
    def database(self) -> str:
        """The id of the database that is shown; ``ALL`` for all."""
        return self._status.database

    def show_status(self, status: DatabaseStatus, coverage: Coverage | None) -> None:
        """Show this database in its present state."""
        self._status, self._coverage = status, coverage
        self.name.setText(status.name)
        self.sentence.setText(status.whole)
        self.sentence.setToolTip(as_tip(status.whole))
        self.coverage.setText(left_out(coverage) or (tables_of(coverage) if coverage is not None else ""))
        self.coverage.setAccessibleName(self.coverage.text() or tr("Tables"))
        self.coverage.setToolTip(tr("Which tables are synced, and why others are not"))
        self.coverage.setVisible(bool(self.coverage.text()))
        self.sync.setEnabled(status.state is not None)
        one = status.database != ALL
        self.tables.setVisible(one)
        self.more.setVisible(one)

    def set_narrow(self, narrow: bool) -> None:
        """Lay the words out in two lines beside the picture or, where space is scarce, in one line without it."""
        self.topology.setVisible(not narrow)
        ways = QBoxLayout.Direction
        self._words.setDirection(ways.LeftToRight if narrow else ways.TopToBottom)
        self._words.setSpacing(12 if narrow else 2)
        self._words.setStretch(1, 1)
        self._row.setContentsMargins(10, 4 if narrow else 8, 8, 0)
        self.name.setSizePolicy(
            QSizePolicy.Policy.Maximum if narrow else QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed
        )

    def menu_for(self, database: str) -> QMenu:
        """Return the menu of what can be done with a database; it is deleted when it is closed."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for drawing, text, asked in (
            ("sync-now", tr("Sync now"), self.sync_requested),
            ("database", tr("Tables…"), self.tables_requested),
            ("add-peer", tr("Add peer…"), self.add_peer_requested),
            ("share", tr("Share…"), self.share_requested),
            ("", tr("Open its folder"), self.folder_requested),
            ("", tr("New &id…"), self.new_id_requested),
            ("remove", tr("Remove…"), self.remove_requested),
        ):
            menu.addAction(_action(menu, drawing, text, asked, database))
        return menu

    def _show_menu(self) -> None:
        self.menu_for(self.database).popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))


def _action(menu: QMenu, drawing: str, text: str, asked: SignalInstance, database: str) -> QAction:
    action = QAction(text, menu)
    if drawing:
        action.setIcon(icon(drawing))
    action.triggered.connect(lambda: asked.emit(database))
    return action


class _Link(QToolButton):
    """A button that looks like a link.

    It is painted here, as a style sheet for one line would slow the start.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:  # noqa: N802
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self.text()) + 6, metrics.height() + 6)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint the text as a link, with a frame around it while it has the focus."""
        painter = QStylePainter(self)
        if self.hasFocus():
            option = QStyleOptionFocusRect()
            option.initFrom(self)
            painter.drawPrimitive(QStyle.PrimitiveElement.PE_FrameFocusRect, option)
        font = self.font()
        font.setUnderline(True)
        painter.setFont(font)
        painter.setPen(self.palette().color(QPalette.ColorRole.Link))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect().adjusted(3, 0, 0, 0), left, self.text())
        painter.end()
