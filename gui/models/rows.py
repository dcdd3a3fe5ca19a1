"""The table of the rows that differ between two sides, with what each side has."""

from __future__ import annotations

import enum
from typing import Any

from PySide6.QtCore import Qt

from engine.checks.row_diff import Row, RowDifference
from gui.language import tr
from gui.models import values
from gui.models.enum_table import TupleModel

Role = Qt.ItemDataRole


class Column(enum.IntEnum):
    """The columns of the table."""

    TABLE = 0
    ROW = 1
    HERE = 2
    THERE = 3


class RowsModel(TupleModel):
    """A model of the rows that differ."""

    columns = Column

    def _data(self, row: RowDifference, column: Column, role: int) -> Any:
        if role not in (Role.DisplayRole, Role.ToolTipRole):
            return None
        if role == Role.ToolTipRole and column is Column.ROW and row.global_key:
            return f"{self._text(row, column)}\n{values.everywhere(row.global_key)}"
        return self._text(row, column)

    def _heading(self, column: Column) -> str:
        return {
            Column.TABLE: tr("Table"),
            Column.ROW: tr("Row"),
            Column.HERE: tr("Here"),
            Column.THERE: tr("There"),
        }[column]

    def _text(self, row: RowDifference, column: Column) -> str:
        match column:
            case Column.TABLE:
                return values.shown(row.table)
            case Column.ROW:
                return values.key_shown(row.key)
            case Column.HERE:
                return self._side(row, row.here, row.key)
            case _:
                return self._side(row, row.there, row.key_there)

    def _side(self, row: RowDifference, side: Row | None, key: Row | None) -> str:
        """Return what one side has, on one line; if both sides have the row, only what differs."""
        if side is None:
            return tr("no such row")
        if row.too_large:
            return tr("too large to show")
        both = zip(row.columns, side, strict=True)
        parts = [
            f"{values.shown(name)}: {values.shown(value)}"
            for name, value in both
            if name in row.differing or row.here is None or row.there is None
        ]
        if row.key_there is not None and key is not None:
            parts.insert(0, tr("key: {key}", key=values.key_shown(key)))
        return ", ".join(parts)
