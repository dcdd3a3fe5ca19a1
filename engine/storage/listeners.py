"""The listeners of one file, who want to know when it has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from engine.errors import SynclineError
from engine.storage.file_news import Listener
from engine.table_shape import Dataset, Parked, Shape

TOGETHER = 50
"""How many listeners are told at a time of a new version, as each may send immediately."""


class Listeners:
    """The listeners of one file, as one listener that passes on what it hears. Iterating gives those who listen now.

    Args:
        version: returns the file's db_version, as far as it is known.
    """

    def __init__(self, version: Callable[[], int]) -> None:
        self._version = version
        self._all: list[Listener] = []

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Listener]:
        return iter(tuple(self._all))

    def add(self, listener: Listener) -> Callable[[], None]:
        """Add a listener, and return the function that removes it."""
        self._all.append(listener)
        return lambda: self._all.remove(listener)

    def tell_soon(self) -> None:
        """Tell them of the file's new version a moment later, in groups, so that other work gets its turn."""
        asyncio.get_running_loop().call_soon(self._tell, tuple(self._all))

    def _tell(self, listeners: Sequence[Listener]) -> None:
        if len(listeners) > TOGETHER:
            asyncio.get_running_loop().call_soon(self._tell, listeners[TOGETHER:])
        _each(listeners[:TOGETHER], lambda listener: listener.version_moved(self._version()))

    def version_moved(self, version: int) -> None:
        """Tell them immediately that the file's db_version is ``version``."""
        _each(self, lambda listener: listener.version_moved(version))

    def schema_changed(self, tables: tuple[Shape, ...], parked: tuple[Parked, ...]) -> None:
        """Tell them how the synced tables look now."""
        _each(self, lambda listener: listener.schema_changed(tables, parked))

    def datasets_changed(self, datasets: Mapping[str, Dataset]) -> None:
        """Tell them the dataset ids of each table."""
        _each(self, lambda listener: listener.datasets_changed(datasets))

    def replaced(self) -> None:
        """Tell them that another file has taken the place of the open one."""
        _each(self, lambda listener: listener.replaced())

    def troubled(self, error: SynclineError | None) -> None:
        """Tell them why the file cannot be used at the moment; None: it can be used again."""
        _each(self, lambda listener: listener.troubled(error))


def _each(listeners: Iterable[Listener], tell: Callable[[Listener], None]) -> None:
    """Tell each of them.

    If one fails, that is reported as its own fault: the others are told too, and the caller goes on.
    """
    for listener in listeners:
        try:
            tell(listener)
        except Exception as error:
            context = {"message": "Somebody who was told of a file has failed.", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)
