"""Sorting by raw values instead of words."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt

SORT_ROLE = Qt.ItemDataRole.UserRole + 100
"""The raw value of a cell; all those of a column must be comparable."""


class SortProxy(QSortFilterProxyModel):
    """A proxy that sorts by ``SORT_ROLE``.

    Qt's own comparison goes by the type of the left number, and would truncate a large clock on the right to 32 bits.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setSortRole(SORT_ROLE)
        self.setDynamicSortFilter(True)

    def lessThan(  # noqa: N802
        self, source_left: QModelIndex | QPersistentModelIndex, source_right: QModelIndex | QPersistentModelIndex
    ) -> bool:
        less: bool = source_left.data(SORT_ROLE) < source_right.data(SORT_ROLE)
        return less
