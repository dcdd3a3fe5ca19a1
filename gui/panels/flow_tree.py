"""The change flow in groups, as a tree: a group expands to its rows, and a row to its changes."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QSize, Signal
from PySide6.QtWidgets import QHeaderView, QStyleOptionViewItem, QTreeView, QWidget

from gui.models.flow import COPY_ROLE
from gui.models.flow_group_text import Column
from gui.models.flow_groups import Cell, More
from gui.models.flow_tree import FlowTreeModel
from gui.panels.cell_keys import CellKeys
from gui.panels.cell_view import CellView
from gui.panels.flow_delegate import FlowDelegate
from gui.panels.table import Header

_WIDTHS = {Column.TIME: 13, Column.PEER: 20, Column.WHAT: 30, Column.CONTENT: 40, Column.AUTHOR: 16}

_LEAST = {Column.TIME: 13, Column.PEER: 10, Column.WHAT: 16, Column.CONTENT: 16, Column.AUTHOR: 8}
"""The least width of each column, in letters."""


class _Lines(FlowDelegate):
    """Gives all lines the height that they have in a table."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802
        return QSize(super().sizeHint(option, index).width(), option.fontMetrics.height() + 10)


class FlowTree(CellKeys, CellView, QTreeView):
    """The tree; Enter and a double click expand a line, or show a change in full."""

    change_requested = Signal(object, object)
    """Emitted with a ``ChangesMoved`` and a ``FlowChange`` to show in full."""

    def __init__(self, model: FlowTreeModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._anchor: QPersistentModelIndex | None = None
        self._settling = False
        self.setUniformRowHeights(True)  # or each line would be measured whenever one comes
        self.setExpandsOnDoubleClick(False)  # ``activated`` does that
        self.setHeader(Header(self))
        for about_to_change in (model.rowsAboutToBeInserted, model.rowsAboutToBeRemoved):
            about_to_change.connect(self._keep_anchor)  # before the view hears of it, which forgets what is where
        self.setModel(model)
        self.setTreePosition(Column.WHAT)
        self.setItemDelegate(_Lines(model, self))
        self.set_up(COPY_ROLE)
        self.set_widths(_WIDTHS[column] for column in Column)
        self.keep_within(Column.CONTENT, _LEAST)
        self.activated.connect(self._activate)

    def columns_header(self) -> QHeaderView:
        return self.header()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return space for two lines, or for two lines of the placeholder."""
        assert self._fit is not None
        return self.least_size(self._fit, self.fontMetrics().height() + 10)

    @property
    def settling(self) -> bool:
        """Whether the view is scrolling by itself."""
        return self._settling

    def _activate(self, index: QModelIndex) -> None:
        node = self._model.node(index)
        if isinstance(node, Cell):
            self.change_requested.emit(*node)
        elif isinstance(node, More):
            self._model.list_more(index)
        else:
            line = index.siblingAtColumn(0)
            self.setExpanded(line, not self.isExpanded(line))

    # What is read stays where it is

    def _keep_anchor(self) -> None:
        """Remember the first visible line before lines come or go."""
        if self._anchor is None:
            self._anchor = QPersistentModelIndex(self.indexAt(QPoint(2, 2)))

    def settle(self, follow: bool) -> None:
        """Scroll to the end, or back to what was visible, after lines came or went."""
        anchor, self._anchor = self._anchor, None
        self._settling = True
        self.executeDelayedItemsLayout()
        bar = self.verticalScrollBar()
        if follow:
            bar.setValue(bar.maximum())
        elif anchor is not None and anchor.isValid():
            self.scrollTo(anchor.sibling(anchor.row(), 0), QTreeView.ScrollHint.PositionAtTop)
        self._settling = False
