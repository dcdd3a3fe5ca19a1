"""The report for those who help: everything that helps, and no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.api import Engine, diagnostics
from engine.errors import SynclineError
from engine.history.journal import Journal
from engine.settings import DatabaseConfig, Mode, PeerConfig, Settings
from tests.engine.live import make_file, on_loop, plain_engine, write

TOKEN = "s3cret-t0ken-of-mine"
QUERY = "key=0ther-secret"
VALUES = ("a very private diary", "overwritten diary", "their version of it", "424242424242")


@on_loop
async def test_it_holds_what_helps_and_no_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    mine, room = make_file(tmp_path / "mine.db"), make_file(tmp_path / "hub" / "room")
    write(mine, "INSERT INTO item (id, name, n) VALUES (1, ?, ?)", VALUES[0], int(VALUES[3]))
    write(room, "INSERT INTO item (id, name) VALUES (2, ?)", VALUES[1])
    async with plain_engine() as other:
        hub = await other.serving.start(room.parent, token=TOKEN)
        databases = DatabaseConfig.new(mine), DatabaseConfig.new(tmp_path / "missing.db")
        peers = (
            PeerConfig.new(databases[0].id, hub.url, room="room", name="Hub", mode=Mode.MANUAL),
            PeerConfig.new(databases[0].id, f"ws://127.0.0.1:9/sync?{QUERY}", room="room", name="Gone"),
        )
        settings = Settings(databases=databases, peers=peers)
        async with Engine(settings, journal=Journal()) as engine:
            for peer in peers:
                await engine.peers.update(peer, token=TOKEN)
            await engine.peers.sync_now()
            write(room, "UPDATE item SET name = ? WHERE id = 1", VALUES[2])
            await engine.peers.sync_now()
            assert engine.history.journal is not None
            assert await engine.history.journal.overwritten(), "values are in the journal"
            log = tmp_path / "log"
            log.write_text(f"connecting with {TOKEN} to ws://127.0.0.1:9/sync?{QUERY}\nthe end of the log\n")
            file = await diagnostics.save(engine, tmp_path / "out", [log], ["Qt 6"])
    text = file.read_text()
    for secret in (TOKEN, QUERY, *VALUES):
        assert secret not in text
    for help_ in (
        "Qt 6", "Python 3.", "SQLite 3.", "auto_sync = True", "item: synced, 2 rows", "Hub (mine)", "with a token",
        "Idle: ", "missing.db", "ws://127.0.0.1:9/sync", "sent 3", "the end of the log",
    ):  # fmt: skip
        assert help_ in text, help_


@on_loop
async def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with Engine() as engine:
        with pytest.raises(SynclineError, match="could not be written"):
            await diagnostics.save(engine, tmp_path / "file")


@on_loop
async def test_a_long_log_is_cut_to_its_end(tmp_path: Path) -> None:
    logs = [tmp_path / "old", tmp_path / "missing", tmp_path / "new"]
    logs[0].write_text("a" * diagnostics.LOG)
    logs[2].write_text("the end")
    async with Engine() as engine:
        text = await diagnostics.report(engine, logs)
    assert text.endswith("a" * 100 + "the end\n")
    assert len(text) < diagnostics.LOG + 5000
