"""Keeps the columns of a table within its width, so that it never has to be scrolled sideways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QAbstractItemView, QHeaderView

LETTERS = 126
"""How wide a table may insist on being, whatever columns a person adds: beside the databases as icons, this is what a
window has on a screen of 1280 pixels at 150 %."""


class ColumnFit(QObject):
    """Has columns give way in proportion where there is too little room, and come back where there is more.

    Args:
        table: what is kept within its width. header: its columns have the widths that they are to have.
        grows: the column that takes all room left over.
        least: by column, the letters below which it never goes; a heading is never cut in any case.
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
        """Another width, or seen for the first time: fit."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self.fit()
        return super().eventFilter(watched, event)

    def least_width(self) -> int:
        """How wide the table must be at least for its columns."""
        return min(sum(map(self._least, self._shown())), LETTERS * self._table.fontMetrics().averageCharWidth())

    def wished(self) -> bytes:
        """The header's state with the widths that were wished for, whatever there is room for now."""
        self._set(self._wished)
        state = bytes(self._header.saveState().data())
        self.fit()
        return state

    def restored(self) -> None:
        """Take the widths that the header has now for those that are wished for."""
        self._wished = {column: self._header.sectionSize(column) for column in self._shown()}
        self.fit()

    def fit(self) -> None:
        """Give the columns what they wish for, or less where that is too much; while nobody looks, what they wish."""
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
        """A person, or a new language, gave a column another width; or one is shown or hidden."""
        if self._fitting or column == self._grows:
            return
        if before and now:
            self._wished[column] = now
        elif now:
            self._wished.setdefault(column, now)
        self._table.updateGeometry()
        self._soon.start()
