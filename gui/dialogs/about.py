"""The "About" dialog: the program, its version and its licence."""

from __future__ import annotations

import platform

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QMessageBox, QWidget

from engine import __version__
from gui.dialogs.base import closed
from gui.language import tr
from gui.theme import icon

LICENSE = "Apache-2.0"


async def show(parent: QWidget | None) -> None:
    """Show the "About" dialog, and return when it is closed."""
    box = QMessageBox(parent)
    box.setWindowTitle(tr("About Syncline"))
    box.setIconPixmap(icon("syncline").pixmap(64, 64))
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(f"Syncline {__version__}")
    box.setInformativeText(
        tr("Keeps the SQLite databases of your apps the same on all your machines.")
        + "\n\n"
        + tr("License: {license}", license=LICENSE)
        + "\n"
        + f"Python {platform.python_version()} · Qt {qVersion()} · {platform.system()}"
    )
    box.setStandardButtons(QMessageBox.StandardButton.Close)
    await closed(box)
