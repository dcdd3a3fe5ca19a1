"""The table of the machines that were paired with this one and have access, one row each."""

from __future__ import annotations

import enum
from typing import Any

from PySide6.QtCore import Qt

from engine.events import Guest
from gui import theme
from gui.language import tr
from gui.models import times
from gui.models.enum_table import TupleModel

Role = Qt.ItemDataRole


class Column(enum.IntEnum):
    """The columns of the table."""

    NAME = 0
    ROOM = 1
    SEEN = 2


class GuestsModel(TupleModel):
    """A model of the guests, in the order given."""

    columns = Column

    def show(self, guests: tuple[Guest, ...]) -> None:
        """Show these guests; if they are the same ones as before, the selection is kept."""
        if [guest.name for guest in guests] != [guest.name for guest in self._rows]:
            super().show(guests)
        else:
            self._rows = guests
            self.refresh()

    def _data(self, guest: Guest, column: Column, role: int) -> Any:
        match role:
            case Role.DisplayRole:
                return {Column.NAME: guest.name, Column.ROOM: guest.room, Column.SEEN: self._seen(guest)}[column]
            case Role.ToolTipRole if column is Column.SEEN and guest.seen is not None:
                return times.exact(guest.seen)
            case Role.ForegroundRole if column is Column.SEEN and guest.connected:
                return theme.tone_color(theme.GOOD)
            case _:
                return None

    def _heading(self, column: Column) -> str:
        return {
            Column.NAME: tr("Machine"),
            Column.ROOM: tr("Database"),
            Column.SEEN: tr("Last seen"),
        }[column]

    def _seen(self, guest: Guest) -> str:
        if guest.connected:
            return tr("connected")
        return tr("not yet") if guest.seen is None else times.relative(guest.seen)
