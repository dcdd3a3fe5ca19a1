"""The pictures of docs/two-machines.md: their story goes through, and each picture of the page is one of it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget

from gui.pairing_screenshots import pairing
from tests.gui.aio import on_gui_loop

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.slow
@on_gui_loop
async def test_the_story_of_two_machines(tmp_path: Path) -> None:
    taken: list[str] = []

    async def take(name: str, widget: QWidget) -> None:
        await asyncio.sleep(0)
        assert widget.isVisible()
        taken.append(re.sub(r"pairing-\d+-", "", name))

    await pairing(tmp_path, take)
    page = (DOCS / "two-machines.md").read_text("utf-8")
    pictures = re.findall(r"!\[[^]]+\]\(pictures/([a-z-]+)\.png\)", page)
    assert len(pictures) == 4
    for picture in pictures:
        assert picture in taken
        assert (DOCS / "pictures" / f"{picture}.png").is_file()
