"""The help menu: documents, and the "About" dialog."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from engine import __version__
from gui.language import on_language_change, tr

DOCUMENTS = Path(__file__).parents[1] / "docs"
"""The folder of the documents, which exists where the program runs from a checkout; a package has none."""


class HelpMenu(QMenu):
    """A menu of the documents that exist.

    Args:
        folder: the folder of the documents.
    """

    document_requested = Signal(object)
    """Emitted with the path of the document to open."""
    about_requested = Signal()

    def __init__(self, parent: QWidget | None = None, *, folder: Path = DOCUMENTS) -> None:
        super().__init__(parent)
        self._documents = {
            file: self._add_document(folder / file)
            for file in ("guide.md", "two-machines.md", "hub.md", "troubleshooting.md", "README.md")
            if (folder / file).is_file()
        }
        if "guide.md" in self._documents:
            self._documents["guide.md"].setShortcut(QKeySequence.StandardKey.HelpContents)
        if self._documents:
            self.addSeparator()
        self.version = self.addAction("")
        self.version.setEnabled(False)
        self.about = self.addAction("")
        self.about.setMenuRole(QAction.MenuRole.AboutRole)
        self.about.triggered.connect(self.about_requested)
        self.document_requested.connect(lambda file: QDesktopServices.openUrl(QUrl.fromLocalFile(str(file))))
        on_language_change(self._retranslate)

    def _add_document(self, file: Path) -> QAction:
        action = self.addAction("")
        action.triggered.connect(partial(self._ask, file))
        return action

    def _ask(self, file: Path, _: bool = False) -> None:
        self.document_requested.emit(file)

    def _retranslate(self) -> None:
        self.setTitle(tr("Help"))
        titles = {
            "guide.md": tr("User guide"),
            "two-machines.md": tr("Two machines, step by step"),
            "hub.md": tr("A hub of your own"),
            "troubleshooting.md": tr("Troubleshooting"),
            "README.md": tr("All documents"),
        }
        for file, action in self._documents.items():
            action.setText(titles[file])
        self.version.setText(tr("Version {version}", version=__version__))
        self.about.setText(tr("About Syncline"))
