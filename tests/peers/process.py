"""A long-lived Node process that takes commands and gives replies and events, one JSON line each."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Self

from tests.peers import wire

FOLDER = Path(__file__).parent
TIMEOUT = 120.0
"""Seconds that a start or a reply may take before the test fails."""


QUICK_START = ("--liftoff-only",)
"""WebAssembly is compiled once; that it is compiled again, to run faster, takes seconds at each start."""


class PeerError(AssertionError):
    """The harness itself failed: Node or a package is missing, a process died or did not answer."""


class CommandFailed(Exception):
    """The published package refused a command; ``code`` is SQLite's result code where there is one."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


def node() -> str:
    """The path of a usable Node; the test fails, and says what to do, where it is missing."""
    path = shutil.which("node")
    if path is None:
        raise PeerError("the published peers need Node 18 or newer: run ./syncline test, which installs it")
    if not (FOLDER / "node_modules" / ".package-lock.json").exists():
        raise PeerError(f"{FOLDER}/node_modules is missing or half made: run ./syncline test, which makes it")
    return path


class NodeProcess:
    """Starts ``node script args...`` and talks with it. The process ends when this object closes or dies.

    ``events`` holds every message that answers no command, in the order of arrival.
    """

    def __init__(self, script: str, *args: str) -> None:
        self.name = Path(script).stem
        self.events: list[dict[str, Any]] = []
        self._ids = itertools.count(1)
        self._replies: dict[int, dict[str, Any]] = {}
        self._ended = False
        self._news = threading.Condition()
        self._writing = threading.Lock()
        self._stderr: deque[str] = deque(maxlen=200)
        self._process = subprocess.Popen(
            [node(), *QUICK_START, str(FOLDER / "node" / script), *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
        self._readers = [
            threading.Thread(target=self._read_messages, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._read_stderr, args=(self._process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def stderr(self) -> str:
        """The last lines that the process wrote to stderr."""
        return "\n".join(self._stderr)

    def request(self, op: str, *, timeout: float = TIMEOUT, **fields: object) -> dict[str, Any]:
        """Send one command and return its reply.

        Raises:
            CommandFailed: the package refused it.
            PeerError: the process is gone, or ``timeout`` seconds passed.
        """
        return self.receive(self.send(op, **fields), timeout=timeout)

    def send(self, op: str, **fields: object) -> int:
        """Send one command without waiting; its number, for `receive`. Commands are done in this order.

        Raises:
            PeerError: the process is gone.
        """
        number = next(self._ids)
        command = {key: value for key, value in fields.items() if value is not None}
        line = wire.encode({"id": number, "op": op, **command}) + "\n"
        try:
            with self._writing:
                assert self._process.stdin is not None
                self._process.stdin.write(line)
                self._process.stdin.flush()
        except (OSError, ValueError) as error:
            raise self._failure(f"cannot be sent {op!r} ({error})") from error
        return number

    def receive(self, number: int, *, timeout: float = TIMEOUT) -> dict[str, Any]:
        """The reply to a command that was sent, once; errors as in `request`."""
        self._wait(lambda: number in self._replies, timeout, "did not answer a command")
        with self._news:
            reply = self._replies.pop(number)
        check(reply)
        return reply

    def wait_event(self, event: str, *, timeout: float = TIMEOUT, after: int = 0) -> dict[str, Any]:
        """The first event of that name at or after position ``after`` of ``events``, once it is there."""

        def found() -> dict[str, Any] | None:
            return next((e for e in self.events[after:] if e.get("event") == event), None)

        self._wait(lambda: found() is not None, timeout, f"gave no {event!r} event")
        result = found()
        assert result is not None
        return result

    def kill(self) -> None:
        """End it at once, as a crash would (SIGKILL)."""
        self._process.kill()
        self.close()

    def close(self) -> None:
        """End it: its stdin closes, and what it started stops. Returns when it is gone."""
        with self._writing:
            if self._process.stdin is not None and not self._process.stdin.closed:
                with contextlib.suppress(OSError):  # it may be gone before what was buffered for it
                    self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for reader in self._readers:
            reader.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _wait(self, done: Callable[[], bool], timeout: float, what: str) -> None:
        with self._news:
            self._news.wait_for(lambda: done() or self._ended, timeout)
            if done():
                return
            ended = self._ended
        raise self._failure(f"{what}: it ended" if ended else f"{what} within {timeout:g} s")

    def _failure(self, what: str) -> PeerError:
        strays = [e["error"] for e in self.events if "error" in e]
        details = "\n".join([*strays, self.stderr]).strip()
        return PeerError(f"{self.name} {what}" + (f"\n{details}" if details else ""))

    def _read_messages(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                try:
                    message = wire.decode(line)
                except ValueError:
                    self._stderr.append(f"(stdout) {line.rstrip()}")
                    continue
                with self._news:
                    if "id" in message:
                        self._replies[message.pop("id")] = message
                    else:
                        self.events.append(message)
                    self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def _read_stderr(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                self._stderr.append(line.rstrip())


def check(reply: dict[str, Any]) -> None:
    """Raise CommandFailed for the reply to a command that the package refused."""
    if not reply["ok"]:
        raise CommandFailed(reply["error"], reply.get("code"))


def poll_rows(
    query: Callable[[], list[tuple[Any, ...]]], rows: list[tuple[Any, ...]] | None, timeout: float
) -> list[tuple[Any, ...]]:
    """Repeat a query until it gives ``rows`` (None: any row at all), and return what it gave.

    Raises:
        PeerError: ``timeout`` seconds passed; the message has the last answer.
    """
    end = time.monotonic() + timeout
    while True:
        found = query()
        if (found == rows) if rows is not None else found:
            return found
        if time.monotonic() > end:
            raise PeerError(f"after {timeout:g} s the rows are {found!r}, not {rows or 'any'!r}")
        time.sleep(0.02)
