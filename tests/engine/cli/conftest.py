"""What tests of the command line share: the command, and a hub in a process of its own."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.live import PATIENCE, make_file
from tests.engine.programs import Command
from tests.memory import in_memory


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """In memory. A sync of two small files is more than a hundred times waiting until the disk has something, which is
    none of what the words and exit codes of commands depend on."""
    with in_memory(tmp_path) as path:
        yield path


@pytest.fixture
def syncline(tmp_path: Path) -> Command:
    return Command(tmp_path / "home")


@pytest.fixture
def hub(syncline: Command, tmp_path: Path) -> Iterator[str]:
    """A hub in a process of its own, with one room; its address."""
    room = make_file(tmp_path / "hub" / "room")
    process = syncline.start("serve", room.parent, "--port", "0")
    assert process.stdout is not None
    line = process.stdout.readline()
    try:
        yield line.split(" at ")[1].split(";")[0]
        assert process.poll() is None, "the hub died"
    finally:
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, out + err
    assert err == ""
