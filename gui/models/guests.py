"""Who was paired with this machine and may come in: one row each."""

from __future__ import annotations

import enum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from engine.events import Guest
from gui import theme
from gui.models import times

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole


class Column(enum.IntEnum):
    """What each column shows."""

    NAME = 0
    ROOM = 1
    SEEN = 2


class GuestsModel(QAbstractTableModel):
    """The guests, in the order in which they are told."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[Guest, ...] = ()

    def show(self, guests: tuple[Guest, ...]) -> None:
        """Show these; while they are the same people, what is chosen stays chosen."""
        if [guest.name for guest in guests] != [guest.name for guest in self._rows]:
            self.beginResetModel()
            self._rows = guests
            self.endResetModel()
            return
        self._rows = guests
        self.refresh()

    def refresh(self) -> None:
        """Let relative times go on."""
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(Column) - 1))

    def guest(self, row: int) -> Guest:
        """Who stands in a row."""
        return self._rows[row]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(Column)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        guest, column = self._rows[index.row()], Column(index.column())
        match role:
            case Role.DisplayRole:
                return {Column.NAME: guest.name, Column.ROOM: guest.room, Column.SEEN: self._seen(guest)}[column]
            case Role.ToolTipRole if column is Column.SEEN and guest.seen is not None:
                return times.exact(guest.seen)
            case Role.ForegroundRole if column is Column.SEEN and guest.connected:
                return theme.tone_color(theme.GOOD)
            case _:
                return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:  # noqa: N802
        if orientation is not Qt.Orientation.Horizontal or role != Role.DisplayRole:
            return None
        return {
            Column.NAME: self.tr("Machine"),
            Column.ROOM: self.tr("Database"),
            Column.SEEN: self.tr("Last seen"),
        }[Column(section)]

    def _seen(self, guest: Guest) -> str:
        if guest.connected:
            return self.tr("connected")
        return self.tr("not yet") if guest.seen is None else times.relative(guest.seen)
