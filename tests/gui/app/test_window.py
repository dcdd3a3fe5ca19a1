"""The window on a real engine, real files and a real hub (``tests.gui.app.scenes``)."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from PySide6.QtCore import QItemSelectionModel, QMimeData, QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit, QMessageBox, QToolButton

from engine.api import Engine
from engine.events import AttentionNeeded
from engine.peer_state import State
from engine.settings import DatabaseConfig, Mode, Pause, Settings, SettingsFile
from engine.settings.credentials import TokenStore
from gui.app import shell
from gui.dialogs.add_database import DatabaseDialog
from gui.dialogs.cell_details import CellDetailsDialog
from gui.dialogs.verify import VerifyDialog
from gui.models.flow_groups import Group
from gui.models.peer_columns import Column
from gui.tray import Tray
from gui.window import Window
from tests.engine.live import make_file, rows, until, write
from tests.gui.aio import on_gui_loop
from tests.gui.app.scenes import DEAD, dialog, flow_texts, scene
from tests.gui.dialogs.answers import press, type_into, unnamed


@on_gui_loop
async def test_in_sync_after_a_real_sync(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.state("In sync")
        assert rows(it.room) == rows(it.mine)
        await until(lambda: it.line.startswith("In sync: hub 0."), "the status bar says so")
        assert it.cell(Column.DATABASE) == "todo"
        write(it.room, "INSERT INTO item (id, name) VALUES (2, 'from the hub')")
        await until(lambda: it.cell(Column.RECEIVED) == "2", "the clock moves")
        await until(lambda: "from the hub" in flow_texts(it.window), "the flow shows it")


@on_gui_loop
async def test_the_tray_says_what_the_window_says(tmp_path: Path) -> None:
    async with shell(Engine(Settings()), asyncio.Event()) as window:
        tray = window.findChild(Tray)
        assert tray.menu.actions()[0].text() == window.status_line.summary.whole == "No database yet."
    async with scene(tmp_path) as it:
        await it.state("In sync")
        tray = it.window.findChild(Tray)
        await until(lambda: it.line.startswith("In sync: hub 0. Everything is on both disks. "), "the line says so")
        told = r"In sync: hub 0\. Last sync: .*\d\d:\d\d\."
        await until(lambda: re.fullmatch(told, tray.menu.actions()[0].text()), "and so does the tray")


@on_gui_loop
async def test_sync_now_for_a_peer_that_is_synced_by_hand(tmp_path: Path) -> None:
    async with scene(tmp_path, mode=Mode.MANUAL) as it:
        await it.state("Idle")
        assert rows(it.room) == []
        it.window.actions_shared.sync_now.trigger()
        await until(lambda: rows(it.room) == rows(it.mine), "F5 syncs")
        await until(lambda: it.window.statusBar().currentMessage() == "Synced just now.", "and says so")


@on_gui_loop
async def test_sync_now_syncs_only_the_chosen(tmp_path: Path) -> None:
    async with scene(tmp_path, mode=Mode.MANUAL, peers=2) as it:
        await until(lambda: it.window.peers.proxy.rowCount() == 2, "two rows")
        how = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        it.window.peers.table.selectionModel().select(it.window.peers.proxy.index(1, 0), how)
        it.window.actions_shared.sync_now.trigger()
        await until(lambda: it.cell(Column.LAST_SUCCESS, 1) == "just now", "the chosen one is synced")
        assert it.cell(Column.LAST_SUCCESS, 0) == "–"


@on_gui_loop
async def test_what_went_wrong_is_told_and_can_be_dismissed(tmp_path: Path) -> None:
    async with scene(tmp_path, mode=Mode.MANUAL, url=DEAD) as it:
        await it.state("Idle")
        assert it.window.notices.isHidden()
        it.window.actions_shared.sync_now.trigger()
        await until(lambda: it.window.notices.isVisible(), "a notice")
        assert it.window.notices.text.startswith("hub 0: ")
        assert "127.0.0.1:9" in it.window.notices.text
        it.window.notices.dismiss()
        assert it.window.notices.isHidden()


@on_gui_loop
async def test_pause_and_resume(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.state("In sync")
        menu = it.window.pause_menu
        assert not menu.resume.isEnabled()
        choose(it.window, "Until resumed")
        await it.state("Paused")
        write(it.mine, "INSERT INTO item (id, name) VALUES (2, 'two')")
        await until(menu.resume.isEnabled, "it can be resumed")
        tray = it.window.findChild(Tray)
        assert tray is not None
        assert tray.pause.resume.isEnabled()
        assert len(rows(it.room)) == 1
        tray.pause.resume.trigger()
        await it.state("In sync")
        await until(lambda: rows(it.room) == rows(it.mine), "what was held back goes")
    assert SettingsFile(tmp_path / "settings.toml").load().peers[0].paused is None


@on_gui_loop
async def test_auto_sync_is_a_switch_that_is_remembered(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.state("In sync")
        assert it.window.actions_shared.auto_sync.isChecked()
        it.window.actions_shared.auto_sync.trigger()
        await it.state("Idle")
    assert not SettingsFile(tmp_path / "settings.toml").load().auto_sync


@on_gui_loop
async def test_closing_without_a_tray_minimises(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        it.window.close()
        assert it.window.isVisible()
        assert it.window.isMinimized()
        it.window.present()
        assert not it.window.isMinimized()
        it.window.actions_shared.quit.trigger()
        assert it.quit_asked.is_set()


@on_gui_loop
async def test_the_look_is_remembered(tmp_path: Path) -> None:
    def window_settings() -> QSettings:
        return QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)

    async with scene(tmp_path / "one", window_settings=window_settings()) as it:
        await it.state("In sync")
        it.window.resize(780, 500)
        it.window.peers.table.setColumnWidth(Column.NAME, 333)
        it.window.tabs.setCurrentWidget(it.window.clocks)
        beside = 780 - it.window.databases.narrow_width()
        await until(lambda: it.window.header.width() == beside, "everything lies where it belongs at the new size")
        it.window.splitter.setSizes([300, 100])
        sizes = it.window.splitter.sizes()
    async with scene(tmp_path / "two", window_settings=window_settings()) as it:
        assert (it.window.width(), it.window.height()) == (780, 500)
        assert it.window.tabs.currentWidget() is it.window.clocks
        await until(lambda: it.window.splitter.sizes() == sizes, "the splitter is where it was")
        it.window.resize(1300, 500)
        name = it.window.peers.table.columnWidth
        await until(lambda: name(Column.NAME) == 333, "where there is room, the column is as wide as it was made")


@on_gui_loop
async def test_everything_has_a_name_and_the_toolbar_can_be_reached(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.state("In sync")
        it.window.notices.show_message("Something.")
        assert unnamed(it.window) == []
        buttons = [one for one in it.window.findChildren(QToolButton) if one.isVisible()]
        assert [one.text() for one in buttons if one.focusPolicy() is Qt.FocusPolicy.NoFocus] == []


@on_gui_loop
async def test_a_damaged_look_is_as_good_as_none(tmp_path: Path) -> None:
    ini = tmp_path / "window.ini"
    ini.write_text("[General]\nwindow=@ByteArray(zz)\nsplitter=nothing\ntab=@ByteArray(no)\npeers=7\nflow=@Wrong(\n")
    async with scene(tmp_path, window_settings=QSettings(str(ini), QSettings.Format.IniFormat)) as it:
        await it.state("In sync")
        assert it.window.tabs.currentWidget() is it.window.flow


@on_gui_loop
async def test_the_clocks_of_the_chosen_database(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.state("In sync")
        it.window.tabs.setCurrentWidget(it.window.clocks)
        await until(lambda: it.window.clocks.model.rowCount() == 1, "the hub's clock is there")
        table = it.window.clocks.model
        await until(lambda: [table.index(0, c).data() for c in (1, 2, 3)] == ["hub 0", "1", "1"], "and is right")
        write(it.mine, "UPDATE item SET name = 'uno'")
        await until(lambda: table.index(0, 3).data() == "2", "and moves")


@on_gui_loop
async def test_the_activity_and_its_export(tmp_path: Path) -> None:
    async with scene(tmp_path, mode=Mode.MANUAL) as it:
        await it.state("Idle")
        it.window.tabs.setCurrentWidget(it.window.activity)
        it.window.actions_shared.sync_now.trigger()
        await until(lambda: it.window.activity.syncs.rowCount() == 1, "the sync is listed")
        it.window.activity.export.click()
        chooser = await dialog(it.window, QFileDialog)
        name = chooser.findChild(QLineEdit, "fileNameEdit")
        type_into(name, str(tmp_path / "out.csv"))
        press(name, Qt.Key.Key_Return)
        await until(lambda: "out.csv" in it.window.statusBar().currentMessage(), "it is said")
        assert "hub 0" in (tmp_path / "out.csv").read_text()


@on_gui_loop
async def test_what_comes_in_one_go_is_one_line_of_the_flow(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.state("In sync")
        write(
            it.room,
            "WITH RECURSIVE n (i) AS (VALUES (100) UNION ALL SELECT i + 1 FROM n WHERE i < 399)"
            " INSERT INTO item (id, name) SELECT i, 'theirs' FROM n",
        )
        groups = it.window.flow.groups

        def most_rows() -> int:
            lines = [groups.node(groups.index(row, 0)) for row in range(groups.rowCount())]
            return max((line.rows for line in lines if isinstance(line, Group)), default=0)

        await until(lambda: most_rows() >= 300, "300 rows are one line")


@on_gui_loop
async def test_an_overwritten_value_is_put_back_and_synced(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.state("In sync")
        write(it.room, "UPDATE item SET name = 'theirs'")
        await until(lambda: "theirs" in flow_texts(it.window), "it comes in")
        flow = it.window.flow
        [row] = [row for row in range(flow.model.rowCount()) if flow.model.line(row)[1].had_old]
        flow.table.setCurrentIndex(flow.model.index(row, 6))
        flow.table.activated.emit(flow.table.currentIndex())
        (await dialog(it.window, CellDetailsDialog)).back.click()
        await until(lambda: rows(it.mine)[0][1][0] == (str, "one"), "the old value is back here")
        await until(lambda: rows(it.room)[0][1][0] == (str, "one"), "and at the hub")
        it.window.tabs.setCurrentWidget(it.window.activity)
        it.window.activity.choice.setCurrentIndex(1)
        await until(lambda: it.window.activity.overwritten.rowCount() == 1, "and the journal keeps it")
        assert sum(map(sum, it.window.rates.rates())) > 0


@on_gui_loop
async def test_verifying_a_peer(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.state("In sync")
        menu = it.window.peers.menu_for([it.engine.settings.peers[0].id])
        next(action for action in menu.actions() if action.text() == "Verify").trigger()
        compared = await dialog(it.window, VerifyDialog)
        await until(lambda: compared.outcome.text.startswith("Identical: 1 table, "), "it says how they compare")
        compared.reject()


@on_gui_loop
async def test_a_desktop_without_a_tray_is_told_of_once(tmp_path: Path) -> None:
    window_settings = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    for expected in ("AppIndicator", ""):
        async with scene(tmp_path / expected, window_settings=window_settings) as it:
            it.window.close()
            assert it.window.isMinimized()
            assert expected in it.window.notices.text
            assert bool(it.window.notices.text) == bool(expected)


@on_gui_loop
async def test_files_that_are_dropped_or_handed_over_are_added(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.state("In sync")
        one, two = make_file(tmp_path / "dropped.db"), make_file(tmp_path / "handed.db")
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(one))])
        how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        enter = QDragEnterEvent(QPoint(5, 5), *how)
        QApplication.sendEvent(it.window, enter)
        assert enter.isAccepted()
        QApplication.sendEvent(it.window, QDropEvent(QPointF(5, 5), *how))
        (await dialog(it.window, DatabaseDialog)).ok.click()
        await until(lambda: len(it.engine.settings.databases) == 2, "the dropped one is there")
        it.window.receive([str(two)])
        (await dialog(it.window, DatabaseDialog)).ok.click()
        await until(lambda: len(it.engine.settings.databases) == 3, "the one handed over is there")
        assert [database.name for database in it.engine.settings.databases] == ["todo", "dropped", "handed"]
        it.window.receive([str(tmp_path / "missing.db")])
        await until(lambda: "missing.db" in it.window.notices.text, "one that is not there is told of")


@on_gui_loop
async def test_where_nothing_is_dialled_the_guests_are_named(tmp_path: Path) -> None:
    mine, theirs = make_file(tmp_path / "mine.db"), make_file(tmp_path / "theirs.db")
    engine = Engine(Settings(discover=False), data=tmp_path / "data")
    async with shell(engine, asyncio.Event()) as window, Engine(Settings(discover=False)) as guest:
        line = next(one for one in window.findChildren(QLabel) if one.accessibleName() == "State of all peers")
        database = await engine.databases.add(mine)
        await engine.sharing.start([database.id])
        await until(lambda: line.text() == "Shared; no machine is paired yet.", "it says that it is shared")
        guest.sharing.machine = "visitor"
        await guest.pairing.pair(engine.sharing.invite(database.id), (await guest.databases.add(theirs)).id)
        await until(lambda: line.text().startswith("In sync: visitor."), "it says who is there, and how that is")
        assert "Shared; connected: visitor." in window.peers.empty.sentence.text()
        [row] = window.peers.model.statuses()
        assert (row.name, row.guest, row.state) == ("visitor", True, State.IN_SYNC)
        assert window.choice.model.status(database.id).brief == "In sync with visitor"
        window.commands.status_message.emit("A passing remark.")
        assert not line.isVisible()
        await engine.change_settings(auto_sync=False)
        assert window.statusBar().currentMessage() == "A passing remark."
        window.statusBar().clearMessage()
        write(theirs, "INSERT INTO item (id, name) VALUES (1, 'brought')")
        await until(lambda: "brought" in flow_texts(window), "the flow shows it")
        assert "visitor" in {window.flow.model.index(row, 2).data() for row in range(window.flow.model.rowCount())}
        window.bridge.needs_you.emit(AttentionNeeded("visitor", "The file on the other side was copied.", "Mend it."))
        assert not window.notices.text, "its row says so"
        window.bridge.needs_you.emit(AttentionNeeded("stranger", "The file on the other side was copied.", "Mend it."))
        assert window.notices.text == "stranger: The file on the other side was copied. Mend it."
        await guest.peers.pause(Pause.FOREVER)
        await until(lambda: line.text() == "Shared; no machine is connected.", "it says that nobody is there")
        await until(lambda: window.peers.model.statuses()[0].state is State.IDLE, "its row does, too")
        window.peers.table.selectRow(0)
        window.peers.revoke_requested.emit(window.peers.selected_guests())
        question = await dialog(window, QMessageBox)
        next(button for button in question.buttons() if button.text() == "Revoke access").click()
        await until(lambda: not engine.sharing.guests(), "its access is gone")
        await until(lambda: not window.peers.model.rowCount(), "and its row")


@on_gui_loop
async def test_a_guest_who_has_gone_keeps_no_other_in(tmp_path: Path) -> None:
    """While the question is open, somebody else may have revoked the access of one of them."""
    engine = Engine(Settings(discover=False), data=tmp_path / "data")
    async with shell(engine, asyncio.Event()) as window, Engine(Settings(discover=False)) as guest:
        database = await engine.databases.add(make_file(tmp_path / "mine.db"))
        theirs = await guest.databases.add(make_file(tmp_path / "theirs.db"))
        await engine.sharing.start([database.id])
        guest.sharing.machine = "visitor"
        await guest.pairing.pair(engine.sharing.invite(database.id), theirs.id)
        window.peers.revoke_requested.emit(["another", "visitor"])
        question = await dialog(window, QMessageBox)
        next(button for button in question.buttons() if button.text() == "Revoke access").click()
        await until(lambda: "another" in window.notices.text, "it says that one is not there")
        await until(lambda: not engine.sharing.guests(), "the other one's access is gone")


@on_gui_loop
async def test_removing_a_peer_asks_first(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.state("In sync")
        it.window.peers.remove_requested.emit([it.engine.settings.peers[0].id])
        question = await dialog(it.window, QMessageBox)
        assert it.engine.peers.statuses()
        next(button for button in question.buttons() if button.text() == "Remove").click()
        await until(lambda: not it.engine.peers.statuses(), "the peer is gone")
        await until(lambda: it.line == "No peer yet.", "and the window says so")
        assert not it.window.actions_shared.sync_now.isEnabled()


@on_gui_loop
async def test_peers_whose_tokens_cannot_be_removed_all_go(tmp_path: Path) -> None:
    async with scene(tmp_path, url=DEAD, peers=3) as it:
        await it.state("Waiting")
        (tmp_path / "tokens.json").write_text("no JSON")
        it.engine.peers.tokens.store = TokenStore(tmp_path, keyring=False)
        it.window.peers.remove_requested.emit([peer.id for peer in it.engine.settings.peers])
        question = await dialog(it.window, QMessageBox)
        assert "Remove hub 0, hub 1, hub 2?" in question.text()
        next(button for button in question.buttons() if button.text() == "Remove").click()
        await until(lambda: not it.engine.peers.statuses(), "all are gone")
        for name in ("hub 2", "hub 1", "hub 0"):
            await until(lambda name=name: it.window.notices.text.startswith(f"{name}: The tokens in "), "it is told")
            it.window.notices.dismiss()


@on_gui_loop
async def test_a_database_that_cannot_be_opened_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_bytes(b"this is no database at all, whatever its name says")
    settings = Settings(databases=(DatabaseConfig.new(tmp_path / "broken.db"),))
    async with shell(Engine(settings), asyncio.Event()) as window:
        await until(lambda: "broken.db" in window.notices.text, "the window says so")


@on_gui_loop
async def test_requests_before_the_engine_is_open_are_kept(tmp_path: Path) -> None:
    async with scene(tmp_path, mode=Mode.MANUAL) as it:
        await it.state("Idle")
        it.window.commands._opened.clear()
        it.window.actions_shared.sync_all.trigger()
        await asyncio.sleep(0.1)
        assert rows(it.room) == []
        it.window.engine_opened()
        await until(lambda: rows(it.room) == rows(it.mine), "the wish is fulfilled")


@on_gui_loop
async def test_leaving_in_the_middle_of_everything(tmp_path: Path) -> None:
    async with scene(tmp_path, url=DEAD) as it:
        it.window.actions_shared.sync_all.trigger()
        it.window.actions_shared.add_database.trigger()
        it.window.receive([str(it.mine)])
        await until(lambda: it.engine.peers.statuses()[0].state in (State.CONNECTING, State.WAITING), "it tries")


def choose(window: Window, text: str) -> None:
    """Choose from the toolbar's pause menu."""
    next(action for action in window.pause_menu.actions() if action.text() == text).trigger()
