"""One Syncline for each settings folder, with real processes and sockets."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtNetwork import QLocalSocket

from engine.errors import SynclineError
from gui.single_instance import SingleInstance
from tests.engine.live import until
from tests.gui.aio import on_gui_loop

OTHER = """
import sys
from pathlib import Path
from gui.single_instance import SingleInstance
instance = SingleInstance(Path(sys.argv[1]))
if instance.claim():
    print("first", flush=True)
    sys.stdin.read()
else:
    instance.hand_over(sys.argv[2:])
    print("handed over", flush=True)
"""


@on_gui_loop
async def test_a_second_start_hands_its_arguments_over(tmp_path: Path) -> None:
    instance = SingleInstance(tmp_path / "a folder")
    got: list[list[str]] = []
    instance.arguments_received.connect(got.append)
    assert instance.claim()
    other = subprocess.Popen(
        [sys.executable, "-c", OTHER, str(tmp_path / "a folder"), "/a/file with ümlaut.db", "second"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    await until(lambda: other.poll() is not None, "the second start ends")
    assert other.communicate() == ("handed over\n", "")
    await until(lambda: bool(got), "and the first one is told")
    assert got == [["/a/file with ümlaut.db", "second"]]
    instance.release()


def test_other_folders_are_other_instances(tmp_path: Path) -> None:
    one, two = SingleInstance(tmp_path / "one"), SingleInstance(tmp_path / "two")
    assert one.claim()
    assert two.claim()
    one.release()
    two.release()


def test_after_a_crash_the_next_one_is_the_first(tmp_path: Path) -> None:
    dead = subprocess.Popen(
        [sys.executable, "-c", OTHER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert dead.stdout is not None
    assert dead.stdout.readline() == "first\n"
    instance = SingleInstance(tmp_path)
    assert not instance.claim()
    dead.kill()
    dead.communicate()
    assert instance.claim()
    instance.release()


def test_one_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gui.single_instance.PATIENCE", 0.2)
    hung = subprocess.Popen(
        [sys.executable, "-c", OTHER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert hung.stdout is not None
    assert hung.stdout.readline() == "first\n"  # it listens, but its loop does not run
    instance = SingleInstance(tmp_path)
    assert not instance.claim()
    with pytest.raises(SynclineError, match="does not answer"):
        instance.hand_over([])
    hung.kill()
    hung.communicate()


@on_gui_loop
async def test_nonsense_is_not_taken(tmp_path: Path) -> None:
    instance = SingleInstance(tmp_path)
    got: list[list[str]] = []
    instance.arguments_received.connect(got.append)
    assert instance.claim()
    for message in (b"\xff\xfe\n", b"{}\n", b'[1, "a"]\n', b"null\n"):
        socket = QLocalSocket()
        socket.connectToServer(instance._name)
        assert socket.waitForConnected(1000)
        socket.write(message)
        socket.flush()
        await until(functools.partial(is_closed, socket), "the connection is closed")
    good = QLocalSocket()
    good.connectToServer(instance._name)
    good.write(json.dumps(["still there"]).encode() + b"\n")
    good.flush()
    await until(lambda: got, "arguments")
    assert got == [["still there"]]
    good.close()
    instance.release()


def is_closed(socket: QLocalSocket) -> bool:
    return socket.state() is QLocalSocket.LocalSocketState.UnconnectedState
