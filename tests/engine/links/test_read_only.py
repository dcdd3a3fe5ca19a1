"""A file that cannot be written for a while, by a program that permissions bind: told, and it goes on by itself."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.engine.live import make_file, on_loop, plain_engine, rows, until, write

AS_NOBODY = """
import asyncio, ctypes, ctypes.util, encodings.idna, os, sys
from pathlib import Path
from engine.cli.commandline import parser
from engine.cli.states import StateLines
from engine.api import Engine
from engine.events import (PeerChanged)
from engine.settings import DatabaseConfig, PeerConfig, Settings
parser()  # loads all of it now: what lies below root's folders is soon out of reach
if os.geteuid() == 0:  # permissions do not bind root
    os.setgid(65534), os.setuid(65534)

async def main(path, url):
    database = DatabaseConfig.new(Path(path), "a")
    peer = PeerConfig.new(database.id, url, room="room")
    lines = StateLines()
    async with Engine(Settings(databases=(database,), peers=(peer,))) as engine:
        print(engine.peers.statuses()[0].state.value, flush=True)
        with engine.subscribe() as events:
            async for event in events:
                if isinstance(event, PeerChanged) and (line := lines.line(event.status)):
                    print(line, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


def writable(path: Path, yes: bool) -> None:
    path.parent.chmod(0o777 if yes else 0o555)
    path.chmod(0o666 if yes else 0o444)


@contextmanager
def as_nobody(path: Path, url: str) -> Iterator[subprocess.Popen[str]]:
    """A program that keeps the file in sync, and prints its peer's states."""
    # nobody could not write down which lines ran
    without_coverage = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    process = subprocess.Popen(
        [sys.executable, "-c", AS_NOBODY, str(path), url],
        stdout=subprocess.PIPE,
        text=True,
        env={**without_coverage, "SYNCLINE_HOME": str(path.parent.parent)},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("when", ["from the start", "later"])
@on_loop
async def test_a_file_that_cannot_be_written_for_a_while(tmp_path: Path, when: str) -> None:
    room = make_file(tmp_path / "hub" / "room")
    with tempfile.TemporaryDirectory() as open_to_all:
        Path(open_to_all).chmod(0o755)
        path = make_file(Path(open_to_all) / "frozen" / "a.db")
        writable(path, when == "later")
        async with plain_engine() as server:
            hub = await server.serving.start(room.parent)
            with as_nobody(path, hub.url) as program:
                said: list[str] = []
                reading = asyncio.create_task(asyncio.to_thread(listen, program, said))
                if when == "later":
                    await until(lambda: any(line.startswith("In sync") for line in said), "in sync")
                    writable(path, False)
                write(room, "INSERT INTO item (id, name) VALUES (1, 'x')")
                await until(lambda: any("cannot be written" in line for line in said), "told")
                assert next(line for line in said if "cannot be written" in line).startswith("Needs you: ")
                writable(path, True)
                await until(lambda: said[-1].startswith("In sync"), "it goes on by itself")
                await until(lambda: rows(path) == rows(room) != [], "what was written meanwhile")
                program.kill()
                await reading
        assert len([line for line in said if "cannot be written" in line]) == 1


def listen(program: subprocess.Popen[str], said: list[str]) -> None:
    assert program.stdout is not None
    for line in program.stdout:
        said.append(line)
