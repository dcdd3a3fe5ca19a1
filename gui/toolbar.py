"""The toolbar: the shared actions, and menus for what is needed less often."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QPaintEvent
from PySide6.QtWidgets import (
    QMenu,
    QSizePolicy,
    QStyle,
    QStyleOptionToolButton,
    QStylePainter,
    QToolBar,
    QToolButton,
    QWidget,
)

from engine.events import DatabaseChanged
from gui.actions import Actions, PauseMenu
from gui.help_menu import HelpMenu
from gui.language import on_language_change, tr
from gui.theme import icon


class MenuButton(QToolButton):
    """A button that opens a menu, with its arrow after the text: Qt's own is in a corner, over the text."""

    ARROW = 8

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the usual size plus room for the arrow."""
        return super().sizeHint() + QSize(self.ARROW + 4, 0)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the button, and the arrow at its right."""
        painter = QStylePainter(self)
        option = QStyleOptionToolButton()
        self.initStyleOption(option)
        option.features &= ~QStyleOptionToolButton.ToolButtonFeature.HasMenu
        painter.drawComplexControl(QStyle.ComplexControl.CC_ToolButton, option)
        edge = self.ARROW
        option.rect = QRect(self.width() - edge - 5, (self.height() - edge) // 2 + 1, edge, edge)
        painter.drawPrimitive(QStyle.PrimitiveElement.PE_IndicatorArrowDown, option)


class Toolbar(QToolBar):
    """The toolbar; every button has an accessible name and can be reached with Tab.

    Args:
        actions: shared with the tray.
        pause: the menu of the pause button.
    """

    tables_requested = Signal(object)
    """Emitted with the path of a database whose tables are to be shown."""
    new_id_requested = Signal(str)
    """Emitted with the id of a database that is to get a new id."""
    remove_requested = Signal(str)
    """Emitted with the id of a database that is to be removed."""

    def __init__(self, actions: Actions, pause: PauseMenu, parent: QWidget) -> None:
        super().__init__(parent)
        self._databases: list[DatabaseChanged] = []
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.setIconSize(QSize(20, 20))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.addAction(actions.sync_now)
        self.addAction(actions.auto_sync)
        self._pause = self._menu_button("pause", pause, "Ctrl+P")
        self.addWidget(self._pause)
        self.addSeparator()
        self.addAction(actions.add_database)
        self.addAction(actions.add_peer)
        self.addAction(actions.share)
        space = QWidget()
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(space)
        self._more = self._menu_button("", self._make_more(actions), "F10")
        self.addWidget(self._more)
        self.addAction(actions.settings)
        beyond = self.findChild(QToolButton, "qt_toolbar_ext_button")  # Qt's own drawing does not show on a dark ground
        if beyond is not None:
            beyond.setIcon(icon("more"))
        added = (actions.add_database, actions.add_peer, actions.share)
        self._named = (actions.sync_now, actions.auto_sync, *added, actions.settings)
        for action in self._named:
            button = self.widgetForAction(action)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            if isinstance(button, QToolButton) and action is actions.settings:
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        on_language_change(self._retranslate)

    def _retranslate(self) -> None:
        self.setWindowTitle(tr("Toolbar"))
        self._databases_menu.setTitle(tr("Databases"))
        for action in self._named:
            self.widgetForAction(action).setAccessibleName(action.text())
        for button, text in ((self._pause, tr("Pause")), (self._more, tr("More"))):
            button.setText(text)
            button.setToolTip(f"{text} ({button.shortcut().toString(QKeySequence.SequenceFormat.NativeText)})")
            button.setAccessibleName(text)

    def set_databases(self, databases: Iterable[DatabaseChanged]) -> None:
        """List these databases in the menu."""
        self._databases = list(databases)

    def _make_more(self, actions: Actions) -> QMenu:
        self._databases_menu = QMenu(self)
        self._databases_menu.aboutToShow.connect(self._fill_databases_menu)
        more = QMenu(self)
        more.addAction(actions.sync_all)
        more.addMenu(self._databases_menu)
        more.addAction(actions.diagnostics)
        self.help = HelpMenu(more)
        more.addMenu(self.help)
        more.addSeparator()
        more.addAction(actions.close_window)
        more.addAction(actions.quit)
        return more

    def _menu_button(self, icon_name: str, menu: QMenu, shortcut: str) -> QToolButton:
        button = MenuButton()
        if icon_name:
            button.setIcon(icon(icon_name))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(menu)
        button.setShortcut(QKeySequence(shortcut))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _fill_databases_menu(self) -> None:
        menu = self._databases_menu
        menu.clear()
        for database in self._databases:
            one = menu.addMenu(database.name.replace("&", "&&"))
            path, chosen = Path(database.path), database.database
            tables = one.addAction(tr("Tables…"))
            tables.triggered.connect(lambda _=False, path=path: self.tables_requested.emit(path))
            new_id = one.addAction(tr("New id…"))
            new_id.triggered.connect(lambda _=False, chosen=chosen: self.new_id_requested.emit(chosen))
            remove = one.addAction(tr("Remove…"))
            remove.triggered.connect(lambda _=False, chosen=chosen: self.remove_requested.emit(chosen))
        if not self._databases:
            menu.addAction(tr("None yet")).setEnabled(False)
