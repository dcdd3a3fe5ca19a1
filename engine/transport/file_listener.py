"""Brings a session the news of the file that it syncs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.errors import NoSuchFile, SynclineError
from engine.session import Session
from engine.session.endings import REPLACED
from engine.table_shape import Dataset, Parked, Shape


class FileListener:
    """Listens to the news of one session's file (``engine.storage.file_news.Listener``).

    Args:
        call: calls a function that feeds the session, in its turn.
        tell: reports that things may have changed.
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
        """Tell the session the file's new version."""
        self._call(lambda: self._session.local_changed(version))

    def schema_changed(self, tables: tuple[Shape, ...], parked: tuple[Parked, ...]) -> None:
        """Tell the session how the synced tables look now."""
        self._call(lambda: self._session.schema_changed(tables, parked))

    def datasets_changed(self, datasets: Mapping[str, Dataset]) -> None:
        """Tell the session the dataset ids of each table."""
        self._call(lambda: self._session.datasets_changed(datasets))

    def replaced(self) -> None:
        """End the session, as another file has taken the place of ours; the next one begins with what that holds."""
        self._call(lambda: self._session.close(REPLACED))

    def troubled(self, error: SynclineError | None) -> None:
        """End the session if the file is gone, whatever is in its place; otherwise only report the change."""
        if error is not None and (isinstance(error, NoSuchFile) or not self._is_open()):
            self._call(lambda: self._session.failed(error))
        else:
            self._tell()
