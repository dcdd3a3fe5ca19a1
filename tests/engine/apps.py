"""Programs that know nothing of Syncline: processes of their own that write to a file with the standard library.

Not in the process of the tests: a second SQLite library there would take away the locks of the first.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAM = """
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA foreign_keys = ON")
for line in sys.stdin:
    try:
        found = [row for statement in json.loads(line) for row in [db.execute(statement).fetchall()]][-1]
        print(json.dumps(["", found], default=bytes.hex), flush=True)
    except sqlite3.Error as error:
        print(json.dumps([str(error), []]), flush=True)
"""


class App:
    """A program that has a file open."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def do(self, *statements: str) -> list[tuple[Any, ...]]:
        """Execute statements; returns the rows of the last one.

        Raises:
            AssertionError: what SQLite told the program.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(statements), file=self._process.stdin, flush=True)
        error, rows = json.loads(self._process.stdout.readline())
        assert not error, error
        return [tuple(row) for row in rows]


@contextmanager
def running(path: Path, program: str = PROGRAM) -> Iterator[App]:
    """A program that has this file open, until the end of the block."""
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield App(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
