"""The picture in words: the label beside a node, and what tooltips and screen readers say."""

from __future__ import annotations

from engine.peer_state import PeerStatus
from gui.language import said, tr
from gui.models.labels import state_word
from gui.models.values import number
from gui.topology.graph import HERE, Kind, Link, Node, Topology, away, is_here


def label(node: Node) -> str:
    """Return the label of a node."""
    match node.kind:
        case Kind.HERE:
            return tr("this machine")
        case Kind.UNSEEN | Kind.MORE:
            return tr("{count} more", count=number(node.count))
        case _:
            return node.name


def tip(topology: Topology, node: Node) -> str:
    """Return the tooltip of a node: all that is known about it, in lines."""
    links = topology.links_of(node.key)
    match node.kind:
        case Kind.UNSEEN:
            if node.count == 1:
                return tr("1 more copy, known only by its clock: its changes come through other peers.")
            count = number(node.count)
            return tr(
                "{count} more copies, known only by their clocks: their changes come through other peers.", count=count
            )
        case Kind.HERE:
            return "\n".join([tr("This machine: {database}", database=node.name), *_lines(topology, links, node)])
        case Kind.MORE:
            return "\n".join([label(node), *_lines(topology, links, node)])
        case _:
            name = tr("{machine} (guest)", machine=node.name) if node.kind is Kind.GUEST else node.name
            return "\n".join([name, *_lines(topology, links, node)])


def description(topology: Topology) -> str:
    """Return the whole picture in words, for screen readers."""
    if not topology.nodes:
        return tr("No database yet")
    told = [tr("This machine: {database}", database=", ".join(node.name for node in topology.here))]
    for link in topology.links:
        node = _node(topology, link.far)
        if link.known_only:
            told.append(tip(topology, node).rstrip("."))
        else:
            between = label(node) if link.near == HERE else f"{label(_node(topology, link.near))} – {label(node)}"
            told += [tr("{name}: {state}", name=between, state=_state(peer)) for peer in link.peers]
    if not topology.links:
        told.append(tr("No peer yet"))
    return ". ".join(told) + "."


def _lines(topology: Topology, links: list[Link], node: Node) -> list[str]:
    """Return what there is to say about each link, with the name of the other end where that is not evident."""
    lines = []
    for link in links:
        end = _node(topology, link.far if is_here(node) else link.near)
        plain = end.kind is Kind.HERE or link.known_only
        told = [_state(peer, whole=node.kind in (Kind.PEER, Kind.GUEST)) for peer in link.peers]
        lines += told if plain else [tr("{name}: {state}", name=label(end), state=one) for one in told]
    return lines


def _state(peer: PeerStatus, *, whole: bool = False) -> str:
    word = tr("Not connected") if away(peer) else state_word(peer.state)
    return tr("{state}: {peers}", state=word, peers=said(peer.explanation)) if whole and peer.explanation else word


def _node(topology: Topology, key: str) -> Node:
    return next(node for node in topology.nodes if node.key == key)
