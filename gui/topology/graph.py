"""Nodes and links, as they follow from peers, guests and clocks.

About one database, this machine is in the middle and its peers and guests are around it. About several, each database
is a node of its own, and peers with one address are one machine.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from engine.ids import SiteId
from engine.peer_state import PeerStatus, State

HERE = "here"
"""The key of this machine's node."""

UNSEEN = "unseen"
"""The key of the node for sites that are known only by their clocks."""

APART = frozenset({State.WAITING, State.PAUSED, State.NEEDS_YOU})
"""The states in which nothing can move."""


class Kind(enum.Enum):
    """What a node stands for. ``UNSEEN``: sites known only by their clocks; ``MORE``: what there is no room for."""

    HERE = enum.auto()
    DATABASE = enum.auto()
    PEER = enum.auto()
    GUEST = enum.auto()
    UNSEEN = enum.auto()
    MORE = enum.auto()


@dataclass(frozen=True, slots=True)
class Node:
    """One node.

    Attributes:
        key: what it is called in links. name: as a person calls it; '' where its kind says all.
        count: how many it stands for.
    """

    key: str
    kind: Kind
    name: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Link:
    """A line between two nodes.

    Attributes:
        near: the key of the end on this machine. far: that of the other end.
        peers: the peers and guests that it shows.
    """

    near: str
    far: str
    peers: tuple[PeerStatus, ...] = ()

    @property
    def known_only(self) -> bool:
        """Whether nothing goes over it that this machine could see."""
        return not self.peers

    @property
    def states(self) -> tuple[State, ...]:
        """Their states."""
        return tuple(peer.state for peer in self.peers)

    @property
    def apart(self) -> bool:
        """Whether nothing can move over it now."""
        return all(peer.state in APART or away(peer) for peer in self.peers)

    def carries(self, database: str, peer: str) -> bool:
        """Whether a change goes over it that is told under this peer's id, or this guest's name."""
        return any(one.database == database and peer in (one.peer, one.name) for one in self.peers)


@dataclass(frozen=True, slots=True)
class Topology:
    """All of it. The first nodes are those on this machine; then the others, by name."""

    nodes: tuple[Node, ...] = ()
    links: tuple[Link, ...] = ()

    @property
    def here(self) -> tuple[Node, ...]:
        """The nodes on this machine."""
        return tuple(node for node in self.nodes if is_here(node))

    @property
    def others(self) -> tuple[Node, ...]:
        """All other nodes."""
        return tuple(node for node in self.nodes if not is_here(node))

    def links_of(self, key: str) -> list[Link]:
        """The links that end at a node."""
        return [link for link in self.links if key in (link.near, link.far)]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a database.

    Attributes:
        database: its id. name: as a person calls it.
        site: its own id, once that is known. sites: whose clocks it keeps.
    """

    database: str
    name: str
    site: SiteId | None = None
    sites: Collection[SiteId] = ()


@dataclass(slots=True)
class _Machine:
    node: Node
    peers: dict[str, list[PeerStatus]] = field(default_factory=dict)


def build(databases: Sequence[Known], peers: Iterable[PeerStatus]) -> Topology:
    """Make the picture of these databases.

    Args:
        databases: one puts this machine in the middle; of several each is a node.
        peers: all that there are, guests among them; those of other databases are left out.
    """
    alone = len(databases) == 1
    own = {known.site for known in databases}
    near = {known.database: HERE if alone else f"database {known.database}" for known in databases}
    peers = [peer for peer in peers if peer.database in near]
    machines = _machines([peer for peer in peers if not peer.guest], alone=alone)
    for guest in (peer for peer in peers if peer.guest):
        _machine_of(guest, machines).peers.setdefault(guest.database, []).append(guest)
    nodes = [Node(HERE, Kind.HERE, databases[0].name)] if alone else []
    if not alone:
        nodes += sorted((Node(near[one.database], Kind.DATABASE, one.name) for one in databases), key=_by_name)
    nodes += sorted((machine.node for machine in machines.values()), key=_by_name)
    links = [
        Link(
            near[known.database],
            machine.node.key,
            tuple(machine.peers[known.database]),
        )
        for known in databases
        for machine in machines.values()
        if known.database in machine.peers
    ]
    unseen = {known.database: _unseen(known, peers, own) for known in databases}
    if any(unseen.values()):
        nodes.append(Node(UNSEEN, Kind.UNSEEN, count=max(unseen.values())))
        through = _only_way(links) if alone else None
        links += [Link(through or near[database], UNSEEN) for database, count in unseen.items() if count]
    return Topology(tuple(nodes), tuple(links))


def is_here(node: Node) -> bool:
    """Whether a node is on this machine."""
    return node.kind in (Kind.HERE, Kind.DATABASE)


def _machines(peers: Sequence[PeerStatus], *, alone: bool) -> dict[str, _Machine]:
    """The peers by what they have in common: nothing in the picture of one database, else their address."""
    groups: dict[str, list[PeerStatus]] = {}
    for peer in peers:
        place = "" if alone else urlsplit(peer.url).netloc
        groups.setdefault(f"machine {place or peer.peer}", []).append(peer)
    machines = {}
    for key, group in groups.items():
        names = {peer.name for peer in group}
        name = names.pop() if len(names) == 1 else urlsplit(group[0].url).hostname or group[0].name
        machines[key] = made = _Machine(Node(key, Kind.PEER, name))
        for peer in sorted(group, key=lambda peer: (peer.name.casefold(), peer.peer)):
            made.peers.setdefault(peer.database, []).append(peer)
    return machines


def away(peer: PeerStatus) -> bool:
    """Whether this is a guest who is not there."""
    return peer.guest and peer.state in (State.IDLE, State.WAITING)


def _machine_of(guest: PeerStatus, machines: dict[str, _Machine]) -> _Machine:
    """The machine that a guest is: one that is a peer too, by the name of both, or one of its own."""
    for machine in machines.values():
        if machine.node.kind is Kind.PEER and machine.node.name.casefold() == guest.name.casefold():
            return machine
    key = f"guest {guest.name}"
    return machines.setdefault(key, _Machine(Node(key, Kind.GUEST, guest.name)))


def _unseen(known: Known, peers: Iterable[PeerStatus], own: set[SiteId | None]) -> int:
    """How many sites are known only by their clocks. A guest who has not come lately has one; nobody knows which."""
    peers = [peer for peer in peers if peer.database == known.database]
    named = {peer.site_id for peer in peers} | own
    strange = sum(site not in named for site in known.sites)
    nameless = [peer for peer in peers if peer.guest and peer.site_id is None and peer.last_success is not None]
    return max(0, strange - len(nameless))


def _only_way(links: Sequence[Link]) -> str | None:
    """The one other node through which everything goes, if there is but one: a hub tells no guest of another."""
    return links[0].far if len(links) == 1 else None


def _by_name(node: Node) -> tuple[str, str]:
    return node.name.casefold(), node.key


def merged(topology: Topology, into: Mapping[str, Node]) -> Topology:
    """Let some nodes be shown as one.

    Args:
        into: the nodes to show in place of others, by the keys of these.
    """
    if not into:
        return topology
    nodes = dict.fromkeys(into.get(node.key, node) for node in topology.nodes)
    links: dict[tuple[str, str], Link] = {}
    for link in topology.links:
        near, far = (into[key].key if key in into else key for key in (link.near, link.far))
        before = links.get((near, far), Link(near, far))
        links[near, far] = Link(near, far, before.peers + link.peers)
    return Topology(tuple(nodes), tuple(links.values()))
