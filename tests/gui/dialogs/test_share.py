"""Sharing: what is chosen holds at once, a link shows its code and words, who was paired is listed and thrown out."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from engine.api import Engine
from engine.pairing.pairing_link import parse, qr_modules
from engine.settings import Settings
from gui.dialogs import share
from gui.dialogs.invitation import BORDER, MODULE, code_of
from gui.dialogs.share import ShareDialog
from tests.engine.live import make_file, until
from tests.gui.aio import application, on_gui_loop
from tests.gui.dialogs.answers import asking, click, unnamed

LOW = 340
"""Pixels in which the link and its code have just room."""


def cells(dialog: ShareDialog) -> list[list[str]]:
    model = dialog.model
    return [
        [model.index(row, column).data() for column in range(model.columnCount())] for row in range(model.rowCount())
    ]


def is_in_network(dialog: ShareDialog) -> bool:
    """Whether it says that others can reach this machine, or why not, where that is in no network."""
    return any(words in dialog.state.text for words in ("in the local network", "in no network at the moment"))


@on_gui_loop
async def test_what_was_changed_holds_when_it_is_closed_at_once(tmp_path: Path) -> None:
    async with Engine(Settings(), data=tmp_path / "here") as here:
        for name in ("one.db", "two.db"):
            await here.databases.add(make_file(tmp_path / name))
        for wanted, rooms in ((True, {"one", "two"}), (False, None)):
            async with asking(ShareDialog, share.ask(None, here)) as (dialog, asked):
                dialog.alone.setChecked(True)
                dialog.on.setChecked(wanted)
                for row in range(2 * wanted):
                    dialog.databases.item(row).setCheckState(Qt.CheckState.Checked)
                    await asyncio.sleep(0)  # the first has begun, the second waits for its turn
                dialog.reject()
                await asked
            assert here.settings.share == wanted
            assert (set(here.sharing.server.rooms) if here.sharing.server is not None else None) == rooms


@on_gui_loop
async def test_share_pair_and_throw_out(tmp_path: Path) -> None:
    async with (
        Engine(Settings(), data=tmp_path / "there") as there,
        Engine(Settings(), data=tmp_path / "here") as here,
    ):
        await there.databases.add(make_file(tmp_path / "theirs.db"))
        database = await here.databases.add(make_file(tmp_path / "ours.db"))
        async with asking(ShareDialog, share.ask(None, there)) as (dialog, _):
            shown = dialog.invitation
            assert "Nothing" in dialog.state.text
            assert not shown.make.isEnabled()
            assert unnamed(dialog) == []
            dialog.on.setChecked(True)  # with one database there is none to choose
            await until(lambda: dialog.state.text == "Choose who can reach it.", "that is asked, once")
            assert there.sharing.server is None
            dialog.alone.click()
            await until(shown.make.isEnabled, "it is shared")
            assert str(there.settings.share_port) in dialog.state.text
            assert "Other machines cannot reach it" in dialog.state.text
            click(shown.make)
            link = parse(shown.link.text())
            assert shown.words.text().split() == list(link.words)
            assert not shown.code.isVisible(), "no other machine could use it"
            assert "Other machines cannot use this link" in shown.note.text
            click(shown.copy)
            assert QGuiApplication.clipboard().text() == link.text()
            assert "None yet" in dialog.guests.placeholder
            await here.pairing.pair(link, database.id)
            await until(lambda: "has used the link" in shown.note.text, "the words are shown once more")
            assert shown.words.text().split() == list(link.words)
            assert not shown.link.isVisible()
            await until(lambda: cells(dialog)[0][1:] == ["theirs", "connected"], "the guest is here")
            assert not dialog.revoke_guest.isEnabled()
            dialog.guests.selectRow(0)
            click(dialog.revoke_guest)
            await until(lambda: there.sharing.guests() == [] and cells(dialog) == [], "nobody is left")
            dialog.databases.item(0).setCheckState(Qt.CheckState.Unchecked)
            await until(lambda: "Choose a database" in dialog.state.text, "sharing has ended")
            assert there.sharing.server is None
            dialog.databases.item(0).setCheckState(Qt.CheckState.Checked)
            await until(lambda: there.sharing.server is not None, "it is shared again")
            dialog.on.setChecked(False)
            await until(lambda: "Nothing" in dialog.state.text, "sharing has ended")
            dialog.reject()


@on_gui_loop
async def test_what_was_chosen_is_remembered_and_how_far_it_reaches(tmp_path: Path) -> None:
    async with Engine(Settings(discover=False), data=tmp_path / "data") as engine:
        for name in ("one", "two"):
            await engine.databases.add(make_file(tmp_path / f"{name}.db"))
        async with asking(ShareDialog, share.ask(None, engine)) as (dialog, _):
            dialog.on.setChecked(True)
            await until(lambda: dialog.state.text == "Choose a database.", "with two there is something to choose")
            assert engine.sharing.server is None
            dialog.databases.item(1).setCheckState(Qt.CheckState.Checked)
            dialog.alone.click()
            await until(lambda: dialog.invitation.make.isEnabled(), "it is shared")
            assert engine.sharing.server is not None
            click(dialog.invitation.make)
            dialog.lan.click()
            await until(lambda: engine.settings.share_lan and is_in_network(dialog), "it is shared with others")
            assert not dialog.invitation.link.isVisible(), "a link to this machine alone would mislead"
            dialog.on.setChecked(False)
            await until(lambda: engine.sharing.server is None, "sharing has ended")
            dialog.reject()
        async with asking(ShareDialog, share.ask(None, engine)) as (dialog, _):
            dialog.on.setChecked(True)
            await until(lambda: is_in_network(dialog), "it is as it was")
            assert engine.sharing.server is not None
            assert list(engine.sharing.server.rooms) == ["two"]
            dialog.invitation._expiry.setInterval(1)
            await until(lambda: dialog.invitation.make.isEnabled(), "a link can be made")
            click(dialog.invitation.make)
            assert dialog.invitation.code.isVisible() == engine.sharing.server.reaches_others
            await until(lambda: "ten minutes" in dialog.invitation.note.text, "an old link is not shown")
            assert not dialog.invitation.code.isVisible()
            await engine.sharing.stop()
            await until(lambda: dialog.state.text.startswith(("Nothing", "Choose")), "it is said who stopped it")
            dialog.reject()


@on_gui_loop
async def test_a_new_link_is_seen_whole_on_a_low_screen(tmp_path: Path) -> None:
    """On one that has less room than the dialog asks for it is scrolled there, if need be."""
    async with Engine(Settings(discover=False), data=tmp_path / "data") as engine:
        for number in range(5):
            database = await engine.databases.add(make_file(tmp_path / f"{number}.db"))
        await engine.sharing.start([database.id])
        async with asking(ShareDialog, share.ask(None, engine)) as (dialog, _):
            shown = dialog.invitation
            dialog.setMaximumHeight(LOW)
            shown.offer([("4", database.id)], others=True)  # as in a network
            parts = (shown.link, shown.copy, shown.code, shown.words)
            click(shown.make)

            def in_sight() -> bool:
                laid_out = shown.code.height() >= shown.code.pixmap().height() and shown.link.y() < shown.code.y()
                return laid_out and all(part.visibleRegion().boundingRect() == part.rect() for part in parts)

            await until(in_sight, "it is seen whole")
            assert dialog.height() == LOW
            dialog.reject()


def test_the_code_is_that_of_the_link() -> None:
    application()
    rows = qr_modules("syncline://pair?at=127.0.0.1")
    image = code_of("syncline://pair?at=127.0.0.1").toImage()
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            pixel = image.pixelColor((x + BORDER) * MODULE + 1, (y + BORDER) * MODULE + 1)
            assert (pixel.lightness() < 128) == dark
