"""The command line speaks the system's language, and leaves alone what people have named."""

from __future__ import annotations

import json
from pathlib import Path

import apsw
import pytest

from engine.settings import DatabaseConfig, PeerConfig, Settings, SettingsFile
from tests.engine.live import make_file, write
from tests.engine.programs import Command

GERMAN = {"LC_ALL": "", "LC_MESSAGES": "", "LANGUAGE": "", "LANG": "de_DE.UTF-8"}
ENGLISH = GERMAN | {"LC_ALL": "C"}

COLUMN = 'CREATE TABLE "column" (id INT PRIMARY KEY NOT NULL, "read" TEXT, "columns" TEXT)'


@pytest.fixture
def syncline(tmp_path: Path) -> Command:
    return Command(tmp_path / "home")


def test_what_a_command_says(syncline: Command, tmp_path: Path) -> None:
    path = tmp_path / "read.db"
    apsw.Connection(str(path)).execute(COLUMN + "; INSERT INTO \"column\" VALUES (1, 'columns', 'read')")
    assert syncline("tables", path, env=ENGLISH) == "column: can be made syncable, 1 row\n"
    assert syncline("tables", path, env=GERMAN) == "column: kann abgleichbar gemacht werden, 1 Zeile\n"
    assert "column ist jetzt abgleichbar (1 Zeile)" in syncline("make-syncable", path, "column", env=GERMAN)
    said = syncline("changes", path, env=GERMAN).splitlines()
    assert [line.split("  ")[-1] for line in said] == ["read = columns", "columns = read"]
    write(path, 'DELETE FROM "column"')
    assert syncline("changes", path, env=GERMAN).endswith("  column[1]  gelöscht\n")
    assert syncline("changes", path, env=ENGLISH).endswith("  column[1]  deleted\n")


def test_names_of_peers_tables_and_columns(syncline: Command, tmp_path: Path) -> None:
    """They are words that the catalogue has, too."""
    columns = "CREATE TABLE \"columns\" (id INTEGER PRIMARY KEY NOT NULL); SELECT crsql_as_crr('columns')"
    make_file(tmp_path / "hub" / "read", columns + COLUMN.join(("; ", "; SELECT crsql_as_crr('column')")))
    ours = make_file(tmp_path / "ours.db", columns)
    database = DatabaseConfig.new(ours, "columns")
    with syncline.running("serve", tmp_path / "hub", "--port", "0", env=GERMAN) as hub:
        assert hub.line.startswith(f"{tmp_path / 'hub'} wird an ws://")
        url = hub.line.split(" wird an ")[1].split(" ")[0]
        peer = PeerConfig.new(database.id, url, room="read", name="column")
        SettingsFile(tmp_path / "home" / "config" / "settings.toml").save(
            Settings(databases=(database,), peers=(peer,))
        )
        assert f"    Gegenstelle column  {url}read  Raum read  " in syncline("status", env=GERMAN)
        said = syncline("sync", ours, env=GERMAN)
        assert "Synchron: " in said
        assert "Ausgelassen: „column“ (nur auf der anderen Seite)." in said
        assert "Gesendet: 0 Änderungen, empfangen: 0 Änderungen, in " in said
        assert "Left out: “column” (only on the other side)." in syncline("sync", ours, env=ENGLISH)
        last = [json.loads(syncline("sync", ours, "--json", env=env).splitlines()[-1]) for env in (ENGLISH, GERMAN)]
        assert last[0] == last[1]
        assert last[0]["state"] == "Idle"


def test_errors_and_help(syncline: Command, tmp_path: Path) -> None:
    missing = tmp_path / "columns.db"
    assert syncline("tables", missing, status=1, env=ENGLISH) == (
        f"syncline: “{missing}” does not exist.\n          Check the path.\n"
    )
    assert syncline("tables", missing, status=1, env=GERMAN) == (
        f"syncline: „{missing}“ gibt es nicht.\n          Prüfen Sie den Pfad.\n"
    )
    said = syncline("changes", "--help", env=GERMAN)
    assert said.startswith("Aufruf: syncline changes [-h]")
    for german in (
        "\nArgumente:\n",
        "\nOptionen:\n",
        "die SQLite-Datenbank",
        "diese Hilfe anzeigen",
        "Gibt die Änderungen",
    ):
        assert german in said
    assert "Befehle:\n" in syncline("--help", env=GERMAN)
    assert "Aktionen:\n" in syncline("token", "--help", env=GERMAN)
    for words, error in (
        (("tables",), "diese Argumente fehlen: DB"),
        (("tables", "read.db", "columns"), "unbekannte Argumente: columns"),
        (("changes", "read.db", "--since", "x"), "Argument --since: kein gültiger Wert (int): 'x'"),
        (("columns",), "'columns' ist nicht möglich (möglich: 'open'"),
    ):
        assert error in syncline(*words, status=2, env=GERMAN)
        assert "error: " in syncline(*words, status=2, env=ENGLISH)
