"""Those who want to know when one file has moved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from engine.errors import SynclineError
from engine.storage.file_news import Listener
from engine.table_shape import Dataset, Parked, Shape

TOGETHER = 50
"""Listeners who are told at a time that the file has moved: each may send at once."""


class Listeners:
    """Those of one file, as one listener that passes on what it is told. Iterating gives those who listen now.

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
        if len(listeners) > TOGETHER:
            asyncio.get_running_loop().call_soon(self._tell, listeners[TOGETHER:])
        _each(listeners[:TOGETHER], lambda listener: listener.version_moved(self._version()))

    def version_moved(self, version: int) -> None:
        """Tell them at once that the file's db_version is ``version``."""
        _each(self, lambda listener: listener.version_moved(version))

    def schema_changed(self, tables: tuple[Shape, ...], parked: tuple[Parked, ...]) -> None:
        """Tell them how the synced tables look now."""
        _each(self, lambda listener: listener.schema_changed(tables, parked))

    def datasets_changed(self, datasets: Mapping[str, Dataset]) -> None:
        """Tell them by which ids the rows of each table are known now."""
        _each(self, lambda listener: listener.datasets_changed(datasets))

    def replaced(self) -> None:
        """Tell them that another file has taken the place of the one that was open."""
        _each(self, lambda listener: listener.replaced())

    def troubled(self, error: SynclineError | None) -> None:
        """Tell them why the file cannot be used at the moment; None: it can be again."""
        _each(self, lambda listener: listener.troubled(error))


def _each(listeners: Iterable[Listener], tell: Callable[[Listener], None]) -> None:
    """Tell each of them. One that fails is a fault of its own, and is reported as such: the others are told as well,
    and whoever tells them goes on."""
    for listener in listeners:
        try:
            tell(listener)
        except Exception as error:
            context = {"message": "Somebody who was told of a file has failed.", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)
