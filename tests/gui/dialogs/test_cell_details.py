"""One change as a whole, and putting the old value back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QPushButton

from engine.api import Engine
from engine.settings import DatabaseConfig, Settings
from gui.dialogs import cell_details
from gui.dialogs.cell_details import Cell, CellDetailsDialog
from tests.engine.live import make_file, rows, until, write
from tests.gui.aio import on_gui_loop
from tests.gui.dialogs.answers import asking, click, press, unnamed


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = make_file(tmp_path / "one.db")
    write(file, "INSERT INTO item (id, name) VALUES (1, 'new')")
    return file


def shown(dialog: CellDetailsDialog) -> list[str]:
    return [field.toPlainText() for field in dialog.findChildren(QPlainTextEdit)]


def test_the_old_value_is_put_back(file: Path) -> None:
    @on_gui_loop
    async def go() -> None:
        database = DatabaseConfig.new(file)
        async with Engine(Settings(databases=(database,))) as engine:
            question = cell_details.show(
                None, engine, Cell(database.id, "item", (1,), "name", "new", "old", had_old=True)
            )
            async with asking(CellDetailsDialog, question) as (dialog, answer):
                assert shown(dialog) == ["new", "old"]
                assert unnamed(dialog) == []
                click(dialog.back)
            assert answer.result() is True
        assert rows(file)[0][1][0] == (str, "old")

    go()


def test_what_cannot_be_put_back_is_said(file: Path) -> None:
    @on_gui_loop
    async def go() -> None:
        database = DatabaseConfig.new(file)
        async with Engine(Settings(databases=(database,))) as engine:
            question = cell_details.show(
                None, engine, Cell(database.id, "item", (1,), "name", "newer", "old", had_old=True)
            )
            async with asking(CellDetailsDialog, question) as (dialog, answer):
                click(dialog.back)
                await until(lambda: "changed again" in dialog.problem.text, "it says why")
                press(dialog, Qt.Key.Key_Escape)
            assert answer.result() is False
        assert rows(file)[0][1][0] == (str, "new")

    go()


@pytest.mark.parametrize(
    ("cell", "texts", "copied"),
    [
        (Cell("d", "t", (1,), "c", "two\nlines\u202e\x00<b>"), ["two\nlines⟨202E⟩⟨00⟩<b>"], "two\nlines\u202e\x00<b>"),
        (Cell("d", "t", (1,), "c", b"\x00\xff"), ["00 ff"], "x'00ff'"),
        (Cell("d", "t", (1,), "c", None, 5, had_old=True), ["NULL", "5"], "NULL"),
        (Cell("d", "t", (1,), "c", 1.5, None, had_old=True, kept=False), ["1.5"], "1.5"),
    ],
    ids=["text", "blob", "null", "too large"],
)
def test_values_are_laid_out_safely(cell: Cell, texts: list[str], copied: str) -> None:
    @on_gui_loop
    async def go() -> None:
        async with asking(CellDetailsDialog, cell_details.show(None, Engine(), cell)) as (dialog, _):
            assert shown(dialog) == texts
            click(next(button for button in dialog.findChildren(QPushButton) if button.text() == "Copy"))
            assert QGuiApplication.clipboard().text() == copied
            assert hasattr(dialog, "back") == cell.had_old
            assert not cell.had_old or dialog.back.isEnabled() == cell.kept
            press(dialog, Qt.Key.Key_Escape)

    go()
