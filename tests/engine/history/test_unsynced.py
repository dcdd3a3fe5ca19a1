"""What is not synced with a peer is remembered from the last connection, for ``syncline status``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from engine.api import Engine
from engine.history import unsynced
from engine.history.journal import Journal
from engine.history.unsynced import Unsynced
from engine.settings import DatabaseConfig, Mode, PeerConfig, Settings, SettingsFile
from engine.table_shape import ParkedTable, Where
from engine.text import t
from tests.engine.live import PATIENCE, make_file, on_loop, until, write
from tests.engine.programs import Command

NOTE = "CREATE TABLE note (id TEXT PRIMARY KEY NOT NULL, body TEXT); SELECT crsql_as_crr('note');"
OTHER = "CREATE TABLE note (id INTEGER PRIMARY KEY NOT NULL, body TEXT); SELECT crsql_as_crr('note');"
TAG = "CREATE TABLE tag (id TEXT PRIMARY KEY NOT NULL, n); SELECT crsql_as_crr('tag');"
BREAK, MEND = "ALTER TABLE note RENAME COLUMN id TO key", "ALTER TABLE note RENAME COLUMN key TO id"
GERMAN = {"LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de"}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "data" / "journal.db"
    assert unsynced.read(file) == {}
    why = t("The table “{table}” cannot be synced: {reason}.", table="note", reason=t("it is {count:,}", count=1234))
    tables = (ParkedTable("note", why, Where.BETWEEN), ParkedTable("tag", "no template", Where.HERE))
    unsynced.record(file, "one", Unsynced(tables, ("a column stays", "another does")))
    unsynced.record(file, "two", Unsynced())
    assert unsynced.read(file) == {"one": Unsynced(tables, ("a column stays", "another does")), "two": Unsynced()}
    [sentence, _] = [one.sentence for one in unsynced.read(file)["one"].parked]
    assert sentence == "The table “note” cannot be synced: it is 1,234."
    assert sentence.said({why.template: "„{table}“: {reason}", "it is {count:,}": "{count:,}"}.get, str) == (  # type: ignore[attr-defined]
        "„note“: 1,234"
    )
    unsynced.record(file, "one", Unsynced())
    assert unsynced.read(file) == {"one": Unsynced(), "two": Unsynced()}
    file.write_bytes(b"no database")
    assert unsynced.read(file) == {}
    unsynced.record(file, "one", Unsynced(tables))  # it is not lost for this that syncing fails


@on_loop
async def test_the_window_remembers_what_each_connection_told(tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    room, a = make_file(tmp_path / "hub" / "room", NOTE + TAG), make_file(tmp_path / "a.db", NOTE + TAG)
    database = DatabaseConfig.new(a, "a")
    peer = PeerConfig.new(database.id, "ws://127.0.0.1:1/sync", room="room", mode=Mode.LIVE)
    settings = Settings(databases=(database,), peers=(peer,))
    async with Engine(Settings()) as server, Engine(settings, journal=Journal(file)) as client:
        hub = await server.serving.start(room.parent)
        assert unsynced.read(file) == {}, "it was never connected"
        await client.peers.update(replace(peer, url=hub.url))
        await until(lambda: unsynced.read(file) == {peer.id: Unsynced()}, "all is synced")
        write(room, BREAK)
        await until(
            lambda: [one.where for one in unsynced.read(file)[peer.id].parked] == [Where.THERE], "it is remembered"
        )
        write(room, MEND)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        await until(lambda: unsynced.read(file) == {peer.id: Unsynced()}, "all is synced again")


def test_status_tells_it(tmp_path: Path) -> None:
    """In words, in the system's language; of a peer that was never connected it says nothing."""
    syncline = Command(tmp_path / "home")
    a = make_file(tmp_path / "a.db", NOTE + TAG)
    room = make_file(tmp_path / "hub" / "room", OTHER + TAG)
    with syncline.running("serve", room.parent, "--port", "0") as hub:
        database = DatabaseConfig.new(a, "a")
        url = hub.line.split(" at ")[1].split(";")[0]
        peers = [PeerConfig.new(database.id, where, room="room") for where in (url, "ws://127.0.0.1:1/sync")]
        settings = SettingsFile(syncline.home / "config" / "settings.toml")
        settings.save(Settings(databases=(database,), peers=tuple(peers)))
        assert "When last connected" not in syncline("status")
        syncline("sync", a, status=1)
        told = syncline("status")
        assert told.count("When last connected: ") == 1
        assert "        When last connected: The column “id” of the table “note” has the type TEXT on this side" in told
        [shown] = json.loads(syncline("status", "--json"))["databases"]
        [reason] = shown["peers"][0]["parked"]
        assert reason in told
        assert shown["peers"][1]["parked"] is None
        assert "Bei der letzten Verbindung: " in syncline("status", env=GERMAN)
        write(a, "SELECT crsql_as_table('note')")
        write(room, "SELECT crsql_as_table('note')")
        syncline("sync", a, status=1)  # the other one does not answer
        assert "When last connected" not in syncline("status")
