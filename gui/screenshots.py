"""``syncline screenshots DIR``: the windows, dialogs and states as pictures, light and dark, in every language.

``gui.ui_gallery`` plays the scenes; here they are painted.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QCursor, QPainter, QPaintEvent
from PySide6.QtWidgets import QMainWindow, QWidget

from engine.errors import SynclineError
from engine.peer_state import State
from engine.text import t
from gui import language
from gui.lifecycle import Application, make_application, run_coroutine
from gui.pairing_screenshots import pairing
from gui.theme import apply_scheme, is_dark, tray_icon
from gui.ui_gallery import Gallery

SCHEMES = ("light", "dark")
LANGUAGES = ("en", "de")
DRAWN = 0.5
"""Seconds to wait until the bridge's batches have arrived and the panels have drawn them."""

MADE = 0.25
"""Seconds to wait until a dialog has what it asks the engine for."""

RECOLOURED = 0.05
"""Seconds to wait after a change of colour scheme."""


def run(folder: Path, print_line: Callable[[str], None], *, pairing: bool = False) -> int:
    """Paint all pictures into ``folder``, which is created if needed, and print the path of each.

    Args:
        print_line: prints a path.
        pairing: whether to paint those of two machines that pair, and no others; they share in the local network
            meanwhile.

    Returns:
        the exit status.

    Raises:
        SynclineError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SynclineError(
            t("The pictures could not be saved in {folder}: {reason}.", folder=folder, reason=error.strerror)
        ) from None
    app = make_application()
    QCursor.setPos(app.primaryScreen().geometry().bottomRight())  # over nothing
    return run_coroutine(app, lambda quit_asked: _Photographer(app, folder, print_line, pairing).all(quit_asked))


class _Photographer:
    def __init__(self, app: Application, folder: Path, print_line: Callable[[str], None], pairing: bool) -> None:
        self._app = app
        self._pairing = pairing
        self._folder = folder
        self._print_line = print_line
        self._language = ""

    async def all(self, quit_asked: asyncio.Event) -> int:
        work = asyncio.create_task(self._scenes())
        asked = asyncio.create_task(quit_asked.wait())
        await asyncio.wait([work, asked], return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if not work.done():
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            return 1
        work.result()
        return 0

    async def _scenes(self) -> None:
        try:
            for self._language in LANGUAGES:
                language.install(self._app, self._language)
                await self._scenes_in_one()
        finally:
            language.install(self._app, "system")

    async def _scenes_in_one(self) -> None:
        if self._pairing:
            with tempfile.TemporaryDirectory(prefix="syncline-shots-") as folder:
                await pairing(Path(folder), self._take)
            return
        with tempfile.TemporaryDirectory(prefix="syncline-shots-") as folder:
            await Gallery(self._take, Path(folder)).all()
        if self._language == LANGUAGES[0]:  # they have no words
            await self._take("tray-icons", TrayIcons())

    async def _take(self, name: str, widget: QWidget) -> None:
        """Take a picture of a widget in each colour scheme."""
        await asyncio.sleep(DRAWN if isinstance(widget, QMainWindow) else MADE)
        for scheme in SCHEMES:
            apply_scheme(scheme, self._app)
            await asyncio.sleep(RECOLOURED)
            file = self._folder / f"{name}-{self._language}-{scheme}.png"
            if not widget.grab().save(str(file)):
                raise SynclineError(
                    t("{file} could not be written.", file=file), hint=t("Check that the folder is yours.")
                )
            self._print_line(str(file))
        apply_scheme(SCHEMES[0], self._app)


class TrayIcons(QWidget):
    """All icons of the tray in their smallest sizes, on a bar in the current colour scheme."""

    SIZES = (16, 22, 24, 48)
    CELL = 56

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(self.CELL * (len(State) + 1), self.CELL * len(self.SIZES))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint a row for each size."""
        painter = QPainter(self)
        dark = is_dark()
        painter.fillRect(self.rect(), QColor("#1d1d20" if dark else "#f0f0f0"))
        for row, size in enumerate(self.SIZES):
            for column, state in enumerate((None, *State)):
                image = tray_icon(state, dark).pixmap(QSize(size, size))
                painter.drawPixmap(column * self.CELL + 8, row * self.CELL + 8, image)
        painter.end()
