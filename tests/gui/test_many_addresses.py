"""Several addresses of one name under Qt's loop, as the window dials."""

from __future__ import annotations

from pathlib import Path

from tests.engine.transport.test_many_addresses import Resolver, patience, resolver, syncs_past_dead_addresses
from tests.gui.aio import on_gui_loop

__all__ = ["patience", "resolver"]


@on_gui_loop
async def test_a_hub(tmp_path: Path, resolver: Resolver) -> None:
    await syncs_past_dead_addresses(tmp_path, resolver)
