"""What syncs with what, as it follows from peers, guests and clocks; without Qt."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

from engine.events import FlowDirection
from engine.ids import SiteId
from engine.peer_state import State
from gui.topology.graph import HERE, UNSEEN, Kind, Node, Topology, build, merged
from gui.topology.pulses import APART, TRAVEL, Pulses
from tests.gui.topology.samples import NOTES, TODO, guest, moved, peer

STRANGE = SiteId(b"?" * 16), SiteId(b"!" * 16)


def lines(topology: Topology) -> set[tuple[str, str]]:
    """The links by the names of their ends, ``unseen`` and ``here`` by their keys."""
    names = {node.key: node.name for node in topology.others} | {UNSEEN: UNSEEN}
    names |= {node.key: HERE if node.kind is Kind.HERE else node.name for node in topology.here}
    return {(names[link.near], names[link.far]) for link in topology.links}


def test_one_database_is_this_machine_with_its_peers_and_guests_around_it() -> None:
    peers = [peer("phone"), peer("desktop"), peer("elsewhere", "t")]
    topology = build([NOTES], [*peers, guest("studio"), guest("stranger", "t")])
    assert [(node.kind, node.name) for node in topology.nodes] == [
        (Kind.HERE, "notes"), (Kind.PEER, "desktop"), (Kind.PEER, "phone"), (Kind.GUEST, "studio"),
    ]  # fmt: skip
    assert lines(topology) == {(HERE, "desktop"), (HERE, "phone"), (HERE, "studio")}


def test_several_databases_are_nodes_and_peers_with_one_address_one_machine() -> None:
    hub = "wss://hub.example:8787/sync"
    peers = [peer("notes hub", url=hub), peer("todo hub", "t", State.WAITING, url=hub), peer("desktop", "t")]
    topology = build([TODO, NOTES], peers)
    assert [(node.kind, node.name) for node in topology.nodes] == [
        (Kind.DATABASE, "notes"), (Kind.DATABASE, "todo"), (Kind.PEER, "desktop"), (Kind.PEER, "hub.example"),
    ]  # fmt: skip
    assert lines(topology) == {("notes", "hub.example"), ("todo", "hub.example"), ("todo", "desktop")}
    [hub_of_todo] = [link for link in topology.links if link.states == (State.WAITING,)]
    assert hub_of_todo.apart
    assert hub_of_todo.carries("t", "todo hub t")
    assert not hub_of_todo.carries("n", "notes hub n")


def test_peers_of_one_name_keep_it_when_they_are_one_machine() -> None:
    hub = "ws://127.0.0.1:9"
    topology = build([TODO, NOTES], [peer("hub", url=hub), peer("hub", "t", url=hub)])
    assert [node.name for node in topology.others] == ["hub"]


def test_a_guest_who_is_a_peer_too_is_one_node() -> None:
    topology = build([NOTES], [peer("Desktop"), guest("desktop")])
    [link] = topology.links
    assert [node.kind for node in topology.others] == [Kind.PEER]
    assert link.carries("n", "Desktop n")
    assert link.carries("n", "desktop")


def test_sites_known_by_clocks_alone_are_behind_the_only_peer_or_beside_all() -> None:
    hub = peer("hub")
    assert hub.site_id is not None
    assert NOTES.site is not None
    known = replace(NOTES, sites=(NOTES.site, hub.site_id, *STRANGE))
    one = build([known], [hub])
    [link] = [link for link in one.links if link.known_only]
    assert (link.near, link.far) == (one.others[0].key, UNSEEN)
    assert [node.count for node in one.nodes if node.kind is Kind.UNSEEN] == [2]
    two = build([known], [hub, peer("desktop")])
    assert [link.near for link in two.links if link.known_only] == [HERE]


def test_a_guest_who_was_here_is_not_counted_once_more_for_its_clock() -> None:
    known = replace(NOTES, sites=STRANGE)
    been, never = guest("a", state=State.IDLE, last=1.0), guest("b", state=State.IDLE)
    counts = [
        sum(node.count for node in build([known], guests).nodes if node.kind is Kind.UNSEEN)
        for guests in ([], [been], [never], [been, been, been])
    ]
    assert counts == [2, 1, 2, 0]


def test_no_database_is_an_empty_picture() -> None:
    assert build([], [peer("desktop")]) == Topology()


def test_a_link_is_apart_when_nothing_can_move() -> None:
    def apart(*states: State) -> bool:
        topology = build([NOTES], [peer("a", state=state) for state in states])
        whole = merged(topology, {node.key: Node("x", Kind.MORE) for node in topology.others})
        [link] = whole.links
        return link.apart

    assert all(apart(state) for state in (State.WAITING, State.PAUSED, State.NEEDS_YOU))
    assert not any(apart(state) for state in (State.IN_SYNC, State.SENT, State.SYNCING, State.CONNECTING, State.IDLE))
    present, gone = (build([NOTES], [guest("a", state=state)]).links[0] for state in (State.IN_SYNC, State.IDLE))
    assert (present.apart, gone.apart) == (False, True)


def test_nodes_that_are_shown_as_one_keep_their_links() -> None:
    topology = build([NOTES], [peer("a"), peer("b", state=State.WAITING), peer("c")])
    more = Node("more", Kind.MORE, count=2)
    whole = merged(topology, {node.key: more for node in topology.others[1:]})
    assert whole.others == (topology.others[0], more)
    [link] = whole.links_of("more")
    assert link.states == (State.WAITING, State.IN_SYNC)
    assert link.carries("n", "c n")


# Pulses


def test_a_pulse_goes_along_the_link_that_a_change_took() -> None:
    topology = build([NOTES], [peer("a"), peer("b")])
    pulses = Pulses()
    assert pulses.append([moved("b n", way=FlowDirection.OUT)], topology.links, 0.0)
    [(pulse, part)] = pulses.under_way(TRAVEL / 2)
    assert (pulse.near, pulse.far, pulse.outward) == (HERE, topology.others[1].key, True)
    assert part == 0.5
    assert pulses.under_way(TRAVEL) == []


def test_what_was_written_here_or_goes_elsewhere_begins_none() -> None:
    topology = build([NOTES], [peer("a")])
    pulses = Pulses()
    assert not pulses.append([moved("", way=FlowDirection.LOCAL), moved("a n", "t"), moved("z")], topology.links, 0.0)
    assert pulses.under_way(0.0) == []


def test_however_many_changes_pulses_keep_apart() -> None:
    topology = build([NOTES], [peer("a")])
    pulses = Pulses()
    for step in range(1000):
        pulses.append([moved("a n"), moved("a n", way=FlowDirection.OUT)], topology.links, step * TRAVEL / 1000)
    assert 2 < len(pulses.under_way(TRAVEL)) <= 2 * (TRAVEL / APART + 1)
    pulses.clear()
    assert pulses.under_way(0.0) == []


def test_none_of_it_knows_qt() -> None:
    code = (
        "import sys; import gui.topology.graph, gui.topology.layout, gui.topology.pulses;"
        "sys.exit(any(name.startswith('PySide6') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
