"""Folders for settings and data that cannot be used: the command line says so in a sentence, whatever the command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.live import PATIENCE, make_file, rows, write
from tests.engine.programs import FOLDERS, NO_SPACE, bound_by_permissions, unusable_folders

EACH = (
    NO_SPACE
    + """
import contextlib, io, json, sys
from engine.cli import main
printed = io.StringIO()
for command in json.load(sys.stdin):
    before = len(printed.getvalue())
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        status = main(command)
    print(json.dumps([status, printed.getvalue()[before:]]), flush=True)
"""
)
"""Runs one command after the other; prints the status of each and what it said."""

MAIN = ("read-only", "a file", "no space", "no such user", "XDG read-only")

LINK = f"syncline://pair?at=127.0.0.1&port=9&room=a&token={'t' * 43}&cert={'A' * 43}"


def run(commands: list[list[str]], environment: dict[str, str]) -> list[tuple[int, str]]:
    hidden = ("COVERAGE", "XDG_")  # the first cannot be written then, either
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    kept |= {"LC_ALL": "C.UTF-8", "SYNCLINE_LOG": "ERROR"} | environment
    done = subprocess.run(
        [*bound_by_permissions(), sys.executable, "-c", EACH],
        env={name: value for name, value in kept.items() if value},
        input=json.dumps(commands),
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return [(status, said) for status, said in map(json.loads, done.stdout.splitlines())]


@pytest.mark.parametrize(
    "fault", [pytest.param(fault, marks=() if fault in MAIN else pytest.mark.full) for fault in FOLDERS]
)
def test_every_command_says_it_in_a_sentence(tmp_path: Path, fault: str) -> None:
    a, plain = (
        make_file(tmp_path / "a.db"),
        make_file(tmp_path / "b.db", "CREATE TABLE item (id INT PRIMARY KEY NOT NULL)"),
    )
    write(a, "INSERT INTO item (id, name) VALUES (1, 'x')")
    url, tokens = "ws://127.0.0.1:9/sync", tmp_path / "folders/home/data/tokens.json"
    must_write = [
        ["sync", a, url],
        ["make-syncable", plain, "item"],
        ["pair", a, "--local"],
        ["pair", LINK, a],
        ["share", a, "--local"],
        ["verify", a, url],
        ["new-id", a, "--yes"],
    ]
    if fault not in ("no such user", "home read-only", "XDG read-only", "XDG a file"):
        must_write.append(["token", "make", "x", "--tokens", tokens])
    others = [
        ["status"],
        ["activity"],
        ["tables", a],
        ["changes", a],
        ["check", a],
        ["backups", "list"],
        ["backups", "restore", a],
        ["sync", "~nobody-is-called-so/a.db", url],
    ]
    with unusable_folders(fault, tmp_path / "folders") as environment:
        commands = [[str(word) for word in command] for command in (*must_write, *others)]
        told = run(commands, environment)
    assert len(told) == len(commands)
    for command, (status, said) in zip(commands, told, strict=True):
        assert "Traceback" not in said, (command, said)
        assert "Errno" not in said, (command, said)
        if command in [[str(word) for word in one] for one in must_write]:
            assert status in (1, 2), (command, said)
            assert said.startswith("syncline: "), (command, said)
            sentence = said.splitlines()[0]
            assert sentence.endswith("."), sentence
            folder = environment["SYNCLINE_HOME"] or environment["XDG_DATA_HOME"] or environment["HOME"]
            assert folder in sentence, (command, said)
    assert len(rows(a)) == 1
