"""The settings dialog, made from the table."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QSpinBox

from engine.api import Engine
from engine.settings import SETTINGS, SettingsFile
from gui.app import shell
from gui.desktop.autostart import XdgAutostart
from gui.desktop.links import XdgLinkType
from gui.dialogs import settings
from gui.dialogs.settings import SettingsDialog
from gui.models.peer_columns import Column
from gui.preferences import Preferences
from gui.theme import is_dark
from tests.engine.live import until
from tests.gui.aio import on_gui_loop
from tests.gui.app.scenes import dialog, scene
from tests.gui.dialogs.answers import asking, press, type_into, unnamed
from tests.gui.test_power_monitor import supply


@asynccontextmanager
async def opened(tmp_path: Path) -> AsyncIterator[tuple[SettingsDialog, Engine, SettingsFile]]:
    store = SettingsFile(tmp_path / "settings.toml")
    async with Engine(store=store) as engine:
        links = XdgLinkType(tmp_path / "applications", tmp_path / "mimeapps.list")
        question = settings.ask(None, engine, XdgAutostart(tmp_path / "autostart"), links)
        async with asking(SettingsDialog, question) as (one, _):
            yield one, engine, store
            press(one, Qt.Key.Key_Escape)


@on_gui_loop
async def test_every_setting_is_there_and_holds_at_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as (one, engine, store):
        assert set(one.fields) == set(SETTINGS)
        assert unnamed(one) == []
        for name, field in one.fields.items():
            before = getattr(engine.settings, name)
            if isinstance(field, QCheckBox):
                field.click()
            elif isinstance(field, QSpinBox):
                field.stepUp()
                assert field.value() > before
            elif isinstance(field, QLineEdit):
                type_into(field, "a name")
                press(field, Qt.Key.Key_Return)
            else:
                assert isinstance(field, QComboBox)
                field.setCurrentIndex((field.currentIndex() + 1) % field.count())
            await until(lambda name=name, before=before: getattr(store.load(), name) != before, f"{name} is kept")
        assert store.load() == engine.settings


@on_gui_loop
async def test_start_at_login(tmp_path: Path) -> None:
    async with opened(tmp_path) as (one, _, _):
        entry = tmp_path / "autostart" / "syncline.desktop"
        one.at_login.click()
        assert entry.is_file()
        one.at_login.click()
        assert not entry.exists()
        entry.mkdir()  # now it cannot be written
        one.at_login.click()
        assert not one.at_login.isChecked()
        assert "could not be changed" in one.problem.text


@on_gui_loop
async def test_who_opens_links(tmp_path: Path) -> None:
    async with opened(tmp_path) as (one, _, _):
        links = XdgLinkType(tmp_path / "applications", tmp_path / "mimeapps.list")
        one.open_links.click()
        assert links.enabled()
        one.open_links.click()
        assert not links.enabled()
        links.file.mkdir()  # now it cannot be written
        one.open_links.click()
        assert not one.open_links.isChecked()
        assert "could not be changed" in one.problem.text


@on_gui_loop
async def test_what_cannot_be_saved_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path) as (one, _, store):
        store.path.mkdir()
        one.fields["start_hidden"].click()
        await until(lambda: "settings.toml" in one.problem.text, "the dialog says so")


@on_gui_loop
async def test_the_window_follows(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        it.window.dialogs.autostart = XdgAutostart(tmp_path)
        await it.state("In sync")
        assert not is_dark()
        it.window.actions_shared.settings.trigger()
        one = await dialog(it.window, SettingsDialog)
        theme = one.fields["theme"]
        theme.setCurrentIndex(theme.findData("dark"))
        await until(is_dark, "dark windows")
        theme.setCurrentIndex(theme.findData("light"))
        await until(lambda: not is_dark(), "light windows")
        theme.setCurrentIndex(theme.findData("system"))
        one.fields["auto_sync"].click()
        await until(lambda: not it.window.actions_shared.auto_sync.isChecked(), "the toolbar follows")
        await it.state("Idle")
        one.reject()
    QApplication.setStyle("fusion")


@on_gui_loop
async def test_resting_on_battery(tmp_path: Path) -> None:
    supplies = tmp_path / "supplies"
    supply(supplies, "BAT0", type="Battery", status="Charging")
    async with scene(tmp_path) as it:
        preferences = it.window.commands.findChild(Preferences)
        preferences.power_monitor._supplies = supplies
        await it.engine.change_settings(rest_on_battery=True)
        await it.state("In sync")
        supply(supplies, "BAT0", status="Discharging")
        preferences.power_monitor.poll()
        await it.state("Idle")
        reason = it.window.peers.proxy.index(0, Column.STATE).data(Qt.ItemDataRole.ToolTipRole)
        assert reason.startswith("This machine is running on battery.")
        outcome = await it.engine.peers.sync_now()
        assert list(outcome.values()) == [None], "by hand it works"
        supply(supplies, "BAT0", status="Charging")
        preferences.power_monitor.poll()
        await it.state("In sync")


@on_gui_loop
async def test_starting_hidden_is_only_for_those_who_have_a_tray() -> None:
    async with shell(Engine(), asyncio.Event(), hidden=True) as window:
        assert window.isMinimized(), "offscreen there is none"
