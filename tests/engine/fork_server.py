"""Programs that start in no time: a server that has loaded them forks for each start.

What is forked is a process of its own with its own arguments, environment, folder, stdout and stderr. It goes the
program's whole way, from the parsing of its command line to the end of the interpreter; it only need not load anything,
which takes most of the time of a short command.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, NoReturn

from tests.engine.live import PATIENCE

ROOT = Path(__file__).parents[2]
_NUMBER = struct.Struct("!q")

LOADED = (
    "engine.cli.backups",
    "engine.cli.check",
    "engine.cli.running",
    "engine.cli.schema",
    "engine.cli.serve",
    "engine.cli.sync",
    "engine.cli.verify",
)
"""What a server loads before it forks."""

WINDOW = "engine.cli.running", "engine.cli.window", "gui.app"
"""What one for the window does."""

AT_THE_START = "PYTHON", "LC_", "LANG", "TZ", "COVERAGE"
"""Variables whose names begin so are looked at when Python starts: a server for each of their values."""


class ForkedProcess:
    """A program at work: the methods and attributes of ``subprocess.Popen`` that tests use, in text mode.

    Args:
        pid: of the process. status: a socket that tells its exit status. out, err: what it prints.
    """

    def __init__(self, pid: int, status: socket.socket, out: int, err: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdout: IO[str] = os.fdopen(out, encoding="utf-8")
        self.stderr: IO[str] = os.fdopen(err, encoding="utf-8")
        self._status = status
        self._streams = self.stdout, self.stderr
        self._texts = ["", ""]

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended.

        Raises:
            subprocess.TimeoutExpired: it has not in so many seconds.
        """
        if self.returncode is None:
            self._status.settimeout(timeout)
            try:
                self.returncode = _receive(self._status)
            except TimeoutError:
                raise subprocess.TimeoutExpired("syncline", timeout or 0) from None
            self._status.close()
        return self.returncode

    def poll(self) -> int | None:
        """Its exit status, None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired, BlockingIOError):
            self.wait(0)
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait until it has ended, and return the rest of what it printed.

        Raises:
            subprocess.TimeoutExpired: it has not in so many seconds.
        """
        readers = [threading.Thread(target=self._read, args=(stream,), daemon=True) for stream in self._streams]
        for reader in readers:
            reader.start()
        self.wait(timeout)
        for reader in readers:
            reader.join(PATIENCE)  # a child of its own may hold the pipe
        return self._texts[0], self._texts[1]

    def _read(self, stream: IO[str]) -> None:
        if not stream.closed:
            with stream:
                self._texts[self._streams.index(stream)] += stream.read()

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """kill -9."""
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """Starts programs.

    Args:
        environment: what it starts with itself. loaded: the modules to load.
    """

    def __init__(self, environment: Mapping[str, str], loaded: Sequence[str]) -> None:
        self._socket, theirs = socket.socketpair()
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.engine.fork_server", str(theirs.fileno()), *loaded],
            cwd=ROOT,
            env=environment,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()

    def start(self, arguments: Sequence[str], environment: Mapping[str, str]) -> ForkedProcess:
        """Start ``syncline ARGUMENTS`` with this environment in the present folder."""
        ours, status = socket.socketpair()
        (out, theirs_out), (err, theirs_err) = os.pipe(), os.pipe()
        body = json.dumps([list(arguments), dict(environment), os.getcwd()]).encode()
        with self._lock:
            socket.send_fds(self._socket, [_NUMBER.pack(len(body))], [theirs_out, theirs_err, status.fileno()])
            self._socket.sendall(body)
        status.close()
        os.close(theirs_out)
        os.close(theirs_err)
        return ForkedProcess(_receive(ours), ours, out, err)

    def close(self) -> None:
        """End it; what it has started goes on."""
        self._socket.close()
        self._process.wait(PATIENCE)


def start(arguments: Sequence[str], environment: Mapping[str, str], loaded: tuple[str, ...] = LOADED) -> ForkedProcess:
    """Start ``syncline ARGUMENTS`` with this environment in the present folder, with these modules loaded."""
    own = tuple(sorted((name, value) for name, value in environment.items() if name.startswith(AT_THE_START)))
    return _server(own, loaded).start(arguments, environment)


@cache
def _server(variables: tuple[tuple[str, str], ...], loaded: tuple[str, ...]) -> ForkServer:
    others = {name: value for name, value in os.environ.items() if not name.startswith(AT_THE_START)}
    server = ForkServer(others | dict(variables), loaded)
    atexit.register(server.close)
    return server


def _receive(connection: socket.socket) -> int:
    data = b""
    while len(data) < _NUMBER.size:
        more = connection.recv(_NUMBER.size - len(data))
        if not more:
            raise ConnectionError("the fork server is gone")
        data += more
    return int(_NUMBER.unpack(data)[0])


def serve(connection: socket.socket, loaded: Sequence[str]) -> int:
    """Fork for each start that is asked for, until nobody can ask any more; in each program, return its status."""
    for name in loaded:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # those that wait for the programs leave nothing to look at
    while True:
        head, fds, _, _ = socket.recv_fds(connection, _NUMBER.size, 3)
        if not head:
            return 0
        body, size = b"", _NUMBER.unpack(head)[0]
        while len(body) < size:
            body += connection.recv(size - len(body))
        arguments, environment, folder = json.loads(body)
        if os.fork() == 0:
            connection.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            out, err, status = fds
            pid = os.fork()
            if pid:
                os.close(out)
                os.close(err)
                _wait_for(pid, socket.socket(fileno=status))
            os.close(status)
            return _run(arguments, environment, folder, out, err)
        for fd in fds:
            os.close(fd)


def _wait_for(pid: int, status: socket.socket) -> NoReturn:
    with contextlib.suppress(BrokenPipeError):  # nobody cares any more
        status.sendall(_NUMBER.pack(pid))
        status.sendall(_NUMBER.pack(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))
    os._exit(0)


def _run(arguments: list[str], environment: dict[str, str], folder: str, out: int, err: int) -> int:
    import engine.cli

    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, file in enumerate((nothing, out, err)):
        os.dup2(file, number)
        os.close(file)
    encoding = sys.stdout.encoding  # of the environment that the server was started with, which is the program's
    sys.stdin = open(0, encoding=encoding, closefd=False)  # noqa: SIM115 (these are open until the end)
    sys.stdout = open(1, "w", encoding=encoding, errors=sys.stdout.errors, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, encoding=encoding, errors="backslashreplace", closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv[1:] = arguments
    return engine.cli.main()


if __name__ == "__main__":
    sys.exit(serve(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:]))
