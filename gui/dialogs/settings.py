"""The settings dialog, built from the table of settings; each change takes effect at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QFormLayout,
    QFrame,
    QGroupBox,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from engine.api import Engine
from engine.errors import SynclineError
from engine.pairing.discovery import machine_name
from engine.settings import SETTINGS, Group, Setting
from gui.desktop.autostart import Autostart
from gui.desktop.links import LinkType
from gui.dialogs.base import AsyncDialog, in_words
from gui.dialogs.inline_message import InlineMessage
from gui.language import on_language_change, said, tr


async def ask(parent: QWidget | None, engine: Engine, autostart: Autostart, links: LinkType | None) -> None:
    """Let a person change the settings.

    Args:
        parent: the window that the dialog belongs to.
        engine: stores the settings.
        autostart: the system's way to start a program at login.
        links: the system's way to register the program for pairing links; None where that is not up to us.
    """
    await SettingsDialog(parent, engine, autostart, links).answered()


class SettingsDialog(AsyncDialog):
    """The dialog of ``ask``; ``fields`` maps the name of each setting to its widget."""

    def __init__(self, parent: QWidget | None, engine: Engine, autostart: Autostart, links: LinkType | None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._autostart = autostart
        self._links = links
        self.fields: dict[str, QCheckBox | QComboBox | QSpinBox | QLineEdit] = {}
        self.problem = InlineMessage.of_problem()
        self.scroll_area = QScrollArea()
        self.scroll_area.setFrameShape(QFrame.Shape.NoFrame)
        self.scroll_area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll_area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the fields in it bring themselves into sight
        self.scroll_area.setWidgetResizable(True)
        self.close_button = QPushButton()
        self.close_button.setAutoDefault(False)  # Return ends what is typed, not the dialog
        buttons = QDialogButtonBox()
        buttons.addButton(self.close_button, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(self.scroll_area, 1)
        column.addWidget(self.problem)
        column.addWidget(buttons)
        on_language_change(self._retranslate)
        room = self.screen().availableGeometry().height() * 9 // 10
        page = self.scroll_area.widget()
        height = (page.sizeHint().height() if page is not None else 0) + buttons.sizeHint().height()
        height += 4 * column.contentsMargins().top()
        self.resize(self.sizeHint().width(), min(height, room))

    def _retranslate(self) -> None:
        """Create all fields, or recreate them in another language without moving the scroll position."""
        again = self.scroll_area.widget() is not None
        place = self.scroll_area.verticalScrollBar().value()
        page = QWidget()
        groups = QVBoxLayout(page)
        for group in Group:
            groups.addWidget(self._make_group(group))
        groups.addStretch()
        self.scroll_area.setWidget(page)
        width = max(page.sizeHint().width(), self.fontMetrics().averageCharWidth() * 44)
        self.scroll_area.setMinimumWidth(width + self.scroll_area.verticalScrollBar().sizeHint().width())
        self.setWindowTitle(tr("Settings"))
        self.close_button.setText(tr("Close"))
        if again:  # only the language's own field leads here
            self._show_boxes()
            self.fields["language"].setFocus()
            self.scroll_area.verticalScrollBar().setValue(place)

    def _make_group(self, group: Group) -> QGroupBox:
        box = QGroupBox(_words(group.value))
        form = QFormLayout(box)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
        if group is Group.GENERAL:
            self.at_login = _system_box(
                tr("Start at login"), tr("Syncline starts in the tray when you log in."), self._autostart
            )
            self.at_login.toggled.connect(lambda on: self._set_system(self.at_login, self._autostart, on))
            form.addRow(self.at_login)
        for setting in SETTINGS.values():
            if setting.group is group:
                self._add_row(form, setting)
        if group is Group.SHARE and self._links is not None:
            links = self._links
            tip = tr("A click on a link that begins with syncline: opens “Add peer” here.")
            self.open_links = _system_box(tr("Open pairing links"), tip, links)
            self.open_links.toggled.connect(lambda on: self._set_system(self.open_links, links, on))
            form.addRow(self.open_links)
        return box

    def _add_row(self, form: QFormLayout, setting: Setting) -> None:
        value = getattr(self._engine.settings, setting.name)
        label, explained = _words(setting.label), _words(setting.help)
        field: QCheckBox | QComboBox | QSpinBox | QLineEdit
        if setting.choices:
            field = QComboBox()
            for choice, words in setting.choices:
                field.addItem(_words(words), choice)
            field.setCurrentIndex(field.findData(value))
            field.currentIndexChanged.connect(lambda _, box=field: self._set(setting.name, box.currentData()))
        elif setting.span != (0, 0):
            field = QSpinBox()
            field.setRange(*setting.span)
            field.setSingleStep(setting.step)
            field.setKeyboardTracking(False)  # half a number is none
            field.setValue(value)
            field.setSuffix(_words(setting.unit))
            field.setSpecialValueText(_words(setting.zero))
            field.valueChanged.connect(lambda number: self._set(setting.name, number))
        elif setting.longest:
            field = QLineEdit(value)
            field.setMaxLength(setting.longest)
            field.setPlaceholderText(machine_name())
            field.editingFinished.connect(lambda box=field: self._set_text(setting.name, box))
        else:
            field = QCheckBox(label)
            field.setChecked(value)
            field.toggled.connect(lambda on: self._set(setting.name, on))
        field.setToolTip(explained)
        field.setAccessibleName(label)
        field.setAccessibleDescription(explained)
        self.fields[setting.name] = field
        if isinstance(field, QCheckBox):
            form.addRow(field)
        else:
            form.addRow(f"{label}:", field)

    def _set(self, name: str, value: Any) -> None:
        self.start(self._change(name, value))

    def _set_text(self, name: str, box: QLineEdit) -> None:
        text = box.text().strip()
        if text != getattr(self._engine.settings, name):
            self._set(name, text)

    async def _change(self, name: str, value: Any) -> None:
        try:
            await self._engine.change_settings(**{name: value})
        except SynclineError as error:
            self._show_problem(in_words(error))
        else:
            self._show_problem("")

    def _set_system(self, box: QCheckBox, kept: Autostart | LinkType, on: bool) -> None:
        """Switch something that the system stores, rather than our settings."""
        try:
            kept.set(on)
        except SynclineError as error:
            self._show_problem(in_words(error))
            _without_signals(box, lambda: box.setChecked(kept.enabled()))
        else:
            self._show_problem("")

    def _show_problem(self, problem: str) -> None:
        self.problem.show_message(problem)
        self.fit()


def _system_box(text: str, tip: str, kept: Autostart | LinkType) -> QCheckBox:
    box = QCheckBox(text)
    box.setToolTip(tip)
    box.setAccessibleDescription(tip)
    box.setChecked(kept.enabled())
    return box


def _without_signals(widget: QWidget, act: Callable[[], None]) -> None:
    before = widget.blockSignals(True)
    act()
    widget.blockSignals(before)


def _words(text: str) -> str:
    return said(text)
