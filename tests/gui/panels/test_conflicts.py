"""The list of what waits: its lines, what can be done about each, and the choice that stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from engine.replica import Conflicts
from engine.tables import HiddenRow, SuspendedDeletion, Waiting, WaitingRow
from gui import language
from gui.panels.conflicts import ConflictsPanel
from tests.gui.aio import application

FOLDER = HiddenRow("folders", b"b", "“b”", "unique", b"a", "“a”", {"color": "blue"})
NOTE = HiddenRow("notes", b"n", "“n”", "parent", None, "", {})
FOUND = Conflicts(
    hidden=((FOLDER, {"color": ("blue", None)}), (NOTE, {})),
    waiting=Waiting(rows=(WaitingRow("item", "3", "It cannot be sent."),), hints=("Do this.",), repairable=True),
    suspended=(SuspendedDeletion("tags", 2_800, 3_000),),
)


@pytest.fixture
def panel(qtbot: QtBot) -> Iterator[ConflictsPanel]:
    panel = ConflictsPanel()
    qtbot.addWidget(panel)
    panel.resize(900, 300)
    panel.show()
    panel.set_database_names({"d": "todo", "e": "notes"})
    yield panel
    language.install(application(), "en")


def column(panel: ConflictsPanel, number: int) -> list[str]:
    model = panel.table.model()
    return [str(model.index(row, number).data()) for row in range(model.rowCount())]


def offered(panel: ConflictsPanel, row: int) -> set[str]:
    panel.table.selectRow(row)
    buttons = (panel.keep, panel.merge, panel.delete, panel.answer, panel.repair)
    return {button.text() for button in buttons if button.isVisible()}


def test_each_line_offers_what_can_be_done(panel: ConflictsPanel) -> None:
    assert offered(panel, 0) == set()
    panel.set_conflicts("d", FOUND)
    assert panel.count == 4
    assert column(panel, 0) == ["todo"] * 4
    assert column(panel, 1) == ["tags", "item", "folders", "notes"]
    assert offered(panel, 0) == {"Answer…"}
    assert "2,800 of the 3,000 rows of “tags” are gone" in panel.detail.text
    assert offered(panel, 1) == {"Repair…"}
    assert panel.detail.text == "It cannot be sent.\nDo this."
    assert offered(panel, 2) == {"Keep…", "Merge…", "Delete…"}
    assert "color: blue, there NULL" in panel.detail.text
    assert offered(panel, 3) == {"Delete…"}
    assert "a row that it refers to is hidden" in panel.detail.text


def test_a_signal_names_the_line(panel: ConflictsPanel, qtbot: QtBot) -> None:
    panel.set_conflicts("d", FOUND)
    panel.table.selectRow(2)
    with qtbot.waitSignal(panel.merge_requested) as heard:
        panel.merge.click()
    [line] = heard.args
    assert (line.database, line.row) == ("d", FOLDER)


def test_what_was_dealt_with_leaves(panel: ConflictsPanel) -> None:
    panel.set_conflicts("d", FOUND)
    panel.table.selectRow(2)
    panel.set_conflicts("e", Conflicts(suspended=(SuspendedDeletion("other", 28, 30),)))
    line = panel.chosen()
    assert line is not None
    assert line.row == FOLDER, "it stays chosen"
    panel.set_conflicts("d", replace(FOUND, hidden=FOUND.hidden[1:]))
    assert (panel.count, column(panel, 1)) == (4, ["tags", "item", "notes", "other"])
    line = panel.chosen()
    assert line is not None
    assert line.row == NOTE, "the next one takes its place"
    panel.remove_database("d")
    assert column(panel, 1) == ["other"]


def test_of_the_chosen_database(panel: ConflictsPanel) -> None:
    panel.set_conflicts("d", FOUND)
    panel.set_conflicts("e", Conflicts(hidden=((NOTE, {}),), more=1_234))
    assert panel.count == 4 + 1_235
    panel.show_database("e")
    assert (panel.count, column(panel, 1)) == (1_235, ["notes"])
    assert panel.table.isColumnHidden(0)
    assert "1,234 more rows are hidden." in panel.detail.text
    panel.show_database("d")
    assert "1,234" not in panel.detail.text
    panel.show_database("")
    assert not panel.table.isColumnHidden(0)


def test_in_german(panel: ConflictsPanel) -> None:
    panel.set_conflicts("d", FOUND)
    panel.table.selectRow(2)
    language.install(application(), "de")
    assert "Zeile “b” ist ausgeblendet: Zeile “a” ist ihr im Weg" in panel.detail.text
    assert "color: blue, dort NULL" in panel.detail.text
    assert panel.keep.text() == "Behalten…"
