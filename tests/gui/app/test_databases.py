"""The list of databases in the window, on a real engine: the choice filters, is remembered, and says what is synced."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QMenu

from engine.api import Engine
from engine.history.journal import Journal
from engine.settings import DatabaseConfig, Mode, PeerConfig, Settings
from gui.app import shell
from gui.models.database_status import ALL
from tests.engine.live import SCHEMA, make_file, plain_engine, rows, until, write
from tests.gui.aio import on_gui_loop
from tests.gui.app.scenes import flow_texts, scene

MORE = SCHEMA + "CREATE TABLE draft (a TEXT); CREATE TABLE sent (a TEXT);"


@on_gui_loop
async def test_the_choice_filters_and_is_remembered(tmp_path: Path) -> None:
    room = make_file(tmp_path / "hub" / "room")
    files = [make_file(tmp_path / "diary.db"), make_file(tmp_path / "notes.db", MORE)]
    databases = tuple(map(DatabaseConfig.new, files))
    notes = databases[1].id
    ini = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    async with plain_engine() as other:
        hub = await other.serving.start(room.parent)
        peers = tuple(
            PeerConfig.new(one.id, hub.url, room="room", name=one.name, mode=Mode.MANUAL) for one in databases
        )
        settings = Settings(databases=databases, peers=peers)
        async with shell(Engine(settings, journal=Journal()), asyncio.Event(), window_settings=ini) as window:
            choice, shown = window.choice, window.peers.proxy
            assert choice.database == ALL
            await until(lambda: shown.rowCount() == 2, "both peers")
            for file in files:
                write(file, "INSERT INTO item (id, name) VALUES (?, ?)", 1 if file == files[0] else 2, file.stem)
            await until(lambda: {"diary", "notes"} <= set(flow_texts(window)), "both writes are in the flow")
            choice.choose(notes)
            assert [shown.index(row, 0).data() for row in range(shown.rowCount())] == ["notes"]
            await until(lambda: "diary" not in flow_texts(window), "the flow is that of one")
            assert "notes" in flow_texts(window)
            assert window.clocks.chosen() == notes
            await until(lambda: window.header.coverage.text() == "1 of 3 tables; 2 stay on this machine.", "coverage")
            window.actions_shared.sync_now.trigger()
            await until(lambda: len(rows(room)) == 1, "only its peer is synced")
            choice.choose(ALL)
            assert shown.rowCount() == 2
            await until(lambda: {"diary", "notes"} <= set(flow_texts(window)), "the flow is that of all")
            choice.choose(notes)
        async with shell(Engine(settings), asyncio.Event(), window_settings=ini) as window:
            assert window.choice.database == notes
            await until(lambda: window.peers.proxy.rowCount() == 1, "its peer only")
            assert window.header.name.text() == "notes"
    assert len(rows(room)) == 1


@on_gui_loop
async def test_without_a_database_there_is_no_list(tmp_path: Path) -> None:
    async with shell(Engine(Settings()), asyncio.Event()) as window:
        assert window.databases.isHidden()
        before = window.size()
        assert window.first_start.isVisible()
        await window.commands.engine.databases.add(make_file(tmp_path / "todo.db"))
        await until(window.databases.isVisible, "the list comes with the first")
        assert window.choice.model.databases
        assert window.first_start.isHidden()
        assert window.peers.isVisible()
        assert window.size() == before, "no wider than it was"


@on_gui_loop
async def test_the_menu_of_a_database_and_icons_where_there_is_little_room(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.state("In sync")
        window = it.window
        [database] = window.choice.model.databases
        window.databases.menu_requested.emit(database, window.pos())
        menu = next(one for one in window.header.findChildren(QMenu) if one.isVisible())
        assert {"Sync now", "Tables…", "Add peer…", "Share…", "Remove…"} <= {one.text() for one in menu.actions()}
        menu.close()
        window.resize(853, 480)
        await until(lambda: window.databases.narrow, "icons, where there is little room")
        assert window.width() == 853
        window.resize(1_180, 680)
        await until(lambda: not window.databases.narrow, "all of it, where there is more")
