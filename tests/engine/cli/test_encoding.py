"""Terminals and pipes that cannot show every character: no traceback, and something similar in its place."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.live import PATIENCE, make_file

SCHEMA = "CREATE TABLE \"größe\" (id TEXT PRIMARY KEY NOT NULL, name TEXT); SELECT crsql_as_crr('größe');"
ROW = "INSERT INTO \"größe\" VALUES ('a', 'žluť – “5 €” ☃')"

C = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
"""As on a machine without any locale, and a Python that makes nothing better of it."""
ENVIRONMENTS = {
    "C": C,
    "ascii": {"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "ascii"},
    "Latin-1": {"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "latin-1"},
    "German in ascii": {"LC_ALL": "", "LANG": "de_DE.UTF-8", "PYTHONIOENCODING": "ascii"},
    "German in Latin-1": {"LC_ALL": "", "LANG": "de_DE.UTF-8", "PYTHONIOENCODING": "latin-1"},
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return make_file(tmp_path / "file.db", SCHEMA + ROW)


def run(home: Path, environment: dict[str, str], *arguments: object) -> tuple[int, bytes, bytes]:
    done = subprocess.run(
        [sys.executable, "-m", "engine.cli", *map(str, arguments)],
        capture_output=True,
        timeout=4 * PATIENCE,
        env=os.environ | {"SYNCLINE_HOME": str(home)} | environment,
    )
    assert b"Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "name",
    [
        "C",
        "German in Latin-1",
        *(pytest.param(n, marks=pytest.mark.full) for n in ("ascii", "Latin-1", "German in ascii")),
    ],
)
def test_every_command_is_readable_everywhere(tmp_path: Path, file: Path, name: str) -> None:
    environment = ENVIRONMENTS[name]
    german = name.startswith("German")
    encoding = "latin-1" if name.endswith("Latin-1") else "ascii"

    def out(*arguments: object, status: int = 0) -> str:
        code, stdout, stderr = run(tmp_path / "home", environment, *arguments)
        assert code == status, stderr
        return (stdout + stderr).decode(encoding)

    size = "größe" if encoding == "latin-1" else "groesse"
    assert out("tables", file).startswith(f"{size}: {'abgleichbar' if german else 'syncable'}")
    said = out("changes", file)
    assert f"{size}[a]" in said
    assert "name = zlut - '5 \\u20ac' \\u2603" in said
    missing = out("tables", tmp_path / "missing.db", status=1)
    assert ("gibt es nicht" if german else "does not exist") in missing
    assert f"'{tmp_path / 'missing.db'}'" in missing
    refused = out("token", "make", "x", "--tokens", tmp_path / "tokens", "--expires", "soon", status=2)
    assert "'soon'" in refused
    assert ("Gegenstelle" if german else "peer") in out("sync", "--help")
    refused = out("no-such-command", status=2)
    assert {"ascii": "nicht moeglich", "latin-1": "nicht möglich"}[encoding] if german else "invalid choice" in refused


@pytest.mark.parametrize("name", ["C", "Latin-1"])
def test_json_is_the_same_everywhere(tmp_path: Path, file: Path, name: str) -> None:
    _, stdout, _ = run(tmp_path / "home", ENVIRONMENTS[name], "changes", file, "--json")
    _, expected, _ = run(tmp_path / "home", {"LC_ALL": "C.UTF-8"}, "changes", file, "--json")
    assert [json.loads(line) for line in stdout.splitlines()] == [json.loads(line) for line in expected.splitlines()]


def test_a_file_name_that_is_not_utf8(tmp_path: Path) -> None:
    name = make_file(tmp_path / "file.db", SCHEMA).rename(tmp_path / os.fsdecode(b"f\xff.db"))
    for command in ("tables", "changes", "check"):
        code, _, stderr = run(tmp_path / "home", {"LC_ALL": "C.UTF-8"}, command, name)
        assert code == 1
        assert stderr.startswith(
            f"syncline: SQLite cannot open “{tmp_path}/f\\xdcff.db”: the path is not valid".encode()
        )
