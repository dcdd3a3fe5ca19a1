"""Keeps the pictures of what syncs with what up to date, from the engine's events and the clocks in the files."""

from __future__ import annotations

from PySide6.QtCore import QObject

from engine.events import DatabaseChanged
from engine.ids import DatabaseId, SiteId
from gui.bridge import Bridge
from gui.commands import Commands
from gui.database_reader import DatabaseReader
from gui.engine_state import EngineState
from gui.models.database_status import ALL
from gui.topology.graph import Known, Topology, build
from gui.topology.view import TopologyView

CLOCKED = 12
"""The most databases in a picture for which clocks are read; beyond that there is no space to show them."""


class TopologyReader(DatabaseReader):
    """Updates the views from the engine's events; nothing is read or built while no view is visible.

    Args:
        commands: runs the readings.
        bridge: delivers the events.
        state: what the events have reported so far.
    """

    def __init__(self, commands: Commands, bridge: Bridge, state: EngineState, parent: QObject) -> None:
        super().__init__(commands, bridge, parent)
        self._state = state
        self._database = ALL
        self._sites: dict[str, frozenset[SiteId]] = {}
        self._views: list[TopologyView] = []
        state.changed.connect(self._refresh)
        bridge.database_removed.connect(lambda database: self._sites.pop(database, None))

    def add_view(self, view: TopologyView) -> None:
        """Keep this view up to date from now on."""
        self._views.append(view)
        view.shown.connect(self._shown)

    def show_database(self, database: str) -> None:
        """Show one database, or all."""
        self._database = database
        self._shown()

    async def _tell(self, database: DatabaseId) -> None:
        clocks = await self._commands.engine.databases.clocks(database)
        sites = frozenset(peer.site_id for peer in clocks)
        if sites != self._sites.get(database):
            self._sites[database] = sites
            self._refresh()

    def _databases_changed(self, changed: list[DatabaseChanged]) -> None:
        if self._seen():
            wanted = self._wanted_ones()
            super()._databases_changed([one for one in changed if one.database in wanted])

    def _seen(self) -> bool:
        return any(view.isVisible() for view in self._views)

    def _ids(self) -> list[DatabaseId]:
        known = self._state.databases.values()
        return [one.database for one in known if self._database in (ALL, one.database)]

    def _wanted_ones(self) -> list[DatabaseId]:
        ids = self._ids()
        problems = {one.database for one in self._state.databases.values() if one.problem}
        return [one for one in ids if one not in problems] if len(ids) <= CLOCKED else []

    def _shown(self) -> None:
        if self._seen():
            self._refresh()
            self._want(self._wanted_ones())

    def _refresh(self) -> None:
        if self._seen():
            topology = self._build()
            for view in self._views:
                view.show_topology(topology)

    def _build(self) -> Topology:
        state = self._state
        known = [
            Known(one, database.name, database.site_id, self._sites.get(one, ()))
            for one, database in ((one, state.databases[one]) for one in self._ids())
        ]
        return build(known, [*state.peers.values(), *state.guests.values()])
