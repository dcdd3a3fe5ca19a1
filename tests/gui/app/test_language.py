"""Another language while the program runs: every word is another one, everything else stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QWidget

from gui import language
from gui.dialogs.settings import SettingsDialog
from gui.models.peer_columns import Column
from gui.tray import Tray
from tests.engine.live import until, write
from tests.gui.aio import application, on_gui_loop
from tests.gui.app.scenes import Scene, dialog, flow_texts, scene
from tests.gui.test_languages import sources, texts


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    yield
    language.install(application(), "en")


def of_language(window: QWidget, *, german: bool) -> set[str]:
    """The texts of this language that a window shows, in headings and cells as well."""
    known = {text: done for text, done in sources().items() if text != done and not re.search(r"\{|%1", text)}
    words = set(known.values()) - set(known) if german else set(known) - set(known.values())
    shown = set(texts(window))
    for view in window.findChildren(QAbstractItemView):
        model, header = view.model(), view.findChild(QHeaderView)
        if model is not None and header is not None:
            for column in range(model.columnCount()):
                shown.add(str(model.headerData(column, Qt.Orientation.Horizontal)))
                shown |= {str(model.index(row, column).data()) for row in range(min(model.rowCount(), 20))}
    return {text for text in shown if text in words}


def texts_of(it: Scene) -> tuple[object, ...]:
    """What a person has arranged and sees, apart from the words."""
    window = it.window
    flow, peers = window.flow, window.peers
    return (
        window.geometry(), window.splitter.sizes(), window.tabs.currentIndex(), peers.selected(), peers.filter.text(),
        [peers.table.columnWidth(column) >= 60 for column in range(3)], flow.text.text(), flow.peer.currentData(),
        flow.way.currentData(), flow.pause.isChecked(), flow.model.held, flow.model.rowCount(),
        flow.table.currentIndex().row(), window.notices.text, peers.model.rowCount(), window.clocks.chosen(),
        peers.table.horizontalHeader().visualIndex(Column.ADDRESS),
    )  # fmt: skip


@on_gui_loop
async def test_all_words_change_and_nothing_else(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        window = it.window
        await it.state("In sync")
        await until(lambda: "one" in flow_texts(window), "the flow has a line")
        window.peers.table.selectRow(0)
        window.peers.filter.setText("hub")
        window.peers.table.horizontalHeader().moveSection(Column.ADDRESS, 1)
        window.flow.peer.setCurrentIndex(1)
        window.flow.way.setCurrentIndex(2)
        window.flow.table.selectRow(0)
        window.flow.pause.setChecked(True)
        window.notices.show_message("A notice.")
        write(it.room, "INSERT INTO item (id, name) VALUES (7, 'waits')")
        await until(lambda: "waiting" in window.flow.pause.text(), "a change waits")
        menu = window.findChild(Tray).menu
        before = texts_of(it)
        await it.engine.change_settings(language="de")
        await until(lambda: it.cell(Column.STATE) == "Synchron", "German")
        assert of_language(window, german=False) == set()
        assert {action.text() for action in menu.actions()} & sources().keys() - set(sources().values()) == set()
        assert re.fullmatch(r"\d warten", window.flow.pause.text())
        assert next(one.text() for one in menu.actions()).startswith("Synchron: hub 0. Letzter Abgleich: ")
        assert texts_of(it) == before
        await it.engine.change_settings(language="en")
        await until(lambda: it.cell(Column.STATE) == "In sync", "English again")
        assert of_language(window, german=True) == set()
        assert texts_of(it) == before
        window.flow.pause.setChecked(False)
        window.flow.way.setCurrentIndex(0)
        await until(lambda: "waits" in flow_texts(window), "what waited is not lost")


@on_gui_loop
async def test_chosen_in_the_settings_the_dialog_follows_at_once(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.state("In sync")
        it.window.actions_shared.settings.trigger()
        one = await dialog(it.window, SettingsDialog)
        one.fields["notify_stale"].click()
        box = one.fields["language"]
        box.setCurrentIndex(box.findData("de"))
        await until(lambda: one.windowTitle() == "Einstellungen", "the dialog is German")
        assert of_language(one, german=False) == set()
        assert one.fields["language"].currentText() == "Deutsch"
        assert not one.fields["notify_stale"].isChecked(), "what was changed before stays"
        assert one.focusWidget() is one.fields["language"]
        one.fields["language"].setCurrentIndex(1)
        await until(lambda: one.windowTitle() == "Settings", "and English again")
        one.reject()


@on_gui_loop
async def test_headings_are_not_cut_in_longer_words(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.state("In sync")
        await it.engine.change_settings(language="de")
        await until(lambda: it.cell(Column.STATE) == "Synchron", "German")
        for panel in (it.window.peers, it.window.flow, it.window.clocks):
            header = panel.table.horizontalHeader()
            for column in range(header.count()):
                assert header.sectionSize(column) >= header.sectionSizeHint(column), (panel, column)


class Menu(QObject):
    """Makes anew what it consists of whenever the language changes."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []
        language.on_language_change(self.retranslate)

    def retranslate(self) -> None:
        self.entries = [Entry() for _ in range(3)]


class Entry(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.spoke = 0
        self.text = ""
        language.on_language_change(self.retranslate)

    def retranslate(self) -> None:
        self.spoke += 1
        self.text = language.tr("just now")


def test_what_is_made_during_a_change_is_retranslated_too() -> None:
    menus = [Menu() for _ in range(3)]
    for name, word in (("de", "gerade eben"), ("en", "just now"), ("de", "gerade eben")):
        language.install(application(), name)
        entries = [entry for menu in menus for entry in menu.entries]
        assert [(entry.spoke, entry.text) for entry in entries] == [(1, word)] * 9
    kept = Entry()
    language.install(application(), "en")
    assert (kept.spoke, kept.text) == (2, "just now")
