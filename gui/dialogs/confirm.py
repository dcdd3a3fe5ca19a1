"""Asks before something is removed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer
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
    box = _Question(QMessageBox.Icon.Question, title, sentence, QMessageBox.StandardButton.Cancel, parent)
    box.setTextFormat(Qt.TextFormat.PlainText)  # names are no markup
    do_it = box.addButton(action, QMessageBox.ButtonRole.AcceptRole)
    box.setEscapeButton(QMessageBox.StandardButton.Cancel)
    box.choose_cancel()
    pressed: list[bool] = []
    box.buttonClicked.connect(lambda button: pressed.append(button is do_it))
    await closed(box)
    return pressed == [True]


class _Question(QMessageBox):
    """Enter means no, after a change of style too, for which Qt lays the buttons out anew and forgets the default."""

    def choose_cancel(self) -> None:
        """Make "Cancel" what Enter presses."""
        self.setDefaultButton(QMessageBox.StandardButton.Cancel)
        self.button(QMessageBox.StandardButton.Cancel).setFocus()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange and self.isVisible():
            QTimer.singleShot(0, self, self.choose_cancel)  # its children follow the style after it
