"""A line edit that shows its problem below itself."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from engine.errors import UsageError
from gui.dialogs.base import in_words
from gui.dialogs.inline_message import InlineMessage
from gui.language import tr


class ValidatedLineEdit(QWidget):
    """A QLineEdit with its problem below it, shown from the first keystroke on.

    Args:
        name: the accessible name, for screen readers.
        check: called with the text; raises UsageError if it is invalid.
        example: the placeholder of the empty field.
        secret: show dots, and a button that reveals the text.

    Attributes:
        missing: a neutral note that is shown while a required field is empty; '' shows what ``check`` says.
    """

    changed = Signal()

    def __init__(self, name: str, check: Callable[[str], object], *, example: str = "", secret: bool = False) -> None:
        super().__init__()
        self.line = QLineEdit()
        self.line.setAccessibleName(name)
        self.line.setPlaceholderText(example)
        self.note = InlineMessage.of_problem()
        self.missing = ""
        self._lack = InlineMessage()
        self._check = check
        self._touched = False
        row = QHBoxLayout()
        row.addWidget(self.line, 1)
        if secret:
            row.addWidget(self._make_show_button(name))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addLayout(row)
        self._column.addWidget(self.note)
        self._column.addWidget(self._lack)
        self.setFocusProxy(self.line)
        self.line.textEdited.connect(self._edited)
        self.line.textChanged.connect(self.changed)

    def add_below(self, widget: QWidget) -> None:
        """Show a widget below the line and its problem."""
        self._column.addWidget(widget)

    @property
    def text(self) -> str:
        """The text, without surrounding spaces."""
        return self.line.text().strip()

    def put(self, text: str) -> None:
        """Set the text as if it had been typed."""
        self._touched = True
        self.line.setText(text)

    def problem(self) -> str:
        """Return what is wrong with the text, in words; '' if it is valid."""
        try:
            self._check(self.text)
        except UsageError as error:
            return in_words(error)
        return ""

    def validate(self, other: str = "") -> str:
        """Show the problem if something was typed here, or else ``other``, a problem in relation to other fields.

        Returns:
            the problem, whether shown or not.
        """
        problem = self.problem()
        lack = self.missing if problem and not self.text else ""
        shown = (problem if self._touched and not lack else "") or other
        self.note.show_message(shown)
        self._lack.show_message(lack if not shown else "")
        self.line.setAccessibleDescription(shown or lack)
        return problem or other

    def _edited(self) -> None:
        self._touched = True

    def _make_show_button(self, name: str) -> QToolButton:
        self.line.setEchoMode(QLineEdit.EchoMode.Password)
        button = QToolButton()
        button.setText(tr("Show"))
        button.setCheckable(True)
        button.setAccessibleName(tr("Show {field}", field=name))
        button.setFocusPolicy(self.line.focusPolicy())
        modes = {True: QLineEdit.EchoMode.Normal, False: QLineEdit.EchoMode.Password}
        button.toggled.connect(lambda shown: self.line.setEchoMode(modes[shown]))
        return button
