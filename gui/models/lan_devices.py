"""The table of the machines found in the local network: their names, and whether they share a matching database."""

from __future__ import annotations

import enum
from collections.abc import Collection
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, Qt

from engine.pairing.discovery import Found
from gui import theme
from gui.language import tr
from gui.models.enum_table import TupleModel

Role = Qt.ItemDataRole


class Column(enum.IntEnum):
    """The columns of the table."""

    MACHINE = 0
    OFFERS = 1
    ADDRESS = 2


class FoundModel(TupleModel):
    """A model with one row for each machine."""

    columns = Column

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ours = ""
        self._known: Collection[str] = ()

    def show(self, found: tuple[Found, ...]) -> None:
        """Show who is there now; rows that stay are not touched, so that the selection is kept."""
        for row in reversed(range(len(self._rows))):
            if self._rows[row] not in found:
                self.beginRemoveRows(QModelIndex(), row, row)
                self._rows = self._rows[:row] + self._rows[row + 1 :]
                self.endRemoveRows()
        for row, one in enumerate(found):
            if row >= len(self._rows) or self._rows[row] != one:
                self.beginInsertRows(QModelIndex(), row, row)
                self._rows = (*self._rows[:row], one, *self._rows[row:])
                self.endInsertRows()

    def set_ours(self, offer: str, known: Collection[str]) -> None:
        """Set the selected database's discovery id, and the certificate marks of the machines that are its peers."""
        self._ours, self._known = offer, known
        self.refresh()

    def fits(self, found: Found) -> bool:
        """Return whether a machine offers a database with the same tables as the selected one."""
        return bool(self._ours) and self._ours in found.offers

    def is_peer(self, found: Found) -> bool:
        """Return whether the selected database already syncs with a machine."""
        return found.certificate in self._known

    def _data(self, found: Found, column: Column, role: int) -> Any:
        match role:
            case Role.DisplayRole | Role.ToolTipRole:
                return self._text(found, column, whole=role == Role.ToolTipRole)
            case Role.ForegroundRole if column is Column.OFFERS and self.fits(found):
                return theme.tone_color(theme.GOOD)
            case _:
                return None

    def _heading(self, column: Column) -> str:
        return {
            Column.MACHINE: tr("Machine"),
            Column.OFFERS: tr("What it shares"),
            Column.ADDRESS: tr("Where"),
        }[column]

    def _text(self, found: Found, column: Column, *, whole: bool) -> str:
        match column:
            case Column.MACHINE:
                return found.name
            case Column.OFFERS:
                return self._offers(found)
            case _:
                return f"{', '.join(found.addresses)}; {found.port}" if whole else found.addresses[0]

    def _offers(self, found: Found) -> str:
        if self.is_peer(found):
            return tr("already a peer of this database")
        if self.fits(found):
            return tr("a database with the same tables")
        if not found.offers:
            return tr("nothing at the moment")
        return tr("databases with other tables")
