"""A database that another program syncs as well: the window says so, in the person's language."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.api import Engine
from engine.settings import Settings
from gui import language
from gui.app import shell
from tests.engine.live import make_file, until
from tests.gui.aio import application, on_gui_loop


@pytest.mark.parametrize(
    ("spoken", "told"),
    [
        ("en", "“here.db” is in a folder that another program syncs (Dropbox)"),
        ("de", "„here.db“ liegt in einem Ordner, den auch ein anderes Programm abgleicht (Dropbox)"),
    ],
)
def test_it_is_said_where_the_database_is(tmp_path: Path, spoken: str, told: str) -> None:
    language.install(application(), spoken)

    @on_gui_loop
    async def look() -> None:
        engine = Engine(Settings(discover=False))
        async with shell(engine, asyncio.Event()) as window:
            apart = await engine.databases.add(make_file(tmp_path / "apart.db"))
            here = await engine.databases.add(make_file(tmp_path / "Dropbox" / "here.db"))
            await until(lambda: told in window.choice.model.status(here.id).whole, "it is noticed")
            window.choice.choose(here.id)
            assert told in window.header.sentence.text()
            assert "Dropbox" not in window.choice.model.status(apart.id).whole

    try:
        look()
    finally:
        language.install(application(), "en")
