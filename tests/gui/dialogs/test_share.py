"""Sharing: what is chosen holds at once, a link shows its code and words, who was paired is listed and thrown out."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from engine.engine import Engine
from engine.settings import Settings
from engine.sharing.link import parse, qr_modules
from gui.dialogs import share
from gui.dialogs.share import BORDER, MODULE, ShareDialog, code_of
from tests.engine.live import make_file
from tests.gui.aio import application, on_gui_loop, until
from tests.gui.dialogs.asking import asking, click, unnamed


@on_gui_loop
async def test_share_pair_and_throw_out(tmp_path: Path) -> None:
    async with (
        Engine(Settings(), data=tmp_path / "there") as there,
        Engine(Settings(), data=tmp_path / "here") as here,
    ):
        await there.add_database(make_file(tmp_path / "theirs.db"))
        database = await here.add_database(make_file(tmp_path / "ours.db"))
        async with asking(ShareDialog, share.ask(None, there)) as (dialog, _):
            assert "Nothing" in dialog.state.text
            assert not dialog.invite.isEnabled()
            assert unnamed(dialog) == []
            dialog.databases.item(0).setCheckState(Qt.CheckState.Checked)
            await until(dialog.invite.isEnabled, "it is shared")
            assert str(there.settings.share_port) in dialog.state.text
            click(dialog.invite)
            link = parse(dialog.link.text())
            assert " ".join(link.words) in dialog.words.text
            assert dialog.code.isVisible()
            click(dialog.copy)
            assert QGuiApplication.clipboard().text() == link.text()
            await here.pair(link, database.id)
            await until(lambda: "has used the link" in dialog.words.text, "the words are shown once more")
            assert " ".join(link.words) in dialog.words.text
            assert not dialog.link.isVisible()
            await until(lambda: "connected" in dialog.guests.item(0).text(), "the guest is here")
            dialog.guests.setCurrentRow(0)
            click(dialog.throw_out)
            await until(lambda: there.guests() == [] and not dialog.guests.isVisible(), "nobody is left")
            dialog.databases.item(0).setCheckState(Qt.CheckState.Unchecked)
            await until(lambda: "Nothing" in dialog.state.text, "sharing has ended")
            assert there.sharing is None
            dialog.reject()


def test_the_code_is_that_of_the_link() -> None:
    application()
    rows = qr_modules("syncline://pair?at=127.0.0.1")
    image = code_of("syncline://pair?at=127.0.0.1").toImage()
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            pixel = image.pixelColor((x + BORDER) * MODULE + 1, (y + BORDER) * MODULE + 1)
            assert (pixel.lightness() < 128) == dark
