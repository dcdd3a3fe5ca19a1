"""Keeps the columns of a table within its width, so that it never needs to scroll sideways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QAbstractItemView, QHeaderView

LETTERS = 126
"""The most width that a table may insist on, in letters, whatever columns a person adds: beside the databases as icons,
a window has that much on a screen of 1280 pixels at 150 %."""


class ColumnFit(QObject):
    """Shrinks columns in proportion where there is too little space, and restores them where there is more.

    Args:
        table: the table whose columns are fitted.
        header: its header; the present widths are the preferred ones.
        grows: the column that takes all the space that is left.
        least: by column, its least width in letters; headings are never cut off in any case.
    """

    def __init__(self, table: QAbstractItemView, header: QHeaderView, grows: int, least: Mapping[Any, int]) -> None:
        super().__init__(table)
        self._table = table
        self._grows = grows
        self._letters = least
        self._fitting = False
        self._header = header
        self._wished = {column: header.sectionSize(column) for column in self._shown()}
        header.setStretchLastSection(False)
        header.setSectionResizeMode(grows, QHeaderView.ResizeMode.Stretch)
        header.sectionResized.connect(self._resized)
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.fit)
        table.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Fit the columns when the table is resized or shown."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self.fit()
        return super().eventFilter(watched, event)

    def least_width(self) -> int:
        """Return the least width of the table for its columns, in pixels."""
        return min(sum(map(self._least, self._shown())), LETTERS * self._table.fontMetrics().averageCharWidth())

    def wished(self) -> bytes:
        """Return the header's state with the preferred widths, whatever there is space for now."""
        self._set(self._wished)
        state = bytes(self._header.saveState().data())
        self.fit()
        return state

    def restored(self) -> None:
        """Adopt the present widths of the header as the preferred ones."""
        self._wished = {column: self._header.sectionSize(column) for column in self._shown()}
        self.fit()

    def fit(self) -> None:
        """Give the columns their preferred widths, or less if space is scarce; do nothing while the table is hidden."""
        if not self._table.isVisible():
            return
        shown = [column for column in self._shown() if column != self._grows]
        wished = {column: max(self._wished.get(column, 0), self._least(column)) for column in shown}
        over = sum(wished.values()) + self._least(self._grows) - self._table.viewport().width()
        spare = {column: width - self._least(column) for column, width in wished.items()}
        if over > 0 and any(spare.values()):
            part = min(1.0, over / sum(spare.values()))
            wished = {column: wished[column] - min(spare[column], int(spare[column] * part) + 1) for column in shown}
        self._set(wished)

    def _shown(self) -> list[int]:
        return [column for column in range(self._header.count()) if not self._header.isSectionHidden(column)]

    def _least(self, column: int) -> int:
        letters = self._letters.get(column, 0) * self._table.fontMetrics().averageCharWidth()
        return max(letters + 16, self._header.sectionSizeHint(column))

    def _set(self, widths: Mapping[int, int]) -> None:
        self._fitting = True
        for column, width in widths.items():
            if column != self._grows and self._header.sectionSize(column) not in (width, 0):
                self._header.resizeSection(column, width)
        self._fitting = False

    def _resized(self, column: int, before: int, now: int) -> None:
        """Take note of a width that a person or a new language set, or of a column that was shown or hidden."""
        if self._fitting or column == self._grows:
            return
        if before and now:
            self._wished[column] = now
        elif now:
            self._wished.setdefault(column, now)
        self._table.updateGeometry()
        self._soon.start()
