"""Defects of ours, in slots, tasks, callbacks, threads and paint events: told, logged, and the program goes on."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication, QPaintEvent
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget

from engine.history.journal import Journal
from gui.logs import LogFile
from tests.engine.live import until
from tests.gui.aio import on_gui_loop
from tests.gui.app.scenes import scene


def defect(*_: object) -> None:
    raise ZeroDivisionError("a defect for the test")


async def failing() -> None:
    defect()


class Canvas(QWidget):
    """Raises whenever it is painted."""

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        defect()


def by_slot(window: QWidget) -> None:
    button = QPushButton(window)
    button.clicked.connect(defect)
    button.click()


def by_timer(window: QWidget) -> None:
    QTimer.singleShot(0, defect)


def by_paint(window: QWidget) -> None:
    canvas = Canvas(window)
    canvas.resize(20, 20)
    canvas.show()
    for milliseconds in (0, 30, 60):
        QTimer.singleShot(milliseconds, canvas.update)
    QTimer.singleShot(90, canvas.deleteLater)


def by_callback(window: QWidget) -> None:
    asyncio.get_running_loop().call_soon(defect)


def by_thread(window: QWidget) -> None:
    threading.Thread(target=defect).start()


def by_command(window: QWidget) -> None:
    window.commands.start(failing())  # type: ignore[attr-defined]


@pytest.mark.no_qt_log
@pytest.mark.parametrize("cause", [by_slot, by_timer, by_paint, by_callback, by_thread, by_command])
def test_it_is_told_once_and_everything_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, cause: Callable[[QWidget], None]
) -> None:
    @on_gui_loop
    async def go() -> None:
        hook = sys.excepthook
        with LogFile(tmp_path / "log" / "syncline.log") as log:
            async with scene(tmp_path) as it:
                await it.state("In sync")
                assert sys.excepthook is not hook
                cause(it.window)
                await until(lambda: "ZeroDivisionError" in it.window.notices.text, "the bar says so")
                copy = next(one for one in it.window.findChildren(QToolButton) if one.accessibleName() == "Copy notice")
                copy.click()
                assert "a defect for the test" in QGuiApplication.clipboard().text()
                outcome = await it.engine.peers.sync_now()
                assert list(outcome.values()) == [None], "everything goes on"
                told = log.file.read_text()
                assert told.count("Traceback") == 1
        assert sys.excepthook is hook

    go()
    assert sum("unexpected" in record.getMessage() for record in caplog.records) == 1
    caplog.clear()


@on_gui_loop
async def test_diagnostics_are_one_click(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNCLINE_HOME", str(tmp_path / "home"))
    async with scene(tmp_path) as it:
        await it.state("In sync")
        assert isinstance(it.engine.history.journal, Journal)
        it.window.actions_shared.diagnostics.trigger()
        await until(lambda: "diagnostics" in it.window.notices.text, "it says where")
        [file] = (tmp_path / "home" / "data").iterdir()
        assert str(file) in it.window.notices.text
        assert "Qt 6" in file.read_text()


def test_the_log_file_rotates_and_follows_its_level(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gui.logs.SIZE", 1000)
    name = logging.getLogger("gui.test")
    with LogFile(tmp_path / "logs" / "x.log", "info") as log:
        name.debug("hidden")
        logging.getLogger("websockets.client").debug("> a frame with values")
        log.set_level("debug")
        logging.getLogger("websockets.client").debug("> another frame with values")
        name.debug("shown")
        text = log.file.read_text()
        assert "shown" in text
        assert "hidden" not in text
        assert "frame" not in text
        for number in range(100):
            name.info("line %d", number)
        assert len(log.files()) == 3
        assert all(file.stat().st_size <= 1000 for file in log.files())
    name.info("after the end")
    assert "after the end" not in log.file.read_text()
