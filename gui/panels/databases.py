"""The list of databases at the left of the window; what is right of it is about the selected one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QHideEvent, QIcon, QPainter, QPalette, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.language import on_language_change, tr
from gui.models.database_status import ALL, DatabaseStatus
from gui.models.databases import DATABASE_ROLE, STATUS_ROLE, TRAFFIC_ROLE, DatabasesModel
from gui.models.traffic import STEP, STEPS
from gui.models.values import as_tip

LETTERS = 30
"""The width of the list, in letters."""

GAP = 8
LINE = 48
"""The width of the traffic line, in pixels."""


class DatabasesPanel(QFrame):
    """Shows ``model``, and lets a person select a database.

    Args:
        model: the databases.
    """

    chosen_changed = Signal(str)
    """Emitted with the id of the selected database; ``ALL`` for all."""
    add_requested = Signal()
    menu_requested = Signal(str, QPoint)
    """Emitted with a database's id and a position on the screen, to show a menu there."""

    def __init__(self, model: DatabasesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = model
        self.narrow = False
        """Whether there is only space for icons."""
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.list = _List()
        model.rowsAboutToBeRemoved.connect(self._leave)  # before the list would choose a neighbour
        self.list.setModel(model)
        self._delegate = DatabaseDelegate(self)
        self.list.setItemDelegate(self._delegate)
        self.list.selectionModel().currentChanged.connect(lambda: self.chosen_changed.emit(self.chosen()))
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._ask_menu)
        self.list.activated.connect(lambda index: self._ask_menu(self.list.visualRect(index).center()))
        self.add = QToolButton()
        self.add.setIcon(theme.icon("add-database"))
        self.add.setAutoRaise(True)
        self.add.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.add.clicked.connect(self.add_requested)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(4)
        column.addWidget(self.list, 1)
        column.addWidget(self.add, 0, Qt.AlignmentFlag.AlignHCenter)
        self._moving = QTimer(self, interval=STEP * 1_000)  # runs only while a line changes by itself, and is seen
        self._moving.setTimerType(Qt.TimerType.VeryCoarseTimer)
        self._moving.timeout.connect(self._move_lines)
        model.dataChanged.connect(self._begin_moving)
        self.choose(ALL)
        self.set_narrow(False)
        on_language_change(self._retranslate)

    def _retranslate(self) -> None:
        self.list.setAccessibleName(tr("Databases"))
        self.add.setText(tr("Add database…"))
        self.add.setAccessibleName(tr("Add database"))
        self.add.setToolTip(tr("Add database…") + "\n" + tr("Or drop a file on the window."))
        self.set_narrow(self.narrow)

    # What the window uses

    def chosen(self) -> str:
        """Return the id of the selected database; ``ALL`` for all."""
        found: str | None = self.list.currentIndex().data(DATABASE_ROLE)
        return found or ALL

    def choose(self, database: str) -> None:
        """Select a database, or all if there is none with this id."""
        self.list.setCurrentIndex(self.model.index(self.model.row_of(database)))

    def set_narrow(self, narrow: bool) -> None:
        """Show icons only, or names and states too."""
        self.narrow = narrow
        self._delegate.narrow = narrow
        style = Qt.ToolButtonStyle.ToolButtonIconOnly if narrow else Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        self.add.setToolButtonStyle(style)
        self.setMinimumWidth(self.narrow_width())  # also of the whole list: it never keeps a window from shrinking
        self.setMaximumWidth(self.narrow_width() if narrow else self.wide_width())
        self.list.doItemsLayout()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the width that the contents need, and no more."""
        return QSize(self.maximumWidth(), super().sizeHint().height())

    def wide_width(self) -> int:
        """Return the width of the full list, in pixels."""
        return max(LETTERS * self.fontMetrics().averageCharWidth() + LINE, self.add.sizeHint().width() + 2 * GAP)

    def narrow_width(self) -> int:
        """Return the width of the list as icons, in pixels."""
        return 8 * self.fontMetrics().averageCharWidth() + 2 * GAP

    # What happens

    def _leave(self, _: QModelIndex, first: int, last: int) -> None:
        """Select all databases when the selected one is removed, lest another is selected by accident."""
        if first <= self.list.currentIndex().row() <= last:
            self.choose(ALL)

    def _ask_menu(self, where: QPoint) -> None:
        index = self.list.indexAt(where)
        if index.isValid() and index.data(DATABASE_ROLE) != ALL:
            self.menu_requested.emit(index.data(DATABASE_ROLE), self.list.viewport().mapToGlobal(where))

    def _begin_moving(self) -> None:
        if self.isVisible() and not self._moving.isActive() and not self.model.still:
            self._moving.start()

    def _move_lines(self) -> None:
        self.model.refresh_traffic()
        if self.model.still:
            self._moving.stop()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._begin_moving()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        self._moving.stop()


class _List(QListView):
    def __init__(self) -> None:
        super().__init__()
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._follow_palette()

    def _follow_palette(self) -> None:
        """Use the window's background, so that the tables right of the list stand out."""
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802
        """Show tooltips literally: a peer's name is no markup."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            tip = self.indexAt(event.pos()).data(Qt.ItemDataRole.ToolTipRole)
            QToolTip.showText(event.globalPos(), as_tip(str(tip or "")), self.viewport())
            return True
        return super().viewportEvent(event)


class DatabaseDelegate(QStyledItemDelegate):
    """Paints the icon, name and traffic of a database; below them its state, and how many tables are synced.

    Attributes:
        narrow: whether to paint only the icon, with the beginning of the name below it.
    """

    narrow = False

    def sizeHint(  # noqa: N802
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        line = option.fontMetrics.height()
        return QSize(1, 16 + line + 3 * GAP // 2 if self.narrow else 3 * line + 2 * GAP)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        status: DatabaseStatus = index.data(STATUS_ROLE)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        palette, style = option.palette, option.widget.style()
        painter.save()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget)
        group = QPalette.ColorGroup.Normal
        strong = palette.color(group, QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.WindowText)
        faint = strong if chosen else theme.tone_color(theme.QUIET)
        icon: QIcon = index.data(Qt.ItemDataRole.DecorationRole)
        mode = QIcon.Mode.Selected if chosen else QIcon.Mode.Normal
        room = option.rect.adjusted(GAP, GAP, -GAP, -GAP)
        bold = QFont(option.font)
        bold.setBold(True)
        if self.narrow:
            room = option.rect.adjusted(2, GAP // 2, -2, -GAP // 2)
            top = QRect(room.left(), room.top(), room.width(), 16)
            icon.paint(painter, top, Qt.AlignmentFlag.AlignCenter, mode)
            self._write(painter, room.adjusted(0, 18, 0, 0), status.name, option.font, strong, centred=True)
        else:
            line = option.fontMetrics.height()
            icon.paint(painter, QRect(room.left(), room.top() + (line - 16) // 2, 16, 16), mode=mode)
            words = room.adjusted(16 + GAP, 0, 0, 0)
            counts: list[int] = index.data(TRAFFIC_ROLE)
            first = QRect(words.left(), words.top(), words.width() - (LINE + GAP if any(counts) else 0), line)
            self._write(painter, first, status.name, bold, strong)
            if any(counts):
                place = QRect(words.right() - LINE, words.top(), LINE, line)
                self._draw_traffic(painter, place, counts, strong if chosen else theme.tone_color(theme.BUSY))
            for number, text in enumerate((status.brief, status.tables), 1):
                below = QRect(words.left(), words.top() + number * line, words.width(), line)
                self._write(painter, below, text, option.font, faint)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(strong)
            painter.drawRect(option.rect.adjusted(1, 1, -2, -2))
        painter.restore()

    def _write(
        self, painter: QPainter, room: QRect, text: str, font: QFont, color: QColor, *, centred: bool = False
    ) -> None:
        painter.setFont(font)
        painter.setPen(color)
        across = Qt.AlignmentFlag.AlignHCenter if centred else Qt.AlignmentFlag.AlignLeft
        cut = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, across | Qt.AlignmentFlag.AlignVCenter, cut)

    def _draw_traffic(self, painter: QPainter, room: QRect, counts: list[int], color: QColor) -> None:
        """Draw a stroke for each part of the hour, by the root of its count, so that few changes show beside many."""
        most = max(counts) ** 0.5
        low, high = room.bottom() - 2, room.height() - 5
        width = room.width() // STEPS
        for place, count in enumerate(counts):
            height = max(1, round(high * count**0.5 / most))
            painter.fillRect(room.left() + place * width, low - height, max(1, width - 1), height, color)
