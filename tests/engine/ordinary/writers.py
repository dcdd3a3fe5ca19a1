"""Programs that know nothing of Syncline and load nothing, each a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Self

Write = Callable[..., str]
"""write(path, *statements): run them in order; returns what SQLite says to the first that fails, "" if none does."""

_PROGRAM = """
import json, sqlite3, sys

files = {}
for line in sys.stdin:
    path, statements = json.loads(line)
    db = files.get(path)
    if db is None:
        db = files[path] = sqlite3.connect(path, isolation_level=None)
    failed = ""
    try:
        for sql in statements:
            db.execute(sql).fetchall()
    except sqlite3.Error as error:
        failed = str(error)
    if not statements:
        files.pop(path).close()
    print(json.dumps(failed), flush=True)
"""


class PythonWriter:
    """A Python program with the standard library's sqlite3, which keeps its files open from one write to the next."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, path: Path, *statements: str) -> str:
        """As ``Write``."""
        self._send(path, statements)
        assert self._process.stdout is not None
        failed: str = json.loads(self._process.stdout.readline())
        return failed

    def forget(self, path: Path) -> None:
        """Close a file."""
        self(path)

    def kill(self) -> None:
        """End it at once, whatever it is doing (SIGKILL)."""
        self._process.kill()
        self.close()

    def send(self, path: Path, *statements: str) -> None:
        """Begin a write and do not wait for its end."""
        self._send(path, statements)

    def _send(self, path: Path, statements: tuple[str, ...]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([str(path), statements]) + "\n")
        self._process.stdin.flush()

    def close(self) -> None:
        """End it, and wait until it is gone."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(OSError):  # it may have been killed before it read all
            self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def shell(path: Path, *statements: str) -> str:
    """The sqlite3 shell: a process for each write. As ``Write``; a statement can be one of its own commands, too."""
    lines = "".join(f"{sql}{'' if sql.startswith('.') else ';'}\n" for sql in statements)
    ran = subprocess.run(
        ["sqlite3", "-batch", "-bail", str(path)], input=lines, capture_output=True, text=True, check=False
    )
    assert bool(ran.stderr) == bool(ran.returncode), ran
    return ran.stderr


@contextmanager
def killed(text: str, path: Path) -> Iterator[IO[str]]:
    """A Python program that is given a file, until it is killed (SIGKILL) at the end of the block; what it prints."""
    command = [sys.executable, "-I", "-S", "-c", text, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout
        finally:
            process.kill()
