"""What every part of the engine shares: the settings, and the stream of events."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from engine.events import Event, SettingsChanged
from engine.history.event_stream import EventStream
from engine.history.journal import Journal
from engine.settings import Settings, SettingsFile


class Core:
    """Settings and events.

    Args:
        settings, store, journal: as for ``Engine``.
    """

    def __init__(self, settings: Settings | None, store: SettingsFile | None, journal: Journal | None) -> None:
        if settings is None:
            settings = store.load() if store is not None else Settings()
        self.settings = settings
        self.journal = journal
        self._store = store
        self._streams: list[EventStream] = []

    @contextlib.contextmanager
    def subscribe(self, limit: int = 10_000, *, whole: bool = False) -> Iterator[EventStream]:
        """Give a stream of all events from now on, until the ``with`` block is left (``EventStream``)."""
        stream = EventStream(limit, whole=whole)
        self._streams.append(stream)
        try:
            yield stream
        finally:
            stream.close()
            self._streams.remove(stream)

    def _emit(self, event: Event) -> None:
        for stream in self._streams:
            stream.put(event)

    def _keep(self, settings: Settings) -> None:
        self.settings = settings
        self._emit(SettingsChanged(settings))
        if self._store is not None:
            self._store.save(settings)
