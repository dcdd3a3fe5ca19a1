"""The clocks that one database keeps, one for each site that it has ever met."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal, Slot

from engine.ids import SiteId
from engine.tables import TrackedPeer
from gui.language import tr
from gui.models import times, values
from gui.models.sorting import SORT_ROLE

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

COPY_ROLE = Role.UserRole
"""The full text of a cell, for the clipboard."""


class Column(enum.IntEnum):
    """The columns of the table."""

    SITE = 0
    WHOSE = 1
    RECEIVED = 2
    SENT = 3
    LAST = 4


_NUMBERS = (Column.RECEIVED, Column.SENT)


class ClocksModel(QAbstractTableModel):
    """A model with one row for each other site, ordered by id."""

    clocks_set = Signal()
    """Emitted when the database's own clock, or those that it keeps, may have changed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.own_site: bytes | None = None
        self.own_version = 0
        self._sites: list[TrackedPeer] = []
        self._names: dict[SiteId, str] = {}
        self._times: dict[bytes, float] = {}

    def set_clocks(
        self,
        own_site: bytes | None,
        own_version: int,
        peers: Sequence[TrackedPeer],
        names: Mapping[SiteId, str],
        last: Mapping[bytes, float] | None = None,
    ) -> None:
        """Show the clocks of a database.

        Args:
            own_site: its own site id (16 bytes); None if it has none yet.
            own_version: its db_version.
            peers: the clocks that it keeps.
            names: the names of the sites, where known.
            last: when a site was last heard from (seconds since the epoch), where known.
        """
        same = [peer.site_id for peer in peers] == [peer.site_id for peer in self._sites]
        if not same:
            self.beginResetModel()
        self.own_site, self.own_version = own_site, own_version
        self._sites, self._names, self._times = list(peers), dict(names), dict(last or {})
        if not same:
            self.endResetModel()
        elif self._sites:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._sites) - 1, len(Column) - 1))
        self.clocks_set.emit()

    @Slot()
    def refresh_times(self) -> None:
        """Tell the views that relative times may have changed."""
        if self._times and self._sites:
            last = self.index(len(self._sites) - 1, Column.LAST)
            self.dataChanged.emit(self.index(0, Column.LAST), last, [Role.DisplayRole])

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self._sites)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(Column)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        site, column = self._sites[index.row()], Column(index.column())
        match role:
            case Role.DisplayRole | Role.AccessibleTextRole:
                return self._text(site, column)
            case Role.ToolTipRole:
                return self._tip(site, column)
            case Role.TextAlignmentRole:
                return _RIGHT if column in _NUMBERS else _LEFT
            case _ if role == COPY_ROLE:
                return site.site_id.hex() if column is Column.SITE else self._text(site, column)
            case _ if role == SORT_ROLE:
                return self._raw(site, column)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:  # noqa: N802
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(Column):
            return None
        if role == Role.TextAlignmentRole:
            return _RIGHT if section in _NUMBERS else _LEFT
        if role not in (Role.DisplayRole, Role.ToolTipRole):
            return None
        heading, explained = {
            Column.SITE: (tr("Site"), tr("The first eight digits of a replica's site id.")),
            Column.WHOSE: (tr("Name"), tr("The peer or database with this id.")),
            Column.RECEIVED: (tr("Received clock"), tr("Everything that the site wrote up to this version is here.")),
            Column.SENT: (
                tr("Confirmed clock"),
                tr("The site has confirmed everything in this database up to this version."),
            ),
            Column.LAST: (tr("Last seen"), tr("When the site was last heard from.")),
        }[Column(section)]
        return heading if role == Role.DisplayRole else explained

    def _text(self, site: TrackedPeer, column: Column) -> str:
        match column:
            case Column.SITE:
                return values.site_shown(site.site_id)
            case Column.WHOSE:
                return self._names.get(site.site_id) or tr("unknown")
            case Column.LAST:
                return times.relative(self._times.get(site.site_id))
            case _:
                count = site.received if column is Column.RECEIVED else site.sent
                return "–" if count is None else values.number(count)

    def _tip(self, site: TrackedPeer, column: Column) -> str:
        match column:
            case Column.SITE:
                return site.site_id.hex()
            case Column.LAST:
                return times.exact(self._times[site.site_id]) if site.site_id in self._times else tr("Not known.")
            case Column.RECEIVED if site.received is None:
                return tr("Nothing was received from this site directly.")
            case Column.SENT if site.sent is None:
                return tr("This site has confirmed nothing.")
            case _:
                return self._text(site, column)

    def _raw(self, site: TrackedPeer, column: Column) -> Any:
        match column:
            case Column.RECEIVED | Column.SENT:
                count = site.received if column is Column.RECEIVED else site.sent
                return -1 if count is None else count
            case Column.LAST:
                return self._times.get(site.site_id, 0.0)
            case Column.WHOSE:
                return self._text(site, column).casefold()
            case _:
                return site.site_id.hex()
