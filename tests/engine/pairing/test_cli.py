"""``syncline pair`` and ``syncline share`` as on two machines: processes with settings and data of their own."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from engine.settings import SettingsFile
from tests.engine.apps import running
from tests.engine.live import make_file, rows, write
from tests.engine.ordinary.test_synced import make_ordinary
from tests.engine.programs import Command
from tests.ports import free_port


def lines_until(stream: object, wanted: str) -> str:
    """Read a program's lines up to the one that holds ``wanted``, and return that."""
    for line in stream:  # type: ignore[attr-defined]
        if wanted in line:
            return str(line)
    raise AssertionError(f"it ended without {wanted!r}")


@pytest.mark.slow
def test_pair_two_machines(tmp_path: Path) -> None:
    there, here = Command(tmp_path / "there"), Command(tmp_path / "here")
    theirs, ours = make_file(tmp_path / "theirs.db"), make_file(tmp_path / "ours.db")
    write(theirs, "INSERT INTO item (id, name) VALUES (1, 'theirs')")
    write(ours, "INSERT INTO item (id, name) VALUES (2, 'ours')")
    port = str(free_port())  # nobody else's between the two programs
    with there.running("pair", theirs, "--local", "--port", port) as sharing:
        assert f"Sharing theirs on this machine only, at port {port}" in sharing.line
        link = lines_until(sharing.process.stdout, "syncline://").strip()
        words = lines_until(sharing.process.stdout, "these words").split(": ")[1].strip()
        out = here("pair", link, ours)
        assert words in out
        assert "which only you can read" in out
        assert "Both sides have the same data." in out
        assert words in lines_until(sharing.process.stdout, "Paired with")
        assert "used already" in here("pair", link, ours, status=1)
    assert rows(theirs) == rows(ours)
    assert len(rows(ours)) == 2
    assert stat.S_IMODE((tmp_path / "here" / "data" / "tokens.json").stat().st_mode) == 0o600

    write(theirs, "INSERT INTO item (id, name) VALUES (3, 'later')")
    assert "connection refused" in here("sync", ours, status=1)
    with there.running("share", theirs, "--local", "--port", port):
        assert "Caught up with" in here("sync", ours)
    assert rows(theirs) == rows(ours)


@pytest.mark.parametrize("command", ["pair", "share"])
def test_a_file_of_which_nothing_is_synced_is_not_shared(command: str, tmp_path: Path) -> None:
    """The other machine could only be told that there is nothing."""
    plain = tmp_path / "notes.db"
    with contextlib.closing(sqlite3.connect(plain)) as db:
        db.execute("CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT)")
    out = Command(tmp_path / "there")(command, plain, "--local", "--port", "0", status=1)
    assert "notes.db has no syncable table." in out
    assert f"syncline make-syncable {plain} --all" in out


@pytest.mark.slow
def test_asked_there_and_answered_by_who_shares(tmp_path: Path) -> None:
    there, here = Command(tmp_path / "there"), Command(tmp_path / "here")
    notes = "CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT)"
    theirs = make_ordinary(tmp_path / "theirs.db", f"{notes}; INSERT INTO notes VALUES ('a', 'theirs')", "notes")
    ours = make_ordinary(tmp_path / "ours.db", f"{notes}; INSERT INTO notes VALUES ('a', 'ours')", "notes")
    port = str(free_port())
    with there.running("pair", theirs, "--local", "--port", port) as sharing:
        link = lines_until(sharing.process.stdout, "syncline://").strip()
        assert "have never met: 0 the same, 1 different" in here("pair", link, ours, status=1)
    with there.running("share", theirs, "--local", "--port", port, "--join", "replace"):
        assert "Caught up with" in here("sync", ours)
    with running(theirs) as app:
        assert app.do("SELECT * FROM notes") == [("a", "ours")]


@pytest.mark.slow
def test_pair_with_nothing_here_and_again(tmp_path: Path) -> None:
    """The file is made; pairing once more with the same machine leaves one peer."""
    there, here = Command(tmp_path / "there"), Command(tmp_path / "here")
    theirs, ours = make_file(tmp_path / "theirs.db"), tmp_path / "ours.db"
    write(theirs, "INSERT INTO item (id, name) VALUES (1, 'theirs')")
    for number in range(2):
        with there.running("pair", theirs, "--local", "--port", "0") as sharing:
            out = here("pair", lines_until(sharing.process.stdout, "syncline://").strip(), ours)
            assert (f"Created {ours} with the tables of the other side." in out) is (number == 0)
            assert "Both sides have the same data." in out
        if number == 0:
            settings = SettingsFile(tmp_path / "here" / "config" / "settings.toml")
            known = settings.load()
            settings.save(replace(known, peers=(replace(known.peers[0], name="Laptop", stale_days=3),)))
    assert rows(theirs) == rows(ours) != []
    [peer] = settings.load().peers
    assert (peer.name, peer.stale_days) == ("Laptop", 3)
    assert here("status").count("Laptop") == 1
    assert len((tmp_path / "here" / "data" / "tokens.json").read_text().split(":")) == 2


@pytest.mark.slow
def test_wrong_uses_are_told_in_words(tmp_path: Path) -> None:
    syncline = Command(tmp_path / "home")
    ours = make_file(tmp_path / "ours.db")
    link = f"syncline://pair?at=127.0.0.1&port=9&room=todo&token={'t' * 43}&cert={'q' * 43}"
    assert "Which database" in syncline("pair", link, status=2)
    assert "cut off" in syncline("pair", link[:60], ours, status=2)
    assert "not a pairing link" in syncline("pair", ours, ours, status=2)
    assert "cannot be reached" in syncline("pair", link, ours, status=1)
    assert "No peer is configured for ours.db" in syncline("sync", ours, status=2)
    assert "is not a valid port" in syncline("share", ours, "--port", "70000", status=2)
    config = tmp_path / "home" / "config"
    config.mkdir(parents=True, exist_ok=True)
    (config / "running.lock").write_text(f"{os.getpid()}\nsyncline\nhost\n")
    assert "window is open" in syncline("pair", link, ours, status=2)
