"""The clocks of one database, which is selected above the table."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QByteArray, QPoint, QSignalBlocker, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QVBoxLayout, QWidget

from engine.ids import DatabaseId
from gui.language import on_language_change, tr
from gui.models.clocks import COPY_ROLE, ClocksModel, Column
from gui.models.sorting import SortProxy
from gui.models.times import TICK
from gui.models.values import number, site_shown
from gui.panels.table import Table

_WIDTHS = {Column.SITE: 14, Column.WHOSE: 36, Column.RECEIVED: 16, Column.SENT: 16, Column.LAST: 20}


class ClocksPanel(QWidget):
    """Shows ``model``, which holds the clocks of the selected database."""

    database_chosen = Signal(str)
    """Emitted with the id of the database that was selected."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ClocksModel(self)
        self.proxy = SortProxy(self)
        self.proxy.setSourceModel(self.model)
        self._make_table()
        self.database = QComboBox()
        self.database.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.database.activated.connect(lambda place: self.database_chosen.emit(self.database.itemData(place)))
        self._label = QLabel()
        self._label.setBuddy(self.database)
        self.own = QLabel()
        self.own.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 6, 8, 6)
        bar.setSpacing(8)
        bar.addWidget(self._label)
        bar.addWidget(self.database)
        bar.addSpacing(12)
        bar.addWidget(self.own, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.table)
        self.model.clocks_set.connect(self._update_own_clock)
        on_language_change(self._retranslate)
        self.database.setVisible(False)
        self._label.setVisible(False)
        self._ticking = QTimer(self, interval=TICK)
        self._ticking.timeout.connect(self.model.refresh_times)

    def _retranslate(self) -> None:
        self.table.setAccessibleName(tr("Clocks"))
        self.database.setAccessibleName(tr("Database"))
        self._label.setText(tr("&Database:"))
        self.own.setAccessibleName(tr("This database's own clock"))
        self._update_own_clock()

    @Slot(dict)
    def set_databases(self, names: Mapping[str, str]) -> None:
        """Offer these databases, names by id; the selection is kept if it is still there."""
        known = {self.database.itemData(place): self.database.itemText(place) for place in range(self.database.count())}
        if known == dict(names):
            return
        chosen = self.database.currentData()
        with QSignalBlocker(self.database):
            self.database.clear()
            for database, name in names.items():
                self.database.addItem(name, database)
            self.database.setCurrentIndex(max(0, self.database.findData(chosen)) if names else -1)
        self.database.setVisible(bool(names))
        self._label.setVisible(bool(names))
        self._update_own_clock()

    def chosen(self) -> DatabaseId | None:
        """Return the id of the selected database; None if there is none."""
        database: DatabaseId | None = self.database.currentData()
        return database

    @Slot(str)
    def choose(self, database: str) -> None:
        """Select a database; does nothing if there is none with this id."""
        place = self.database.findData(database)
        if place >= 0 and place != self.database.currentIndex():
            self.database.setCurrentIndex(place)
            self.database_chosen.emit(database)

    def save_state(self) -> bytes:
        """Return the layout of the columns, for ``restore_state``."""
        return self.table.save_state()

    def restore_state(self, state: bytes | QByteArray) -> bool:
        """Restore what ``save_state`` returned; return False if it does not fit."""
        return self.table.restore_state(state)

    def _make_table(self) -> None:
        table = self.table = Table(COPY_ROLE)
        table.setModel(self.proxy)
        table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        table.horizontalHeader().setSortIndicatorClearable(True)
        table.setSortingEnabled(True)
        table.set_widths(_WIDTHS[column] for column in Column)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._show_menu)

    def _update_own_clock(self) -> None:
        if not self.database.count():
            self.own.setText("")
            self.table.placeholder = tr("Add a database to see its clocks.")
        elif not self.model.own_site:
            self.own.setText(tr("No clock yet: the file cannot be read, or none of its tables is syncable."))
            self.table.placeholder = tr("Once a table is syncable, the sites it is synced with appear here.")
        else:
            version, site = number(self.model.own_version), site_shown(self.model.own_site)
            self.own.setText(tr("Version here: {version}   Site: {site}", version=version, site=site))
            self.own.setToolTip(self.model.own_site.hex())
            self.table.placeholder = tr("No other site is known yet.")
        self.table.viewport().update()

    def _show_menu(self, where: QPoint) -> None:
        if self.table.currentIndex().isValid():
            menu = QMenu(self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            self.table.add_to(menu)
            menu.popup(self.table.viewport().mapToGlobal(where))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._ticking.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        self._ticking.stop()
