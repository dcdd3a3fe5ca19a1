"""One Syncline for each person and settings folder: a second start hands its arguments to the first and ends.

A lock file says who is first, and survives a crash (whether its owner's process lives is checked); a local socket,
which only the same user may open, carries the arguments. The lock comes before the socket, so that two simultaneous
starts cannot both win.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from engine.errors import SynclineError
from engine.text import t

PATIENCE = 5.0
"""Seconds for the first instance to answer; it may still be starting."""

LONGEST = 1 << 20
"""The most bytes of a message that is read; no list of arguments is longer."""


class SingleInstance(QObject):
    """The claim to be the only instance for a settings folder.

    Args:
        folder: the settings folder; created if needed.

    Raises:
        SynclineError: it cannot be created.
    """

    arguments_received = Signal(list)
    """Emitted, from the Qt loop, with the arguments (list[str]) that another start handed over."""

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._name = _socket_name(folder)
        except (OSError, RuntimeError) as error:  # RuntimeError: its name leads round in circles
            raise self._unusable(getattr(error, "strerror", None) or error) from None
        self._lock = QLockFile(str(folder / "running.lock"))
        self._lock.setStaleLockTime(0)  # no lock is too old while its process lives
        self._server: QLocalServer | None = None

    def claim(self) -> bool:
        """Return whether this process is the first instance, and listen to later ones if so.

        Raises:
            SynclineError: the folder cannot be written, so that nobody knows.
        """
        if not self._lock.tryLock(0):
            if self._lock.error() is not QLockFile.LockError.LockFailedError:
                raise self._unusable(t("nothing can be written there"))
            return False
        QLocalServer.removeServer(self._name)  # left over from a crash: the lock is ours
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._welcome)
        self._server.listen(self._name)
        return True

    def hand_over(self, arguments: Sequence[str]) -> None:
        """Hand the arguments to the running instance, and wait until it has them.

        This blocks; call it before any loop runs.

        Raises:
            SynclineError: the instance does not answer.
        """
        message = json.dumps(list(arguments)).encode() + b"\n"
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            socket = QLocalSocket()
            socket.connectToServer(self._name)
            if socket.waitForConnected(500):
                socket.write(message)
                if socket.waitForReadyRead(int(PATIENCE * 1000)):
                    socket.close()
                    return
            time.sleep(0.05)
        raise SynclineError(
            t("Syncline is already running, but does not answer."),
            hint=t("End that process, then start Syncline again."),
        )

    def release(self) -> None:
        """Give up the claim."""
        if self._server is not None:
            self._server.close()
            self._server = None
            self._lock.unlock()

    def _unusable(self, why: object) -> SynclineError:
        return SynclineError(
            t("The settings folder {folder} cannot be used: {reason}.", folder=self._folder, reason=why),
            hint=t("Check that it is a folder, is yours, and has space left. SYNCLINE_HOME names another."),
        )

    def _welcome(self) -> None:
        server = self._server
        while server is not None and (socket := server.nextPendingConnection()) is not None:
            socket.readyRead.connect(self._read)
            socket.disconnected.connect(socket.deleteLater)
            self._take(socket)

    def _read(self) -> None:
        socket = self.sender()
        if isinstance(socket, QLocalSocket):
            self._take(socket)

    def _take(self, socket: QLocalSocket) -> None:
        if not socket.canReadLine():
            if socket.bytesAvailable() > LONGEST:
                socket.abort()
            return
        try:
            arguments = json.loads(bytes(socket.readLine().data()))
        except ValueError:
            socket.abort()
            return
        if not isinstance(arguments, list) or not all(isinstance(argument, str) for argument in arguments):
            socket.abort()
            return
        socket.write(b"ok\n")
        socket.flush()
        self.arguments_received.emit(arguments)


def _socket_name(folder: Path) -> str:
    """Return a socket name for this user and folder: a pipe on Windows, or else a path short enough for sockets."""
    key = f"{getpass.getuser()}\0{folder.resolve()}"
    name = f"syncline-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    if sys.platform == "win32":
        return name
    return str(Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / name)
