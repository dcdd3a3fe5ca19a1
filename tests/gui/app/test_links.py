"""Pairing links that are opened outside: by another start of the program, by the system, in the middle of a dialog."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.settings import DatabaseConfig, Settings, SettingsFile
from gui.desktop.links import XdgLinkType
from gui.dialogs.add_peer import PeerDialog
from tests.engine.live import PATIENCE, make_file, until
from tests.gui.aio import on_gui_loop
from tests.gui.app.conftest import Display
from tests.gui.app.program import HERE, Program, wait
from tests.gui.app.scenes import dialog, scene

LINK = "syncline://pair?at=127.0.0.1&port=8787&room=todo&token=" + "t" * 30 + "&cert=" + "A" * 43


@pytest.mark.slow
def test_a_second_start_fills_add_peer_of_the_first(
    tmp_path: Path, display: Display, start: Callable[..., Program]
) -> None:
    file = make_file(tmp_path / "todo.db")
    database = DatabaseConfig.new(file)
    settings = Settings(databases=(database,), discover=False)
    SettingsFile(tmp_path / "home" / "config" / "settings.toml").save(settings)
    first = start(display=display.name)
    wait(lambda: display.windows("syncline"), "the window is there")
    start(LINK, display=display.name).ends_well()
    wait(lambda: display.ask("search", "--onlyvisible", "--name", "Add peer"), "Add peer is there")
    assert first.alive
    display.ask("search", "--onlyvisible", "--name", "Add peer", "windowclose")


@on_gui_loop
async def test_a_link_that_is_handed_over_stands_in_add_peer(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.state("In sync")
        it.window.receive([LINK])
        shown = await dialog(it.window, PeerDialog)
        assert shown.form.address.text == LINK
        assert shown.form.link is not None
        assert shown.ok.isEnabled()
        another = LINK.replace("todo", "other")
        it.window.receive([another])
        assert shown.form.address.text == another, "the dialog that is open takes it"
        it.window.receive([LINK[:80]])
        assert "cannot be used" in shown.form.address.note.text
        shown.reject()
        await until(lambda: not shown.isVisible(), "it is closed")
        it.window.dialogs.edit_peer(it.engine.settings.peers[0].id)
        editing = await dialog(it.window, PeerDialog)
        it.window.receive([LINK])
        assert editing.form.address.text != LINK, "a peer that is being changed is another matter"
        editing.reject()
        later = await dialog(it.window, PeerDialog)
        assert later.form.address.text == LINK
        later.reject()


HANDED_BY_THE_SYSTEM = """
import sys
from PySide6.QtCore import QUrl
from PySide6.QtGui import QFileOpenEvent
from gui.lifecycle import make_application
app = make_application()
app.link_opened.connect(print)
app.sendEvent(app, QFileOpenEvent(QUrl(sys.argv[1])))
"""


def test_the_system_may_hand_a_link_to_the_program() -> None:
    """As macOS does. The application is one of a kind, so it gets a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", HANDED_BY_THE_SYSTEM, LINK],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE,
    )
    assert (done.stdout, done.stderr) == (f"{LINK}\n", "")


@on_gui_loop
async def test_links_are_registered_at_the_first_start_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNCLINE_HOME", raising=False)
    async with scene(tmp_path) as it:
        dialogs = it.window.dialogs
        links = dialogs.links = XdgLinkType(tmp_path / "applications", tmp_path / "mimeapps.list")
        dialogs.register_links(first=False)
        assert not links.enabled(), "a person switched it off"
        dialogs.register_links(first=True)
        assert links.current()
        links.file.write_text("of a checkout that was moved")
        dialogs.register_links(first=False)
        assert links.current()
        links.set(False)
        monkeypatch.setenv("SYNCLINE_HOME", str(tmp_path))
        dialogs.register_links(first=True)
        assert not links.enabled(), "kept in one folder, it leaves no trace"
