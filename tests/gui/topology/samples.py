"""Peers, guests and changes for the tests of the picture."""

from __future__ import annotations

from dataclasses import replace

from engine.events import ChangesMoved, FlowChange, FlowDirection
from engine.ids import DatabaseId, PeerId, SiteId
from engine.peer_state import PeerStatus, State
from gui.topology.graph import Known

NOTES, TODO = (Known(name[0], name, site=SiteId(name[0].encode() * 16)) for name in ("notes", "todo"))


def peer(name: str, database: str = "n", state: State = State.IN_SYNC, *, url: str = "") -> PeerStatus:
    """A peer called ``name``, whose id is its name and database."""
    url = url or f"wss://{name}.example/sync/r"
    site = SiteId(f"{name}{database}".ljust(16)[:16].encode())
    return PeerStatus(PeerId(f"{name} {database}"), name, DatabaseId(database), url, "r", state, "", site)


def guest(name: str, database: str = "n", state: State = State.IN_SYNC, *, last: float | None = None) -> PeerStatus:
    """A guest, told under its name. One that is away has not come since the start; ``last`` says when it last came."""
    known = peer(name, database, state)
    site = None if state is State.IDLE else known.site_id
    return replace(known, peer=PeerId(name), url="", site_id=site, last_success=last, guest=True)


def moved(peer: str, database: str = "n", way: FlowDirection = FlowDirection.IN) -> ChangesMoved:
    change = FlowChange("note", (1,), "text", "x", 1, None, 1)
    return ChangesMoved(0.0, DatabaseId(database), peer, way, (change,))
