"""Message boxes that ask for confirmation, or for one of several answers."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtWidgets import QDialogButtonBox, QMessageBox, QWidget

from gui.dialogs.base import closed


async def confirm(parent: QWidget | None, title: str, sentence: str, action: str) -> bool:
    """Ask a person whether to go ahead.

    Args:
        parent: the window that the question belongs to.
        title: the title of the dialog.
        sentence: says what will happen.
        action: the label of the button that does it.

    Returns:
        whether that button was pressed; Esc and Enter both mean no.
    """
    return await choose(parent, title, sentence, (action,)) is not None


async def choose(parent: QWidget | None, title: str, sentence: str, answers: Sequence[str]) -> int | None:
    """Ask a person to choose one of several answers.

    Args:
        parent, title, sentence: as in ``confirm``.
        answers: the labels of the buttons.

    Returns:
        the index of the answer; None if there was none, which is what Esc and Enter both mean.
    """
    box = _Question(QMessageBox.Icon.Question, title, sentence, QMessageBox.StandardButton.Cancel, parent)
    box.setTextFormat(Qt.TextFormat.PlainText)  # names are no markup
    buttons = [box.addButton(answer, QMessageBox.ButtonRole.AcceptRole) for answer in answers]
    if len(answers) > 1:  # side by side, long answers are cut on a small screen
        for row in box.findChildren(QDialogButtonBox):
            row.setOrientation(Qt.Orientation.Vertical)
    box.setEscapeButton(QMessageBox.StandardButton.Cancel)
    box.choose_cancel()
    pressed: list[int] = []
    box.buttonClicked.connect(lambda button: pressed.extend(n for n, one in enumerate(buttons) if one is button))
    await closed(box)
    return pressed[0] if pressed else None


class _Question(QMessageBox):
    """A message box whose default stays "Cancel".

    After a change of style Qt lays out the buttons again and forgets the default.
    """

    def choose_cancel(self) -> None:
        """Make "Cancel" the default button."""
        self.setDefaultButton(QMessageBox.StandardButton.Cancel)
        self.button(QMessageBox.StandardButton.Cancel).setFocus()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange and self.isVisible():
            QTimer.singleShot(0, self, self.choose_cancel)  # its children follow the style after it
