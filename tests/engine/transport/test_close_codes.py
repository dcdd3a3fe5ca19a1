"""What a close frame says is read by a person in their own language, if a Syncline of today reads it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from websockets.asyncio.client import connect as dial_raw
from websockets.asyncio.server import ServerConnection

from engine.language import catalogue
from engine.peer_text import from_peer
from engine.session import Session, SynclineSession, VlcnClientSession, VlcnHubSession
from engine.session.close_codes import CloseCode
from engine.storage.replica_host import ReplicaHost
from engine.text import sentences, t, translated
from engine.transport.close_codes import for_close_frame
from engine.transport.driver import Driver
from tests.engine.live import make_file, on_loop, stranger_server, until

SILENT = t("The other side heard nothing from here for {seconds:.0f} s.", seconds=30)


@pytest.mark.parametrize("templates", [True, False])
def test_what_fits_keeps_its_arguments(templates: bool) -> None:
    """Without them it is English, which a peer knows as ours only if nothing had to be put into it."""
    sent = for_close_frame(SILENT, templates=templates)
    assert len(sent.encode()) <= 123
    german = translated(from_peer(sent), catalogue("de"))
    if templates:
        assert german == "Die andere Seite hörte 30 s lang nichts von hier."
    else:
        assert sent == str(SILENT)
        assert str(SILENT)[:-1] in german


@pytest.mark.parametrize("templates", [True, False])
def test_what_is_too_long_is_english_and_ends_behind_a_sentence(templates: bool) -> None:
    long = sentences(SILENT, t("The other side says “{words}”.", words="ä" * 60))
    assert for_close_frame(long, templates=templates) == str(SILENT)
    without_stops = t("{words}", words="ä" * 200)
    cut = for_close_frame(without_stops, templates=templates)
    assert cut.endswith("ä…")
    assert len(cut.encode()) <= 123


@pytest.mark.parametrize("dialect", ["syncline", "before templates", "published"])
@on_loop
async def test_who_goes_away_is_understood(tmp_path: Path, dialect: str) -> None:
    """No failure comes before it: nothing is wrong."""
    async with ReplicaHost(make_file(tmp_path / "room")) as there, ReplicaHost(make_file(tmp_path / "a")) as here:
        now = asyncio.get_running_loop().time
        protocol = 3 if dialect == "before templates" else 4

        async def hub(socket: ServerConnection) -> None:
            snapshot = await there.snapshot()
            session: Session = VlcnHubSession(snapshot, now=now)
            if dialect != "published":
                session = SynclineSession(snapshot, now=now, protocol=protocol)
            driver = Driver(socket, session, there)
            running = asyncio.create_task(driver.run())
            await until(lambda: session.greeted, "greeted")
            driver.hang_up(CloseCode.GOING_AWAY, SILENT)
            await running

        async with stranger_server(hub) as url, dial_raw(url, compression=None) as socket:
            snapshot = await here.snapshot()
            session: Session = VlcnClientSession(snapshot, now=now)
            if dialect != "published":
                session = SynclineSession(snapshot, now=now, protocol=protocol)
            closed = await Driver(socket, session, here).run()
            assert closed.code == CloseCode.GOING_AWAY
            assert closed.retry
            assert socket.close_reason is not None
            assert socket.close_reason.startswith("[") == (dialect == "syncline")
            assert "30 s" in closed.reason
            english = "heard nothing" in translated(closed.reason, catalogue("de"))
            assert english == (dialect != "syncline")
