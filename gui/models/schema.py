"""The table of the differences between two sides' tables, with what can be done about each."""

from __future__ import annotations

import enum
from typing import Any

from PySide6.QtCore import Qt

from engine.checks.schema_diff import Cure, SchemaLine
from gui import theme
from gui.language import said, tr
from gui.models import values
from gui.models.enum_table import TupleModel

Role = Qt.ItemDataRole


class Column(enum.IntEnum):
    """The columns of the table."""

    TABLE = 0
    COLUMN = 1
    HERE = 2
    THERE = 3
    CURE = 4


class SchemaModel(TupleModel):
    """A model of the lines of a comparison."""

    columns = Column

    def _data(self, line: SchemaLine, column: Column, role: int) -> Any:
        match role:
            case Role.DisplayRole | Role.ToolTipRole:
                return self._text(line, column)
            case Role.ForegroundRole if column is Column.CURE:
                return theme.tone_color(_TONES[line.cure])
            case _:
                return None

    def _heading(self, column: Column) -> str:
        return {
            Column.TABLE: tr("Table"),
            Column.COLUMN: tr("Column"),
            Column.HERE: tr("Here"),
            Column.THERE: tr("There"),
            Column.CURE: tr("What can be done"),
        }[column]

    def _text(self, line: SchemaLine, column: Column) -> str:
        match column:
            case Column.TABLE:
                return values.shown(line.table)
            case Column.COLUMN:
                return values.shown(line.column)
            case Column.HERE:
                return said(line.here)
            case Column.THERE:
                return said(line.there)
            case _:
                words = said(line.cure.value)
                return words[:1].upper() + words[1:]


_TONES = {
    Cure.ADD_HERE: theme.GOOD,
    Cure.ADD_THERE: theme.BUSY,
    Cure.MAKE_SYNCABLE: theme.WAIT,
    Cure.BY_HAND: theme.BAD,
    Cure.TYPE: theme.BAD,
    Cure.COLLATION: theme.BAD,
    Cure.DEFAULT: theme.WAIT,
    Cure.REFUSED: theme.WAIT,
    Cure.NONE: theme.QUIET,
}
