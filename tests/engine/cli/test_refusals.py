"""What cannot work on the command line: a sentence, exit status 1 or 2, never a traceback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.engine.live import PATIENCE, make_file
from tests.engine.programs import Command


def test_bad_files(syncline: Command, tmp_path: Path) -> None:
    url = "ws://127.0.0.1:9/sync"
    text = tmp_path / "letter.txt"
    text.write_text("Dear friend, this is no database at all, but it is long enough to look like one." * 20)
    plain = tmp_path / "plain.db"
    code = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('CREATE TABLE note (id INT PRIMARY KEY)')"
    subprocess.run([sys.executable, "-c", code, plain], check=True)
    for arguments, words in (
        (("sync", text, url), "not a SQLite database"),
        (("tables", text), "not a SQLite database"),
        (("changes", text), "not a SQLite database"),
        (("make-syncable", text, "x"), "not a SQLite database"),
        (("sync", tmp_path / "none.db", url), "none.db"),
        (("tables", tmp_path / "no" / "folder.db"), "folder.db"),
        (("tables", tmp_path), "folder"),
        (("sync", plain, url), "no syncable table"),
    ):
        err = syncline(*arguments, status=1)
        assert words in err, err
    assert not (tmp_path / "none.db").exists()
    assert not (tmp_path / "no").exists()


AS_NOBODY = """
import os, sys
from engine.cli import commandline, main, running
commandline.parser()  # loads all of it now: what lies below root's folders is soon out of reach
if os.geteuid() == 0:  # permissions do not bind root
    os.setgid(65534), os.setuid(65534)
sys.exit(main())
"""


def test_a_file_that_cannot_be_written(hub: str) -> None:
    with tempfile.TemporaryDirectory() as open_to_all:
        folder, home = Path(open_to_all) / "frozen", Path(open_to_all) / "home"
        folder.parent.chmod(0o755)
        home.mkdir()
        home.chmod(0o777)
        path = make_file(folder / "a.db")
        path.chmod(0o444)
        folder.chmod(0o555)
        # nobody could not write down which lines ran
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
        environment["SYNCLINE_HOME"] = str(home)
        for arguments in (("sync", path, hub, "--room", "room"), ("make-syncable", path, "item", "--extension")):
            done = subprocess.run(
                [sys.executable, "-c", AS_NOBODY, *map(str, arguments)],
                capture_output=True,
                text=True,
                env=environment,
                timeout=PATIENCE,
            )
            if arguments[0] == "make-syncable":  # it is syncable already, so there is nothing to write
                assert (done.returncode, done.stderr) == (0, "")
            else:
                assert done.returncode == 1, done.stdout + done.stderr
                assert "cannot be written" in done.stderr
            assert "Traceback" not in done.stderr
        folder.chmod(0o755)


def test_bad_usage(syncline: Command, tmp_path: Path) -> None:
    path = make_file(tmp_path / "a.db")
    for arguments, words in (
        (("sync", path, "http://127.0.0.1:9/"), "ws://"),
        (("sync", path, "nonsense"), "ws://"),
        (("sync", path, "ws://127.0.0.1:9/sync", "--room", "../x"), "room"),
        (("sync", path, "ws://127.0.0.1:9/sync/..%2Fx"), "starts with a dot"),
        (("sync", path, "ws://[::1/sync/x"), "host or port"),
        (("sync", path, "ws://127.0.0.1:9/sync/a", "--room", "b"), "names the room “a”, which is not “b”"),
        (("serve", tmp_path, "--peer", "ws://127.0.0.1:9/sync/a"), "Use ws://127.0.0.1:9/sync/."),
        (("serve", tmp_path, "--peer", "ws://127.0.0.1:9/sync?room=a"), "Use ws://127.0.0.1:9/sync/."),
        (("sync", path, "ws://127.0.0.1:9/sync", "--every", "0"), "minutes"),
        (("sync", path, "ws://127.0.0.1:9/sync", "--schema", tmp_path / "none.sql"), "none.sql"),
        (("make-syncable", path, "nope"), "no table"),
        (("changes", path, "--since", "-1"), "--since"),
        (("changes", path, "--since", "many"), "invalid int value"),
        (("serve", tmp_path / "nowhere"), "no folder"),
        (("serve", tmp_path, "--port", "99999"), "port"),
        (("nonsense",), "invalid choice"),
    ):
        err = syncline(*arguments, status=2)
        assert words in err, err


def test_unreachable_peers(syncline: Command, hub: str, tmp_path: Path) -> None:
    path = make_file(tmp_path / "a.db")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        assert "connection refused" in syncline("sync", path, f"ws://127.0.0.1:{port}/sync", status=1)
    assert "no such host" in syncline("sync", path, "ws://no-such-host.invalid/sync", status=1)
    assert "no room “elsewhere”" in syncline("sync", path, hub, "--room", "elsewhere", status=1)
    taken = hub.split(":")[2].split("/")[0]
    assert "Choose another port" in syncline("serve", tmp_path, "--port", taken, status=2)


def test_a_broken_settings_file(syncline: Command, tmp_path: Path) -> None:
    config = tmp_path / "home" / "config"
    config.mkdir(parents=True)
    (config / "settings.toml").write_text("auto_sync = maybe\n")
    err = syncline("status", status=2)
    assert "settings.toml" in err
    assert "line 1" in err


def test_a_file_alone_is_to_be_opened(syncline: Command, tmp_path: Path) -> None:
    file = make_file(tmp_path / "a.db")
    nowhere = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}
    assert "no display to open the window on" in syncline(file, status=1, env=nowhere)
    assert "invalid choice" in syncline(tmp_path / "missing.db", status=2, env=nowhere)
