"""Asks before something is removed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from gui.dialogs.base import closed


async def confirm(parent: QWidget | None, title: str, sentence: str, action: str) -> bool:
    """Ask a person whether to go on.

    Args:
        parent: the window that the question belongs to.
        title: of the dialog. sentence: says what will happen. action: what the button that does it is called.

    Returns:
        whether that button was pressed; Esc and Enter both mean no.
    """
    box = QMessageBox(QMessageBox.Icon.Question, title, sentence, QMessageBox.StandardButton.Cancel, parent)
    box.setTextFormat(Qt.TextFormat.PlainText)  # names are no markup
    do_it = box.addButton(action, QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(QMessageBox.StandardButton.Cancel)
    box.setEscapeButton(QMessageBox.StandardButton.Cancel)
    pressed: list[bool] = []
    box.buttonClicked.connect(lambda button: pressed.append(button is do_it))
    await closed(box)
    return pressed == [True]
