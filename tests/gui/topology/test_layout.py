"""Where the nodes of a topology stand; without Qt."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import replace

import pytest

from engine.ids import SiteId
from engine.peer_state import PeerStatus
from gui.topology.graph import HERE, UNSEEN, Kind, Node, Topology, build
from gui.topology.layout import Measures, Picture, Side, arrange
from tests.gui.topology.samples import NOTES, TODO, guest, peer

HEADER, PAGE = Measures(330, 84, 10, 15, small=True), Measures(900, 300, 12, 15)
STRANGE = (SiteId(b"?" * 16),)


def peers(count: int, database: str = "n") -> list[PeerStatus]:
    return [peer(f"peer{number:03}", database) for number in range(count)]


def stars() -> list[Topology]:
    """Pictures of one database, with peers from none to very many, and with unseen sites and guests."""
    return [
        build([replace(NOTES, sites=sites)], [*peers(count), *(guest(f"g{one}") for one in range(guests))])
        for count, sites, guests in itertools.product((0, 1, 2, 3, 7, 100), ((), STRANGE), (0, 1, 5))
    ]


def several() -> list[Topology]:
    """Pictures of many databases with many peers."""
    return [
        build(
            [replace(NOTES, database=str(one), name=f"db{one}", sites=sites) for one in range(databases)],
            [status for one in range(databases) for status in peers(count, str(one))],
        )
        for databases, count, sites in itertools.product((2, 3, 40), (0, 1, 60), ((), STRANGE))
    ]


@pytest.mark.parametrize(
    "measures",
    [HEADER, PAGE, replace(PAGE, height=80), replace(HEADER, width=160), replace(HEADER, line=0.0, height=36)],
)
def test_every_node_is_within_the_picture_and_apart_from_others(measures: Measures) -> None:
    for topology in (*stars(), *several()):
        picture = arrange(topology, measures)
        where = [(place.x, place.y) for place in picture.places]
        for x, y in where:
            assert measures.radius <= x <= measures.width - measures.radius
            assert measures.radius <= y <= measures.height - measures.radius
        for first, second in itertools.combinations(where, 2):
            assert math.dist(first, second) >= 2 * measures.radius


@pytest.mark.parametrize("measures", [HEADER, PAGE])
def test_nothing_is_lost_where_there_is_no_room(measures: Measures) -> None:
    for topology in (*stars(), *several()):
        picture = arrange(topology, measures)
        if picture.box is None:
            assert counted(topology.others) == counted(picture.topology.others)
        else:
            for nodes, side in ((topology.here, Side.LEFT), (topology.others, Side.RIGHT)):
                assert counted(nodes) == counted([one.node for one in picture.places if one.label is side])
        told = [one for link in topology.links for one in link.peers]
        shown = [one for link in picture.topology.links for one in link.peers]
        assert sorted(one.peer for one in told) == sorted(one.peer for one in shown)
        ends = {place.node.key for place in picture.places}
        assert all({link.near, link.far} <= ends for link in picture.topology.links)


def counted(nodes: Iterable[Node]) -> int:
    return sum(node.count for node in nodes)


def test_a_single_peer_stands_at_the_right_and_what_is_behind_it_further_right() -> None:
    picture = arrange(build([replace(NOTES, sites=STRANGE)], peers(1)), HEADER)
    assert [place.node.kind for place in picture.places] == [Kind.HERE, Kind.PEER, Kind.UNSEEN]
    assert sorted(picture.places, key=lambda place: place.x) == list(picture.places)
    assert {place.label for place in picture.places} == {Side.BELOW}


def test_two_peers_have_this_machine_between_them() -> None:
    picture = arrange(build([NOTES], peers(2)), HEADER)
    assert [place.node.key == HERE for place in sorted(picture.places, key=lambda place: place.x)] == [
        False, True, False,
    ]  # fmt: skip


def test_databases_stand_in_a_box_and_machines_beside_it() -> None:
    topology = build([NOTES, TODO], [*peers(2), *peers(3, "t")])
    picture = arrange(topology, PAGE)
    assert picture.box is not None
    for place in picture.places:
        inside = picture.box.x <= place.x <= picture.box.x + picture.box.width
        assert inside == (place.node.kind is Kind.DATABASE)
        assert place.label is (Side.LEFT if inside else Side.RIGHT)


def test_lines_cross_little() -> None:
    topology = build([NOTES, TODO], [peer("z"), peer("a", "t")])
    places = {place.node.name: place.y for place in arrange(topology, PAGE).places}
    assert (places["notes"] < places["todo"]) == (places["z"] < places["a"])


def test_in_the_header_many_databases_are_this_machine() -> None:
    many = [NOTES, TODO, replace(NOTES, database="x", name="extra")]
    picture = arrange(build(many, [peer("desktop"), peer("phone", "t")]), HEADER)
    [here] = picture.topology.here
    assert (here.kind, here.name) == (Kind.HERE, "extra, notes, todo")
    assert {link.near for link in picture.topology.links} == {HERE}
    assert arrange(build(many[:2], [peer("desktop"), peer("phone", "t")]), HEADER).box is not None, "two have room"


def test_a_node_is_found_at_its_place() -> None:
    picture = arrange(build([NOTES], peers(3)), PAGE)
    for place in picture.places:
        assert picture.at(place.x + PAGE.radius, place.y, PAGE.radius) == place
    assert picture.at(1, 1, PAGE.radius) is None
    assert Picture().at(1, 1, PAGE.radius) is None
    assert picture.place(UNSEEN) is None
