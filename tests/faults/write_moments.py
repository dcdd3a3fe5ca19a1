"""The moment at which somebody writes to a file, seen from outside: what must fall into it waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path


def _looks(file: Path) -> list[tuple[int, int] | None]:
    """What changes with every write to a database: its files' sizes and times."""
    found: list[tuple[int, int] | None] = []
    for suffix in ("", "-journal", "-wal"):
        try:
            status = file.with_name(file.name + suffix).stat()
        except FileNotFoundError:
            found.append(None)
        else:
            found.append((status.st_size, status.st_mtime_ns))
    return found


async def written(file: Path, times: int, over: Callable[[], object]) -> None:
    """Wait until a database was seen to be written to so many times, or until it is over."""
    before = _looks(file)
    while times > 0 and not over():
        await asyncio.sleep(0.0005)
        now = _looks(file)
        times -= now != before
        before = now
