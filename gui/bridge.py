"""Turns the engine's events into Qt signals, in at most 20 batches a second.

Models connect to the signals and know nothing of the engine. The bridge reads the event stream in one task, and emits
what arrives within one beat as one signal of each kind.
"""

from __future__ import annotations

import asyncio

from PySide6.QtCore import QObject, Signal

from engine.api import Engine
from engine.events import (
    AttentionNeeded,
    ChangesMoved,
    DatabaseChanged,
    DatabaseRemoved,
    Event,
    GuestChanged,
    GuestRemoved,
    HubChanged,
    Paired,
    PeerChanged,
    PeerRemoved,
    SettingsChanged,
    SharingChanged,
    SyncFailed,
    SyncFinished,
)

BEAT = 0.05
"""Seconds between batches."""


class Bridge(QObject):
    """Turns the events of an engine into signals.

    Args:
        engine: the engine; the bridge only listens to it.
    """

    peers_changed = Signal(list)
    """list[PeerStatus]: the latest status of each peer that changed."""
    peer_removed = Signal(str)
    guests_changed = Signal(list)
    """list[PeerStatus]: the same for guests, which have a name instead of an id."""
    guest_removed = Signal(str)
    flow = Signal(list)
    """list[ChangesMoved], oldest first."""
    databases_changed = Signal(list)
    """list[DatabaseChanged]: the latest of each database that changed."""
    database_removed = Signal(str)
    activity = Signal(list)
    """list[SyncFinished | SyncFailed], oldest first."""
    needs_you = Signal(object)
    """AttentionNeeded"""
    paired = Signal(object)
    """Paired: another machine used a link of ours."""
    hub_changed = Signal(object)
    """HubChanged"""
    sharing_changed = Signal(object)
    """SharingChanged: the latest."""
    settings_changed = Signal(object)
    """Settings: the latest."""

    def __init__(self, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine

    async def run(self) -> None:
        """Pass events on until the engine is closed or the task is cancelled."""
        with self._engine.subscribe() as stream:
            async for first in stream:
                self._pass_on([first, *stream.drain()])
                await asyncio.sleep(BEAT)

    def _pass_on(self, events: list[Event]) -> None:
        peers = {}
        guests = {}
        databases = {}
        moved = []
        activity = []
        settings = sharing = None
        for event in events:
            match event:
                case PeerChanged(status):
                    peers[status.peer] = status
                case PeerRemoved(peer):
                    peers.pop(peer, None)
                    self.peer_removed.emit(peer)
                case GuestChanged(status):
                    guests[status.peer] = status
                case GuestRemoved(guest):
                    guests.pop(guest, None)
                    self.guest_removed.emit(guest)
                case DatabaseChanged():
                    databases[event.database] = event
                case DatabaseRemoved(database):
                    databases.pop(database, None)
                    self.database_removed.emit(database)
                case ChangesMoved():
                    moved.append(event)
                case SyncFinished() | SyncFailed():
                    activity.append(event)
                case AttentionNeeded():
                    self.needs_you.emit(event)
                case SettingsChanged():
                    settings = event.settings
                case SharingChanged():
                    sharing = event
                case Paired():
                    self.paired.emit(event)
                case HubChanged():
                    self.hub_changed.emit(event)
        if settings is not None:
            self.settings_changed.emit(settings)
        if sharing is not None:
            self.sharing_changed.emit(sharing)
        if databases:
            self.databases_changed.emit(list(databases.values()))
        if peers:
            self.peers_changed.emit(list(peers.values()))
        if guests:
            self.guests_changed.emit(list(guests.values()))
        if moved:
            self.flow.emit(moved)
        if activity:
            self.activity.emit(activity)
