"""Nodes and links, as they follow from peers, guests and clocks.

For one database, this machine is in the middle, with its peers and guests around it. For several, each database is a
node of its own, and peers with the same address are one machine.
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
"""The key of the node for sites that are known only from clocks."""

APART = frozenset({State.WAITING, State.PAUSED, State.NEEDS_YOU})
"""The states in which nothing can move."""


class Kind(enum.Enum):
    """What a node stands for; ``UNSEEN``: sites known only from clocks, ``MORE``: nodes that there is no space for."""

    HERE = enum.auto()
    DATABASE = enum.auto()
    PEER = enum.auto()
    GUEST = enum.auto()
    UNSEEN = enum.auto()
    MORE = enum.auto()


@dataclass(frozen=True, slots=True)
class Node:
    """A node.

    Attributes:
        key: identifies it in links.
        name: the name that is shown; '' if its kind says it all.
        count: how many things it stands for.
    """

    key: str
    kind: Kind
    name: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Link:
    """A line between two nodes.

    Attributes:
        near: the key of the end on this machine.
        far: the key of the other end.
        peers: the peers and guests that it shows.
    """

    near: str
    far: str
    peers: tuple[PeerStatus, ...] = ()

    @property
    def known_only(self) -> bool:
        """Whether this machine sees nothing of what goes over it."""
        return not self.peers

    @property
    def states(self) -> tuple[State, ...]:
        """The states of its peers."""
        return tuple(peer.state for peer in self.peers)

    @property
    def apart(self) -> bool:
        """Whether nothing can move over it at the moment."""
        return all(peer.state in APART or away(peer) for peer in self.peers)

    def carries(self, database: str, peer: str) -> bool:
        """Return whether it carries the changes that are reported under this peer's id, or this guest's name."""
        return any(one.database == database and peer in (one.peer, one.name) for one in self.peers)


@dataclass(frozen=True, slots=True)
class Topology:
    """Nodes and links; the nodes on this machine come first, then the others by name."""

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
        """Return the links that end at a node."""
        return [link for link in self.links if key in (link.near, link.far)]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about a database.

    Attributes:
        database, name: its id and its name.
        site: its own site id; None until that is known.
        sites: the sites whose clocks it keeps.
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
    """Return the picture of these databases.

    Args:
        databases: a single one puts this machine in the middle; of several, each is a node.
        peers: all peers and guests; those of other databases are left out.
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
    """Return whether a node is on this machine."""
    return node.kind in (Kind.HERE, Kind.DATABASE)


def _machines(peers: Sequence[PeerStatus], *, alone: bool) -> dict[str, _Machine]:
    """Return the peers grouped into machines: each by itself if ``alone``, or else by address."""
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
    """Return whether this is a guest that is not connected."""
    return peer.guest and peer.state in (State.IDLE, State.WAITING)


def _machine_of(guest: PeerStatus, machines: dict[str, _Machine]) -> _Machine:
    """Return the machine of a guest: the peer of the same name, or else a machine of its own."""
    for machine in machines.values():
        if machine.node.kind is Kind.PEER and machine.node.name.casefold() == guest.name.casefold():
            return machine
    key = f"guest {guest.name}"
    return machines.setdefault(key, _Machine(Node(key, Kind.GUEST, guest.name)))


def _unseen(known: Known, peers: Iterable[PeerStatus], own: set[SiteId | None]) -> int:
    """Return how many sites are known only from clocks.

    A guest that has not connected lately accounts for one of them, though nobody knows which.
    """
    peers = [peer for peer in peers if peer.database == known.database]
    named = {peer.site_id for peer in peers} | own
    strange = sum(site not in named for site in known.sites)
    nameless = [peer for peer in peers if peer.guest and peer.site_id is None and peer.last_success is not None]
    return max(0, strange - len(nameless))


def _only_way(links: Sequence[Link]) -> str | None:
    """Return the key of the only other node if there is just one: a hub does not tell guests about each other."""
    return links[0].far if len(links) == 1 else None


def _by_name(node: Node) -> tuple[str, str]:
    return node.name.casefold(), node.key


def merged(topology: Topology, into: Mapping[str, Node]) -> Topology:
    """Return the picture with some nodes replaced by others.

    Args:
        into: the replacements, by the keys of the nodes that they replace.
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
