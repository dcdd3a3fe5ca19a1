"""Brings a session the news of the file that it syncs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.errors import NoSuchFile, SynclineError
from engine.session import Session
from engine.session.endings import REPLACED
from engine.table_shape import Dataset, Parked, Shape


class FileListener:
    """Hears of one session's file (``engine.storage.file_news.Listener``).

    Args:
        call: calls something that feeds the session, in its turn. tell: reports that things may stand otherwise.
        is_open: returns whether the file is open.
    """

    def __init__(
        self,
        session: Session,
        call: Callable[[Callable[[], None]], None],
        tell: Callable[[], None],
        is_open: Callable[[], bool],
    ) -> None:
        self._session = session
        self._is_open = is_open
        self._call = call
        self._tell = tell

    def version_moved(self, version: int) -> None:
        """The file's clock rose."""
        self._call(lambda: self._session.local_changed(version))

    def schema_changed(self, tables: tuple[Shape, ...], parked: tuple[Parked, ...]) -> None:
        """The tables are others now, or look otherwise."""
        self._call(lambda: self._session.schema_changed(tables, parked))

    def datasets_changed(self, datasets: Mapping[str, Dataset]) -> None:
        """Rows were joined with others."""
        self._call(lambda: self._session.datasets_changed(datasets))

    def replaced(self) -> None:
        """Another file has taken the place of ours; begin anew with what it holds."""
        self._call(lambda: self._session.close(REPLACED))

    def troubled(self, error: SynclineError | None) -> None:
        """The file cannot be used, or can be again; one that has gone, whatever is in its place, holds nothing any more
        to be synced."""
        if error is not None and (isinstance(error, NoSuchFile) or not self._is_open()):
            self._call(lambda: self._session.failed(error))
        else:
            self._tell()
