"""Those who want to know when one file has moved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence

from engine.storage.file_news import Listener

TOGETHER = 50
"""Listeners who are told at a time that the file has moved: each may send at once."""


class Listeners:
    """Those of one file. Iterating gives those who listen now.

    Args:
        version: gives the file's db_version, as it is known.
    """

    def __init__(self, version: Callable[[], int]) -> None:
        self._version = version
        self._all: list[Listener] = []

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Listener]:
        return iter(tuple(self._all))

    def add(self, listener: Listener) -> Callable[[], None]:
        """Have one more; return the function that lets go of it."""
        self._all.append(listener)
        return lambda: self._all.remove(listener)

    def tell_soon(self) -> None:
        """Tell them that the file has moved, a moment later, in groups: others on the loop have their turn between."""
        asyncio.get_running_loop().call_soon(self._tell, tuple(self._all))

    def _tell(self, listeners: Sequence[Listener]) -> None:
        if len(listeners) > TOGETHER:  # first: one may raise
            asyncio.get_running_loop().call_soon(self._tell, listeners[TOGETHER:])
        for listener in listeners[:TOGETHER]:
            listener.version_moved(self._version())
